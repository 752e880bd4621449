//! A large trie: 256 subtries, one for each first byte of the keys, below two levels of full branches.
//!
//! The subtries know nothing of each other, so they are changed and hashed on all threads. Above
//! them, in an arena of their own, are the root and its 16 children; to these the subtries are blinded
//! nodes. The form exists only while the root and all its children are branches without extension,
//! which is nearly always so in a trie of thousands of hashed keys; when deletions end that, the trie
//! is joined into one arena again.

use alloc::{boxed::Box, vec::Vec};
use alloy_primitives::{B256, Bytes};

use crate::{
    arena::Arena,
    codec::Encoder,
    error::TrieError,
    hash::hash_arenas,
    nibbles::Path,
    node::{Body, Link, Node, Slot},
    rows::NodeUpdate,
    source::NodeSource,
};

/// The number of subtries.
const SUBTRIES: usize = 256;

/// The depth at which the subtries begin.
const SUBTRIE_DEPTH: usize = 2;

/// With fewer changes than this, threads cost more than they save.
#[cfg(feature = "parallel")]
const PARALLEL_CHANGES_MIN: usize = 256;

/// The number of subtries that one thread hashes together, so that batches fill.
#[cfg(feature = "parallel")]
const SUBTRIES_PER_TASK: usize = 16;

/// A key, and its new value, or `None` where it is deleted.
pub(crate) type Change<'a> = (&'a B256, Option<&'a [u8]>);

/// A trie in 256 subtries.
pub(crate) struct Split {
    /// The root and its children. The hash at index `i` is the one of subtrie `i`.
    top: Arena,
    /// By the first byte of the keys.
    subtries: Vec<Arena>,
    /// The subtrie that [`Split::shrink`] looks at next.
    next_shrunk: u8,
    /// Which subtries have changed since they were hashed, so that a small block does not look at all of them.
    unhashed: [bool; SUBTRIES],
    /// The same since their rows were taken.
    unsaved: [bool; SUBTRIES],
}

impl Split {
    /// A split trie without keys, to be filled: not whole yet.
    pub(crate) fn empty() -> Self {
        let mut top = Arena::new(0);
        top.hashes.resize(SUBTRIES, B256::ZERO);
        let branch = || Node::new(Body::Branch { prefix: Box::default(), children: [Slot::EMPTY; 16] }, 0);
        let mut children = [Slot::EMPTY; 16];
        children.fill_with(|| Slot::node(top.add(branch())));
        let root = top.add(Node::new(Body::Branch { prefix: Box::default(), children }, 0));
        top.root = Slot::node(root);
        let subtries = (0..SUBTRIES).map(|_| Arena::new(SUBTRIE_DEPTH)).collect();
        Self { top, subtries, next_shrunk: 0, unhashed: [true; SUBTRIES], unsaved: [true; SUBTRIES] }
    }

