#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! The border as traits.
//!
//! - [`Vm`]: what an adapter implements, one crate per VM
//! - [`CallConvention`]: how its contracts are called and how their calls fail
//! - [`Host`]: what it may ask for while a frame runs: state, logs, calls. Every request is charged from the
//!   host's gas for the frame by the one price list for all VMs, so that no adapter can forget to pay.
//! - [`Border`]: the rules a call between VMs must pass, and its record; the executor implements it
//! - [`Lane`]: transactions of a VM's own form, for VMs that have such
//! - [`Examination`]: what a VM sees in code before it is deployed
//! - [`Frame`], [`FrameEnd`], [`Crossing`], [`CallNode`]: one call, its end, its record, its place in the call tree
//!
//! An adapter never owns or commits state, and adapters never see one another.
//!
//! Without the feature `std` the crate is `no_std`.

#![cfg_attr(not(feature = "std"), no_std)]
// Lengths and numbers of guests are never cut.
#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

extern crate alloc;

mod convention;
mod crossing;
mod examine;
mod frame;
mod host;
mod lane;
mod set;
mod trace;

pub use convention::{
    AccountIds, CallBook, CallConvention, CalleeFailure, FOREIGN_FAULT_CODE, SolidityConvention, TypedCall,
};
pub use crossing::{Border, BorderState, CallerEnd, Crossing, CrossingFault, Endpoint, Excerpt, Translation};
pub use examine::{Cost, Count, Examination, Refusal};
pub use frame::{CallKind, Code, Exit, Frame, FrameEnd, NewCall};
pub use host::{
    BalanceChange, BlockInfo, CallOutcome, CallRequest, CreateOutcome, CreateRequest, Environment, Fatal, Host,
    HostError, HostResult, TxInfo,
};
pub use lane::{Lane, LaneChecks, LaneEnd, LaneError, LaneHost, LaneRejection, LaneRun, LaneTransaction};
pub use set::{DuplicateVm, VmSet};
pub use trace::{CallNode, TraceItem, Tracer};

use hexapla_primitives::{Address, Bytes, GasRate, VmId};

/// How a VM feels about its contract being entered again while it is on the call stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reentrancy {
    /// Allowed (EVM, WASM, Cairo, Fuel).
    Allowed,
    /// Only a contract calling itself directly (Solana).
    DirectSelfOnly,
    /// Never (Move modules).
    Forbidden,
}

/// A virtual machine as the executor sees it.
pub trait Vm: Send + Sync {
    /// Its tag.
    fn id(&self) -> VmId;

    /// What one gas buys on its meter.
    fn gas_rate(&self) -> GasRate;

    /// Its rule about re-entry.
    fn reentrancy(&self) -> Reentrancy;

    /// Native stack that one of its frames may take at most, host functions included. The executor sizes its worker
    /// threads by it, so that the rule about depth is what ends nesting, and never the stack.
    fn native_stack_bytes(&self) -> usize {
        256 << 10
    }

    /// Whether account code belongs to this VM. Asked only about code that begins with `0xEF`.
    fn owns(&self, code: &[u8]) -> bool;

    /// How its contracts are called and how their calls fail.
    fn convention(&self) -> &dyn CallConvention {
        &SolidityConvention
    }

    /// Whether a call by a contract is made by that contract's own decision, so that it may speak for itself. Where
    /// strangers can make a program call (Solana), it is not.
    fn speaks_for_itself(&self) -> bool {
        true
    }

    /// Who may speak for a contract beside itself, where the VM knows it (Solana's upgrade authority).
    fn owner_of(&self, _code: &[u8], _host: &mut dyn Host) -> HostResult<Option<Address>> {
        Ok(None)
    }

    /// Runs one frame to its end.
    ///
    /// What the contract did, failures included, is in the [`FrameEnd`]. It cannot give back more gas than the host
    /// has left for it. `Err` is a fault of the host (a broken
    /// database, a bug) and aborts the block.
    fn run(&self, frame: &Frame, host: &mut dyn Host) -> Result<FrameEnd, Fatal>;

    /// An ordinary create transaction returned code that this VM owns: checks it and makes it runnable.
    /// The cost is taken from the host's gas; a refusal is a [`HostError::Fault`] and the creation fails with it.
    fn activate(&self, code: &Bytes, host: &mut dyn Host) -> HostResult<()>;

    /// What deployment would see in code as its compiler wrote it, without any state. `None` where the VM says nothing.
    fn examine(&self, _code: &[u8]) -> Option<Examination> {
        None
    }

    /// Its own transactions, if it has such.
    fn lane(&self) -> Option<&dyn Lane> {
        None
    }
}
