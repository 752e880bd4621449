//! The tries in memory.

use crate::{
    rows,
    source::{AccountSource, StorageSource, account_leaf, word_leaf},
    view::View,
};
use hexapla_primitives::{B256, Bytes};
use hexapla_state::StateError;
use hexapla_store::Batch;
use hexapla_trie::{EMPTY_ROOT, Trie};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Storage tries that stay in memory between blocks; beyond this the least used are dropped and reloaded on demand.
pub(crate) const STORAGES_MAX: usize = 1024;

/// The trie of accounts, and those of storages that were used.
///
/// What is not in memory is read from the store. So what changed since the store was written must stay in memory.
pub(crate) struct Tries {
    pub(crate) accounts: Trie,
    pub(crate) storages: StorageTries,
    /// The memory in use when something was dropped for the last time.
    shrunk_to: usize,
    /// The memory in use when it was counted for the last time, and how much may have come since.
    counted: usize,
    grown: usize,
}

/// What a change or a proof of a key can bring into memory, in bytes: the nodes on the way, and a subtree without rows.
const KEY_BYTES_MAX: usize = 16 << 10;

impl Tries {
    /// The tries of a state that the store holds, of which nothing is in memory.
    pub(crate) fn of_store(root: B256) -> Self {
        Self { accounts: Trie::at_root(root), storages: StorageTries::default(), shrunk_to: 0, counted: 0, grown: 0 }
    }

    /// The tries of any state: those of the store, with what changed since.
    pub(crate) fn of(view: &View) -> Result<Self, StateError> {
        let mut tries = Self::of_store(view.base.at.root);
        let (mut accounts, mut storages) = (BTreeMap::new(), BTreeMap::new());
        for recent in &view.recent {
            accounts.extend(recent.accounts(view.at.version));
            for (storage, changed) in recent.storages(view.at.version) {
                let all: &mut crate::recent::StorageRows = storages.entry(storage).or_default();
                if changed.is_wiped {
                    *all = changed;
                } else {
                    all.rows.extend(changed.rows);
                }
            }
        }
        for ((owner, table), changed) in storages {
            let before = rows::get(&*view.base, rows::ACCOUNT, owner.as_slice())?;
            let start = match before {
                Some(row) if !changed.is_wiped => rows::decode_account(owner.as_slice(), &row)?.storage_root,
                _ => EMPTY_ROOT,
            };
            let leaves = leaves(changed.rows, word_leaf)?;
            let source = StorageSource { snapshot: &*view.base, owner, is_column: table == rows::OBJECT_HASH };
            tries.storages.apply(&source, start, &leaves)?;
        }
        let leaves = leaves(accounts, account_leaf)?;
        tries.accounts.apply(&AccountSource(&*view.base), &leaves).map_err(StateError::backend)?;
        let found = tries.accounts.root();
        if found != view.at.root {
            return Err(StateError::backend(RootError { version: view.at.version, expected: view.at.root, found }));
        }
        tries.counted = tries.memory();
        Ok(tries)
    }

    /// The rows of all nodes that changed since this was last called. They must be in the store before
    /// [`Tries::shrink`] is called again.
    pub(crate) fn take_rows(&mut self, batch: &mut Batch) {
        rows::put_nodes(batch, rows::ACCOUNT_NODE, &[], &mut self.accounts);
        for owner in std::mem::take(&mut self.storages.unsaved) {
            if let Some((_, trie)) = self.storages.open.get_mut(&owner) {
                rows::put_nodes(batch, rows::STORAGE_NODE, owner.as_slice(), trie);
            }
        }
    }

    /// The memory in use, in bytes, about.
    pub(crate) fn memory(&self) -> usize {
        self.accounts.memory() + self.storages.memory()
    }

    /// Whether more than so many bytes are in use. To count them takes longer than a small block, and is only done where
    /// it could be so.
    pub(crate) fn exceeds(&mut self, bytes: usize) -> bool {
        if self.counted.saturating_add(self.grown) > bytes {
            (self.counted, self.grown) = (self.memory(), 0);
        }
        self.counted.saturating_add(self.grown) > bytes
    }

    /// So many keys were changed or proved.
    pub(crate) const fn note_used(&mut self, keys: usize) {
        self.grown = self.grown.saturating_add(keys.saturating_mul(KEY_BYTES_MAX));
    }

    /// How many storages have changed since [`Tries::take_rows`].
    pub(crate) fn unsaved(&self) -> usize {
        self.storages.unsaved.len()
    }

