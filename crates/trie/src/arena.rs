//! A (sub)trie in memory: nodes in one vector, found by index, with free places reused.
//!
//! Here: taking and giving back places, walking to a key, dropping nodes, and moving them from one arena to another.
//! Loading is in `load`, changing keys in `edit`, hashing in `hash`, storing in `rows`.

use alloc::vec::Vec;
use alloy_primitives::B256;

use crate::{
    error::TrieError,
    nibbles::{Path, common_with_key, nibble},
    node::{Body, Link, Node, Slot},
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
    /// How many keys came, less those that went, since somebody last took this number.
    pub(crate) keys_added: i64,
    /// The number of leaves in memory.
    leaves: usize,
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
            keys_added: 0,
            leaves: 0,
        }
    }

    /// The memory that is used, in bytes; of the values of leaves only a guess.
    pub(crate) fn memory(&self) -> usize {
        // The RLP of an account is some 70 to 110 bytes, that of a word up to 33; and each is a block of memory.
        const VALUE_GUESS: usize = 80;
        self.nodes.capacity() * size_of::<Node>()
            + self.leaves * VALUE_GUESS
            + self.hashes.capacity() * size_of::<B256>()
            + (self.free_nodes.capacity() + self.free_hashes.capacity()) * size_of::<u32>()
    }

    /// The number of nodes in memory; blinded ones do not count.
    pub(crate) fn node_count(&self) -> usize {
        self.nodes.len() - self.free_nodes.len()
    }

    pub(crate) fn add(&mut self, node: Node) -> u32 {
        self.leaves += usize::from(node.is_leaf());
        if let Some(index) = self.free_nodes.pop() {
            self.nodes[index as usize] = node;
            return index;
        }
        make_room(&mut self.nodes);
        self.nodes.push(node);
        u32::try_from(self.nodes.len() - 1).expect("an arena holds fewer than 2^31 nodes")
    }

    /// Takes a node out; its place is free from now on.
    pub(crate) fn take(&mut self, index: u32) -> Node {
        self.free_nodes.push(index);
        let node = core::mem::replace(&mut self.nodes[index as usize], Node::new(Body::Free, 0));
        self.leaves -= usize::from(node.is_leaf());
        node
    }

    pub(crate) fn add_hash(&mut self, hash: B256) -> Slot {
        if let Some(index) = self.free_hashes.pop() {
            self.hashes[index as usize] = hash;
            return Slot::hash(index);
        }
        make_room(&mut self.hashes);
        self.hashes.push(hash);
        Slot::hash(u32::try_from(self.hashes.len() - 1).expect("an arena holds fewer than 2^31 hashes"))
    }

    /// Gives back the place of a hash.
    pub(crate) fn free_hash(&mut self, index: u32) {
        self.free_hashes.push(index);
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
                Link::Hash(_) => self.load(source, holder, &Path::of_key(key, depth), Some(key))?,
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
            Link::Hash(_) => self.load(source, holder, path, None).map(Some),
        }
    }

    /// Moves what is in a slot of `from`, and all below it, here. Nodes that are stored and that `keep`, asked with
    /// their depth, does not want are dropped, and only their hashes come.
    pub(crate) fn receive(
        &mut self,
        from: &mut Self,
        slot: Slot,
        depth: usize,
        keep: &impl Fn(&Node, usize) -> bool,
    ) -> Slot {
        let index = match slot.link() {
            Link::Empty => return Slot::EMPTY,
            Link::Hash(index) => return self.add_hash(from.hashes[index as usize]),
            Link::Node(index) => index,
        };
        let mut node = from.take(index);
        if let Some(hash) = node.dropped_as()
            && !keep(&node, depth)
        {
            return self.add_hash(hash);
        }
        if let Body::Branch { prefix, children } = &mut node.body {
            for child in children {
                *child = self.receive(from, *child, depth + prefix.len() + 1, keep);
            }
        }
        Slot::node(self.add(node))
    }

    /// Drops the stored nodes that `keep`, asked with their depth, does not want, and gives the memory back.
    pub(crate) fn retain(&mut self, keep: &impl Fn(&Node, usize) -> bool) {
        let mut kept = Self::new(self.base);
        kept.stale = core::mem::take(&mut self.stale);
        kept.keys_added = self.keys_added;
        let root = self.root;
        kept.root = kept.receive(self, root, self.base, keep);
        kept.nodes.shrink_to_fit();
        kept.hashes.shrink_to_fit();
        *self = kept;
    }

    /// Drops the stored nodes at depth `keep_depth` and below.
    pub(crate) fn blind(&mut self, keep_depth: usize) {
        self.retain(&|_: &Node, depth| depth < keep_depth);
    }

    /// Keeps only the hashes of stored leaves.
    pub(crate) fn drop_leaves(&mut self) {
        self.retain(&|node: &Node, _| !node.is_leaf());
    }
}

/// Room for one more. An arena of millions of nodes that grew by half or more at once would have much that it does not use.
fn make_room<T>(of: &mut Vec<T>) {
    if of.len() == of.capacity() {
        of.reserve_exact((of.len() / 8).max(16));
    }
}
