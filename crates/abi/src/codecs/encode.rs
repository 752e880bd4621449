//! Values into bytes, one after the other.

use alloc::{
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use core::{cmp::Ordering, marker::PhantomData, ops::Range};

use alloy_primitives::{Address, Bytes};

use super::{form::Form, reader::parts_max, support::unsupported};
use crate::{
    address::AddressBook,
    error::CodecError,
    text::brief,
    types::{Field, MAX_TYPE_DEPTH, Type, Variant, felt_prime},
    value::{Value, int_fits, uint_fits},
};

/// Bytes that the values probably take, so that memory is asked for once. It is exact for what Borsh writes of simple
/// values.
pub(super) fn room<'t>(types: impl Iterator<Item = &'t Type>, values: &[Value]) -> usize {
    let of = |(ty, value): (&Type, &Value)| match (ty, value) {
        (Type::Bool, _) => 1,
        (Type::Uint { bits } | Type::Int { bits }, _) => usize::from(*bits) / 8,
        (Type::FixedBytes(length) | Type::FixedString(length), _) => *length,
        (_, Value::Bytes(bytes)) => 4 + bytes.len(),
        (_, Value::String(text)) => 4 + text.len(),
        _ => 32,
    };
    types.zip(values).map(of).fold(0, usize::saturating_add)
}

/// Encodes a sequence of values behind what `out` already holds. `what` names it in the error about a wrong number.
pub(super) fn encode_sequence<'t, F: Form>(
    book: &dyn AddressBook,
    out: Vec<u8>,
    what: &dyn Fn() -> String,
    types: impl ExactSizeIterator<Item = &'t Type> + Clone,
    values: &[Value],
) -> Result<Vec<u8>, CodecError> {
    if types.len() != values.len() {
        return Err(CodecError::WrongCount { what: what(), expected: types.len(), given: values.len() });
    }
    let begin = out.len();
    let mut encoder = Encoder { book, out, parts: values.len(), form: PhantomData::<F> };
    encoder.out.reserve_exact(room(types.clone(), values));
    types.zip(values).try_for_each(|(ty, value)| encoder.value(ty, value, MAX_TYPE_DEPTH))?;
    let bytes = encoder.out.len().saturating_sub(begin);
    match encoder.parts <= parts_max(bytes) {
        true => Ok(encoder.out),
        false => Err(CodecError::TooManyParts { limit: parts_max(bytes), bytes }),
    }
}

struct Encoder<'a, F> {
    book: &'a dyn AddressBook,
    out: Vec<u8>,
    parts: usize,
    form: PhantomData<F>,
}

