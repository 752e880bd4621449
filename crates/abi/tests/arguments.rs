//! What humans write, and what they are told when it is wrong.

mod common;

use alloy_primitives::{Address, I256, U256, address};
use hexapla_abi::{
    Field, Function, Interface, Type, Value, Variant, argument::no_names, arguments_from_tree, find_function,
    parse_arguments, parse_value, parse_value_with, value_from_tree, value_to_json,
};
use proptest::prelude::*;
use serde_json::json;

const ALICE: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

fn names(name: &str) -> Option<Address> {
    (name == "alice").then_some(ALICE)
}

fn u(bits: u16) -> Type {
    Type::Uint { bits }
}

fn position() -> Type {
    Type::Struct {
        name: "Vault.Position".into(),
        fields: vec![Field::new("owner", Type::Address), Field::new("size", u(64))],
    }
}

fn side() -> Type {
    let variants = vec![
        Variant::new("Buy", Type::Unit),
        Variant::new("Sell", u(64)),
        Variant::new("Swap", Type::Tuple(vec![u(8), Type::Bool])),
    ];
    Type::Enum { name: "Side".into(), variants }
}

#[test]
fn numbers_are_read_in_every_form() {
    let ether = U256::from(10).pow(U256::from(18));
    let cases: &[(&str, U256)] = &[
        ("0", U256::ZERO),
        ("42", U256::from(42)),
        (" 1_000_000 ", U256::from(1_000_000)),
        ("0xff", U256::from(255)),
        ("0xDEAD_BEEF", U256::from(0xdead_beef_u64)),
        ("1 ether", ether),
        ("1.5 ether", ether * U256::from(3) / U256::from(2)),
        ("0.000000000000000001ether", U256::ONE),
        ("5 gwei", U256::from(5_000_000_000_u64)),
        ("100 wei", U256::from(100)),
        ("1e18", ether),
        ("1.5E3", U256::from(1500)),
        ("1500e-2", U256::from(15)),
        ("+7", U256::from(7)),
        ("-0", U256::ZERO),
        ("115792089237316195423570985008687907853269984665640564039457584007913129639935", U256::MAX),
    ];
    for (text, number) in cases {
        assert_eq!(parse_value(&Type::U256, text), Ok(Value::Uint(*number)), "{text}");
    }
    assert_eq!(parse_value(&Type::Int { bits: 8 }, "-128"), Ok(Value::Int(I256::unchecked_from(-128))));
    assert_eq!(parse_value(&Type::Int { bits: 256 }, &I256::MIN.to_string()), Ok(Value::Int(I256::MIN)));
    assert_eq!(parse_value(&Type::Int { bits: 16 }, "-0x10"), Ok(Value::Int(I256::unchecked_from(-16))));
}

#[test]
fn numbers_are_never_cut_or_rounded() {
    let cases: &[(Type, &str, &str)] = &[
        (u(8), "256", "\"256\" does not fit u8, which goes from 0 to 255"),
        (u(8), "-1", "\"-1\" does not fit u8, which goes from 0 to 255"),
        (u(64), "1e20", "\"1e20\" does not fit u64, which goes from 0 to 18_446_744_073_709_551_615"),
        (Type::Int { bits: 8 }, "128", "\"128\" does not fit i8, which goes from -128 to 127"),
        (Type::Int { bits: 8 }, "-129", "\"-129\" does not fit i8, which goes from -128 to 127"),
        (u(8), "1e999999999999", "\"1e999999999999\" does not fit u8, which goes from 0 to 255"),
        (u(8), "1.5", "expected u8, a whole number, got 1.5"),
        (u(8), "1.5 wei", "expected u8, a whole number, got 1.5 wei"),
        (u(8), "1e-3", "expected u8, a whole number, got 1e-3"),
        (u(8), "five", "expected u8 (a number from 0 to 255), got five"),
        (u(8), "", "expected u8 (a number from 0 to 255), got "),
        (u(8), "1__0", "expected u8 (a number from 0 to 255), got 1__0"),
        (u(8), "0x", "expected u8 (a number from 0 to 255), got 0x"),
        (u(8), "1 finney", "expected u8 (a number from 0 to 255), got 1 finney"),
        (u(8), "1e", "expected u8 (a number from 0 to 255), got 1e"),
        (u(8), "٣", "expected u8 (a number from 0 to 255), got \\u{663}"),
    ];
    for (ty, text, message) in cases {
        let message = message.replace("\\u{663}", "٣");
        assert_eq!(parse_value(ty, text).unwrap_err().to_string(), message, "{text}");
    }
    let huge = format!("0x1{}", "0".repeat(64));
    assert!(parse_value(&Type::U256, &huge).unwrap_err().to_string().contains("does not fit u256"));
    let prime = "3618502788666131213697322783095070105623107215331596699973092056135872020481";
    assert!(parse_value(&Type::Felt, prime).unwrap_err().to_string().contains("does not fit felt"));
}

