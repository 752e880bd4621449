//! Cairo's types, with what their paths name written out.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::path::Path;
use crate::{
    interface::Abi,
    source::{Draft, Guard, Problem, label, length, list, text, text_or_empty, type_text},
    text::{quote, shorten},
    types::{Field, Type, Variant},
};

/// The structs and enums that an ABI defines.
pub(super) struct Types<'j> {
    /// By name; `None` where two types have it.
    definitions: HashMap<&'j str, Option<&'j Json>>,
    /// How many types have this last segment.
    last_segments: HashMap<&'j str, usize>,
    guard: Guard,
}

impl<'j> Types<'j> {
    pub(super) fn new(items: &'j [Json], draft: &mut Draft) -> Self {
        let mut definitions: HashMap<&'j str, Option<&'j Json>> = HashMap::new();
        let mut last_segments = HashMap::new();
        for (index, item) in items.iter().enumerate() {
            let kind @ ("struct" | "enum") = text_or_empty(item, "type") else { continue };
            let label = label(kind, index, item);
            let Some(name) = draft.item(&label, type_text(item, "name")) else { continue };
            match definitions.get(name) {
                None => {
                    definitions.insert(name, Some(item));
                    *last_segments.entry(last_segment(name)).or_default() += 1;
                }
                Some(Some(other)) if *other == item => {}
                Some(_) => {
                    draft.refuse(&label, Problem::malformed("the ABI defines two types of this name"));
                    definitions.insert(name, None);
                }
            }
        }
        Self { definitions, last_segments, guard: Guard::default() }
    }

    /// The type that the text says.
    pub(super) fn read(&mut self, text: &str) -> Result<Type, Problem> {
        self.guard.start();
        let ty = self.text(text, 0)?;
        Abi::Cairo.check_type(&ty)?;
        Ok(ty)
    }

    fn text(&mut self, text: &str, depth: usize) -> Result<Type, Problem> {
        self.resolve(&Path::parse(text)?, depth)
    }

    fn resolve(&mut self, path: &Path<'_>, depth: usize) -> Result<Type, Problem> {
        self.guard.part(depth)?;
        match path {
            Path::Tuple(items) if items.is_empty() => Ok(Type::Unit),
            Path::Tuple(items) => {
                let items = items.iter().map(|item| self.resolve(item, depth + 1));
                Ok(Type::Tuple(items.collect::<Result<_, _>>()?))
            }
            Path::Fixed(element, count) => {
                let element = self.resolve(element, depth + 1)?;
                Ok(Type::fixed_array(element, length(&Json::from(*count))?))
            }
            // Any whole number of the field's width, whatever its bounds are.
            Path::Named("core::internal::bounded_int::BoundedInt", _) => Ok(Type::Felt),
            Path::Named(name, arguments) => match (arguments.as_slice(), wrapper(name)) {
                ([inner], Some(wrap)) => {
                    let inner = self.resolve(inner, depth + 1)?;
                    Ok(wrap(inner))
                }
                ([], _) => match scalar(name) {
                    Some(scalar) => Ok(scalar),
                    None => self.defined(name, depth),
                },
                // Generic types are defined once for each use, under a name with its arguments.
                _ => self.defined(&path.to_string(), depth),
            },
        }
    }

    fn defined(&mut self, name: &str, depth: usize) -> Result<Type, Problem> {
        let shown = || quote(&shorten(name, 80));
        let definition = self.definitions.get(name).copied();
        let definition = definition
            .ok_or_else(|| Problem::inexpressible(format!("the ABI does not define the type {}", shown())))?
            .ok_or_else(|| Problem::malformed(format!("the ABI defines two types with the name {}", shown())))?;
        self.guard.open(name)?;
        let own_name = self.short_name(name).into();
        let ty = if text_or_empty(definition, "type") == "struct" {
            let fields = list(definition, "members")?.iter().map(|member| {
                let ty = self.text(type_text(member, "type")?, depth + 1)?;
                Ok(Field::new(text(member, "name")?, ty))
            });
            Type::Struct { name: own_name, fields: fields.collect::<Result<_, Problem>>()? }
        } else {
            let variants = list(definition, "variants")?.iter().map(|variant| {
                let payload = self.text(type_text(variant, "type")?, depth + 1)?;
                Ok(Variant::new(text(variant, "name")?, payload))
            });
            Type::Enum { name: own_name, variants: variants.collect::<Result<_, Problem>>()? }
        };
        self.guard.close();
        Ok(ty)
    }

    /// The last segment of a path where only one type has it, else the whole path.
    fn short_name<'n>(&self, name: &'n str) -> &'n str {
        let last = last_segment(name);
        if self.last_segments.get(last) == Some(&1) { last } else { name }
    }
}

/// `Position` of `market::types::Position::<core::felt252>`.
pub(super) fn last_segment(name: &str) -> &str {
    let (path, _) = name.split_once('<').unwrap_or((name, ""));
    let path = path.strip_suffix("::").unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}

fn wrapper(name: &str) -> Option<fn(Type) -> Type> {
    match name {
        "core::array::Array" | "core::array::Span" => Some(Type::array),
        "core::option::Option" => Some(Type::option),
        "core::box::Box" | "core::zeroable::NonZero" => Some(|inner| inner),
        _ => None,
    }
}

fn scalar(name: &str) -> Option<Type> {
    Some(match name {
        "core::bool" => Type::Bool,
        "core::integer::u8" => Type::Uint { bits: 8 },
        "core::integer::u16" => Type::Uint { bits: 16 },
        "core::integer::u32" | "core::integer::usize" => Type::Uint { bits: 32 },
        "core::integer::u64" => Type::Uint { bits: 64 },
        "core::integer::u128" => Type::Uint { bits: 128 },
        "core::integer::u256" => Type::U256,
        "core::integer::i8" => Type::Int { bits: 8 },
        "core::integer::i16" => Type::Int { bits: 16 },
        "core::integer::i32" => Type::Int { bits: 32 },
        "core::integer::i64" => Type::Int { bits: 64 },
        "core::integer::i128" => Type::Int { bits: 128 },
        "core::felt252"
        | "core::starknet::class_hash::ClassHash"
        | "core::starknet::storage_access::StorageAddress"
        | "core::starknet::storage_access::StorageBaseAddress" => Type::Felt,
        "core::starknet::contract_address::ContractAddress" => Type::Address,
        "core::starknet::eth_address::EthAddress" => Type::FixedBytes(20),
        "core::bytes_31::bytes31" => Type::FixedBytes(31),
        "core::byte_array::ByteArray" => Type::String,
        "core::starknet::secp256k1::Secp256k1Point" => point("Secp256k1Point"),
        "core::starknet::secp256r1::Secp256r1Point" => point("Secp256r1Point"),
        _ => return None,
    })
}

/// A point of a curve, as the core library writes it: both of its coordinates.
fn point(name: &str) -> Type {
    Type::Struct { name: name.into(), fields: vec![Field::new("x", Type::U256), Field::new("y", Type::U256)] }
}
