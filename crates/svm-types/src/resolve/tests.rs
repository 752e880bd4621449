//! Who signs, what is given, what follows.

use super::*;
use hexapla_abi::{AddressError, Interface};
use hexapla_primitives::{Address, B256, identity::alias_of};
use std::{convert::Infallible, slice};

const IDL: &str = r#"{
    "address": "11111111111111111111111111111112",
    "metadata": { "name": "bank", "version": "0.1.0", "spec": "0.1.0" },
    "instructions": [{
        "name": "open", "discriminator": [1, 2, 3, 4, 5, 6, 7, 8],
        "accounts": [
            { "name": "record", "writable": true, "pda": { "seeds": [
                { "kind": "const", "value": [114, 101, 99] },
                { "kind": "account", "path": "vault" },
                { "kind": "arg", "path": "terms.number" }
            ] } },
            { "name": "vault", "pda": { "seeds": [{ "kind": "account", "path": "owner" }, { "kind": "arg", "path": "terms.label" }] } },
            { "name": "owner", "signer": true, "writable": true },
            { "name": "referrer", "writable": true, "optional": true },
            { "name": "witness", "signer": true, "optional": true },
            { "name": "system", "address": "11111111111111111111111111111111" }
        ],
        "args": [{ "name": "terms", "type": { "defined": { "name": "Terms" } } }]
    }],
    "types": [{ "name": "Terms", "type": { "kind": "struct", "fields": [
        { "name": "label", "type": "string" }, { "name": "number", "type": "u64" }
    ] } }]
}"#;

const PROGRAM: Pubkey = Pubkey::new_from_array([2; 32]);
const PAYER: Pubkey = Pubkey::new_from_array([3; 32]);
const OTHER: Pubkey = Pubkey::new_from_array([4; 32]);

struct Aliases;

impl AddressBook for Aliases {
    fn canonical(&self, _: &B256) -> Result<Address, AddressError> {
        Err(AddressError("nobody is known here".into()))
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        Ok(alias_of(canonical))
    }
}

fn interface() -> Interface {
    Interface::detect(IDL).unwrap()
}

fn metas(
    authority: Authority,
    function: &Function,
    given: &[(&str, Pubkey)],
) -> Resolved<Vec<AccountMeta>, Infallible> {
    let terms = Value::Struct {
        name: "Terms".into(),
        fields: vec![("label".into(), Value::String("gold".into())), ("number".into(), Value::uint(7_u64))],
    };
    let named = |account: &AccountParam| given.iter().find(|(name, _)| *name == &*account.name).map(|(_, key)| *key);
    let given: Vec<_> = function.accounts.iter().map(named).collect();
    let derivations = derivations_of(function, &given)?;
    let values = slice::from_ref(&terms);
    let instruction =
        Instruction { program: PROGRAM, function, values, authority, derivations: &derivations, book: &Aliases };
    instruction.accounts(given, &mut || Ok(()))
}

fn derived(seeds: &[&[u8]]) -> Pubkey {
    Pubkey::find_program_address(seeds, &PROGRAM).0
}

#[test]
fn derived_accounts_follow_from_arguments_and_from_each_other_whatever_their_order() {
    let vault = derived(&[PAYER.as_ref(), b"gold"]);
    let record = derived(&[b"rec", vault.as_ref(), &7_u64.to_le_bytes()]);
    let expected = [
        AccountMeta::new(record, false),
        AccountMeta::new_readonly(vault, false),
        AccountMeta::new(PAYER, true),
        AccountMeta::new_readonly(PROGRAM, false),
        AccountMeta::new_readonly(PROGRAM, false),
        AccountMeta::new_readonly(Pubkey::default(), false),
    ];
    assert_eq!(metas(Authority::Payer(PAYER), &interface().functions[0], &[]).unwrap(), expected);
}

#[test]
fn what_is_given_stands_before_what_would_follow() {
    let given = [("vault", OTHER), ("referrer", OTHER), ("witness", OTHER)];
    let metas = metas(Authority::Payer(PAYER), &interface().functions[0], &given).unwrap();
    assert_eq!(metas[0].pubkey, derived(&[b"rec", OTHER.as_ref(), &7_u64.to_le_bytes()]));
    assert_eq!((metas[1].pubkey, metas[3].clone()), (OTHER, AccountMeta::new(OTHER, false)));
    assert_eq!(metas[4], AccountMeta::new_readonly(OTHER, true));
}

#[test]
fn a_contract_signs_as_its_alias_and_for_nobody_else() {
    let alias = crate::alias(Address::repeat_byte(9));
    let interface = interface();
    let metas = |given: &[(&str, Pubkey)]| metas(Authority::Contract(alias), &interface.functions[0], given).unwrap();
    let own = metas(&[]);
    assert_eq!(
        (own[2].clone(), own[4].clone()),
        (AccountMeta::new(alias, true), AccountMeta::new_readonly(alias, true))
    );
    let others = metas(&[("owner", OTHER), ("witness", OTHER)]);
    assert_eq!(others[2], AccountMeta::new(OTHER, false), "another's signature cannot be claimed");
    assert_eq!(others[4], AccountMeta::new_readonly(OTHER, false));
}

#[test]
fn a_given_account_opens_a_circle_and_without_one_it_is_an_error() {
    let mut function = interface().functions[0].clone();
    let seeds = vec![Seed::Account("record".into())];
    function.accounts[1].source = AccountSource::Derived { program: None, seeds };
    let error = metas(Authority::Payer(PAYER), &function, &[]).unwrap_err();
    assert_eq!(error.to_string(), "the accounts of open are derived from each other");
    let open = metas(Authority::Payer(PAYER), &function, &[("record", OTHER)]).unwrap();
    assert_eq!(open[1].pubkey, derived(&[OTHER.as_ref()]));
}

#[test]
fn seeds_that_name_nothing_are_errors_that_name_them() {
    let mut function = interface().functions[0].clone();
    let mut error_of = |seed| {
        function.accounts[1].source = AccountSource::Derived { program: None, seeds: vec![seed] };
        metas(Authority::Payer(PAYER), &function, &[]).unwrap_err()
    };
    let unknown = |account: &str| ResolveError::UnknownAccount { function: "open".into(), account: account.into() };
    assert_eq!(error_of(Seed::Account("nobody".into())), unknown("nobody"));
    let path = vec!["terms".into(), "colour".into()];
    let unknown = ResolveError::UnknownArgument { function: "open".into(), path: "terms.colour".into() };
    assert_eq!(error_of(Seed::Arg(path)), unknown);
    assert!(matches!(error_of(Seed::Const(vec![1; 33].into())), ResolveError::NoAddress { .. }));
}
