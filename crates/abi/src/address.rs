//! Between the address forms of the ABIs.

use alloc::string::String;

use alloy_primitives::{Address, B256};

/// An address has no form on the other side.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AddressError(pub String);

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