    /// Whether a trie can be split: its root and the 16 below are branches without extension. Loads these.
    pub(crate) fn fits(whole: &mut Arena, source: &dyn NodeSource) -> Result<bool, TrieError> {
        let is_plain_branch =
            |arena: &Arena, node| matches!(&arena.node(node).body, Body::Branch { prefix, .. } if prefix.is_empty());
        let Some(root) = whole.ensure(source, None, &Path::EMPTY)? else {
            return Ok(false);
        };
        // Looked at before anything is loaded: a root with an empty child will not be split.
        if !is_plain_branch(whole, root) || whole.children(root).iter().any(|child| child.is_empty()) {
            return Ok(false);
        }
        for nibble in 0..16 {
            match whole.ensure(source, Some((root, nibble)), &Path::EMPTY.joined(&[nibble]))? {
                Some(node) if is_plain_branch(whole, node) => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Splits a trie that fits.
    pub(crate) fn from_whole(mut whole: Arena) -> Self {
        let mut split = Self::empty();
        let Link::Node(root) = whole.root.link() else {
            return split;
        };
        for high in 0..16u8 {
            let Link::Node(middle) = whole.slot(Some((root, high))).link() else {
                continue;
            };
            for low in 0..16u8 {
                let subtrie = &mut split.subtries[usize::from(high << 4 | low)];
                let slot = whole.slot(Some((middle, low)));
                subtrie.root = subtrie.receive(&mut whole, slot, SUBTRIE_DEPTH, &keep_all);
            }
            split.copy_marks(&whole, middle, Some(high));
        }
        split.copy_marks(&whole, root, None);
        split.top.stale.append(&mut whole.stale);
        (0..=u8::MAX).for_each(|first| split.refresh_top(first));
        split
    }

    /// Takes over what an arena without keys still has to delete from the store.
    pub(crate) fn inherit_stale(&mut self, arena: &mut Arena) {
        self.top.stale.append(&mut arena.stale);
    }

    /// Gives the root, or one of its children, the marks that it had in one arena.
    fn copy_marks(&mut self, whole: &Arena, index: u32, high: Option<u8>) {
        let (row, saved, reference, keys) = {
            let node = whole.node(index);
            (node.row, node.saved, node.reference, node.keys)
        };
        let target = high.map_or_else(|| self.root(), |high| self.middle(high));
        let node = self.top.node_mut(target);
        (node.row, node.saved, node.reference, node.keys) = (row, saved, reference, keys);
    }

    /// Joins the subtries into one arena. Loads what a branch that is left with one child needs.
    ///
    /// On failure nothing has changed, and joining can be tried again.
    pub(crate) fn join(&mut self, source: &dyn NodeSource) -> Result<Arena, TrieError> {
        for high in 0..16u8 {
            if let [only] = self.present(high)[..] {
                let path = Path::EMPTY.joined(&[high, only]);
                self.subtries[usize::from(high << 4 | only)].ensure(source, None, &path)?;
            }
        }
        let mut whole = Arena::new(0);
        let top_root = self.top.root;
        let mut split = core::mem::replace(self, Self::empty());
        let root = self.move_top(&mut split, top_root, &mut whole);
        for high in 0..16u8 {
            tidy(&mut whole, Some((root, high)), &Path::EMPTY.joined(&[high]));
        }
        tidy(&mut whole, None, &Path::EMPTY);
        Ok(whole)
    }

    /// Moves the root, its children and the subtries of `split` to one arena; the index of the root there.
    fn move_top(&self, split: &mut Self, root: Slot, whole: &mut Arena) -> u32 {
        let middles: [u32; 16] = core::array::from_fn(|high| split.middle(high as u8));
        let Link::Node(root) = root.link() else { unreachable!("the top of a split trie has a root") };
        let mut root = split.top.take(root);
        let mut moved = [Slot::EMPTY; 16];
        for (high, middle) in middles.into_iter().enumerate() {
            let mut middle = split.top.take(middle);
            if let Body::Branch { children, .. } = &mut middle.body {
                for (low, child) in children.iter_mut().enumerate() {
                    let subtrie = &mut split.subtries[high << 4 | low];
                    whole.stale.append(&mut subtrie.stale);
                    let slot = subtrie.root;
                    *child = whole.receive(subtrie, slot, SUBTRIE_DEPTH, &keep_all);
                }
            }
            moved[high] = Slot::node(whole.add(middle));
        }
        if let Body::Branch { children, .. } = &mut root.body {
            *children = moved;
        }
        whole.stale.append(&mut split.top.stale);
        let root = whole.add(root);
        whole.root = Slot::node(root);
        root
    }

    fn root(&self) -> u32 {
        match self.top.root.link() {
            Link::Node(root) => root,
            Link::Empty | Link::Hash(_) => unreachable!("the top of a split trie has a root"),
        }
    }

    fn middle(&self, high: u8) -> u32 {
        match self.top.slot(Some((self.root(), high))).link() {
            Link::Node(middle) => middle,
            Link::Empty | Link::Hash(_) => unreachable!("the root of a split trie has 16 children"),
        }
    }

    /// The subtries below a child of the root that are not empty.
    fn present(&self, high: u8) -> Vec<u8> {
        (0..16u8).filter(|low| !self.subtries[usize::from(high << 4 | low)].root.is_empty()).collect()
    }

    /// Whether the root and its children are branches, as the form demands.
    pub(crate) fn is_whole(&self) -> bool {
        (0..16).all(|high| self.present(high).len() >= 2)
    }

    /// Makes the changes, which are in the order of their keys.
    ///
    /// On failure some changes are made and others are not; each subtrie is in order.
    pub(crate) fn apply(&mut self, source: &dyn NodeSource, changes: &[Change<'_>]) -> Result<(), TrieError> {
        let outcomes = self.change_subtries(source, changes);
        for (first, outcome) in &outcomes {
            if !matches!(outcome, Ok(false)) {
                let added = core::mem::take(&mut self.subtries[usize::from(*first)].keys_added);
                self.touch_top(first >> 4, added);
                self.refresh_top(*first);
                self.unhashed[usize::from(*first)] = true;
                self.unsaved[usize::from(*first)] = true;
            }
        }
        outcomes.into_iter().try_for_each(|(_, outcome)| outcome.map(drop))
    }

    /// Makes the changes of each subtrie that has some; whether it changed. The outcome does not depend on the threads.
    fn change_subtries(
        &mut self,
        source: &dyn NodeSource,
        changes: &[Change<'_>],
    ) -> Vec<(u8, Result<bool, TrieError>)> {
        let parts = changes.chunk_by(|(a, _), (b, _)| a[0] == b[0]);
        #[cfg(feature = "parallel")]
        if changes.len() >= PARALLEL_CHANGES_MIN {
            use rayon::prelude::*;
            let mut by_first = [&changes[..0]; SUBTRIES];
            parts.for_each(|part| by_first[usize::from(part[0].0[0])] = part);
            let with_changes = self.subtries.par_iter_mut().zip(&by_first).filter(|(_, part)| !part.is_empty());
            return with_changes.map(|(subtrie, part)| (part[0].0[0], change_all(subtrie, source, part))).collect();
        }
        let change = |part: &[Change<'_>]| {
            let first = part[0].0[0];
            (first, change_all(&mut self.subtries[usize::from(first)], source, part))
        };
        parts.map(change).collect()
    }

    /// Marks the branches above a subtrie as changed; `keys` more keys are below them now.
    fn touch_top(&mut self, high: u8, keys: i64) {
        for node in [self.root(), self.middle(high)] {
            let node = self.top.node_mut(node);
            node.touch();
            node.keys = u32::try_from(i64::from(node.keys).saturating_add(keys).max(0)).unwrap_or(u32::MAX);
        }
    }

    /// Tells the top whether a subtrie is empty.
    fn refresh_top(&mut self, first: u8) {
        let is_empty = self.subtries[usize::from(first)].root.is_empty();
        let slot = if is_empty { Slot::EMPTY } else { Slot::hash(u32::from(first)) };
        self.top.set_slot(Some((self.middle(first >> 4), first & 0x0f)), slot);
    }

    /// Hashes what has changed, on all threads if `count` changes or more were made.
    pub(crate) fn hash(&mut self, count: usize) {
        let changed = take_marked(&mut self.unhashed);
        match changed[..] {
            // Several subtries are hashed together, so that the batches fill.
            [only] => hash_arenas(core::slice::from_mut(&mut self.subtries[only])),
            [] => {}
            _ => self.hash_subtries(count),
        }
        for first in changed {
            let (hash, subtrie) = (&mut self.top.hashes[first], &self.subtries[first]);
            match subtrie.root.link() {
                Link::Empty => {}
                Link::Hash(index) => *hash = subtrie.hashes[index as usize],
                Link::Node(index) => {
                    let reference = subtrie.node(index).reference;
                    // At this depth 62 nibbles of a key are still to come, in this node or below it.
                    *hash = reference.to_hash().expect("a subtrie has more than 31 bytes");
                }
            }
        }
        hash_arenas(core::slice::from_mut(&mut self.top));
    }

    fn hash_subtries(&mut self, count: usize) {
        #[cfg(feature = "parallel")]
        if count >= PARALLEL_CHANGES_MIN {
            use rayon::prelude::*;
            self.subtries.par_chunks_mut(SUBTRIES_PER_TASK).for_each(hash_arenas);
            return;
        }
        let _ = count;
        hash_arenas(&mut self.subtries);
    }

    /// The arena of the root, for its hash.
    pub(crate) fn top(&self) -> &Arena {
        &self.top
    }

    /// Appends the rows that changed, and takes the stale paths out.
    pub(crate) fn take_rows(&mut self, keys: u32, rows: &mut Vec<NodeUpdate>) -> Vec<Path> {
        self.top.take_rows(Path::EMPTY, keys, rows);
        let mut stale = core::mem::take(&mut self.top.stale);
        for (mut taken, mut given_up) in self.take_subtrie_rows(keys) {
            rows.append(&mut taken);
            stale.append(&mut given_up);
        }
        stale
    }

    /// The rows that changed in each subtrie, and its stale paths.
    fn take_subtrie_rows(&mut self, keys: u32) -> Vec<(Vec<NodeUpdate>, Vec<Path>)> {
        let take = |(index, subtrie): (usize, &mut Arena)| {
            let mut rows = Vec::new();
            let first = index as u8;
            subtrie.take_rows(Path::EMPTY.joined(&[first >> 4, first & 0x0f]), keys, &mut rows);
            (rows, core::mem::take(&mut subtrie.stale))
        };
        let changed = take_marked(&mut self.unsaved);
        // To wake another thread costs more than the rows of a few subtries do.
        #[cfg(feature = "parallel")]
        if changed.len() >= SUBTRIES / 2 {
            use rayon::prelude::*;
            return self.subtries.par_iter_mut().enumerate().map(take).collect();
        }
        changed.into_iter().map(|index| take((index, &mut self.subtries[index]))).collect()
    }

    pub(crate) fn get(&mut self, source: &dyn NodeSource, key: &B256) -> Result<Option<Vec<u8>>, TrieError> {
        self.subtries[usize::from(key[0])].get(source, key)
    }

    pub(crate) fn prove(&mut self, source: &dyn NodeSource, key: &B256) -> Result<Vec<Bytes>, TrieError> {
        let mut proof = Vec::new();
        let mut encoder = Encoder::default();
        self.top.prove_body(self.root(), 0, &mut encoder, &mut proof);
        self.top.prove_body(self.middle(key[0] >> 4), 1, &mut encoder, &mut proof);
        self.subtries[usize::from(key[0])].prove(source, key, &mut proof)?;
        Ok(proof)
    }

    /// Drops the stored nodes at `keep_depth` and below from the subtries.
    pub(crate) fn blind(&mut self, keep_depth: usize) {
        self.subtries.iter_mut().for_each(|subtrie| subtrie.blind(keep_depth));
    }

    /// Keeps only the hashes of stored leaves.
    pub(crate) fn drop_leaves(&mut self) {
        self.subtries.iter_mut().for_each(Arena::drop_leaves);
    }

    /// Drops stored nodes of one subtrie after the other until no more than `bytes` are used, or all have been looked
    /// at. Keys are hashes, so that no subtrie is used more than another.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let mut used = self.memory();
        for _ in 0..SUBTRIES {
            if used <= bytes {
                return;
            }
            let subtrie = &mut self.subtries[usize::from(self.next_shrunk)];
            used -= subtrie.memory();
            subtrie.blind(SUBTRIE_DEPTH + 1);
            used += subtrie.memory();
            self.next_shrunk = self.next_shrunk.wrapping_add(1);
        }
    }

    /// The memory that is used, in bytes, about.
    pub(crate) fn memory(&self) -> usize {
        self.top.memory() + self.subtries.iter().map(Arena::memory).sum::<usize>()
    }

    /// The number of nodes in memory.
    pub(crate) fn node_count(&self) -> usize {
        self.top.node_count() + self.subtries.iter().map(Arena::node_count).sum::<usize>()
    }
}

/// The marked subtries, whose marks are gone then.
fn take_marked(marks: &mut [bool; SUBTRIES]) -> Vec<usize> {
    let marked = (0..SUBTRIES).filter(|index| marks[*index]).collect();
    *marks = [false; SUBTRIES];
    marked
}

fn keep_all(_: &Node, _: usize) -> bool {
    true
}

/// Makes changes in one arena; whether any of them changed anything.
pub(crate) fn change_all(
    arena: &mut Arena,
    source: &dyn NodeSource,
    changes: &[Change<'_>],
) -> Result<bool, TrieError> {
    let mut changed = false;
    for (key, value) in changes {
        changed |= arena.change(source, key, *value)?;
    }
    Ok(changed)
}

/// Brings the branch in a slot into the canonical shape if it has fewer than two children. The only child is in memory.
fn tidy(whole: &mut Arena, holder: Option<(u32, u8)>, path: &Path) {
    let Link::Node(branch) = whole.slot(holder).link() else {
        return;
    };
    let children = whole.children(branch);
    let mut present = (0..16u8).filter(|nibble| !children[usize::from(*nibble)].is_empty());
    match (present.next(), present.next()) {
        (None, _) => {
            whole.give_up_rows(branch, path);
            whole.take(branch);
            whole.set_slot(holder, Slot::EMPTY);
        }
        (Some(only), None) => whole.merge(holder, branch, path, only),
        (Some(_), Some(_)) => {}
    }
}
