//! Types that an ABI has a form for, and a book of addresses.

use std::{cell::RefCell, collections::BTreeMap};

use alloy_primitives::{Address, B256, keccak256};
use hexapla_abi::{Abi, AddressBook, AddressError, Field, Type, Value, Variant};
use proptest::{collection::vec, prelude::*};

/// Every ABI.
pub(crate) const ABIS: [Abi; 5] = [Abi::Solidity, Abi::Borsh, Abi::Bcs, Abi::Cairo, Abi::Fuel];

/// What every 32-byte form of a canonical address begins with.
const ALIAS: &[u8; 12] = b"\0hexapla-evm";

/// A book in which a native id's address is the end of its hash, and which remembers each id that it was asked for.
#[derive(Debug, Default)]
pub(crate) struct Book(RefCell<BTreeMap<Address, B256>>);

impl AddressBook for Book {
    fn canonical(&self, native: &B256) -> Result<Address, AddressError> {
        if let Some(canonical) = native.strip_prefix(ALIAS) {
            return Ok(Address::from_slice(canonical));
        }
        let canonical = Address::from_word(keccak256(native));
        self.0.borrow_mut().insert(canonical, *native);
        Ok(canonical)
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        let home = self.0.borrow().get(&canonical).copied();
        Ok(home.unwrap_or_else(|| B256::from_slice(&[ALIAS.as_slice(), canonical.as_slice()].concat())))
    }
}

/// A book without any address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoBook;

impl AddressBook for NoBook {
    fn canonical(&self, _: &B256) -> Result<Address, AddressError> {
        Err(AddressError("nobody is known here".into()))
    }

    fn native(&self, _: Address) -> Result<B256, AddressError> {
        Err(AddressError("nobody is known here".into()))
    }
}

/// Any type that the ABI has a form for.
pub(crate) fn type_of(abi: Abi) -> BoxedStrategy<Type> {
    if abi == Abi::Solidity {
        return super::solidity_type();
    }
    scalar(abi)
        .prop_recursive(4, 24, 4, move |inner| {
            let composite = prop_oneof![
                3 => inner.clone().prop_map(Type::array),
                3 => (inner.clone(), 0..4_usize).prop_map(|(inner, n)| Type::fixed_array(inner, n)),
                2 => vec(inner.clone(), 0..4).prop_map(Type::Tuple),
                3 => vec(inner.clone(), 0..4).prop_map(structure),
                3 => inner.clone().prop_map(Type::option),
                3 => vec(inner.clone(), 1..4).prop_map(enumeration),
            ];
            let map = (map_key(), inner).prop_map(|(key, value)| Type::Map(Box::new(key), Box::new(value)));
            match abi {
                Abi::Borsh | Abi::Bcs => prop_oneof![5 => composite, 1 => map].boxed(),
                _ => composite.boxed(),
            }
        })
        .boxed()
}

fn scalar(abi: Abi) -> BoxedStrategy<Type> {
    let widths = prop::sample::select(vec![8_u16, 16, 32, 64, 128, 256]);
    let fixed_max = if abi == Abi::Cairo { 31_usize } else { 40 };
    let common = prop_oneof![
        Just(Type::Bool),
        widths.prop_map(|bits| Type::Uint { bits }),
        Just(Type::Address),
        Just(Type::Bytes),
        Just(Type::String),
        (0..=fixed_max).prop_map(Type::FixedBytes),
        (0..=fixed_max).prop_map(Type::FixedString),
        Just(Type::Unit),
    ];
    let int = |widths: &'static [u16]| prop::sample::select(widths).prop_map(|bits| Type::Int { bits });
    match abi {
        Abi::Borsh | Abi::Bcs => prop_oneof![6 => common, 1 => int(&[8, 16, 32, 64, 128, 256])].boxed(),
        Abi::Cairo => prop_oneof![6 => common, 1 => int(&[8, 16, 32, 64, 128]), 1 => Just(Type::Felt)].boxed(),
        _ => common.boxed(),
    }
}

fn map_key() -> impl Strategy<Value = Type> {
    prop_oneof![
        Just(Type::Bool),
        Just(Type::Uint { bits: 16 }),
        Just(Type::Uint { bits: 64 }),
        Just(Type::Int { bits: 32 }),
        Just(Type::Address),
        Just(Type::String),
        Just(Type::Bytes),
        Just(Type::FixedBytes(3)),
    ]
}

fn structure(types: Vec<Type>) -> Type {
    let fields = types.into_iter().enumerate().map(|(index, ty)| Field::new(&format!("f{index}"), ty));
    Type::Struct { name: "module::Name".into(), fields: fields.collect() }
}

fn enumeration(payloads: Vec<Type>) -> Type {
    let variants = payloads.into_iter().enumerate();
    let variants = variants.map(|(index, payload)| Variant::new(&format!("V{index}"), payload));
    Type::Enum { name: "module::Choice".into(), variants: variants.collect() }
}

/// The value with the entries of its maps in one order, so that values can be compared that differ in it.
pub(crate) fn in_one_order(value: Value) -> Value {
    let all = |values: Vec<Value>| values.into_iter().map(in_one_order).collect();
    match value {
        Value::Array(items) => Value::Array(all(items)),
        Value::Tuple(items) => Value::Tuple(all(items)),
        Value::Option(Some(inner)) => Value::Option(Some(Box::new(in_one_order(*inner)))),
        Value::Struct { name, fields } => {
            let fields = fields.into_iter().map(|(name, value)| (name, in_one_order(value)));
            Value::Struct { name, fields: fields.collect() }
        }
        Value::Enum { name, variant, payload } => {
            Value::Enum { name, variant, payload: Box::new(in_one_order(*payload)) }
        }
        Value::Map(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (in_one_order(key), in_one_order(value)));
            let mut entries = entries.collect::<Vec<_>>();
            entries.sort_by_cached_key(|(key, _)| format!("{key:?}"));
            Value::Map(entries)
        }
        other => other,
    }
}
