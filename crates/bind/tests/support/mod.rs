//! What several tests need.

use hexapla_abi::{Address, AddressBook, AddressError, B256};

/// A book in which ids are addresses with zeros before them.
pub(crate) struct Padded;

impl AddressBook for Padded {
    fn canonical(&self, native: &B256) -> Result<Address, AddressError> {
        Ok(Address::from_word(*native))
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        Ok(canonical.into_word())
    }
}
