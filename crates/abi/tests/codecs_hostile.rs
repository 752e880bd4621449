//! Data and types that are made to cost much: small refusals, quickly.

mod common;

use std::time::{Duration, Instant};

use common::abis::{ABIS, Book, NoBook};
use hexapla_abi::{
    Abi, AnyCodec, BcsCodec, BorshCodec, CairoCodec, CodecError, Field, FuelCodec, Type, Value, Variant,
    codecs::parts_max,
};

const STREAMS: [Abi; 4] = [Abi::Borsh, Abi::Bcs, Abi::Cairo, Abi::Fuel];

fn decode(abi: Abi, ty: &Type, data: &[u8]) -> Result<Vec<Value>, CodecError> {
    AnyCodec::new(abi, &Book::default()).decode_values(std::slice::from_ref(ty), data)
}

fn encode(abi: Abi, ty: &Type, value: &Value) -> Result<Vec<u8>, CodecError> {
    let encoded =
        AnyCodec::new(abi, &Book::default()).encode_values(std::slice::from_ref(ty), std::slice::from_ref(value));
    encoded.map(Into::into)
}

/// The largest length that the ABI can say, and nothing behind it.
fn largest_length(abi: Abi) -> Vec<u8> {
    match abi {
        Abi::Solidity => [[0; 31].as_slice(), &[32], &[0xff; 32]].concat(),
        Abi::Borsh => vec![0xff; 4],
        Abi::Bcs => vec![0xff, 0xff, 0xff, 0xff, 0x07],
        Abi::Cairo => [[0; 28].as_slice(), &[0xff; 4]].concat(),
        Abi::Fuel => vec![0xff; 8],
    }
}

/// Types of which a value takes no bytes.
fn nothings() -> [Type; 7] {
    [
        Type::Unit,
        Type::Tuple(vec![]),
        Type::Struct { name: "E".into(), fields: vec![] },
        Type::fixed_array(Type::U256, 0),
        Type::fixed_array(Type::Unit, 2),
        Type::Tuple(vec![Type::Unit, Type::Tuple(vec![])]),
        Type::Struct { name: "W".into(), fields: vec![Field::new("inner", Type::Unit)] },
    ]
}

fn quickly<T>(work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = work();
    assert!(begin.elapsed() < Duration::from_secs(2), "it took {:?}", begin.elapsed());
    result
}

#[test]
fn f15_a_huge_length_of_anything_is_refused_at_once() {
    for abi in STREAMS {
        let data = largest_length(abi);
        let mut elements = nothings().to_vec();
        elements.extend([Type::Bool, Type::String, Type::U256, Type::array(Type::Unit)]);
        for element in elements {
            let error = quickly(|| decode(abi, &Type::array(element.clone()), &data)).unwrap_err();
            assert!(matches!(error, CodecError::LengthOutOfBounds { .. }), "{abi:?} {element}: {error}");
        }
        for ty in [Type::Bytes, Type::String] {
            let error = quickly(|| decode(abi, &ty, &data)).unwrap_err();
            assert!(matches!(error, CodecError::LengthOutOfBounds { .. }), "{abi:?} {ty}: {error}");
        }
    }
    for (abi, key) in [(Abi::Borsh, Type::Bool), (Abi::Bcs, Type::Unit)] {
        let ty = Type::Map(Box::new(key), Box::new(Type::Unit));
        let error = quickly(|| decode(abi, &ty, &largest_length(abi))).unwrap_err();
        assert!(matches!(error, CodecError::LengthOutOfBounds { .. }), "{error}");
    }
}

#[test]
fn f15_fixed_arrays_without_bytes_are_bounded_by_the_data_not_by_the_type() {
    for abi in STREAMS {
        for element in nothings() {
            for length in [usize::MAX, 1 << 40, 100_000] {
                let ty = Type::fixed_array(element.clone(), length);
                let error = quickly(|| decode(abi, &ty, &[])).unwrap_err();
                assert_eq!(error, CodecError::TooManyParts { limit: parts_max(0), bytes: 0 }, "{abi:?} {ty}");
            }
            // Arrays of arrays reach the limit inside.
            let ty = (0..6).fold(element, |inner, _| Type::fixed_array(inner, 1000));
            quickly(|| decode(abi, &ty, &[])).unwrap_err();
        }
    }
}

#[test]
fn f15_wide_types_without_bytes_cost_no_more_than_other_data() {
    let wide = Type::Tuple(vec![Type::Unit; 10_000].into_iter().chain([Type::Bool]).collect());
    for abi in STREAMS {
        let ty = Type::array(wide.clone());
        let one = encode(abi, &Type::array(Type::Bool), &Value::Array(vec![Value::Bool(true); 20_000])).unwrap();
        let error = quickly(|| decode(abi, &ty, &one)).unwrap_err();
        assert!(matches!(error, CodecError::TooManyParts { .. }), "{abi:?}: {error}");
    }
}

