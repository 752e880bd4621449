//! Durable nonces: transactions that stay valid until they are used.

use super::support::*;
use hexapla::svm::Pubkey;
use hexapla_primitives::VmId;
use hexapla_testing::Chain;
use solana_hash::Hash;
use solana_instruction::{AccountMeta, Instruction, error::InstructionError};
use solana_nonce::{state::State, versions::Versions};
use solana_sdk_ids::sysvar;
use solana_transaction_error::TransactionError;

const NONCE_BYTES: u64 = 80;

fn system(accounts: Vec<AccountMeta>, data: Vec<u8>) -> Instruction {
    Instruction { program_id: SYSTEM, accounts, data }
}

fn initialise(nonce: &Pubkey, authority: &Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::new(*nonce, false),
        AccountMeta::new_readonly(sysvar::recent_blockhashes::ID, false),
        AccountMeta::new_readonly(sysvar::rent::ID, false),
    ];
    system(accounts, [&6u32.to_le_bytes()[..], authority.as_ref()].concat())
}

pub(crate) fn advance(nonce: &Pubkey, authority: &Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::new(*nonce, false),
        AccountMeta::new_readonly(sysvar::recent_blockhashes::ID, false),
        AccountMeta::new_readonly(*authority, true),
    ];
    system(accounts, 4u32.to_le_bytes().into())
}

pub(crate) fn stored_hash(chain: &Chain, nonce: &Pubkey) -> Hash {
    let versions: Versions = bincode::deserialize(&stored(chain, nonce).data).unwrap();
    let State::Initialized(data) = versions.state() else { panic!("the nonce is not initialised") };
    data.blockhash()
}

/// A chain with a nonce account of wallet 1, and the account's key. Its hash is older than any recent one.
pub(crate) fn with_nonce() -> (Chain, Wallet, Pubkey) {
    let mut chain = chain();
    let (alice, nonce) = (Wallet::new(1), Wallet::new(30));
    let create = create_account(&alice.key(), &nonce.key(), rent(NONCE_BYTES), NONCE_BYTES, &SYSTEM);
    succeed(&mut chain, &[create, initialise(&nonce.key(), &alice.key())], &[&alice, &nonce]);
    for _ in 0..160 {
        chain.block(|_| ()).unwrap();
    }
    (chain, alice, nonce.key())
}

#[test]
fn a_nonce_serves_once_and_however_late() {
    let (mut chain, alice, nonce) = with_nonce();
    let (bob, hash) = (Wallet::new(2), stored_hash(&chain, &nonce));
    let instructions = [advance(&nonce, &alice.key()), transfer(&alice.key(), &bob.key(), 5)];
    let raw = signed(&instructions, &[&alice], hash);
    assert!(chain.transact_raw(VmId::SVM, &raw).unwrap().receipt.is_success());
    assert_eq!(balance(&chain, &bob.key()), 10 * LAMPORTS + 5);
    assert_ne!(stored_hash(&chain, &nonce), hash);
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &raw)), "BlockhashNotFound");
}

#[test]
fn a_failed_transaction_uses_its_nonce_up() {
    let (mut chain, alice, nonce) = with_nonce();
    let (bob, hash) = (Wallet::new(2), stored_hash(&chain, &nonce));
    let before = balance(&chain, &alice.key());
    let instructions = [advance(&nonce, &alice.key()), transfer(&alice.key(), &bob.key(), 50 * LAMPORTS)];
    let raw = signed(&instructions, &[&alice], hash);
    let failed = chain.transact_raw(VmId::SVM, &raw).unwrap();
    assert_eq!(error(&failed), TransactionError::InstructionError(1, InstructionError::Custom(1)));
    assert_eq!(balance(&chain, &alice.key()), before - 5_000);
    let next = stored_hash(&chain, &nonce);
    assert_ne!(next, hash);
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &raw)), "BlockhashNotFound");
    let again = signed(&[advance(&nonce, &alice.key())], &[&alice], next);
    assert!(chain.transact_raw(VmId::SVM, &again).unwrap().receipt.is_success());
}

#[test]
fn only_the_authority_uses_a_nonce_and_only_in_the_first_instruction() {
    let (mut chain, alice, nonce) = with_nonce();
    let (bob, hash) = (Wallet::new(2), stored_hash(&chain, &nonce));
    let stranger = signed(&[advance(&nonce, &bob.key())], &[&bob], hash);
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &stranger)), "BlockhashNotFound");
    let late = signed(&[memo("first"), advance(&nonce, &alice.key())], &[&alice], hash);
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &late)), "BlockhashNotFound");
    assert_eq!(stored_hash(&chain, &nonce), hash);
}

#[test]
fn a_nonce_advances_once_in_a_slot() {
    let (mut chain, alice, nonce) = with_nonce();
    let hash = recent(&chain);
    let twice = [advance(&nonce, &alice.key()), advance(&nonce, &alice.key())];
    let raw = signed(&twice, &[&alice], hash);
    let failed = chain.transact_raw(VmId::SVM, &raw).unwrap();
    assert!(matches!(error(&failed), TransactionError::InstructionError(1, InstructionError::Custom(_))));
}
