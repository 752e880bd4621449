//! Interface files of any shape: an interface or an error, never a panic, in bounded time and memory.

use hexapla_abi::{Interface, InterfaceError};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

const SAMPLES: [&str; 10] = [
    include_str!("data/lending-anchor.json"),
    include_str!("data/lending-anchor-old.json"),
    include_str!("data/vault-codama.json"),
    include_str!("data/erc20-cairo.json"),
    include_str!("data/token-fuel.json"),
    include_str!("../../../contracts/svm/idl/spl-token.json"),
    include_str!("../../../contracts/svm/idl/token-2022.json"),
    include_str!("../../../contracts/svm/idl/associated-token.json"),
    include_str!("../../../contracts/svm/idl/memo.json"),
    include_str!("../../../contracts/svm/idl/system.json"),
];

type Reader = fn(&str) -> Result<Interface, InterfaceError>;

const READERS: [Reader; 6] = [
    Interface::detect,
    Interface::from_anchor_idl,
    Interface::from_codama,
    Interface::from_cairo_abi,
    Interface::from_fuel_abi,
    Interface::from_solidity_json,
];

/// Each reader gives something for the text; every reason that it gives has a length that people read.
fn read_with_all(json: &str) {
    for read in READERS {
        match read(json) {
            Ok(interface) => {
                assert!(interface.refused.iter().all(|refused| refused.reason.len() < 4096));
                let reread = read(json);
                assert!(reread.is_ok_and(|again| again == interface), "reading is deterministic");
            }
            Err(error) => assert!(error.to_string().len() < 8192),
        }
    }
}

/// The places of all values in the JSON.
fn pointers(json: &Json, path: &str, out: &mut Vec<String>) {
    out.push(path.to_owned());
    match json {
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| pointers(item, &format!("{path}/{index}"), out));
        }
        Json::Object(fields) => {
            fields.iter().for_each(|(key, item)| pointers(item, &format!("{path}/{}", key.replace('/', "~1")), out));
        }
        _ => {}
    }
}

fn junk() -> impl Strategy<Value = Json> {
    let words = prop::sample::select(vec![
        "",
        "u8",
        "string",
        "pubkey",
        "Side",
        "OpenParams",
        "enum",
        "struct",
        "definedTypeLinkNode",
        "numberTypeNode",
        "core::array::Array::<core::bool>",
        "(",
        "[core::felt252; 99999999999]",
        "struct token::Order",
        "generic T",
        "[_; 3]",
        "c_order",
        "1111",
        "omitted",
        "\u{202e}\u{0}",
        "token::Token::Event",
        "flat",
    ]);
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (0..30_u64).prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        words.prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!({"vec": {"defined": {"name": "OpenParams"}}})),
        Just(json!({"array": ["u64", u64::MAX]})),
        Just(json!({"kind": "definedTypeLinkNode", "name": "loop"})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn samples_with_parts_replaced_are_read_or_refused(
        sample in prop::sample::select(SAMPLES.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), junk()), 1..4),
    ) {
        let mut json = serde_json::from_str::<Json>(sample).unwrap();
        for (place, junk) in changes {
            let mut places = Vec::new();
            pointers(&json, "", &mut places);
            *json.pointer_mut(place.get::<String>(&places)).unwrap() = junk;
        }
        read_with_all(&json.to_string());
    }

    /// One part of a sample put in the place of another: sound items where they do not belong.
    #[test]
    fn samples_with_parts_moved_are_read_or_refused(
        sample in prop::sample::select(SAMPLES.to_vec()),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
    ) {
        let mut json = serde_json::from_str::<Json>(sample).unwrap();
        let mut places = Vec::new();
        pointers(&json, "", &mut places);
        let part = json.pointer(from.get::<String>(&places)).unwrap().clone();
        *json.pointer_mut(to.get::<String>(&places)).unwrap() = part;
        read_with_all(&json.to_string());
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        read_with_all(&text);
    }
}

