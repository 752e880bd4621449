//! Transactions in, receipts and state changes out.
//!
//! - [`Chain`]: durable state plus an executor, one block per transaction: the easiest way in
//! - [`Executor`]: runs the transactions of one block over an overlay, on a thread with a big stack
//! - [`Receipt`]: what a transaction did, with every crossing between VMs
//! - [`border`]: the rules at the border and its record
//! - [`system`]: the contract through which the host serves contracts: interfaces, identities, state of others
//! - [`estimate`]: the least gas limit with which a transaction succeeds
//!
//! Nothing here knows a VM by name: VMs come in a [`VmSet`], and [`standard_vms`] is the one place where those of this
//! workspace are assembled.

// Lengths and numbers of guests are never cut.
#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

pub mod border;
pub mod chain;
pub mod estimate;
pub mod executor;
pub mod receipt;
mod stack;
pub mod system;

pub use chain::{Chain, ChainError, Committed};
pub use executor::{BlockRun, ChainConfig, Executor, SetupError, VmConfig, standard_vms};
pub use receipt::{Receipt, Status};

pub use hexapla_evm::{self as evm, AccountInfo, BlockEnv, ExecuteError, SpecId, TxEnv, TxKind};
pub use hexapla_state::{AccessSet, BlockChanges, Location, LocationValue, Overlay, StateError, StateReader};
pub use hexapla_statedb::{ObjectProof, StateDb};
pub use hexapla_svm as svm;
pub use hexapla_vm::{
    CallKind, CallNode, Crossing, CrossingFault, Excerpt, Lane, LaneChecks, LaneRefusal, LaneTransaction, TraceItem,
    Translation, Vm, VmSet,
};
pub use hexapla_wasm as wasm;
