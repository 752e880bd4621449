//! A store in memory whose snapshots cost next to nothing.
//!
//! A table is a sorted list of chunks of sorted rows. Snapshots share the chunks with the store;
//! a write copies the list and the chunks it touches, and only while a snapshot still shares them.
//! Nothing here survives the process.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;

use crate::{Batch, Change, KvStore, Result, Snapshot, Table};

/// The largest number of rows in a chunk; a chunk that grows beyond it is cut in two.
const CHUNK_ROWS_MAX: usize = 256;

type Row = (Bytes, Bytes);

/// A store in memory. Clones share their content.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    tables: Arc<RwLock<Tables>>,
}

#[derive(Clone, Debug, Default)]
struct Tables(BTreeMap<Table, Rows>);

/// The rows of a table. No chunk is empty, and the chunks do not overlap.
#[derive(Clone, Debug, Default)]
struct Rows {
    chunks: Arc<Vec<Arc<Vec<Row>>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

impl KvStore for MemoryStore {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        // A writer cannot panic between two changes, so a poisoned lock still guards whole batches.
        Ok(Arc::new(self.tables.read().unwrap_or_else(PoisonError::into_inner).clone()))
    }

    fn write(&self, batch: Batch) -> Result<()> {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        for change in batch.into_changes() {
            match change {
                Change::Put { table, key, value } => tables.0.entry(table).or_default().put(key.into(), value),
                Change::Delete { table, key } => tables.0.entry(table).or_default().delete(&key),
                Change::DeletePrefix { table, prefix } => tables.0.entry(table).or_default().delete_prefix(&prefix),
            }
        }
        Ok(())
    }

    fn fork(&self) -> Option<Arc<dyn KvStore>> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner).clone();
        Some(Arc::new(Self { tables: Arc::new(RwLock::new(tables)) }))
    }
}

impl Snapshot for Tables {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>> {
        Ok(self.0.get(&table).and_then(|rows| rows.get(key)))
    }

    fn scan_prefix(&self, table: Table, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<()> {
        if let Some(rows) = self.0.get(&table) {
            rows.scan_prefix(prefix, visit);
        }
        Ok(())
    }
}

impl Rows {
    /// The chunk that holds `key` if any does: the last one that does not begin behind it.
    fn chunk_of(&self, key: &[u8]) -> usize {
        self.chunks.partition_point(|chunk| chunk[0].0 <= key).saturating_sub(1)
    }

    fn get(&self, key: &[u8]) -> Option<Bytes> {
        let chunk = self.chunks.get(self.chunk_of(key))?;
        let at = find(chunk, key).ok()?;
        Some(chunk[at].1.clone())
    }

    fn put(&mut self, key: Bytes, value: Bytes) {
        let index = self.chunk_of(&key);
        let chunks = Arc::make_mut(&mut self.chunks);
        let Some(chunk) = chunks.get_mut(index) else {
            chunks.push(Arc::new(vec![(key, value)]));
            return;
        };
        let rows = Arc::make_mut(chunk);
        match find(rows, &key) {
            Ok(at) => rows[at].1 = value,
            Err(at) => rows.insert(at, (key, value)),
        }
        if rows.len() > CHUNK_ROWS_MAX {
            let upper = rows.split_off(rows.len() / 2);
            chunks.insert(index + 1, Arc::new(upper));
        }
    }

    fn delete(&mut self, key: &[u8]) {
        let index = self.chunk_of(key);
        let Some(at) = self.chunks.get(index).and_then(|chunk| find(chunk, key).ok()) else {
            return;
        };
        let chunks = Arc::make_mut(&mut self.chunks);
        let rows = Arc::make_mut(&mut chunks[index]);
        rows.remove(at);
        if rows.is_empty() {
            chunks.remove(index);
        }
    }

    fn delete_prefix(&mut self, prefix: &[u8]) {
        let first = self.chunk_of(prefix);
        let chunks = Arc::make_mut(&mut self.chunks);
        let beyond =
            first + chunks[first..].partition_point(|chunk| chunk[0].0 < prefix || chunk[0].0.starts_with(prefix));
        for chunk in &mut chunks[first..beyond] {
            if chunk.iter().any(|row| row.0.starts_with(prefix)) {
                Arc::make_mut(chunk).retain(|row| !row.0.starts_with(prefix));
            }
        }
        chunks.retain(|chunk| !chunk.is_empty());
    }

    fn scan_prefix(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) {
        let first = self.chunk_of(prefix);
        let rows = self.chunks.iter().skip(first).flat_map(|chunk| chunk.iter());
        for (key, value) in rows.skip_while(|row| row.0 < prefix) {
            if !key.starts_with(prefix) || !visit(key, value) {
                return;
            }
        }
    }
}

/// Where a key is in a chunk, or where it would have to be inserted.
fn find(rows: &[Row], key: &[u8]) -> std::result::Result<usize, usize> {
    rows.binary_search_by(|row| row.0.as_ref().cmp(key))
}
