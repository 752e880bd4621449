//! Calls between VMs whose ABIs differ, in the callee's terms.

use super::{
    meaning::{Meaning, named_json, raw},
    value::{ValueFormatter, json},
};
use crate::world::names::Names;
use hexapla::CallNode;
use hexapla_abi::{AnyCodec, Codec as _, Function, Interface, Tree, Value, interface::AccountSource, text::escape};
use hexapla_primitives::{Address, Bytes, NativeId, VmId};
use hexapla_toolkit::{AccountUse, Toolkit, Toolkits};
use std::sync::Arc;

/// Accounts and data of a call.
pub(super) type Uses = (Vec<AccountUse>, Bytes);

/// What a call means in the callee's terms; `None` where Solidity's terms are the callee's own.
pub(super) fn native_meaning(names: &Names, node: &CallNode) -> Option<Meaning> {
    let source = names.source(node.code_address);
    let to = names.short(node.to);
    if let Some(translation) = &node.translation {
        let formatter = ValueFormatter::new(names, node.code_address);
        let interface = source.or_else(|| names.interface(node.code_address))?;
        let Some(function) = interface.function_by_signature(&translation.function) else {
            let (arguments, results) = (&translation.arguments, &translation.results);
            return Some(reading(names, &to, node.vm, &translation.function, arguments, results));
        };
        let explainer = names.toolkits().get(node.vm).and_then(Toolkit::explainer).filter(|_| source.is_some());
        let uses = explainer.and_then(|explainer| explainer.frame_call(&translation.input));
        let accounts = uses.map(|(accounts, _)| accounts).unwrap_or_default();
        let mut shown = shown_accounts(names, function, &accounts);
        let values = function.inputs.iter().zip(&translation.arguments);
        shown.extend(values.map(|(param, value)| formatter.named(&param.name, value)));
        let results = (node.fault.is_none() && !function.outputs.is_empty()).then_some(&translation.results);
        return Some(Meaning {
            text: format!("{to}.{}({})", escape(&function.name), shown.join(", ")),
            function: Some(function.signature.clone()),
            args: Some(named_json(names, &function.inputs, &translation.arguments)),
            accounts: accounts_json(names, function, &accounts),
            result_text: results.map(|results| formatter.values(results)),
            result: results.map(|results| results.iter().map(|value| json(names, value)).collect()),
        });
    }
    let uses = uses_of(names.toolkits(), node)?;
    Some(raw_meaning(names, node, &to, source, &uses))
}

/// A reader: it gives an account of the contract without running it.
fn reading(names: &Names, to: &str, vm: VmId, signature: &str, arguments: &[Value], results: &[Value]) -> Meaning {
    let formatter = ValueFormatter::new(names, Default::default());
    let name = signature.split('(').next().unwrap_or(signature);
    Meaning {
        text: format!("{to}.{}({})", escape(name), ids_text(names, vm, arguments)),
        function: Some(signature.to_owned()),
        result_text: Some(formatter.values(results)),
        result: Some(results.iter().map(|value| json(names, value)).collect()),
        ..Meaning::default()
    }
}

