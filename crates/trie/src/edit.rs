//! Setting and deleting one key.
//!
//! Each change loads all it needs before it changes anything, so a failing source leaves the trie
//! as it was. The shape is always the canonical one: no branch with a single child, no extension
//! above anything but a branch.

use alloy_primitives::B256;

use crate::{
    arena::{Arena, End, Holder, Step},
    error::TrieError,
    nibbles::{Path, nibble},
    node::{Body, Node, Slot},
    source::NodeSource,
};

impl Arena {
    /// Sets a key, or deletes it; `true` if that changed anything.
    pub(crate) fn change(
        &mut self,
        source: &dyn NodeSource,
        key: &B256,
        value: Option<&[u8]>,
    ) -> Result<bool, TrieError> {
        match value {
            Some(value) => self.put(source, key, value),
            None => self.remove(source, key),
        }
    }

    fn put(&mut self, source: &dyn NodeSource, key: &B256, value: &[u8]) -> Result<bool, TrieError> {
        match self.walk(source, key)? {
            End::Leaf(node) => {
                let is_changed = self.set_value(node, value);
                if is_changed {
                    self.touch_steps(0);
                }
                return Ok(is_changed);
            }
            End::Vacant => {
                let leaf = self.add(Node::leaf(key, value));
                self.set_slot(self.last_holder(), Slot::node(leaf));
            }
            End::OtherLeaf { node, depth } => self.split_leaf(node, depth, key, value),
            End::OtherPrefix { node, depth, common } => self.split_prefix(node, depth, common, key, value),
        }
        self.touch_steps(1);
        Ok(true)
    }

    /// Sets the value of a leaf; `false` if it has that value.
    fn set_value(&mut self, index: u32, new: &[u8]) -> bool {
        let node = self.node_mut(index);
        let Body::Leaf { value, .. } = &mut node.body else {
            return false;
        };
        if **value == *new {
            return false;
        }
        if value.len() == new.len() {
            value.copy_from_slice(new);
        } else {
            *value = new.into();
        }
        node.touch();
        true
    }

    /// Puts a branch in the place of a leaf, with that leaf and a new one below it.
    fn split_leaf(&mut self, node: u32, depth: usize, key: &B256, value: &[u8]) {
        let Body::Leaf { key: other, .. } = self.node(node).body else { unreachable!("the walk ended at a leaf") };
        let mut fork = depth;
        while nibble(&other, fork) == nibble(key, fork) {
            fork += 1;
        }
        self.give_up_rows(node, &Path::of_key(key, depth));
        let prefix = &Path::of_key(key, fork).as_slice()[depth..].to_vec();
        self.fork(prefix, (nibble(&other, fork), node), (nibble(key, fork), Node::leaf(key, value)));
    }

    /// Puts a branch into the prefix of another one, with that branch and a new leaf below it.
    fn split_prefix(&mut self, node: u32, depth: usize, common: usize, key: &B256, value: &[u8]) {
        self.give_up_rows(node, &Path::of_key(key, depth));
        let Body::Branch { prefix, .. } = &mut self.node_mut(node).body else {
            unreachable!("the walk ended at a prefix")
        };
        let old = core::mem::take(prefix);
        *prefix = old[common + 1..].into();
        self.fork(&old[..common], (old[common], node), (nibble(key, depth + common), Node::leaf(key, value)));
    }

    /// Puts a new branch at the end of the walk, above an old node and a new one.
    fn fork(&mut self, prefix: &[u8], old: (u8, u32), new: (u8, Node)) {
        let mut children = [Slot::EMPTY; 16];
        let keys = self.node(old.1).keys.saturating_add(new.1.keys);
        children[usize::from(old.0)] = Slot::node(old.1);
        children[usize::from(new.0)] = Slot::node(self.add(new.1));
        let branch = self.add(Node::new(Body::Branch { prefix: prefix.into(), children }, keys));
        self.set_slot(self.last_holder(), Slot::node(branch));
    }

    fn remove(&mut self, source: &dyn NodeSource, key: &B256) -> Result<bool, TrieError> {
        let End::Leaf(leaf) = self.walk(source, key)? else {
            return Ok(false);
        };
        let only_sibling = match self.steps.last() {
            Some(step) => self.only_other_child(step),
            None => None,
        };
        if let (Some(step), Some(sibling)) = (self.steps.last().copied(), only_sibling) {
            let path = self.path_below(&step, key).joined(&[sibling]);
            self.ensure(source, Some((step.node, sibling)), &path)?;
        }
        let depth = match self.steps.last() {
            Some(step) => self.path_below(step, key).len() + 1,
            None => self.base,
        };
        self.give_up_rows(leaf, &Path::of_key(key, depth));
        self.take(leaf);
        self.set_slot(self.last_holder(), Slot::EMPTY);
        self.touch_steps(-1);
        if let (Some(step), Some(sibling)) = (self.steps.pop(), only_sibling) {
            let holder = self.last_holder();
            self.merge(holder, step.node, &Path::of_key(key, step.depth), sibling);
        }
        Ok(true)
    }

    /// The child besides the one on the way, if there is exactly one.
    fn only_other_child(&self, step: &Step) -> Option<u8> {
        let children = self.children(step.node);
        let mut others =
            (0..16u8).filter(|nibble| *nibble != step.nibble && !children[usize::from(*nibble)].is_empty());
        let first = others.next();
        if others.next().is_some() { None } else { first }
    }

    /// Puts the only child of a branch, which must be in memory, in the place of the branch, whose path is `path`.
    pub(crate) fn merge(&mut self, holder: Holder, branch: u32, path: &Path, nibble: u8) {
        let child_slot = self.children(branch)[usize::from(nibble)];
        let crate::node::Link::Node(child) = child_slot.link() else { unreachable!("the child was loaded") };
        self.give_up_rows(branch, path);
        let Body::Branch { prefix: above, .. } = self.take(branch).body else {
            unreachable!("only branches have children")
        };
        self.give_up_rows(child, &path.joined(&above).joined(&[nibble]));
        if let Body::Branch { prefix, .. } = &mut self.node_mut(child).body {
            *prefix = above.iter().chain([&nibble]).chain(prefix.iter()).copied().collect();
        }
        self.set_slot(holder, child_slot);
    }

    /// Notes that the rows stored for a node are no longer its own, because it moves or goes.
    /// Whatever stands there when node updates are taken claims them again.
    pub(crate) fn give_up_rows(&mut self, index: u32, path: &Path) {
        let node = &mut self.nodes[index as usize];
        node.touch();
        if core::mem::take(&mut node.row) {
            self.stale.push(*path);
        }
        if core::mem::take(&mut node.inner_row)
            && let Body::Branch { prefix, .. } = &node.body
        {
            self.stale.push(path.joined(prefix));
        }
    }

    /// The path of a branch without its extension: where its children begin.
    fn path_below(&self, step: &Step, key: &B256) -> Path {
        let prefix = match &self.node(step.node).body {
            Body::Branch { prefix, .. } => prefix.len(),
            Body::Leaf { .. } | Body::Free => 0,
        };
        Path::of_key(key, step.depth + prefix)
    }

    /// Where the slot is at which the latest walk ended.
    fn last_holder(&self) -> Holder {
        self.steps.last().map(|step| (step.node, step.nibble))
    }

    /// Marks the branches on the way as changed; `keys` more keys are below them now.
    fn touch_steps(&mut self, keys: i32) {
        for step in &self.steps {
            let node = &mut self.nodes[step.node as usize];
            node.touch();
            node.keys = node.keys.saturating_add_signed(keys);
        }
        self.keys_added += i64::from(keys);
    }
}
