//! Whatever bytes come in, a transaction is refused, fails or succeeds; the host never breaks, and no coin arises.

use super::support::*;
use hexapla::{
    ChainError, ExecuteError, LaneChecks,
    svm::{Pubkey, alias, canonical, spl},
};
use hexapla_primitives::{Address, U256, VmId};
use hexapla_testing::Chain;
use proptest::{prelude::*, sample::Index};
use solana_hash::Hash;
use solana_instruction::{AccountMeta, Instruction};
use solana_sdk_ids::{bpf_loader_upgradeable, compute_budget, ed25519_program, native_loader, sysvar};

/// Keys that mean something, and some that do not.
fn keys() -> Vec<Pubkey> {
    let wallets = (1..=4).map(|seed| Wallet::new(seed).key());
    let programs = spl::PROGRAMS.iter().map(|program| program.id);
    let others = [
        SYSTEM,
        native_loader::ID,
        bpf_loader_upgradeable::ID,
        compute_budget::ID,
        ed25519_program::ID,
        sysvar::clock::ID,
        sysvar::instructions::ID,
        sysvar::recent_blockhashes::ID,
        Pubkey::new_from_array(*b"\0hexapla-border\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        alias(EVM_USER),
        alias(Address::ZERO),
        alias(canonical(&Wallet::new(2).key())),
        Pubkey::new_from_array([42; 32]),
    ];
    wallets.chain(programs).chain(others).collect()
}

type Shape = (Index, Vec<(Index, bool)>, Vec<u8>);

fn data() -> impl Strategy<Value = Vec<u8>> {
    let amount = prop_oneof![0..2_000_000u64, any::<u64>()];
    prop_oneof![
        amount.clone().prop_map(|amount| [&2u32.to_le_bytes()[..], &amount.to_le_bytes()].concat()),
        amount.prop_map(|amount| [&0u32.to_le_bytes()[..], &amount.to_le_bytes(), &[3; 40]].concat()),
        (0..10u8, prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(tag, rest)| [&[tag, 0, 0, 0], &rest[..]].concat()),
        prop::collection::vec(any::<u8>(), 0..20),
    ]
}

fn instructions() -> impl Strategy<Value = Vec<Shape>> {
    let accounts = prop::collection::vec((any::<Index>(), any::<bool>()), 0..6);
    prop::collection::vec((any::<Index>(), accounts, data()), 1..4)
}

fn build(shapes: &[Shape]) -> Vec<Instruction> {
    let keys = keys();
    let build = |(program, accounts, data): &Shape| {
        let meta = |(key, writable): &(Index, bool)| {
            let pubkey = *key.get(&keys);
            let is_signer = (1..=2).any(|seed| Wallet::new(seed).key() == pubkey);
            AccountMeta { pubkey, is_signer, is_writable: *writable }
        };
        // Half of all instructions are for the System program, which does something with them.
        let program_id = if program.index(2) == 0 { SYSTEM } else { *program.get(&keys) };
        Instruction { program_id, accounts: accounts.iter().map(meta).collect(), data: data.clone() }
    };
    shapes.iter().map(build).collect()
}

fn sum(chain: &Chain) -> U256 {
    let accounts = keys().into_iter().map(|key| canonical(&key)).chain([EVM_USER, Address::ZERO]);
    let rest = [[3; 20].into(), canonical(&Pubkey::new_from_array([3; 32]))];
    accounts.chain(rest).map(|account| chain.balance(account).unwrap()).sum()
}

fn host_is_whole<T: std::fmt::Debug>(result: &Result<T, ChainError>) {
    let whole = matches!(result, Ok(_) | Err(ChainError::Execute(ExecuteError::Rejected(_))));
    assert!(whole, "{result:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_instructions_leave_the_host_whole_and_the_sum_of_balances(batches in prop::collection::vec(instructions(), 16)) {
        let mut chain = chain();
        let before = sum(&chain);
        let (alice, bob) = (Wallet::new(1), Wallet::new(2));
        for batch in &batches {
            let raw = signed(&build(batch), &[&alice, &bob], recent(&chain));
            host_is_whole(&chain.transact_raw(VmId::SVM, &raw));
        }
        prop_assert_eq!(sum(&chain), before);
    }

    #[test]
    fn damaged_transactions_leave_the_host_whole(damages in prop::collection::vec((any::<Index>(), any::<u8>(), any::<Index>()), 64)) {
        let chain = chain();
        let (alice, bob) = (Wallet::new(1), Wallet::new(2));
        let instructions = [transfer(&alice.key(), &bob.key(), 5), memo("x"), transfer(&bob.key(), &alice.key(), 5)];
        let raw = signed(&instructions, &[&alice, &bob], Hash::default());
        for (place, byte, length) in &damages {
            let mut damaged = raw.clone();
            damaged[place.index(raw.len())] = *byte;
            damaged.truncate(raw.len() - length.index(4).saturating_sub(2));
            host_is_whole(&chain.simulate_raw(VmId::SVM, &damaged, LaneChecks::NONE));
        }
    }
}
