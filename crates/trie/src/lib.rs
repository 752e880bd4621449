#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! Ethereum-compatible secure Merkle Patricia trie: incremental, parallel, persistent, with proofs.
//!
//! [`Trie`] maps 32-byte keys, which the caller has already hashed, to byte strings, and commits to
//! them with the root that Ethereum defines (Yellow Paper, appendix D). It keeps in memory the part
//! that was used and reads the rest from a [`NodeSource`]: rows of upper nodes by path, and leaves, from which it makes
//! the nodes that have no rows. What changed is handed out by [`Trie::take_node_updates`] to be stored by path. Proofs have the form of `eth_getProof`
//! (EIP-1186) and are checked by [`verify`], which needs no trie.
//!
//! What is left out: keys of other lengths, values in branches (they need such keys), the store
//! itself, and history.
//!
//! Without the feature `std` the crate is `no_std`.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod account;
mod arena;
mod codec;
mod edit;
mod error;
mod eth_proof;
mod hash;
mod keccak8;
mod load;
mod nibbles;
mod node;
mod prove;
mod rows;
mod source;
mod split;
mod trie;
mod verify;

use alloy_primitives::{B256, b256};

pub use account::{KECCAK_EMPTY, TrieAccount};
pub use codec::NodeError;
pub use error::TrieError;
pub use eth_proof::{AccountProof, StorageProof};
pub use rows::NodeUpdate;
pub use source::{NoNodes, NodeSource, SourceError};
pub use trie::Trie;
pub use verify::{ProofError, verify};

/// The root of a trie without keys: the Keccak-256 hash of the empty RLP string.
pub const EMPTY_ROOT: B256 = b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
