//! Calls between VMs: their rules and their record.

use crate::{CallKind, Frame, FrameEnd, Vm};
use hexapla_primitives::{Address, Bytes, Fault, NativeGas, U256, VmId};
use serde::Serialize;
use std::sync::Arc;

/// One side of a crossing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Party {
    /// Its VM.
    pub vm: VmId,
    /// Its canonical address.
    pub address: Address,
}

/// The record of one call whose VM differs from its caller's. It is part of the receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Crossing {
    /// Who called.
    pub from: Party,
    /// Who was called.
    pub to: Party,
    /// How.
    pub kind: CallKind,
    /// Native coin that went along, in wei.
    pub value: U256,
    /// Call data. EVM and Stylus share the Solidity ABI, so both sides see these bytes.
    pub input: Bytes,
    /// Return data as the callee gave it; empty on a fault.
    pub output: Bytes,
    /// Why it failed, if it did.
    pub fault: Option<Fault>,
    /// Gas the callee was given.
    pub gas_limit: u64,
    /// Gas the callee used, rounded up.
    pub gas_used: u64,
    /// The same on the callee's own meter.
    pub native_used: Option<NativeGas>,
    /// Nesting over all VMs.
    pub depth: usize,
}

/// The rules at the border and the record of what passed it.
///
/// The machine asks [`Border::enter`] for each frame that a non-EVM VM makes or runs, and tells [`Border::leave`] its
/// end; the two are always paired.
pub trait Border {
    /// The VM that runs `code`; EVM where no other claims it.
    fn vm_of(&self, code: &[u8]) -> VmId;

    /// The VM with this tag; `None` for the EVM and for unknown ones.
    fn vm(&self, id: VmId) -> Option<Arc<dyn Vm>>;

    /// Lets a frame in or refuses it: depth limit, delegate calls, re-entrancy rule of the callee's VM.
    /// Sets [`Frame::reentrant`].
    fn enter(&mut self, frame: &mut Frame) -> Result<(), Fault>;

    /// The frame that was let in has ended: records the crossing, if it is one.
    fn leave(&mut self, frame: &Frame, end: &FrameEnd);

    /// A frame was refused by [`Border::enter`]: records the attempt, if it is a crossing.
    fn refuse(&mut self, frame: &Frame, fault: &Fault);

    /// The fault of a callee in the native form of a caller in `caller_vm`, for a frame that ended in `callee_vm`.
    /// Never empty where the two differ.
    fn fault_data(&self, fault: &Fault, callee_vm: VmId, caller_vm: VmId) -> Bytes;

    /// The crossings of the transaction that has ended, in the order in which they began. The border is as new
    /// afterwards.
    fn take_crossings(&mut self) -> Vec<Crossing>;
}
