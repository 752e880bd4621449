//! The border as traits.
//!
//! - [`Vm`]: what an adapter implements, one crate per VM
//! - [`Host`]: what it may ask for while a frame runs: state, logs, calls. Every request that costs gas takes the
//!   frame's remaining gas and charges it by the one price list for all VMs, so that no adapter can forget to.
//! - [`Border`]: the rules a call between VMs must pass, and its record; the executor implements it
//! - [`Frame`], [`FrameEnd`], [`Crossing`], [`CallNode`]: one call, its end, its record, its place in the call tree
//!
//! An adapter never owns or commits state, and adapters never see one another.

mod crossing;
mod frame;
mod host;
mod set;
mod trace;

pub use crossing::{Border, Crossing, Party};
pub use frame::{CallKind, Code, Exit, Frame, FrameEnd};
pub use host::{
    BlockInfo, CallOutcome, CallRequest, CreateOutcome, CreateRequest, Environment, Fatal, Host, HostError, HostResult,
    TxInfo,
};
pub use set::{DuplicateVm, VmSet};
pub use trace::{CallNode, TraceItem, Tracer};

use hexapla_primitives::{Bytes, GasRate, VmId};

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

    /// Runs one frame to its end.
    ///
    /// What the contract did, failures included, is in the [`FrameEnd`]. `Err` is a fault of the host (a broken
    /// database, a bug) and aborts the block.
    fn run(&self, frame: &Frame, host: &mut dyn Host) -> Result<FrameEnd, Fatal>;

    /// An ordinary create transaction returned code that this VM owns: checks it and makes it runnable.
    /// The cost is taken from `gas`; a refusal is a [`HostError::Fault`] and the creation fails with it.
    fn activate(&self, code: &Bytes, gas: &mut u64, host: &mut dyn Host) -> HostResult<()>;
}
