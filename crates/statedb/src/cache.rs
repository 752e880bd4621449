//! Rows of a store that were read, within a bound.

use alloy_primitives::map::HashMap;
use bytes::Bytes;
use hexapla_store::{Result, Table};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Parts with a lock each.
const SHARDS: usize = 64;

/// What a row costs beyond its key and its value, in bytes, about.
const ROW_OVERHEAD_BYTES: usize = 96;

#[derive(Default)]
struct Shard {
    rows: HashMap<Table, HashMap<Box<[u8]>, Option<Bytes>>>,
    bytes: usize,
}

/// Rows of one snapshot, which never change; absent ones as well.
pub(crate) struct Cache {
    shards: [Mutex<Shard>; SHARDS],
    shard_bytes_max: usize,
}

impl Cache {
    /// A cache of about so many bytes at most.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), shard_bytes_max: bytes_max / SHARDS }
    }

    /// The row, from here or from `read`.
    pub(crate) fn get_or(
        &self,
        table: Table,
        key: &[u8],
        read: impl FnOnce() -> Result<Option<Bytes>>,
    ) -> Result<Option<Bytes>> {
        let index = usize::from(*key.last().unwrap_or(&0)) % SHARDS;
        if let Some(row) = self.shard(index).rows.get(&table).and_then(|rows| rows.get(key)) {
            return Ok(row.clone());
        }
        let row = read()?;
        let bytes = key.len() + row.as_ref().map_or(0, Bytes::len) + ROW_OVERHEAD_BYTES;
        if bytes > self.shard_bytes_max {
            // It would take the place of everything else.
            return Ok(row);
        }
        let mut shard = self.shard(index);
        if shard.bytes + bytes > self.shard_bytes_max {
            // Keys are hashes, so that no shard is full much before the others.
            *shard = Shard::default();
        }
        if shard.rows.entry(table).or_default().insert(key.into(), row.clone()).is_none() {
            shard.bytes += bytes;
        }
        Ok(row)
    }

    /// The memory in use, in bytes, about.
    pub(crate) fn bytes(&self) -> usize {
        (0..SHARDS).map(|index| self.shard(index).bytes).sum()
    }

    fn shard(&self, index: usize) -> MutexGuard<'_, Shard> {
        // Nothing here can be half done.
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_does_not_fit_takes_the_place_of_none() {
        let cache = Cache::new(SHARDS << 10);
        let read =
            |key: &[u8], bytes: usize| cache.get_or(Table("word"), key, || Ok(Some(vec![7; bytes].into()))).unwrap();
        read(b"key", 100);
        let bytes = cache.bytes();
        assert_eq!(read(b"large key", 2_000).unwrap().len(), 2_000);
        assert_eq!(cache.bytes(), bytes);
        assert_eq!(read(b"key", 0).unwrap().len(), 100, "it is still there");
    }
}
