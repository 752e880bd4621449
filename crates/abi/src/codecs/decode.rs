//! Bytes into values, one after the other.

use alloc::{
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};
use core::{cmp::Ordering, marker::PhantomData};

use alloy_primitives::{Address, Bytes};

use super::{
    form::{Form, invalid},
    reader::Reader,
    support::unsupported,
};
use crate::{
    address::AddressBook,
    error::CodecError,
    text::brief,
    types::{MAX_TYPE_DEPTH, Type},
    value::Value,
};

/// Decodes a sequence of values that takes all of the data.
pub(super) fn decode_sequence<'t, F: Form>(
    book: &dyn AddressBook,
    types: impl ExactSizeIterator<Item = &'t Type>,
    data: &[u8],
) -> Result<Vec<Value>, CodecError> {
    let mut decoder = Decoder { book, reader: Reader::new(data), form: PhantomData::<F> };
    decoder.spend(types.len())?;
    let mut values = Vec::with_capacity(types.len());
    for ty in types {
        values.push(decoder.value(ty, MAX_TYPE_DEPTH)?);
    }
    decoder.reader.finish()?;
    Ok(values)
}

/// Decodes the value with which the data begins.
pub(super) fn decode_first<F: Form>(book: &dyn AddressBook, ty: &Type, data: &[u8]) -> Result<Value, CodecError> {
    Decoder { book, reader: Reader::new(data), form: PhantomData::<F> }.value(ty, MAX_TYPE_DEPTH)
}

struct Decoder<'a, 'd, F> {
    book: &'a dyn AddressBook,
    reader: Reader<'d>,
    form: PhantomData<F>,
}

impl<F: Form> Decoder<'_, '_, F> {
    fn value(&mut self, ty: &Type, depth_left: usize) -> Result<Value, CodecError> {
        let Some(depth_left) = depth_left.checked_sub(1) else {
            return Err(CodecError::TooDeep { limit: MAX_TYPE_DEPTH });
        };
        if !F::has_form(ty) {
            return Err(unsupported::<F>(ty));
        }
        match ty {
            Type::Bool => F::take_bool(&mut self.reader, ty).map(Value::Bool),
            Type::Uint { bits } => F::take_uint(&mut self.reader, ty, *bits).map(Value::Uint),
            Type::Int { bits } => F::take_int(&mut self.reader, ty, *bits).map(Value::Int),
            Type::Felt => F::take_uint(&mut self.reader, ty, 252).map(Value::Felt),
            Type::Address => self.address(ty).map(Value::Address),
            Type::Bytes => {
                F::take_bytes(&mut self.reader, ty).map(|bytes| Value::Bytes(Bytes::from(bytes.into_owned())))
            }
            Type::FixedBytes(n) => {
                F::take_fixed(&mut self.reader, ty, *n).map(|bytes| Value::Bytes(Bytes::from(bytes.into_owned())))
            }
            Type::String => {
                let at = self.reader.at();
                text(at, F::take_bytes(&mut self.reader, ty)?.into_owned())
            }
            Type::FixedString(n) => {
                let at = self.reader.at();
                text(at, F::take_fixed(&mut self.reader, ty, *n)?.into_owned())
            }
            Type::Array(inner) => {
                let at = self.reader.at();
                let length = F::take_length(&mut self.reader, ty)?;
                self.spend_length(ty, at, length, 1)?;
                self.items(inner, length, depth_left)
            }
            Type::FixedArray(inner, length) => {
                self.spend(*length)?;
                self.items(inner, *length, depth_left)
            }
            Type::Option(inner) => self.option(ty, inner, depth_left),
            Type::Tuple(types) => {
                self.spend(types.len())?;
                let values = types.iter().map(|ty| self.value(ty, depth_left));
                values.collect::<Result<_, _>>().map(Value::Tuple)
            }
            Type::Struct { name, fields } => {
                self.spend(fields.len())?;
                let mut values = Vec::with_capacity(fields.len());
                for field in fields {
                    values.push((field.name.clone(), self.value(&field.ty, depth_left)?));
                }
                Ok(Value::Struct { name: name.clone(), fields: values })
            }
            Type::Enum { name, variants } => {
                self.spend(1)?;
                let index = self.variant(ty, variants.len())?;
                let Some(variant) = variants.get(index) else { return Err(unsupported::<F>(ty)) };
                let payload = Box::new(self.value(&variant.payload, depth_left)?);
                Ok(Value::Enum { name: name.clone(), variant: variant.name.clone(), payload })
            }
            Type::Map(key, value) => self.map(ty, key, value, depth_left),
            Type::Rest(inner) => self.rest(inner, depth_left),
            Type::Constant(bytes) => self.constant(ty, bytes),
            Type::Unit => Ok(Value::Unit),
            Type::Function => Err(unsupported::<F>(ty)),
        }
    }

