//! Accounts that grow again and again in one transaction.

use super::nonce::{advance, stored_hash, with_nonce};
use super::support::*;
use hexapla::{
    AccountInfo,
    svm::{Pubkey, alias, canonical, genesis},
};
use hexapla_primitives::{Address, Bytes, VmId};
use hexapla_testing::{Chain, contracts};
use solana_instruction::{AccountMeta, Instruction};

const CONTRACT: Address = Address::repeat_byte(0xc0);
const EMPTIER: Pubkey = Pubkey::new_from_array([0xe1; 32]);

/// A program that takes all data from its first account and gives it back to the System program: the entry point of
/// another program is written over.
fn emptier() -> Vec<u8> {
    let mut elf = std::fs::read(contracts::root().join("svm/programs/spl_memo-1.0.0.so")).unwrap();
    let mut at = 0xe8;
    let mut put = |instruction: [u8; 8]| {
        elf[at..at + 8].copy_from_slice(&instruction);
        at += 8;
    };
    // *(u64 *)(r1 + offset) = 0: the length of the data, and the owner.
    [88u8, 48, 56, 64, 72].into_iter().for_each(|offset| put([0x7a, 0x01, offset, 0, 0, 0, 0, 0]));
    put([0xb7, 0, 0, 0, 0, 0, 0, 0]);
    put([0x95, 0, 0, 0, 0, 0, 0, 0]);
    elf
}

fn prepare(chain: &mut Chain, grown: &Wallet) {
    let code = Some(hexapla::evm::bytecode(&Bytes::from_static(&[0x00])));
    chain
        .edit(|overlay| {
            overlay.insert_account(CONTRACT, AccountInfo { code, nonce: 1, ..AccountInfo::default() });
            Ok(())
        })
        .unwrap();
    chain.insert_accounts(genesis::program(EMPTIER, &emptier(), None)).unwrap();
    chain.fund([(canonical(&grown.key()), lamports(LAMPORTS))]).unwrap();
}

fn grows_and_shrinks(rounds: usize, grown: &Wallet, payer: &Wallet) -> Vec<Instruction> {
    let signs = || vec![AccountMeta::new(grown.key(), true)];
    let system = |data: Vec<u8>| Instruction { program_id: SYSTEM, accounts: signs(), data };
    let crosses = || Instruction {
        program_id: alias(CONTRACT),
        accounts: vec![AccountMeta::new_readonly(payer.key(), true)],
        data: Vec::new(),
    };
    let round = || {
        [
            system([&8u32.to_le_bytes()[..], &(10u64 << 20).to_le_bytes()].concat()),
            crosses(),
            system([&1u32.to_le_bytes()[..], EMPTIER.as_ref()].concat()),
            Instruction { program_id: EMPTIER, accounts: signs(), data: Vec::new() },
            crosses(),
        ]
    };
    (0..rounds).flat_map(|_| round()).collect()
}

#[test]
fn an_account_that_grows_again_and_again_costs_its_transaction_and_not_the_block() {
    let (mut chain, alice, nonce) = with_nonce();
    let (grown, hash) = (Wallet::new(40), stored_hash(&chain, &nonce));
    prepare(&mut chain, &grown);
    let mut instructions = vec![advance(&nonce, &alice.key()), compute_budget(2, &1_400_000u32.to_le_bytes())];
    instructions.extend(grows_and_shrinks(4, &grown, &alice));
    let raw = signed(&instructions, &[&alice, &grown], hash);
    let sent = chain.transact_raw(VmId::SVM, &raw).unwrap();
    assert!(!sent.receipt.is_success(), "the fee pays for a bounded part of it");
    assert_ne!(stored_hash(&chain, &nonce), hash, "the nonce is used up");
}
