//! Between the address forms of the ABIs.

use alloc::{format, string::String};

use alloy_primitives::{Address, B256, hex};

use crate::interface::Abi;

/// An address has no form on the other side.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AddressError(pub String);

impl Abi {
    /// The id of 32 bytes that a text of `0x` and hex digits says. Starknet's users leave zeros at the beginning out.
    pub fn id_in_hex(self, text: &str) -> Option<B256> {
        let digits = text.strip_prefix("0x")?;
        let shortest = if self == Self::Cairo { 1 } else { 2 * B256::len_bytes() };
        if !(shortest..=2 * B256::len_bytes()).contains(&digits.len()) {
            return None;
        }
        hex::decode(format!("{digits:0>64}")).ok().and_then(|bytes| B256::try_from(&bytes[..]).ok())
    }
}

/// Turns the 32-byte ids of an ABI into canonical addresses and back.
///
/// A [`Value::Address`](crate::Value::Address) is always the canonical 20-byte address. ABIs whose accounts have 32 bytes
/// (Solana, Move, Cairo, Fuel) need to know the way between the two, which is state; whoever builds a codec gives it.
pub trait AddressBook {
    /// The canonical address of an id of this ABI.
    fn canonical(&self, native: &B256) -> Result<Address, AddressError>;

    /// The id under which this ABI's contracts know an account.
    fn native(&self, canonical: Address) -> Result<B256, AddressError>;

    /// Asked before so many parts of values (arguments, elements, fields, entries, payloads) are made. In compact forms
    /// a part may take a bit of a byte, and becomes a word elsewhere: the length of the bytes does not pay for that. `Err`
    /// ends the decoding.
    fn pay_for_parts(&self, _parts: usize) -> Result<(), AddressError> {
        Ok(())
    }
}
