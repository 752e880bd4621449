//! The key of a byte-valued piece of a VM's state.

use crate::VmId;
use alloy_primitives::{B256, Bytes, keccak256};
use serde::{Deserialize, Serialize};

/// Names one object: a Solana account, a Move resource, a Stylus activation record …
///
/// Objects live in the *column* of their VM: the storage trie of one fixed account per VM
/// ([`crate::identity::column_account`]), at slot [`ObjectKey::slot`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectKey {
    /// The column.
    pub vm: VmId,
    /// The key within the column, in the VM's own form.
    pub key: Bytes,
}

impl ObjectKey {
    /// Makes a key.
    pub fn new(vm: VmId, key: impl Into<Bytes>) -> Self {
        Self { vm, key: key.into() }
    }

    /// The storage slot in the column: keccak256 of the key.
    pub fn slot(&self) -> B256 {
        keccak256(&self.key)
    }
}
