//! The provable state of all VMs.
//!
//! - [`reader`]: committed state, as execution reads it
//! - [`overlay`]: committed state plus what the block has changed so far
//! - [`journal`]: [`WorldJournal`], the only writable view of state during a transaction, for all VMs
//! - [`changes`]: what a transaction read and wrote, as data
//! - [`db`]: [`StateDb`], durable state with its root and proofs
//!
//! Execution knows only [`reader`], [`overlay`], [`journal`] and [`changes`]; databases and tries are behind [`StateDb`].

pub mod changes;
pub mod db;
pub mod journal;
pub mod overlay;
pub mod reader;
mod rows;

pub use changes::{AccessSet, Location, LocationValue, ObjectState, TxChanges};
pub use db::{ObjectProof, StateDb};
pub use journal::{ObjectAccess, WorldJournal};
pub use overlay::{AccountChange, BlockChanges, Overlay};
pub use reader::{EmptyState, StateError, StateReader};
