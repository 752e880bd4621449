//! Interface files as people have them: what each tool writes is read by its own rules, and an odd item leaves the others.

use hexapla_abi::{BorshCodec, Codec, Interface, Value};
use serde_json::{Value as Json, json};

mod common;
use common::{
    abis::Book,
    read::{read, refused, signatures},
};

macro_rules! case {
    ($file:literal) => {
        include_str!(concat!("cases/", $file))
    };
}

fn call(interface: &Interface, function: &str, args: &[Value]) -> Vec<u8> {
    let book = Book::default();
    BorshCodec::new(&book).encode_call(interface.function(function).unwrap(), args).unwrap().to_vec()
}

#[test]
fn shank_says_the_discriminants_of_instructions() {
    for (case, expected) in [
        (case!("shank-u8.json"), vec![7]),
        (case!("shank-u32.json"), vec![7, 0, 0, 0]),
        (case!("shank-bytes.json"), vec![1, 2, 3, 4, 5, 6, 7, 8]),
    ] {
        let lamp = read(case);
        assert_eq!(call(&lamp, "switch_on", &[Value::uint(200_u8)]), [expected, vec![200]].concat());
        let layout = &lamp.layouts[0];
        assert_eq!((layout.name.as_str(), layout.discriminator.len()), ("Lamp", 0), "no prefix of eight bytes");
        assert_eq!(layout.ty.to_string(), "Lamp{level: u8, owner: address}");
    }
}

#[test]
fn where_an_idl_comes_from_decides_and_doubt_refuses() {
    let mut idl: Json = serde_json::from_str(case!("shank-u8.json")).unwrap();
    idl["metadata"].as_object_mut().unwrap().remove("origin");
    assert_eq!(read(&idl.to_string()).functions[0].selector[..], [7], "Anchor writes no discriminants");
    idl["metadata"]["origin"] = "anchor".into();
    let doubt = "instruction `SwitchOn`: it says a discriminant, as Shank does, but the IDL says another origin in \
                 `metadata.origin`";
    assert_eq!(refused(&read(&idl.to_string())), [doubt]);
    idl["metadata"]["origin"] = "shank".into();
    idl["instructions"][0].as_object_mut().unwrap().remove("discriminant");
    let missing =
        "instruction `SwitchOn`: the key `discriminant` is missing, by which Shank's programs know instructions";
    assert_eq!(refused(&read(&idl.to_string())), [missing]);
    idl["instructions"][0]["discriminant"] = json!({"type": "u8", "value": 256});
    assert_eq!(refused(&read(&idl.to_string())), ["instruction `SwitchOn`: the constant 256 does not fit its type u8"]);
}

#[test]
fn optional_accounts_of_shank_are_left_out_as_its_strategy_says() {
    let mut idl: Json = serde_json::from_str(case!("shank-u8.json")).unwrap();
    idl["instructions"][0]["accounts"] =
        json!([{"name": "a", "isOptional": true}, {"name": "b", "isOptionalSigner": true, "isSigner": false}]);
    let flags = |idl: &Json| {
        let accounts = read(&idl.to_string()).functions[0].accounts.clone();
        accounts.iter().map(|account| (account.optional, account.signer)).collect::<Vec<_>>()
    };
    assert_eq!(flags(&idl), [(true, false), (false, true)]);
    idl["instructions"][0]["legacyOptionalAccountsStrategy"] = true.into();
    assert_eq!(flags(&idl), [(false, false), (false, true)]);
}

#[test]
fn names_of_accounts_in_camel_case_are_hashed_as_rust_has_them() {
    let feed = read(case!("lower-case-account.json"));
    let discriminator = |name: &str| {
        use sha2::Digest as _;
        sha2::Sha256::digest(format!("account:{name}"))[..8].to_vec()
    };
    let found = feed.layouts.iter().map(|layout| layout.discriminator.to_vec()).collect::<Vec<_>>();
    assert_eq!(found, [discriminator("PriceUpdateV2"), discriminator("PriceUpdateV2Upper")]);
    assert_eq!(feed.layouts[0].ty.to_string(), "priceUpdateV2{price: i64}");
}

#[test]
fn an_event_and_a_type_of_an_old_idl_may_share_a_name() {
    let shop = read(case!("event-and-enum.json"));
    assert_eq!((refused(&shop), signatures(&shop)), (vec![], vec!["buy(u64)"]));
    assert_eq!(shop.events[0].signature, "Swap(u64)");
}

