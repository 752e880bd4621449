//! The state after one block: the store at a checkpoint, and what blocks have changed since.

use crate::{cache::Cache, recent::Recent, rows};
use hexapla_primitives::{B256, Bytes};
use hexapla_state::StateError;
use hexapla_store::{KvStore, Snapshot, Table};
use hexapla_trie::{EMPTY_ROOT, TrieAccount};
use std::sync::Arc;

/// Which state it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// The number of commits before it.
    pub(crate) version: u64,
    pub(crate) root: B256,
    /// The number of the newest block; `None` before the first.
    pub(crate) block: Option<u64>,
}

impl Position {
    /// Nothing was committed yet.
    pub(crate) const EMPTY: Self = Self { version: 0, root: EMPTY_ROOT, block: None };
}

/// What a store holds.
pub(crate) struct Base {
    pub(crate) snapshot: Arc<dyn Snapshot>,
    pub(crate) at: Position,
    /// Rows that were read; only for stores on a disk.
    cache: Option<Cache>,
}

impl Base {
    /// A store as it is now, whose rows are this state.
    pub(crate) fn of(store: &dyn KvStore, at: Position, cache_bytes: Option<usize>) -> Result<Self, StateError> {
        let snapshot = store.snapshot().map_err(StateError::backend)?;
        Ok(Self { snapshot, at, cache: cache_bytes.map(Cache::new) })
    }

    /// The memory of the rows that were read, in bytes.
    pub(crate) fn cache_bytes(&self) -> usize {
        self.cache.as_ref().map_or(0, Cache::bytes)
    }
}

impl Snapshot for Base {
    fn get(&self, table: Table, key: &[u8]) -> hexapla_store::Result<Option<bytes::Bytes>> {
        match &self.cache {
            Some(cache) => cache.get_or(table, key, || self.snapshot.get(table, key)),
            None => self.snapshot.get(table, key),
        }
    }

    fn scan_from(
        &self,
        table: Table,
        start: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> hexapla_store::Result<()> {
        self.snapshot.scan_from(table, start, visit)
    }
}

/// The state after one block. It never changes.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) base: Arc<Base>,
    /// What changed since, oldest first. Versions after this view's are in it too, and not seen.
    pub(crate) recent: Vec<Arc<Recent>>,
    pub(crate) at: Position,
}

impl View {
    pub(crate) fn row(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        match self.recent.iter().rev().find_map(|recent| recent.get(table, key, self.at.version)) {
            Some(row) => Ok(row),
            None => rows::get(&*self.base, table, key),
        }
    }

    /// An account, by keccak256 of its address.
    pub(crate) fn account(&self, key: B256) -> Result<Option<TrieAccount>, StateError> {
        self.row(rows::ACCOUNT, key.as_slice())?.map(|row| rows::decode_account(key.as_slice(), &row)).transpose()
    }
}