#[test]
fn both_sides_refuse_the_same_numbers_of_parts() {
    let units = |count| Value::Array(vec![Value::Unit; count]);
    for abi in STREAMS {
        let ty = Type::array(Type::Unit);
        // One part is the list itself. The longest list of nothings that is encoded is also decoded.
        let most = (0..3000).rev().find(|count| encode(abi, &ty, &units(*count)).is_ok()).unwrap();
        assert!(most >= 250, "{abi:?} {most}");
        let data = encode(abi, &ty, &units(most)).unwrap();
        assert_eq!(decode(abi, &ty, &data).unwrap(), [units(most)]);
        let error = encode(abi, &ty, &units(most + 1)).unwrap_err();
        assert!(matches!(error, CodecError::TooManyParts { .. }), "{error}");
    }
}

#[test]
fn f15_nesting_beyond_the_limit_is_refused_before_it_is_followed() {
    let deep = |levels| (0..levels).fold(Type::Bool, |inner, _| Type::option(inner));
    let value = |levels| (0..levels).fold(Value::Bool(true), |inner, _| Value::Option(Some(Box::new(inner))));
    for abi in STREAMS {
        let data = encode(abi, &deep(31), &value(31)).unwrap();
        assert_eq!(decode(abi, &deep(31), &data).unwrap(), [value(31)]);
        assert_eq!(encode(abi, &deep(32), &value(32)), Err(CodecError::TooDeep { limit: 32 }));
        let tag = encode(abi, &deep(1), &Value::Option(None)).unwrap().len();
        let longer = [&data[..tag], &data].concat();
        assert_eq!(decode(abi, &deep(32), &longer), Err(CodecError::TooDeep { limit: 32 }));
        assert_eq!(abi.check_type(&deep(32)), Err(CodecError::TooDeep { limit: 32 }));
    }
}

#[test]
fn variants_with_one_name_are_refused_by_the_check_of_types() {
    let twice = vec![Variant::new("A", Type::Unit), Variant::new("A", Type::Bool)];
    for abi in ABIS {
        let ty = Type::array(Type::Enum { name: "E".into(), variants: twice.clone() });
        assert!(matches!(abi.check_type(&ty), Err(CodecError::Unsupported { .. })));
    }
}

#[test]
fn an_address_that_the_book_does_not_know_is_an_error_that_names_it() {
    let data = [7; 32];
    let reason = "the address 0x0707070707070707070707070707070707070707070707070707070707070707 cannot be translated: \
                  nobody is known here";
    let error = BorshCodec::new(&NoBook).decode_value(&Type::Address, &data).unwrap_err();
    assert_eq!(error.to_string(), reason);
    assert_eq!(BcsCodec::new(&NoBook).decode_value(&Type::Address, &data).unwrap_err(), error);
    assert_eq!(FuelCodec::new(&NoBook).decode_value(&Type::Address, &data).unwrap_err(), error);
    assert!(CairoCodec::new(&NoBook).decode_value(&Type::Address, &[1; 32]).is_err());
    let value = Value::Address([9; 20].into());
    let error = BorshCodec::new(&NoBook).encode_value(&Type::Address, &value).unwrap_err();
    assert!(error.to_string().starts_with("the address 0x0909"), "{error}");
}

#[test]
fn an_enum_has_no_more_variants_than_can_be_searched() {
    let variants = |count| (0..count).map(|index| Variant::new(&format!("V{index}"), Type::Unit)).collect();
    for (abi, most) in [(Abi::Borsh, 256), (Abi::Bcs, 1024), (Abi::Cairo, 1024), (Abi::Fuel, 1024)] {
        let choice = |count| Type::Enum { name: "E".into(), variants: variants(count) };
        let last = Value::Enum {
            name: "E".into(),
            variant: format!("V{}", most - 1).as_str().into(),
            payload: Box::new(Value::Unit),
        };
        let data = encode(abi, &choice(most), &last).unwrap();
        assert_eq!(decode(abi, &choice(most), &data).unwrap(), std::slice::from_ref(&last));
        assert!(matches!(encode(abi, &choice(most + 1), &last), Err(CodecError::Unsupported { .. })));
        assert!(matches!(decode(abi, &choice(most + 1), &data), Err(CodecError::Unsupported { .. })));
    }
}

#[test]
fn f15_errors_do_not_write_huge_types_and_values_out() {
    let wide = Type::Tuple(vec![Type::Struct { name: "ä".repeat(1000).as_str().into(), fields: vec![] }; 100_000]);
    let deep = (0..20).fold(Value::Unit, |inner, _| Value::Array(vec![inner.clone(), inner]));
    for abi in ABIS {
        let refused = [encode(abi, &wide, &Value::Unit), encode(abi, &Type::Bool, &deep)];
        let decoded = [decode(abi, &Type::array(wide.clone()), &[0xff; 40]), decode(abi, &wide, &[])];
        let texts = refused.into_iter().filter_map(Result::err).chain(decoded.into_iter().filter_map(Result::err));
        let texts = texts.map(|error| error.to_string()).collect::<Vec<_>>();
        assert!(texts.len() >= 3, "{abi:?}");
        for text in texts {
            assert!(text.len() < 1000, "{} bytes: {text:.300}", text.len());
        }
    }
}
