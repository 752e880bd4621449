//! Fuel's contract ABI, encoding version 1 (specification: <https://docs.fuel.network/docs/specs/abi/>).

use alloc::{borrow::Cow, vec::Vec};

use alloy_primitives::{I256, U256};

use super::{form::Form, reader::Reader};
use crate::{error::CodecError, types::Type};

/// Fuel's ABI of encoding version 1, as Sway contracts use it.
///
/// - **Call**: the length of the function's name (eight bytes) ‖ the name ‖ the arguments. The VM passes the first two
///   and the last by different pointers; the adapter splits them.
/// - **Result**: the values, as `RETD` returns them.
/// - **Error**: the error's selector (the revert code as eight big-endian bytes) ‖ fields. Of a code of specification
///   version 1.2 the bits that say from where the contract panicked are taken as zero.
/// - **Event**: one topic, the log id in its last eight bytes, and the logged value as data. `indexed` means nothing here.
///
/// Numbers are big-endian without padding, of 8 to 64, 128 (the library's `U128`) and 256 bits, and unsigned. A length and
/// the index of a variant take eight bytes. There are no maps.
#[derive(Clone, Copy, Debug)]
pub struct Fuel;

impl Form for Fuel {
    const NAME: &'static str = "Fuel";

    fn has_form(ty: &Type) -> bool {
        match ty {
            Type::Uint { bits } => matches!(bits, 8 | 16 | 32 | 64 | 128 | 256),
            Type::Int { .. } | Type::Felt | Type::Function | Type::Map(..) => false,
            Type::Rest(_) | Type::Constant(_) => false,
            Type::Enum { variants, .. } => variants.len() <= Self::VARIANTS_MAX,
            _ => true,
        }
    }

    fn put_uint(out: &mut Vec<u8>, number: U256, bits: u16) {
        let skipped = 32_usize.saturating_sub(usize::from(bits) / 8);
        out.extend_from_slice(number.to_be_bytes::<32>().get(skipped..).unwrap_or_default());
    }

    fn take_uint(reader: &mut Reader<'_>, ty: &Type, bits: u16) -> Result<U256, CodecError> {
        reader.take(ty, usize::from(bits) / 8).map(U256::from_be_slice)
    }

    fn put_int(out: &mut Vec<u8>, number: I256, bits: u16) {
        Self::put_uint(out, number.into_raw(), bits);
    }

    fn take_int(reader: &mut Reader<'_>, ty: &Type, bits: u16) -> Result<I256, CodecError> {
        Self::take_uint(reader, ty, bits).map(|number| super::form::sign_extend(number, bits))
    }

    fn put_length(out: &mut Vec<u8>, length: usize) {
        out.extend_from_slice(&(length as u64).to_be_bytes());
    }

    fn take_length(reader: &mut Reader<'_>, ty: &Type) -> Result<usize, CodecError> {
        // A length beyond the address space is beyond the data, too.
        Ok(usize::try_from(u64::from_be_bytes(reader.array(ty)?)).unwrap_or(usize::MAX))
    }

    fn put_variant(out: &mut Vec<u8>, index: usize) {
        Self::put_length(out, index);
    }

    fn take_variant(reader: &mut Reader<'_>, ty: &Type) -> Result<U256, CodecError> {
        reader.array(ty).map(|bytes| U256::from(u64::from_be_bytes(bytes)))
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

    fn own_error(data: &[u8]) -> Cow<'_, [u8]> {
        match panic_number(data) {
            Some(number) => Cow::Owned(panic_code(number).to_be_bytes().to_vec()),
            None => Cow::Borrowed(data),
        }
    }
}

/// Where the number of an error stands in a revert code.
const PANIC_SHIFT: u32 = 55;
/// The upper half of codes that are no panic of specification 1.2: those of earlier ones, and signals of the library.
const NO_PANIC: u64 = 0xffff_ffff;

/// The revert code of the error with this number, but for the bits that say from where the contract panicked.
pub(crate) const fn panic_code(number: u8) -> u64 {
    (1 << 63) | ((number as u64) << PANIC_SHIFT)
}

/// The number of an error in a revert code of specification 1.2.
pub(crate) fn panic_number(data: &[u8]) -> Option<u8> {
    let code = u64::from_be_bytes(data.try_into().ok()?);
    let is_panic = code >> 63 == 1 && code >> 32 != NO_PANIC;
    is_panic.then(|| code.to_be_bytes()).map(|[first, second, ..]| (first << 1) | (second >> 7))
}

impl Fuel {
    /// The name with which a call begins, and the rest.
    pub(super) fn name_of(data: &[u8]) -> Option<(&[u8], &[u8])> {
        let (length, rest) = data.split_first_chunk::<8>()?;
        rest.split_at_checked(usize::try_from(u64::from_be_bytes(*length)).ok()?)
    }
}
