//! Loading blinded nodes: from their rows, or made from the leaves below them. Each is checked against the hash in its
//! parent.

use alloy_primitives::{B256, Bytes, keccak256};

use crate::{
    arena::{Arena, Holder},
    codec::{Child, Decoded, Encoder, NodeError, decode},
    error::TrieError,
    hash::hash_arenas,
    nibbles::{KEY_NIBBLES, Path},
    node::{Body, Link, Node, Reference, Slot},
    rows::read_row,
    source::{NoNodes, NodeSource},
};

/// Below a branch with no more keys than this the next node is likely to be the leaf.
const LOW_KEYS_MAX: u32 = 128;

impl Arena {
    /// Loads the blinded node in a slot, whose path is `path`, on the way to `key` if there is one.
    pub(crate) fn load(
        &mut self,
        source: &dyn NodeSource,
        holder: Holder,
        path: &Path,
        key: Option<&B256>,
    ) -> Result<u32, TrieError> {
        let Link::Hash(hash_index) = self.slot(holder).link() else { unreachable!("only blinded nodes are loaded") };
        let hash = self.hashes[hash_index as usize];
        let is_low = holder.is_none_or(|(branch, _)| self.node(branch).keys <= LOW_KEYS_MAX);
        let leaf = match key {
            Some(key) if is_low => self.load_leaf(source, path, key, hash)?,
            _ => None,
        };
        let node = match leaf {
            Some(leaf) => leaf,
            None => match fetch(source, path, hash)? {
                Some((keys, rlp)) => self.adopt(source, &rlp, path, Some((hash, keys)))?,
                None => self.rebuild(source, path, hash, key)?,
            },
        };
        self.free_hash(hash_index);
        self.set_slot(holder, Slot::node(node));
        Ok(node)
    }

    /// Adds the leaf of a key, if the node at `path` is that and the source has its value at hand.
    fn load_leaf(
        &mut self,
        source: &dyn NodeSource,
        path: &Path,
        key: &B256,
        hash: B256,
    ) -> Result<Option<u32>, TrieError> {
        let Some(value) = source.value(key).map_err(|source| TrieError::source(path, source))? else {
            return Ok(None);
        };
        let mut encoder = Encoder::default();
        let rest = Path::of_key(key, KEY_NIBBLES);
        if value.is_empty() || keccak256(encoder.leaf(&rest.as_slice()[path.len()..], &value)) != hash {
            return Ok(None);
        }
        let reference = Reference::of_hash(&hash.0);
        Ok(Some(self.add(Node { reference, saved: true, ..Node::leaf(key, &value) })))
    }

    /// Adds the node at `path` and the branches below it, made from the leaves. Of these the one of `key` comes too,
    /// of the others only the hashes.
    fn rebuild(
        &mut self,
        source: &dyn NodeSource,
        path: &Path,
        expected: B256,
        key: Option<&B256>,
    ) -> Result<u32, TrieError> {
        let leaves = source.leaves(path.as_slice()).map_err(|source| TrieError::source(path, source))?;
        let mut built = Self::new(path.len());
        for (key, value) in &leaves {
            if value.is_empty() {
                return Err(TrieError::EmptyValue { key: *key });
            }
            built.change(&NoNodes, key, Some(value))?;
        }
        let Link::Node(root) = built.root.link() else {
            return Err(TrieError::missing(path, expected));
        };
        hash_arenas(core::slice::from_mut(&mut built));
        let reference = built.node(root).reference;
        let found = reference.to_hash().unwrap_or_else(|| keccak256(reference.as_slice()));
        if found != expected {
            return Err(TrieError::corrupt(path, expected, found));
        }
        built.nodes.iter_mut().for_each(|node| node.saved = true);
        let slot = built.root;
        let slot = self.receive(&mut built, slot, path.len(), &|node: &Node, depth| match &node.body {
            Body::Leaf { key: found, .. } => depth == path.len() || key == Some(found),
            Body::Branch { .. } | Body::Free => true,
        });
        let Link::Node(node) = slot.link() else { unreachable!("the node itself is kept") };
        Ok(node)
    }

    /// Adds the node with this RLP, and the nodes that stand in it. It has a hash, a row and a number of keys, unless it
    /// stands in another node itself.
    fn adopt(
        &mut self,
        source: &dyn NodeSource,
        rlp: &[u8],
        path: &Path,
        stored: Option<(B256, u32)>,
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
        let reference = match (Reference::inline(rlp), stored) {
            (None, Some((hash, _))) => Reference::of_hash(&hash.0),
            _ => Reference::of_rlp(rlp),
        };
        let keys = stored.map_or_else(|| self.keys_in(&body), |(_, keys)| keys);
        Ok(self.add(Node { body, reference, saved: true, row: stored.is_some(), inner_row, keys }))
    }

    /// The number of keys below a node that stands in another one: all its children stand in it.
    fn keys_in(&self, body: &Body) -> u32 {
        let Body::Branch { children, .. } = body else { return 1 };
        let nodes = children.iter().filter_map(|child| match child.link() {
            Link::Node(node) => Some(self.node(node).keys),
            Link::Empty | Link::Hash(_) => None,
        });
        nodes.sum()
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
                fetched = fetch(source, &below, hash)?.ok_or_else(|| TrieError::missing(&below, hash))?;
                (&fetched.1, true)
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
}

/// Reads the row at `path` from the source and checks the hash of the node; its number of keys and its RLP.
fn fetch(source: &dyn NodeSource, path: &Path, expected: B256) -> Result<Option<(u32, Bytes)>, TrieError> {
    let Some(row) = source.node(path.as_slice()).map_err(|source| TrieError::source(path, source))? else {
        return Ok(None);
    };
    let Some((keys, rlp)) = read_row(&row) else {
        return Err(TrieError::malformed(path, NodeError::Shape));
    };
    let found = keccak256(rlp);
    if found != expected {
        return Err(TrieError::corrupt(path, expected, found));
    }
    Ok(Some((keys, row.slice_ref(rlp))))
}
