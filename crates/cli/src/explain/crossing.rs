//! Calls between VMs whose ABIs differ, in the callee's terms.

use super::{
    frame::{Meaning, named_json, raw},
    value::{Shower, json},
};
use crate::world::{names::Names, solana::VM};
use hexapla::{
    CallNode,
    svm::{AccountMeta, Invocation},
};
use hexapla_abi::{AnyCodec, Codec as _, Function, Interface, Tree, Value, interface::AccountSource, text::escape};
use hexapla_primitives::{Address, B256, Bytes};
use std::sync::Arc;

/// What a call means in the callee's terms; `None` where Solidity's terms are the callee's own.
pub(super) fn native_meaning(names: &Names, node: &CallNode) -> Option<Meaning> {
    let source = names.source(node.code_address);
    let to = names.short(node.to);
    if let Some(translation) = &node.translation {
        let shower = Shower::new(names, node.code_address);
        let interface = source.or_else(|| names.interface(node.code_address))?;
        let Some(function) = interface.function_by_signature(&translation.function) else {
            return Some(reading(names, &to, &translation.function, &translation.arguments, &translation.results));
        };
        let accounts = Invocation::from_bytes(&translation.input).filter(|_| source.is_some());
        let accounts = accounts.map(|invocation| invocation.accounts).unwrap_or_default();
        let mut shown = shown_accounts(names, function, &accounts);
        let values = function.inputs.iter().zip(&translation.arguments);
        shown.extend(values.map(|(param, value)| shower.named(&param.name, value)));
        let results = (node.fault.is_none() && !function.outputs.is_empty()).then_some(&translation.results);
        return Some(Meaning {
            text: format!("{to}.{}({})", escape(&function.name), shown.join(", ")),
            function: Some(function.signature.clone()),
            args: Some(named_json(names, &function.inputs, &translation.arguments)),
            accounts: accounts_json(names, function, &accounts),
            result_text: results.map(|results| shower.values(results)),
            result: results.map(|results| results.iter().map(|value| json(names, value)).collect()),
        });
    }
    let invocation = invocation_of(node)?;
    Some(raw_invocation(names, node, &to, source, invocation))
}

/// A reader: it gives an account of the program without running it.
fn reading(names: &Names, to: &str, signature: &str, arguments: &[Value], results: &[Value]) -> Meaning {
    let shower = Shower::new(names, Default::default());
    let name = signature.split('(').next().unwrap_or(signature);
    Meaning {
        text: format!("{to}.{}({})", escape(name), keys_text(names, arguments)),
        function: Some(signature.to_owned()),
        result_text: Some(shower.values(results)),
        result: Some(results.iter().map(|value| json(names, value)).collect()),
        ..Meaning::default()
    }
}

fn keys_text(names: &Names, values: &[Value]) -> String {
    let text = |value: &Value| match value {
        Value::Bytes(bytes) => {
            B256::try_from(&bytes[..]).map_or_else(|_| value.to_string(), |key| names.short_key(&key))
        }
        value => value.to_string(),
    };
    values.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// The instruction that a program calls another with, or the raw one that call data of Solidity is.
fn invocation_of(node: &CallNode) -> Option<Invocation> {
    if is_inner(node) {
        return Invocation::from_bytes(&node.input);
    }
    Invocation::is_invoke(&node.input).then(|| Invocation::from_solidity(&node.input).ok()).flatten()
}

/// A raw instruction, decoded where the program's interface knows it.
fn raw_invocation(
    names: &Names,
    node: &CallNode,
    to: &str,
    source: Option<&Arc<Interface>>,
    invocation: Invocation,
) -> Meaning {
    let meaning = instruction(names, to, node.code_address, source, &invocation);
    if is_inner(node) {
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

/// What a program has returned to another, or to a transaction: as text and as values.
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
        AnyCodec::new(source.abi, names).decode_output(function, &node.output).ok()
    });
    match typed {
        Some(values) if values.is_empty() => (None, None),
        Some(values) => {
            let text = Shower::new(names, node.code_address).values(&values);
            (Some(text), Some(values.iter().map(|value| json(names, value)).collect()))
        }
        None => (Some(raw(&node.output)), Some(Tree::String(node.output.to_string()))),
    }
}

/// An instruction, by the interface of its program `at` where that knows it.
pub(super) fn instruction(
    names: &Names,
    to: &str,
    at: Address,
    source: Option<&Arc<Interface>>,
    invocation: &Invocation,
) -> Meaning {
    let shower = Shower::new(names, at);
    let decoded = source.and_then(|source| AnyCodec::new(source.abi, names).decode_call(source, &invocation.data).ok());
    let (name, mut shown, function, args) = match &decoded {
        Some((function, values)) => {
            let mut shown = shown_accounts(names, function, &invocation.accounts);
            shown.extend(function.inputs.iter().zip(values).map(|(param, value)| shower.named(&param.name, value)));
            let more = invocation.accounts.get(function.accounts.len()..).unwrap_or_default();
            // A contract of another VM has no accounts: the one that signs is the caller.
            let is_caller = |meta: &&AccountMeta| function.accounts.is_empty() && meta.is_signer;
            let more = more
                .iter()
                .filter(|meta| !is_caller(meta))
                .map(|meta| names.short_key(&key_of(meta)))
                .collect::<Vec<_>>();
            (
                escape(&function.name),
                (shown, more),
                Some(function.signature.clone()),
                Some(named_json(names, &function.inputs, values)),
            )
        }
        None => {
            let keys = invocation.accounts.iter().map(|meta| names.short_key(&key_of(meta))).collect::<Vec<_>>();
            ("invoke".to_owned(), (vec![format!("data: {}", raw(&invocation.data))], keys), None, None)
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
        accounts: Some(invocation.accounts.iter().map(|meta| meta_json(names, meta)).collect()),
        ..Meaning::default()
    }
}

/// A call of one Solana program by another.
fn is_inner(node: &CallNode) -> bool {
    node.caller_vm == node.vm && node.vm.name() == VM
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
fn shown_accounts(names: &Names, function: &Function, accounts: &[AccountMeta]) -> Vec<String> {
    let given = function.accounts.iter().zip(accounts);
    let given = given.filter(|(param, _)| !matches!(param.source, AccountSource::Fixed(_)));
    given.map(|(param, meta)| format!("{}: {}", escape(&param.name), names.short_key(&key_of(meta)))).collect()
}

fn accounts_json(names: &Names, function: &Function, accounts: &[AccountMeta]) -> Option<Tree> {
    let named = function.accounts.iter().zip(accounts);
    let named = named.map(|(param, meta)| (param.name.to_string(), meta_json(names, meta)));
    (!accounts.is_empty()).then(|| Tree::Object(named.collect()))
}

/// Name or base58.
fn meta_json(names: &Names, meta: &AccountMeta) -> Tree {
    let key = key_of(meta);
    names.name_of_key(&key).map_or_else(|| meta.pubkey.to_string(), str::to_owned).into()
}

fn key_of(meta: &AccountMeta) -> B256 {
    meta.pubkey.to_bytes().into()
}
