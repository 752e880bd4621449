//! Reading of the list of types.

use alloc::{boxed::Box, collections::BTreeSet, sync::Arc, vec::Vec};

use super::{
    WIRE_PARTS_MAX, WireError,
    io::{Reader, Wire, Writer, put_number},
    types::tag,
};
use crate::{
    limits::NAME_BYTES_MAX,
    types::{Field, MAX_TYPE_DEPTH, Type, Variant},
};

/// The types of the list, not yet written out.
#[derive(Default)]
pub(super) struct TypeReader {
    known: Vec<Known>,
    /// Parts of all types written out so far.
    parts: usize,
    /// How many types have been met; they are numbered in the order in which that happens.
    met: usize,
}

/// A type of the list. The numbers in it are those of types before it.
struct Known {
    shape: Shape,
    /// How many types it has, itself included, when it is written out.
    parts: usize,
    depth: usize,
}

enum Shape {
    Scalar(Type),
    Array(usize),
    FixedArray(usize, usize),
    Option(usize),
    Tuple(Vec<usize>),
    Struct(Arc<str>, Vec<(Arc<str>, usize)>),
    Enum(Arc<str>, Vec<(Arc<str>, usize)>),
    Map([usize; 2]),
}

impl Shape {
    /// The numbers of its parts in their order.
    fn parts(&self) -> Vec<usize> {
        match self {
            Self::Scalar(_) => Vec::new(),
            Self::Array(inner) | Self::FixedArray(inner, _) | Self::Option(inner) => Vec::from([*inner]),
            Self::Tuple(parts) => parts.clone(),
            Self::Struct(_, members) | Self::Enum(_, members) => members.iter().map(|(_, part)| *part).collect(),
            Self::Map(parts) => parts.to_vec(),
        }
    }
}

impl TypeReader {
    /// Reads the list.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let count = reader.number("the number of types")?;
        let mut types = Self::default();
        let mut written = BTreeSet::new();
        for _ in 0..count {
            let begin = reader.at();
            let shape = take_shape(reader, types.known.len())?;
            if !written.insert(reader.since(begin)) {
                return Err(reader.invalid("a type", "each type is written once"));
            }
            let known = types.measure(shape);
            if known.depth > MAX_TYPE_DEPTH {
                return Err(reader.invalid("a type", "it is nested deeper than 32 levels"));
            }
            types.known.push(known);
        }
        Ok(types)
    }

    fn measure(&self, shape: Shape) -> Known {
        let (mut parts, mut depth) = (1_usize, 0);
        for part in shape.parts().into_iter().filter_map(|part| self.known.get(part)) {
            parts = parts.saturating_add(part.parts);
            depth = depth.max(part.depth);
        }
        Known { shape, parts, depth: depth.saturating_add(1) }
    }

    /// Whether every type of the list is used.
    pub(super) const fn all_met(&self) -> bool {
        self.met == self.known.len()
    }

    /// Whether a type that is used now has the number that a writer would give it: parts come before wholes, and all in
    /// the order of their first use.
    fn meet(&mut self, number: usize) -> bool {
        if number < self.met {
            return true;
        }
        let parts = self.known.get(number).map(|known| known.shape.parts()).unwrap_or_default();
        let in_order = parts.into_iter().all(|part| self.meet(part)) && number == self.met;
        self.met = self.met.saturating_add(1);
        in_order
    }

    /// The type written out. Its depth was checked when it was read.
    fn written_out(&self, number: usize) -> Type {
        let inner = |number: &usize| Box::new(self.written_out(*number));
        let Some(known) = self.known.get(number) else { return Type::Unit };
        match &known.shape {
            Shape::Scalar(ty) => ty.clone(),
            Shape::Array(element) => Type::Array(inner(element)),
            Shape::FixedArray(element, length) => Type::FixedArray(inner(element), *length),
            Shape::Option(value) => Type::Option(inner(value)),
            Shape::Tuple(parts) => Type::Tuple(parts.iter().map(|part| self.written_out(*part)).collect()),
            Shape::Struct(name, members) => {
                let fields =
                    members.iter().map(|(name, part)| Field { name: name.clone(), ty: self.written_out(*part) });
                Type::Struct { name: name.clone(), fields: fields.collect() }
            }
            Shape::Enum(name, members) => {
                let variants =
                    members.iter().map(|(name, part)| Variant { name: name.clone(), payload: self.written_out(*part) });
                Type::Enum { name: name.clone(), variants: variants.collect() }
            }
            Shape::Map([key, value]) => Type::Map(inner(key), inner(value)),
        }
    }
}

