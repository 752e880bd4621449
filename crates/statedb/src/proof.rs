//! The proof of an object, and how it is checked without any state.

use hexapla_primitives::{B256, Bytes, ObjectKey, U256, identity::column_account, keccak256};
use hexapla_trie::AccountProof;
use serde::{Deserialize, Serialize};

/// The proof that an object is (or is not) in a state: an ordinary storage proof of its column, plus the object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectProof {
    /// Which object.
    pub key: ObjectKey,
    /// Its bytes; `None` proves that it does not exist.
    pub object: Option<Bytes>,
    /// Proof of the column account and of the object's slot in it.
    pub column: AccountProof,
}

impl ObjectProof {
    /// Checks the proof against a state root, without any state.
    pub fn verify(&self, root: B256) -> Result<(), ObjectProofError> {
        self.column.verify(root)?;
        let [slot] = self.column.storage_proof.as_slice() else {
            return Err(ObjectProofError::Slot);
        };
        let expected = self.object.as_ref().map_or(U256::ZERO, |object| keccak256(object).into());
        if self.column.address != column_account(self.key.vm) || slot.key != self.key.slot() {
            return Err(ObjectProofError::Slot);
        }
        if slot.value == expected { Ok(()) } else { Err(ObjectProofError::Object) }
    }
}

/// An object proof does not hold.
#[derive(Debug, thiserror::Error)]
pub enum ObjectProofError {
    /// The column's proof does not hold.
    #[error(transparent)]
    Column(#[from] hexapla_trie::ProofError),
    /// The proof is about something else.
    #[error("the proof is not about this object: its column account or slot differs from the one the key gives")]
    Slot,
    /// The bytes are not those that were proved.
    #[error("the object's keccak256 differs from the proved one")]
    Object,
}
