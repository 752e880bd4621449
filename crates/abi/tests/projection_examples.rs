//! A Solana program as a Solidity interface and a Solidity contract as an Anchor program, as docs/projections.md shows them.

use std::{fmt::Write as _, fs, path::Path, sync::Arc};

use hexapla_abi::{
    Abi, AccountLayout, AccountParam, AccountSource, Address, B256, Bytes, CustomError, Field, Function, ImageError,
    Interface, Mutability, Param, Projection, Type, Value,
};

fn account(name: &str, signer: bool, optional: bool, source: AccountSource) -> AccountParam {
    AccountParam { name: name.into(), writable: true, signer, optional, source }
}

fn stake() -> Interface {
    let amount = Type::Uint { bits: 64 };
    let accounts = vec![
        account("owner", true, false, AccountSource::Given),
        account("vault", false, false, AccountSource::Given),
        account("referrer", false, true, AccountSource::Given),
        account("system_program", false, false, AccountSource::Fixed(B256::ZERO)),
        account("position", false, false, AccountSource::Derived { program: None, seeds: vec![] }),
    ];
    let deposit = Function {
        name: "deposit_for".into(),
        inputs: vec![Param::new("amount", amount.clone()), Param::new("memo", Type::option(Type::String))],
        outputs: vec![Param::new("", amount.clone())],
        mutability: Mutability::NonPayable,
        selector: Bytes::from_static(b"deposit!"),
        signature: "deposit_for(u64,string?)".into(),
        accounts,
        ..Function::default()
    };
    let error = CustomError {
        name: "VaultFull".into(),
        inputs: vec![],
        selector: 6001_u32.to_le_bytes().to_vec().into(),
        message: "the vault is full".into(),
        signature: "VaultFull()".into(),
    };
    let fields = vec![Field::new("owner", Type::Address), Field::new("amount", amount)];
    let layout = AccountLayout {
        name: "Position".into(),
        discriminator: Bytes::from_static(b"position"),
        ty: Type::Struct { name: "Position".into(), fields },
    };
    Interface {
        name: "Stake".into(),
        abi: Abi::Borsh,
        functions: vec![deposit],
        errors: vec![error],
        layouts: vec![layout],
        ..Interface::default()
    }
}

fn bank() -> Interface {
    Interface::from_solidity_signatures(
        "Bank",
        [
            "function depositFor(address owner, uint24 term) payable returns (uint256 shares)",
            "function send(address to)",
            "function send(address to, uint256 amount)",
            "error TooEarly(uint256 until)",
        ],
    )
    .unwrap()
}

fn of(interface: Interface, target: Abi) -> Projection {
    Projection::new(Arc::new(interface), target)
}

#[test]
fn accounts_that_the_caller_says_are_arguments() {
    let projection = of(stake(), Abi::Solidity);
    let deposit = &projection.interface().functions[0];
    assert_eq!(deposit.signature, "depositFor(bytes32,bytes32,uint64,string[])");
    assert_eq!(*deposit.selector, alloy_primitives::keccak256(&deposit.signature)[..4]);

    let call = |vault: u8, referrer: u8| {
        let id = |byte| Value::bytes([byte; 32]);
        let memo = Value::Array(vec![Value::string("hi")]);
        projection.arguments(0, vec![id(vault), id(referrer), Value::uint(5_u8), memo])
    };
    let arguments = call(1, 2).unwrap();
    assert_eq!(arguments.accounts, [Some(B256::repeat_byte(1)), Some(B256::repeat_byte(2))]);
    assert_eq!(arguments.values, [Value::uint(5_u8), Value::Option(Some(Box::new(Value::string("hi"))))]);
    assert_eq!(arguments.coin, None);
    assert_eq!(call(1, 0).unwrap().accounts, [Some(B256::repeat_byte(1)), None]);
    assert!(matches!(call(0, 2), Err(ImageError::AccountMissing { account, .. }) if account == "vault"));
    assert!(matches!(projection.arguments(0, vec![]), Err(ImageError::WrongCount { expected: 4, given: 0, .. })));
    assert!(matches!(projection.arguments(1, vec![]), Err(ImageError::NoItem { index: 1, .. })));
}

