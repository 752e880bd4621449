//! What decoding and translating make is bounded by what they are given, in every ABI.

mod common;

use common::abis::{ABIS, Book};
use hexapla_abi::{
    Abi, AnyCodec, CodecError, Function, Image, ImageError, Interface, Mutability, Param, Projection, Type, Value,
    Variant,
};
use proptest::{collection::vec, prelude::*, sample::select};

/// Parts of a value: itself and everything in it.
fn parts(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) | Value::Tuple(items) => items.iter().map(parts).sum(),
        Value::Struct { fields, .. } => fields.iter().map(|(_, value)| parts(value)).sum::<usize>(),
        Value::Enum { payload, .. } => parts(payload),
        Value::Option(Some(value)) => parts(value),
        Value::Map(entries) => entries.iter().map(|(key, value)| parts(key) + parts(value)).sum(),
        _ => 0,
    }
}

/// Types whose values take few bytes or none, in lists, structs and lists of lists.
fn hostile_type() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![Just(Type::Unit), Just(Type::Bool), Just(Type::Bytes), Just(Type::Uint { bits: 8 })];
    leaf.prop_recursive(5, 24, 6, |inner| {
        prop_oneof![
            3 => inner.clone().prop_map(Type::array),
            1 => (inner.clone(), 0..400_usize).prop_map(|(inner, length)| Type::fixed_array(inner, length)),
            1 => inner.clone().prop_map(Type::option),
            2 => vec(inner.clone(), 0..6).prop_map(Type::Tuple),
            1 => vec(inner, 1..6).prop_map(|payloads| {
                let variants = payloads.into_iter().enumerate();
                let variants = variants.map(|(index, payload)| Variant::new(&format!("V{index}"), payload));
                Type::Enum { name: "E".into(), variants: variants.collect() }
            }),
        ]
    })
}

/// Words that are small numbers or offsets, bytes that are lengths.
fn hostile_data() -> impl Strategy<Value = Vec<u8>> {
    let words = vec(select(vec![0_u16, 0, 1, 1, 2, 32, 32, 64, 96, 128, 300]), 0..60).prop_map(|words| {
        words.into_iter().flat_map(|word| [[0; 30].as_slice(), &word.to_be_bytes()].concat()).collect::<Vec<u8>>()
    });
    prop_oneof![words, vec(select(vec![0_u8, 0, 0, 1, 1, 2, 3, 255]), 0..200)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn decoding_makes_no_more_parts_than_the_data_pays_for(
        types in vec(hostile_type(), 1..3),
        data in hostile_data(),
    ) {
        for abi in ABIS {
            if let Ok(values) = AnyCodec::new(abi, &Book::default()).decode_values(&types, &data) {
                // Enums and options are counted with their payload, lists with their elements.
                let made = values.iter().map(parts).sum::<usize>();
                prop_assert!(made <= abi.parts_max(data.len()), "{abi:?}: {made} parts of {} bytes", data.len());
            }
        }
    }
}

#[test]
fn lists_of_nothing_make_no_more_than_the_data_pays_for() {
    for abi in ABIS.into_iter().filter(|abi| *abi != Abi::Solidity) {
        let book = Book::default();
        let codec = AnyCodec::new(abi, &book);
        let list = [Type::array(Type::Unit)];
        let longest = |bytes: usize| {
            let padding = vec![Type::FixedBytes(31); bytes / 31];
            let types = [list.as_slice(), &padding].concat();
            let fits = |count: usize| {
                let mut values = vec![Value::Array(vec![Value::Unit; count])];
                values.extend(padding.iter().map(|_| Value::bytes(vec![0; 31])));
                codec.encode_values(&types, &values).is_ok_and(|data| codec.decode_values(&types, &data).is_ok())
            };
            (0..20_000).step_by(16).take_while(|count| fits(*count)).last().unwrap_or(0)
        };
        let (few, many) = (longest(0), longest(3100));
        assert!(few < 512 && many > few && many < 5 * 3300, "{abi:?} {few} {many}");
    }
}

/// An enum of many variants that carry something.
fn choice(variants: usize) -> Type {
    let variant = |index| Variant::new(&format!("V{index}"), Type::array(Type::Uint { bits: 64 }));
    let nothing = Variant::new("Nothing", Type::Unit);
    Type::Enum { name: "Choice".into(), variants: [nothing].into_iter().chain((1..variants).map(variant)).collect() }
}

fn nothing() -> Value {
    Value::Enum { name: "Choice".into(), variant: "Nothing".into(), payload: Box::new(Value::Unit) }
}

#[test]
fn a_list_of_enums_does_not_become_a_list_of_wide_structs_for_nothing() {
    let lists = |length| Value::Array(vec![nothing(); length]);
    // A few are always shown; as many as one likes where an enum has few variants.
    for (variants, length, fits) in [(200, 1, true), (200, 1000, false), (6, 1000, true), (30, 10, true)] {
        let image = Image::new(&Type::array(choice(variants)), Abi::Borsh, Abi::Solidity).unwrap();
        match image.show(lists(length)) {
            Ok(_) => assert!(fits, "{variants} {length}"),
            Err(error) => {
                assert!(!fits && matches!(error, ImageError::TooManyParts { .. }), "{variants} {length} {error}")
            }
        }
    }
    // The arguments or results of a call are counted together.
    let function = Function {
        name: "choices".into(),
        inputs: vec![],
        outputs: (0..50).map(|index| Param::new(&format!("c{index}"), choice(200))).collect(),
        mutability: Mutability::View,
        selector: vec![1; 8].into(),
        signature: "choices()".into(),
        ..Function::default()
    };
    let source = Interface { abi: Abi::Borsh, functions: vec![function], ..Interface::default() };
    let projection = Projection::new(source.into(), Abi::Solidity);
    let error = projection.results(0, vec![nothing(); 50]).unwrap_err();
    assert!(matches!(error, ImageError::TooManyParts { .. }), "{error}");
}

#[test]
fn an_error_about_many_parts_says_the_limit() {
    let book = Book::default();
    let codec = AnyCodec::new(Abi::Borsh, &book);
    let error = codec.decode_values(&[Type::fixed_array(Type::Unit, 1000)], &[]).unwrap_err();
    assert_eq!(error, CodecError::TooManyParts { limit: Abi::Borsh.parts_max(0), bytes: 0 });
    assert_eq!(error.to_string(), "the values have more than 256 parts in 0 bytes of data");
}
