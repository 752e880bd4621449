//! Where the nodes come from that are not in memory.

use alloc::boxed::Box;
use core::{error::Error, fmt};

use alloy_primitives::Bytes;

/// Stored trie nodes, by the path from the root to them.
pub trait NodeSource: Send + Sync {
    /// The RLP of the node at `path`, one nibble per byte, or `None` if there is none.
    fn node(&self, path: &[u8]) -> Result<Option<Bytes>, SourceError>;
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