#[test]
fn accounts_are_arguments_in_every_abi_and_cairo_takes_the_id_as_a_number() {
    for target in [Abi::Bcs, Abi::Cairo, Abi::Fuel] {
        let projection = of(stake(), target);
        let deposit = &projection.interface().functions[0];
        assert_eq!(deposit.name, "deposit_for");
        let id = |n: u8| match target {
            Abi::Cairo => Value::uint(n),
            _ => Value::bytes(B256::with_last_byte(n)),
        };
        let arguments = projection.arguments(0, vec![id(1), id(0), Value::uint(5_u8), Value::Option(None)]).unwrap();
        assert_eq!(arguments.accounts, [Some(B256::with_last_byte(1)), None], "{target:?}");
    }
}

#[test]
fn errors_keep_their_number_or_get_one() {
    let shown = of(stake(), Abi::Solidity);
    assert_eq!(*shown.interface().errors[0].selector, alloy_primitives::keccak256("VaultFull()")[..4]);
    assert_eq!(of(stake(), Abi::Bcs).interface().errors[0].selector[..], 6001_u64.to_le_bytes());
    assert_eq!(of(bank(), Abi::Borsh).interface().errors[0].selector[..], 6000_u32.to_le_bytes());
    assert_eq!(of(bank(), Abi::Borsh).error(0, vec![Value::uint(9_u8)]), Ok(vec![]));
    assert_eq!(of(bank(), Abi::Cairo).error(0, vec![Value::uint(9_u8)]), Ok(vec![Value::uint(9_u8)]));
}

#[test]
fn a_layout_is_read_by_a_function() {
    let projection = of(stake(), Abi::Solidity);
    let reader = &projection.readers()[0];
    assert_eq!((reader.function.signature.as_str(), reader.layout), ("readPosition(bytes32)", 0));
    let fields = vec![
        ("owner".into(), Value::Address(hexapla_abi::Address::repeat_byte(1))),
        ("amount".into(), Value::uint(3_u8)),
    ];
    let data = Value::Struct { name: "Position".into(), fields };
    assert_eq!(projection.read(0, data.clone()), Ok(vec![data]));
}

#[test]
fn coin_for_a_payable_function_is_the_first_argument_of_an_instruction() {
    let projection = of(bank(), Abi::Borsh);
    let names = projection.interface().functions.iter().map(|function| function.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names, ["deposit_for", "send_3e58c58c", "send_d0679d34"]);
    let deposit = &projection.interface().functions[0];
    assert_eq!(deposit.inputs[0], Param::new("lamports", Type::Uint { bits: 64 }));
    assert_eq!(deposit.accounts.iter().map(|account| &*account.name).collect::<Vec<_>>(), ["payer"]);
    assert_eq!(deposit.selector.len(), 8);

    let owner = Value::Address(hexapla_abi::Address::repeat_byte(1));
    let arguments = projection.arguments(0, vec![Value::uint(7_u8), owner.clone(), Value::uint(30_u8)]).unwrap();
    assert_eq!((arguments.coin, arguments.values), (Some(7), vec![owner.clone(), Value::uint(30_u8)]));
    let too_wide = vec![Value::uint(7_u8), owner, Value::uint(1_u32 << 24)];
    assert!(matches!(projection.arguments(0, too_wide), Err(ImageError::NotAnImage { .. })));
}

#[test]
fn discriminators_are_those_of_anchor() {
    // The discriminator of `initialize` is the one that stands in every Anchor client.
    let contract = Interface::from_solidity_signatures("A", ["function initialize()"]).unwrap();
    let shown = of(contract, Abi::Borsh);
    assert_eq!(shown.interface().functions[0].selector[..], [0xaf, 0xaf, 0x6d, 0x1f, 0x0d, 0x98, 0x9b, 0xed]);
}

#[test]
fn the_same_abi_is_the_same_interface() {
    for interface in [stake(), bank()] {
        let projection = of(interface.clone(), interface.abi);
        assert_eq!(*projection.interface(), interface);
    }
}

