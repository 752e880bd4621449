//! A (sub)trie in memory: nodes in one vector, found by index, with free places reused.
//!
//! Here: taking and giving back places, loading blinded nodes, walking to a key, and moving nodes
//! from one arena to another. Changing keys is in `edit`, hashing in `hash`, storing in `rows`.

use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};

use crate::{
    codec::{Child, Decoded, NodeError, decode},
    error::TrieError,
    nibbles::{Path, common_with_key, nibble},
    node::{Body, Link, Node, Reference, Slot},
    source::NodeSource,
};

/// A part of the trie that begins at `base` nibbles below the root.
pub(crate) struct Arena {
    pub(crate) nodes: Vec<Node>,
    free_nodes: Vec<u32>,
    /// The hashes of blinded nodes. They are kept apart because most children of a loaded branch are blinded.
    pub(crate) hashes: Vec<B256>,
    free_hashes: Vec<u32>,
    pub(crate) root: Slot,
    pub(crate) base: usize,
    /// Paths of rows that were stored for nodes that are gone or have moved.
    pub(crate) stale: Vec<Path>,
    /// The branches on the way to the key of the latest [`Arena::walk`].
    pub(crate) steps: Vec<Step>,
}

/// A branch on the way to a key.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) node: u32,
    /// The depth of the node, which is where its prefix begins.
    pub(crate) depth: usize,
    /// The child that the way goes through.
    pub(crate) nibble: u8,
}

/// Where the slot of a node is: in a branch, or, as `None`, at the root of the arena.
pub(crate) type Holder = Option<(u32, u8)>;

/// What is at the end of the way to a key.
pub(crate) enum End {
    /// Nothing: the child of the last step, or the arena, is empty.
    Vacant,
    /// The leaf of the key.
    Leaf(u32),
    /// The leaf of another key.
    OtherLeaf { node: u32, depth: usize },
    /// A branch with a prefix of which only `common` nibbles agree with the key.
    OtherPrefix { node: u32, depth: usize, common: usize },
}

