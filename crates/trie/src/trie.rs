//! The trie as its users see it: one arena while it is small, 256 subtries when it is large.

use alloc::{boxed::Box, vec::Vec};
use alloy_primitives::{B256, Bytes, keccak256};

use crate::{
    EMPTY_ROOT,
    arena::Arena,
    error::TrieError,
    hash::hash_arenas,
    nibbles::Path,
    node::Link,
    rows::{NodeUpdate, settle},
    source::NodeSource,
    split::{Change, Split, change_all},
};

/// A trie in one arena with this many nodes in memory is split. Hashed keys are spread evenly, so
/// by then all branches of the two top levels are there.
const SPLIT_NODES_MIN: usize = 8192;

/// A batch of this many changes makes it worth to split the trie first.
const SPLIT_CHANGES_MIN: usize = 4096;

/// A split trie of which fewer nodes stay in memory when it is blinded is joined.
const JOIN_NODES_MAX: usize = 1024;

/// A secure Merkle Patricia trie over 32-byte keys, with as much of it in memory as was used.
///
/// The keys must be hashes, as in Ethereum: the trie does not hash them, and keys that someone can
/// choose make it deep. Values are RLP there; here they are any non-empty bytes.
///
/// What is loaded stays until [`Trie::blind`] drops it.
pub struct Trie {
    form: Form,
    /// The number of changes since the root was last computed.
    pending: usize,
    /// The root, if nothing has changed since it was computed.
    root: Option<B256>,
}

enum Form {
    One(Box<Arena>),
    Split(Box<Split>),
}

impl Default for Trie {
    fn default() -> Self {
        Self::empty()
    }
}

impl Trie {
    /// A trie without keys.
    pub fn empty() -> Self {
        Self::one(Arena::new(0), EMPTY_ROOT)
    }

    /// The trie with this root, of which nothing is in memory yet. Nodes are loaded when they are
    /// needed, and each is checked against the hash in its parent.
    pub fn at_root(root: B256) -> Self {
        let mut arena = Arena::new(0);
        if root != EMPTY_ROOT {
            arena.root = arena.add_hash(root);
        }
        Self::one(arena, root)
    }

    fn one(arena: Arena, root: B256) -> Self {
        Self { form: Form::One(Box::new(arena)), pending: 0, root: Some(root) }
    }

    /// Sets keys to values and deletes keys (`None`); of two changes of one key the later wins.
    ///
    /// On [`TrieError::EmptyValue`] nothing has changed. On every other error an unspecified part of the
    /// changes is made: apply the same changes again once the source works, or drop the trie.
    pub fn apply(&mut self, source: &dyn NodeSource, changes: &[(B256, Option<Vec<u8>>)]) -> Result<(), TrieError> {
        let changes = in_order(changes)?;
        if changes.is_empty() {
            return Ok(());
        }
        self.root = None;
        self.pending += changes.len();
        if changes.len() >= SPLIT_CHANGES_MIN {
            self.split(source)?;
        }
        match &mut self.form {
            Form::One(arena) => {
                change_all(arena, source, &changes)?;
                if arena.node_count() >= SPLIT_NODES_MIN {
                    self.split(source)?;
                }
            }
            Form::Split(split) => split.apply(source, &changes)?,
        }
        self.join_if_broken(source)
    }

    /// Splits the trie into subtries, if it has the shape for that or no keys at all.
    fn split(&mut self, source: &dyn NodeSource) -> Result<(), TrieError> {
        let Form::One(arena) = &mut self.form else {
            return Ok(());
        };
        if arena.root.is_empty() {
            let mut split = Split::empty();
            split.inherit_stale(arena);
            self.form = Form::Split(Box::new(split));
        } else if Split::fits(arena, source)? {
            let whole = core::mem::replace(&mut **arena, Arena::new(0));
            self.form = Form::Split(Box::new(Split::from_whole(whole)));
        }
        Ok(())
    }

    /// Joins the subtries when the two levels above them are no longer all branches.
    fn join_if_broken(&mut self, source: &dyn NodeSource) -> Result<(), TrieError> {
        if let Form::Split(split) = &mut self.form
            && !split.is_whole()
        {
            self.form = Form::One(Box::new(split.join(source)?));
        }
        Ok(())
    }

    /// The root. Hashes what has changed since it was last asked for, on all threads of rayon's
    /// current pool if that is much and the feature `parallel` is on; the root is the same on any number.
    pub fn root(&mut self) -> B256 {
        if let Some(root) = self.root {
            return root;
        }
        let arena = match &mut self.form {
            Form::One(arena) => {
                hash_arenas(core::slice::from_mut(&mut **arena));
                &**arena
            }
            Form::Split(split) => {
                split.hash(self.pending);
                split.top()
            }
        };
        let root = match arena.root.link() {
            Link::Empty => EMPTY_ROOT,
            Link::Hash(index) => arena.hashes[index as usize],
            // The root is hashed even if it is shorter than its hash.
            Link::Node(index) => {
                let reference = arena.node(index).reference;
                reference.to_hash().unwrap_or_else(|| keccak256(reference.as_slice()))
            }
        };
        self.pending = 0;
        self.root = Some(root);
        root
    }