#[test]
fn the_page_shows_what_is_made() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/projections.md");
    let mut example = String::from("\n```text\n");
    for (interface, target) in [(stake(), Abi::Solidity), (bank(), Abi::Borsh), (bank(), Abi::Cairo)] {
        let (name, from) = (interface.name.clone(), interface.abi.name());
        writeln!(example, "{name} ({from}) in {}:", target.name()).unwrap();
        let projection = of(interface, target);
        for (index, function) in projection.interface().functions.iter().enumerate() {
            writeln!(example, "  {}   {}", function.signature, function.selector).unwrap();
            for line in projection.explain(index) {
                writeln!(example, "    {line}").unwrap();
            }
        }
        for error in &projection.interface().errors {
            writeln!(example, "  error {}   {}", error.signature, error.selector).unwrap();
        }
        for reader in projection.readers() {
            writeln!(example, "  {}   returns {}", reader.function.signature, reader.function.outputs[0].ty).unwrap();
        }
    }
    example.push_str("```\n");
    let page = fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once("<!-- example -->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- /example -->\n").unwrap();
    let made = format!("{head}<!-- example -->\n{example}\n<!-- /example -->\n{tail}");
    if std::env::var("UPDATE_EXPECT").is_ok_and(|how| how == "overwrite") {
        fs::write(&path, &made).unwrap();
    } else {
        assert!(page == made, "docs/projections.md is not what is made; UPDATE_EXPECT=overwrite writes it");
    }
}

/// `public entry fun transfer<CoinType>(from: &signer, to: address, amount: u64)`, as Move has it.
fn generic() -> Interface {
    let transfer = Function {
        name: "transfer".into(),
        inputs: vec![Param::new("to", Type::Address), Param::new("amount", Type::Uint { bits: 64 })],
        selector: Bytes::from_static(b"transfer"),
        signature: "transfer(address,u64)".into(),
        type_params: vec!["CoinType".into()],
        caller_params: vec!["from".into()],
        ..Function::default()
    };
    Interface { name: "coin".into(), abi: Abi::Bcs, functions: vec![transfer], ..Interface::default() }
}

#[test]
fn type_parameters_are_texts_and_what_the_caller_fills_is_no_argument() {
    for target in [Abi::Solidity, Abi::Borsh] {
        let projection = Projection::new(Arc::new(generic()), target);
        let shown = &projection.interface().functions[0];
        let types = shown.inputs.iter().map(|param| &param.ty).collect::<Vec<_>>();
        assert_eq!((types[0], types.len()), (&Type::String, 3), "{target:?}: {shown:?}");
        assert!(shown.type_params.is_empty() && shown.caller_params.is_empty(), "{target:?}");
        let coin = "0x1::aptos_coin::AptosCoin";
        let to = Value::Address(Address::repeat_byte(7));
        let given = vec![Value::string(coin), to.clone(), Value::uint(5_u64)];
        let arguments = projection.arguments(0, given).unwrap();
        assert_eq!((arguments.type_arguments, arguments.values), (vec![coin.to_owned()], vec![to, Value::uint(5_u64)]));
        let explained = projection.explain(0).join("\n");
        assert!(explained.contains("CoinType") && explained.contains("from: filled"), "{explained}");
        assert!(projection.arguments(0, vec![Value::uint(1_u64), Value::uint(1_u64), Value::uint(5_u64)]).is_err());
    }
}

#[test]
fn interfaces_with_type_parameters_have_a_form_and_others_keep_theirs() {
    let bytes = generic().to_bytes().unwrap();
    assert_eq!(Interface::from_bytes(&bytes).unwrap(), generic());
    let mut plain = generic();
    plain.functions[0].type_params.clear();
    plain.functions[0].caller_params.clear();
    let shorter = plain.to_bytes().unwrap();
    assert_eq!(bytes.len() - shorter.len(), 1 + 1 + 8 + 1 + 1 + 4, "two lists and nothing else");
    // The bit without the list: a second form of the same interface is none.
    let place = bytes.iter().zip(&shorter).position(|(one, other)| one != other).unwrap();
    let mut empty_list = shorter.clone();
    empty_list[place] |= 4;
    let end = place + bytes[place..].windows(8).position(|window| window == b"CoinType").unwrap() - 2;
    empty_list.insert(end, 0);
    assert!(Interface::from_bytes(&empty_list).is_err());
}
