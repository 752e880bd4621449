//! Invocations within their limits and beyond.

use super::*;
use crate::limits::{ACCOUNTS_MAX, DATA_BYTES_MAX, SEEDS_MAX, SIGNERS_MAX};
use hexapla_abi::{AccountParam, AddressBook, Function, Param, Seed};
use proptest::prelude::*;
use std::cell::Cell;

/// A book without addresses, and gas.
struct NoBook(Cell<u64>);

impl CallBook for NoBook {
    fn addresses(&self) -> &dyn AddressBook {
        self
    }

    fn charge(&self, gas: u64) -> HostResult<()> {
        self.0.set(self.0.get().checked_sub(gas).ok_or(HostError::OUT_OF_GAS)?);
        Ok(())
    }
}

impl AddressBook for NoBook {
    fn canonical(&self, _: &B256) -> Result<Address, hexapla_abi::AddressError> {
        Err(hexapla_abi::AddressError("nobody is known here".into()))
    }

    fn native(&self, _: Address) -> Result<B256, hexapla_abi::AddressError> {
        Err(hexapla_abi::AddressError("nobody is known here".into()))
    }
}

const PROGRAM: Pubkey = Pubkey::new_from_array([9; 32]);

fn go(accounts: Vec<AccountParam>, inputs: Vec<Param>) -> Function {
    Function {
        name: "go".into(),
        inputs,
        outputs: vec![],
        mutability: hexapla_abi::Mutability::NonPayable,
        selector: vec![1; 8].into(),
        signature: "go()".into(),
        accounts,
    }
}

fn derived(name: String, seeds: Vec<Seed>) -> AccountParam {
    let source = AccountSource::Derived { program: None, seeds };
    AccountParam { name: name.into(), writable: false, signer: false, optional: false, source }
}

fn resolve(function: &Function, values: &[Value], gas: &mut u64) -> HostResult<Vec<AccountMeta>> {
    let derivations = hexapla_abi::derivations(function).expect("the accounts can be derived");
    let (caller, code) = (Address::ZERO, &[][..]);
    let call = TypedCall { caller, code, function, values, accounts: &[], derivations: &derivations };
    let book = NoBook(Cell::new(*gas));
    let metas = Resolver { call: &call, book: &book, program: PROGRAM }.accounts();
    *gas = book.0.get();
    metas
}

#[test]
fn accounts_derived_in_a_chain_are_found_each_once_and_each_try_is_paid() {
    let count = ACCOUNTS_MAX;
    let mut accounts: Vec<_> =
        (1..count).map(|at| derived(format!("a{at}"), vec![Seed::Account(format!("a{}", at + 1).into())])).collect();
    accounts.push(derived(format!("a{count}"), vec![Seed::Const(vec![1].into())]));
    let function = go(accounts, vec![]);
    let (mut key, bump) = Pubkey::find_program_address(&[&[1]], &PROGRAM);
    let mut tries = 256 - u64::from(bump);
    let mut expected = vec![key];
    for _ in 1..count {
        let (next, bump) = Pubkey::find_program_address(&[key.as_ref()], &PROGRAM);
        tries += 256 - u64::from(bump);
        key = next;
        expected.push(key);
    }
    expected.reverse();
    let cost = tries * DERIVATION_UNITS;
    let mut gas = cost;
    let metas = resolve(&function, &[], &mut gas).expect("the gas is enough");
    assert_eq!(metas.iter().map(|meta| meta.pubkey).collect::<Vec<_>>(), expected);
    assert_eq!(gas, 0);
    let short = resolve(&function, &[], &mut { cost - 1 });
    assert!(matches!(short, Err(HostError::Fault { kind: FaultKind::OutOfGas, .. })), "{short:?}");
}

#[test]
fn an_argument_too_long_for_a_seed_is_refused_before_it_is_copied() {
    let accounts = vec![derived("a".into(), vec![Seed::Arg(vec!["text".into()]); 15])];
    let with = |ty, value| resolve(&go(accounts.clone(), vec![Param::new("text", ty)]), &[value], &mut 1_000_000);
    for (ty, value) in [
        (Type::String, Value::string("x".repeat(33))),
        (Type::Bytes, Value::bytes(vec![1; 33])),
        (Type::array(Type::Unit), Value::Array(vec![Value::Unit; 1000])),
        (Type::Tuple(vec![Type::Bytes]), Value::Tuple(vec![Value::bytes(vec![1; 33])])),
    ] {
        let refused = with(ty, value).unwrap_err();
        let HostError::Fault { message, .. } = refused else { panic!("{refused:?}") };
        assert!(message.contains("an argument is too long for a seed, which has at most 32 bytes"), "{message}");
    }
    assert_eq!(with(Type::String, Value::string("x".repeat(32))).map_or(0, |metas| metas.len()), 1);
}

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