#[test]
fn a_type_with_two_definitions_spoils_only_what_uses_it() {
    let shop = read(case!("doubled-type.json"));
    assert_eq!(signatures(&shop), ["buy(u64)"]);
    assert_eq!(refused(&shop), ["type `Lanes`: the IDL defines two types of this name"]);
    let mut idl: Json = serde_json::from_str(case!("doubled-type.json")).unwrap();
    idl["instructions"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "drive", "accounts": [], "args": [{"name": "lanes", "type": {"defined": "Lanes"}}]}));
    let shop = read(&idl.to_string());
    assert_eq!(signatures(&shop), ["buy(u64)"]);
    assert_eq!(refused(&shop)[1], "instruction `drive`: the IDL defines two types with the name \"Lanes\"");
}

#[test]
fn an_odd_item_of_any_format_leaves_the_others() {
    let anchor = json!({"metadata": {"spec": "0.1.0"}, "types": [7, {"name": "T", "type": {"kind": "struct"}}],
        "instructions": [7, {"name": 3}, {"name": "a"}, {"name": "fine", "discriminator": [1], "args": []},
            {"name": "b", "discriminator": [300], "args": []}],
        "accounts": [{"name": "X"}], "events": [{}],
        "errors": [{"code": -1, "name": "E"}, {"code": 1, "name": "One"}, {"code": 2, "name": "A"}, {"code": 2, "name": "B"}]});
    let codama = json!({"standard": "codama", "program": {"name": "p", "publicKey": "1", "definedTypes": [{}, 7],
        "instructions": [{"name": "fine"}, {"arguments": 7}, {"name": "b", "arguments": [{"name": "x"}]}, []],
        "accounts": [{"name": "A"}], "events": [{"name": "E"}], "errors": [{"name": "E", "code": "x"}]}});
    let cairo = json!([{"type": "struct"}, {"type": "weird"}, 7, {"type": "event", "kind": "struct"},
        {"type": "function", "name": "fine", "inputs": [], "outputs": [], "state_mutability": "view"},
        {"type": "function", "name": "b", "inputs": [], "outputs": [], "state_mutability": "odd"}]);
    let fuel = json!({"specVersion": "1", "concreteTypes": [{"type": "()", "concreteTypeId": "u"}, {}],
        "metadataTypes": [{}], "functions": [{"name": "fine", "inputs": [], "output": "u"}, {"name": "b"}, {}],
        "loggedTypes": [{}], "errorCodes": {"x": {}, "1": {"msg": "one"}}});
    let solidity = json!([{"type": "weird", "name": "w"}, 7, null, {"type": 3}, {"type": "event"},
        {"type": "function", "name": "fine", "stateMutability": "view"}, {"type": "error", "name": "E", "inputs": 7},
        {"type": "function", "name": "b", "stateMutability": "sometimes"}, {"type": "constructor", "inputs": [{}]}]);
    for (json, count) in [(anchor, 10), (codama, 8), (cairo, 5), (fuel, 6), (solidity, 8)] {
        let interface = read(&json.to_string());
        assert_eq!(interface.functions.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["fine"], "{json}");
        let refused = refused(&interface);
        assert_eq!(refused.len(), count, "{refused:#?}");
        assert!(refused.iter().all(|line| line.is_ascii() && line.len() < 400), "{refused:#?}");
    }
}

#[test]
fn const_generics_are_handed_through_in_each_spelling() {
    for case in
        [case!("const-generic-as-type.json"), case!("const-generic-as-const.json"), case!("const-generic-as-name.json")]
    {
        let boxes = read(case);
        assert_eq!(refused(&boxes), [""; 0]);
        assert_eq!(boxes.functions[0].inputs[0].ty.to_string(), "Outer{inner: Inner{bytes: bytes3}}");
    }
}

#[test]
fn types_of_rusts_library_need_no_definition_where_their_bytes_are_fixed() {
    let generic = |name: &str, arguments: &[&str]| {
        let arguments = arguments.iter().map(|ty| json!({"kind": "type", "type": ty})).collect::<Vec<_>>();
        json!({"defined": {"name": name, "generics": arguments}})
    };
    let types = [
        generic("HashMap", &["string", "u64"]),
        generic("std::collections::BTreeMap", &["u8", "bool"]),
        generic("COption", &["pubkey"]),
        generic("Vec", &["u8"]),
        generic("Mystery", &["u8"]),
    ];
    let args = types.iter().enumerate().map(|(index, ty)| {
        json!({"name": format!("f{index}"), "discriminator": [index], "args": [{"name": "a", "type": ty}]})
    });
    let idl = json!({"metadata": {"spec": "0.1.0"}, "instructions": args.collect::<Vec<_>>(),
        "accounts": [{"name": "Mint", "discriminator": []}],
        "types": [{"name": "Mint", "type": {"kind": "struct", "fields": [{"name": "authority", "type": generic("COption", &["pubkey"])}]}}]});
    let interface = read(&idl.to_string());
    let shown = interface.functions.iter().map(|function| function.inputs[0].ty.to_string()).collect::<Vec<_>>();
    assert_eq!(shown, ["{string: u64}", "{u8: bool}", "address?", "bytes"]);
    assert_eq!(refused(&interface), ["instruction `f4`: the IDL does not define the type \"Mystery\""]);
    assert_eq!(interface.layouts[0].ty.to_string(), "Mint{authority: COption{tag: u32, value: address}}");
}

