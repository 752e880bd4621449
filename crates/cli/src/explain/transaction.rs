//! Transactions of Solana's lane.
//!
//! The root of their tree is the transaction itself, not a call. One with a single instruction is shown as that
//! instruction; one with several has them below, before the calls that they made into other VMs: which of them made
//! which call is not recorded.

use super::{
    crossing::instruction,
    frame::{ExplainedCall, ExplainedInstruction, ExplainedItem, InstructionFate, Meaning, explain, raw},
    value::{Shower, json},
};
use crate::world::{
    keypairs::Call,
    names::{Names, address_of_key},
};
use hexapla_abi::{AnyCodec, Codec as _, Interface, Tree};
use hexapla_executor::{CallNode, Crossing};
use hexapla_primitives::{B256, Bytes, Fault};
use solana_transaction_error::TransactionError;
use std::sync::Arc;

/// An instruction that was sent, and the interface by which it was written.
#[derive(Clone, Copy)]
pub(crate) struct Sent<'s> {
    pub(crate) call: &'s Call,
    pub(crate) interface: Option<&'s Arc<Interface>>,
}

/// Explains the tree of a transaction. `hidden` instructions stand before those that are shown.
pub(crate) fn explain_transaction(
    names: &Names,
    node: &CallNode,
    crossings: &[Crossing],
    sent: &[Sent<'_>],
    hidden: usize,
) -> ExplainedCall {
    let root = explain(names, node, crossings);
    let mut meanings = sent.iter().map(|sent| meaning(names, *sent)).collect::<Vec<_>>();
    let output = Some(&node.output).filter(|output| node.fault.is_none() && !output.is_empty());
    if let (Some(last), Some(sent), Some(output)) = (meanings.last_mut(), sent.last(), output) {
        (last.result_text, last.result) = returned(names, *sent, last.function.as_deref(), output);
    }
    let failed = node.fault.as_ref().map(|fault| failed_instruction(fault).and_then(|index| index.checked_sub(hidden)));
    match (sent, meanings.as_mut_slice()) {
        ([one], [meaning]) => {
            let meaning = std::mem::take(meaning);
            let program = address_of_key(&key_of(one.call));
            ExplainedCall {
                to: program_name(names, one.call),
                address: program,
                text: meaning.text,
                function: meaning.function,
                args: meaning.args,
                accounts: meaning.accounts,
                result_text: meaning.result_text,
                result: meaning.result,
                ..root
            }
        }
        _ => {
            let text = format!("{} signs {} instructions", root.from, sent.len());
            let told = sent.iter().zip(meanings).enumerate();
            let told = told.map(|(index, (sent, meaning))| {
                let result = meaning.result_text.map(|text| format!(" → {text}")).unwrap_or_default();
                ExplainedItem::Instruction(ExplainedInstruction {
                    program: program_name(names, sent.call),
                    text: format!("{}{result}", meaning.text),
                    function: meaning.function,
                    args: meaning.args,
                    accounts: meaning.accounts,
                    fate: fate(index, failed),
                })
            });
            let items = told.chain(root.items).collect();
            ExplainedCall { text, result_text: None, items, ..root }
        }
    }
}

fn meaning(names: &Names, sent: Sent<'_>) -> Meaning {
    let at = address_of_key(&key_of(sent.call));
    let interface = sent.interface.or_else(|| names.source(at));
    instruction(names, &program_name(names, sent.call), at, interface, &sent.call.invocation)
}

/// What the last instruction has returned.
fn returned(names: &Names, sent: Sent<'_>, signature: Option<&str>, output: &Bytes) -> (Option<String>, Option<Tree>) {
    let typed = sent.interface.and_then(|interface| {
        let function = interface.function_by_signature(signature?)?;
        AnyCodec::new(interface.abi, names).decode_output(function, output).ok()
    });
    match typed {
        Some(values) if values.is_empty() => (None, None),
        Some(values) => {
            let shower = Shower::new(names, address_of_key(&key_of(sent.call)));
            (Some(shower.values(&values)), Some(values.iter().map(|value| json(names, value)).collect()))
        }
        None => (Some(raw(output)), Some(Tree::String(output.to_string()))),
    }
}

/// The instruction at which a transaction failed; nothing where it broke a rule about whole transactions.
fn failed_instruction(fault: &Fault) -> Option<usize> {
    match bincode::deserialize(&fault.data) {
        Ok(TransactionError::InstructionError(index, _)) => Some(index.into()),
        _ => None,
    }
}

/// `failed` is where the transaction failed, if it did; all of it where that is at no instruction.
fn fate(index: usize, failed: Option<Option<usize>>) -> InstructionFate {
    match failed {
        None => InstructionFate::Stands,
        Some(Some(failed)) if index == failed => InstructionFate::Failed,
        Some(Some(failed)) if index > failed => InstructionFate::NotReached,
        Some(_) => InstructionFate::Undone,
    }
}

fn program_name(names: &Names, call: &Call) -> String {
    names.short_key(&key_of(call))
}

fn key_of(call: &Call) -> B256 {
    call.program.to_bytes().into()
}
