//! Accounts that are there from the beginning.

use crate::{Address, Bytes, ObjectKey, U256};
use alloc::vec::Vec;

/// An account as it goes into a state without a transaction, whatever VM it is at home in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GenesisAccount {
    /// Its canonical address.
    pub address: Address,
    /// Its balance in wei.
    pub balance: U256,
    /// Its code as callers of every VM see it; empty for an account that is no contract.
    pub code: Bytes,
    /// The objects that belong to it, such as its home record and what its VM keeps about it.
    pub objects: Vec<(ObjectKey, Bytes)>,
}
