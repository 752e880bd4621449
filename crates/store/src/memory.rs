//! A store in memory whose snapshots cost next to nothing.
//!
//! A table is a persistent map: snapshots share it with the store, and a write copies the few nodes on its way that a
//! snapshot still shares, however many rows there are. Nothing here survives the process.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use imbl::OrdMap;

use crate::{Batch, Change, KvStore, Result, Snapshot, Table};

/// A store in memory. Clones share their content.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    tables: Arc<RwLock<Tables>>,
}

#[derive(Clone, Debug, Default)]
struct Tables(BTreeMap<Table, OrdMap<Bytes, Bytes>>);

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn tables(&self) -> Tables {
        // A writer cannot panic between two changes, so a poisoned lock still guards whole batches.
        self.tables.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl KvStore for MemoryStore {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(self.tables()))
    }

    fn write(&self, batch: Batch) -> Result<()> {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        for change in batch.into_changes() {
            match change {
                Change::Put { table, key, value } => {
                    tables.0.entry(table).or_default().insert(key.into(), value);
                }
                Change::Delete { table, key } => {
                    tables.0.entry(table).or_default().remove(&key[..]);
                }
                Change::DeletePrefix { table, prefix } => {
                    delete_prefix(tables.0.entry(table).or_default(), &prefix);
                }
            }
        }
        Ok(())
    }

    fn fork(&self) -> Option<Arc<dyn KvStore>> {
        Some(Arc::new(Self { tables: Arc::new(RwLock::new(self.tables())) }))
    }
}

impl Snapshot for Tables {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>> {
        Ok(self.0.get(&table).and_then(|rows| rows.get(key).cloned()))
    }

    fn scan_from(&self, table: Table, start: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<()> {
        if let Some(rows) = self.0.get(&table) {
            rows_from(rows, start).all(|(key, value)| visit(key, value));
        }
        Ok(())
    }
}

fn rows_from<'a>(rows: &'a OrdMap<Bytes, Bytes>, start: &[u8]) -> impl Iterator<Item = (&'a Bytes, &'a Bytes)> {
    rows.range::<_, [u8]>((std::ops::Bound::Included(start), std::ops::Bound::Unbounded))
}

fn delete_prefix(rows: &mut OrdMap<Bytes, Bytes>, prefix: &[u8]) {
    let keys = rows_from(rows, prefix).map(|(key, _)| key.clone());
    let keys: Vec<Bytes> = keys.take_while(|key| key.starts_with(prefix)).collect();
    for key in keys {
        rows.remove(&key);
    }
}
