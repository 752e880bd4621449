//! Accounts of typed calls, and what finding them costs.

use super::*;
use crate::limits::{ACCOUNTS_MAX, DATA_BYTES_MAX};
use hexapla_abi::{
    AccountParam, AddressBook, Function, Mutability, Param, Seed, Type, Value, interface::AccountSource,
};
use hexapla_primitives::{Address, B256};
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

#[test]
fn the_limits_of_a_call_are_those_of_agave() {
    assert_eq!(ACCOUNTS_MAX, solana_transaction_context::MAX_ACCOUNTS_PER_INSTRUCTION);
    assert_eq!(DATA_BYTES_MAX, solana_transaction_context::MAX_INSTRUCTION_DATA_LEN);
}

const PROGRAM: Pubkey = Pubkey::new_from_array([9; 32]);

fn go(accounts: Vec<AccountParam>, inputs: Vec<Param>) -> Function {
    Function {
        name: "go".into(),
        inputs,
        outputs: vec![],
        mutability: Mutability::NonPayable,
        selector: vec![1; 8].into(),
        signature: "go()".into(),
        accounts,
        ..Function::default()
    }
}

fn derived(name: String, seeds: Vec<Seed>) -> AccountParam {
    let source = AccountSource::Derived { program: None, seeds };
    AccountParam { name: name.into(), writable: false, signer: false, optional: false, source }
}

fn resolve(function: &Function, values: &[Value], gas: &mut u64) -> HostResult<Vec<AccountMeta>> {
    let derivations = hexapla_abi::derivations(function).expect("the accounts can be derived");
    let (caller, code) = (Address::ZERO, &[][..]);
    let (type_arguments, derivations) = (&[], &derivations);
    let call = TypedCall { caller, code, function, values, type_arguments, accounts: &[], derivations };
    let book = NoBook(Cell::new(*gas));
    let metas = accounts(&call, &book, PROGRAM);
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
