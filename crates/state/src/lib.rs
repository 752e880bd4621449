#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! The state of all VMs, as execution sees it.
//!
//! - [`reader`]: committed state, as execution reads it
//! - [`overlay`]: committed state plus what the block has changed so far
//! - [`journal`]: [`WorldJournal`], the only writable view of state during a transaction, for all VMs
//! - [`changes`]: what a transaction read and wrote, as data
//!
//! No database and no trie is here: durable state with its root and proofs implements [`StateReader`], and takes
//! [`BlockChanges`].
//!
//! Without the feature `std` the crate is `no_std`.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod changes;
pub mod journal;
pub mod overlay;
pub mod reader;

pub use changes::{AccessSet, Location, LocationValue, ObjectState, TxChanges};
pub use journal::{ObjectAccess, WorldJournal};
pub use overlay::{AccountChange, BlockChanges, Overlay};
pub use reader::{EmptyState, StateError, StateReader};
