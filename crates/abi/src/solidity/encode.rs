//! Values into bytes of the Solidity ABI.

use alloc::vec::Vec;
use core::ops::Range;

use alloy_primitives::U256;

use super::{
    decode::{Layout, WORD, layout},
    names::check_supported,
};
use crate::{
    error::CodecError,
    text::brief,
    types::Type,
    value::{Value, int_fits, uint_fits},
};

/// Room for the content of an ordinary value that is dynamic.
const DYNAMIC_BYTES: usize = 128;

/// Encodes a sequence of values (arguments, results). `what` names it in the error about a wrong number of values.
pub(super) fn encode_sequence<'t>(
    what: &str,
    types: impl Iterator<Item = &'t Type> + Clone,
    values: &[Value],
) -> Result<Vec<u8>, CodecError> {
    append_sequence(&[], what, types, values)
}

/// [`encode_sequence`], behind a selector.
pub(super) fn append_sequence<'t>(
    selector: &[u8],
    what: &str,
    types: impl Iterator<Item = &'t Type> + Clone,
    values: &[Value],
) -> Result<Vec<u8>, CodecError> {
    let expected = types.clone().count();
    if expected != values.len() {
        return Err(CodecError::WrongCount { what: brief(&what), expected, given: values.len() });
    }
    types.clone().try_for_each(check_supported)?;
    // Exact where nothing is dynamic.
    let room = types.clone().map(layout).fold(selector.len(), |room, layout| {
        room.saturating_add(layout.head).saturating_add(if layout.dynamic { DYNAMIC_BYTES } else { 0 })
    });
    let mut encoder = Encoder { out: Vec::with_capacity(room) };
    encoder.out.extend_from_slice(selector);
    encoder.tail_sequence(types, values.iter())?;
    Ok(encoder.out)
}

/// A sequence has a head for each value, and behind all heads the contents of the values whose heads are offsets.
struct Encoder {
    out: Vec<u8>,
}

impl Encoder {
    /// Appends heads and contents of values of different types.
    fn tail_sequence<'t, 'v>(
        &mut self,
        types: impl Iterator<Item = &'t Type> + Clone,
        values: impl Iterator<Item = &'v Value>,
    ) -> Result<(), CodecError> {
        let heads = types.clone().map(|ty| layout(ty).head).fold(0, usize::saturating_add);
        let base = self.append_heads(heads);
        self.sequence(types, values, base, base).map(drop)
    }

    /// Fills the heads of values of different types; returns where the next head begins.
    fn sequence<'t, 'v>(
        &mut self,
        types: impl Iterator<Item = &'t Type>,
        values: impl Iterator<Item = &'v Value>,
        base: usize,
        mut head: usize,
    ) -> Result<usize, CodecError> {
        for (ty, value) in types.zip(values) {
            head = self.element(ty, value, layout(ty), base, head)?;
        }
        Ok(head)
    }

    /// Appends heads and contents of values of one type.
    fn tail_elements(&mut self, inner: &Type, items: &[Value]) -> Result<(), CodecError> {
        // Many empty lists of a large type must not cost its layout each.
        if items.is_empty() {
            return Ok(());
        }
        let layout = layout(inner);
        let base = self.append_heads(items.len().saturating_mul(layout.head));
        self.elements(inner, items, layout, base, base)
    }

    fn elements(
        &mut self,
        inner: &Type,
        items: &[Value],
        layout: Layout,
        base: usize,
        mut head: usize,
    ) -> Result<(), CodecError> {
        for item in items {
            head = self.element(inner, item, layout, base, head)?;
        }
        Ok(())
    }

    /// Fills one head; returns where the next one begins.
    fn element(
        &mut self,
        ty: &Type,
        value: &Value,
        layout: Layout,
        base: usize,
        head: usize,
    ) -> Result<usize, CodecError> {
        if layout.dynamic {
            let offset = self.out.len().saturating_sub(base);
            self.put(head, U256::from(offset).to_be_bytes::<WORD>());
            self.tail(ty, value)?;
        } else {
            self.inline(ty, value, head)?;
        }
        Ok(head.saturating_add(layout.head))
    }

