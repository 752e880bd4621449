#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! Key-value stores with snapshot reads and atomic, durable batches.
//!
//! A store is a set of named [`Table`]s, each an ordered map from bytes to bytes. It is read
//! through a [`Snapshot`], which never changes, and written by a [`Batch`], which takes effect
//! whole or not at all, also when the machine loses power half-way through.
//!
//! Two stores implement the trait: [`MemoryStore`] for tests and temporary chains, and
//! [`RedbStore`], one file on disk. [`faulty`] is a disk that breaks on command; the tests of this
//! crate use it to show which breakages leave the old content, and which are reported.
//!
//! What is left out: column types, iteration backwards, and transactions that read and write.
//! There is one writer, the node, and it knows what it read.

mod batch;
mod error;
pub mod faulty;
mod memory;
mod redb_store;
mod table;

use std::sync::Arc;

pub use batch::{Batch, Change};
use bytes::Bytes;
pub use error::{Result, StoreError};
pub use memory::MemoryStore;
pub use redb_store::{CACHE_BYTES, RedbStore};
pub use table::Table;

/// An ordered key-value store with many readers and one writer at a time.
pub trait KvStore: Send + Sync + 'static {
    /// A consistent view of everything written so far. Later writes do not show in it.
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>>;

    /// Applies a batch atomically and durably: when this returns `Ok` the batch survives a crash,
    /// and when it fails, or the machine stops inside it, the store holds the whole old content or
    /// the whole new one. Writers wait for each other.
    fn write(&self, batch: Batch) -> Result<()>;

    /// A copy that shares nothing with this store from here on; `None` where it cannot be had at next to no cost.
    fn fork(&self) -> Option<Arc<dyn KvStore>> {
        None
    }
}

/// A view of a store at one moment.
pub trait Snapshot: Send + Sync {
    /// The value of a key, or `None`.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>>;

    /// Visits every row from the key `start` on, in ascending order of the keys as bytes, until `visit` returns
    /// `false`. `visit` gets the whole key and the value.
    fn scan_from(&self, table: Table, start: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<()>;

    /// The same for the rows whose key begins with `prefix`.
    fn scan_prefix(&self, table: Table, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<()> {
        self.scan_from(table, prefix, &mut |key, value| key.starts_with(prefix) && visit(key, value))
    }
}