    /// The stored rows that differ from when this was last called, in the order of their paths.
    ///
    /// Nodes with `keys` or fewer keys below them have no rows: where `keys` is not 0, the source must know the
    /// leaves ([`NodeSource::leaves`]). It must be the same number each time.
    ///
    /// A store that starts empty and writes all of them holds exactly the rows of the trie. They must
    /// be written, and the leaves, before anything that [`Trie::blind`] and its siblings drop is needed again.
    pub fn take_node_updates(&mut self, keys: u32) -> Vec<NodeUpdate> {
        self.root();
        let mut rows = Vec::new();
        let stale = match &mut self.form {
            Form::One(arena) => {
                arena.take_rows(Path::EMPTY, keys, &mut rows);
                core::mem::take(&mut arena.stale)
            }
            Form::Split(split) => split.take_rows(keys, &mut rows),
        };
        settle(&mut rows, stale.into_iter());
        rows
    }

    /// The value of a key. Loads the nodes on the way to it.
    pub fn get(&mut self, source: &dyn NodeSource, key: &B256) -> Result<Option<Vec<u8>>, TrieError> {
        match &mut self.form {
            Form::One(arena) => arena.get(source, key),
            Form::Split(split) => split.get(source, key),
        }
    }

    /// The proof that a key has its value, or that it has none: the RLP of the nodes on the way to
    /// it, from the root down, as `eth_getProof` has it. For the empty trie there are none.
    pub fn prove(&mut self, source: &dyn NodeSource, key: &B256) -> Result<Vec<Bytes>, TrieError> {
        self.root();
        match &mut self.form {
            Form::One(arena) => {
                let mut proof = Vec::new();
                arena.prove(source, key, &mut proof)?;
                Ok(proof)
            }
            Form::Split(split) => split.prove(source, key),
        }
    }

    /// Drops from memory the nodes that begin `keep_depth` or more nibbles below the root, as far as
    /// [`Trie::take_node_updates`] has handed them out. They are loaded again when they are needed.
    ///
    /// There are at most 16 times as many nodes on each level as on the one above, so 4 keeps at most 4,369 nodes.
    pub fn blind(&mut self, keep_depth: usize) {
        match &mut self.form {
            Form::Split(split) => {
                split.blind(keep_depth);
                if split.node_count() <= JOIN_NODES_MAX && split.is_whole() {
                    // A whole trie needs nothing from the source to be joined.
                    if let Ok(joined) = split.join(&crate::NoNodes) {
                        self.form = Form::One(Box::new(joined));
                    }
                }
            }
            Form::One(_) => {}
        }
        if let Form::One(arena) = &mut self.form {
            blind_one(arena, keep_depth, self.root);
        }
    }

    /// Keeps only the hashes of those leaves that [`Trie::take_node_updates`] has seen. They are loaded again when
    /// they are needed.
    pub fn drop_leaves(&mut self) {
        match &mut self.form {
            Form::Split(split) => split.drop_leaves(),
            Form::One(arena) => arena.drop_leaves(),
        }
    }

    /// Drops nodes that [`Trie::take_node_updates`] has seen until about `bytes` are used, if that many can be
    /// dropped. What goes is another part of the trie each time.
    pub fn shrink(&mut self, bytes: usize) {
        match &mut self.form {
            Form::Split(split) => split.shrink(bytes),
            Form::One(arena) if arena.memory() > bytes => blind_one(arena, 0, self.root),
            Form::One(_) => {}
        }
    }

    /// The memory that the trie uses, in bytes, about.
    pub fn memory(&self) -> usize {
        match &self.form {
            Form::Split(split) => split.memory(),
            Form::One(arena) => arena.memory(),
        }
    }

    /// The number of nodes in memory.
    pub fn node_count(&self) -> usize {
        match &self.form {
            Form::One(arena) => arena.node_count(),
            Form::Split(split) => split.node_count(),
        }
    }
}

fn blind_one(arena: &mut Arena, keep_depth: usize, root: Option<B256>) {
    match (arena.root.link(), root) {
        // A root shorter than 32 bytes can be found by its hash too, which its reference does not show.
        (Link::Node(index), Some(hash)) if keep_depth == 0 && arena.node(index).saved => {
            let mut kept = Arena::new(0);
            kept.stale = core::mem::take(&mut arena.stale);
            kept.root = kept.add_hash(hash);
            *arena = kept;
        }
        _ => arena.blind(keep_depth),
    }
}

/// The changes in the order of their keys, the last one of each key.
fn in_order(changes: &[(B256, Option<Vec<u8>>)]) -> Result<Vec<Change<'_>>, TrieError> {
    if let Some((key, _)) = changes.iter().find(|(_, value)| value.as_ref().is_some_and(Vec::is_empty)) {
        return Err(TrieError::EmptyValue { key: *key });
    }
    let mut ordered: Vec<Change<'_>> = changes.iter().map(|(key, value)| (key, value.as_deref())).collect();
    if !ordered.is_sorted_by(|a, b| a.0 < b.0) {
        ordered.sort_by(|a, b| a.0.cmp(b.0));
        // `dedup_by` removes the later of two; keep its value in the earlier one.
        ordered.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                earlier.1 = later.1;
            }
            same
        });
    }
    Ok(ordered)
}
