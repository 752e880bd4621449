//! Writing the blocks of the log to the store, on a thread beside the one that commits.

use crate::{error::HistoryError, recent::Recent, rows, view::Position};
use hexapla_state::StateError;
use hexapla_store::{Batch, KvStore, StoreError};
use std::{
    sync::Arc,
    thread::{self, JoinHandle},
};

/// A checkpoint that is being written, or one that failed.
#[derive(Default)]
pub(crate) enum Checkpoint {
    /// Nothing is being written.
    #[default]
    Idle,
    Running(Running),
    /// What the store holds is unknown: nothing more is written.
    Failed(String),
}

/// A checkpoint that is being written.
pub(crate) struct Running {
    thread: JoinHandle<Result<(), StoreError>>,
    /// The state that the store holds when it is done.
    pub(crate) at: Position,
    /// The segment of the log with what comes after it.
    pub(crate) segment: u64,
}

impl Running {
    /// Begins to write what changed up to a state; `nodes` are the rows of trie nodes.
    pub(crate) fn start(
        store: Arc<dyn KvStore>,
        recent: Arc<Recent>,
        nodes: Batch,
        at: Position,
        segment: u64,
    ) -> Result<Self, StoreError> {
        let write = move || {
            let mut batch = recent.batch();
            batch.append(nodes);
            put_position(&mut batch, at);
            store.write(batch)
        };
        let thread = thread::Builder::new().name("hexapla-checkpoint".into()).spawn(write);
        let thread = thread.map_err(|source| StoreError::Io { file: "checkpoint thread".into(), source })?;
        Ok(Self { thread, at, segment })
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for its end.
    pub(crate) fn wait(self) -> Result<(), String> {
        match self.thread.join() {
            Ok(written) => written.map_err(|error| error.to_string()),
            Err(_) => Err("the thread that wrote it panicked; please report this".into()),
        }
    }
}

impl Checkpoint {
    pub(crate) const fn is_running(&self) -> bool {
        matches!(self, Self::Running(_))
    }

    /// After a failure nothing is written.
    pub(crate) fn check(&self) -> Result<(), StateError> {
        match self {
            Self::Failed(reason) => Err(StateError::backend(HistoryError::Checkpoint { reason: reason.clone() })),
            Self::Idle | Self::Running(_) => Ok(()),
        }
    }
}

/// The rows that say which state the store holds.
pub(crate) fn put_position(batch: &mut Batch, at: Position) {
    batch.put(rows::META, rows::FORMAT, rows::FORMAT_NUMBER.to_be_bytes().to_vec());
    batch.put(rows::META, rows::ROOT, at.root.to_vec());
    batch.put(rows::META, rows::VERSION, at.version.to_be_bytes().to_vec());
    if let Some(block) = at.block {
        batch.put(rows::META, rows::BLOCK, block.to_be_bytes().to_vec());
    }
}
