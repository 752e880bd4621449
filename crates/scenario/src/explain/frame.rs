//! The call tree with names, arguments, results, events and failures in words.

use super::{
    crossing::native_meaning,
    event,
    fault::{call_text, fault_text},
    meaning::{Meaning, named_json, raw},
    value::{ValueFormatter, json},
};
use crate::world::names::Names;
use alloy_primitives::hex;
use hexapla::{CallKind, CallNode, TraceItem, Translation};
use hexapla_abi::{Codec as _, Function, Mutability, Param, SolidityCodec, Tree, Value};
use hexapla_primitives::{Address, Bytes, Log, NativeGas, U256, VmId};
use hexapla_toolkit::Toolkit;
use serde::Serialize;
use std::collections::BTreeMap;

/// One call, explained.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedCall {
    /// The VM that ran, by its name.
    pub vm: String,
    /// The caller's VM is another.
    pub crossing: bool,
    /// How it was called.
    pub kind: CallKind,
    /// Who called: name, or address.
    pub from: String,
    /// Name, or address.
    pub to: String,
    /// The canonical address of who was called.
    pub address: Address,
    /// `vault.deposit(amount: 5)`
    pub text: String,
    /// The signature of the function, where an interface knows it.
    pub function: Option<String>,
    /// The arguments by name.
    pub args: Option<Tree>,
    /// Accounts of an instruction, by their names in the interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Tree>,
    /// What it returned, for people.
    #[serde(skip)]
    pub result_text: Option<String>,
    /// What it returned.
    pub result: Option<Tree>,
    /// In wei.
    pub value: U256,
    /// Gas, with that of the calls below.
    pub gas: u64,
    /// Without the calls below.
    pub own_gas: u64,
    /// The same on the VM's own meter.
    pub native: Option<NativeGas>,
    /// The bytes on both sides of a translated call.
    #[serde(skip)]
    pub bytes: Option<Sides>,
    /// What became of it.
    #[serde(rename = "fate")]
    pub outcome: CallOutcome,
    /// What happened in it, in order.
    pub items: Vec<ExplainedItem>,
}

/// The bytes of a translated call: as the caller has them, and as the callee has them.
#[derive(Clone, Debug)]
pub struct Sides {
    /// Call data.
    pub input: [Bytes; 2],
    /// Return data.
    pub output: [Bytes; 2],
}

/// What became of what a call did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "is", content = "why")]
pub enum CallOutcome {
    /// It stands.
    Stands,
    /// It failed.
    Failed(Failure),
    /// It succeeded, but a caller failed later.
    Undone,
}

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// `out-of-gas`
    pub kind: &'static str,
    /// In words.
    pub text: String,
    /// The caller that went on; `None` where the caller failed too, or was no contract.
    pub caught_by: Option<String>,
    /// It is the failure of a call below, handed on.
    pub passed_on: bool,
}

/// Something that happened in a call.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ExplainedItem {
    /// A call.
    Call(Box<ExplainedCall>),
    /// An event.
    Event(ExplainedEvent),
    /// One that has made no call.
    Instruction(ExplainedInstruction),
}

/// A call of a transaction of a VM's own form.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedInstruction {
    /// Name of the contract, or its id.
    pub program: String,
    /// `system-program.transfer_sol(source: carol, destination: dave, lamports: 5)`
    pub text: String,
    /// The signature of the function, where an interface knows it.
    pub function: Option<String>,
    /// The arguments by name.
    pub args: Option<Tree>,
    /// The accounts.
    pub accounts: Option<Tree>,
    /// What became of it.
    #[serde(rename = "fate")]
    pub outcome: InstructionOutcome,
}

/// What became of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum InstructionOutcome {
    /// It stands.
    Stands,
    /// A later one failed.
    Undone,
    /// It failed.
    Failed,
    /// An earlier one failed.
    NotReached,
}

/// An event.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedEvent {
    /// Name, or address.
    pub emitter: String,
    /// `Deposited(owner: alice, amount: 5)`
    pub text: String,
    /// A call around it failed later.
    pub undone: bool,
}

/// Explains a tree.
pub fn explain(names: &Names, node: &CallNode) -> ExplainedCall {
    Explainer { names }.call(node, None)
}

/// Explains one event.
pub fn explain_event(names: &Names, log: &Log) -> ExplainedEvent {
    let formatter = ValueFormatter::new(names, log.address);
    let shown = |decoded: &event::Decoded| {
        let fields = decoded.event.fields.iter().zip(&decoded.values);
        let fields = fields.map(|(field, value)| formatter.event_value(&field.name, value)).collect::<Vec<_>>();
        format!("{}({})", hexapla_abi::text::escape(&decoded.event.name), fields.join(", "))
    };
    let decoded = event::decode(names, log);
    let text = match decoded.as_slice() {
        [] => {
            let topics = log.topics().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            format!("[{topics}] {}", raw(&log.data.data))
        }
        several => several.iter().map(shown).collect::<Vec<_>>().join(", or as well "),
    };
    ExplainedEvent { emitter: names.full(log.address), text, undone: false }
}

