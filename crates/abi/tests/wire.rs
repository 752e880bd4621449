//! Interfaces as bytes: one form each, read back exactly, bounded on hostile bytes.

mod common;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use alloy_primitives::{B256, hex};
use hexapla_abi::{
    Abi, AccountLayout, AccountParam, AccountSource, Event, EventParam, Field, Function, Interface, Mutability, Param,
    Refused, Seed, Type, Variant, WireError,
    interface::{Constructor, CustomError},
    interface_hash,
    limits::ITEM_PARTS_MAX,
    wire::{WIRE_BYTES_MAX, WIRE_PARTS_MAX},
};
use proptest::{collection::vec, option, prelude::*, sample::Index};

fn params() -> impl Strategy<Value = Vec<Param>> {
    vec((".{0,6}", common::any_type()).prop_map(|(name, ty)| Param::new(&name, ty)), 0..4)
}

fn mutability() -> impl Strategy<Value = Mutability> {
    prop::sample::select(vec![Mutability::Pure, Mutability::View, Mutability::NonPayable, Mutability::Payable])
}

fn seed() -> impl Strategy<Value = Seed> {
    prop_oneof![
        vec(any::<u8>(), 0..6).prop_map(|bytes| Seed::Const(bytes.into())),
        vec("[a-z]{1,4}", 0..3).prop_map(|path| Seed::Arg(path.iter().map(|name| name.as_str().into()).collect())),
        "[a-z]{1,4}".prop_map(|name| Seed::Account(name.as_str().into())),
    ]
}

fn source() -> impl Strategy<Value = AccountSource> {
    prop_oneof![
        Just(AccountSource::Given),
        any::<[u8; 32]>().prop_map(|id| AccountSource::Fixed(id.into())),
        (option::of(seed()), vec(seed(), 0..3)).prop_map(|(program, seeds)| AccountSource::Derived { program, seeds }),
    ]
}

prop_compose! {
    fn account()(name in ".{0,6}", flags in any::<[bool; 3]>(), source in source()) -> AccountParam {
        let [writable, signer, optional] = flags;
        AccountParam { name: name.as_str().into(), writable, signer, optional, source }
    }
}

fn names() -> impl Strategy<Value = Vec<Arc<str>>> {
    vec(".{0,6}".prop_map(|name| name.as_str().into()), 0..3)
}

prop_compose! {
    fn function()(
        (name, signature) in (".{0,6}", ".{0,9}"),
        (inputs, outputs) in (params(), params()),
        mutability in mutability(),
        selector in vec(any::<u8>(), 0..9),
        accounts in vec(account(), 0..3),
        (type_params, caller_params) in (names(), names()),
    ) -> Function {
        let selector = selector.into();
        Function { name, inputs, outputs, mutability, selector, signature, accounts, type_params, caller_params }
    }
}

prop_compose! {
    fn event()(
        (name, signature) in (".{0,6}", ".{0,9}"),
        fields in params(),
        indexed in vec(any::<bool>(), 4),
        topic in option::of(any::<[u8; 32]>().prop_map(B256::from)),
    ) -> Event {
        let fields = fields.into_iter().zip(indexed);
        let fields = fields.map(|(param, indexed)| EventParam { name: param.name, ty: param.ty, indexed }).collect();
        Event { name, fields, topic, signature }
    }
}

prop_compose! {
    fn error()(
        (name, message, signature) in (".{0,6}", ".{0,6}", ".{0,9}"),
        inputs in params(),
        selector in vec(any::<u8>(), 0..9),
    ) -> CustomError {
        CustomError { name, inputs, selector: selector.into(), message, signature }
    }
}

