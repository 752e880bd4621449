//! The log of a store, and what is in it and not in the store.

use crate::{
    checkpoint::{Checkpoint, Running},
    error::HistoryError,
    options::StateOptions,
    recent::Recent,
    record::Record,
    replay::Replay,
    tries::Tries,
    view::{Base, Position, View},
};
use hexapla_state::StateError;
use hexapla_store::{
    Batch, KvStore, StoreError,
    log::{BlockLog, LogDisk},
};
use std::{sync::Arc, time::Instant};

/// A log, and what is in it and not in the store.
pub(crate) struct Logged {
    pub(crate) log: BlockLog,
    pub(crate) base: Arc<Base>,
    /// What changed since `base`. Two while a checkpoint is written: the first is what it writes.
    pub(crate) recent: Vec<Arc<Recent>>,
    pub(crate) checkpoint: Checkpoint,
    /// What the newest checkpoint ends with, the one that is being written included.
    pub(crate) last: Position,
    pub(crate) durable: Position,
    /// When the oldest commit was made that is not durable.
    waiting_since: Option<Instant>,
}

impl Logged {
    /// Opens the log of a store that holds the state `at`, and replays it: gives the state at its end and its tries.
    pub(crate) fn open(
        store: &dyn KvStore,
        disk: Arc<dyn LogDisk>,
        at: Position,
        options: StateOptions,
    ) -> Result<(Self, Position, Tries), StateError> {
        let base = Arc::new(base(store, at, options)?);
        let view = View { base: base.clone(), recent: vec![Arc::new(Recent::default())], at };
        let mut replay = Replay::new(view);
        let log = BlockLog::open(disk, |payload| {
            let record = Record::decode(payload).ok_or(HistoryError::UnknownRecord)?;
            Ok::<(), Failed>(replay.add(record)?)
        });
        let log = log.map_err(|Failed(error)| error)?;
        replay.apply()?;
        let Replay { view: View { recent, at: end, .. }, tries, .. } = replay;
        let checkpoint = Checkpoint::Idle;
        Ok((Self { log, base, recent, checkpoint, last: at, durable: end, waiting_since: None }, end, tries))
    }

    /// The state `at`, which is the newest one.
    pub(crate) fn view(&self, at: Position) -> View {
        View { base: self.base.clone(), recent: self.recent.clone(), at }
    }

    /// Adds a block to the log, and makes it durable if it is time. After a failure of that the log is closed.
    pub(crate) fn append(&mut self, record: &Record, at: Position, options: StateOptions) -> Result<(), StateError> {
        self.log.append(&record.encode()).map_err(StateError::backend)?;
        let since = self.waiting_since.get_or_insert_with(Instant::now);
        let is_late = options.sync_time.is_some_and(|time| since.elapsed() >= time);
        if is_late || at.version - self.durable.version >= options.sync_blocks {
            self.sync(at)?;
        }
        Ok(())
    }

    /// Makes the log durable, whose last record leads to the state `at`.
    pub(crate) fn sync(&mut self, at: Position) -> Result<(), StateError> {
        self.log.sync().map_err(StateError::backend)?;
        self.note_durable(at);
        Ok(())
    }

    pub(crate) const fn note_durable(&mut self, at: Position) {
        self.durable = at;
        self.waiting_since = None;
    }

    /// Adds the rows that a block changed.
    pub(crate) fn add(&self, version: u64, rows: Batch) {
        if let Some(recent) = self.recent.last() {
            recent.add(version, rows);
        }
    }

    /// Begins to write what changed since the last checkpoint, up to the state `at`; `nodes` are the rows of trie nodes.
    pub(crate) fn begin_checkpoint(
        &mut self,
        store: &Arc<dyn KvStore>,
        nodes: Batch,
        at: Position,
    ) -> Result<(), StateError> {
        let [recent] = &self.recent[..] else { return Ok(()) };
        let recent = recent.clone();
        let segment = self.log.begin_segment().map_err(StateError::backend)?;
        self.note_durable(at);
        let running = Running::start(store.clone(), recent, nodes, at, segment);
        self.checkpoint = running.map_or_else(|error| Checkpoint::Failed(error.to_string()), Checkpoint::Running);
        self.last = at;
        self.recent.push(Arc::new(Recent::default()));
        self.checkpoint.check()
    }

    /// Waits for the checkpoint that is being written; whether there was one.
    pub(crate) fn finish_checkpoint(&mut self, store: &dyn KvStore, options: StateOptions) -> Result<bool, StateError> {
        self.checkpoint.check()?;
        let Checkpoint::Running(running) = std::mem::take(&mut self.checkpoint) else { return Ok(false) };
        let (at, segment) = (running.at, running.segment);
        let written = running.wait();
        let base = written.and_then(|()| base(store, at, options).map_err(|error| error.to_string()));
        match base {
            Ok(base) => {
                self.base = Arc::new(base);
                self.recent.remove(0);
                // Records that stay are known to be in the store; the next checkpoint tries again.
                let _ = self.log.remove_before(segment);
                Ok(true)
            }
            Err(reason) => {
                self.checkpoint = Checkpoint::Failed(reason);
                self.checkpoint.check().map(|()| true)
            }
        }
    }

    /// Whether `times` as much was committed since the last checkpoint as there should be between two.
    pub(crate) fn is_due(&self, times: usize, at: Position, options: StateOptions) -> bool {
        let blocks = at.version - self.last.version;
        let bytes = self.recent.last().map_or(0, |recent| recent.bytes());
        blocks >= options.checkpoint_blocks.max(1).saturating_mul(times as u64)
            || blocks > 0 && bytes >= options.recent_bytes_max() * times
    }

    /// The memory of what changed, in bytes, about.
    pub(crate) fn recent_bytes(&self) -> usize {
        self.recent.iter().map(|recent| recent.bytes()).sum()
    }

    /// The memory of all that is here, in bytes, about.
    pub(crate) fn memory(&self) -> usize {
        self.recent_bytes() + self.base.cache_bytes()
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        if let Checkpoint::Running(running) = std::mem::take(&mut self.checkpoint) {
            // If it failed, the log still has what it was to write.
            let _ = running.wait();
        }
        // Nobody was told that what is not durable yet is.
        let _ = self.log.sync();
    }
}

/// What a store holds now, with a cache.
pub(crate) fn base(store: &dyn KvStore, at: Position, options: StateOptions) -> Result<Base, StateError> {
    Base::of(store, at, Some(options.cache_bytes_max()))
}

/// Fails if a log has records.
pub(crate) fn check_empty(disk: Arc<dyn LogDisk>) -> Result<(), StateError> {
    match BlockLog::open(disk, |_| Err(HistoryError::LogOfEmpty.into())) {
        Ok(_) => Ok(()),
        Err(Failed(error)) => Err(error),
    }
}

/// Why a log was not opened.
struct Failed(StateError);

impl From<StateError> for Failed {
    fn from(error: StateError) -> Self {
        Self(error)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self(StateError::backend(error))
    }
}

impl From<HistoryError> for Failed {
    fn from(error: HistoryError) -> Self {
        Self(StateError::backend(error))
    }
}