#[test]
fn zero_copy_accounts_are_read_with_the_padding_that_c_puts_between_their_parts() {
    let layout = |serialization: &str, repr: Json, fields: Json| {
        let idl = json!({"metadata": {"spec": "0.1.0"}, "instructions": [],
            "accounts": [{"name": "Pool", "discriminator": [1]}],
            "types": [{"name": "Pool", "serialization": serialization, "repr": repr,
                "type": {"kind": "struct", "fields": fields}}]});
        let interface = read(&idl.to_string());
        let refused = refused(&interface).first().cloned();
        refused.unwrap_or_else(|| interface.layouts[0].ty.to_string())
    };
    let c = json!({"kind": "c"});
    let plain = json!([{"name": "key", "type": "pubkey"}, {"name": "a", "type": "u64"}, {"name": "b", "type": {"array": ["u16", 4]}}]);
    let shown = "Pool{key: address, a: u64, b: [u16; 4]}";
    assert_eq!(layout("bytemuck", c.clone(), plain.clone()), shown);
    assert_eq!(layout("bytemuckunsafe", c.clone(), plain), shown);
    let gap = json!([{"name": "a", "type": "u8"}, {"name": "b", "type": "u64"}]);
    let padded = "Pool{a: u8, _padding: bytes7, b: u64}";
    assert_eq!(layout("bytemuckunsafe", c.clone(), gap.clone()), padded);
    assert_eq!(layout("bytemuckunsafe", json!({"kind": "c", "packed": true}), gap.clone()), "Pool{a: u8, b: u64}");
    let tail = json!([{"name": "a", "type": "u64"}, {"name": "b", "type": "u8"}]);
    assert_eq!(layout("bytemuckunsafe", c.clone(), tail), "Pool{a: u64, b: u8, _padding: bytes7}");
    let field = |name: &str, ty: Json| json!({"name": name, "type": ty});
    let twice = json!([field("_padding", json!("u8")), field("a", json!("u16")), field("b", json!("u8"))]);
    let named_otherwise = "Pool{_padding: u8, _padding2: bytes1, a: u16, b: u8, _padding3: bytes1}";
    assert_eq!(layout("bytemuckunsafe", c.clone(), twice), named_otherwise);
    let bytes = json!([field("a", json!("u8")), field("b", json!({"array": ["u8", 8]})), field("c", json!("u64"))]);
    let shown = "Pool{a: u8, b: bytes8, _padding: bytes7, c: u64}";
    assert_eq!(layout("bytemuckunsafe", c.clone(), bytes), shown, "bytes are not aligned");
    let unsaid = "account `Pool`: the type \"Pool\" has padding in memory that depends on how its numbers are aligned, \
                  which nobody says";
    let wide = json!([field("a", json!("u64")), field("b", json!("u128"))]);
    assert_eq!(layout("bytemuckunsafe", c.clone(), wide), unsaid, "8 or 16, by the compiler");
    let float = json!([field("a", json!("u8")), field("b", json!("f64"))]);
    assert_eq!(layout("bytemuckunsafe", c.clone(), float), unsaid, "the model does not tell it from bytes");
    let align = json!({"kind": "c", "align": 16});
    let asks = "account `Pool`: the type \"Pool\" asks for a larger alignment than its parts have";
    assert_eq!(layout("bytemuckunsafe", align, gap), asks);
    let list = json!([{"name": "a", "type": {"vec": "u64"}}]);
    let moving = "account `Pool`: the type \"Pool\" lies in memory as it is, but has parts without a fixed place";
    assert_eq!(layout("bytemuck", c, list), moving);
    let rust = layout("bytemuck", json!({"kind": "rust"}), json!([{"name": "a", "type": "u64"}]));
    assert_eq!(rust, "account `Pool`: the type Pool lies in memory as Rust likes, not as C does");
}

