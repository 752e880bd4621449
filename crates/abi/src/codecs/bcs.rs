//! BCS, the Binary Canonical Serialization of Move (specification: <https://docs.rs/bcs>).

use alloc::vec::Vec;

use alloy_primitives::{I256, U256};

use super::{
    form::{Form, invalid, is_usual_width, put_little, take_little, take_little_int},
    reader::Reader,
};
use crate::{error::CodecError, types::Type};

/// BCS, as Move uses it.
///
/// - **Call**: the function's name as a BCS text ‖ the arguments. Move itself takes the name and each argument's bytes
///   apart; [`encode_value`](super::StreamCodec::encode_value) gives the latter.
/// - **Result**: the values.
/// - **Error**: the error's selector (the abort code as eight little-endian bytes) ‖ fields, of which Move has none.
/// - **Event**: one topic that names its type, and the fields as data. `indexed` means nothing here.
///
/// Lengths and variants are ULEB128 in the shortest form, at most 2³¹ − 1 and 2³² − 1. A map is sorted by the bytes of
/// its keys. An option is a vector of no or one value.
#[derive(Clone, Copy, Debug)]
pub struct Bcs;

impl Form for Bcs {
    const NAME: &'static str = "BCS";
    const LENGTH_MAX: usize = i32::MAX as usize;

    fn has_form(ty: &Type) -> bool {
        match ty {
            Type::Uint { bits } | Type::Int { bits } => is_usual_width(*bits),
            Type::Felt | Type::Function | Type::Rest(_) | Type::Constant(_) => false,
            Type::Enum { variants, .. } => variants.len() <= Self::VARIANTS_MAX,
            _ => true,
        }
    }

    fn put_uint(out: &mut Vec<u8>, number: U256, bits: u16) {
        put_little(out, number, bits);
    }

    fn take_uint(reader: &mut Reader<'_>, ty: &Type, bits: u16) -> Result<U256, CodecError> {
        take_little(reader, ty, bits)
    }

    fn put_int(out: &mut Vec<u8>, number: I256, bits: u16) {
        put_little(out, number.into_raw(), bits);
    }

    fn take_int(reader: &mut Reader<'_>, ty: &Type, bits: u16) -> Result<I256, CodecError> {
        take_little_int(reader, ty, bits)
    }

    fn put_length(out: &mut Vec<u8>, length: usize) {
        // The caller has checked it against LENGTH_MAX.
        put_uleb(out, u32::try_from(length).unwrap_or(u32::MAX));
    }

    fn take_length(reader: &mut Reader<'_>, ty: &Type) -> Result<usize, CodecError> {
        let at = reader.at();
        let length = take_uleb(reader, ty)? as usize;
        match length <= Self::LENGTH_MAX {
            true => Ok(length),
            false => Err(invalid(ty, at, reader.since(at), "a length is at most 2147483647")),
        }
    }

    fn put_variant(out: &mut Vec<u8>, index: usize) {
        put_uleb(out, u32::try_from(index).unwrap_or(u32::MAX));
    }

    fn take_variant(reader: &mut Reader<'_>, ty: &Type) -> Result<U256, CodecError> {
        take_uleb(reader, ty).map(U256::from)
    }

    fn put_selector(out: &mut Vec<u8>, selector: &[u8]) {
        Self::put_bytes(out, selector);
    }

    fn strip_selector<'d>(data: &'d [u8], selector: &[u8]) -> Option<&'d [u8]> {
        let (name, rest) = Self::name_of(data)?;
        (*name == *selector).then_some(rest)
    }

    fn shown_selector(data: &[u8]) -> &[u8] {
        let mut reader = Reader::new(data);
        match Self::take_length(&mut reader, &Type::String) {
            Ok(length) => reader.take(&Type::String, length).unwrap_or(data),
            Err(_) => data,
        }
    }
}

impl Bcs {
    /// The name with which a call begins, and the rest.
    pub(super) fn name_of(data: &[u8]) -> Option<(&[u8], &[u8])> {
        let mut reader = Reader::new(data);
        let length = Self::take_length(&mut reader, &Type::String).ok()?;
        reader.rest().split_at_checked(length)
    }
}

fn put_uleb(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

fn take_uleb(reader: &mut Reader<'_>, ty: &Type) -> Result<u32, CodecError> {
    let at = reader.at();
    let mut number = 0_u64;
    for shift in [0, 7, 14, 21, 28] {
        let [byte] = reader.array::<1>(ty)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            if byte == 0 && shift > 0 {
                return Err(invalid(ty, at, reader.since(at), "a ULEB128 number has the shortest form"));
            }
            return u32::try_from(number)
                .map_err(|_| invalid(ty, at, reader.since(at), "a ULEB128 number has at most 32 bits"));
        }
    }
    Err(invalid(ty, at, reader.since(at), "a ULEB128 number has at most 32 bits"))
}
