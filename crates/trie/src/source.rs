//! Where the nodes come from that are not in memory.

use alloc::{boxed::Box, vec::Vec};
use core::{error::Error, fmt};

use alloy_primitives::{B256, Bytes};

/// What is stored of a trie: rows of nodes, and the leaves. Nodes and leaves are checked by hashes. How many keys a row
/// says that there are is not: where that is wrong, later rows are left behind or missing, and found to be corrupt when
/// they are read, but no root and no proof is wrong.
pub trait NodeSource: Send + Sync {
    /// The row at `path`, one nibble per byte, as [`Trie::take_node_updates`](crate::Trie::take_node_updates) gave it;
    /// `None` if there is none.
    fn node(&self, path: &[u8]) -> Result<Option<Bytes>, SourceError>;

    /// The keys that begin with `path` and their values: what a node without a row is made from.
    fn leaves(&self, path: &[u8]) -> Result<Vec<(B256, Vec<u8>)>, SourceError> {
        let _ = path;
        Ok(Vec::new())
    }

    /// The stored value of a key, where it can be had for less than a range of leaves. The trie asks for it where it
    /// expects the leaf of the key, and takes it only if it has the expected hash. Only for a source in which leaves have
    /// no rows: [`Trie::take_node_updates`](crate::Trie::take_node_updates) with a number of keys.
    fn value(&self, key: &B256) -> Result<Option<Vec<u8>>, SourceError> {
        let _ = key;
        Ok(None)
    }
}

/// A source without any node, for a trie that is wholly in memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNodes;

impl NodeSource for NoNodes {
    fn node(&self, _path: &[u8]) -> Result<Option<Bytes>, SourceError> {
        Ok(None)
    }
}

/// Why a source could not answer: the error of the store behind it.
#[derive(Debug)]
pub struct SourceError(pub Box<dyn Error + Send + Sync>);

impl SourceError {
    /// Wraps the error of a store.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Error for SourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