prop_compose! {
    fn interface()(
        (name, receive) in (".{0,6}", any::<bool>()),
        abi in prop::sample::select(common::abis::ABIS.as_slice()),
        constructor in option::of((params(), mutability())),
        functions in vec(function(), 0..4),
        events in vec(event(), 0..3),
        errors in vec(error(), 0..3),
        types in vec(common::any_type(), 0..3),
        layouts in vec((".{0,6}", vec(any::<u8>(), 0..9), common::any_type()), 0..3),
        refused in vec((".{0,6}", ".{0,6}"), 0..2),
        fallback in option::of(mutability()),
    ) -> Interface {
        let layout = |(name, discriminator, ty): (_, Vec<u8>, _)| {
            AccountLayout { name, discriminator: discriminator.into(), ty }
        };
        Interface {
            name,
            abi,
            constructor: constructor.map(|(inputs, mutability)| Constructor { inputs, mutability }),
            functions,
            events,
            errors,
            types,
            layouts: layouts.into_iter().map(layout).collect(),
            refused: refused.into_iter().map(|(item, reason)| Refused { item, reason }).collect(),
            fallback,
            receive,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn interfaces_survive_the_round_trip(interface in interface()) {
        let bytes = interface.to_bytes().unwrap();
        prop_assert_eq!(Interface::from_bytes(&bytes), Ok(interface));
    }

    #[test]
    fn changed_bytes_mean_one_interface_or_none(
        interface in interface(),
        changes in vec((any::<Index>(), prop_oneof![0..20_u8, any::<u8>()]), 1..4),
        cut in option::of(any::<Index>()),
    ) {
        let mut bytes = interface.to_bytes().unwrap();
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(read) = Interface::from_bytes(&bytes) {
            prop_assert_eq!(read.to_bytes().unwrap(), bytes);
        }
    }

    #[test]
    fn random_bytes_mean_one_interface_or_none(bytes in vec(0..18_u8, 0..80)) {
        let bytes = [&[1], bytes.as_slice()].concat();
        if let Ok(read) = Interface::from_bytes(&bytes) {
            prop_assert_eq!(read.to_bytes().unwrap(), bytes);
        }
    }
}

fn with_types(types: Vec<Type>) -> Interface {
    Interface { types, ..Interface::default() }
}

/// The bytes behind the list of types of an otherwise empty interface that has these types.
fn items(types: &[u8]) -> Vec<u8> {
    let head = [0, 0, 0, 0, 0, 0, u8::try_from(types.len()).unwrap()];
    [&head, types, &[0, 0, 0, 0]].concat()
}

#[test]
fn the_form_does_not_change_unnoticed() {
    let side = vec![Variant::new("Hold", Type::Unit), Variant::new("Buy", Type::Uint { bits: 64 })];
    let side = Type::Enum { name: "Side".into(), variants: side };
    let fields = vec![Field::new("owner", Type::Address), Field::new("side", side)];
    let order = Type::Struct { name: "Order".into(), fields };
    let mut demo = Interface::from_solidity_signatures(
        "Demo",
        ["function pay(address to, uint256 amount) payable returns (bool)"],
    )
    .unwrap();
    demo.abi = Abi::Fuel;
    demo.types = vec![order.clone(), Type::array(order)];
    let bytes = demo.to_bytes().unwrap();
    let types = "08 04 0120 00 10 0108 0e0453696465 02 04486f6c64 03 03427579 04 \
                 0d054f72646572 02 056f776e6572 00 0473696465 05 09 06";
    let function = "03706179 02 02746f 00 06616d6f756e74 01 01 00 02 03 04c4076876 \
                    147061792861646472657373 2c75696e7432353629 00";
    let form = format!("01 {types} 0444656d6f 04 00 01 {function} 00 00 02 06 07 00 00 00 00").replace(' ', "");
    assert_eq!(hex::encode(&bytes), form);
    let hash = hex!("d9508db7e818ba361e0ff5f1fd346e8679e7f379f3b62acecf5289f65a214990");
    assert_eq!(interface_hash(&bytes), hash);
}

#[test]
fn a_named_type_used_often_is_written_once() {
    let fields = (0..20).map(|index| Field::new(&format!("a_field_with_a_long_name_{index}"), Type::U256));
    let pool = Type::Struct { name: "Pool".into(), fields: fields.collect() };
    let one = with_types(vec![pool.clone()]).to_bytes().unwrap().len();
    let many = with_types(vec![pool; 100]).to_bytes().unwrap();
    assert_eq!(many.len(), one + 99);
    let read = Interface::from_bytes(&many).unwrap();
    assert_eq!(read.types.len(), 100);
}

#[test]
fn f15_types_that_double_are_refused_at_once() {
    // bool, then thirty tuples of the one before, twice.
    let tuples = (0..30_u8).flat_map(|number| [12, 2, number, number]).collect::<Vec<_>>();
    let bytes = [&[1, 31, 0], tuples.as_slice(), &items(&[30])].concat();
    let begin = Instant::now();
    assert_eq!(Interface::from_bytes(&bytes), Err(WireError::TooManyParts));
    // The same, each level used often enough to fill the limit again and again.
    let bytes = [&[1, 31, 0], tuples.as_slice(), &items(&[16; 100])].concat();
    assert!(Interface::from_bytes(&bytes).is_err());
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    // Depth is counted without writing anything out.
    let options = (0..32_u8).flat_map(|number| [11, number]).collect::<Vec<_>>();
    let bytes = [&[1, 33, 0], options.as_slice(), &items(&[32])].concat();
    let error = Interface::from_bytes(&bytes).unwrap_err();
    assert!(matches!(error, WireError::Invalid { rule: "it is nested deeper than 32 levels", .. }), "{error}");
}

#[test]
fn both_sides_have_the_same_limits() {
    let tuple = |count| Type::Tuple(vec![Type::Bool; count]);
    let full = WIRE_PARTS_MAX / ITEM_PARTS_MAX;
    let most = with_types(vec![tuple(ITEM_PARTS_MAX - 1); full]);
    assert_eq!(Interface::from_bytes(&most.to_bytes().unwrap()), Ok(most));
    let too_many = with_types([vec![tuple(ITEM_PARTS_MAX - 1); full], vec![Type::Bool]].concat());
    assert_eq!(too_many.to_bytes(), Err(WireError::TooManyParts));
    assert!(matches!(with_types(vec![tuple(ITEM_PARTS_MAX)]).to_bytes(), Err(WireError::Limit { .. })));
    let long = Interface { name: "x".repeat(WIRE_BYTES_MAX), ..Interface::default() };
    assert!(matches!(long.to_bytes(), Err(WireError::TooLong { .. })));
    assert!(matches!(Interface::from_bytes(&vec![1; WIRE_BYTES_MAX + 1]), Err(WireError::TooLong { .. })));
    let deep = |levels| (1..levels).fold(Type::Bool, |inner, _| Type::array(inner));
    let deepest = with_types(vec![deep(32)]);
    assert_eq!(Interface::from_bytes(&deepest.to_bytes().unwrap()), Ok(deepest));
    for ty in [
        deep(33),
        Type::Uint { bits: 7 },
        Type::Int { bits: 264 },
        Type::FixedBytes(1 << 32),
        Type::Struct { name: "x".repeat(257).as_str().into(), fields: vec![] },
        Type::Enum { name: "E".into(), variants: vec![Variant::new("A", Type::Unit), Variant::new("A", Type::Bool)] },
    ] {
        let error = with_types(vec![ty]).to_bytes().unwrap_err();
        assert!(matches!(error, WireError::Type { .. }), "{error}");
    }
}

#[test]
fn what_is_not_the_one_form_is_refused_with_the_reason() {
    let good = [&[1, 2, 0, 9, 0], items(&[1]).as_slice()].concat();
    assert_eq!(Interface::from_bytes(&good), Ok(with_types(vec![Type::array(Type::Bool)])));
    let with = |types: &[u8], used: &[u8]| [&[1], types, &items(used)].concat();
    let cases = [
        (vec![], "the interface ends at byte 0 in the middle of its version"),
        (vec![2], "the interface is written in version 2 of its form; version 1 is known"),
        (with(&[2, 0, 0], &[0, 1]), "each type is written once"),
        (with(&[2, 0, 3], &[1, 0]), "types are numbered in the order of their first use"),
        (with(&[3, 0, 3, 12, 2, 1, 0], &[2]), "types are numbered in the order of their first use"),
        (with(&[2, 0, 3], &[0]), "a type is used by nobody"),
        (with(&[1, 9, 0], &[0]), "parts of a type stand before it"),
        (with(&[1, 1, 33], &[0]), "it is 1 to 32 bytes"),
        (with(&[1, 20], &[0]), "no such kind is known"),
        (with(&[1, 0], &[1]), "there is no type with this number"),
        (with(&[0x80, 0], &[]), "a number has the shortest form"),
        (with(&[0xff, 0xff, 0xff, 0xff, 0x7f], &[]), "a number has at most 32 bits"),
        (with(&[2, 16, 14, 1, 69, 2, 1, 65, 0, 1, 65, 0], &[1]), "each variant has another name"),
        ([good.as_slice(), &[0]].concat(), "the interface ends at byte 17, but 1 more bytes follow"),
    ];
    for (bytes, reason) in cases {
        let error = Interface::from_bytes(&bytes).unwrap_err();
        assert!(error.to_string().ends_with(reason), "{}: {error}", hex::encode(&bytes));
    }
}
