#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! Transactions in, receipts and state changes out.
//!
//! - [`Executor`]: runs the transactions of one block over an overlay, on a thread with a big stack
//! - [`Transaction`]: one of any lane, as it is executed
//! - [`Receipt`]: what a transaction did, with every crossing between VMs
//! - [`border`]: the rules at the border and its record
//! - [`system`]: the contract through which the host serves contracts: interfaces, identities, state of others
//! - [`estimate`]: the least gas limit with which a transaction succeeds
//!
//! Nothing here knows a VM by name: they come in a [`VmSet`]. The crate `hexapla` assembles those of this workspace, and
//! `hexapla-chain` adds durable state.
//!
//! Without the feature `std` the crate is `no_std`: blocks run on the stack of their caller, and a panic is not caught.

#![cfg_attr(not(feature = "std"), no_std)]
// Lengths and numbers of guests are never cut.
#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

extern crate alloc;

mod block;
pub mod border;
pub mod estimate;
pub mod executor;
pub mod receipt;
#[cfg(feature = "std")]
mod stack;
#[cfg(not(feature = "std"))]
#[path = "no_threads.rs"]
mod stack;
pub mod system;
pub mod transaction;

pub use block::Request;
pub use executor::{BlockRun, ChainConfig, Executor, SetupError};
pub use receipt::{Receipt, Status};
pub use transaction::{EvmTransaction, Transaction};

pub use hexapla_evm::{self as evm, AccountInfo, BlockEnv, ExecuteError, Inspector, SpecId, TxEnv, TxKind};
pub use hexapla_state::{
    AccessSet, BlockChanges, Location, LocationValue, Overlay, StateError, StateEvent, StateReader,
};
pub use hexapla_vm::{
    CallKind, CallNode, Crossing, CrossingFault, Excerpt, Lane, LaneChecks, LaneRejection, LaneTransaction, TraceItem,
    Translation, Vm, VmSet,
};
