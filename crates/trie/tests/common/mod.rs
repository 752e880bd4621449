//! Shared by the tests: a node store in memory, oracles, and random histories.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::{HashBuilder, Nibbles};
use hexapla_trie::{NodeSource, SourceError, Trie};

/// The content that a trie should have.
pub(crate) type Model = BTreeMap<B256, Vec<u8>>;

/// A list of changes, as [`Trie::apply`] takes it.
pub(crate) type Changes = Vec<(B256, Option<Vec<u8>>)>;

/// Node rows by path, kept with [`Trie::take_node_updates`], and the leaves as they were then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) rows: BTreeMap<Vec<u8>, Vec<u8>>,
    leaves: Model,
    /// Nodes with no more keys than this have no rows.
    keys: u32,
    /// Whether values of single keys are at hand.
    has_values: bool,
}

impl NodeSource for Rows {
    fn node(&self, path: &[u8]) -> Result<Option<Bytes>, SourceError> {
        Ok(self.rows.get(path).map(|row| Bytes::copy_from_slice(row)))
    }

    fn leaves(&self, path: &[u8]) -> Result<Vec<(B256, Vec<u8>)>, SourceError> {
        let mut start = B256::ZERO;
        for (at, nibble) in path.iter().enumerate() {
            start.0[at / 2] |= nibble << (4 * (1 - at % 2));
        }
        let begins = |key: &B256| path.iter().enumerate().all(|(at, want)| nibble(key, at) == *want);
        let leaves = self.leaves.range(start..).take_while(|leaf| begins(leaf.0));
        let leaves: Vec<_> = leaves.map(|(key, value)| (*key, value.clone())).collect();
        assert!(leaves.len() <= self.keys as usize, "a node with {} keys should have a row", leaves.len());
        Ok(leaves)
    }

    fn value(&self, key: &B256) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(self.leaves.get(key).filter(|_| self.has_values).cloned())
    }
}

fn nibble(key: &B256, at: usize) -> u8 {
    key[at / 2] >> (4 * (1 - at % 2)) & 15
}

impl Rows {
    /// A store in which nodes with no more keys than this have no rows.
    pub(crate) fn above(keys: u32, has_values: bool) -> Self {
        Self { keys, has_values, ..Self::default() }
    }

    /// The rows of a trie with this content, built at once.
    pub(crate) fn of(&self, model: &Model) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut fresh = Self::above(self.keys, false);
        fresh.save(&mut rebuilt(model), model);
        fresh.rows
    }

    /// Stores what changed in a trie, which has this content.
    pub(crate) fn save(&mut self, trie: &mut Trie, model: &Model) {
        if self.keys > 0 {
            self.leaves.clone_from(model);
        }
        let updates = trie.take_node_updates(self.keys);
        assert!(updates.is_sorted_by(|a, b| a.0 < b.0), "updates are in order and each path is there once");
        for (path, row) in updates {
            match row {
                Some(row) => drop(self.rows.insert(path, row)),
                None => assert!(self.rows.remove(&path).is_some(), "only rows that exist are deleted"),
            }
        }
    }
}

pub(crate) fn apply_to_model(model: &mut Model, changes: &Changes) {
    for (key, value) in changes {
        match value {
            Some(value) => drop(model.insert(*key, value.clone())),
            None => drop(model.remove(key)),
        }
    }
}

/// The root by alloy-trie, from nothing.
pub(crate) fn oracle_root(model: &Model) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in model {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    builder.root()
}

/// A trie with this content, built at once.
pub(crate) fn rebuilt(model: &Model) -> Trie {
    let changes: Changes = model.iter().map(|(key, value)| (*key, Some(value.clone()))).collect();
    let mut trie = Trie::empty();
    trie.apply(&hexapla_trie::NoNodes, &changes).unwrap();
    trie
}

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A key as hashing makes it.
    pub(crate) fn hashed_key(&mut self, pool: u64) -> B256 {
        keccak256(self.below(pool).to_be_bytes())
    }

    /// A key chosen so that the trie gets long extensions and nodes shorter than 32 bytes: few
    /// distinct nibbles, at few places, in a long common path.
    pub(crate) fn crowded_key(&mut self) -> B256 {
        let mut key = B256::repeat_byte(0x11);
        for _ in 0..self.below(4) {
            let at = [0usize, 1, 2, 15, 29, 30, 31][self.below(7) as usize];
            key.0[at] = [0x11, 0x12, 0x21, 0xf1][self.below(4) as usize];
        }
        key
    }

    pub(crate) fn value(&mut self) -> Vec<u8> {
        let length = [1, 1, 2, 20, 33, 70, 110, 300, 700][self.below(9) as usize];
        (0..length).map(|_| self.next() as u8 | 1).collect()
    }
}
