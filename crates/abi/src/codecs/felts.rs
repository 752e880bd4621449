//! Cairo's `Serde`: every value as a list of field elements
//! (specification: <https://docs.starknet.io/build/starknet-by-example/advanced/serialization>).

use alloc::{borrow::Cow, string::ToString, vec::Vec};

use alloy_primitives::{B256, I256, U256, b256, keccak256};

use super::{
    form::{Form, invalid},
    reader::Reader,
};
use crate::{
    error::CodecError,
    text::brief,
    types::{Type, felt_prime},
    value::{int_fits, uint_fits},
};

/// Bytes of a felt.
const FELT: usize = 32;
/// Bytes of text or data that one felt holds.
const WORD: usize = 31;
/// The first felt that is no address, 2²⁵¹.
const ADDRESS_END: U256 = U256::from_limbs([0, 0, 0, 1 << 59]);
/// What Starknet appends to the panic data of a contract, once for each call that the failure went through.
pub const ENTRYPOINT_FAILED: B256 = b256!("000000000000000000000000000000454e545259504f494e545f4641494c4544");

/// Cairo's `Serde`, as Starknet contracts use it. Each felt is 32 big-endian bytes, below the field's prime.
///
/// - **Call**: the selector felt ([`starknet_selector`]) ‖ the calldata.
/// - **Result**: the values.
/// - **Error**: the panic data: the error's selector (a felt, mostly a short text) ‖ fields. Felts `ENTRYPOINT_FAILED` at
///   the end are the chain's own and are left out when decoding.
/// - **Event**: the keys are the topics: the selector felt, then the felts of the fields that are `indexed`; the felts of
///   the others are the data. There may be more than four topics.
///
/// Integers to 128 bits, bools, addresses, `bytes31` (and shorter ones) and short texts take one felt, a negative number
/// being one below the prime; 256 bits take two, the low half first. `Bytes` and `String` are a `ByteArray`. `Some` has the
/// index 0 and `None` 1. There are no maps.
#[derive(Clone, Copy, Debug)]
pub struct CairoFelts;

/// The felt that names a function or an event of Starknet: the low 250 bits of the name's Keccak hash.
pub fn starknet_selector(name: &str) -> B256 {
    let mut hash = keccak256(name);
    if let Some(first) = hash.first_mut() {
        *first &= 0x03;
    }
    hash
}

impl Form for CairoFelts {
    const NAME: &'static str = "Cairo";
    const SOME: usize = 0;
    const KEYS_IN_TOPICS: bool = true;

    fn has_form(ty: &Type) -> bool {
        match ty {
            Type::Uint { bits } => matches!(bits, 8 | 16 | 32 | 64 | 128 | 256),
            Type::Int { bits } => matches!(bits, 8 | 16 | 32 | 64 | 128),
            Type::FixedBytes(n) | Type::FixedString(n) => *n <= WORD,
            Type::Map(..) | Type::Function | Type::Rest(_) | Type::Constant(_) => false,
            Type::Enum { variants, .. } => variants.len() <= Self::VARIANTS_MAX,
            _ => true,
        }
    }

    fn put_bool(out: &mut Vec<u8>, value: bool) {
        put_felt(out, U256::from(value));
    }

    fn take_bool(reader: &mut Reader<'_>, ty: &Type) -> Result<bool, CodecError> {
        take_below(reader, ty, U256::from(2), "it must be 0 or 1").map(|felt| !felt.is_zero())
    }

    fn put_uint(out: &mut Vec<u8>, number: U256, bits: u16) {
        if bits == 256 {
            put_felt(out, number & U256::from(u128::MAX));
            put_felt(out, number >> 128);
        } else {
            put_felt(out, number);
        }
    }

    fn take_uint(reader: &mut Reader<'_>, ty: &Type, bits: u16) -> Result<U256, CodecError> {
        let rule = "the number is out of range";
        if bits == 256 {
            let half = U256::ONE << 128;
            let low = take_below(reader, ty, half, "each half has 128 bits")?;
            let high = take_below(reader, ty, half, "each half has 128 bits")?;
            return Ok((high << 128) | low);
        }
        let at = reader.at();
        let felt = take_felt(reader, ty)?;
        if uint_fits(felt, bits) { Ok(felt) } else { Err(invalid(ty, at, reader.since(at), rule)) }
    }

    fn put_int(out: &mut Vec<u8>, number: I256, _bits: u16) {
        let magnitude = number.unsigned_abs();
        put_felt(out, if number.is_negative() { felt_prime() - magnitude } else { magnitude });
    }

    fn take_int(reader: &mut Reader<'_>, ty: &Type, bits: u16) -> Result<I256, CodecError> {
        let at = reader.at();
        let felt = take_felt(reader, ty)?;
        // Both fit 252 bits. The positive numbers of the type end far below the negative ones.
        let number = if felt.bit_len() <= 128 { I256::from_raw(felt) } else { -I256::from_raw(felt_prime() - felt) };
        if int_fits(number, bits) {
            return Ok(number);
        }
        Err(invalid(ty, at, reader.since(at), "the number is out of range"))
    }