#[test]
fn a_megabyte_of_garbage_is_an_error() {
    for garbage in ["\u{1}", "[", "{\"a\":", "[{", "\"", "7", "instructions"] {
        let text = garbage.repeat((1 << 20) / garbage.len());
        assert!(READERS.iter().all(|read| read(&text).is_err()), "{garbage}");
    }
    let long = " ".repeat((32 << 20) + 1);
    let error = Interface::detect(&long).unwrap_err().to_string();
    assert_eq!(error, "the file has 33554433 bytes, an interface may have 33554432");
}

/// Each type holds the next one twice: written out, the first one would have 2³⁰ parts.
#[test]
fn types_that_double_are_refused_before_they_are_built() {
    let last = 30;
    let anchor = (0..=last).map(|i| {
        let next = if i < last { json!({"defined": {"name": format!("T{}", i + 1)}}) } else { json!("bool") };
        json!({"name": format!("T{i}"), "type": {"kind": "struct", "fields": [{"name": "a", "type": next}, {"name": "b", "type": next}]}})
    });
    let arg = json!([{"name": "a", "type": {"defined": {"name": "T0"}}}]);
    let anchor = json!({"metadata": {"spec": "0.1.0"}, "types": anchor.collect::<Vec<_>>(),
        "instructions": [{"name": "f", "discriminator": [1], "args": arg}]});
    let cairo = (0..=last).map(|i| {
        let next = if i < last { format!("a::T{}", i + 1) } else { "core::bool".to_owned() };
        json!({"type": "struct", "name": format!("a::T{i}"), "members": [{"name": "a", "type": next}, {"name": "b", "type": next}]})
    });
    let function = json!({"type": "function", "name": "f", "inputs": [{"name": "a", "type": "a::T0"}], "outputs": [],
        "state_mutability": "view"});
    let cairo = Json::Array(cairo.chain([function]).collect());
    let fuel = (0..=last).map(|i| {
        let next = if i < last { json!(i + 1) } else { json!("c_bool") };
        let components = json!([{"name": "a", "typeId": next}, {"name": "b", "typeId": next}]);
        json!({"type": format!("struct T{i}"), "metadataTypeId": i, "components": components})
    });
    let fuel = json!({"specVersion": "1", "metadataTypes": fuel.collect::<Vec<_>>(), "concreteTypes": [
        {"type": "bool", "concreteTypeId": "c_bool"}, {"type": "struct T0", "concreteTypeId": "c", "metadataTypeId": 0}],
        "functions": [{"name": "f", "inputs": [{"name": "a", "concreteTypeId": "c"}], "output": "c_bool"}]});
    for json in [anchor, cairo, fuel] {
        let interface = Interface::detect(&json.to_string()).unwrap();
        let reason = &interface.refused[0].reason;
        assert_eq!(reason, "a type may have at most 16384 parts, written out in full");
    }
}

#[test]
fn types_nested_too_deep_are_refused() {
    let nested = |depth| (0..depth).fold(json!("u8"), |inner, _| json!({"option": inner}));
    let read = |depth| {
        let json = json!({"metadata": {"spec": "0.1.0"}, "instructions": [
            {"name": "f", "discriminator": [1], "args": [{"name": "a", "type": nested(depth)}]}]});
        Interface::from_anchor_idl(&json.to_string()).unwrap()
    };
    assert_eq!(read(31).functions.len(), 1);
    assert_eq!(read(32).refused[0].reason, "the type is nested deeper than 32 levels");
}

#[test]
fn many_items_are_read_in_bounded_memory() {
    // 40,000 uses of a type with 50 parts would be two million parts.
    let fields = (0..50).map(|i| json!({"name": format!("f{i}"), "type": "u64"})).collect::<Vec<_>>();
    let arg = json!([{"name": "a", "type": {"defined": {"name": "T"}}}]);
    let instructions =
        (0..40_000_u32).map(|i| json!({"name": format!("f{i}"), "discriminator": i.to_le_bytes(), "args": arg}));
    let json = json!({"metadata": {"spec": "0.1.0"}, "instructions": instructions.collect::<Vec<_>>(),
        "types": [{"name": "T", "type": {"kind": "struct", "fields": fields}}]});
    let interface = Interface::from_anchor_idl(&json.to_string()).unwrap();
    let reason = "the types of the file together may have at most 262144 parts, written out in full";
    assert_eq!(interface.refused.last().unwrap().reason, reason);
    assert!(interface.functions.len() > 5_000);
}

