//! Fees, recency, rent, limits.

use super::support::*;
use hexapla::{
    LaneChecks,
    svm::{Pubkey, canonical, spl},
};
use hexapla_primitives::{U256, VmId};
use solana_hash::Hash;
use solana_instruction::{Instruction, error::InstructionError};
use solana_transaction_error::TransactionError;

#[test]
fn a_transfer_moves_lamports_and_pays_the_beneficiary() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let miner = hexapla_primitives::Address::repeat_byte(0xbe);
    chain.block_mut().beneficiary = miner;
    let price = compute_budget(3, &1_000_000u64.to_le_bytes());
    let limit = compute_budget(2, &10_000u32.to_le_bytes());
    let sent = succeed(&mut chain, &[limit, price, transfer(&alice.key(), &bob.key(), LAMPORTS)], &[&alice]);
    let fee = 5_000 + 10_000;
    assert_eq!(sent.receipt.fee, lamports(fee));
    assert_eq!(balance(&chain, &alice.key()), 9 * LAMPORTS - fee);
    assert_eq!(balance(&chain, &bob.key()), 11 * LAMPORTS);
    assert_eq!(chain.balance(miner).unwrap(), lamports(fee));
    assert_eq!(sent.receipt.gas_used, 450);
}

#[test]
fn a_failed_transaction_pays_its_fee_and_leaves_nothing_else() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let too_much = transfer(&alice.key(), &bob.key(), 20 * LAMPORTS);
    let failed = send(&mut chain, &[transfer(&alice.key(), &bob.key(), 7), memo("hi"), too_much], &[&alice]);
    assert_eq!(error(&failed), TransactionError::InstructionError(2, InstructionError::Custom(1)));
    assert_eq!(failed.receipt.fault.as_ref().unwrap().code, Some(1));
    assert_eq!(balance(&chain, &alice.key()), 10 * LAMPORTS - 5_000);
    assert_eq!(balance(&chain, &bob.key()), 10 * LAMPORTS);
    assert!(failed.receipt.program_log.iter().any(|line| line.contains("Memo (len 2)")));
}

#[test]
fn a_transaction_is_executed_once_and_only_while_it_is_recent() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let hash = recent(&chain);
    let raw = signed(&[transfer(&alice.key(), &bob.key(), 1)], &[&alice], hash);
    assert!(chain.transact_raw(VmId::SVM, &raw).unwrap().receipt.is_success());
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &raw)), "AlreadyProcessed");
    for _ in 0..150 {
        chain.block(|_| ()).unwrap();
    }
    let last = signed(&[transfer(&alice.key(), &bob.key(), 2)], &[&alice], hash);
    let late = signed(&[transfer(&alice.key(), &bob.key(), 3)], &[&alice], hash);
    assert!(chain.transact_raw(VmId::SVM, &last).is_err(), "150 newer ones are known");
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &late)), "BlockhashNotFound");
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &raw)), "BlockhashNotFound");
    let unknown = signed(&[memo("x")], &[&alice], Hash::new_from_array([9; 32]));
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &unknown)), "BlockhashNotFound");
}

#[test]
fn a_blockhash_serves_until_150_newer_ones_are_known() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let hash = recent(&chain);
    for _ in 0..150 {
        chain.block(|_| ()).unwrap();
    }
    let raw = signed(&[transfer(&alice.key(), &bob.key(), 2)], &[&alice], hash);
    assert!(chain.transact_raw(VmId::SVM, &raw).unwrap().receipt.is_success());
}

#[test]
fn both_lanes_stand_in_one_block() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let raw = signed(&[transfer(&alice.key(), &bob.key(), LAMPORTS)], &[&alice], recent(&chain));
    let mut evm = chain.call(EVM_USER, canonical(&alice.key()), hexapla_primitives::Bytes::new()).unwrap();
    evm.value = lamports(5 * LAMPORTS);
    let (first, second) =
        chain.block(|run| (run.execute(evm).unwrap(), run.execute_raw(VmId::SVM, &raw).unwrap())).unwrap();
    assert!(first.is_success() && second.is_success());
    assert_eq!(balance(&chain, &alice.key()), 14 * LAMPORTS - 5_000);
}

#[test]
fn signatures_must_hold_unless_a_simulation_does_without() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let mut raw = signed(&[transfer(&alice.key(), &bob.key(), 1)], &[&alice], Hash::default());
    raw[5] ^= 1;
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &raw)), "SignatureFailure");
    assert!(chain.simulate_raw(VmId::SVM, &raw, LaneChecks::NONE).unwrap().is_success());
    let unsigned = LaneChecks { signatures: false, recency: true };
    assert_eq!(refusal(chain.simulate_raw(VmId::SVM, &raw, unsigned)), "BlockhashNotFound");
    assert_eq!(balance(&chain, &alice.key()), 10 * LAMPORTS);
}

#[test]
fn malformed_transactions_are_refused() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let raw = signed(&[transfer(&alice.key(), &bob.key(), 1)], &[&alice], recent(&chain));
    for length in 0..raw.len() {
        assert!(chain.transact_raw(VmId::SVM, &raw[..length]).is_err(), "{length}");
    }
    let longer = [&raw[..], &[0]].concat();
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &longer)), "SanitizeFailure");
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &[0; 1233])), "SanitizeFailure");
    assert_eq!(refusal(chain.transact_raw(VmId::EVM, &raw)), "Decode");
    let text = memo(&"x".repeat(1200));
    let too_long = signed(&[text], &[&alice], recent(&chain));
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &too_long)), "SanitizeFailure");
}

