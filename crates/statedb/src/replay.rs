//! Doing the blocks of a log again.
//!
//! They are done together: what they changed is merged, and applied to the tries once. So each subtree is loaded and
//! hashed once, and the root of the last block vouches for all of them.

use crate::{
    changes,
    error::HistoryError,
    record::Record,
    rows,
    tries::Tries,
    view::{Position, View},
};
use hexapla_primitives::{B256, VmId, identity::column_account};
use hexapla_state::{AccountChange, BlockChanges, StateError};
use std::collections::{BTreeMap, btree_map::Entry};

/// Blocks of a log, on the way from one state to another.
pub(crate) struct Replay {
    pub(crate) view: View,
    pub(crate) tries: Tries,
    /// The state after the records that were added; `view` is behind by what waits.
    at: Position,
    waiting: BlockChanges,
    hashes: Vec<(u64, B256)>,
}

impl Replay {
    /// Begins with the state of a view, which the store holds.
    pub(crate) fn new(view: View) -> Self {
        let (tries, at) = (Tries::of_store(view.at.root), view.at);
        Self { view, tries, at, waiting: BlockChanges::default(), hashes: Vec::new() }
    }

    /// Adds the next record of the log.
    pub(crate) fn add(&mut self, record: Record) -> Result<(), StateError> {
        let (before, version, root) = (self.at, record.version, record.root);
        // What the store holds already. The log is shortened after a checkpoint, and not in one step with it.
        if version < before.version || version == before.version && root == before.root {
            return Ok(());
        }
        if version != before.version + 1 || record.root_before != before.root {
            let found = version.saturating_sub(1);
            return Err(StateError::backend(HistoryError::OtherLog { expected: before.version, found }));
        }
        let block = record.block();
        let changes = record.into_changes();
        // What becomes of an account of a column depends on what it was before.
        let is_of_column = changes.accounts.keys().any(|address| *address == column_account(VmId(address.0[19])));
        if is_of_column || self.hides_column(&changes)? {
            self.apply()?;
        }
        self.hashes.extend(block);
        merge(&mut self.waiting, changes);
        self.at = Position { version, root, block: block.map(|(number, _)| number).or(before.block) };
        if is_of_column {
            self.apply()?;
        }
        Ok(())
    }

    /// Whether an object that waits goes again, of a column that is none yet: it is one from its first object on, even
    /// if it holds nothing in the end.
    fn hides_column(&self, later: &BlockChanges) -> Result<bool, StateError> {
        let mut known = BTreeMap::new();
        for (key, _) in later.objects.iter().filter(|(_, object)| object.is_none()) {
            if self.waiting.objects.get(key).is_some_and(Option::is_some) {
                let is_column = match known.entry(key.vm) {
                    Entry::Occupied(entry) => *entry.get(),
                    Entry::Vacant(entry) => *entry.insert(changes::is_column(&self.view, key.vm)?),
                };
                if !is_column {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Does what waits.
    pub(crate) fn apply(&mut self) -> Result<(), StateError> {
        if self.at == self.view.at {
            return Ok(());
        }
        let changes = std::mem::take(&mut self.waiting);
        let (found, mut rows) = changes::apply(&mut self.tries, &self.view, &changes)?;
        if found != self.at.root {
            return Err(StateError::backend(HistoryError::OtherState { version: self.at.version }));
        }
        self.hashes.drain(..).for_each(|block| rows::put_block_hash(&mut rows, Some(block)));
        if let Some(recent) = self.view.recent.last() {
            recent.add(self.at.version, rows);
        }
        self.view.at = self.at;
        Ok(())
    }
}

/// Adds the changes of a later block.
fn merge(changes: &mut BlockChanges, later: BlockChanges) {
    for (address, change) in later.accounts {
        match changes.accounts.entry(address) {
            Entry::Vacant(entry) => drop(entry.insert(change)),
            Entry::Occupied(mut entry) => merge_account(entry.get_mut(), change),
        }
    }
    changes.objects.extend(later.objects);
    changes.codes.extend(later.codes);
}

fn merge_account(change: &mut AccountChange, later: AccountChange) {
    // An account that is gone takes its storage with it, whatever comes in its place.
    if later.wiped || later.info.is_none() {
        *change = AccountChange { wiped: true, ..later };
        return;
    }
    change.wiped |= change.info.is_none();
    if change.info.is_none() {
        change.words.clear();
    }
    change.info = later.info;
    change.words.extend(later.words);
}
