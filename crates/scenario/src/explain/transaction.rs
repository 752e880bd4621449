//! Transactions of a VM's own form.
//!
//! The root of their tree is the transaction itself, not a call; its instructions are the calls below. One with a single
//! instruction is shown as that instruction.

use super::{
    crossing::{instruction, returned_values},
    frame::{ExplainedCall, ExplainedInstruction, ExplainedItem, InstructionOutcome, explain},
    meaning::Meaning,
};
use crate::world::names::Names;
use hexapla::CallNode;
use hexapla_abi::Interface;
use hexapla_primitives::{Address, Fault, VmId};
use hexapla_toolkit::{NativeCall, Toolkit};
use std::sync::Arc;

/// An instruction that was sent, and the interface by which it was written.
#[derive(Clone, Copy)]
pub(crate) struct SentCall<'s> {
    pub(crate) call: &'s NativeCall,
    pub(crate) interface: Option<&'s Arc<Interface>>,
}

/// Explains the tree of a transaction of a VM. `hidden` instructions stand before those that are shown.
pub(crate) fn explain_transaction(
    names: &Names,
    vm: VmId,
    node: &CallNode,
    sent: &[SentCall<'_>],
    hidden: usize,
) -> ExplainedCall {
    let failed = node.fault.as_ref();
    let failed = failed.map(|fault| {
        let explainer = names.toolkits().get(vm).and_then(Toolkit::explainer);
        explainer?.failed_call(fault)?.checked_sub(hidden)
    });
    let own = CallNode { fault: node.fault.clone().map(|fault| own_failure(names, vm, fault)), ..node.clone() };
    let root = explain(names, &own);
    match sent {
        [one] => as_instruction(names, node, *one, root),
        _ => {
            let text = format!("{} signs {} instructions", root.from, sent.len());
            let items = with_instructions(names, sent, failed, root.items);
            ExplainedCall { text, function: None, args: None, accounts: None, result_text: None, items, ..root }
        }
    }
}

/// The fault of a transaction of a VM, with what a contract of another VM has said itself where it was that which failed.
pub(crate) fn own_failure(names: &Names, vm: VmId, fault: Fault) -> Fault {
    let explainer = names.toolkits().get(vm).and_then(Toolkit::explainer);
    match explainer.and_then(|explainer| explainer.foreign_data(&fault)) {
        Some(data) => Fault { data, ..fault },
        None => fault,
    }
}

/// The transaction as its only instruction.
fn as_instruction(names: &Names, node: &CallNode, sent: SentCall<'_>, root: ExplainedCall) -> ExplainedCall {
    let Meaning { text, function, args, accounts, .. } = meaning(names, sent);
    let (result_text, result) = returned_values(names, node, sent.interface, function.as_deref());
    // What the instruction's own frame has done is the transaction's.
    let items = root.items.into_iter().flat_map(|item| match item {
        ExplainedItem::Call(call) if !call.crossing => call.items,
        item => vec![item],
    });
    let (to, address) = (program_name(names, sent.call), address_of(sent.call));
    ExplainedCall { to, address, text, function, args, accounts, result_text, result, items: items.collect(), ..root }
}

/// The calls of a transaction, and in their places the instructions that made none: the ones that were not reached, and
/// those of programs that run in no frame of their own.
fn with_instructions(
    names: &Names,
    sent: &[SentCall<'_>],
    failed: Option<Option<usize>>,
    calls: Vec<ExplainedItem>,
) -> Vec<ExplainedItem> {
    let mut calls = calls.into_iter().peekable();
    let mut items = Vec::new();
    for (index, sent) in sent.iter().enumerate() {
        let address = address_of(sent.call);
        let its = |item: &ExplainedItem| matches!(item, ExplainedItem::Call(call) if call.address == address);
        match calls.next_if(its) {
            Some(call) => items.push(call),
            None => {
                let Meaning { text, function, args, accounts, .. } = meaning(names, *sent);
                let (program, outcome) = (program_name(names, sent.call), outcome(index, failed));
                items.push(ExplainedItem::Instruction(ExplainedInstruction {
                    program,
                    text,
                    function,
                    args,
                    accounts,
                    outcome,
                }));
            }
        }
    }
    items.extend(calls);
    items
}

fn meaning(names: &Names, sent: SentCall<'_>) -> Meaning {
    let at = address_of(sent.call);
    let interface = sent.interface.or_else(|| names.source(at));
    instruction(
        names,
        &program_name(names, sent.call),
        at,
        interface,
        &(sent.call.accounts.clone(), sent.call.data.clone()),
    )
}

/// `failed` is where the transaction failed, if it did; all of it where that is at no instruction.
fn outcome(index: usize, failed: Option<Option<usize>>) -> InstructionOutcome {
    match failed {
        None => InstructionOutcome::Stands,
        Some(Some(failed)) if index == failed => InstructionOutcome::Failed,
        Some(Some(failed)) if index > failed => InstructionOutcome::NotReached,
        Some(_) => InstructionOutcome::Undone,
    }
}

fn program_name(names: &Names, call: &NativeCall) -> String {
    names.short_id(&call.contract)
}

fn address_of(call: &NativeCall) -> Address {
    call.contract.canonical()
}