#[test]
fn who_cannot_pay_is_refused() {
    let mut chain = chain();
    let (alice, poor, empty) = (Wallet::new(1), Wallet::new(5), Wallet::new(6));
    assert_eq!(refusal(try_send(&mut chain, &[memo("x")], &[&empty])), "AccountNotFound");
    chain.fund([(canonical(&poor.key()), lamports(4_999))]).unwrap();
    assert_eq!(refusal(try_send(&mut chain, &[memo("x")], &[&poor])), "InsufficientFundsForFee");
    chain.fund([(canonical(&poor.key()), lamports(rent(0)))]).unwrap();
    assert_eq!(refusal(try_send(&mut chain, &[memo("x")], &[&poor])), "InsufficientFundsForRent");
    chain.fund([(canonical(&empty.key()), lamports(5_000))]).unwrap();
    succeed(&mut chain, &[memo("x")], &[&empty]);
    assert_eq!(balance(&chain, &empty.key()), 0);
    let data = Wallet::new(7);
    let make = create_account(&alice.key(), &data.key(), LAMPORTS, 10, &spl::TOKEN);
    succeed(&mut chain, &[make], &[&alice, &data]);
    assert_eq!(refusal(try_send(&mut chain, &[memo("x")], &[&data])), "InvalidAccountForFee");
}

#[test]
fn accounts_end_rent_exempt_or_empty() {
    let mut chain = chain();
    let (alice, new) = (Wallet::new(1), Pubkey::new_from_array([77; 32]));
    let failed = send(&mut chain, &[transfer(&alice.key(), &new, rent(0) - 1)], &[&alice]);
    assert_eq!(error(&failed), TransactionError::InsufficientFundsForRent { account_index: 1 });
    assert_eq!(balance(&chain, &new), 0);
    succeed(&mut chain, &[transfer(&alice.key(), &new, rent(0))], &[&alice]);
}

#[test]
fn compute_units_are_limited_and_counted() {
    let mut chain = chain();
    let alice = Wallet::new(1);
    let limit = compute_budget(2, &300u32.to_le_bytes());
    let failed = send(&mut chain, &[limit, memo("a rather long memo")], &[&alice]);
    assert!(matches!(error(&failed), TransactionError::InstructionError(1, _)), "{:?}", error(&failed));
    assert_eq!(failed.receipt.gas_used, 300);
    let data_limit = compute_budget(4, &1_000u32.to_le_bytes());
    let failed = send(&mut chain, &[data_limit, memo("x")], &[&alice]);
    assert_eq!(error(&failed), TransactionError::MaxLoadedAccountsDataSizeExceeded);
}

#[test]
fn what_is_no_program_does_not_run() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let call = |program_id| Instruction { program_id, accounts: Vec::new(), data: Vec::new() };
    let failed = send(&mut chain, &[call(Pubkey::new_from_array([50; 32]))], &[&alice]);
    assert_eq!(error(&failed), TransactionError::ProgramAccountNotFound);
    let failed = send(&mut chain, &[call(bob.key())], &[&alice]);
    assert_eq!(error(&failed), TransactionError::InvalidProgramForExecution);
}

#[test]
fn reserved_keys_are_read_only() {
    let mut chain = chain();
    let alice = Wallet::new(1);
    let clock = solana_sdk_ids::sysvar::clock::ID;
    let failed = send(&mut chain, &[transfer(&alice.key(), &clock, LAMPORTS)], &[&alice]);
    let expected = TransactionError::InstructionError(0, InstructionError::ReadonlyLamportChange);
    assert_eq!(error(&failed), expected);
}

#[test]
fn an_account_is_named_once() {
    use solana_message::{MessageHeader, VersionedMessage, compiled_instruction::CompiledInstruction, legacy};
    let mut chain = chain();
    let alice = Wallet::new(1);
    let message = legacy::Message {
        header: MessageHeader {
            num_required_signatures: 1,
            num_readonly_signed_accounts: 0,
            num_readonly_unsigned_accounts: 1,
        },
        account_keys: vec![alice.key(), alice.key(), spl::MEMO],
        recent_blockhash: recent(&chain),
        instructions: vec![CompiledInstruction { program_id_index: 2, accounts: Vec::new(), data: b"x".to_vec() }],
    };
    let raw = sign(VersionedMessage::Legacy(message), &[&alice]);
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &raw)), "AccountLoadedTwice");
}

#[test]
fn the_fee_is_debited_once_and_the_sum_of_balances_stays() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let sum = |chain: &hexapla::Chain| {
        let beneficiary = chain.balance(hexapla_primitives::Address::ZERO).unwrap();
        [&alice, &bob].iter().map(|wallet| chain.balance(canonical(&wallet.key())).unwrap()).sum::<U256>() + beneficiary
    };
    let before = sum(&chain);
    succeed(&mut chain, &[transfer(&alice.key(), &bob.key(), 3)], &[&alice]);
    send(&mut chain, &[transfer(&alice.key(), &bob.key(), 30 * LAMPORTS)], &[&alice]);
    assert_eq!(sum(&chain), before);
    assert_eq!(balance(&chain, &alice.key()), 10 * LAMPORTS - 3 - 10_000);
}
