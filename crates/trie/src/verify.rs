//! Checking proofs that come from anywhere. Total: no input makes it panic, and the work is linear in the proof.

use alloc::{borrow::ToOwned, string::ToString};
use alloy_primitives::{B256, Bytes, keccak256};

use crate::{
    EMPTY_ROOT,
    codec::{Child, Decoded, NodeError, decode},
    nibbles::{KEY_NIBBLES, common_with_key, nibble},
};

/// Why a proof does not show what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// A node is not the one that the node before it, or the root, names.
    #[error("proof node {index} has the hash {found} and should have {expected}")]
    WrongHash {
        /// The position of the node in the proof, from 0.
        index: usize,
        /// The hash that was asked for.
        expected: B256,
        /// The hash of the node.
        found: B256,
    },
    /// A node is not a node of a trie over 32-byte keys.
    #[error("proof node {index} is malformed: {reason}")]
    Malformed {
        /// The position of the node in the proof, from 0.
        index: usize,
        /// What is wrong with it.
        reason: NodeError,
    },
    /// The proof ends before the key does.
    #[error("the proof ends after {nodes} nodes, and the node with the hash {expected} should follow")]
    Incomplete {
        /// The number of nodes.
        nodes: usize,
        /// The hash of the missing node.
        expected: B256,
    },
    /// There are nodes that the proof does not need.
    #[error("the proof has {nodes} nodes and needs {needed}")]
    UnusedNodes {
        /// The number of nodes.
        nodes: usize,
        /// How many of them lead to the key.
        needed: usize,
    },
    /// The proof is sound, and shows another value.
    #[error("the proof shows another value for the key: {}", found.as_ref().map_or("none".to_owned(), Bytes::to_string))]
    OtherValue {
        /// The value that the key has, or `None` if it has none.
        found: Option<Bytes>,
    },
}

/// What a node says about a key.
enum Step<'a> {
    /// The node with this hash says more.
    Follow(B256),
    /// This is the value; `None` shows that there is none.
    Done(Option<&'a [u8]>),
}

/// Checks that in the trie with this root `key` has the value `expected`, or, for `None`, that it
/// has none. The proof is as [`crate::Trie::prove`] makes it and nothing more: every node must be needed.
///
/// The empty trie is proved by no nodes, as geth does, or by the empty string, as reth does.
pub fn verify(root: B256, key: &B256, expected: Option<&[u8]>, proof: &[Bytes]) -> Result<(), ProofError> {
    let found = value_shown(root, key, proof)?;
    if found == expected {
        return Ok(());
    }
    Err(ProofError::OtherValue { found: found.map(Bytes::copy_from_slice) })
}

/// The value that a proof shows for a key.
fn value_shown<'a>(root: B256, key: &B256, proof: &'a [Bytes]) -> Result<Option<&'a [u8]>, ProofError> {
    if root == EMPTY_ROOT && proof.is_empty() {
        return Ok(None);
    }
    let mut expected = root;
    let mut depth = 0;
    for (index, rlp) in proof.iter().enumerate() {
        let found = keccak256(rlp);
        if found != expected {
            return Err(ProofError::WrongHash { index, expected, found });
        }
        match step(rlp, key, &mut depth).map_err(|reason| ProofError::Malformed { index, reason })? {
            Step::Follow(hash) => expected = hash,
            Step::Done(_) if index + 1 < proof.len() => {
                return Err(ProofError::UnusedNodes { nodes: proof.len(), needed: index + 1 });
            }
            Step::Done(value) => return Ok(value),
        }
    }
    Err(ProofError::Incomplete { nodes: proof.len(), expected })
}

/// Reads a node, and the nodes that stand in it, as far as they concern the key from `depth` on.
fn step<'a>(mut rlp: &'a [u8], key: &B256, depth: &mut usize) -> Result<Step<'a>, NodeError> {
    // Each turn continues in a part of the node, so there are fewer turns than bytes.
    loop {
        let child = match decode(rlp)? {
            Decoded::Empty if *depth == 0 => return Ok(Step::Done(None)),
            Decoded::Empty => return Err(NodeError::Shape),
            Decoded::Leaf { path, value } => {
                if *depth + path.len() != KEY_NIBBLES {
                    return Err(NodeError::Shape);
                }
                let same = common_with_key(path.as_slice(), key, *depth) == path.len();
                return Ok(Step::Done(same.then_some(value)));
            }
            Decoded::Extension { path, child } => {
                if *depth + path.len() >= KEY_NIBBLES {
                    return Err(NodeError::Shape);
                }
                if common_with_key(path.as_slice(), key, *depth) < path.len() {
                    return Ok(Step::Done(None));
                }
                *depth += path.len();
                child
            }
            Decoded::Branch { children } => {
                if *depth >= KEY_NIBBLES {
                    return Err(NodeError::Shape);
                }
                let child = children.get(usize::from(nibble(key, *depth))).copied().ok_or(NodeError::Shape)?;
                *depth += 1;
                child
            }
        };
        match child {
            Child::Empty => return Ok(Step::Done(None)),
            Child::Hash(hash) => return Ok(Step::Follow(hash)),
            Child::Inline(inner) => rlp = inner,
        }
    }
}