#[test]
fn f09_addresses_are_read_strictly_and_never_become_zero() {
    let checksummed = ALICE.to_string();
    for text in [checksummed.clone(), checksummed.to_lowercase(), format!("0x{}", checksummed[2..].to_uppercase())] {
        assert_eq!(parse_value(&Type::Address, &text), Ok(Value::Address(ALICE)));
    }
    assert_eq!(parse_value_with(&Type::Address, "alice", &names), Ok(Value::Address(ALICE)));
    let wrong_case = checksummed.replace("f39F", "f39f");
    assert_eq!(
        parse_value(&Type::Address, &wrong_case).unwrap_err().to_string(),
        format!(
            "the address {wrong_case} has a wrong checksum (a typing error?); the checksummed form is {checksummed}"
        )
    );
    assert_eq!(
        parse_value_with(&Type::Address, "bob", &names).unwrap_err().to_string(),
        "\"bob\" is neither an address (0x and 40 hex digits) nor a known name"
    );
    for text in [
        "",
        "0",
        "0x",
        "0x0",
        "f39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        &checksummed[..41],
        &format!("{checksummed}0"),
    ] {
        assert!(parse_value_with(&Type::Address, text, &names).is_err(), "{text}");
    }
    assert!(value_from_tree(&Type::Address, &json!(0), &names).is_err());
    assert!(value_from_tree(&Type::Address, &json!(null), &names).is_err());
}