/// Gas of each VM's own frames.
pub fn gas_by_vm(node: &CallNode) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    add_gas(node, &mut sums);
    sums
}

fn add_gas(node: &CallNode, sums: &mut BTreeMap<String, u64>) {
    let sum = sums.entry(node.vm.name().into_owned()).or_insert(0_u64);
    *sum = sum.saturating_add(node.own_gas());
    node.calls().for_each(|call| add_gas(call, sums));
}

struct Explainer<'n> {
    names: &'n Names,
}

/// The call around a call.
struct Caller<'t> {
    node: &'t CallNode,
    /// It failed, or a call around it did.
    is_undone: bool,
    /// Nothing could be written in it.
    is_read_only: bool,
}

impl Explainer<'_> {
    fn call(&self, node: &CallNode, caller: Option<&Caller<'_>>) -> ExplainedCall {
        let is_read_only = caller.is_some_and(|caller| caller.is_read_only) || self.is_read_only(node);
        let outcome = self.outcome(node, caller, is_read_only);
        let is_undone = outcome != CallOutcome::Stands || caller.is_some_and(|caller| caller.is_undone);
        let here = Caller { node, is_undone, is_read_only };
        let items = node.items.iter().map(|item| match item {
            TraceItem::Call(call) => ExplainedItem::Call(Box::new(self.call(call, Some(&here)))),
            TraceItem::Log(log) => {
                ExplainedItem::Event(ExplainedEvent { undone: here.is_undone, ..explain_event(self.names, log) })
            }
        });
        let native = native_meaning(self.names, node);
        let meaning = match native {
            Some(meaning) => meaning,
            None if is_activation(node) => {
                Meaning { text: format!("activate {}", self.names.short(node.to)), ..Meaning::default() }
            }
            None if node.kind == CallKind::Create => self.creation(node),
            None => self.meaning(node),
        };
        let bytes = node.translation.as_deref().map(sides);
        ExplainedCall {
            vm: node.vm.name().into_owned(),
            crossing: caller.is_some_and(|caller| caller.node.vm != node.vm) && !is_activation(node),
            kind: node.kind,
            from: self.names.full(node.from),
            to: self.names.full(node.to),
            address: node.to,
            text: meaning.text,
            function: meaning.function,
            args: meaning.args,
            accounts: meaning.accounts,
            bytes,
            result_text: meaning.result_text,
            result: meaning.result,
            value: node.value,
            gas: node.gas_used,
            own_gas: node.own_gas(),
            native: node.native_used,
            items: items.collect(),
            outcome,
        }
    }

    /// Whether a contract got the bytes of a caller with another ABI, as nothing translates them.
    fn is_called_untyped(&self, node: &CallNode) -> bool {
        let abi = |vm| self.names.toolkits().get(vm).map(Toolkit::abi);
        let differ = abi(node.caller_vm) != abi(node.vm) && node.kind == CallKind::Call;
        differ && node.translation.is_none() && !node.input.is_empty() && self.names.source(node.code_address).is_none()
    }

    /// The function to which coin was sent although it takes none.
    fn unpayable(&self, node: &CallNode) -> Option<String> {
        let interface = self.names.interface(node.code_address).filter(|_| !node.value.is_zero())?;
        let (function, _) = SolidityCodec::default().decode_call(interface, &node.input).ok()?;
        (function.mutability != Mutability::Payable).then(|| function.name.clone())
    }

    /// Whether a call could change nothing: by how it was made, or by what the contract says about the function.
    fn is_read_only(&self, node: &CallNode) -> bool {
        let by_interface = || {
            let interface = self.names.interface(node.code_address)?;
            let (function, _) = SolidityCodec::default().decode_call(interface, &node.input).ok()?;
            Some(function.is_read_only())
        };
        node.kind == CallKind::Static || node.kind == CallKind::Call && by_interface().unwrap_or_default()
    }

    fn outcome(&self, node: &CallNode, caller: Option<&Caller<'_>>, is_read_only: bool) -> CallOutcome {
        let Some(fault) = &node.fault else {
            // What has changed nothing, nothing can undo.
            let is_undone = caller.is_some_and(|caller| caller.is_undone) && !is_read_only;
            return if is_undone { CallOutcome::Undone } else { CallOutcome::Stands };
        };
        let caught_by =
            caller.filter(|caller| caller.node.fault.is_none()).map(|caller| self.names.short(caller.node.to));
        let passed_on = node
            .calls()
            .any(|call| call.fault.as_ref().is_some_and(|below| below.data == fault.data && !below.data.is_empty()));
        let mut text = fault_text(&ValueFormatter::new(self.names, node.code_address), fault);
        if self.is_called_untyped(node) && fault.data.is_empty() && fault.message.is_empty() {
            let to = self.names.short(node.code_address);
            text = format!("{text}; {to} has no interface on this chain: say `interface = true` where it is deployed");
        }
        if let Some(function) = self.unpayable(node).filter(|_| fault.data.is_empty() && fault.message.is_empty()) {
            text = format!("{text}; {function} is not payable");
        }
        CallOutcome::Failed(Failure { kind: fault.kind.name(), text, caught_by, passed_on })
    }

    fn meaning(&self, node: &CallNode) -> Meaning {
        let formatter = ValueFormatter::new(self.names, node.code_address);
        let to = self.names.short(node.to);
        let to =
            if node.to == node.code_address { to } else { format!("{to} as {}", self.names.short(node.code_address)) };
        let codec = SolidityCodec::default();
        let interface = self.names.interface(node.code_address);
        let decoded = interface.and_then(|interface| codec.decode_call(interface, &node.input).ok());
        let Some((function, args)) = decoded else {
            if let Some(constructor) = self.constructor(node, &to) {
                return constructor;
            }
            let fallback = interface.is_some_and(|interface| interface.fallback.is_some());
            let call = if fallback && !node.input.is_empty() {
                format!("fallback({})", raw(&node.input))
            } else if node.input.is_empty() {
                "receive()".to_owned()
            } else {
                raw_call(&node.input)
            };
            let result_text = (node.fault.is_none() && !node.output.is_empty()).then(|| raw(&node.output));
            return Meaning { text: format!("{to}.{call}"), result_text, ..Meaning::default() };
        };
        let outputs = node.fault.is_none().then(|| codec.decode_output(function, &node.output).ok()).flatten();
        Meaning {
            text: format!("{to}.{}", call_text(&formatter, &function.name, &function.inputs, &args)),
            function: Some(function.signature.clone()),
            args: Some(self.named_json(&function.inputs, &args)),
            accounts: None,
            result_text: self.result_text(&formatter, function, node, outputs.as_deref()),
            result: outputs.map(|outputs| outputs.iter().map(|value| json(self.names, value)).collect()),
        }
    }

    /// A constructor that is a function of the contract.
    fn constructor(&self, node: &CallNode, to: &str) -> Option<Meaning> {
        let loader = self.names.toolkits().get(node.vm)?.artifacts()?;
        let constructor = self.names.interface(node.code_address)?.constructor.as_ref()?;
        let input = node.input.strip_prefix(&loader.constructor_selector()?)?;
        let types = constructor.inputs.iter().map(|param| param.ty.clone()).collect::<Vec<_>>();
        let args = SolidityCodec::default().decode_values(&types, input).ok()?;
        let formatter = ValueFormatter::new(self.names, node.code_address);
        Some(Meaning {
            text: format!("{to}.{}", call_text(&formatter, "constructor", &constructor.inputs, &args)),
            args: Some(self.named_json(&constructor.inputs, &args)),
            ..Meaning::default()
        })
    }

    fn result_text(
        &self,
        formatter: &ValueFormatter<'_>,
        function: &Function,
        node: &CallNode,
        outputs: Option<&[Value]>,
    ) -> Option<String> {
        match outputs {
            _ if function.outputs.is_empty() || node.fault.is_some() => None,
            Some([one]) => Some(formatter.value(one)),
            Some(outputs) => {
                let named =
                    function.outputs.iter().zip(outputs).map(|(param, value)| formatter.named(&param.name, value));
                Some(format!("({})", named.collect::<Vec<_>>().join(", ")))
            }
            None => {
                Some(format!("{} (not what {} returns)", raw(&node.output), hexapla_abi::text::escape(&function.name)))
            }
        }
    }

    fn creation(&self, node: &CallNode) -> Meaning {
        let formatter = ValueFormatter::new(self.names, node.to);
        let interface = self.names.interface(node.to);
        let constructor = interface.and_then(|interface| interface.constructor.as_ref());
        let tail = node.input.get(self.names.creation_bytes(node.to)..).unwrap_or_default();
        let args = constructor.and_then(|constructor| {
            let types: Vec<_> = constructor.inputs.iter().map(|param| param.ty.clone()).collect();
            SolidityCodec::default().decode_values(&types, tail).ok().map(|args| (&constructor.inputs, args))
        });
        let name = self.names.short(node.to);
        match args {
            Some((params, args)) => Meaning {
                text: format!("new {}", call_text(&formatter, &name, params, &args)),
                args: Some(self.named_json(params, &args)),
                ..Meaning::default()
            },
            None => Meaning { text: format!("new {name}()"), ..Meaning::default() },
        }
    }

    fn named_json(&self, params: &[Param], values: &[Value]) -> Tree {
        named_json(self.names, params, values)
    }
}

/// The code that a creation returned is made ready by the VM that owns it: no call of a contract.
fn is_activation(node: &CallNode) -> bool {
    node.kind == CallKind::Create && node.vm != VmId::EVM
}

fn sides(translation: &Translation) -> Sides {
    Sides {
        input: [translation.sent.clone(), translation.input.clone()],
        output: [translation.returned.clone(), translation.output.clone()],
    }
}

/// `0x12345678(… 64 bytes)`
fn raw_call(input: &[u8]) -> String {
    match input.split_at_checked(4) {
        Some((selector, [])) => format!("{}()", hex::encode_prefixed(selector)),
        Some((selector, rest)) => format!("{}(… {} bytes)", hex::encode_prefixed(selector), rest.len()),
        None => format!("{}()", hex::encode_prefixed(input)),
    }
}