impl Wire for Type {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        let number = writer.types.number(self, MAX_TYPE_DEPTH)?;
        put_number(&mut writer.out, number);
        Ok(())
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let what = "the number of a type";
        let number = reader.number(what)?;
        let Some(known) = reader.types.known.get(number) else {
            return Err(reader.invalid(what, "there is no type with this number"));
        };
        // Counted before it is written out: a list of pairs of pairs doubles with each type.
        reader.types.parts = reader.types.parts.saturating_add(known.parts);
        if reader.types.parts > WIRE_PARTS_MAX {
            return Err(WireError::TooManyParts);
        }
        if !reader.types.meet(number) {
            return Err(reader.invalid(what, "types are numbered in the order of their first use"));
        }
        Ok(reader.types.written_out(number))
    }
}

/// Reads a type whose parts have numbers below `before`.
fn take_shape(reader: &mut Reader<'_>, before: usize) -> Result<Shape, WireError> {
    Ok(match reader.byte("a type")? {
        tag::BOOL => Shape::Scalar(Type::Bool),
        tag::UINT => Shape::Scalar(Type::Uint { bits: take_width(reader)? }),
        tag::INT => Shape::Scalar(Type::Int { bits: take_width(reader)? }),
        tag::FELT => Shape::Scalar(Type::Felt),
        tag::ADDRESS => Shape::Scalar(Type::Address),
        tag::BYTES => Shape::Scalar(Type::Bytes),
        tag::FIXED_BYTES => Shape::Scalar(Type::FixedBytes(take_length(reader)?)),
        tag::STRING => Shape::Scalar(Type::String),
        tag::FIXED_STRING => Shape::Scalar(Type::FixedString(take_length(reader)?)),
        tag::ARRAY => Shape::Array(take_part(reader, before)?),
        tag::FIXED_ARRAY => {
            let length = take_length(reader)?;
            Shape::FixedArray(take_part(reader, before)?, length)
        }
        tag::OPTION => Shape::Option(take_part(reader, before)?),
        tag::TUPLE => {
            let count = take_length(reader)?;
            Shape::Tuple((0..count).map(|_| take_part(reader, before)).collect::<Result<_, _>>()?)
        }
        tag::STRUCT => Shape::Struct(take_name(reader)?, take_members(reader, before)?),
        tag::ENUM => {
            let name = take_name(reader)?;
            let members = take_members(reader, before)?;
            let mut names = BTreeSet::new();
            if !members.iter().all(|(name, _)| names.insert(name)) {
                return Err(reader.invalid("an enum", "each variant has another name"));
            }
            Shape::Enum(name, members)
        }
        tag::MAP => Shape::Map([take_part(reader, before)?, take_part(reader, before)?]),
        tag::UNIT => Shape::Scalar(Type::Unit),
        tag::FUNCTION => Shape::Scalar(Type::Function),
        _ => return Err(reader.invalid("a type", "no such kind is known")),
    })
}

/// The width of an integer in bits; it is written in bytes.
fn take_width(reader: &mut Reader<'_>) -> Result<u16, WireError> {
    let what = "the width of an integer";
    match reader.byte(what)? {
        bytes @ 1..=32 => Ok(u16::from(bytes).saturating_mul(8)),
        _ => Err(reader.invalid(what, "it is 1 to 32 bytes")),
    }
}

fn take_length(reader: &mut Reader<'_>) -> Result<usize, WireError> {
    reader.number("a length")
}

fn take_part(reader: &mut Reader<'_>, before: usize) -> Result<usize, WireError> {
    let what = "the number of a part";
    match reader.number(what)? {
        part if part < before => Ok(part),
        _ => Err(reader.invalid(what, "parts of a type stand before it")),
    }
}

fn take_name(reader: &mut Reader<'_>) -> Result<Arc<str>, WireError> {
    let name = reader.text("a name")?;
    if name.len() > NAME_BYTES_MAX {
        return Err(reader.invalid("a name", "in a type it has at most 256 bytes"));
    }
    Ok(name.into())
}

fn take_members(reader: &mut Reader<'_>, before: usize) -> Result<Vec<(Arc<str>, usize)>, WireError> {
    let count = take_length(reader)?;
    (0..count).map(|_| Ok((take_name(reader)?, take_part(reader, before)?))).collect()
}
