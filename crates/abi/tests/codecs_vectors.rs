//! The codecs write and read what each ecosystem's own client writes. `vectors/README.md` says where the vectors are from.

mod common;

use common::abis::Book;
use hexapla_abi::{
    Abi, AnyCodec, Codec, Field, Function, Interface, Mutability, Param, Tree, Type, Variant, argument::no_names,
    value_from_tree,
};

/// A type in the notation of the vectors.
fn type_of(tree: &Tree) -> Type {
    if let Some(name) = tree.as_str() {
        let number = |prefix: &str| name.strip_prefix(prefix).and_then(|digits| digits.parse::<usize>().ok());
        let bits = |prefix: &str| number(prefix).map(|bits| u16::try_from(bits).unwrap());
        return match name {
            "bool" => Type::Bool,
            "felt" => Type::Felt,
            "address" => Type::Address,
            "bytes" => Type::Bytes,
            "string" => Type::String,
            "unit" => Type::Unit,
            _ => None
                .or_else(|| bits("u").map(|bits| Type::Uint { bits }))
                .or_else(|| bits("i").map(|bits| Type::Int { bits }))
                .or_else(|| number("bytes").map(Type::FixedBytes))
                .or_else(|| number("string").map(Type::FixedString))
                .unwrap_or_else(|| panic!("{name} is no type of the notation")),
        };
    }
    let named = |key: &str| {
        let members = tree[key].as_array().unwrap().iter();
        members.map(|member| (member[0].as_str().unwrap().to_owned(), type_of(&member[1]))).collect::<Vec<_>>()
    };
    let name = |key: &str| tree[key].as_str().unwrap().into();
    let mut keys = tree.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
    keys.sort_unstable();
    match keys.as_slice() {
        ["array"] => Type::array(type_of(&tree["array"])),
        ["array", "length"] => {
            let length = tree["length"].as_u64().unwrap();
            Type::fixed_array(type_of(&tree["array"]), usize::try_from(length).unwrap())
        }
        ["option"] => Type::option(type_of(&tree["option"])),
        ["tuple"] => Type::Tuple(tree["tuple"].as_array().unwrap().iter().map(type_of).collect()),
        ["fields", "struct"] => Type::Struct {
            name: name("struct"),
            fields: named("fields").into_iter().map(|(name, ty)| Field::new(&name, ty)).collect(),
        },
        ["enum", "variants"] => Type::Enum {
            name: name("enum"),
            variants: named("variants").into_iter().map(|(name, ty)| Variant::new(&name, ty)).collect(),
        },
        keys => panic!("{keys:?} are no type of the notation"),
    }
}

fn bytes(tree: &Tree) -> Vec<u8> {
    alloy_primitives::hex::decode(tree.as_str().unwrap()).unwrap()
}

fn check(abi: Abi, text: &str, at_least: usize) {
    let file: Tree = serde_json::from_str(text).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert!(vectors.len() >= at_least, "{abi:?} has {} vectors", vectors.len());
    for vector in vectors {
        let ty = type_of(&vector["type"]);
        let what = format!("{abi:?} {} = {}", vector["native"], vector["value"]);
        let value = value_from_tree(&ty, &vector["value"], &no_names).unwrap_or_else(|error| panic!("{what}: {error}"));
        let function = Function {
            name: "check".into(),
            inputs: vec![Param::new("a", ty)],
            outputs: vec![],
            mutability: Mutability::View,
            selector: bytes(&vector["selector"]).into(),
            signature: "check".into(),
            ..Function::default()
        };
        let interface = Interface { abi, functions: vec![function], ..Interface::default() };
        let function = &interface.functions[0];
        let (book, call) = (Book::default(), bytes(&vector["call"]));
        let codec = AnyCodec::new(abi, &book);
        let ours = codec.encode_call(function, std::slice::from_ref(&value)).unwrap();
        assert_eq!(ours, call, "{what}");
        assert_eq!(codec.decode_call(&interface, &call).unwrap(), (function, vec![value]), "{what}");
    }
}

#[test]
fn borsh_is_what_anchors_client_writes() {
    check(Abi::Borsh, include_str!("../vectors/borsh.json"), 30);
}

#[test]
fn felts_are_what_starknet_js_writes() {
    check(Abi::Cairo, include_str!("../vectors/cairo.json"), 40);
}

#[test]
fn fuels_abi_is_what_its_sdk_writes() {
    check(Abi::Fuel, include_str!("../vectors/fuel.json"), 25);
}