#[test]
fn a_type_that_is_written_with_its_argument_is_read_and_a_bare_discriminant_is_one_byte() {
    let idl = json!({"version": "0.1.0", "name": "old", "instructions": [
        {"name": "swap", "discriminant": 9, "accounts": [], "args": [{"name": "to", "type": {"defined": "Option<Pubkey>"}}]},
        {"name": "large", "discriminant": 300, "accounts": [], "args": []}],
        "accounts": [{"name": "Mint", "type": {"kind": "struct", "fields": [
            {"name": "a", "type": {"defined": "COption<u64>"}}, {"name": "b", "type": {"defined": "Vec<Option<u8>>"}}]}},
            {"name": "Lost", "type": {"kind": "struct", "fields": [{"name": "a", "type": {"defined": "Map<u8>"}}]}}]});
    let interface = read(&idl.to_string());
    let swap = interface.function("swap").unwrap();
    assert_eq!((&swap.selector[..], swap.signature.as_str()), (&[9][..], "swap(address?)"));
    assert_eq!(interface.layouts[0].ty.to_string(), "Mint{a: COption{tag: u32, value: u64}, b: [u8?]}");
    let reasons = refused(&interface);
    assert!(reasons.iter().any(|item| item.contains("instruction `large`")), "{reasons:?}");
    assert!(reasons.iter().any(|item| item.ends_with("the IDL does not define the type \"Map<u8>\"")), "{reasons:?}");
}

#[test]
fn codamas_enums_tell_accounts_and_its_events_have_topics() {
    let shelf = read(case!("codama-enum-discriminator.json"));
    assert_eq!(refused(&shelf), [""; 0]);
    assert_eq!(
        (&shelf.layouts[0].discriminator[..], shelf.layouts[0].ty.to_string()),
        (&[1][..], "Book{pages: u16}".into())
    );
    let shelf = read(case!("codama-events.json"));
    assert_eq!((refused(&shelf), shelf.functions[0].selector[..].to_vec()), (vec![], vec![3]));
    let event = &shelf.events[0];
    assert_eq!(
        (event.signature.as_str(), &event.topic.unwrap()[..9]),
        ("BookPut(u16)", &[1, 2, 3, 4, 5, 6, 7, 8, 0][..])
    );
}

#[test]
fn an_event_of_codama_has_its_discriminator_once() {
    let constant = |data: &str| {
        json!({"kind": "constantValueNode", "type": {"kind": "bytesTypeNode"},
        "value": {"kind": "bytesValueNode", "encoding": "base16", "data": data}})
    };
    let mut idl: Json = serde_json::from_str(case!("codama-events.json")).unwrap();
    let data = idl["program"]["events"][0]["data"].clone();
    idl["program"]["events"][0]["data"] =
        json!({"kind": "hiddenPrefixTypeNode", "type": data, "prefix": [constant("0102030405060708")]});
    let event = read(&idl.to_string()).events[0].clone();
    assert_eq!((event.signature.as_str(), event.topic.unwrap()[7]), ("BookPut(u16)", 8));
    idl["program"]["events"][0]["data"]["prefix"] = json!([constant("0202030405060708")]);
    let differs = "event `bookPut`: its constant discriminator is not what its data begin with";
    assert_eq!(refused(&read(&idl.to_string())), [differs]);
}

#[test]
fn a_constant_discriminator_of_codama_that_nobody_can_place_is_refused() {
    let number = json!({"kind": "numberTypeNode", "format": "u8", "endian": "le"});
    let constant = |number_of: u8, offset: u8| {
        json!({"kind": "constantDiscriminatorNode", "offset": offset,
        "constant": {"kind": "constantValueNode", "type": number, "value": {"kind": "numberValueNode", "number": number_of}}})
    };
    let field = |name: &str, constant: Option<u8>| match constant {
        Some(value) => json!({"name": name, "type": number, "defaultValueStrategy": "omitted",
            "defaultValue": {"kind": "numberValueNode", "number": value}}),
        None => json!({"name": name, "type": number}),
    };
    let read = |arguments: Json, discriminators: Json| {
        let idl = json!({"standard": "codama", "program": {"name": "p", "publicKey": "11111111111111111111111111111112",
            "instructions": [{"name": "f", "arguments": arguments, "discriminators": discriminators}]}});
        let interface = read(&idl.to_string());
        refused(&interface).first().cloned().unwrap_or_else(|| interface.functions[0].selector.to_string())
    };
    assert_eq!(read(json!([]), json!([constant(3, 0)])), "0x03");
    assert_eq!(read(json!([field("tag", Some(3)), field("a", None)]), json!([constant(3, 0)])), "0x03");
    assert_eq!(read(json!([field("tag", Some(3)), field("sub", Some(4))]), json!([constant(4, 1)])), "0x0304");
    let differ = "instruction `f`: its constant discriminator and its constant fields differ";
    assert_eq!(read(json!([field("tag", Some(3))]), json!([constant(4, 0)])), differ);
    // It may stand before the first argument, or be its value.
    let doubt = read(json!([field("a", None)]), json!([constant(3, 0)]));
    assert!(
        doubt.starts_with("instruction `f`: its constant discriminator is not what its constant fields give"),
        "{doubt}"
    );
}

#[test]
fn fuel_1_2_is_read() {
    assert_eq!(signatures(&read(case!("fuel-1.2.json"))), ["double(u64)"]);
}
