//! Solana programs inside transactions of the EVM lane.

use hexapla::{
    ChainConfig,
    svm::{self, AccountMeta, Invocation, Pubkey, StoredAccount, alias, canonical, spl},
};
use hexapla_primitives::{Address, Bytes, U256, address};
use hexapla_testing::Chain;

mod accounts;
mod authority;
mod engine;
mod identity;
mod limits;
mod system;
mod typed;

const USER: Address = address!("0x00000000000000000000000000000000000a11ce");

fn chain() -> Chain {
    let mut chain = Chain::new(ChainConfig::default());
    chain.fund([(USER, U256::from(10).pow(U256::from(24)))]).unwrap();
    chain.insert_accounts(spl::genesis()).unwrap();
    chain
}

/// The raw instruction as Solidity sends it: accounts (key, signs, may be changed) and data.
fn invoke(accounts: &[(Pubkey, bool, bool)], data: &[u8]) -> Bytes {
    let meta = |&(pubkey, is_signer, is_writable)| AccountMeta { pubkey, is_signer, is_writable };
    let accounts = accounts.iter().map(meta).collect();
    Invocation { accounts, ..Invocation::of_data(Bytes::copy_from_slice(data)) }.to_solidity()
}

#[test]
fn a_user_of_the_evm_lane_calls_the_memo_program() {
    let mut chain = chain();
    let tx = chain.call(USER, canonical(&spl::MEMO), Bytes::from_static(b"hello")).unwrap();
    let receipt = chain.transact(tx).unwrap().receipt;
    assert!(receipt.is_success(), "{:?} {:#?}", receipt.fault, receipt.program_log);
    assert!(receipt.program_log.iter().any(|line| line.contains("hello")), "{:#?}", receipt.program_log);
}

#[test]
fn tokens_are_minted_and_moved_from_the_evm_lane() {
    let mut chain = chain();
    let [mint, a, b] = [1u8, 2, 3].map(|byte| Pubkey::new_from_array([byte; 32]));
    let blank = |length: usize| StoredAccount { owner: spl::TOKEN, executable: false, data: vec![0; length].into() };
    chain
        .insert_accounts([
            svm::genesis::account(mint, 10_000_000, &blank(82)),
            svm::genesis::account(a, 10_000_000, &blank(165)),
            svm::genesis::account(b, 10_000_000, &blank(165)),
        ])
        .unwrap();
    let user = alias(USER);
    let mut run = |accounts: &[(Pubkey, bool, bool)], data: Vec<u8>| {
        let tx = chain.call(USER, canonical(&spl::TOKEN), invoke(accounts, &data)).unwrap();
        chain.transact(tx).unwrap().receipt
    };
    let authority = [&[20u8, 6][..], user.as_ref(), &[0]].concat();
    assert!(run(&[(mint, false, true)], authority).is_success());
    for account in [a, b] {
        let data = [&[18u8][..], user.as_ref()].concat();
        assert!(run(&[(account, false, true), (mint, false, false)], data).is_success());
    }
    let amount = |tag: u8, amount: u64| [&[tag][..], &amount.to_le_bytes()].concat();
    assert!(run(&[(mint, false, true), (a, false, true), (user, true, false)], amount(7, 500)).is_success());
    assert!(run(&[(a, false, true), (b, false, true), (user, true, false)], amount(3, 200)).is_success());
    let refused = run(&[(a, false, true), (b, false, true), (user, true, false)], amount(3, 301));
    assert_eq!(refused.fault.unwrap().code, Some(1));
    let object = chain.object(&StoredAccount::key(&b)).unwrap();
    let stored = StoredAccount::from_object(object.as_ref()).unwrap();
    assert_eq!(stored.data[64..72], 200u64.to_le_bytes());
}
