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
//! [`RedbStore`], one file on disk. [`log`] keeps records beside that file, which are cheaper to make
//! durable than a batch is. [`faulty`] is a disk that breaks on command; the tests of this
//! crate use it to show which breakages leave the old content, and which are reported.
//!
//! What is left out: column types, iteration backwards, and transactions that read and write.
//! There is one writer, the node, and it knows what it read.

mod batch;
mod error;
pub mod faulty;
pub mod log;
mod memory;
mod redb_store;
mod table;

use std::sync::Arc;

pub use batch::{Batch, Change};
use bytes::Bytes;
pub use error::{Result, StoreError};
use log::LogDisk;
pub use memory::MemoryStore;
pub use redb_store::{RedbStore, StoreOptions};
pub use table::Table;

/// An ordered key-value store with many readers and one writer at a time.
pub trait KvStore: Send + Sync + 'static {
    /// A consistent view of everything written so far. Later writes do not show in it.
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>>;

    /// Applies a batch atomically and durably: when this returns `Ok` the batch survives a crash,
    /// and when it fails, or the machine stops inside it, the store holds the whole old content or
    /// the whole new one. Writers wait for each other.
    fn write(&self, batch: Batch) -> Result<()>;

    /// Where the store's log is, see [`log`]; `None` for a store that does not survive the process anyway.
    ///
    /// The store keeps others away from its log as well, for as long as it is open: a log is dropped before its store.
    fn log_disk(&self) -> Option<Arc<dyn LogDisk>> {
        None
    }

    /// A copy that shares nothing with this store from here on; `None` where it cannot be had at next to no cost.
    fn fork(&self) -> Option<Arc<dyn KvStore>> {
        None
    }
}

/// A view of a store at one moment.
pub trait Snapshot: Send + Sync {
    /// The value of a key, or `None`.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>>;

    /// Visits every row whose key is `start` or behind it, in ascending order of the keys as bytes,
    /// until `visit` returns `false`. `visit` gets the whole key and the value.
    fn scan_from(&self, table: Table, start: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<()>;

    /// Visits every row whose key begins with `prefix`, in ascending order of the keys as bytes,
    /// until `visit` returns `false`. `visit` gets the whole key and the value.
    fn scan_prefix(&self, table: Table, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<()> {
        self.scan_from(table, prefix, &mut |key, value| key.starts_with(prefix) && visit(key, value))
    }
}
