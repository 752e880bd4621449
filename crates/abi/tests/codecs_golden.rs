//! Borsh and BCS write and read what the crates `borsh` and `bcs` do.

mod common;

use std::collections::{BTreeMap, HashMap};

use alloy_primitives::{I256, U256};
use borsh::{BorshDeserialize, BorshSerialize};
use common::abis::Book;
use hexapla_abi::{BcsCodec, BorshCodec, Field, Type, Value, Variant};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
enum Side {
    Hold,
    Buy(u64),
    Swap { from: String, pair: (u8, i16) },
}

#[derive(Clone, Debug, PartialEq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
struct Order {
    id: u128,
    low: i8,
    high: i128,
    open: bool,
    note: String,
    data: Vec<u8>,
    hash: [u8; 4],
    prices: Vec<u32>,
    limit: Option<u64>,
    side: Side,
    names: BTreeMap<String, u16>,
    counts: BTreeMap<u32, bool>,
    nested: Vec<Option<(u16, bool)>>,
    nothing: (),
}

fn order_type() -> Type {
    let uint = |bits| Type::Uint { bits };
    let pair = Type::Tuple(vec![uint(8), Type::Int { bits: 16 }]);
    let swap = vec![Field::new("from", Type::String), Field::new("pair", pair)];
    let side = vec![
        Variant::new("Hold", Type::Unit),
        Variant::new("Buy", uint(64)),
        Variant::new("Swap", Type::Struct { name: "Swap".into(), fields: swap }),
    ];
    let fields = [
        ("id", uint(128)),
        ("low", Type::Int { bits: 8 }),
        ("high", Type::Int { bits: 128 }),
        ("open", Type::Bool),
        ("note", Type::String),
        ("data", Type::Bytes),
        ("hash", Type::FixedBytes(4)),
        ("prices", Type::array(uint(32))),
        ("limit", Type::option(uint(64))),
        ("side", Type::Enum { name: "Side".into(), variants: side }),
        ("names", Type::Map(Box::new(Type::String), Box::new(uint(16)))),
        ("counts", Type::Map(Box::new(uint(32)), Box::new(Type::Bool))),
        ("nested", Type::array(Type::option(Type::Tuple(vec![uint(16), Type::Bool])))),
        ("nothing", Type::Unit),
    ];
    let fields = fields.into_iter().map(|(name, ty)| Field::new(name, ty)).collect();
    Type::Struct { name: "Order".into(), fields }
}

fn int(number: i128) -> Value {
    Value::Int(I256::try_from(number).unwrap())
}

fn option(value: Option<Value>) -> Value {
    Value::Option(value.map(Box::new))
}

fn side_value(side: &Side) -> Value {
    let (variant, payload) = match side {
        Side::Hold => ("Hold", Value::Unit),
        Side::Buy(amount) => ("Buy", Value::uint(*amount)),
        Side::Swap { from, pair } => {
            let pair = Value::Tuple(vec![Value::uint(pair.0), int(pair.1.into())]);
            let fields = vec![("from".into(), Value::string(from.clone())), ("pair".into(), pair)];
            ("Swap", Value::Struct { name: "Swap".into(), fields })
        }
    };
    Value::Enum { name: "Side".into(), variant: variant.into(), payload: Box::new(payload) }
}

fn order_value(order: &Order) -> Value {
    let nested = order
        .nested
        .iter()
        .map(|pair| option(pair.map(|(number, flag)| Value::Tuple(vec![Value::uint(number), Value::Bool(flag)]))));
    let names = order.names.iter().map(|(name, count)| (Value::string(name.clone()), Value::uint(*count)));
    let counts = order.counts.iter().map(|(count, flag)| (Value::uint(*count), Value::Bool(*flag)));
    let fields = [
        ("id", Value::uint(order.id)),
        ("low", int(order.low.into())),
        ("high", int(order.high)),
        ("open", Value::Bool(order.open)),
        ("note", Value::string(order.note.clone())),
        ("data", Value::bytes(order.data.clone())),
        ("hash", Value::bytes(order.hash)),
        ("prices", Value::Array(order.prices.iter().map(|price| Value::uint(*price)).collect())),
        ("limit", option(order.limit.map(Value::uint))),
        ("side", side_value(&order.side)),
        ("names", Value::Map(names.collect())),
        ("counts", Value::Map(counts.collect())),
        ("nested", Value::Array(nested.collect())),
        ("nothing", Value::Unit),
    ];
    let fields = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
    Value::Struct { name: "Order".into(), fields }
}