    fn put_native(out: &mut Vec<u8>, native: &B256) -> Result<(), &'static str> {
        if U256::from_be_bytes(native.0) >= ADDRESS_END {
            return Err("a Starknet address is below 2^251");
        }
        out.extend_from_slice(native.as_slice());
        Ok(())
    }

    fn take_native(reader: &mut Reader<'_>, ty: &Type) -> Result<B256, CodecError> {
        take_below(reader, ty, ADDRESS_END, "a Starknet address is below 2^251").map(B256::from)
    }

    fn put_length(out: &mut Vec<u8>, length: usize) {
        put_felt(out, U256::from(length));
    }

    fn take_length(reader: &mut Reader<'_>, ty: &Type) -> Result<usize, CodecError> {
        take_below(reader, ty, U256::from(1_u64 << 32), "a length has 32 bits").map(|felt| felt.saturating_to())
    }

    fn put_variant(out: &mut Vec<u8>, index: usize) {
        put_felt(out, U256::from(index));
    }

    fn take_variant(reader: &mut Reader<'_>, ty: &Type) -> Result<U256, CodecError> {
        take_felt(reader, ty)
    }

    /// A `ByteArray`: the number of whole words, the words, the rest, the rest's length.
    fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
        let (words, pending) = bytes.as_chunks::<WORD>();
        Self::put_length(out, words.len());
        for word in words {
            Self::put_fixed(out, word);
        }
        Self::put_fixed(out, pending);
        Self::put_length(out, pending.len());
    }

    fn take_bytes<'d>(reader: &mut Reader<'d>, ty: &Type) -> Result<Cow<'d, [u8]>, CodecError> {
        let at = reader.at();
        let words = Self::take_length(reader, ty)?;
        let available = reader.remaining();
        if words > available / FELT {
            return Err(CodecError::LengthOutOfBounds { ty: brief(ty), at, length: words.to_string(), available });
        }
        let mut bytes = Vec::with_capacity(words.saturating_add(1).saturating_mul(WORD));
        for _ in 0..words {
            bytes.extend_from_slice(&Self::take_fixed(reader, ty, WORD)?);
        }
        let pending_at = reader.at();
        let pending = take_felt(reader, ty)?;
        let length_at = reader.at();
        let length = Self::take_length(reader, ty)?;
        if length >= WORD {
            return Err(invalid(ty, length_at, reader.since(length_at), "the last word has at most 30 bytes"));
        }
        if pending.byte_len() > length {
            let felt = pending.to_be_bytes::<FELT>();
            return Err(invalid(ty, pending_at, &felt, "the last word is longer than its length"));
        }
        bytes.extend(pending.to_be_bytes::<FELT>().iter().skip(FELT.saturating_sub(length)));
        Ok(Cow::Owned(bytes))
    }

    fn put_fixed(out: &mut Vec<u8>, bytes: &[u8]) {
        // The type's form has at most 31 bytes.
        let zeros = [0; FELT];
        out.extend_from_slice(zeros.get(bytes.len()..).unwrap_or_default());
        out.extend_from_slice(bytes);
    }

    fn take_fixed<'d>(reader: &mut Reader<'d>, ty: &Type, length: usize) -> Result<Cow<'d, [u8]>, CodecError> {
        let at = reader.at();
        let felt = reader.take(ty, FELT)?;
        match felt.split_at_checked(FELT.saturating_sub(length)) {
            Some((zeros, bytes)) if zeros.iter().all(|byte| *byte == 0) => Ok(Cow::Borrowed(bytes)),
            _ => Err(invalid(ty, at, felt, "the bytes before it must be zero")),
        }
    }

    fn shown_selector(data: &[u8]) -> &[u8] {
        data.get(..FELT).unwrap_or(data)
    }

    fn own_error(mut data: &[u8]) -> Cow<'_, [u8]> {
        while let Some(own) = data.strip_suffix(ENTRYPOINT_FAILED.as_slice()) {
            data = own;
        }
        Cow::Borrowed(data)
    }
}

fn put_felt(out: &mut Vec<u8>, felt: U256) {
    out.extend_from_slice(&felt.to_be_bytes::<FELT>());
}

fn take_felt(reader: &mut Reader<'_>, ty: &Type) -> Result<U256, CodecError> {
    take_below(reader, ty, felt_prime(), "a felt is below the prime of Cairo's field")
}

fn take_below(reader: &mut Reader<'_>, ty: &Type, end: U256, rule: &'static str) -> Result<U256, CodecError> {
    let at = reader.at();
    let felt = U256::from_be_bytes(reader.array::<FELT>(ty)?);
    if felt < end { Ok(felt) } else { Err(invalid(ty, at, reader.since(at), rule)) }
}
