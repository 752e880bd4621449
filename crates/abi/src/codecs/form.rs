//! What makes one ABI differ from another.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::cmp::Ordering;

use alloy_primitives::{B256, I256, U256, hex};

use super::reader::Reader;
use crate::{error::CodecError, text::brief, types::Type};

/// How one ABI writes the parts of values. The walk over types and values is the same for all.
///
/// A `put_…` is called only for a type that [`has_form`](Self::has_form), with a number that fits it. A `take_…` reads
/// exactly what the `put_…` writes and refuses everything else.
pub trait Form {
    /// The ABI's name in calls' records and in errors.
    const NAME: &'static str;
    /// The index that stands for a value in an option; the other one of 0 and 1 stands for none.
    const SOME: usize = 1;
    /// Whether indexed fields of events stand in the topics, each topic being a felt.
    const KEYS_IN_TOPICS: bool = false;

    /// Whether the ABI has a form for the type itself, whatever is inside it.
    fn has_form(ty: &Type) -> bool;

    /// Writes a bool.
    fn put_bool(out: &mut Vec<u8>, value: bool) {
        out.push(u8::from(value));
    }

    /// Reads a bool.
    fn take_bool(reader: &mut Reader<'_>, ty: &Type) -> Result<bool, CodecError> {
        let at = reader.at();
        match reader.array::<1>(ty)? {
            [0] => Ok(false),
            [1] => Ok(true),
            other => Err(invalid(ty, at, &other, "it must be 0 or 1")),
        }
    }

    /// Writes an unsigned number of this many bits; a felt has 252.
    fn put_uint(out: &mut Vec<u8>, number: U256, bits: u16);

    /// Reads an unsigned number of this many bits.
    fn take_uint(reader: &mut Reader<'_>, ty: &Type, bits: u16) -> Result<U256, CodecError>;

    /// Writes a signed number of this many bits.
    fn put_int(out: &mut Vec<u8>, number: I256, bits: u16);

    /// Reads a signed number of this many bits.
    fn take_int(reader: &mut Reader<'_>, ty: &Type, bits: u16) -> Result<I256, CodecError>;

    /// Writes an account's id.
    fn put_native(out: &mut Vec<u8>, native: &B256) -> Result<(), &'static str> {
        out.extend_from_slice(native.as_slice());
        Ok(())
    }

    /// Reads an account's id.
    fn take_native(reader: &mut Reader<'_>, ty: &Type) -> Result<B256, CodecError> {
        reader.array::<32>(ty).map(B256::new)
    }

    /// The largest length that the ABI can say.
    const LENGTH_MAX: usize = u32::MAX as usize;

    /// Writes a length of at most [`LENGTH_MAX`](Self::LENGTH_MAX).
    fn put_length(out: &mut Vec<u8>, length: usize);

    /// Reads a length; whether so much follows is the caller's to check.
    fn take_length(reader: &mut Reader<'_>, ty: &Type) -> Result<usize, CodecError>;

    /// Variants that an enum has at most. A variant is looked for by its name, each time that one is encoded.
    const VARIANTS_MAX: usize = 1024;

    /// Writes the index of a variant.
    fn put_variant(out: &mut Vec<u8>, index: usize);

    /// Reads the index of a variant, as it is.
    fn take_variant(reader: &mut Reader<'_>, ty: &Type) -> Result<U256, CodecError>;

    /// Writes bytes or text of any length.
    fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
        Self::put_length(out, bytes.len());
        out.extend_from_slice(bytes);
    }

    /// Reads bytes or text of any length.
    fn take_bytes<'d>(reader: &mut Reader<'d>, ty: &Type) -> Result<Cow<'d, [u8]>, CodecError> {
        let at = reader.at();
        let length = Self::take_length(reader, ty)?;
        let available = reader.remaining();
        if length > available {
            return Err(CodecError::LengthOutOfBounds {
                ty: brief(ty),
                at,
                length: alloc::format!("{length}"),
                available,
            });
        }
        reader.take(ty, length).map(Cow::Borrowed)
    }

    /// Writes bytes or text whose length is part of the type.
    fn put_fixed(out: &mut Vec<u8>, bytes: &[u8]) {
        out.extend_from_slice(bytes);
    }

    /// Reads this many bytes.
    fn take_fixed<'d>(reader: &mut Reader<'d>, ty: &Type, length: usize) -> Result<Cow<'d, [u8]>, CodecError> {
        reader.take(ty, length).map(Cow::Borrowed)
    }

    /// The order of two encoded keys of a map.
    fn key_order(_key: &Type, one: &[u8], other: &[u8]) -> Ordering {
        one.cmp(other)
    }

    /// Writes what names the function in a call.
    fn put_selector(out: &mut Vec<u8>, selector: &[u8]) {
        out.extend_from_slice(selector);
    }

    /// The rest of a call, if it begins with what names this function.
    fn strip_selector<'d>(data: &'d [u8], selector: &[u8]) -> Option<&'d [u8]> {
        data.strip_prefix(selector)
    }

    /// What stands in a call where a function is named, to be shown in an error.
    fn shown_selector(data: &[u8]) -> &[u8] {
        data.get(..8).unwrap_or(data)
    }

    /// The data of a failure without what the chain itself adds behind the contract's own.
    fn own_error(data: &[u8]) -> Cow<'_, [u8]> {
        Cow::Borrowed(data)
    }
}

/// The error for bytes that stand for nothing of the type.
#[cold]
pub(super) fn invalid(ty: &Type, at: usize, bytes: &[u8], rule: &'static str) -> CodecError {
    let word: String = hex::encode_prefixed(bytes);
    CodecError::InvalidPart { ty: brief(ty), at, word, rule }
}

/// Writes the low bytes of a number, the lowest first.
pub(super) fn put_little(out: &mut Vec<u8>, number: U256, bits: u16) {
    let bytes = usize::from(bits) / 8;
    let [low, ..] = number.as_limbs();
    match bits {
        8 => out.push(low.to_le_bytes()[0]),
        64 => out.extend_from_slice(&low.to_le_bytes()),
        _ => out.extend_from_slice(number.to_le_bytes::<32>().get(..bytes).unwrap_or_default()),
    }
}

/// Reads a number, the lowest byte first.
pub(super) fn take_little(reader: &mut Reader<'_>, ty: &Type, bits: u16) -> Result<U256, CodecError> {
    Ok(match bits {
        8 => U256::from(reader.array::<1>(ty)?.first().copied().unwrap_or_default()),
        64 => U256::from(u64::from_le_bytes(reader.array(ty)?)),
        bits => U256::from_le_slice(reader.take(ty, usize::from(bits) / 8)?),
    })
}

/// Reads a signed number in two's complement, the lowest byte first.
pub(super) fn take_little_int(reader: &mut Reader<'_>, ty: &Type, bits: u16) -> Result<I256, CodecError> {
    Ok(sign_extend(take_little(reader, ty, bits)?, bits))
}

/// A number of this many bits in two's complement.
pub(super) fn sign_extend(number: U256, bits: u16) -> I256 {
    // An arithmetic shift fills with the sign.
    let unused = 256_usize.saturating_sub(usize::from(bits));
    I256::from_raw(number << unused).asr(unused)
}

/// Widths that the usual integer types of programming languages have, 256 among them.
pub(super) const fn is_usual_width(bits: u16) -> bool {
    matches!(bits, 8 | 16 | 32 | 64 | 128 | 256)
}