impl<F: Form> Encoder<'_, F> {
    fn value(&mut self, ty: &Type, value: &Value, depth_left: usize) -> Result<(), CodecError> {
        let Some(depth_left) = depth_left.checked_sub(1) else {
            return Err(CodecError::TooDeep { limit: MAX_TYPE_DEPTH });
        };
        if !F::has_form(ty) {
            return Err(unsupported::<F>(ty));
        }
        match (ty, value) {
            (Type::Bool, Value::Bool(value)) => F::put_bool(&mut self.out, *value),
            (Type::Uint { bits }, Value::Uint(n)) if uint_fits(*n, *bits) => F::put_uint(&mut self.out, *n, *bits),
            (Type::Int { bits }, Value::Int(n)) if int_fits(*n, *bits) => F::put_int(&mut self.out, *n, *bits),
            (Type::Felt, Value::Felt(n)) if *n < felt_prime() => F::put_uint(&mut self.out, *n, 252),
            (Type::Address, Value::Address(address)) => self.address(*address)?,
            (Type::Bytes, Value::Bytes(bytes)) => self.bytes(ty, bytes)?,
            (Type::String, Value::String(text)) => self.bytes(ty, text.as_bytes())?,
            (Type::FixedBytes(n), Value::Bytes(bytes)) if bytes.len() == *n => F::put_fixed(&mut self.out, bytes),
            (Type::FixedString(n), Value::String(text)) if text.len() == *n => {
                F::put_fixed(&mut self.out, text.as_bytes());
            }
            (Type::Array(inner), Value::Array(items)) => {
                self.length(ty, items.len())?;
                self.items(inner, items, depth_left)?;
            }
            (Type::FixedArray(inner, n), Value::Array(items)) if items.len() == *n => {
                self.items(inner, items, depth_left)?;
            }
            (Type::Option(inner), Value::Option(value)) => self.option(inner, value.as_deref(), depth_left)?,
            (Type::Tuple(types), Value::Tuple(values)) if types.len() == values.len() => {
                self.count(values.len());
                types.iter().zip(values).try_for_each(|(ty, value)| self.value(ty, value, depth_left))?;
            }
            (Type::Struct { name, fields }, Value::Struct { name: given, fields: values })
                if name == given && same_names(fields, values) =>
            {
                self.count(values.len());
                fields
                    .iter()
                    .zip(values)
                    .try_for_each(|(field, (_, value))| self.value(&field.ty, value, depth_left))?;
            }
            (Type::Enum { name, variants }, Value::Enum { name: given, variant, payload }) if name == given => {
                let Some((index, known)) = find_variant(variants, variant) else { return Err(refused(ty, value)) };
                self.count(1);
                F::put_variant(&mut self.out, index);
                self.value(&known.payload, payload, depth_left)?;
            }
            (Type::Map(key, value), Value::Map(entries)) => self.map(ty, key, value, entries, depth_left)?,
            (Type::Rest(inner), value) => self.rest(inner, value, depth_left)?,
            (Type::Constant(bytes), Value::Unit) => F::put_fixed(&mut self.out, bytes),
            (Type::Unit, Value::Unit) => (),
            _ => return Err(refused(ty, value)),
        }
        Ok(())
    }

    /// Bytes, a text or elements without their length.
    fn rest(&mut self, inner: &Type, value: &Value, depth_left: usize) -> Result<(), CodecError> {
        match (inner, value) {
            (Type::Bytes, Value::Bytes(bytes)) => F::put_fixed(&mut self.out, bytes),
            (Type::String, Value::String(text)) => F::put_fixed(&mut self.out, text.as_bytes()),
            (Type::Array(element), Value::Array(items)) => self.items(element, items, depth_left)?,
            _ => return Err(refused(inner, value)),
        }
        Ok(())
    }

    fn address(&mut self, address: Address) -> Result<(), CodecError> {
        let native = self.book.native(address);
        let native = native
            .map_err(|source| CodecError::Address { address: Bytes::copy_from_slice(address.as_slice()), source })?;
        F::put_native(&mut self.out, &native).map_err(|rule| CodecError::Address {
            address: Bytes::copy_from_slice(native.as_slice()),
            source: crate::address::AddressError(rule.to_string()),
        })
    }

    fn bytes(&mut self, ty: &Type, bytes: &[u8]) -> Result<(), CodecError> {
        fits_length::<F>(ty, bytes.len())?;
        F::put_bytes(&mut self.out, bytes);
        Ok(())
    }

    fn length(&mut self, ty: &Type, length: usize) -> Result<(), CodecError> {
        fits_length::<F>(ty, length)?;
        F::put_length(&mut self.out, length);
        Ok(())
    }

    fn items(&mut self, inner: &Type, items: &[Value], depth_left: usize) -> Result<(), CodecError> {
        self.count(items.len());
        items.iter().try_for_each(|item| self.value(inner, item, depth_left))
    }

    fn option(&mut self, inner: &Type, value: Option<&Value>, depth_left: usize) -> Result<(), CodecError> {
        self.count(1);
        match value {
            Some(value) => {
                F::put_variant(&mut self.out, F::SOME);
                self.value(inner, value, depth_left)
            }
            None => {
                F::put_variant(&mut self.out, 1 - F::SOME);
                Ok(())
            }
        }
    }

    /// Entries in the order of their keys, whatever order they come in.
    fn map(
        &mut self,
        ty: &Type,
        key_type: &Type,
        value_type: &Type,
        entries: &[(Value, Value)],
        depth_left: usize,
    ) -> Result<(), CodecError> {
        self.length(ty, entries.len())?;
        self.count(entries.len().saturating_mul(2));
        let begin = self.out.len();
        let mut places = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key_begin = self.out.len();
            self.value(key_type, key, depth_left)?;
            let key_end = self.out.len();
            self.value(value_type, value, depth_left)?;
            places.push(Entry { key: key_begin..key_end, end: self.out.len(), value: key });
        }
        let bytes = |range: Range<usize>| self.out.get(range).unwrap_or_default();
        let order = |one: &Entry<'_>, other: &Entry<'_>| {
            F::key_order(key_type, bytes(one.key.clone()), bytes(other.key.clone()))
        };
        if places.is_sorted_by(|one, other| order(one, other) == Ordering::Less) {
            return Ok(());
        }
        places.sort_by(order);
        if let Some([_, twice]) = places.array_windows().find(|[one, other]| order(one, other) == Ordering::Equal) {
            return Err(CodecError::RepeatedKey { ty: brief(ty), key: brief(&format_args!("{:#}", twice.value)) });
        }
        let sorted = places.iter().flat_map(|place| bytes(place.key.start..place.end)).copied().collect::<Vec<_>>();
        self.out.truncate(begin);
        self.out.extend_from_slice(&sorted);
        Ok(())
    }

    const fn count(&mut self, parts: usize) {
        self.parts = self.parts.saturating_add(parts);
    }
}

/// Where an entry of a map stands among the bytes.
struct Entry<'v> {
    key: Range<usize>,
    end: usize,
    value: &'v Value,
}

fn fits_length<F: Form>(ty: &Type, length: usize) -> Result<(), CodecError> {
    if length <= F::LENGTH_MAX {
        return Ok(());
    }
    Err(CodecError::TooLong { codec: F::NAME, ty: brief(ty), length, limit: F::LENGTH_MAX })
}

fn same_names(fields: &[Field], values: &[(Arc<str>, Value)]) -> bool {
    fields.len() == values.len() && fields.iter().zip(values).all(|(field, (name, _))| field.name == *name)
}

/// The variant of this name. A decoded value shares the name with the type, so that hardly any text is compared.
fn find_variant<'t>(variants: &'t [Variant], name: &Arc<str>) -> Option<(usize, &'t Variant)> {
    let shared = variants.iter().position(|variant| Arc::ptr_eq(&variant.name, name));
    let index = shared.or_else(|| variants.iter().position(|variant| variant.name == *name))?;
    Some((index, variants.get(index)?))
}

/// Why the value is none of the type; `check` finds the same and says it better.
#[cold]
fn refused(ty: &Type, value: &Value) -> CodecError {
    let wrong = || CodecError::WrongValue { expected: brief(ty), value: brief(&format_args!("{value:#}")) };
    value.check(ty).err().unwrap_or_else(wrong)
}