    /// Uses no more than about so many bytes, as far as what is not in the store allows it. Where something must go, a
    /// quarter more than that goes, and where that did not go far, nothing goes again before there is a quarter more: to
    /// drop something costs time for all that stays.
    pub(crate) fn shrink(&mut self, bytes_max: usize) {
        if self.storages.open.len() > STORAGES_MAX {
            self.storages.drop_least_used();
        }
        if !self.exceeds(bytes_max.max(self.shrunk_to + self.shrunk_to / 4)) {
            return;
        }
        self.accounts.drop_leaves();
        self.storages.drop_leaves();
        let goal = bytes_max / 4 * 3;
        if self.memory() > goal {
            // Neither takes the place of the other while that needs less than half.
            self.storages.shrink(goal.saturating_sub(self.accounts.memory().min(goal / 2)));
            self.accounts.shrink(goal.saturating_sub(self.storages.memory()));
        }
        (self.counted, self.grown) = (self.memory(), 0);
        self.shrunk_to = self.counted;
    }

    /// What was changed can be dropped now: it is in the store.
    pub(crate) fn note_saved(&mut self) {
        self.shrunk_to = 0;
    }
}

/// Rows as leaves, a later one in the place of an earlier one.
fn leaves(
    rows: impl IntoIterator<Item = (B256, Option<Bytes>)>,
    leaf: impl Fn(&[u8], &[u8]) -> Result<Vec<u8>, StateError>,
) -> Result<Vec<rows::Leaf>, StateError> {
    let leaf = |(key, row): (B256, Option<Bytes>)| Ok((key, row.map(|row| leaf(key.as_slice(), &row)).transpose()?));
    rows.into_iter().map(leaf).collect()
}

/// Rows and roots do not agree.
#[derive(Debug, thiserror::Error)]
#[error(
    "the state after commit {version} should have the root {expected}, and its rows give {found}; the database is \
     corrupt, restore it from a copy"
)]
pub(crate) struct RootError {
    pub(crate) version: u64,
    pub(crate) expected: B256,
    pub(crate) found: B256,
}

/// Storage tries by keccak256 of the address, with the time of their latest use.
#[derive(Default)]
pub(crate) struct StorageTries {
    open: HashMap<B256, (u64, Trie)>,
    clock: u64,
    /// Those that have changed since their rows were taken.
    unsaved: BTreeSet<B256>,
}

impl StorageTries {
    /// The trie of an account, whose root is this where it is not in memory yet.
    pub(crate) fn open(&mut self, owner: B256, root: B256) -> &mut Trie {
        self.clock += 1;
        let (used, trie) = self.open.entry(owner).or_insert_with(|| (0, Trie::at_root(root)));
        *used = self.clock;
        trie
    }

    /// Changes a storage, whose root is `start` where it is not in memory yet, and gives the new root.
    pub(crate) fn apply(
        &mut self,
        source: &StorageSource<'_>,
        start: B256,
        leaves: &[rows::Leaf],
    ) -> Result<B256, StateError> {
        if leaves.is_empty() {
            return Ok(start);
        }
        self.unsaved.insert(source.owner);
        let trie = self.open(source.owner, start);
        trie.apply(source, leaves).map_err(StateError::backend)?;
        Ok(trie.root())
    }

    /// The storage went: it is empty when it is opened again.
    pub(crate) fn forget(&mut self, owner: B256) {
        self.open.remove(&owner);
        self.unsaved.remove(&owner);
    }

    /// Drops half of those that are in the store, so that the search for the least used is paid rarely; whether there
    /// were any.
    fn drop_least_used(&mut self) -> bool {
        let saved = self.open.iter().filter(|(owner, _)| !self.unsaved.contains(*owner));
        let mut used: Vec<u64> = saved.map(|(_, (used, _))| *used).collect();
        used.sort_unstable();
        let Some(&median) = used.get(used.len() / 2) else {
            return false;
        };
        self.open.retain(|owner, (used, _)| *used > median || self.unsaved.contains(owner));
        true
    }

    fn memory(&self) -> usize {
        self.open.values().map(|(_, trie)| trie.memory()).sum()
    }

    fn drop_leaves(&mut self) {
        self.open.values_mut().for_each(|(_, trie)| trie.drop_leaves());
    }

    /// Uses no more than about `bytes`: the tries that are used least go, then parts of those that are left.
    fn shrink(&mut self, bytes: usize) {
        while self.open.len() > 1 && self.memory() > bytes && self.drop_least_used() {}
        let mut used = self.memory();
        for (_, trie) in self.open.values_mut() {
            if used <= bytes {
                return;
            }
            let before = trie.memory();
            trie.shrink(bytes.saturating_sub(used - before));
            used -= before - trie.memory().min(before);
        }
    }
}
