//! Borsh (specification: <https://borsh.io>), as Solana programs use it.

use alloc::vec::Vec;
use core::cmp::Ordering;

use alloy_primitives::{I256, U256};

use super::{
    form::{Form, is_usual_width, put_little, take_little, take_little_int},
    reader::Reader,
};
use crate::{
    error::CodecError,
    types::{CONSTANT_BYTES_MAX, Type},
};

/// Borsh, as Solana programs with an Anchor or Codama interface use it.
///
/// - **Call**: the function's discriminator (any length, also none) ‖ the arguments. Where several discriminators fit, the
///   longest does.
/// - **Result**: the values, without a discriminator. It is the program's return data.
/// - **Error**: the custom program error's code as four little-endian bytes, which are the error's selector; an Anchor
///   error has no fields.
/// - **Event**: what Anchor's `emit!` logs is eight bytes of discriminator ‖ the fields. As a log of all VMs it is one
///   topic, the eight bytes followed by zeros, and the fields as data. `indexed` means nothing here.
///
/// Numbers are little-endian, of 8 to 128 bits, and of 256 (Anchor's `u256`). Keys of maps are numbers, addresses, bytes,
/// texts or bools, in the order that their Rust types have. Bytes, a text or a list at the very end may stand without
/// their length.
#[derive(Clone, Copy, Debug)]
pub struct Borsh;

impl Form for Borsh {
    const NAME: &'static str = "Borsh";
    const VARIANTS_MAX: usize = 256;

    fn has_form(ty: &Type) -> bool {
        match ty {
            Type::Uint { bits } | Type::Int { bits } => is_usual_width(*bits),
            Type::Enum { variants, .. } => variants.len() <= Self::VARIANTS_MAX,
            Type::Map(key, _) => matches!(
                **key,
                Type::Bool
                    | Type::Uint { .. }
                    | Type::Int { .. }
                    | Type::Address
                    | Type::Bytes
                    | Type::FixedBytes(_)
                    | Type::String
                    | Type::FixedString(_)
            ),
            Type::Rest(inner) => matches!(**inner, Type::Bytes | Type::String | Type::Array(_)),
            Type::Constant(bytes) => bytes.len() <= CONSTANT_BYTES_MAX,
            Type::Felt | Type::Function => false,
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
        out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn take_length(reader: &mut Reader<'_>, ty: &Type) -> Result<usize, CodecError> {
        Ok(u32::from_le_bytes(reader.array(ty)?) as usize)
    }

    fn put_variant(out: &mut Vec<u8>, index: usize) {
        out.push(u8::try_from(index).unwrap_or(u8::MAX));
    }

    fn take_variant(reader: &mut Reader<'_>, ty: &Type) -> Result<U256, CodecError> {
        reader.array::<1>(ty).map(|[index]| U256::from(index))
    }

    /// The order of the Rust types: numbers by size, bytes and texts without their length.
    fn key_order(key: &Type, one: &[u8], other: &[u8]) -> Ordering {
        let content = |bytes| <[u8]>::get(bytes, 4..).unwrap_or_default();
        match key {
            Type::Uint { .. } => one.iter().rev().cmp(other.iter().rev()),
            Type::Int { .. } => {
                let sign = |bytes: &[u8]| bytes.last().is_some_and(|byte| byte >> 7 == 1);
                sign(other).cmp(&sign(one)).then_with(|| one.iter().rev().cmp(other.iter().rev()))
            }
            Type::Bytes | Type::String => content(one).cmp(content(other)),
            _ => one.cmp(other),
        }
    }
}