    /// Counts parts, before they are made.
    fn spend(&mut self, parts: usize) -> Result<(), CodecError> {
        self.reader.spend(parts)?;
        self.pay(parts)
    }

    /// Counts the parts of a list.
    fn spend_length(&mut self, ty: &Type, at: usize, length: usize, each: usize) -> Result<(), CodecError> {
        self.reader.spend_length(ty, at, length, each)?;
        self.pay(length.saturating_mul(each))
    }

    fn pay(&self, parts: usize) -> Result<(), CodecError> {
        self.book.pay_for_parts(parts).map_err(|_| self.reader.too_many_parts())
    }

    fn address(&mut self, ty: &Type) -> Result<Address, CodecError> {
        let native = F::take_native(&mut self.reader, ty)?;
        self.book
            .canonical(&native)
            .map_err(|source| CodecError::Address { address: Bytes::copy_from_slice(native.as_slice()), source })
    }

    /// Elements whose parts are already counted.
    fn items(&mut self, inner: &Type, length: usize, depth_left: usize) -> Result<Value, CodecError> {
        let mut items = Vec::with_capacity(length.min(self.reader.remaining()));
        for _ in 0..length {
            items.push(self.value(inner, depth_left)?);
        }
        Ok(Value::Array(items))
    }

    /// Bytes that must be there.
    fn constant(&mut self, ty: &Type, expected: &[u8]) -> Result<Value, CodecError> {
        let at = self.reader.at();
        let found = self.reader.take(ty, expected.len())?;
        match found == expected {
            true => Ok(Value::Unit),
            false => Err(invalid(ty, at, found, "other bytes must stand here")),
        }
    }

    /// Bytes, a text or elements that take what remains.
    fn rest(&mut self, inner: &Type, depth_left: usize) -> Result<Value, CodecError> {
        let (at, remaining) = (self.reader.at(), self.reader.remaining());
        match inner {
            Type::Bytes => Ok(Value::Bytes(Bytes::copy_from_slice(self.reader.take(inner, remaining)?))),
            Type::String => text(at, self.reader.take(inner, remaining)?.to_vec()),
            Type::Array(element) => {
                let mut items = Vec::new();
                while self.reader.remaining() > 0 {
                    // Each element is paid for; one that takes no byte ends with the limit of parts.
                    self.spend(1)?;
                    items.push(self.value(element, depth_left)?);
                }
                Ok(Value::Array(items))
            }
            _ => Err(unsupported::<F>(inner)),
        }
    }

    fn option(&mut self, ty: &Type, inner: &Type, depth_left: usize) -> Result<Value, CodecError> {
        self.spend(1)?;
        if self.variant(ty, 2)? != F::SOME {
            return Ok(Value::Option(None));
        }
        Ok(Value::Option(Some(Box::new(self.value(inner, depth_left)?))))
    }

    /// The index of one of `count` variants.
    fn variant(&mut self, ty: &Type, count: usize) -> Result<usize, CodecError> {
        let at = self.reader.at();
        let index = F::take_variant(&mut self.reader, ty)?;
        match usize::try_from(index) {
            Ok(index) if index < count => Ok(index),
            _ => Err(CodecError::InvalidPart {
                ty: brief(ty),
                at,
                word: index.to_string(),
                rule: "it has no variant with this index",
            }),
        }
    }

    fn map(&mut self, ty: &Type, key: &Type, value: &Type, depth_left: usize) -> Result<Value, CodecError> {
        let at = self.reader.at();
        let length = F::take_length(&mut self.reader, ty)?;
        self.spend_length(ty, at, length, 2)?;
        let mut entries = Vec::with_capacity(length.min(self.reader.remaining()));
        let mut before: Option<&[u8]> = None;
        for _ in 0..length {
            let at = self.reader.at();
            let decoded = self.value(key, depth_left)?;
            let bytes = self.reader.since(at);
            if before.is_some_and(|before| F::key_order(key, before, bytes) != Ordering::Less) {
                return Err(CodecError::UnsortedKeys { ty: brief(ty), at });
            }
            before = Some(bytes);
            entries.push((decoded, self.value(value, depth_left)?));
        }
        Ok(Value::Map(entries))
    }
}

fn text(at: usize, bytes: Vec<u8>) -> Result<Value, CodecError> {
    String::from_utf8(bytes).map(Value::String).map_err(|_| CodecError::InvalidUtf8 { at })
}