/// 32 bytes are ids of the VM whose account is read.
fn ids_text(names: &Names, vm: VmId, values: &[Value]) -> String {
    let text = |value: &Value| match value {
        Value::Bytes(bytes) if bytes.len() == 32 => names.short_id(&NativeId::new(vm, bytes.clone())),
        value => value.to_string(),
    };
    values.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// The instruction that a contract calls another of its VM with, or the raw one that call data of the EVM is.
fn uses_of(toolkits: &Toolkits, node: &CallNode) -> Option<Uses> {
    if is_inner(toolkits, node) {
        return toolkits.get(node.vm)?.explainer()?.frame_call(&node.input);
    }
    toolkits.iter().filter_map(Toolkit::explainer).find_map(|explainer| explainer.raw_call(&node.input))
}

/// A raw instruction, decoded where the contract's interface knows it.
fn raw_meaning(names: &Names, node: &CallNode, to: &str, source: Option<&Arc<Interface>>, uses: &Uses) -> Meaning {
    let meaning = instruction(names, to, node.code_address, source, uses);
    if is_inner(names.toolkits(), node) {
        let (result_text, result) = returned_values(names, node, source, meaning.function.as_deref());
        return Meaning { result_text, result, ..meaning };
    }
    let output = returned(&node.output).filter(|bytes| node.fault.is_none() && !bytes.is_empty());
    let terms = if meaning.function.is_some() { " (raw)" } else { "" };
    Meaning {
        text: format!("{}{terms}", meaning.text),
        result: output.as_ref().map(|bytes| Tree::String(bytes.to_string())),
        result_text: output.map(|bytes| raw(&bytes)),
        ..meaning
    }
}

/// What a contract has returned to another of its VM, or to a transaction: as text and as values.
pub(super) fn returned_values(
    names: &Names,
    node: &CallNode,
    source: Option<&Arc<Interface>>,
    signature: Option<&str>,
) -> (Option<String>, Option<Tree>) {
    if node.fault.is_some() || node.output.is_empty() {
        return (None, None);
    }
    let typed = source.and_then(|source| {
        let function = source.function_by_signature(signature?)?;
        AnyCodec::new(source.abi, &names.book_of(source.abi)).decode_output(function, &node.output).ok()
    });
    match typed {
        Some(values) if values.is_empty() => (None, None),
        Some(values) => {
            let text = ValueFormatter::new(names, node.code_address).values(&values);
            (Some(text), Some(values.iter().map(|value| json(names, value)).collect()))
        }
        None => (Some(raw(&node.output)), Some(Tree::String(node.output.to_string()))),
    }
}

/// An instruction, by the interface of its contract `at` where that knows it.
pub(super) fn instruction(
    names: &Names,
    to: &str,
    at: Address,
    source: Option<&Arc<Interface>>,
    (accounts, data): &Uses,
) -> Meaning {
    let formatter = ValueFormatter::new(names, at);
    let decode = |source| {
        let source: &Arc<Interface> = source;
        AnyCodec::new(source.abi, &names.book_of(source.abi)).decode_call(source, data).ok()
    };
    let decoded = source.and_then(decode);
    let (name, mut shown, function, args) = match &decoded {
        Some((function, values)) => {
            let mut shown = shown_accounts(names, function, accounts);
            shown.extend(function.inputs.iter().zip(values).map(|(param, value)| formatter.named(&param.name, value)));
            let more = accounts.get(function.accounts.len()..).unwrap_or_default();
            // A contract of another VM has no accounts: the one that signs is the caller.
            let of_vm = names.toolkits().get(names.id_of(at).vm);
            let has_accounts = of_vm.and_then(Toolkit::accounts).is_some();
            let is_caller = |account: &&AccountUse| !has_accounts && function.accounts.is_empty() && account.signer;
            let more = more
                .iter()
                .filter(|account| !is_caller(account))
                .map(|account| names.short_id(&account.id))
                .collect::<Vec<_>>();
            (
                escape(&function.name),
                (shown, more),
                Some(function.signature.clone()),
                Some(named_json(names, &function.inputs, values)),
            )
        }
        None => {
            let ids = accounts.iter().map(|account| names.short_id(&account.id)).collect::<Vec<_>>();
            ("invoke".to_owned(), (vec![format!("data: {}", raw(data))], ids), None, None)
        }
    };
    if !shown.1.is_empty() {
        let what = if decoded.is_some() { "further accounts" } else { "accounts" };
        shown.0.push(format!("{what}: [{}]", shown.1.join(", ")));
    }
    Meaning {
        text: format!("{to}.{name}({})", shown.0.join(", ")),
        function,
        args,
        accounts: Some(accounts.iter().map(|account| account_json(names, account)).collect()),
        ..Meaning::default()
    }
}

/// A call of one contract by another of the same VM, where that has a form of its own.
fn is_inner(toolkits: &Toolkits, node: &CallNode) -> bool {
    node.caller_vm == node.vm && toolkits.get(node.vm).and_then(Toolkit::explainer).is_some()
}

/// What is inside of the `bytes` that `invoke` returns.
fn returned(output: &Bytes) -> Option<Bytes> {
    let values = hexapla_abi::SolidityCodec::default().decode_values(&[hexapla_abi::Type::Bytes], output).ok()?;
    match values.into_iter().next()? {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

/// `source: alice_gold`, for the accounts that are not the same in every call.
fn shown_accounts(names: &Names, function: &Function, accounts: &[AccountUse]) -> Vec<String> {
    let given = function.accounts.iter().zip(accounts);
    let given = given.filter(|(param, _)| !matches!(param.source, AccountSource::Fixed(_)));
    given.map(|(param, account)| format!("{}: {}", escape(&param.name), names.short_id(&account.id))).collect()
}

fn accounts_json(names: &Names, function: &Function, accounts: &[AccountUse]) -> Option<Tree> {
    let named = function.accounts.iter().zip(accounts);
    let named = named.map(|(param, account)| (param.name.to_string(), account_json(names, account)));
    (!accounts.is_empty()).then(|| Tree::Object(named.collect()))
}

/// Name or id.
fn account_json(names: &Names, account: &AccountUse) -> Tree {
    names.full_id(&account.id).into()
}
