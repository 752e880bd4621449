//! Types that are kept as they lie in memory, where Borsh writes the same bytes.
//!
//! Anchor's zero-copy accounts are `repr(C)` structs that `bytemuck` takes as bytes. `bytemuck` (its `Pod`) has no padding,
//! so that each field stands right behind the one before, as in Borsh. `bytemuckunsafe` may have some: then each field is
//! looked at. What has no fixed place (texts, lists, options, maps) is never kept so.

use serde_json::Value as Json;

use crate::{
    source::{Problem, kind_of, text_or_empty},
    text::{escape, quote, shorten},
    types::Type,
};

/// How values of a type become bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Serialization {
    /// As Borsh writes them.
    Borsh,
    /// As they lie in memory. Whether padding is possible.
    Memory { padded: bool },
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
        match (given.as_str(), repr) {
            (Some("borsh"), _) => Ok(Self::Borsh),
            (Some("bytemuck"), "c" | "transparent") => Ok(Self::Memory { padded: false }),
            (Some("bytemuckunsafe"), "c" | "transparent") => Ok(Self::Memory { padded: !packed }),
            (Some("bytemuck" | "bytemuckunsafe"), _) => {
                let reason = format!("the type {} lies in memory as Rust likes, not as C does", escape(name));
                Err(Problem::inexpressible(reason))
            }
            _ => {
                let custom = given.get("custom").unwrap_or(given);
                let other = custom.as_str().map_or_else(|| kind_of(given), |text| quote(&shorten(text, 40)));
                let reason = format!("the type {} is serialized as {other}, not as Borsh", escape(name));
                Err(Problem::inexpressible(reason))
            }
        }
    }

    /// That Borsh writes the same bytes.
    pub(super) fn check(self, ty: &Type, name: &str) -> Result<(), Problem> {
        let Self::Memory { padded } = self else { return Ok(()) };
        let Some(layout) = layout_of(ty) else {
            let reason = format!(
                "the type {} lies in memory as it is, but has parts without a fixed place",
                quote(&shorten(name, 80))
            );
            return Err(Problem::inexpressible(reason));
        };
        if padded && layout.padding {
            let reason =
                format!("the type {} has padding in memory, which Borsh does not have", quote(&shorten(name, 80)));
            return Err(Problem::inexpressible(reason));
        }
        Ok(())
    }
}

/// The place that a value takes in memory.
struct Layout {
    size: usize,
    /// By the rules of C. Integers of 128 bits are aligned to 8 or to 16 bytes, by the compiler's version: what has no
    /// padding by the larger alignment has none by the smaller.
    align: usize,
    padding: bool,
}

/// The layout of a type, or `None` where values take more or less room.
fn layout_of(ty: &Type) -> Option<Layout> {
    let plain = |size, align| Some(Layout { size, align, padding: false });
    match ty {
        Type::Bool => plain(1, 1),
        Type::Uint { bits } | Type::Int { bits } => {
            let size = usize::from(*bits).div_ceil(8);
            plain(size, size.min(16))
        }
        // Numbers with a point are bytes in the model. What holds for their alignment holds for that of bytes.
        Type::FixedBytes(size @ (4 | 8)) => plain(*size, *size),
        Type::Address => plain(32, 1),
        Type::FixedBytes(size) | Type::FixedString(size) => plain(*size, 1),
        Type::Unit => plain(0, 1),
        Type::FixedArray(element, count) => {
            let element = layout_of(element)?;
            Some(Layout { size: element.size.checked_mul(*count)?, ..element })
        }
        Type::Tuple(types) => in_a_row(types.iter()),
        Type::Struct { fields, .. } => in_a_row(fields.iter().map(|field| &field.ty)),
        // A variant without values takes the byte that tells it.
        Type::Enum { variants, .. } if variants.iter().all(|variant| variant.payload == Type::Unit) => plain(1, 1),
        _ => None,
    }
}

fn in_a_row<'t>(types: impl Iterator<Item = &'t Type>) -> Option<Layout> {
    let mut whole = Layout { size: 0, align: 1, padding: false };
    for ty in types {
        let part = layout_of(ty)?;
        whole.padding |= part.padding || !whole.size.is_multiple_of(part.align);
        whole.size = whole.size.checked_add(part.size)?;
        whole.align = whole.align.max(part.align);
    }
    whole.padding |= !whole.size.is_multiple_of(whole.align);
    Some(whole)
}
