//! A store in memory that fails on command.

use hexapla_store::{
    Batch, KvStore, MemoryStore, Result, Snapshot, StoreError, Table, faulty::FaultyDisk, log::LogDisk,
};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// With a log or without one. Each switch makes one call fail, and is off again then.
#[derive(Default)]
pub(crate) struct Flaky {
    pub(crate) store: MemoryStore,
    pub(crate) log: Option<FaultyDisk>,
    pub(crate) fail_write: AtomicBool,
    pub(crate) panic_in_write: AtomicBool,
    /// It is written all the same.
    pub(crate) fail_after_write: AtomicBool,
    pub(crate) fail_snapshot: AtomicBool,
    pub(crate) fail_read: Arc<AtomicBool>,
    /// Writes wait for it.
    pub(crate) gate: Mutex<()>,
}

impl Flaky {
    pub(crate) fn with_log(log: FaultyDisk) -> Arc<Self> {
        Arc::new(Self { log: Some(log), ..Self::default() })
    }
}

fn unless(switch: &AtomicBool) -> Result<()> {
    if switch.swap(false, Relaxed) { Err(StoreError::DiskFull { file: "flaky".into() }) } else { Ok(()) }
}

impl KvStore for Flaky {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        unless(&self.fail_snapshot)?;
        Ok(Arc::new(FlakySnapshot { snapshot: self.store.snapshot()?, fail_read: self.fail_read.clone() }))
    }

    fn write(&self, batch: Batch) -> Result<()> {
        drop(self.gate.lock().unwrap_or_else(PoisonError::into_inner));
        assert!(!self.panic_in_write.swap(false, Relaxed), "a store that panics");
        unless(&self.fail_write)?;
        self.store.write(batch)?;
        unless(&self.fail_after_write)
    }

    fn log_disk(&self) -> Option<Arc<dyn LogDisk>> {
        self.log.clone().map(|disk| Arc::new(disk) as Arc<dyn LogDisk>)
    }
}

struct FlakySnapshot {
    snapshot: Arc<dyn Snapshot>,
    fail_read: Arc<AtomicBool>,
}

impl Snapshot for FlakySnapshot {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<bytes::Bytes>> {
        unless(&self.fail_read)?;
        self.snapshot.get(table, key)
    }

    fn scan_from(&self, table: Table, start: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<()> {
        unless(&self.fail_read)?;
        self.snapshot.scan_from(table, start, visit)
    }
}
