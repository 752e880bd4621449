//! The result of `eth_getProof` (EIP-1186), in its JSON form, and its verification.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, U64, U256, keccak256};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{EMPTY_ROOT, KECCAK_EMPTY, ProofError, TrieAccount, verify};

/// An account and some of its storage, with the proofs of both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountProof {
    /// The account's address.
    pub address: Address,
    /// The balance in wei.
    pub balance: U256,
    /// The hash of the account's code.
    pub code_hash: B256,
    /// The nonce.
    #[serde(serialize_with = "serialize_nonce", deserialize_with = "deserialize_nonce")]
    pub nonce: u64,
    /// The root of the account's storage trie.
    pub storage_hash: B256,
    /// The nodes from the state root to the account.
    pub account_proof: Vec<Bytes>,
    /// The proofs of the slots that were asked for.
    pub storage_proof: Vec<StorageProof>,
}

/// A storage slot with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageProof {
    /// The slot, before hashing. Read from JSON it may be a number without leading zeros.
    #[serde(deserialize_with = "deserialize_slot")]
    pub key: B256,
    /// The word in the slot; zero where there is none.
    pub value: U256,
    /// The nodes from the storage root to the slot.
    pub proof: Vec<Bytes>,
}

impl AccountProof {
    /// Checks the account against a state root, and the slots against the account.
    pub fn verify(&self, state_root: B256) -> Result<(), ProofError> {
        let key = keccak256(self.address);
        let account = TrieAccount {
            nonce: self.nonce,
            balance: self.balance,
            storage_root: self.storage_hash,
            code_hash: self.code_hash,
        };
        let absent = self.may_be_absent().then(|| verify(state_root, &key, None, &self.account_proof));
        if !matches!(absent, Some(Ok(()))) {
            verify(state_root, &key, Some(&alloy_rlp::encode(account)), &self.account_proof)?;
        }
        // Some nodes report the storage root of an absent account as zero; it has no storage.
        let storage_root = if self.storage_hash.is_zero() { EMPTY_ROOT } else { self.storage_hash };
        self.storage_proof.iter().try_for_each(|slot| slot.verify(storage_root))
    }

    /// Whether the fields are those that are reported for an account that does not exist.
    fn may_be_absent(&self) -> bool {
        self.nonce == 0
            && self.balance.is_zero()
            && (self.code_hash == KECCAK_EMPTY || self.code_hash.is_zero())
            && (self.storage_hash == EMPTY_ROOT || self.storage_hash.is_zero())
    }
}

impl StorageProof {
    /// Checks the slot against the root of a storage trie.
    pub fn verify(&self, storage_root: B256) -> Result<(), ProofError> {
        let value = (!self.value.is_zero()).then(|| alloy_rlp::encode(self.value));
        verify(storage_root, &keccak256(self.key), value.as_deref(), &self.proof)
    }
}

fn serialize_nonce<S: Serializer>(nonce: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    U64::from(*nonce).serialize(serializer)
}

fn deserialize_nonce<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    U64::deserialize(deserializer).map(|nonce| nonce.to())
}

/// A slot is written as 32 bytes or as a number, by which form the request had.
fn deserialize_slot<'de, D: Deserializer<'de>>(deserializer: D) -> Result<B256, D::Error> {
    U256::deserialize(deserializer).map(B256::from)
}
