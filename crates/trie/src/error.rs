//! What can go wrong in a trie. All of it is a fault of the host or of the caller.

use alloc::vec::Vec;
use alloy_primitives::{B256, hex};

use crate::{codec::NodeError, nibbles::Path, source::SourceError};

/// Why a trie could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrieError {
    /// The store has no node where one must be.
    #[error("the trie node at path 0x{} (nibbles) is missing; its hash should be {expected}", hex::encode(path))]
    MissingNode {
        /// The path, one nibble per byte.
        path: Vec<u8>,
        /// The hash in the parent.
        expected: B256,
    },
    /// The stored node is not the one whose hash is in its parent.
    #[error(
        "the trie node at path 0x{} (nibbles) is corrupt: its hash is {found} and should be {expected}",
        hex::encode(path)
    )]
    CorruptNode {
        /// The path, one nibble per byte.
        path: Vec<u8>,
        /// The hash in the parent.
        expected: B256,
        /// The hash of the stored node.
        found: B256,
    },
    /// The stored node has the right hash and is not a node of a trie over 32-byte keys.
    #[error("the trie node at path 0x{} (nibbles) is malformed: {reason}", hex::encode(path))]
    MalformedNode {
        /// The path, one nibble per byte.
        path: Vec<u8>,
        /// What is wrong with it.
        reason: NodeError,
    },
    /// The store failed.
    #[error("the trie node at path 0x{} (nibbles) could not be read: {source}", hex::encode(path))]
    Source {
        /// The path, one nibble per byte.
        path: Vec<u8>,
        /// What the store said.
        source: SourceError,
    },
    /// A value to be set is empty; an absent key is written as `None`.
    #[error("the value for trie key {key} is empty; a key without a value must be deleted")]
    EmptyValue {
        /// The key.
        key: B256,
    },
}

impl TrieError {
    pub(crate) fn malformed(path: &Path, reason: NodeError) -> Self {
        Self::MalformedNode { path: path.as_slice().to_vec(), reason }
    }

    pub(crate) fn missing(path: &Path, expected: B256) -> Self {
        Self::MissingNode { path: path.as_slice().to_vec(), expected }
    }

    pub(crate) fn corrupt(path: &Path, expected: B256, found: B256) -> Self {
        Self::CorruptNode { path: path.as_slice().to_vec(), expected, found }
    }

    pub(crate) fn source(path: &Path, source: SourceError) -> Self {
        Self::Source { path: path.as_slice().to_vec(), source }
    }
}
