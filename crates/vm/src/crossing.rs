//! Calls between VMs: their rules and their record.

use crate::{CallKind, Fatal, Frame, FrameEnd, HostResult, Vm};
use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use hexapla_abi::{Value, value_to_json};
use hexapla_primitives::{Address, B256, Bytes, Fault, FaultKind, HomeRecord, NativeGas, ObjectKey, U256, VmId};
use serde::{
    Serialize, Serializer,
    ser::{SerializeSeq, SerializeStruct},
};

/// One side of a crossing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// Its VM.
    pub vm: VmId,
    /// Its canonical address.
    pub address: Address,
}

/// The record of one call whose VM differs from its caller's. It is part of the receipt.
///
/// Its size does not depend on the call: the bytes that passed, and what they mean, are in the call tree, for those who
/// ask for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Crossing {
    /// Who called.
    pub from: Endpoint,
    /// Who was called.
    pub to: Endpoint,
    /// How.
    pub kind: CallKind,
    /// Native coin that went along, in wei.
    pub value: U256,
    /// Call data as the caller sent it, in the ABI of its VM.
    pub input: Excerpt,
    /// Return data as the caller got it, in the ABI of its VM; empty on a fault.
    pub output: Excerpt,
    /// Hash of the callee's interface by which the call was translated; `None` where bytes passed unchanged.
    pub interface: Option<B256>,
    /// Why it failed, if it did.
    pub fault: Option<CrossingFault>,
    /// Gas the callee was given.
    pub gas_limit: u64,
    /// Gas the callee used, rounded up.
    pub gas_used: u64,
    /// The same on the callee's own meter.
    pub native_used: Option<NativeGas>,
    /// Nesting over all VMs.
    pub depth: usize,
}

/// Bytes of call data that a record keeps: the selector of every ABI fits.
const EXCERPT_BYTES: usize = 8;

/// How bytes begin, and how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    head: [u8; EXCERPT_BYTES],
    length: usize,
}

impl Excerpt {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut head = [0; EXCERPT_BYTES];
        for (kept, byte) in head.iter_mut().zip(bytes) {
            *kept = *byte;
        }
        Self { head, length: bytes.len() }
    }

    /// The first bytes, 8 at most.
    pub fn head(&self) -> &[u8] {
        self.head.get(..self.length).unwrap_or(&self.head)
    }

    /// Number of bytes that there were.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there were none.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl Serialize for Excerpt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Excerpt", 2)?;
        fields.serialize_field("head", &Bytes::copy_from_slice(self.head()))?;
        fields.serialize_field("length", &self.length)?;
        fields.end()
    }
}

/// How a crossing failed. The failure's data and sentence are in the call tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CrossingFault {
    /// The VM in which the failure arose.
    pub vm: VmId,
    /// Canonical address of the contract that failed.
    pub contract: Address,
    /// What kind of failure it is.
    pub kind: FaultKind,
    /// The failure's number, where it has one.
    pub code: Option<u64>,
}

impl From<&Fault> for CrossingFault {
    fn from(fault: &Fault) -> Self {
        Self { vm: fault.vm, contract: fault.contract, kind: fault.kind, code: fault.code }
    }
}

/// A call whose values were translated from the caller's ABI into the callee's, as the call tree has it.
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
    /// Call data as the caller sent it.
    pub sent: Bytes,
    /// Call data as the callee saw it.
    pub input: Bytes,
    /// Return data as the callee gave it; empty on a fault.
    pub output: Bytes,
    /// Return data as the caller got it; empty on a fault.
    pub returned: Bytes,
}

fn values<S: Serializer>(values: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(values.len()))?;
    for value in values {
        list.serialize_element(&value_to_json(value))?;
    }
    list.end()
}

/// What the border reads and writes of state (interfaces and home records), and the gas that pays for it: that of the
/// frame which is let in or has ended.
pub trait BorderState {
    /// Gas that the frame has left.
    fn gas_left(&self) -> u64;

    /// Takes gas for work at the border. Where it does not suffice, nothing is left.
    fn charge(&mut self, gas: u64) -> HostResult<()>;

    /// Reads an object.
    fn object(&mut self, key: &ObjectKey) -> HostResult<Option<Bytes>>;

    /// Reads content named by a hash that was read and paid for: see [`Host::peek`](crate::Host::peek).
    fn peek(&mut self, key: &ObjectKey) -> Result<Option<Bytes>, Fatal>;

    /// Writes the home record of an account of `home.vm`, unless the frame is read-only.
    fn set_home(&mut self, home: &HomeRecord) -> HostResult<()>;

    /// Whether a call tree is wanted.
    fn is_traced(&self) -> bool;
}

/// What a call gave its caller.
#[derive(Debug)]
pub struct CallerEnd {
    /// Return data or the failure, in the caller's form.
    pub output: Bytes,
    /// How it was translated, where the call tree wants to know.
    pub translation: Option<Box<Translation>>,
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
    /// [`Frame::value`] what typed call data states; the work is paid from the gas of `state`, which is the frame's.
    fn enter(&mut self, frame: &mut Frame, state: &mut dyn BorderState) -> HostResult<()>;

    /// The frame that was let in has ended: completes the record, if it is a crossing, and gives what the caller gets of
    /// it, a result or a failure, in the caller's form, paid from the gas of `state`, which is what the frame has left. A
    /// result that has no such form makes `end` a failure.
    fn leave(&mut self, frame: &Frame, end: &mut FrameEnd, state: &mut dyn BorderState) -> Result<CallerEnd, Fatal>;

    /// Whether the innermost frame that was let in is a translated call, whose result may still be refused.
    fn translates(&self) -> bool;

    /// A frame was refused by [`Border::enter`]: records the attempt, if it is a crossing, and gives the failure in the
    /// caller's form.
    fn refuse(&mut self, frame: &Frame, end: &FrameEnd) -> Bytes;

    /// A failure in the form in which a caller in `caller_vm` gets it from a callee in `callee_vm`.
    fn failure(&self, fault: &Fault, callee_vm: VmId, caller_vm: VmId) -> Bytes;

    /// The crossings of the transaction that has ended, in the order in which they began. The border is as new
    /// afterwards.
    fn take_crossings(&mut self) -> Vec<Crossing>;
}
