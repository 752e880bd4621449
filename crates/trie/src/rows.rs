//! What has to be stored: the rows, by path, that changed since they were last taken.
//!
//! A row is the number of keys at and below the node, as four bytes, big-endian, and the node's RLP. Only nodes with
//! more than so many keys have rows, if whoever asks wants it so; all others can be made from the leaves. This depends
//! on nothing but the number of keys, so that a row is never left behind.
//!
//! A node that stands in its parent has no row. A branch with an extension has two, since they are two nodes in the
//! Yellow Paper.

use crate::{
    arena::Arena,
    codec::Encoder,
    nibbles::Path,
    node::{Body, Link, Reference},
};
use alloc::{boxed::Box, vec::Vec};

/// A stored row to be written: the path of a node, one nibble per byte, and what is to stand there, or `None` where
/// there is no row any more.
pub type NodeUpdate = (Vec<u8>, Option<Vec<u8>>);

impl Arena {
    /// Appends the rows of the nodes that changed, which must have been hashed. `path` is where the arena begins.
    pub(crate) fn take_rows(&mut self, path: Path, keys: u32, rows: &mut Vec<NodeUpdate>) {
        if let Link::Node(root) = self.root.link() {
            self.take_rows_below(root, &mut { path }, &mut Taker { keys, encoder: Encoder::default(), rows });
        }
    }

    fn take_rows_below(&mut self, index: u32, path: &mut Path, taker: &mut Taker<'_>) {
        if self.node(index).saved {
            return;
        }
        let depth = path.len();
        let prefix = match &self.node(index).body {
            Body::Branch { prefix, .. } => prefix.clone(),
            Body::Leaf { .. } | Body::Free => Box::default(),
        };
        let (row, inner_row) =
            if self.node(index).keys > taker.keys { self.rows_of(index, path, &prefix, taker) } else { (false, false) };
        let node = &mut self.nodes[index as usize];
        node.saved = true;
        if core::mem::replace(&mut node.row, row) && !row {
            self.stale.push(*path);
        }
        if core::mem::replace(&mut node.inner_row, inner_row) && !inner_row {
            self.stale.push(path.joined(&prefix));
        }
        path.extend(&prefix);
        for (nibble, child) in (0..16).zip(self.children(index)) {
            if let Link::Node(child) = child.link() {
                path.push(nibble);
                self.take_rows_below(child, path, taker);
                path.truncate(depth + prefix.len());
            }
        }
        path.truncate(depth);
    }

    /// Appends the rows of a node; whether it has one, and a second one for the branch below its extension.
    fn rows_of(&self, index: u32, path: &Path, prefix: &[u8], taker: &mut Taker<'_>) -> (bool, bool) {
        let keys = self.node(index).keys;
        let is_root = path.len() == 0;
        let rlp = self.encode_body(index, path.len(), &mut taker.encoder);
        if prefix.is_empty() {
            return (push_row(taker.rows, path, keys, rlp, is_root), false);
        }
        let inner = Reference::of_rlp(rlp);
        let has_inner = push_row(taker.rows, &path.joined(prefix), keys, rlp, false);
        let rlp = taker.encoder.extension(prefix, &inner);
        (push_row(taker.rows, path, keys, rlp, is_root), has_inner)
    }
}

/// What takes rows.
struct Taker<'a> {
    /// Nodes with no more keys than this have no rows.
    keys: u32,
    encoder: Encoder,
    rows: &'a mut Vec<NodeUpdate>,
}

/// Appends the row of a node, if it has one of its own.
fn push_row(rows: &mut Vec<NodeUpdate>, path: &Path, keys: u32, rlp: &[u8], is_root: bool) -> bool {
    let has_row = is_root || rlp.len() >= 32;
    if has_row {
        rows.push((path.as_slice().to_vec(), Some([&keys.to_be_bytes(), rlp].concat())));
    }
    has_row
}

/// The number of keys and the RLP that a row holds.
pub(crate) fn read_row(row: &[u8]) -> Option<(u32, &[u8])> {
    let (keys, rlp) = row.split_first_chunk()?;
    Some((u32::from_be_bytes(*keys), rlp))
}

/// Puts rows in the order of their paths and adds a deletion for each stale path that nothing claimed.
pub(crate) fn settle(rows: &mut Vec<NodeUpdate>, stale: impl Iterator<Item = Path>) {
    rows.extend(stale.map(|path| (path.as_slice().to_vec(), None)));
    // The sort is stable and the rows come first, so of two entries of one path the row stays.
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows.dedup_by(|later, earlier| later.0 == earlier.0);
}
