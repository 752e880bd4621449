//! Types that are kept as they lie in memory, with padding where the compiler puts some.
//!
//! Anchor's zero-copy accounts are `repr(C)` structs that `bytemuck` takes as bytes. `bytemuck` (its `Pod`) has no padding,
//! so that each field stands right behind the one before, as in Borsh. `bytemuckunsafe` may have some: then each field is
//! looked at, and padding becomes a field of bytes, so that Borsh reads and writes the same bytes. What has no fixed place
//! (texts, lists, options, maps) is never kept so.

use alloy_primitives::Bytes;
use serde_json::Value as Json;

use crate::{
    source::{Problem, byte_list, child, kind_of, text_or_empty},
    text::{escape, quote, shorten},
    types::{Field, Type},
};

/// The serialization of bytes, a text or a list that takes what remains of the data.
const WITHOUT_A_LENGTH: &str = "without a length";
/// The serialization of bytes that are always the same, which `constant` lists.
const CONSTANT: &str = "constant";
/// The name of a field of padding.
const PADDING: &str = "_padding";

/// How values of a type become bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Serialization {
    /// As Borsh writes them.
    Borsh,
    /// What remains of the data, without a length.
    Rest,
    /// Always these bytes.
    Constant(Bytes),
    /// As they lie in memory.
    Memory {
        /// Whether padding is possible.
        padded: bool,
        /// The alignment that the type asks for beyond that of its parts.
        align: u64,
    },
}

impl Serialization {
    /// What a definition says. One that says nothing is of Borsh.
    pub(super) fn of(definition: &Json, name: &str) -> Result<Self, Problem> {
        let given = match definition.get("serialization") {
            None | Some(Json::Null) => return Ok(Self::Borsh),
            Some(given) => given,
        };
        let repr = definition.get("repr").map_or("c", |repr| text_or_empty(repr, "kind"));
        let packed = definition.pointer("/repr/packed").and_then(Json::as_bool).unwrap_or_default();
        let align = definition.pointer("/repr/align").and_then(Json::as_u64).unwrap_or_default();
        match (given.as_str(), repr) {
            (Some("borsh"), _) => Ok(Self::Borsh),
            (Some("bytemuck"), "c" | "transparent") => Ok(Self::Memory { padded: false, align }),
            (Some("bytemuckunsafe"), "c" | "transparent") => Ok(Self::Memory { padded: !packed, align }),
            (Some("bytemuck" | "bytemuckunsafe"), _) => {
                let reason = format!("the type {} lies in memory as Rust likes, not as C does", escape(name));
                Err(Problem::inexpressible(reason))
            }
            _ => {
                let custom = given.get("custom").unwrap_or(given);
                if custom == WITHOUT_A_LENGTH {
                    return Ok(Self::Rest);
                }
                if custom == CONSTANT {
                    return Ok(Self::Constant(byte_list(child(definition, CONSTANT)?)?.into()));
                }
                let other = custom.as_str().map_or_else(|| kind_of(given), |text| quote(&shorten(text, 40)));
                let reason = format!("the type {} is serialized as {other}, not as Borsh", escape(name));
                Err(Problem::inexpressible(reason))
            }
        }
    }

    /// The type that has the same bytes in Borsh. `has_floats`: some bytes in it may be a number with a point.
    pub(super) fn arranged(self, ty: Type, name: &str, has_floats: bool) -> Result<Type, Problem> {
        let refused =
            |what: &str| Err(Problem::inexpressible(format!("the type {} {what}", quote(&shorten(name, 80)))));
        let (padded, least) = match self {
            Self::Borsh => return Ok(ty),
            Self::Rest => return Ok(Type::rest(ty)),
            Self::Constant(bytes) => return Ok(Type::Constant(bytes)),
            Self::Memory { padded, align } => (padded, align),
        };
        let mut ways = Rules::all(has_floats).into_iter().map(|rules| arranged(&ty, rules));
        let Some(Some(first)) = ways.next() else {
            return refused("lies in memory as it is, but has parts without a fixed place");
        };
        if u64::try_from(first.align).is_ok_and(|align| align < least) {
            return refused("asks for a larger alignment than its parts have");
        }
        match padded {
            false => Ok(ty),
            true if ways.all(|way| way.is_some_and(|way| way.ty == first.ty)) => Ok(first.ty),
            true => refused("has padding in memory that depends on how its numbers are aligned, which nobody says"),
        }
    }
}

