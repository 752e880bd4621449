//! Reading of the list of types.

use alloc::{boxed::Box, collections::BTreeSet, sync::Arc, vec::Vec};

use alloy_primitives::Bytes;

use super::{WIRE_PARTS_MAX, WireError, cursor::Cursor, types::tag};
use crate::{
    limits::NAME_BYTES_MAX,
    types::{CONSTANT_BYTES_MAX, Field, MAX_TYPE_DEPTH, Type, Variant},
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
    Rest(usize),
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
            Self::Array(inner) | Self::FixedArray(inner, _) | Self::Option(inner) | Self::Rest(inner) => {
                Vec::from([*inner])
            }
            Self::Tuple(parts) => parts.clone(),
            Self::Struct(_, members) | Self::Enum(_, members) => members.iter().map(|(_, part)| *part).collect(),
            Self::Map(parts) => parts.to_vec(),
        }
    }
}

impl TypeReader {
    /// Reads the list.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, WireError> {
        let count = cursor.number("the number of types")?;
        let mut types = Self::default();
        let mut written = BTreeSet::new();
        for _ in 0..count {
            let begin = cursor.at();
            let shape = take_shape(cursor, types.known.len())?;
            if !written.insert(cursor.since(begin)) {
                return Err(cursor.invalid("a type", "each type is written once"));
            }
            let known = types.measure(shape);
            if known.depth > MAX_TYPE_DEPTH {
                return Err(cursor.invalid("a type", "it is nested deeper than 32 levels"));
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

    /// Reads the number of a type, and gives the type written out.
    pub(super) fn take(&mut self, cursor: &mut Cursor<'_>) -> Result<Type, WireError> {
        let what = "the number of a type";
        let number = cursor.number(what)?;
        let Some(known) = self.known.get(number) else {
            return Err(cursor.invalid(what, "there is no type with this number"));
        };
        // Counted before it is written out: a list of pairs of pairs doubles with each type.
        self.parts = self.parts.saturating_add(known.parts);
        if self.parts > WIRE_PARTS_MAX {
            return Err(WireError::TooManyParts);
        }
        if !self.meet(number) {
            return Err(cursor.invalid(what, "types are numbered in the order of their first use"));
        }
        Ok(self.written_out(number))
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
            Shape::Rest(value) => Type::Rest(inner(value)),
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

/// Reads a type whose parts have numbers below `before`.
fn take_shape(cursor: &mut Cursor<'_>, before: usize) -> Result<Shape, WireError> {
    Ok(match cursor.byte("a type")? {
        tag::BOOL => Shape::Scalar(Type::Bool),
        tag::UINT => Shape::Scalar(Type::Uint { bits: take_width(cursor)? }),
        tag::INT => Shape::Scalar(Type::Int { bits: take_width(cursor)? }),
        tag::FELT => Shape::Scalar(Type::Felt),
        tag::ADDRESS => Shape::Scalar(Type::Address),
        tag::BYTES => Shape::Scalar(Type::Bytes),
        tag::FIXED_BYTES => Shape::Scalar(Type::FixedBytes(take_length(cursor)?)),
        tag::STRING => Shape::Scalar(Type::String),
        tag::FIXED_STRING => Shape::Scalar(Type::FixedString(take_length(cursor)?)),
        tag::ARRAY => Shape::Array(take_part(cursor, before)?),
        tag::FIXED_ARRAY => {
            let length = take_length(cursor)?;
            Shape::FixedArray(take_part(cursor, before)?, length)
        }
        tag::OPTION => Shape::Option(take_part(cursor, before)?),
        tag::REST => Shape::Rest(take_part(cursor, before)?),
        tag::TUPLE => {
            let count = take_length(cursor)?;
            Shape::Tuple((0..count).map(|_| take_part(cursor, before)).collect::<Result<_, _>>()?)
        }
        tag::STRUCT => Shape::Struct(take_name(cursor)?, take_members(cursor, before)?),
        tag::ENUM => {
            let name = take_name(cursor)?;
            let members = take_members(cursor, before)?;
            let mut names = BTreeSet::new();
            if !members.iter().all(|(name, _)| names.insert(name)) {
                return Err(cursor.invalid("an enum", "each variant has another name"));
            }
            Shape::Enum(name, members)
        }
        tag::MAP => Shape::Map([take_part(cursor, before)?, take_part(cursor, before)?]),
        tag::CONSTANT => Shape::Scalar(Type::Constant(take_constant(cursor)?)),
        tag::UNIT => Shape::Scalar(Type::Unit),
        tag::FUNCTION => Shape::Scalar(Type::Function),
        _ => return Err(cursor.invalid("a type", "no such kind is known")),
    })
}

/// The width of an integer in bits; it is written in bytes.
fn take_width(cursor: &mut Cursor<'_>) -> Result<u16, WireError> {
    let what = "the width of an integer";
    match cursor.byte(what)? {
        bytes @ 1..=32 => Ok(u16::from(bytes).saturating_mul(8)),
        _ => Err(cursor.invalid(what, "it is 1 to 32 bytes")),
    }
}

fn take_constant(cursor: &mut Cursor<'_>) -> Result<Bytes, WireError> {
    let what = "a constant";
    match cursor.number(what)? {
        length if length <= CONSTANT_BYTES_MAX => cursor.bytes(length, what).map(Bytes::copy_from_slice),
        _ => Err(cursor.invalid(what, "it has at most 256 bytes")),
    }
}

fn take_length(cursor: &mut Cursor<'_>) -> Result<usize, WireError> {
    cursor.number("a length")
}

fn take_part(cursor: &mut Cursor<'_>, before: usize) -> Result<usize, WireError> {
    let what = "the number of a part";
    match cursor.number(what)? {
        part if part < before => Ok(part),
        _ => Err(cursor.invalid(what, "parts of a type stand before it")),
    }
}

fn take_name(cursor: &mut Cursor<'_>) -> Result<Arc<str>, WireError> {
    let name = cursor.text("a name")?;
    if name.len() > NAME_BYTES_MAX {
        return Err(cursor.invalid("a name", "in a type it has at most 256 bytes"));
    }
    Ok(name.into())
}

fn take_members(cursor: &mut Cursor<'_>, before: usize) -> Result<Vec<(Arc<str>, usize)>, WireError> {
    let count = take_length(cursor)?;
    (0..count).map(|_| Ok((take_name(cursor)?, take_part(cursor, before)?))).collect()
}