#[test]
fn texts_bytes_and_nested_values_are_read() {
    let text = |text: &str| Value::string(text);
    let list = |numbers: &[u64]| Value::Array(numbers.iter().map(|n| Value::uint(*n)).collect());
    let point = Value::Struct {
        name: "Vault.Position".into(),
        fields: vec![("owner".into(), Value::Address(ALICE)), ("size".into(), Value::uint(5_u8))],
    };
    let variant =
        |name: &str, payload| Value::Enum { name: "Side".into(), variant: name.into(), payload: Box::new(payload) };
    let cases: &[(Type, &str, Value)] = &[
        (Type::Bool, "true", Value::Bool(true)),
        (Type::String, "hello, [world]", text("hello, [world]")),
        (Type::String, r#""tab\t\u{1f600} \"q\"""#, text("tab\t😀 \"q\"")),
        (Type::String, "", text("")),
        (Type::FixedString(3), "abc", text("abc")),
        (Type::Bytes, "0x", Value::bytes(vec![])),
        (Type::Bytes, "0xDEad", Value::bytes(vec![0xde, 0xad])),
        (Type::FixedBytes(2), "0xbeef", Value::bytes(vec![0xbe, 0xef])),
        (Type::array(u(8)), "[1, 2,3 ,]", list(&[1, 2, 3])),
        (Type::array(u(8)), "[]", list(&[])),
        (Type::array(Type::U256), "[1 ether]", list(&[1_000_000_000_000_000_000])),
        (Type::array(Type::String), r#"[a b, "c, d", 'e']"#, Value::Array(vec![text("a b"), text("c, d"), text("e")])),
        (Type::fixed_array(Type::array(u(8)), 2), "[[1],[2,3]]", Value::Array(vec![list(&[1]), list(&[2, 3])])),
        (Type::Tuple(vec![u(8), Type::Bool]), "(1, true)", Value::Tuple(vec![Value::uint(1_u8), Value::Bool(true)])),
        (position(), "{owner: alice, size: 5}", point.clone()),
        (position(), "{size: 5, owner: alice}", point.clone()),
        (position(), "Position {owner: alice, size: 5}", point.clone()),
        (position(), "(alice, 5)", point.clone()),
        (Type::array(position()), "[(alice, 5)]", Value::Array(vec![point])),
        (Type::option(u(8)), "none", Value::Option(None)),
        (Type::option(u(8)), "5", Value::Option(Some(Box::new(Value::uint(5_u8))))),
        (Type::option(Type::option(u(8))), "some(none)", Value::Option(Some(Box::new(Value::Option(None))))),
        (side(), "Buy", variant("Buy", Value::Unit)),
        (side(), "Side::Sell(7)", variant("Sell", Value::uint(7_u8))),
        (side(), "Swap(1, true)", variant("Swap", Value::Tuple(vec![Value::uint(1_u8), Value::Bool(true)]))),
        (Type::Unit, "()", Value::Unit),
        (
            Type::Map(Box::new(Type::String), Box::new(u(8))),
            "{a: 1, \"b c\": 2}",
            Value::Map(vec![(text("a"), Value::uint(1_u8)), (text("b c"), Value::uint(2_u8))]),
        ),
    ];
    for (ty, given, value) in cases {
        assert_eq!(parse_value_with(ty, given, &names).as_ref(), Ok(value), "{given}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let map = Type::Map(Box::new(Type::String), Box::new(u(8)));
    let cases: &[(Type, &str, &str)] = &[
        (Type::Bool, "1", "expected true or false, got 1"),
        (Type::FixedBytes(2), "0xbe", "expected 0x and 4 hex digits, got 0xbe"),
        (Type::Bytes, "0xabc", "expected 0x and an even number of hex digits, got 0xabc"),
        (Type::Bytes, "abcd", "expected 0x and an even number of hex digits, got abcd"),
        (Type::array(u(8)), "[1, 300]", "element 1: \"300\" does not fit u8, which goes from 0 to 255"),
        (Type::array(u(8)), "1, 2", "cannot read \"1, 2\" at character 2: there is more text behind the value"),
        (Type::array(u(8)), "[1, 2", "cannot read \"[1, 2\" at character 6: expected `,` or `]`"),
        (Type::array(u(8)), "[1,,2]", "cannot read \"[1,,2]\" at character 4: a value is missing"),
        (Type::array(u(8)), "7", "expected [u8], as in [a, b], got 7"),
        (Type::fixed_array(u(8), 2), "[1]", "[u8; 2] takes 2 elements, 1 given"),
        (Type::Tuple(vec![u(8)]), "(1, 2)", "(u8,) takes 1 elements, 2 given"),
        (position(), "{owner: alice}", "the field size of Vault.Position{owner: address, size: u64} is missing"),
        (
            position(),
            "{ownr: alice, size: 5}",
            "Vault.Position{owner: address, size: u64} has no field \"ownr\"; did you mean owner?",
        ),
        (
            position(),
            "{owner: bob, size: 5}",
            "field owner: \"bob\" is neither an address (0x and 40 hex digits) nor a known name",
        ),
        (position(), "{owner: alice, size: 5, size: 6}", "expected the field size once, got it twice"),
        (side(), "Sel(5)", "Side{Buy, Sell(u64), Swap(u8, bool)} has no variant \"Sel\"; did you mean Sell?"),
        (map, "{a: 1, a: 2}", "expected each key of {string: u8} once, got \"a\" twice"),
        (Type::String, "\"open", "cannot read \"\\\"open\" at character 6: the closing quote is missing"),
        (Type::FixedString(3), "ab", "expected a text of exactly 3 bytes (UTF-8), got ab"),
    ];
    for (ty, text, message) in cases {
        assert_eq!(parse_value_with(ty, text, &names).unwrap_err().to_string(), *message, "{text}");
    }
}

#[test]
fn hostile_texts_are_errors() {
    for text in ["[".repeat(100_000), "some(".repeat(100_000), "{a:".repeat(100_000), "1".repeat(100_000)] {
        let error = parse_value(&Type::array(Type::Bool), &text).unwrap_err().to_string();
        assert!(error.len() < 1000, "{}", error.len());
        assert!(parse_value(&Type::U256, &text).is_err());
    }
    assert!(!parse_value(&Type::Bool, "\u{1b}[31m").unwrap_err().to_string().contains('\u{1b}'));
    assert!(!parse_value(&Type::Address, "a\u{202e}b\u{7}").unwrap_err().to_string().contains(['\u{202e}', '\u{7}']));
}

#[test]
fn units_are_those_of_the_coin_that_a_type_counts() {
    let (wei, lamports) = (Type::U256, Type::Uint { bits: 64 });
    let read = |ty: &Type, text: &str| parse_value(ty, text).map_err(|error| error.to_string());
    assert_eq!(read(&wei, "1.5 ether"), Ok(Value::uint(1_500_000_000_000_000_000_u64)));
    assert_eq!(read(&lamports, "1.5 sol"), Ok(Value::uint(1_500_000_000_u64)));
    assert_eq!(read(&lamports, "5000 lamports"), Ok(Value::uint(5_000_u64)));
    assert_eq!(read(&lamports, "1lamport"), Ok(Value::uint(1_u64)));
    let problem = |ty: &Type, text: &str| read(ty, text).unwrap_err();
    let other =
        "\"1 ether\" counts another coin than u64; write e.g. \"1.5 sol\", \"5000 lamports\" or \"1e9\", or the number";
    assert_eq!(problem(&lamports, "1 ether"), other);
    assert!(problem(&wei, "1 sol").contains("counts another coin than u256"));
    let unknown = "\"1.5 eth\" is no number with a unit; write e.g. \"1.5 ether\", \"5 gwei\" or \"1e18\"";
    assert_eq!(problem(&wei, "1.5 eth"), unknown);
    assert!(problem(&wei, "0.5 wei").contains("a whole number"));
    assert!(problem(&wei, "ether").contains("a number from 0 to 2^256 - 1"));
    assert!(problem(&lamports, "18446744074 sol").contains("does not fit u64"));
}

#[test]
fn arguments_are_named_with_their_function() {
    let transfer = Function::from_solidity_signature("transfer(address to, uint256 amount)").unwrap();
    assert_eq!(
        parse_arguments(&transfer, &["alice"], &names).unwrap_err().to_string(),
        "transfer(address,uint256) takes 2 arguments, 1 given"
    );
    assert_eq!(
        parse_arguments(&transfer, &["alice", "many"], &names).unwrap_err().to_string(),
        "argument 2 `amount` of transfer(address,uint256): expected u256 (a number from 0 to \
         2^256 - 1), got many"
    );
    let values = parse_arguments(&transfer, &["alice", "5_000_000"], &names).unwrap();
    assert_eq!(values, [Value::Address(ALICE), Value::uint(5_000_000_u64)]);
    assert_eq!(arguments_from_tree(&transfer, &[json!("alice"), json!(5_000_000)], &names).unwrap(), values);
}

#[test]
fn functions_are_found_by_name_signature_selector_and_number_of_arguments() {
    let interface = Interface::from_solidity_signatures(
        "Token",
        [
            "function transfer(address to, uint256 amount)",
            "function mint(address to)",
            "function mint(address to, uint256 amount)",
            "function mint(uint256 amount)",
        ],
    )
    .unwrap();
    let find = |name: &str, count| find_function(&interface, name, count).map(|function| function.signature.as_str());
    let fails = |name: &str, count| find(name, count).unwrap_err().to_string();
    for name in ["transfer", "transfer(address,uint256)", "transfer(address to, uint v)", "0xa9059cbb"] {
        assert_eq!(find(name, None), Ok("transfer(address,uint256)"), "{name}");
    }
    assert_eq!(find("mint", Some(2)), Ok("mint(address,uint256)"));
    assert_eq!(
        fails("mint", Some(1)),
        "mint is overloaded, say which one is meant: mint(address), mint(address,uint256), mint(uint256)"
    );
    assert_eq!(fails("tranfser", None), "Token has no function \"tranfser\"; did you mean transfer(address,uint256)?");
    assert_eq!(
        fails("mint(bool)", None),
        "Token has no function \"mint(bool)\"; did you mean mint(address) or mint(address,uint256) or mint(uint256)?"
    );
    assert_eq!(fails("zzzzzzzz", None), "Token has no function \"zzzzzzzz\"");
}

#[test]
fn trees_are_read_and_floats_refused() {
    let read = |ty: &Type, tree| value_from_tree(ty, &tree, &names);
    assert_eq!(read(&Type::U256, json!(7)), Ok(Value::uint(7_u8)));
    assert_eq!(read(&Type::U256, json!("1 ether")), parse_value(&Type::U256, "1 ether"));
    assert_eq!(read(&Type::Int { bits: 64 }, json!(-7)), Ok(Value::Int(I256::unchecked_from(-7))));
    assert_eq!(
        read(&Type::U256, json!(1e23)).unwrap_err().to_string(),
        "expected u256 as a whole number, or as a text such as \"1.5 ether\", got 1e+23"
    );
    assert_eq!(read(&Type::String, json!(5)).unwrap_err().to_string(), "expected a text (put it in quotes), got 5");
    assert_eq!(read(&Type::Bool, json!(1)).unwrap_err().to_string(), "expected true or false, got 1");
    let tree = json!({"owner": "alice", "size": 5});
    assert_eq!(read(&position(), tree), parse_value_with(&position(), "(alice, 5)", &names));
    assert_eq!(read(&side(), json!({"Swap": [1, true]})), parse_value(&side(), "Swap(1, true)"));
    assert_eq!(read(&Type::option(u(8)), json!(null)), Ok(Value::Option(None)));
}

#[test]
fn numbers_beyond_what_json_holds_are_texts() {
    let edge = (1_u64 << 53) - 1;
    assert_eq!(value_to_json(&Value::uint(edge)), json!(edge));
    assert_eq!(value_to_json(&Value::uint(edge + 1)), json!("9007199254740992"));
    assert_eq!(value_to_json(&Value::Int(I256::unchecked_from(-(edge as i64)))), json!(-(edge as i64)));
    assert_eq!(value_to_json(&Value::Int(I256::unchecked_from(-(edge as i64) - 1))), json!("-9007199254740992"));
    let twice = Value::Struct { name: "".into(), fields: vec![("a".into(), Value::Unit), ("a".into(), Value::Unit)] };
    assert_eq!(value_to_json(&twice), json!([null, null]));
}

#[test]
fn values_are_shown_without_what_could_move_a_terminal() {
    let text = Value::string("a\u{1b}[31m\n\"\\\u{202e}é");
    assert_eq!(text.to_string(), r#""a\u{1b}[31m\n\"\\\u{202e}é""#);
    assert_eq!(Value::uint(5_000_000_u64).to_string(), "5_000_000");
    assert_eq!(Value::uint(1234_u64).to_string(), "1234");
    assert_eq!(Value::Int(I256::unchecked_from(-12_345)).to_string(), "-12_345");
    assert_eq!(Value::Address(ALICE).to_string(), "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    let long = Value::bytes(vec![0xab; 65]);
    assert_eq!(format!("{long:#}"), format!("0x{}… (65 bytes)", "ab".repeat(32)));
    assert_eq!(long.to_string(), format!("0x{}", "ab".repeat(65)));
    let list = Value::Array(vec![Value::uint(1_u8); 20]);
    assert!(format!("{list:#}").ends_with("1, … 4 more]"), "{list:#}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_shown_is_read_back((ty, value) in common::typed(common::any_type())) {
        let shown = value.to_string();
        prop_assert_eq!(parse_value(&ty, &shown), Ok(value), "{} as {}", shown, ty);
    }

    #[test]
    fn json_is_read_back((ty, value) in common::typed(common::any_type())) {
        value.check(&ty).unwrap();
        let tree = value_to_json(&value);
        prop_assert_eq!(value_from_tree(&ty, &tree, &no_names), Ok(value), "{} as {}", tree, ty);
    }

    #[test]
    fn any_text_is_a_value_or_an_error(ty in common::any_type(), text in any::<String>()) {
        if let Ok(value) = parse_value(&ty, &text) {
            value.check(&ty).unwrap();
        }
    }

    #[test]
    fn any_brackets_are_a_value_or_an_error(ty in common::any_type(), text in r#"[\[\](){},:"'\\a0-9x ]{0,40}"#) {
        if let Ok(value) = parse_value(&ty, &text) {
            value.check(&ty).unwrap();
        }
    }
}