impl Arena {
    pub(crate) fn new(base: usize) -> Self {
        Self {
            nodes: Vec::new(),
            free_nodes: Vec::new(),
            hashes: Vec::new(),
            free_hashes: Vec::new(),
            root: Slot::EMPTY,
            base,
            stale: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// The number of nodes in memory; blinded ones do not count.
    pub(crate) fn node_count(&self) -> usize {
        self.nodes.len() - self.free_nodes.len()
    }

    pub(crate) fn add(&mut self, node: Node) -> u32 {
        if let Some(index) = self.free_nodes.pop() {
            self.nodes[index as usize] = node;
            return index;
        }
        self.nodes.push(node);
        u32::try_from(self.nodes.len() - 1).expect("an arena holds fewer than 2^31 nodes")
    }

    /// Takes a node out; its place is free from now on.
    pub(crate) fn take(&mut self, index: u32) -> Node {
        self.free_nodes.push(index);
        core::mem::replace(&mut self.nodes[index as usize], Node::new(Body::Free))
    }

    pub(crate) fn add_hash(&mut self, hash: B256) -> Slot {
        if let Some(index) = self.free_hashes.pop() {
            self.hashes[index as usize] = hash;
            return Slot::hash(index);
        }
        self.hashes.push(hash);
        Slot::hash(u32::try_from(self.hashes.len() - 1).expect("an arena holds fewer than 2^31 hashes"))
    }

    pub(crate) fn node(&self, index: u32) -> &Node {
        &self.nodes[index as usize]
    }

    pub(crate) fn node_mut(&mut self, index: u32) -> &mut Node {
        &mut self.nodes[index as usize]
    }

    /// The children of a branch; a leaf has none.
    pub(crate) fn children(&self, index: u32) -> [Slot; 16] {
        match &self.node(index).body {
            Body::Branch { children, .. } => *children,
            Body::Leaf { .. } | Body::Free => [Slot::EMPTY; 16],
        }
    }

    pub(crate) fn slot(&self, holder: Holder) -> Slot {
        match holder {
            None => self.root,
            Some((node, nibble)) => self.children(node)[usize::from(nibble)],
        }
    }

    pub(crate) fn set_slot(&mut self, holder: Holder, slot: Slot) {
        match holder {
            None => self.root = slot,
            Some((node, nibble)) => {
                if let Body::Branch { children, .. } = &mut self.node_mut(node).body {
                    children[usize::from(nibble)] = slot;
                }
            }
        }
    }

    /// Appends the reference to what is in a slot; the node there must have been hashed.
    pub(crate) fn write_reference(&self, slot: Slot, out: &mut Vec<u8>) {
        match slot.link() {
            Link::Empty => out.push(crate::codec::EMPTY_STRING),
            Link::Node(index) => out.extend_from_slice(self.node(index).reference.as_slice()),
            Link::Hash(index) => {
                out.push(0xa0);
                out.extend_from_slice(self.hashes[index as usize].as_slice());
            }
        }
    }

    /// Walks to a key, loading the nodes on the way, and notes the branches in `steps`.
    pub(crate) fn walk(&mut self, source: &dyn NodeSource, key: &B256) -> Result<End, TrieError> {
        self.steps.clear();
        let mut holder = None;
        let mut slot = self.root;
        let mut depth = self.base;
        loop {
            let node = match slot.link() {
                Link::Empty => return Ok(End::Vacant),
                Link::Node(node) => node,
                Link::Hash(_) => self.load(source, holder, &Path::of_key(key, depth))?,
            };
            match &self.nodes[node as usize].body {
                Body::Leaf { key: found, .. } if found == key => return Ok(End::Leaf(node)),
                Body::Leaf { .. } => return Ok(End::OtherLeaf { node, depth }),
                Body::Branch { prefix, children } => {
                    let common = common_with_key(prefix, key, depth);
                    if common < prefix.len() {
                        return Ok(End::OtherPrefix { node, depth, common });
                    }
                    let nibble = nibble(key, depth + common);
                    self.steps.push(Step { node, depth, nibble });
                    holder = Some((node, nibble));
                    slot = children[usize::from(nibble)];
                    depth += common + 1;
                }
                Body::Free => unreachable!("no slot leads to a free place"),
            }
        }
    }

    /// The value of a key.
    pub(crate) fn get(&mut self, source: &dyn NodeSource, key: &B256) -> Result<Option<Vec<u8>>, TrieError> {
        let End::Leaf(node) = self.walk(source, key)? else {
            return Ok(None);
        };
        match &self.node(node).body {
            Body::Leaf { value, .. } => Ok(Some(value.to_vec())),
            Body::Branch { .. } | Body::Free => Ok(None),
        }
    }

    /// Makes sure that what is in a slot is in memory; its index, or `None` if the slot is empty.
    pub(crate) fn ensure(
        &mut self,
        source: &dyn NodeSource,
        holder: Holder,
        path: &Path,
    ) -> Result<Option<u32>, TrieError> {
        match self.slot(holder).link() {
            Link::Empty => Ok(None),
            Link::Node(node) => Ok(Some(node)),
            Link::Hash(_) => self.load(source, holder, path).map(Some),
        }
    }

    /// Loads the blinded node in a slot, whose path is `path`.
    fn load(&mut self, source: &dyn NodeSource, holder: Holder, path: &Path) -> Result<u32, TrieError> {
        let Link::Hash(hash_index) = self.slot(holder).link() else { unreachable!("only blinded nodes are loaded") };
        let hash = self.hashes[hash_index as usize];
        let rlp = fetch(source, path, hash)?;
        let node = self.adopt(source, &rlp, path, Some(hash))?;
        self.free_hashes.push(hash_index);
        self.set_slot(holder, Slot::node(node));
        Ok(node)
    }

    /// Adds the node with this RLP, and the nodes that stand in it. It has a hash, and a row, unless it
    /// stands in another node itself.
    fn adopt(
        &mut self,
        source: &dyn NodeSource,
        rlp: &[u8],
        path: &Path,
        hash: Option<B256>,
    ) -> Result<u32, TrieError> {
        let malformed = |reason| TrieError::malformed(path, reason);
        let (body, inner_row) = match decode(rlp).map_err(malformed)? {
            Decoded::Leaf { path: rest, value } => {
                let mut whole = *path;
                let key = if whole.extend(rest.as_slice()) { whole.to_key() } else { None };
                let key = key.ok_or_else(|| malformed(NodeError::Shape))?;
                (Body::Leaf { key, value: value.into() }, false)
            }
            Decoded::Branch { children } => (self.adopt_branch(source, &children, path, &[])?, false),
            Decoded::Extension { path: prefix, child } => {
                self.adopt_extension(source, path, prefix.as_slice(), child)?
            }
            Decoded::Empty => return Err(malformed(NodeError::Shape)),
        };
        let reference = match (Reference::inline(rlp), hash) {
            (None, Some(hash)) => Reference::of_hash(&hash.0),
            _ => Reference::of_rlp(rlp),
        };
        Ok(self.add(Node { body, reference, saved: true, row: hash.is_some(), inner_row }))
    }

    /// The body of the branch below an extension at `path`, and whether that branch has a row.
    fn adopt_extension(
        &mut self,
        source: &dyn NodeSource,
        path: &Path,
        prefix: &[u8],
        child: Child<'_>,
    ) -> Result<(Body, bool), TrieError> {
        let malformed = |reason| TrieError::malformed(path, reason);
        let mut below = *path;
        if !below.extend(prefix) {
            return Err(malformed(NodeError::Shape));
        }
        let fetched;
        let (inner, has_row): (&[u8], bool) = match child {
            Child::Hash(hash) => {
                fetched = fetch(source, &below, hash)?;
                (&fetched, true)
            }
            Child::Inline(inner) => (inner, false),
            Child::Empty => return Err(malformed(NodeError::Child)),
        };
        let Decoded::Branch { children } = decode(inner).map_err(malformed)? else {
            return Err(malformed(NodeError::Shape));
        };
        Ok((self.adopt_branch(source, &children, &below, prefix)?, has_row))
    }

    /// The body of a branch at `path`; `prefix` is the end of the path that its extension has.
    fn adopt_branch(
        &mut self,
        source: &dyn NodeSource,
        decoded: &[Child<'_>; 16],
        path: &Path,
        prefix: &[u8],
    ) -> Result<Body, TrieError> {
        if decoded.iter().filter(|child| !matches!(child, Child::Empty)).count() < 2 {
            return Err(TrieError::malformed(path, NodeError::Shape));
        }
        let mut children = [Slot::EMPTY; 16];
        for (nibble, (slot, child)) in (0..16).zip(children.iter_mut().zip(decoded)) {
            let mut below = *path;
            if !below.push(nibble) {
                return Err(TrieError::malformed(path, NodeError::Shape));
            }
            *slot = match child {
                Child::Empty => Slot::EMPTY,
                Child::Hash(hash) => self.add_hash(*hash),
                // Recursion ends: a node within a node is shorter than it, and this one has 31 bytes at most.
                Child::Inline(rlp) => Slot::node(self.adopt(source, rlp, &below, None)?),
            };
        }
        Ok(Body::Branch { prefix: prefix.into(), children })
    }

    /// Moves what is in a slot of `from`, and all below it, here. Nodes at `keep_depth` or deeper
    /// that are stored are dropped, and only their hashes come.
    pub(crate) fn receive(&mut self, from: &mut Self, slot: Slot, depth: usize, keep_depth: usize) -> Slot {
        let index = match slot.link() {
            Link::Empty => return Slot::EMPTY,
            Link::Hash(index) => return self.add_hash(from.hashes[index as usize]),
            Link::Node(index) => index,
        };
        let mut node = from.take(index);
        if depth >= keep_depth
            && node.saved
            && node.row
            && let Some(hash) = node.reference.to_hash()
        {
            return self.add_hash(hash);
        }
        if let Body::Branch { prefix, children } = &mut node.body {
            for child in children {
                *child = self.receive(from, *child, depth + prefix.len() + 1, keep_depth);
            }
        }
        Slot::node(self.add(node))
    }
}

/// Reads the node at `path` from the source and checks its hash.
fn fetch(source: &dyn NodeSource, path: &Path, expected: B256) -> Result<alloy_primitives::Bytes, TrieError> {
    let owned = || path.as_slice().to_vec();
    let rlp = source
        .node(path.as_slice())
        .map_err(|source| TrieError::Source { path: owned(), source })?
        .ok_or_else(|| TrieError::MissingNode { path: owned(), expected })?;
    let found = keccak256(&rlp);
    if found != expected {
        return Err(TrieError::CorruptNode { path: owned(), expected, found });
    }
    Ok(rlp)
}
