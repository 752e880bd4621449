//! A wallet calls contracts of other VMs: their aliases are programs.

use super::support::*;
use hexapla_executor::{
    AccountInfo, Chain,
    svm::{CALL_WITH_VALUE, alias, canonical},
};
use hexapla_primitives::{Address, Bytes, U256, VmId};
use solana_instruction::{AccountMeta, Instruction};
use solana_transaction_error::TransactionError;

const CONTRACT: Address = Address::repeat_byte(0xc0);

/// A chain on which `CONTRACT` has this EVM code.
fn with_code(code: Bytes) -> Chain {
    let mut chain = chain();
    let code = Some(hexapla_executor::evm::bytecode(&code));
    chain
        .edit(|overlay| {
            overlay.insert_account(CONTRACT, AccountInfo { code, nonce: 1, ..AccountInfo::default() });
            Ok(())
        })
        .unwrap();
    chain
}

/// Writes caller and value into words 0 and 1 and returns the caller.
const RECORDER: Bytes =
    Bytes::from_static(&[0x33, 0x80, 0x5f, 0x55, 0x5f, 0x52, 0x34, 0x60, 0x01, 0x55, 0x60, 0x20, 0x5f, 0xf3]);
/// Reverts with four bytes.
const REFUSER: Bytes = Bytes::from_static(&[0x63, 0xde, 0xad, 0xbe, 0xef, 0x5f, 0x52, 0x60, 0x04, 0x60, 0x1c, 0xfd]);

fn call(data: &[u8], payer: &Wallet) -> Instruction {
    let accounts = vec![AccountMeta::new(payer.key(), true)];
    Instruction { program_id: alias(CONTRACT), accounts, data: data.into() }
}

#[test]
fn a_contract_sees_the_wallet_and_its_coin() {
    let mut chain = with_code(RECORDER);
    let alice = Wallet::new(1);
    let data = [&CALL_WITH_VALUE[..], &3u64.to_le_bytes()].concat();
    let sent = succeed(&mut chain, &[call(&data, &alice)], &[&alice]);
    let wallet = canonical(&alice.key());
    assert_eq!(chain.word(CONTRACT, U256::ZERO).unwrap(), U256::from_be_slice(wallet.as_slice()));
    assert_eq!(chain.word(CONTRACT, U256::ONE).unwrap(), lamports(3));
    assert_eq!(chain.balance(CONTRACT).unwrap(), lamports(3));
    assert_eq!(balance(&chain, &alice.key()), 10 * LAMPORTS - 3 - 5_000);
    assert_eq!(sent.receipt.output[12..], wallet[..]);
    let [crossing] = &sent.receipt.crossings[..] else { panic!("{:?}", sent.receipt.crossings) };
    assert_eq!((crossing.from.vm, crossing.from.address), (VmId::SVM, wallet));
    assert_eq!((crossing.to.vm, crossing.to.address), (VmId::EVM, CONTRACT));
    assert!(sent.receipt.gas_used > 40_000, "gas is paid from compute units: {}", sent.receipt.gas_used);
    let root = sent.receipt.trace.as_ref().unwrap();
    assert_eq!((root.vm, root.from, root.calls().count()), (VmId::SVM, wallet, 1));
}

#[test]
fn a_revert_undoes_the_transaction_but_not_its_fee() {
    let mut chain = with_code(REFUSER);
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let instructions = [transfer(&alice.key(), &bob.key(), LAMPORTS), call(&[], &alice)];
    let failed = send(&mut chain, &instructions, &[&alice]);
    assert!(matches!(error(&failed), TransactionError::InstructionError(1, _)));
    assert_eq!(balance(&chain, &alice.key()), 10 * LAMPORTS - 5_000);
    assert_eq!(balance(&chain, &bob.key()), 10 * LAMPORTS);
}

#[test]
fn compute_units_bound_the_gas_of_a_call() {
    // Loops for ever.
    let mut chain = with_code(Bytes::from_static(&[0x5b, 0x5f, 0x56]));
    let alice = Wallet::new(1);
    let limit = compute_budget(2, &50_000u32.to_le_bytes());
    let failed = send(&mut chain, &[limit, call(&[], &alice)], &[&alice]);
    assert!(!failed.receipt.is_success());
    assert!(failed.receipt.gas_used <= 50_000);
    assert_eq!(balance(&chain, &alice.key()), 10 * LAMPORTS - 5_000);
}
