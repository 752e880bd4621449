//! What an interface claims is checked: selectors against names and types, accounts against each other, sizes.

use std::{collections::BTreeSet, fs, path::Path};

use hexapla_abi::{
    Abi, AccountParam, AccountSource, B256, ClaimError, CustomError, DerivationError, Field, Function, Interface,
    Mutability, Param, Projection, Seed, SeedSource, Type, Variant, WireError, derivations, limits, starknet_selector,
};

fn function(name: &str, selector: &[u8]) -> Function {
    Function {
        name: name.into(),
        inputs: vec![],
        outputs: vec![],
        mutability: Mutability::NonPayable,
        selector: selector.to_vec().into(),
        signature: format!("{name}()"),
        ..Function::default()
    }
}

fn with_functions(abi: Abi, functions: Vec<Function>) -> Interface {
    Interface { name: "Claims".into(), abi, functions, ..Interface::default() }
}

fn token() -> Interface {
    let lines = [
        "function balanceOf(address who) view returns (uint256)",
        "error Poor(uint256 has, uint256 needs)",
        "event Transfer(address indexed from, address indexed to, uint256 value)",
    ];
    Interface::from_solidity_signatures("Token", lines).unwrap()
}

#[test]
fn a_function_with_the_selector_of_another_is_no_solidity_function() {
    token().verify().unwrap();
    let mut lie = token();
    lie.functions[0].selector =
        Interface::from_solidity_signatures("T", ["function burnAll(address)"]).unwrap().functions[0].selector.clone();
    let error = lie.verify().unwrap_err().to_string();
    assert!(error.starts_with("the function balanceOf has the selector 0x"), "{error}");
    assert!(error.ends_with("by its name and types it is 0x70a08231"), "{error}");
}

#[test]
fn errors_events_and_signatures_of_solidity_are_computed_again() {
    let mut lie = token();
    lie.errors[0].selector = vec![1, 2, 3, 4].into();
    assert!(lie.verify().unwrap_err().to_string().starts_with("the error Poor has the selector 0x01020304"));
    let mut lie = token();
    lie.events[0].topic = Some(B256::repeat_byte(7));
    assert!(lie.verify().unwrap_err().to_string().starts_with("the event Transfer has the selector 0x0707"));
    let mut anonymous = token();
    anonymous.events[0].topic = None;
    anonymous.verify().unwrap();
    let mut lie = token();
    lie.functions[0].signature = "burnAll(address)".into();
    let error = lie.verify().unwrap_err().to_string();
    assert_eq!(error, "the function balanceOf has another signature than its name and types give, balanceOf(address)");
}

#[test]
fn a_type_that_the_abi_has_no_form_for_is_refused_with_its_function() {
    let mut lie = token();
    lie.functions[0].outputs[0].ty = Type::Map(Box::new(Type::Unit), Box::new(Type::Felt));
    let error = lie.verify().unwrap_err();
    assert_eq!(error.to_string(), "the function balanceOf: the Solidity ABI has no form for the type {(): felt}");
}

#[test]
fn functions_that_are_named_by_text_have_their_own_name() {
    for (abi, right) in [
        (Abi::Bcs, b"balance".to_vec()),
        (Abi::Fuel, b"balance".to_vec()),
        (Abi::Cairo, starknet_selector("balance").to_vec()),
    ] {
        with_functions(abi, vec![function("balance", &right)]).verify().unwrap();
        let error = with_functions(abi, vec![function("balance", &[&right[1..], b"x"].concat())]).verify().unwrap_err();
        assert!(matches!(error, ClaimError::Selector { .. }), "{abi:?} {error}");
    }
}

#[test]
fn discriminators_are_free_but_never_equal_and_none_begins_another() {
    let both = |one: &[u8], other: &[u8]| {
        with_functions(Abi::Borsh, vec![function("a", one), function("b", other)]).verify().map_err(|e| e.to_string())
    };
    assert_eq!(both(&[1, 2], &[1, 3]), Ok(()));
    assert_eq!(both(&[1, 2], &[1, 2]).unwrap_err(), "the function a and the function b have the same selector 0x0102");
    let begins =
        "the selector 0x01 of the function b begins the selector 0x0102 of the function a: a call could mean either";
    assert_eq!(both(&[1, 2], &[1]).unwrap_err(), begins);
    assert!(both(&[1, 2], &[]).is_err());
    let mut errors = with_functions(Abi::Borsh, vec![]);
    let error = |name: &str| CustomError {
        name: name.into(),
        inputs: vec![],
        selector: vec![1, 0, 0, 0].into(),
        message: String::new(),
        signature: String::new(),
    };
    errors.errors = vec![error("A"), error("B")];
    assert_eq!(
        errors.verify().unwrap_err().to_string(),
        "the error A and the error B have the same selector 0x01000000"
    );
}

