#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! The durable state of all VMs: rows in a store, tries that give the root, proofs.
//!
//! - [`StateDb`]: opens a store, gives readers and overlays, commits blocks, proves accounts, exports and imports states
//! - [`StateOptions`]: how much memory it uses
//! - [`ObjectProof`]: the proof of an object, checked without any state
//!
//! Execution does not need this crate: it reads through [`StateReader`](hexapla_state::StateReader) and leaves
//! [`BlockChanges`](hexapla_state::BlockChanges), which [`StateDb::commit`] writes.

mod db;
mod proof;
mod reader;
mod rows;
mod snapshot;
mod source;
mod tries;

pub use db::{StateDb, StateOptions};
pub use proof::{ObjectProof, ObjectProofError};
pub use snapshot::SnapshotError;
