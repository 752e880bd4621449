//! Random interfaces in the terms of every ABI.

mod common;

use std::{collections::BTreeSet, sync::Arc};

use common::{
    abis::{ABIS, Book, in_one_order, type_of},
    value_of,
};
use hexapla_abi::{
    Abi, AnyCodec, Bytes, Codec, Function, Image, Interface, Mutability, Param, Projection, Type, Value,
};
use proptest::{collection::vec, prelude::*, sample::select};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z]{1,3}(_[a-z]{1,3}){0,2}", 2 => "[a-z]{1,2}([A-Z][a-z]{0,2}){0,2}", 1 => any::<String>()]
}

fn interface() -> impl Strategy<Value = (Interface, Vec<Vec<Value>>)> {
    select(ABIS.to_vec()).prop_flat_map(|abi| {
        let params = vec((name(), type_of(abi)), 0..4);
        vec((name(), params, any::<bool>()), 1..5).prop_flat_map(move |functions| {
            let functions = functions.into_iter().enumerate().map(|(index, (name, params, payable))| Function {
                inputs: params.iter().map(|(name, ty)| Param::new(name, ty.clone())).collect(),
                outputs: params.iter().map(|(name, ty)| Param::new(name, ty.clone())).collect(),
                mutability: if payable { Mutability::Payable } else { Mutability::NonPayable },
                selector: Bytes::from(vec![u8::try_from(index).unwrap(); 4]),
                signature: format!("{name}#{index}"),
                name,
                ..Function::default()
            });
            let interface = Interface { abi, functions: functions.collect(), ..Interface::default() };
            let tuple = |function: &Function| function.input_types().map(value_of).collect::<Vec<_>>();
            let values = interface.functions.iter().map(tuple).collect::<Vec<_>>();
            (Just(interface), values)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arguments_and_results_come_back_as_they_were((interface, values) in interface(), to in select(ABIS.to_vec())) {
        let from = interface.abi;
        let projection = Projection::new(Arc::new(interface), to);
        let shown = projection.interface();
        prop_assert_eq!(shown.functions.len() + shown.refused.len(), values.len());
        for (index, function) in shown.functions.iter().enumerate() {
            let source = projection.function(index).unwrap();
            let at = projection.source().functions.iter().position(|known| known == source).unwrap();
            let arguments = values[at].clone();
            let image = |(ty, value): (&Type, Value)| Image::new(ty, from, to).unwrap().show(value).unwrap();
            let mut projected = source.input_types().zip(arguments.clone()).map(image).collect::<Vec<_>>();

            let results = projection.results(index, arguments.clone()).unwrap();
            prop_assert_eq!(&results, &projected);
            let lamports = to == Abi::Borsh && from != Abi::Borsh && source.mutability == Mutability::Payable;
            if lamports {
                projected.insert(0, Value::uint(7_u8));
            }
            for (value, ty) in projected.iter().zip(function.input_types()) {
                value.check(ty).unwrap();
            }
            // As a border does it: by the bytes of the caller's codec to the bytes of the callee's.
            let book = Book::default();
            let (caller, callee) = (AnyCodec::new(to, &book), AnyCodec::new(from, &book));
            let call = caller.encode_call(function, &projected).unwrap();
            let types = function.input_types().cloned().collect::<Vec<_>>();
            let body = caller.encode_values(&types, &projected).unwrap();
            prop_assert!(call.ends_with(&body));
            let received = caller.decode_values(&types, &body).unwrap();
            let read = projection.arguments(index, received).unwrap();
            let encoded = callee.encode_call(source, &read.values).unwrap();
            prop_assert_eq!(encoded, callee.encode_call(source, &arguments).unwrap());
            let in_order = |values: Vec<Value>| values.into_iter().map(in_one_order).collect::<Vec<_>>();
            prop_assert_eq!(in_order(read.values), in_order(arguments));
            prop_assert_eq!(read.coin, lamports.then_some(7));
            prop_assert_eq!(projection.explain(index).is_empty(), function.inputs.is_empty());
        }
    }

    #[test]
    fn projected_names_and_selectors_differ((interface, _) in interface(), to in select(ABIS.to_vec())) {
        prop_assume!(interface.abi != to);
        let projection = Projection::new(Arc::new(interface), to);
        let functions = &projection.interface().functions;
        let names = functions.iter().map(|function| &function.name).collect::<BTreeSet<_>>();
        let selectors = functions.iter().map(|function| &function.selector).collect::<BTreeSet<_>>();
        prop_assert_eq!((names.len(), selectors.len()), (functions.len(), functions.len()));
        for function in functions {
            prop_assert!(function.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
            let params = function.inputs.iter().map(|param| &param.name).filter(|name| !name.is_empty());
            let params = params.collect::<Vec<_>>();
            prop_assert_eq!(params.iter().collect::<BTreeSet<_>>().len(), params.len());
        }
    }
}

#[test]
fn the_same_abi_keeps_items_that_no_codec_could_tell_apart_or_encode() {
    let function = |name: &str, ty| Function {
        name: name.into(),
        inputs: vec![Param::new("value", ty)],
        outputs: vec![],
        mutability: Mutability::NonPayable,
        selector: Bytes::from_static(b"same"),
        signature: name.into(),
        ..Function::default()
    };
    let functions = vec![function("one", Type::Felt), function("other", Type::Bool)];
    let interface = Interface { functions, ..Interface::default() };
    let projection = Projection::new(Arc::new(interface.clone()), Abi::Solidity);
    assert_eq!(*projection.interface(), interface);
    assert_eq!(projection.function(1).unwrap().name, "other");

    let shown = Projection::new(Arc::new(interface), Abi::Borsh);
    assert_eq!(shown.interface().functions.len(), 1);
    assert_eq!(shown.interface().refused[0].item, "function `one`");
    assert_eq!(shown.function(0).unwrap().name, "other");
}

#[test]
fn types_that_an_image_brings_along_are_listed_and_have_their_own_names() {
    let map = |value| Type::Map(Box::new(Type::String), Box::new(value));
    let function = Function {
        name: "set".into(),
        inputs: vec![
            Param::new("one", map(Type::Bool)),
            Param::new("other", map(Type::option(Type::Bool))),
            Param::new("again", map(Type::Bool)),
        ],
        outputs: vec![],
        mutability: Mutability::NonPayable,
        selector: Bytes::from_static(b"set"),
        signature: "set".into(),
        ..Function::default()
    };
    let interface = Interface { abi: Abi::Borsh, functions: vec![function], ..Interface::default() };
    let shown = Projection::new(Arc::new(interface), Abi::Solidity);
    let names = shown.interface().types.iter().map(|ty| match ty {
        Type::Struct { name, .. } => name.to_string(),
        other => panic!("{other}"),
    });
    let names = names.collect::<BTreeSet<_>>();
    assert_eq!(names.len(), 2);
    assert!(names.contains("Entry_string_bool"));
    assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')));
}
