//! Types and values of any shape.
#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod abis;
pub(crate) mod read;

use alloy_primitives::{Address, Function, I256, U256};
use hexapla_abi::{Field, Type, Value, Variant};
use proptest::{collection::vec, prelude::*};

fn width() -> impl Strategy<Value = u16> {
    (1..=32_u16).prop_map(|bytes| bytes * 8)
}

fn solidity_scalar() -> BoxedStrategy<Type> {
    prop_oneof![
        Just(Type::Bool),
        width().prop_map(|bits| Type::Uint { bits }),
        width().prop_map(|bits| Type::Int { bits }),
        Just(Type::Address),
        Just(Type::Bytes),
        (1..=32_usize).prop_map(Type::FixedBytes),
        Just(Type::String),
        Just(Type::Function),
    ]
    .boxed()
}

fn structure(types: Vec<Type>) -> Type {
    let fields = types.into_iter().enumerate().map(|(index, ty)| Field::new(&format!("f{index}"), ty));
    Type::Struct { name: "Contract.Name".into(), fields: fields.collect() }
}

/// Any type that the Solidity ABI has a form for.
pub(crate) fn solidity_type() -> BoxedStrategy<Type> {
    solidity_scalar()
        .prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(Type::array),
                (inner.clone(), 1..4_usize).prop_map(|(inner, n)| Type::fixed_array(inner, n)),
                vec(inner.clone(), 1..4).prop_map(Type::Tuple),
                vec(inner, 1..4).prop_map(structure),
            ]
        })
        .boxed()
}

/// Any type.
pub(crate) fn any_type() -> BoxedStrategy<Type> {
    let scalar = prop_oneof![
        6 => solidity_scalar(),
        1 => Just(Type::Felt),
        1 => (0..6_usize).prop_map(Type::FixedString),
        1 => Just(Type::Unit),
    ];
    scalar
        .prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(Type::array),
                (inner.clone(), 0..4_usize).prop_map(|(inner, n)| Type::fixed_array(inner, n)),
                vec(inner.clone(), 0..4).prop_map(Type::Tuple),
                vec(inner.clone(), 0..4).prop_map(structure),
                inner.clone().prop_map(Type::option),
                inner.clone().prop_map(|value| Type::Map(Box::new(Type::String), Box::new(value))),
                vec(inner, 1..4).prop_map(|payloads| Type::Enum {
                    name: "Side".into(),
                    variants: payloads
                        .into_iter()
                        .enumerate()
                        .map(|(index, payload)| Variant::new(&format!("V{index}"), payload))
                        .collect(),
                }),
            ]
        })
        .boxed()
}

fn uint(bits: u16) -> impl Strategy<Value = U256> {
    // Numbers of all lengths, the limits among them.
    (any::<[u8; 32]>(), 0..=bits).prop_map(move |(bytes, length)| match length {
        0 => U256::ZERO,
        length if length == bits => U256::MAX >> (256 - usize::from(bits)),
        length => U256::from_be_bytes(bytes) >> (256 - usize::from(length)),
    })
}

/// Any value of the type.
pub(crate) fn value_of(ty: &Type) -> BoxedStrategy<Value> {
    match ty.clone() {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Uint { bits } => uint(bits).prop_map(Value::Uint).boxed(),
        Type::Int { bits } => (uint(bits - 1), any::<bool>())
            .prop_map(|(magnitude, negative)| {
                let number = I256::from_raw(magnitude);
                Value::Int(if negative { !number } else { number })
            })
            .boxed(),
        Type::Felt => uint(251).prop_map(Value::Felt).boxed(),
        Type::Address => any::<[u8; 20]>().prop_map(|bytes| Value::Address(Address::from(bytes))).boxed(),
        Type::Bytes => vec(any::<u8>(), 0..70).prop_map(Value::bytes).boxed(),
        Type::FixedBytes(n) => vec(any::<u8>(), n).prop_map(Value::bytes).boxed(),
        Type::String => any::<String>().prop_map(Value::String).boxed(),
        Type::FixedString(n) => {
            vec(proptest::char::range(' ', '~'), n).prop_map(|chars| Value::String(chars.into_iter().collect())).boxed()
        }
        Type::Array(inner) => vec(value_of(&inner), 0..4).prop_map(Value::Array).boxed(),
        Type::FixedArray(inner, n) => vec(value_of(&inner), n).prop_map(Value::Array).boxed(),
        Type::Rest(inner) => value_of(&inner),
        Type::Constant(_) => Just(Value::Unit).boxed(),
        Type::Option(inner) => {
            proptest::option::of(value_of(&inner)).prop_map(|value| Value::Option(value.map(Box::new))).boxed()
        }
        Type::Tuple(types) => types.iter().map(value_of).collect::<Vec<_>>().prop_map(Value::Tuple).boxed(),
        Type::Struct { name, fields } => fields
            .iter()
            .map(|field| (Just(field.name.clone()), value_of(&field.ty)))
            .collect::<Vec<_>>()
            .prop_map(move |fields| Value::Struct { name: name.clone(), fields })
            .boxed(),
        Type::Enum { name, variants } => (0..variants.len())
            .prop_flat_map(move |index| {
                let (name, variant) = (name.clone(), variants[index].name.clone());
                value_of(&variants[index].payload).prop_map(move |payload| Value::Enum {
                    name: name.clone(),
                    variant: variant.clone(),
                    payload: Box::new(payload),
                })
            })
            .boxed(),
        Type::Map(key, value) => vec((value_of(&key), value_of(&value)), 0..4)
            .prop_map(|mut entries| {
                let mut seen = std::collections::HashSet::new();
                entries.retain(|(key, _)| seen.insert(key.clone()));
                Value::Map(entries)
            })
            .boxed(),
        Type::Unit => Just(Value::Unit).boxed(),
        Type::Function => any::<[u8; 24]>().prop_map(|bytes| Value::Function(Function::from(bytes))).boxed(),
    }
}

/// A type of this strategy and a value of it.
pub(crate) fn typed(types: BoxedStrategy<Type>) -> impl Strategy<Value = (Type, Value)> {
    types.prop_flat_map(|ty| {
        let value = value_of(&ty);
        (Just(ty), value)
    })
}
