//! Rows that blocks have changed since a checkpoint, as they were after each of these blocks.
//!
//! One writer adds a block's rows while readers of earlier blocks go on: a reader names the version that it wants, and
//! sees nothing of later ones.

use crate::rows;
use alloy_primitives::map::HashMap;
use hexapla_primitives::{B256, Bytes};
use hexapla_store::{Batch, Change, Table};
use std::{
    collections::BTreeMap,
    sync::{
        PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Parts with a lock each.
const SHARDS: usize = 64;

/// What a row costs beyond its key and its value, in bytes, about.
const ROW_OVERHEAD_BYTES: usize = 128;

/// A row after a block: the version, and the value; `None` where the row is gone.
type Version = (u64, Option<Bytes>);

/// The versions of each row, oldest first.
type Rows = HashMap<Box<[u8]>, Vec<Version>>;

#[derive(Default)]
struct Shard(BTreeMap<Table, Rows>);

/// Rows of several blocks, by version.
pub(crate) struct Recent {
    shards: [RwLock<Shard>; SHARDS],
    /// The versions in which all words of an account went, by keccak256 of its address.
    wipes: RwLock<HashMap<B256, Vec<u64>>>,
    bytes: AtomicUsize,
}

/// Rows of a table by their keys.
type TableRows = Vec<(Vec<u8>, Option<Bytes>)>;

/// The words that changed in one storage: whether all earlier ones went, and the rows since.
#[derive(Default)]
pub(crate) struct StorageRows {
    pub(crate) is_wiped: bool,
    pub(crate) rows: Vec<(B256, Option<Bytes>)>,
}

impl Default for Recent {
    fn default() -> Self {
        let shards = std::array::from_fn(|_| RwLock::default());
        Self { shards, wipes: RwLock::default(), bytes: AtomicUsize::new(0) }
    }
}

impl Recent {
    /// Adds the rows that a block changed. The version is larger than all before it.
    pub(crate) fn add(&self, version: u64, batch: Batch) {
        let mut bytes = 0;
        for change in batch.into_changes() {
            let (table, key, row) = match change {
                Change::Put { table, key, value } => (table, key, Some(value)),
                Change::Delete { table, key } => (table, key, None),
                Change::DeletePrefix { table, prefix } => {
                    // The nodes go with the words.
                    if table == rows::WORD {
                        self.wipe(version, &prefix);
                    }
                    continue;
                }
            };
            bytes += key.len() + row.as_ref().map_or(0, |row| row.len()) + ROW_OVERHEAD_BYTES;
            let mut shard = self.shards[shard_of(&key)].write().unwrap_or_else(PoisonError::into_inner);
            let rows = shard.0.entry(table).or_default();
            rows.entry(key.into_boxed_slice()).or_default().push((version, row.map(Bytes::from)));
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// All words of an account go.
    fn wipe(&self, version: u64, owner: &[u8]) {
        self.wipes
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(B256::from_slice(owner))
            .or_default()
            .push(version);
        self.bytes.fetch_add(ROW_OVERHEAD_BYTES, Ordering::Relaxed);
    }

    /// A row as it was in a version; `None` where nothing here says how it was.
    pub(crate) fn get(&self, table: Table, key: &[u8], version: u64) -> Option<Option<Bytes>> {
        let (since, row) = {
            let shard = self.shard(shard_of(key));
            let versions = shard.0.get(&table).and_then(|rows| rows.get(key)).map_or(&[][..], Vec::as_slice);
            at(versions, version).map_or((0, None), |(since, row)| (*since, Some(row.clone())))
        };
        match row {
            // Words of the block that wiped the storage were written after that.
            _ if table == rows::WORD && self.wiped_at(key, version).is_some_and(|wiped| wiped > since) => Some(None),
            row => row,
        }
    }

    /// When the words of an account went for the last time up to a version. `key` begins with keccak256 of its address.
    fn wiped_at(&self, key: &[u8], version: u64) -> Option<u64> {
        let wipes = self.wipes.read().unwrap_or_else(PoisonError::into_inner);
        if wipes.is_empty() {
            return None;
        }
        let versions = wipes.get(key.first_chunk::<32>()?.as_slice())?;
        versions.iter().copied().rfind(|wiped| *wiped <= version)
    }

    /// The accounts that changed up to a version, and their rows then, in ascending order.
    pub(crate) fn accounts(&self, version: u64) -> BTreeMap<B256, Option<Bytes>> {
        let mut accounts = BTreeMap::new();
        self.visit(version, |table, key, row| {
            if table == rows::ACCOUNT {
                accounts.insert(B256::from_slice(key), row.clone());
            }
        });
        accounts
    }

    /// The words and hashes of objects that changed up to a version, by keccak256 of the address.
    pub(crate) fn storages(&self, version: u64) -> BTreeMap<(B256, Table), StorageRows> {
        let mut storages: BTreeMap<_, StorageRows> = BTreeMap::new();
        for owner in self.wiped(version) {
            storages.entry((owner, rows::WORD)).or_default().is_wiped = true;
        }
        self.visit(version, |table, key, row| {
            if table == rows::WORD || table == rows::OBJECT_HASH {
                let (owner, slot) = key.split_at(32);
                let storage = storages.entry((B256::from_slice(owner), table)).or_default();
                storage.rows.push((B256::from_slice(slot), row.clone()));
            }
        });
        storages
    }

    /// The accounts whose words went, up to a version, in ascending order.
    fn wiped(&self, version: u64) -> Vec<B256> {
        let wipes = self.wipes.read().unwrap_or_else(PoisonError::into_inner);
        let mut wiped: Vec<B256> = wipes
            .iter()
            .filter(|(_, versions)| versions.iter().any(|wiped| *wiped <= version))
            .map(|(owner, _)| *owner)
            .collect();
        wiped.sort_unstable();
        wiped
    }

    /// Visits what every changed row was in a version, in no order. Words from before a wipe are left out.
    fn visit(&self, version: u64, mut visit: impl FnMut(Table, &[u8], &Option<Bytes>)) {
        for index in 0..SHARDS {
            for (table, rows) in &self.shard(index).0 {
                for (key, versions) in rows {
                    let Some((since, row)) = at(versions, version) else { continue };
                    let is_wiped =
                        *table == rows::WORD && self.wiped_at(key, version).is_some_and(|wiped| wiped > *since);
                    if !is_wiped {
                        visit(*table, key, row);
                    }
                }
            }
        }
    }

    /// What brings a store from before these blocks to after them, but for the nodes of tries: storages that go first,
    /// then rows in the order of tables and keys.
    pub(crate) fn batch(&self) -> Batch {
        let mut changed: BTreeMap<Table, TableRows> = BTreeMap::new();
        self.visit(u64::MAX, |table, key, row| changed.entry(table).or_default().push((key.to_vec(), row.clone())));
        let mut batch = Batch::new();
        for table in rows::OF_STORAGE {
            self.wiped(u64::MAX).into_iter().for_each(|owner| batch.delete_prefix(table, owner.to_vec()));
        }
        for (table, mut rows) in changed {
            rows.sort_unstable_by(|(key, _), (other, _)| key.cmp(other));
            rows.into_iter().for_each(|(key, row)| rows::put_or_delete(&mut batch, table, key, row.map(|row| row.0)));
        }
        batch
    }

    /// The memory that this uses, in bytes, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    fn shard(&self, index: usize) -> RwLockReadGuard<'_, Shard> {
        // A writer that panicked left whole rows.
        self.shards[index].read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keys of accounts and words end in a hash; the others need not be spread evenly.
fn shard_of(key: &[u8]) -> usize {
    usize::from(*key.last().unwrap_or(&0)) % SHARDS
}

/// The newest that is not newer than `version`.
fn at(versions: &[Version], version: u64) -> Option<&Version> {
    versions.iter().rfind(|(since, _)| *since <= version)
}
