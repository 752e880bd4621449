//! The call tree of a transaction, over all VMs.

use crate::{CallKind, Exit, Frame, FrameEnd, Translation};
use alloc::{boxed::Box, vec::Vec};
use hexapla_primitives::{Address, Bytes, Fault, Log, NativeGas, U256, VmId};
use serde::Serialize;

/// One call in the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallNode {
    /// The VM that ran it.
    pub vm: VmId,
    /// The VM of its caller; differs from `vm` on a crossing.
    pub caller_vm: VmId,
    /// How it was entered.
    pub kind: CallKind,
    /// Who called.
    pub from: Address,
    /// Whose state it worked on; of a creation: the new contract.
    pub to: Address,
    /// Whose code ran.
    pub code_address: Address,
    /// Native coin sent, in wei.
    pub value: U256,
    /// Call data or init code.
    pub input: Bytes,
    /// Return data, or of a creation: the code.
    pub output: Bytes,
    /// Why it failed, if it did.
    pub fault: Option<Fault>,
    /// Gas it was given.
    pub gas_limit: u64,
    /// Gas it used, calls below included, refunds not subtracted.
    pub gas_used: u64,
    /// The same on its VM's own meter.
    pub native_used: Option<NativeGas>,
    /// How it was translated, where the ABIs of caller and callee differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translation: Option<Box<Translation>>,
    /// Calls and events in the order in which they happened. Events of a failed frame are gone.
    pub items: Vec<TraceItem>,
}

impl CallNode {
    /// Whether the call went from one VM to another.
    pub fn is_crossing(&self) -> bool {
        self.vm != self.caller_vm
    }

    /// This call and all below, in the order in which they began.
    pub fn walk(&self) -> Box<dyn Iterator<Item = &CallNode> + '_> {
        Box::new(core::iter::once(self).chain(self.calls().flat_map(CallNode::walk)))
    }

    /// The calls below, in order.
    pub fn calls(&self) -> impl Iterator<Item = &CallNode> {
        self.items.iter().filter_map(|item| match item {
            TraceItem::Call(node) => Some(node.as_ref()),
            TraceItem::Log(_) => None,
        })
    }

    /// Gas of this frame alone, without the calls below.
    pub fn own_gas(&self) -> u64 {
        self.gas_used.saturating_sub(self.calls().map(|call| call.gas_used).sum())
    }
}

/// Something that happened in a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TraceItem {
    /// A call.
    Call(Box<CallNode>),
    /// An event.
    Log(Log),
}

struct Open {
    node: CallNode,
    first_log: usize,
    /// (number of logs before the call, the call), in order.
    calls: Vec<(usize, CallNode)>,
}

/// Builds a call tree from the beginnings and ends of frames.
#[derive(Default)]
pub struct Tracer {
    open: Vec<Open>,
    root: Option<CallNode>,
}

impl Tracer {
    /// A frame begins; `logs` is the number of logs in the journal.
    pub fn enter(&mut self, frame: &Frame, logs: usize) {
        self.open.push(Open { node: node_of(frame), first_log: logs, calls: Vec::new() });
    }

    /// The innermost frame ends. `logs` are all logs in the journal, those of a failed frame already removed.
    /// `created` is the new contract's address where the frame was a creation.
    pub fn exit(&mut self, end: &FrameEnd, logs: &[Log], created: Option<Address>) {
        let Some(Open { mut node, first_log, calls }) = self.open.pop() else {
            return;
        };
        node.gas_used = node.gas_limit.saturating_sub(end.gas_left);
        node.native_used = end.native_used;
        match &end.exit {
            Exit::Return(data) => node.output = data.clone(),
            Exit::Fault(fault) => node.fault = Some(fault.clone()),
        }
        if let Some(address) = created {
            node.to = address;
            node.code_address = address;
        }
        node.items = interleave(first_log, calls, logs);
        match self.open.last_mut() {
            Some(parent) => parent.calls.push((first_log, node)),
            None => self.root = Some(node),
        }
    }

    /// How the call that has just ended was translated, and how it ended for its caller: a result that cannot be
    /// translated is a failure, which undoes the call's events.
    pub fn translated(&mut self, end: &FrameEnd, translation: Option<Box<Translation>>) {
        let ended = match self.open.last_mut() {
            Some(parent) => parent.calls.last_mut().map(|(_, node)| node),
            None => self.root.as_mut(),
        };
        let (Some(node), Some(translation)) = (ended, translation) else { return };
        node.translation = Some(translation);
        if let (Exit::Fault(fault), None) = (&end.exit, &node.fault) {
            (node.fault, node.output) = (Some(fault.clone()), Bytes::new());
            node.items.retain(|item| matches!(item, TraceItem::Call(_)));
        }
    }

    /// The finished tree.
    pub fn finish(self) -> Option<CallNode> {
        self.root
    }
}

fn node_of(frame: &Frame) -> CallNode {
    CallNode {
        vm: frame.vm,
        caller_vm: frame.caller_vm,
        kind: frame.kind,
        from: frame.caller,
        to: frame.target,
        code_address: frame.code_address,
        value: frame.value,
        input: frame.input.clone(),
        output: Bytes::new(),
        fault: None,
        gas_limit: frame.gas_limit,
        gas_used: 0,
        native_used: None,
        translation: None,
        items: Vec::new(),
    }
}

/// Merges a frame's calls with its own events. Each call carries its events itself, so the logs that a call
/// emitted are skipped here.
fn interleave(first_log: usize, calls: Vec<(usize, CallNode)>, logs: &[Log]) -> Vec<TraceItem> {
    let mut items = Vec::with_capacity(calls.len());
    let mut next_log = first_log;
    for (position, call) in calls {
        for log in logs.get(next_log..position.min(logs.len())).unwrap_or_default() {
            items.push(TraceItem::Log(log.clone()));
        }
        next_log = next_log.max(position) + count_logs(&call);
        items.push(TraceItem::Call(Box::new(call)));
    }
    for log in logs.get(next_log..).unwrap_or_default() {
        items.push(TraceItem::Log(log.clone()));
    }
    items
}

fn count_logs(node: &CallNode) -> usize {
    if node.fault.is_some() {
        return 0;
    }
    node.items
        .iter()
        .map(|item| match item {
            TraceItem::Log(_) => 1,
            TraceItem::Call(call) => count_logs(call),
        })
        .sum()
}
