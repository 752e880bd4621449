#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! The durable state of all VMs: rows in a store, tries that give the root, proofs.
//!
//! - [`StateDb`]: opens a store, gives readers and overlays, commits blocks, proves accounts, exports and imports states
//! - [`StateOptions`]: how much memory it uses, how soon a block is durable, how many past blocks it keeps; [`StateMemory`]:
//!   what it uses memory for
//! - [`HistoryError`]: why a log or a past block cannot be read
//! - [`ObjectProof`]: the proof of an object, checked without any state
//!
//! Execution does not need this crate: it reads through [`StateReader`](hexapla_state::StateReader) and leaves
//! [`BlockChanges`](hexapla_state::BlockChanges), which [`StateDb::commit`] writes.

mod cache;
mod changes;
mod checkpoint;
mod db;
mod error;
mod logged;
mod options;
mod past;
mod proof;
mod prove;
mod reader;
mod recent;
mod record;
mod replay;
mod rows;
mod snapshot;
mod source;
mod tries;
mod view;

pub use db::StateDb;
pub use error::{HistoryError, Kept};
pub use options::{StateMemory, StateOptions};
pub use proof::{ObjectProof, ObjectProofError};
pub use snapshot::SnapshotError;
