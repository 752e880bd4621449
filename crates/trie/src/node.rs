//! The nodes of the arena: leaves, and branches with the extension above them folded in.

use alloc::boxed::Box;
use alloy_primitives::{B256, keccak256};

/// Where a child is: nowhere, in the arena, or only known by its hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Slot(u32);

/// A [`Slot`], taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Link {
    /// There is no child.
    Empty,
    /// The child is the node at this index.
    Node(u32),
    /// The child is blinded: its hash is at this index, and the rest is in the node source.
    Hash(u32),
}

impl Slot {
    pub(crate) const EMPTY: Self = Self(0);

    pub(crate) fn node(index: u32) -> Self {
        Self((index + 1) << 1)
    }

    pub(crate) fn hash(index: u32) -> Self {
        Self(((index + 1) << 1) | 1)
    }

    pub(crate) fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    pub(crate) fn link(self) -> Link {
        match (self.0, self.0 & 1) {
            (0, _) => Link::Empty,
            (value, 0) => Link::Node((value >> 1) - 1),
            (value, _) => Link::Hash((value >> 1) - 1),
        }
    }
}

/// How a parent refers to a node: by its RLP if that is shorter than 32 bytes, else by the RLP of its hash.
#[derive(Clone, Copy)]
pub(crate) struct Reference {
    bytes: [u8; 33],
    /// 0 where the node has changed since it was last hashed.
    len: u8,
}

impl Reference {
    /// Not known: the node has changed.
    pub(crate) const DIRTY: Self = Self { bytes: [0; 33], len: 0 };

    pub(crate) fn of_hash(hash: &[u8; 32]) -> Self {
        let mut bytes = [0; 33];
        bytes[0] = 0xa0;
        bytes[1..].copy_from_slice(hash);
        Self { bytes, len: 33 }
    }

    /// The reference to the node with this RLP.
    pub(crate) fn of_rlp(rlp: &[u8]) -> Self {
        Self::inline(rlp).unwrap_or_else(|| Self::of_hash(&keccak256(rlp).0))
    }

    /// The reference to a node that is short enough to stand in its parent.
    pub(crate) fn inline(rlp: &[u8]) -> Option<Self> {
        let mut bytes = [0; 33];
        if rlp.len() >= 32 {
            return None;
        }
        bytes[..rlp.len()].copy_from_slice(rlp);
        Some(Self { bytes, len: rlp.len() as u8 })
    }

    pub(crate) fn is_dirty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The hash, unless the node stands in its parent or has changed.
    pub(crate) fn to_hash(self) -> Option<B256> {
        (self.len == 33).then(|| B256::from_slice(&self.bytes[1..]))
    }
}

/// What a node is.
pub(crate) enum Body {
    /// An unused place in the arena.
    Free,
    /// The end of a key. The key is kept whole, so that a leaf can move up and down unchanged.
    Leaf { key: B256, value: Box<[u8]> },
    /// A branch with at least two children, and the path of the extension above it, if it has one.
    Branch { prefix: Box<[u8]>, children: [Slot; 16] },
}

/// A node of the arena.
pub(crate) struct Node {
    pub(crate) body: Body,
    pub(crate) reference: Reference,
    /// Whether the node, and all below it, is as it was when node updates were last taken.
    /// A saved node is never dirty.
    pub(crate) saved: bool,
    /// Whether there is a stored row at the node's path.
    pub(crate) row: bool,
    /// Whether there is a second stored row, for the branch below the extension.
    pub(crate) inner_row: bool,
    /// The number of keys at and below the node.
    pub(crate) keys: u32,
}

impl Node {
    /// A node that was just made and is stored nowhere.
    pub(crate) fn new(body: Body, keys: u32) -> Self {
        Self { body, reference: Reference::DIRTY, saved: false, row: false, inner_row: false, keys }
    }

    pub(crate) fn leaf(key: &B256, value: &[u8]) -> Self {
        Self::new(Body::Leaf { key: *key, value: value.into() }, 1)
    }

    /// The hash by which the node can be found again if it is dropped: it is stored, and does not stand in its parent.
    pub(crate) fn dropped_as(&self) -> Option<B256> {
        if self.saved { self.reference.to_hash() } else { None }
    }

    pub(crate) fn is_leaf(&self) -> bool {
        matches!(self.body, Body::Leaf { .. })
    }

    /// Marks the node as changed.
    pub(crate) fn touch(&mut self) {
        self.reference = Reference::DIRTY;
        self.saved = false;
    }
}