/// The same values; the entries of maps in the order that BCS gives them.
fn in_bcs_order(mut value: Value) -> Value {
    if let Value::Struct { fields, .. } = &mut value {
        for (_, value) in fields {
            if let Value::Map(entries) = value {
                entries.sort_by_key(|(key, _)| match key {
                    Value::String(text) => bcs::to_bytes(text).unwrap(),
                    Value::Uint(number) => number.to_le_bytes_vec(),
                    other => panic!("{other} is no key of an order"),
                });
            }
        }
    }
    value
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![
        Just(Side::Hold),
        any::<u64>().prop_map(Side::Buy),
        (any::<String>(), any::<(u8, i16)>()).prop_map(|(from, pair)| Side::Swap { from, pair }),
    ]
}

prop_compose! {
    fn order()(
        (id, low, high, open, note) in any::<(u128, i8, i128, bool, String)>(),
        (hash, prices, limit, nested) in any::<([u8; 4], Vec<u32>, Option<u64>, Vec<Option<(u16, bool)>>)>(),
        // Longer than 127, where a ULEB128 length takes two bytes.
        data in proptest::collection::vec(any::<u8>(), 0..300),
        side in side(),
        names in proptest::collection::btree_map(any::<String>(), any::<u16>(), 0..5),
        counts in proptest::collection::btree_map(any::<u32>(), any::<bool>(), 0..5),
    ) -> Order {
        Order { id, low, high, open, note, data, hash, prices, limit, side, names, counts, nested, nothing: () }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn borsh_is_what_the_crate_writes(order in order()) {
        let (ty, value, book) = (order_type(), order_value(&order), Book::default());
        let (codec, theirs) = (BorshCodec::new(&book), borsh::to_vec(&order).unwrap());
        prop_assert_eq!(codec.encode_value(&ty, &value).unwrap(), theirs.clone());
        prop_assert_eq!(codec.decode_value(&ty, &theirs).unwrap(), value);
    }

    #[test]
    fn bcs_is_what_the_crate_writes(order in order()) {
        let (ty, value, book) = (order_type(), order_value(&order), Book::default());
        let (codec, theirs) = (BcsCodec::new(&book), bcs::to_bytes(&order).unwrap());
        prop_assert_eq!(codec.encode_value(&ty, &value).unwrap(), theirs.clone());
        prop_assert_eq!(codec.decode_value(&ty, &theirs).unwrap(), in_bcs_order(value));
    }

    #[test]
    fn what_the_crates_refuse_is_refused(data in proptest::collection::vec(0..4_u8, 0..120)) {
        let (ty, book) = (order_type(), Book::default());
        let ours = BorshCodec::new(&book).decode_value(&ty, &data).ok();
        let theirs = borsh::from_slice::<Order>(&data).ok();
        if let Some(value) = ours {
            prop_assert_eq!(Some(value), theirs.map(|order| order_value(&order)));
        }
        let ours = BcsCodec::new(&book).decode_value(&ty, &data).ok();
        let theirs = bcs::from_bytes::<Order>(&data).ok();
        prop_assert_eq!(ours.is_some(), theirs.is_some());
        if let (Some(value), Some(order)) = (ours, theirs) {
            prop_assert_eq!(value, in_bcs_order(order_value(&order)));
        }
    }

    #[test]
    fn sorted_keys_of_borsh_are_those_of_rust(
        ints in proptest::collection::hash_map(any::<i16>(), any::<u8>(), 0..20),
        uints in proptest::collection::hash_map(any::<u128>(), any::<u8>(), 0..20),
        bytes in proptest::collection::hash_map(proptest::collection::vec(0..4_u8, 0..4), any::<u8>(), 0..20),
        fixed in proptest::collection::hash_map(any::<[u8; 2]>(), any::<u8>(), 0..20),
    ) {
        fn entries<K: Clone>(map: &HashMap<K, u8>, key: impl Fn(K) -> Value) -> Value {
            Value::Map(map.iter().map(|(k, count)| (key(k.clone()), Value::uint(*count))).collect())
        }
        let cases = [
            (Type::Int { bits: 16 }, entries(&ints, |key| int(key.into())), borsh::to_vec(&ints)),
            (Type::Uint { bits: 128 }, entries(&uints, |key| Value::Uint(U256::from(key))), borsh::to_vec(&uints)),
            (Type::Bytes, entries(&bytes, Value::bytes), borsh::to_vec(&bytes)),
            (Type::FixedBytes(2), entries(&fixed, Value::bytes), borsh::to_vec(&fixed)),
        ];
        for (key, value, theirs) in cases {
            let (ty, book, theirs) = (Type::Map(Box::new(key), Box::new(Type::Uint { bits: 8 })), Book::default(), theirs.unwrap());
            prop_assert_eq!(BorshCodec::new(&book).encode_value(&ty, &value).unwrap(), theirs.clone());
            prop_assert!(BorshCodec::new(&book).decode_value(&ty, &theirs).is_ok());
        }
    }
}
