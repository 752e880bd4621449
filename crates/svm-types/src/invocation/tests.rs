//! Invocations within their limits and beyond.

use super::*;
use crate::limits::{ACCOUNTS_MAX, DATA_BYTES_MAX, SEED_BYTES_MAX, SEEDS_MAX, SIGNERS_MAX};
use proptest::prelude::*;

#[test]
fn f07_a_frame_of_an_unknown_mode_is_none() {
    let accounts = vec![AccountMeta::new(Pubkey::new_from_array([7; 32]), true)];
    let seeds = vec![vec![Bytes::from_static(b"seed"), Bytes::new()]];
    for mode in [Mode::Plain, Mode::Wrapped, Mode::Read, Mode::Describe] {
        let invocation =
            Invocation { accounts: accounts.clone(), data: Bytes::from_static(b"data"), seeds: seeds.clone(), mode };
        let frame = invocation.to_bytes().unwrap();
        assert_eq!(Invocation::from_bytes(&frame), Some(invocation));
        for length in 0..frame.len() - 4 {
            assert_eq!(Invocation::from_bytes(&frame.slice(..length)), None, "{mode:?}: {length} bytes");
        }
    }
    for mode in 4..=u8::MAX {
        assert_eq!(Invocation::from_bytes(&vec![mode, 0, 0].into()), None, "{mode}");
    }
}

/// Sizes around each limit, and around those at which lengths of one or two bytes begin again.
fn size(limit: usize) -> impl Strategy<Value = usize> {
    let wraps = [255usize, 256, 257, 65_535, 65_536, 65_537];
    prop_oneof![
        6 => 0..=limit,
        1 => Just(limit),
        1 => Just(limit + 1),
        1 => prop::sample::select(wraps.to_vec()),
    ]
}

fn invocation() -> impl Strategy<Value = Invocation> {
    let seed = size(SEED_BYTES_MAX);
    let seeds = (size(SEEDS_MAX), seed).prop_map(|(count, length)| vec![Bytes::from(vec![0xa5; length]); count]);
    let lists = (0..=SIGNERS_MAX + 1, prop::collection::vec(seeds, 0..4));
    (size(ACCOUNTS_MAX), size(DATA_BYTES_MAX), lists).prop_map(|(accounts, data, (signers, seeds))| {
        let account = |index: usize| {
            let key = hexapla_primitives::keccak256(index.to_le_bytes());
            let pubkey = Pubkey::new_from_array(key.0);
            AccountMeta { pubkey, is_signer: index.is_multiple_of(3), is_writable: index.is_multiple_of(2) }
        };
        let lists = seeds.iter().cycle().take(if seeds.is_empty() { 0 } else { signers }).cloned();
        Invocation {
            accounts: (0..accounts).map(account).collect(),
            data: (0..data).map(|index| index.to_le_bytes()[0]).collect(),
            seeds: lists.collect(),
            mode: Mode::Wrapped,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_a_frame_carries_is_what_was_asked_for_or_it_is_refused(asked in invocation()) {
        let fits = asked.accounts.len() <= ACCOUNTS_MAX
            && asked.data.len() <= DATA_BYTES_MAX
            && asked.seeds.len() <= SIGNERS_MAX
            && asked.seeds.iter().all(|seeds| seeds.len() <= SEEDS_MAX)
            && asked.seeds.iter().flatten().all(|seed| seed.len() <= SEED_BYTES_MAX);
        match asked.to_bytes() {
            Ok(frame) => {
                prop_assert!(fits);
                prop_assert_eq!(Invocation::from_bytes(&frame), Some(asked));
            }
            Err(error) => prop_assert!(!fits, "{}", error),
        }
    }

    #[test]
    fn any_bytes_are_one_invocation_or_none(bytes in prop::collection::vec(0..6u8, 0..200)) {
        let bytes = Bytes::from(bytes);
        if let Some(invocation) = Invocation::from_bytes(&bytes) {
            prop_assert_eq!(invocation.to_bytes(), Ok(bytes));
        }
    }
}
