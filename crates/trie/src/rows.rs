//! What has to be stored: the rows, by path, that changed since they were last taken.
//!
//! A node that stands in its parent has no row; the root always has one. A branch with an
//! extension has two, since they are two nodes in the Yellow Paper.

use crate::{
    arena::Arena,
    codec::Encoder,
    nibbles::Path,
    node::{Body, Link, Reference},
};
use alloc::{boxed::Box, vec::Vec};

/// A stored row to be written: the path of a node, one nibble per byte, and its RLP, or `None` where
/// there is no node any more.
pub type NodeUpdate = (Vec<u8>, Option<Vec<u8>>);

impl Arena {
    /// Appends the rows of the nodes that changed, which must have been hashed. `path` is where the arena begins.
    pub(crate) fn take_rows(&mut self, path: Path, rows: &mut Vec<NodeUpdate>) {
        if let Link::Node(root) = self.root.link() {
            self.take_rows_below(root, &mut { path }, &mut Encoder::default(), rows);
        }
    }

    fn take_rows_below(&mut self, index: u32, path: &mut Path, encoder: &mut Encoder, rows: &mut Vec<NodeUpdate>) {
        if self.node(index).saved {
            return;
        }
        let depth = path.len();
        let is_root = depth == 0;
        let rlp = self.encode_body(index, depth, encoder);
        let prefix = match &self.node(index).body {
            Body::Branch { prefix, .. } => prefix.clone(),
            Body::Leaf { .. } | Body::Free => Box::default(),
        };
        let (row, inner_row) = if prefix.is_empty() {
            (row_at(path, rlp, is_root, rows), false)
        } else {
            let inner = Reference::of_rlp(rlp);
            let inner_rlp = inner.to_hash().map(|_| rlp.to_vec());
            let row = row_at(path, encoder.extension(&prefix, &inner), is_root, rows);
            rows.extend(inner_rlp.clone().map(|rlp| (path.joined(&prefix).as_slice().to_vec(), Some(rlp))));
            (row, inner_rlp.is_some())
        };
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
                self.take_rows_below(child, path, encoder, rows);
                path.truncate(depth + prefix.len());
            }
        }
        path.truncate(depth);
    }
}

/// Appends the row of a node, if it has one of its own.
fn row_at(path: &Path, rlp: &[u8], is_root: bool, rows: &mut Vec<NodeUpdate>) -> bool {
    let has_row = is_root || rlp.len() >= 32;
    if has_row {
        rows.push((path.as_slice().to_vec(), Some(rlp.to_vec())));
    }
    has_row
}

/// Puts rows in the order of their paths and adds a deletion for each stale path that nothing claimed.
pub(crate) fn settle(rows: &mut Vec<NodeUpdate>, stale: impl Iterator<Item = Path>) {
    rows.extend(stale.map(|path| (path.as_slice().to_vec(), None)));
    // The sort is stable and the rows come first, so of two entries of one path the row stays.
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows.dedup_by(|later, earlier| later.0 == earlier.0);
}
