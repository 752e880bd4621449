//! The image of one type, by the rules of the table.

use alloc::{boxed::Box, collections::BTreeSet, format, sync::Arc, vec::Vec};

use alloy_primitives::{FixedBytes, keccak256};

use super::{
    ImageError, Kind, Rule,
    steps::{Case, Step},
    table::carries_nothing,
};
use crate::{
    interface::Abi,
    text::brief,
    types::{Field, Type, Variant},
    value::Value,
};

/// The image of a type that is not nested too deep, and the way to it.
pub(super) fn of(ty: &Type, to: Abi) -> Result<(Type, Step), ImageError> {
    let refused = |reason| ImageError::NoImage { ty: brief(ty), abi: to, reason };
    Ok(match (Kind::of(ty).rule(to), ty) {
        (Rule::Refused(reason), _) => return Err(refused(reason)),
        (Rule::Same, ty) => parts(ty, to)?,
        (Rule::Wider, Type::Uint { bits }) => (Type::Uint { bits: wider(*bits) }, Step::Uint { bits: *bits }),
        (Rule::Wider, Type::Int { bits }) => (Type::Int { bits: wider(*bits) }, Step::Int { bits: *bits }),
        (Rule::TwosComplement, Type::Int { bits }) => {
            let wide = wider(*bits);
            (Type::Uint { bits: wide }, Step::TwosComplement { bits: *bits, wide })
        }
        (Rule::U256, _) => (Type::U256, Step::Felt),
        (Rule::Word, _) => (Type::U256, Step::Word),
        (Rule::Bytes, Type::FixedBytes(length)) => (Type::Bytes, Step::Length(*length)),
        (Rule::Text, Type::FixedString(length)) => (Type::String, Step::Length(*length)),
        (Rule::Rest, ty) => of(ty.of_values(), to)?,
        (Rule::False, ty) => (Type::Bool, Step::False(only_value(ty))),
        (Rule::Function, _) => (function(), Step::Function),
        (Rule::List, Type::Option(inner)) => {
            let (image, step) = of(inner, to)?;
            (Type::array(image), Step::List(Box::new(step)))
        }
        (Rule::Entries, Type::Map(key, value)) => {
            let ((key, key_step), (value, value_step)) = (of(key, to)?, of(value, to)?);
            let name = entry_name(&key, &value);
            let fields = [Field::new("key", key), Field::new("value", value)].into();
            let step = Step::Entries { name: name.clone(), steps: Box::new((key_step, value_step)) };
            (Type::array(Type::Struct { name, fields }), step)
        }
        (Rule::Index, Type::Enum { name, variants }) => {
            names_differ(variants).map_err(refused)?;
            let names = variants.iter().map(|variant| variant.name.clone()).collect();
            (Type::Uint { bits: 8 }, Step::Index { name: name.clone(), variants: names })
        }
        (Rule::Tagged, Type::Enum { name, variants }) => {
            names_differ(variants).map_err(refused)?;
            let mut fields = Vec::from([Field::new("variant", Type::Uint { bits: 8 })]);
            let mut cases = Vec::new();
            for variant in variants {
                let mut case = Case { name: variant.name.clone(), payload: None };
                if !carries_nothing(variant) {
                    let (image, step) = of(&variant.payload, to)?;
                    fields.push(Field { name: variant.name.clone(), ty: Type::array(image) });
                    case.payload = Some(step);
                }
                cases.push(case);
            }
            let step = Step::Tagged { name: name.clone(), cases };
            (Type::Struct { name: name.clone(), fields }, step)
        }
        _ => return Err(refused("the rule does not fit the type")),
    })
}

/// A type that stays, with the images of its parts.
fn parts(ty: &Type, to: Abi) -> Result<(Type, Step), ImageError> {
    Ok(match ty {
        Type::Array(inner) => {
            let (image, step) = of(inner, to)?;
            (Type::array(image), Step::one(step, Step::Each))
        }
        Type::FixedArray(inner, length) => {
            let (image, step) = of(inner, to)?;
            (Type::fixed_array(image, *length), Step::one(step, Step::Each))
        }
        Type::Option(inner) => {
            let (image, step) = of(inner, to)?;
            (Type::option(image), Step::one(step, Step::Option))
        }
        Type::Tuple(types) => {
            let (images, steps) = all(types.iter(), to)?;
            (Type::Tuple(images), Step::several(steps, Step::Items))
        }
        Type::Struct { name, fields } => {
            let (images, steps) = all(fields.iter().map(|field| &field.ty), to)?;
            let fields = fields.iter().zip(images).map(|(field, ty)| Field { name: field.name.clone(), ty });
            (Type::Struct { name: name.clone(), fields: fields.collect() }, Step::several(steps, Step::Items))
        }
        Type::Enum { name, variants } => {
            let (images, steps) = all(variants.iter().map(|variant| &variant.payload), to)?;
            let image = variants.iter().zip(images);
            let image = image.map(|(variant, payload)| Variant { name: variant.name.clone(), payload }).collect();
            let names = variants.iter().map(|variant| variant.name.clone()).collect::<Vec<_>>();
            let payloads = |steps: Vec<Step>| Step::Payloads(names.into_iter().zip(steps).collect());
            (Type::Enum { name: name.clone(), variants: image }, Step::several(steps, payloads))
        }
        Type::Map(key, value) => {
            let ((key, key_step), (value, value_step)) = (of(key, to)?, of(value, to)?);
            let same = key_step == Step::Same && value_step == Step::Same;
            let step = if same { Step::Same } else { Step::Map(Box::new((key_step, value_step))) };
            (Type::Map(Box::new(key), Box::new(value)), step)
        }
        // What is inside of a rest stays as it is where the rest does.
        scalar => (scalar.clone(), Step::Same),
    })
}

fn all<'t>(types: impl Iterator<Item = &'t Type>, to: Abi) -> Result<(Vec<Type>, Vec<Step>), ImageError> {
    let images = types.map(|ty| of(ty, to)).collect::<Result<Vec<_>, _>>()?;
    Ok(images.into_iter().unzip())
}

/// The name of a map's entry, which differs from that of entries with other types: `Entry_string_u64`.
fn entry_name(key: &Type, value: &Type) -> Arc<str> {
    let name = format!("Entry_{key}_{value}");
    match name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        true => name.into(),
        false => format!("Entry_{:x}", FixedBytes::<4>::from_slice(keccak256(&name).split_at(4).0)).into(),
    }
}

/// A variant is found by its name.
fn names_differ(variants: &[Variant]) -> Result<(), &'static str> {
    let mut names = BTreeSet::new();
    let differ = variants.iter().all(|variant| names.insert(&variant.name));
    differ.then_some(()).ok_or("two of its variants have the same name")
}

/// The next of the widths that every ABI has.
fn wider(bits: u16) -> u16 {
    [8, 16, 32, 64, 128, 256].into_iter().find(|width| *width >= bits).unwrap_or(256)
}

fn function() -> Type {
    let fields = [Field::new("contract", Type::Address), Field::new("selector", Type::FixedBytes(4))];
    Type::Struct { name: "Function".into(), fields: fields.into() }
}

/// The value of a type that has one only.
fn only_value(ty: &Type) -> Value {
    match ty {
        Type::FixedBytes(_) => Value::bytes([]),
        Type::FixedString(_) => Value::string(""),
        Type::FixedArray(..) => Value::Array(Vec::new()),
        Type::Tuple(_) => Value::Tuple(Vec::new()),
        Type::Struct { name, .. } => Value::Struct { name: name.clone(), fields: Vec::new() },
        _ => Value::Unit,
    }
}
