//! Transactions of both lanes.

use crate::{
    instructions::{instruction, limits},
    rng::Rng,
    scene::{Scene, precompiled},
    scripts::{init_code, precompiled_input, script, target},
    support::{Wallet, recent, signed},
};
use hexapla::{
    LaneChecks, TxEnv, TxKind,
    evm::{
        AccessList, AccessListItem, Authorization, Either, RecoveredAuthority, RecoveredAuthorization, TransactionType,
    },
};
use hexapla_primitives::{Address, B256, Bytes, U256, VmId};
use hexapla_testing::{USER, modes::Transaction};
use solana_instruction::Instruction;

/// Gas price, where it is not that of the block, in wei.
const GAS_PRICE: u128 = 10;
/// Most instructions of a transaction.
const INSTRUCTIONS_MAX: u64 = 3;

/// The next transaction of a story.
pub(crate) fn transaction(rng: &mut Rng, scene: &Scene) -> Transaction {
    if rng.one_in(3) { of_solana(rng, scene) } else { Transaction::Evm(of_ethereum(rng, scene)) }
}

fn of_ethereum(rng: &mut Rng, scene: &Scene) -> TxEnv {
    let (kind, data) = match rng.below(12) {
        0 => (TxKind::Create, init_code(rng)),
        1 => {
            let to = precompiled(rng.below(0x12) + 1);
            (TxKind::Call(to), precompiled_input(rng))
        }
        2..=6 => (TxKind::Call(*rng.pick(&scene.contracts)), Bytes::from(script(rng, scene, 0))),
        _ => {
            let (to, data) = target(rng, scene, 0);
            (TxKind::Call(to), data)
        }
    };
    let base = scene.stage.chain.call(USER, USER, data).unwrap();
    let mut tx = TxEnv { kind, ..base };
    if rng.one_in(4) {
        tx.gas_limit = 21_000 + rng.below(500_000);
    }
    if rng.one_in(4) {
        tx.value = U256::from(rng.below(3)) * U256::from(1_000_000_000);
    }
    tx.gas_price = if rng.one_in(3) { GAS_PRICE } else { scene.stage.chain.next_block().basefee.into() };
    match rng.below(10) {
        0 => with_access_list(rng, scene, tx),
        1 if matches!(tx.kind, TxKind::Call(_)) => with_delegation(rng, scene, tx),
        _ => tx,
    }
}

fn with_access_list(rng: &mut Rng, scene: &Scene, tx: TxEnv) -> TxEnv {
    let item = |rng: &mut Rng| {
        let storage_keys = rng.some(2, |rng| B256::from(U256::from(rng.below(60))));
        AccessListItem { address: *rng.pick(&scene.callees), storage_keys }
    };
    TxEnv { tx_type: TransactionType::Eip2930 as u8, access_list: AccessList(rng.some(3, item)), ..tx }
}

/// An account lends its authority to code of any VM (EIP-7702).
fn with_delegation(rng: &mut Rng, scene: &Scene, tx: TxEnv) -> TxEnv {
    let authority = if rng.one_in(2) { Address::repeat_byte(0x99) } else { *rng.pick(&scene.delegated) };
    let nonce = rng.below(3);
    let authorization = Authorization { chain_id: U256::ZERO, address: *rng.pick(&scene.callees), nonce };
    let authority = RecoveredAuthority::Valid(authority);
    let authorization = RecoveredAuthorization::new_unchecked(authorization, authority);
    TxEnv {
        tx_type: TransactionType::Eip7702 as u8,
        gas_priority_fee: Some(0),
        authorization_list: vec![Either::Right(authorization)],
        ..tx
    }
}

fn of_solana(rng: &mut Rng, scene: &Scene) -> Transaction {
    let mut instructions: Vec<Instruction> = rng.some(INSTRUCTIONS_MAX, |rng| instruction(rng, scene, 0));
    if instructions.is_empty() || rng.one_in(3) {
        instructions.insert(0, limits(rng));
    }
    // Only wallets can sign, and those that shall sign do.
    let wallets: Vec<&Wallet> = scene.wallets.iter().collect();
    for meta in instructions.iter_mut().flat_map(|instruction| &mut instruction.accounts) {
        meta.is_signer &= wallets.iter().any(|wallet| wallet.key() == meta.pubkey);
    }
    let raw = signed(&instructions, &wallets, recent(&scene.stage.chain)).into();
    Transaction::Signed { vm: VmId::SVM, raw, checks: LaneChecks::ALL }
}
