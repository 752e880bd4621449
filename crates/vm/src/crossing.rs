//! Calls between VMs: their rules and their record.

use crate::{CallKind, Fatal, Frame, FrameEnd, HostResult, Vm};
use hexapla_abi::{Value, value_to_json};
use hexapla_primitives::{Address, B256, Bytes, Fault, NativeGas, ObjectKey, U256, VmId};
use serde::{Serialize, Serializer, ser::SerializeSeq};
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
    /// Call data as the caller sent it, in the ABI of its VM.
    pub input: Bytes,
    /// Return data as the caller got it, in the ABI of its VM; empty on a fault.
    pub output: Bytes,
    /// What the bytes mean, and what the callee saw instead of them; `None` where they passed unchanged.
    pub translation: Option<Translation>,
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

/// A call whose values were translated from the caller's ABI into the callee's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Translation {
    /// Hash of the callee's interface, by which it was translated.
    pub interface: B256,
    /// The function, as the callee's ABI writes it.
    pub function: String,
    /// The arguments, as the callee's interface has them.
    #[serde(serialize_with = "values")]
    pub arguments: Vec<Value>,
    /// The results, likewise; empty on a fault.
    #[serde(serialize_with = "values")]
    pub results: Vec<Value>,
    /// Call data as the callee saw it.
    pub input: Bytes,
    /// Return data as the callee gave it; empty on a fault.
    pub output: Bytes,
}

fn values<S: Serializer>(values: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(values.len()))?;
    for value in values {
        list.serialize_element(&value_to_json(value))?;
    }
    list.end()
}

/// What the border reads and writes of state: interfaces and home records.
pub trait BorderState {
    /// Reads an object.
    fn object(&mut self, key: &ObjectKey) -> Result<Option<Bytes>, Fatal>;

    /// Writes an object.
    fn set_object(&mut self, key: &ObjectKey, value: Option<Bytes>) -> Result<(), Fatal>;
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

    /// Lets a frame in or refuses it with a fault: depth limit, delegate calls, re-entrancy rule of the callee's VM.
    ///
    /// Sets [`Frame::reentrant`]. On a crossing, [`Frame::input`] becomes the call in the callee's form, and
    /// [`Frame::value`] what typed call data states; the work is paid from [`Frame::gas_limit`].
    fn enter(&mut self, frame: &mut Frame, state: &mut dyn BorderState) -> HostResult<()>;

    /// The frame that was let in has ended: records the crossing, if it is one, and turns its result into the caller's
    /// form.
    fn leave(&mut self, frame: &Frame, end: &mut FrameEnd, state: &mut dyn BorderState) -> Result<(), Fatal>;

    /// Whether the innermost frame that was let in is a translated call, whose result may still be refused.
    fn translates(&self) -> bool;

    /// A frame was refused by [`Border::enter`]: records the attempt, if it is a crossing.
    fn refuse(&mut self, frame: &Frame, fault: &Fault);

    /// The fault of a callee in the native form of a caller in `caller_vm`, for a frame that ended in `callee_vm`.
    /// Never empty where the two differ.
    fn fault_data(&self, fault: &Fault, callee_vm: VmId, caller_vm: VmId) -> Bytes;

    /// The crossings of the transaction that has ended, in the order in which they began. The border is as new
    /// afterwards.
    fn take_crossings(&mut self) -> Vec<Crossing>;
}
