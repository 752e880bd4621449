//! Writing of the list of types, each of them once.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    vec::Vec,
};

use super::{
    WIRE_PARTS_MAX, WireError,
    cursor::{put_bytes, put_number},
};
use crate::{
    limits::NAME_BYTES_MAX,
    types::{CONSTANT_BYTES_MAX, Type, is_integer_width},
};

/// The first byte of a type.
pub(super) mod tag {
    pub(in super::super) const BOOL: u8 = 0;
    pub(in super::super) const UINT: u8 = 1;
    pub(in super::super) const INT: u8 = 2;
    pub(in super::super) const FELT: u8 = 3;
    pub(in super::super) const ADDRESS: u8 = 4;
    pub(in super::super) const BYTES: u8 = 5;
    pub(in super::super) const FIXED_BYTES: u8 = 6;
    pub(in super::super) const STRING: u8 = 7;
    pub(in super::super) const FIXED_STRING: u8 = 8;
    pub(in super::super) const ARRAY: u8 = 9;
    pub(in super::super) const FIXED_ARRAY: u8 = 10;
    pub(in super::super) const OPTION: u8 = 11;
    pub(in super::super) const TUPLE: u8 = 12;
    pub(in super::super) const STRUCT: u8 = 13;
    pub(in super::super) const ENUM: u8 = 14;
    pub(in super::super) const MAP: u8 = 15;
    pub(in super::super) const UNIT: u8 = 16;
    pub(in super::super) const FUNCTION: u8 = 17;
    pub(in super::super) const REST: u8 = 18;
    pub(in super::super) const CONSTANT: u8 = 19;
}

/// Numbers types by the bytes that they are written with.
#[derive(Default)]
pub(super) struct TypeWriter {
    numbers: BTreeMap<Vec<u8>, usize>,
    out: Vec<u8>,
    parts: usize,
}

impl TypeWriter {
    pub(super) fn finish(self, bytes: &mut Vec<u8>) {
        put_number(bytes, self.numbers.len());
        bytes.extend_from_slice(&self.out);
    }

    /// The number of the type; it and its parts are written if they are new.
    pub(super) fn number(&mut self, ty: &Type, depth_left: usize) -> Result<usize, WireError> {
        let rule = "it is nested deeper than 32 levels";
        let depth_left = depth_left.checked_sub(1).ok_or(WireError::Type { rule })?;
        self.parts = self.parts.saturating_add(1);
        if self.parts > WIRE_PARTS_MAX {
            return Err(WireError::TooManyParts);
        }
        let entry = self.entry(ty, depth_left)?;
        if let Some(number) = self.numbers.get(&entry) {
            return Ok(*number);
        }
        self.out.extend_from_slice(&entry);
        let number = self.numbers.len();
        self.numbers.insert(entry, number);
        Ok(number)
    }

    fn entry(&mut self, ty: &Type, depth_left: usize) -> Result<Vec<u8>, WireError> {
        let mut out = Vec::new();
        let mut child = |ty: &Type| self.number(ty, depth_left);
        match ty {
            Type::Bool => out.push(tag::BOOL),
            Type::Uint { bits } => out.extend([tag::UINT, width(*bits)?]),
            Type::Int { bits } => out.extend([tag::INT, width(*bits)?]),
            Type::Felt => out.push(tag::FELT),
            Type::Address => out.push(tag::ADDRESS),
            Type::Bytes => out.push(tag::BYTES),
            Type::FixedBytes(n) => with_length(&mut out, tag::FIXED_BYTES, *n)?,
            Type::String => out.push(tag::STRING),
            Type::FixedString(n) => with_length(&mut out, tag::FIXED_STRING, *n)?,
            Type::Array(inner) => with_number(&mut out, tag::ARRAY, child(inner)?),
            Type::FixedArray(inner, n) => {
                let inner = child(inner)?;
                with_length(&mut out, tag::FIXED_ARRAY, *n)?;
                put_number(&mut out, inner);
            }
            Type::Option(inner) => with_number(&mut out, tag::OPTION, child(inner)?),
            Type::Tuple(types) => {
                let numbers = types.iter().map(child).collect::<Result<Vec<_>, _>>()?;
                with_number(&mut out, tag::TUPLE, numbers.len());
                numbers.into_iter().for_each(|number| put_number(&mut out, number));
            }
            Type::Struct { name, fields } => {
                let members = fields.iter().map(|field| Ok((&field.name, child(&field.ty)?)));
                let members = members.collect::<Result<Vec<_>, WireError>>()?;
                put_members(&mut out, tag::STRUCT, name, &members)?;
            }
            Type::Enum { name, variants } => {
                let members = variants.iter().map(|variant| Ok((&variant.name, child(&variant.payload)?)));
                let members = members.collect::<Result<Vec<_>, WireError>>()?;
                names_differ(&members)?;
                put_members(&mut out, tag::ENUM, name, &members)?;
            }
            Type::Map(key, value) => {
                let (key, value) = (child(key)?, child(value)?);
                with_number(&mut out, tag::MAP, key);
                put_number(&mut out, value);
            }
            Type::Rest(inner) => with_number(&mut out, tag::REST, child(inner)?),
            Type::Constant(bytes) => {
                if bytes.len() > CONSTANT_BYTES_MAX {
                    return Err(WireError::Type { rule: "a constant has at most 256 bytes" });
                }
                out.push(tag::CONSTANT);
                put_bytes(&mut out, bytes);
            }
            Type::Unit => out.push(tag::UNIT),
            Type::Function => out.push(tag::FUNCTION),
        }
        Ok(out)
    }
}

/// The width of an integer in bytes.
fn width(bits: u16) -> Result<u8, WireError> {
    let rule = "an integer has 8 to 256 bits in steps of 8";
    match u8::try_from(bits / 8) {
        Ok(bytes) if is_integer_width(bits) => Ok(bytes),
        _ => Err(WireError::Type { rule }),
    }
}

fn with_number(out: &mut Vec<u8>, tag: u8, number: usize) {
    out.push(tag);
    put_number(out, number);
}

fn with_length(out: &mut Vec<u8>, tag: u8, length: usize) -> Result<(), WireError> {
    if u32::try_from(length).is_err() {
        return Err(WireError::Type { rule: "a length has at most 32 bits" });
    }
    with_number(out, tag, length);
    Ok(())
}

fn put_members(out: &mut Vec<u8>, tag: u8, name: &str, members: &[(&Arc<str>, usize)]) -> Result<(), WireError> {
    out.push(tag);
    put_name(out, name)?;
    put_number(out, members.len());
    for (name, number) in members {
        put_name(out, name)?;
        put_number(out, *number);
    }
    Ok(())
}

fn put_name(out: &mut Vec<u8>, name: &str) -> Result<(), WireError> {
    if name.len() > NAME_BYTES_MAX {
        return Err(WireError::Type { rule: "a name in a type has at most 256 bytes" });
    }
    put_bytes(out, name.as_bytes());
    Ok(())
}

/// A variant is found by its name.
fn names_differ(members: &[(&Arc<str>, usize)]) -> Result<(), WireError> {
    let mut names = BTreeSet::new();
    match members.iter().all(|(name, _)| names.insert(*name)) {
        true => Ok(()),
        false => Err(WireError::Type { rule: "two variants of an enum have the same name" }),
    }
}