    /// Appends the content of a value whose head is an offset.
    fn tail(&mut self, ty: &Type, value: &Value) -> Result<(), CodecError> {
        match (ty, value) {
            (Type::Bytes, Value::Bytes(bytes)) => self.append_bytes(bytes),
            (Type::String, Value::String(text)) => self.append_bytes(text.as_bytes()),
            (Type::Array(inner), Value::Array(items)) => {
                self.append_length(items.len());
                self.tail_elements(inner, items)?;
            }
            (Type::FixedArray(inner, n), Value::Array(items)) if items.len() == *n => {
                self.tail_elements(inner, items)?
            }
            (Type::Tuple(types), Value::Tuple(values)) if types.len() == values.len() => {
                self.tail_sequence(types.iter(), values.iter())?;
            }
            (Type::Struct { fields, .. }, Value::Struct { fields: values, .. }) if names_agree(ty, value) => {
                let types = fields.iter().map(|field| &field.ty);
                self.tail_sequence(types, values.iter().map(|(_, value)| value))?;
            }
            _ => return Err(refused(ty, value)),
        }
        Ok(())
    }

    /// Writes a value that stands in its head.
    fn inline(&mut self, ty: &Type, value: &Value, head: usize) -> Result<(), CodecError> {
        let word = match (ty, value) {
            (Type::Bool, Value::Bool(value)) => U256::from(*value).to_be_bytes(),
            (Type::Uint { bits }, Value::Uint(number)) if uint_fits(*number, *bits) => number.to_be_bytes(),
            (Type::Int { bits }, Value::Int(number)) if int_fits(*number, *bits) => number.to_be_bytes(),
            (Type::Address, Value::Address(address)) => address.into_word().0,
            (Type::FixedBytes(n), Value::Bytes(bytes)) if bytes.len() == *n => left_aligned(bytes),
            (Type::Function, Value::Function(function)) => left_aligned(function.as_slice()),
            (Type::FixedArray(inner, n), Value::Array(items)) if items.len() == *n => {
                return self.elements(inner, items, layout(inner), head, head);
            }
            (Type::Tuple(types), Value::Tuple(values)) if types.len() == values.len() => {
                return self.sequence(types.iter(), values.iter(), head, head).map(drop);
            }
            (Type::Struct { fields, .. }, Value::Struct { fields: values, .. }) if names_agree(ty, value) => {
                let types = fields.iter().map(|field| &field.ty);
                return self.sequence(types, values.iter().map(|(_, value)| value), head, head).map(drop);
            }
            _ => return Err(refused(ty, value)),
        };
        self.put(head, word);
        Ok(())
    }

    /// Appends empty heads; returns where they begin.
    fn append_heads(&mut self, bytes: usize) -> usize {
        let base = self.out.len();
        self.out.resize(base.saturating_add(bytes), 0);
        base
    }

    fn append_length(&mut self, length: usize) {
        self.out.extend_from_slice(&U256::from(length).to_be_bytes::<WORD>());
    }

    fn append_bytes(&mut self, bytes: &[u8]) {
        self.append_length(bytes.len());
        self.out.extend_from_slice(bytes);
        let padding = bytes.len().next_multiple_of(WORD).saturating_sub(bytes.len());
        self.out.resize(self.out.len().saturating_add(padding), 0);
    }

    fn put(&mut self, at: usize, word: [u8; WORD]) {
        let place: Range<usize> = at..at.saturating_add(WORD);
        // Heads are appended before they are filled.
        if let Some(place) = self.out.get_mut(place) {
            place.copy_from_slice(&word);
        }
    }
}

fn left_aligned(bytes: &[u8]) -> [u8; WORD] {
    let mut word = [0; WORD];
    word.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    word
}

fn names_agree(ty: &Type, value: &Value) -> bool {
    match (ty, value) {
        (Type::Struct { name, fields }, Value::Struct { name: given, fields: values }) => {
            name == given
                && fields.len() == values.len()
                && fields.iter().zip(values).all(|(field, (name, _))| field.name == *name)
        }
        _ => false,
    }
}

/// Why the value is none of the type.
#[cold]
fn refused(ty: &Type, value: &Value) -> CodecError {
    let wrong = || CodecError::WrongValue { expected: brief(ty), value: brief(&format_args!("{value:#}")) };
    value.check(ty).err().unwrap_or_else(wrong)
}