/// Interfaces as the tests and the contracts of this project have them.
fn real() -> Vec<(String, Interface)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("tests/data"), root.join("../../contracts"), root.join("../bind/samples")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "node_modules" && name != "target" {
                folders.push(path);
            } else if name.ends_with(".json") && !name.starts_with("package") {
                let text = fs::read_to_string(&path).unwrap();
                found.extend(Interface::detect(&text).ok().map(|interface| (name, interface)));
            }
        }
    }
    found
}

#[test]
fn interfaces_of_real_contracts_say_the_truth_and_stay_far_below_the_limits() {
    let real = real();
    let abis = real.iter().map(|(_, interface)| interface.abi).collect::<BTreeSet<_>>();
    assert!(real.len() >= 15 && abis.len() >= 4, "{} {abis:?}", real.len());
    for (name, interface) in real {
        interface.verify().unwrap_or_else(|error| panic!("{name}: {error}"));
        let bytes = interface.to_bytes().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(bytes.len() * 4 <= hexapla_abi::wire::WIRE_BYTES_MAX, "{name}");
        assert_eq!(Interface::from_bytes(&bytes).unwrap(), interface, "{name}");
    }
}

fn derived(name: &str, seeds: Vec<Seed>) -> AccountParam {
    AccountParam {
        name: name.into(),
        writable: false,
        signer: false,
        optional: false,
        source: AccountSource::Derived { program: None, seeds },
    }
}

fn by(name: &str) -> Seed {
    Seed::Account(name.into())
}

fn with_accounts(accounts: Vec<AccountParam>) -> Function {
    Function { accounts, ..function("go", &[1]) }
}

#[test]
fn accounts_are_derived_behind_those_that_they_need() {
    // A chain that is written from its end: each account needs the next one.
    let count = limits::ACCOUNTS_MAX;
    let mut accounts =
        (1..count).map(|at| derived(&format!("a{at}"), vec![by(&format!("a{}", at + 1))])).collect::<Vec<_>>();
    accounts.push(derived(&format!("a{count}"), vec![Seed::Const(vec![1].into())]));
    let order = derivations(&with_accounts(accounts)).unwrap();
    let places = order.iter().map(|derivation| derivation.account).collect::<Vec<_>>();
    assert_eq!(places, (0..count).rev().collect::<Vec<_>>());
    assert_eq!(order[1].seeds, [SeedSource::Account(count - 1)]);
}

#[test]
fn accounts_that_are_derived_from_each_other_are_refused() {
    let accounts = vec![
        derived("free", vec![]),
        derived("tail", vec![by("x")]),
        derived("x", vec![by("y"), by("free")]),
        derived("y", vec![by("x")]),
    ];
    let function = with_accounts(accounts);
    let error = derivations(&function).unwrap_err();
    assert_eq!(error, DerivationError::Cycle { account: "tail".into() });
    let interface = with_functions(Abi::Borsh, vec![function]);
    let error = interface.verify().unwrap_err().to_string();
    assert_eq!(error, "the function go: the account tail is derived from an account that is derived from it");
    // Nobody meets it in a call.
    let projection = Projection::new(interface.into(), Abi::Solidity);
    assert!(projection.interface().functions.is_empty());
    assert!(projection.interface().refused[0].reason.starts_with("the account tail is derived"));
    let own = with_accounts(vec![derived("own", vec![by("own")])]);
    assert_eq!(derivations(&own).unwrap_err(), DerivationError::Cycle { account: "own".into() });
}

#[test]
fn seeds_that_nobody_has_are_refused() {
    let nested = Type::Struct { name: "P".into(), fields: vec![Field::new("id", Type::Uint { bits: 64 })] };
    let with = |seed| {
        let inputs = vec![Param::new("first", Type::Bool), Param::new("position", nested.clone())];
        derivations(&Function { inputs, ..with_accounts(vec![derived("a", vec![seed])]) })
    };
    let path = |path: &[&str]| Seed::Arg(path.iter().map(|name| (*name).into()).collect());
    assert_eq!(with(path(&["position", "id"])).unwrap()[0].seeds, [SeedSource::Argument(vec![1, 0])]);
    for seed in [path(&[]), path(&["nobody"]), path(&["position", "name"]), path(&["first", "id"]), by("nobody")] {
        assert!(with(seed.clone()).is_err(), "{seed:?}");
    }
    let twice = with_accounts(vec![derived("a", vec![]), derived("a", vec![])]);
    assert_eq!(derivations(&twice).unwrap_err(), DerivationError::SameName { name: "a".into() });
}

#[test]
fn instructions_whose_accounts_are_derived_from_each_other_are_refused_when_the_idl_is_read() {
    let idl = r#"{"address": "11111111111111111111111111111112", "metadata": {"name": "m", "version": "1.0.0", "spec": "0.1.0"},
        "instructions": [{"name": "go", "discriminator": [1], "args": [], "accounts": [
            {"name": "x", "pda": {"seeds": [{"kind": "account", "path": "y"}]}},
            {"name": "y", "pda": {"seeds": [{"kind": "account", "path": "x"}]}}]}]}"#;
    let interface = Interface::detect(idl).unwrap();
    assert!(interface.functions.is_empty());
    assert_eq!(interface.refused[0].item, "instruction `go`");
    assert_eq!(interface.refused[0].reason, "the account x is derived from an account that is derived from it");
}

