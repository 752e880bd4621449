//! Hashing what has changed, level by level from the leaves up, so that eight nodes can be hashed at once.
//!
//! Several arenas are hashed together: their levels fill the batches better than those of one.

use crate::{
    arena::Arena,
    codec::Encoder,
    keccak8::{LANES, Lanes, blocks_of},
    nibbles::{KEY_NIBBLES, Path},
    node::{Body, Link, Reference},
};
use alloc::vec::Vec;

/// The largest node that is hashed in a batch, in blocks: a full branch has 532 bytes.
const BATCH_BLOCKS_MAX: usize = 4;

/// A node to be hashed.
#[derive(Clone, Copy)]
struct Task {
    arena: u32,
    node: u32,
    depth: u32,
}

/// The batches that are being filled, one for each number of blocks, and the nodes in them.
struct Batches {
    lanes: [Lanes; BATCH_BLOCKS_MAX],
    tasks: [[Task; LANES]; BATCH_BLOCKS_MAX],
}

/// Gives every changed node of the arenas its reference.
pub(crate) fn hash_arenas(arenas: &mut [Arena]) {
    let levels = dirty_levels(arenas);
    if levels.is_empty() {
        return;
    }
    let mut batches = Batches::new();
    let mut encoder = Encoder::default();
    for level in levels.iter().rev() {
        for task in level {
            let rlp = encode_body(&arenas[task.arena as usize], task, &mut encoder);
            batches.add(arenas, *task, rlp);
        }
        batches.flush(arenas);
        // Now that the branches of this level have references, so can the extensions above them.
        for task in level {
            hash_extension(&mut arenas[task.arena as usize], task.node, &mut encoder);
        }
    }
}

/// The changed nodes, those of each level behind those of the level above.
fn dirty_levels(arenas: &[Arena]) -> Vec<Vec<Task>> {
    let mut levels = Vec::new();
    let roots = arenas.iter().zip(0..).filter_map(|(arena, index)| match arena.root.link() {
        Link::Node(node) if arena.node(node).reference.is_dirty() => {
            Some(Task { arena: index, node, depth: arena.base as u32 })
        }
        _ => None,
    });
    let mut level: Vec<Task> = roots.collect();
    while !level.is_empty() {
        let mut below = Vec::with_capacity(level.len());
        for task in &level {
            let arena = &arenas[task.arena as usize];
            let Body::Branch { prefix, children } = &arena.node(task.node).body else {
                continue;
            };
            let depth = task.depth + prefix.len() as u32 + 1;
            for child in children {
                if let Link::Node(node) = child.link()
                    && arena.node(node).reference.is_dirty()
                {
                    below.push(Task { node, depth, ..*task });
                }
            }
        }
        levels.push(core::mem::replace(&mut level, below));
    }
    levels
}

/// The RLP of a leaf, or of a branch without the extension above it.
fn encode_body<'a>(arena: &Arena, task: &Task, encoder: &'a mut Encoder) -> &'a [u8] {
    arena.encode_body(task.node, task.depth as usize, encoder)
}

/// Replaces the reference to a branch by the one to the extension above it, if it has one.
fn hash_extension(arena: &mut Arena, index: u32, encoder: &mut Encoder) {
    let node = arena.node_mut(index);
    if let Body::Branch { prefix, .. } = &node.body
        && !prefix.is_empty()
    {
        node.reference = Reference::of_rlp(encoder.extension(prefix, &node.reference));
    }
}

impl Arena {
    /// The RLP of a leaf, or of a branch without the extension above it, whose children have been hashed.
    pub(crate) fn encode_body<'a>(&self, index: u32, depth: usize, encoder: &'a mut Encoder) -> &'a [u8] {
        match &self.node(index).body {
            Body::Leaf { key, value } => encoder.leaf(&Path::of_key(key, KEY_NIBBLES).as_slice()[depth..], value),
            Body::Branch { children, .. } => encoder.branch(|nibble, out| self.write_reference(children[nibble], out)),
            Body::Free => unreachable!("no slot leads to a free place"),
        }
    }
}

impl Batches {
    fn new() -> Self {
        let task = Task { arena: 0, node: 0, depth: 0 };
        Self { lanes: core::array::from_fn(|index| Lanes::new(index + 1)), tasks: [[task; LANES]; BATCH_BLOCKS_MAX] }
    }

    /// Gives a node its reference, now or when its batch is full.
    fn add(&mut self, arenas: &mut [Arena], task: Task, rlp: &[u8]) {
        let blocks = blocks_of(rlp.len());
        if rlp.len() < 32 || blocks > BATCH_BLOCKS_MAX {
            arenas[task.arena as usize].node_mut(task.node).reference = Reference::of_rlp(rlp);
            return;
        }
        let lanes = &mut self.lanes[blocks - 1];
        self.tasks[blocks - 1][lanes.len()] = task;
        lanes.push(rlp);
        if lanes.is_full() {
            self.finish(arenas, blocks - 1);
        }
    }

    fn flush(&mut self, arenas: &mut [Arena]) {
        (0..BATCH_BLOCKS_MAX).for_each(|batch| self.finish(arenas, batch));
    }

    fn finish(&mut self, arenas: &mut [Arena], batch: usize) {
        let used = self.lanes[batch].len();
        if used == 0 {
            return;
        }
        let hashes = self.lanes[batch].finish();
        for (task, hash) in self.tasks[batch].iter().zip(&hashes).take(used) {
            arenas[task.arena as usize].node_mut(task.node).reference = Reference::of_hash(hash);
        }
    }
}