/// What C leaves open, or the model does not say.
#[derive(Clone, Copy, Debug)]
struct Rules {
    /// The alignment of integers of 128 bits, by the version of the compiler.
    wide: usize,
    /// Whether 4 or 8 bytes are a number with a point.
    floats: bool,
}

impl Rules {
    /// Every way in which a type may lie.
    fn all(has_floats: bool) -> Vec<Self> {
        let floats: &[bool] = if has_floats { &[true, false] } else { &[false] };
        floats.iter().flat_map(|floats| [8, 16].map(|wide| Self { wide, floats: *floats })).collect()
    }
}

/// A type whose padding is written out, and the room that it takes in memory.
struct Arranged {
    ty: Type,
    size: usize,
    align: usize,
}

/// The arrangement of a type, or `None` where values take more or less room.
fn arranged(ty: &Type, rules: Rules) -> Option<Arranged> {
    let plain = |size, align| Some(Arranged { ty: ty.clone(), size, align });
    match ty {
        Type::Bool => plain(1, 1),
        Type::Uint { bits } | Type::Int { bits } => {
            let size = usize::from(*bits).div_ceil(8);
            plain(size, if size >= 16 { rules.wide } else { size })
        }
        Type::FixedBytes(size @ (4 | 8)) if rules.floats => plain(*size, *size),
        Type::Address => plain(32, 1),
        Type::FixedBytes(size) | Type::FixedString(size) => plain(*size, 1),
        Type::Unit => plain(0, 1),
        Type::FixedArray(element, count) => {
            let element = arranged(element, rules)?;
            let size = element.size.checked_mul(*count)?;
            Some(Arranged { ty: Type::fixed_array(element.ty, *count), size, align: element.align })
        }
        Type::Tuple(types) => {
            let (parts, size, align) = in_a_row(types.iter(), rules)?;
            let ty = Type::Tuple(parts.into_iter().map(|part| part.unwrap_or_else(Type::FixedBytes)).collect());
            Some(Arranged { ty, size, align })
        }
        Type::Struct { name, fields } => {
            let (parts, size, align) = in_a_row(fields.iter().map(|field| &field.ty), rules)?;
            let (mut own, mut paddings) = (fields.iter(), 0_usize);
            let mut arranged = Vec::with_capacity(parts.len());
            for part in parts {
                arranged.push(match part {
                    Ok(ty) => Field { name: own.next()?.name.clone(), ty },
                    Err(bytes) => Field::new(&padding_name(fields, &mut paddings), Type::FixedBytes(bytes)),
                });
            }
            Some(Arranged { ty: Type::Struct { name: name.clone(), fields: arranged }, size, align })
        }
        // A variant without values takes the byte that tells it.
        Type::Enum { variants, .. } if variants.iter().all(|variant| variant.payload == Type::Unit) => plain(1, 1),
        _ => None,
    }
}

/// A part of a struct, or bytes of padding.
type Part = Result<Type, usize>;

/// The parts with the padding between them and behind them, their size and their alignment.
fn in_a_row<'t>(types: impl Iterator<Item = &'t Type>, rules: Rules) -> Option<(Vec<Part>, usize, usize)> {
    let (mut parts, mut size, mut align) = (Vec::new(), 0_usize, 1_usize);
    let pad = |parts: &mut Vec<Part>, size: &mut usize, align: usize| {
        let padded = size.checked_next_multiple_of(align)?;
        let bytes = padded.saturating_sub(*size);
        parts.extend((bytes > 0).then_some(Err(bytes)));
        *size = padded;
        Some(())
    };
    for ty in types {
        let part = arranged(ty, rules)?;
        pad(&mut parts, &mut size, part.align)?;
        size = size.checked_add(part.size)?;
        align = align.max(part.align);
        parts.push(Ok(part.ty));
    }
    pad(&mut parts, &mut size, align)?;
    Some((parts, size, align))
}

/// A name for padding that no field has: `_padding`, `_padding2` …
fn padding_name(fields: &[Field], before: &mut usize) -> String {
    loop {
        *before = before.saturating_add(1);
        let name = if *before == 1 { PADDING.to_owned() } else { format!("{PADDING}{before}") };
        if fields.iter().all(|field| *field.name != *name) {
            return name;
        }
    }
}