/// An interface with so many of one thing.
type Make = fn(usize) -> Interface;

/// Things that have a limit, with the limit.
fn at_limits() -> Vec<(&'static str, usize, Make)> {
    fn named(count: usize) -> String {
        "n".repeat(count)
    }
    fn one(change: impl FnOnce(&mut Function)) -> Interface {
        let mut go = function("go", &[1]);
        change(&mut go);
        with_functions(Abi::Borsh, vec![go])
    }
    vec![
        ("functions", limits::ITEMS_MAX, |count| with_functions(Abi::Borsh, vec![function("f", &[1]); count])),
        ("parameters", limits::PARAMS_MAX, |count| one(|f| f.inputs = vec![Param::new("p", Type::Bool); count])),
        ("parts of types", limits::ITEM_PARTS_MAX, |count| {
            one(|f| f.inputs = vec![Param::new("p", Type::Tuple(vec![Type::Bool; count - 1]))])
        }),
        ("accounts", limits::ACCOUNTS_MAX, |count| one(|f| f.accounts = vec![derived("a", vec![]); count])),
        ("seeds of an account", limits::SEEDS_MAX, |count| {
            one(|f| f.accounts = vec![derived("a", vec![by("a"); count])])
        }),
        ("bytes of a seed", limits::SEED_BYTES_MAX, |count| {
            one(|f| f.accounts = vec![derived("a", vec![Seed::Const(vec![0; count].into())])])
        }),
        ("variants of an enum", limits::VARIANTS_MAX, |count| {
            let variants = (0..count).map(|index| Variant::new(&format!("V{index}"), Type::Unit)).collect();
            one(|f| f.inputs = vec![Param::new("p", Type::Enum { name: "E".into(), variants })])
        }),
        ("bytes of a name", limits::NAME_BYTES_MAX, |count| Interface { name: named(count), ..Interface::default() }),
        ("bytes of a name", limits::NAME_BYTES_MAX, |count| one(|f| f.name = named(count))),
        ("bytes of a name", limits::NAME_BYTES_MAX, |count| {
            one(|f| f.inputs = vec![Param::new(&named(count), Type::Bool)])
        }),
        ("bytes of a name", limits::NAME_BYTES_MAX, |count| one(|f| f.accounts = vec![derived(&named(count), vec![])])),
        ("bytes of a selector", limits::SELECTOR_BYTES_MAX, |count| one(|f| f.selector = vec![1; count].into())),
        ("bytes of a signature", limits::SIGNATURE_BYTES_MAX, |count| one(|f| f.signature = named(count))),
    ]
}

#[test]
fn at_a_limit_an_interface_is_written_and_read_and_above_it_neither() {
    for (what, limit, make) in at_limits() {
        let most = make(limit);
        let bytes = most.to_bytes().unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(Interface::from_bytes(&bytes).as_ref(), Ok(&most), "{what}");
        match make(limit + 1).to_bytes().unwrap_err() {
            WireError::Limit { what: named, given, limit: named_limit, .. } => {
                assert_eq!((named, given, named_limit), (what, limit + 1, limit));
            }
            other => panic!("{what}: {other}"),
        }
    }
}

#[test]
fn an_interface_beyond_a_limit_is_refused_when_it_is_read() {
    // The name of the interface is one byte longer than it may be: 257 is 0x81 0x02.
    let name = [&[0x81, 0x02][..], &[b'n'; 257]].concat();
    let bytes = [&[1, 0][..], &name, &[0; 10]].concat();
    let error = Interface::from_bytes(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "the interface has 257 bytes of a name; the registry takes up to 256");
}

#[test]
fn errors_show_no_more_of_a_name_than_a_line() {
    let long = "n".repeat(100_000);
    let mut interface = with_functions(Abi::Solidity, vec![function(&long, &[1, 2, 3, 4])]);
    interface.name = long.clone();
    interface.functions[0].accounts = vec![derived(&long, vec![by(&long)])];
    let errors = [
        interface.verify().unwrap_err().to_string(),
        interface.to_bytes().unwrap_err().to_string(),
        hexapla_abi::Codec::decode_call(&hexapla_abi::SolidityCodec::default(), &interface, &[9; 4])
            .unwrap_err()
            .to_string(),
        hexapla_abi::Codec::encode_call(
            &hexapla_abi::SolidityCodec::default(),
            &interface.functions[0],
            &[hexapla_abi::Value::Unit],
        )
        .unwrap_err()
        .to_string(),
    ];
    for error in errors {
        assert!(error.len() < 700, "{} bytes: {error:.300}", error.len());
    }
}
