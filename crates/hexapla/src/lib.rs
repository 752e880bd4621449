#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! The engine to embed: contracts of several VMs on one provable state.
//!
//! - [`standard`]: an executor with every VM whose feature is on
//! - [`Chain`]: durable state plus an executor, one block for each transaction: the easiest way in
//! - [`Contract`]: functions by name, arguments, results and events as values
//! - [`Executor`], [`BlockRun`]: the transactions of one block, for those who make blocks themselves
//! - [`Receipt`]: what a transaction did, with every crossing between VMs
//! - [`toolkits`]: the outer side of the VMs: ids as text, signers, transactions, artifacts, explanations
//! - [`engine_options`]: what can be chosen about the machines that run contracts
//! - [`abi`]: types, values and interfaces; [`primitives`]: the words that all share
//!
//! What a program does not name it does not pay for: `default-features = false, features = ["wasm"]` is an engine of the
//! EVM and WASM without a single crate of Solana.

// Lengths and numbers of guests are never cut.
#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

mod contract;
mod engine;
mod registry;

pub use contract::{Called, Contract, ContractError};
pub use engine::{EngineOption, EngineOptionKind, engine_options};
pub use registry::{SetupError, VmConfig, standard, standard_vms, toolkits};

pub use hexapla_abi as abi;
pub use hexapla_chain::{self as chain, Chain, ChainError, ChainSnapshot, Committed};
pub use hexapla_executor::{self as executor, border, estimate, receipt, system};
pub use hexapla_executor::{
    AccessSet, AccountInfo, BlockChanges, BlockEnv, BlockRun, CallKind, CallNode, ChainConfig, Crossing, CrossingFault,
    EvmTransaction, Excerpt, ExecuteError, Executor, Inspector, Lane, LaneChecks, LaneRejection, LaneTransaction,
    Location, LocationValue, Overlay, Receipt, SpecId, StateError, StateEvent, StateReader, Status, TraceItem,
    Transaction, Translation, TxEnv, TxKind, Vm, VmSet, evm,
};
pub use hexapla_primitives as primitives;
pub use hexapla_statedb::{HistoryError, ObjectProof, SnapshotError, StateDb, StateMemory, StateOptions};
#[cfg(feature = "svm")]
pub use hexapla_svm as svm;
pub use hexapla_toolkit as toolkit;
pub use hexapla_vm as vm;
#[cfg(feature = "wasm")]
pub use hexapla_wasm as wasm;
