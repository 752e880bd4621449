//! The call tree of a transaction whose programs call programs, and the memory that it asks for.

use super::support::*;
use hexapla::{
    CallNode,
    svm::{Pubkey, canonical, genesis, spl},
};
use hexapla_primitives::{Bytes, FaultKind, VmId};
use hexapla_testing::{Script, ScriptCall, Side, Stage};
use solana_instruction::{AccountMeta, Instruction, error::InstructionError};
use solana_transaction_error::TransactionError;

const MINT: Pubkey = Pubkey::new_from_array([77; 32]);

/// Opens the associated token account of a wallet.
fn open(wallet: &Pubkey) -> Instruction {
    let seeds = [wallet.as_ref(), spl::TOKEN.as_ref(), MINT.as_ref()];
    let account = Pubkey::find_program_address(&seeds, &spl::ASSOCIATED_TOKEN).0;
    let accounts = vec![
        AccountMeta::new(*wallet, true),
        AccountMeta::new(account, false),
        AccountMeta::new_readonly(*wallet, false),
        AccountMeta::new_readonly(MINT, false),
        AccountMeta::new_readonly(SYSTEM, false),
        AccountMeta::new_readonly(spl::TOKEN, false),
    ];
    Instruction { program_id: spl::ASSOCIATED_TOKEN, accounts, data: vec![0] }
}

fn names(nodes: &[&CallNode]) -> Vec<Pubkey> {
    let known = [spl::ASSOCIATED_TOKEN, spl::TOKEN, SYSTEM];
    let name = |node: &&CallNode| known.into_iter().find(|program| canonical(program) == node.to);
    nodes.iter().map(|node| name(node).unwrap_or_default()).collect()
}

#[test]
fn instructions_and_the_calls_of_programs_stand_in_the_tree() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    chain.insert_accounts([genesis::account(MINT, rent(82), &mint_account(&alice.key()))]).unwrap();
    let sent = succeed(&mut chain, &[open(&alice.key()), transfer(&alice.key(), &bob.key(), 7)], &[&alice]).receipt;
    let root = sent.trace.as_ref().unwrap();
    let top: Vec<_> = root.calls().collect();
    assert_eq!(names(&top), [spl::ASSOCIATED_TOKEN, SYSTEM]);
    let inner: Vec<_> = top[0].calls().collect();
    assert_eq!(names(&inner), [spl::TOKEN, SYSTEM, spl::TOKEN, spl::TOKEN]);
    // The program asks the token for the size of its accounts.
    assert_eq!(inner[0].output[..], 165u64.to_le_bytes());
    for node in top.iter().chain(&inner) {
        assert_eq!((node.vm, node.caller_vm), (VmId::SVM, VmId::SVM));
        assert_eq!(node.native_used.map(|used| used.amount), Some(node.gas_used));
    }
    assert_eq!((top[0].from, inner[0].from), (canonical(&alice.key()), top[0].to));
    assert_eq!(top.iter().map(|node| node.gas_used).sum::<u64>(), sent.gas_used);
    assert!(sent.crossings.is_empty());
}

#[test]
fn a_failure_stands_in_the_tree_where_it_happened_and_what_was_not_reached_does_not() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    // The mint is missing, and the token says so to the program that calls it.
    let instructions = [transfer(&alice.key(), &bob.key(), 7), open(&alice.key()), memo("not reached")];
    let failed = send(&mut chain, &instructions, &[&alice]);
    assert!(matches!(error(&failed), TransactionError::InstructionError(1, _)));
    let root = failed.receipt.trace.as_ref().unwrap();
    let top: Vec<_> = root.calls().collect();
    assert_eq!(names(&top), [SYSTEM, spl::ASSOCIATED_TOKEN]);
    assert!(top[0].fault.is_none());
    let inner = top[1].calls().last().expect("the token was asked");
    assert_eq!((inner.to, inner.fault.is_some(), top[1].fault.is_some()), (canonical(&spl::TOKEN), true, true));
}

#[test]
fn a_larger_heap_costs_units_and_stays_while_nested_entries_have_the_smallest() {
    let mut stage = Stage::new();
    let alice = Wallet::new(1);
    stage.chain.fund([(canonical(&alice.key()), lamports(10 * LAMPORTS))]).unwrap();
    let [outer, inner] = [stage.svm()[0], stage.svm()[1]];
    let evm = stage.actor(Side::Evm);
    let nested = Script::new().call(ScriptCall::to(inner.address(), inner.call(Script::new().store(0, 1), &[])));
    let script = Script::new().call(ScriptCall::to(evm, nested)).store(1, 2);
    let mut accounts = vec![AccountMeta::new(outer.state, false)];
    accounts.extend([AccountMeta::new_readonly(hexapla::svm::alias(evm), false)]);
    let act = Instruction { program_id: outer.program, accounts, data: Bytes::from(script).to_vec() };
    let text = memo("x");
    let mut used = |kibibytes: u32| {
        let heap = compute_budget(1, &(kibibytes << 10).to_le_bytes());
        succeed(&mut stage.chain, &[heap, act.clone(), text.clone()], &[&alice]).receipt.gas_used
    };
    used(32);
    let small = used(32);
    // 8 units for each 32 KiB beyond the first, for each of the two programs of the transaction.
    assert_eq!(used(256), small + 2 * 7 * 8);
    assert_eq!(used(64), small + 2 * 8);
    assert_eq!(used(32), small);
}

#[test]
fn a_program_without_units_left_is_out_of_gas_though_solana_says_that_it_failed_to_complete() {
    let mut stage = Stage::new();
    let (alice, actor) = (Wallet::new(1), stage.svm()[0]);
    stage.chain.fund([(canonical(&alice.key()), lamports(10 * LAMPORTS))]).unwrap();
    for (script, kind) in
        [(Script::new().compute(u32::MAX), FaultKind::OutOfGas), (Script::new().trap(), FaultKind::Trap)]
    {
        let accounts = vec![AccountMeta::new(actor.state, false)];
        let act = Instruction { program_id: actor.program, accounts, data: Bytes::from(script).to_vec() };
        let failed = send(&mut stage.chain, &[act], &[&alice]);
        let expected = InstructionError::ProgramFailedToComplete;
        assert_eq!(error(&failed), TransactionError::InstructionError(0, expected));
        let tree = failed.receipt.trace.unwrap();
        let inner = tree.calls().next().and_then(|call| call.fault.clone());
        assert_eq!([failed.receipt.fault, inner].map(|fault| fault.unwrap().kind), [kind, kind]);
    }
}