#[test]
fn more_accounts_or_seeds_than_solana_allows_are_refused() {
    let read = |accounts: Vec<Json>| {
        let json = json!({"metadata": {"spec": "0.1.0"}, "instructions": [
            {"name": "f", "discriminator": [1], "accounts": accounts, "args": []}]});
        Interface::detect(&json.to_string()).unwrap()
    };
    let accounts = |count| (0..count).map(|i| json!({"name": format!("a{i}")})).collect::<Vec<_>>();
    assert_eq!(read(accounts(255)).functions[0].accounts.len(), 255);
    assert_eq!(read(accounts(100_000)).refused[0].reason, "it has 100000 accounts, Solana allows 255");
    let seeds = vec![json!({"kind": "const", "value": [1]}); 16];
    let account = json!({"name": "a", "pda": {"seeds": seeds}});
    assert_eq!(read(vec![account]).refused[0].reason, "it has 16 seeds, Solana allows 15");
}

#[test]
fn lengths_beyond_all_reason_are_refused() {
    let json = json!({"metadata": {"spec": "0.1.0"}, "instructions": [
        {"name": "f", "discriminator": [1], "args": [{"name": "a", "type": {"array": ["u64", u64::MAX]}}]}]});
    let interface = Interface::from_anchor_idl(&json.to_string()).unwrap();
    let reason = "it has a fixed length of 18446744073709551615, the limit is 16777216";
    assert_eq!(interface.refused[0].reason, reason);
}

#[test]
fn of_items_with_one_name_the_first_is_read_and_of_equal_ones_one() {
    let refused = |json: &Json| {
        let interface = Interface::detect(&json.to_string()).unwrap();
        let refused = interface.refused.iter().map(|refused| format!("{}: {}", refused.item, refused.reason));
        (interface.functions.len(), refused.collect::<Vec<_>>())
    };
    let anchor = json!({"metadata": {"spec": "0.1.0"}, "instructions": [
        {"name": "f", "discriminator": [1], "args": []}, {"name": "f", "discriminator": [2], "args": []}]});
    let left = vec!["instruction `f`: another instruction before it has this name".to_owned()];
    assert_eq!(refused(&anchor), (1, left));
    let function = json!({"type": "function", "name": "f", "inputs": [], "outputs": [], "state_mutability": "view"});
    let imp = json!({"type": "impl", "name": "I", "interface_name": "a::I"});
    assert_eq!(refused(&json!([imp, function, function])), (1, vec![]));
}

#[test]
fn each_format_is_recognised() {
    use hexapla_abi::Abi;
    let abis = SAMPLES.map(|sample| Interface::detect(sample).unwrap().abi);
    let borsh = Abi::Borsh;
    let expected = [borsh, borsh, borsh, Abi::Cairo, Abi::Fuel, borsh, borsh, borsh, borsh, borsh];
    assert_eq!(abis, expected);
    let solidity = r#"[{"type":"function","name":"f","inputs":[{"name":"a","type":"uint256"}],"outputs":[],"stateMutability":"view"}]"#;
    for json in [solidity.to_owned(), format!(r#"{{"contractName":"V","abi":{solidity}}}"#), "[]".to_owned()] {
        let interface = Interface::detect(&json).unwrap();
        assert_eq!(interface, Interface::from_solidity_json(&json).unwrap());
    }
    assert_eq!(SAMPLES.map(|sample| Interface::detect(sample).unwrap().name)[..3], ["lending", "lending", "vault"]);
    let error = Interface::detect(r#"{"idl":1,"b":[]}"#).unwrap_err().to_string();
    assert!(
        error.starts_with("no interface format has this shape: an object with the keys \"b\", \"idl\"; known are"),
        "{error}"
    );
    let error = Interface::from_codama("[]").unwrap_err().to_string();
    assert_eq!(error, "expected a Codama IDL (an object with `standard`: `codama` and `program`), found an array");
}
