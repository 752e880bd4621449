//! A store in memory whose snapshots cost next to nothing.
//!
//! A table is a persistent B-tree: a clone shares all nodes with the original, and a later change of
//! either copies the few nodes on the path to it. So snapshots and forks are clones.
//! Nothing here survives the process.

use std::{
    collections::BTreeMap,
    ops::Bound,
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

type Rows = OrdMap<Bytes, Bytes>;

#[derive(Clone, Debug, Default)]
struct Tables(BTreeMap<Table, Rows>);

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
            tables.apply(change);
        }
        Ok(())
    }

    fn fork(&self) -> Option<Arc<dyn KvStore>> {
        Some(Arc::new(Self { tables: Arc::new(RwLock::new(self.tables())) }))
    }
}

impl Tables {
    fn apply(&mut self, change: Change) {
        match change {
            Change::Put { table, key, value } => drop(self.0.entry(table).or_default().insert(key.into(), value)),
            Change::Delete { table, key } => drop(self.0.entry(table).or_default().remove(key.as_slice())),
            Change::DeletePrefix { table, prefix } => delete_prefix(self.0.entry(table).or_default(), &prefix),
        }
    }
}

impl Snapshot for Tables {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>> {
        Ok(self.0.get(&table).and_then(|rows| rows.get(key)).cloned())
    }

    fn scan_from(&self, table: Table, start: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<()> {
        let Some(rows) = self.0.get(&table) else { return Ok(()) };
        for (key, value) in range_from(rows, start) {
            if !visit(key, value) {
                break;
            }
        }
        Ok(())
    }
}

fn range_from<'a>(rows: &'a Rows, start: &[u8]) -> impl Iterator<Item = (&'a Bytes, &'a Bytes)> + use<'a> {
    rows.range::<_, [u8]>((Bound::Included(start), Bound::Unbounded))
}

fn delete_prefix(rows: &mut Rows, prefix: &[u8]) {
    if prefix.is_empty() {
        rows.clear();
        return;
    }
    let keys = range_from(rows, prefix).map(|(key, _)| key.clone()).take_while(|key| key.starts_with(prefix));
    for key in keys.collect::<Vec<_>>() {
        rows.remove(&key);
    }
}
