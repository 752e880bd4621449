//! Failures as one line.

use super::value::ValueFormatter;
use crate::world::names::Names;
use hexapla_abi::{Codec as _, CustomError, Interface, Projection, Revert, SolidityCodec, describe_revert};
use hexapla_primitives::{Fault, FaultKind, VmId};
use hexapla_toolkit::Toolkit;
use serde::{
    Deserialize as _,
    de::{IntoDeserializer as _, value::StrDeserializer},
};

/// Data of a Solidity error: a selector and whole words.
const SELECTOR_BYTES: usize = 4;
const WORD_BYTES: usize = 32;

/// `TooRisky(score: 8756, limit: 5000)`, `Error("…")`, `out of gas: the frame ran out of gas`.
pub fn fault_text(formatter: &ValueFormatter<'_>, fault: &Fault) -> String {
    if let Some(text) = numbered(formatter, fault) {
        return text;
    }
    if fault.kind == FaultKind::Revert && (!fault.data.is_empty() || fault.message.is_empty()) {
        let text = revert_text(formatter, &fault.data);
        // A number, or what a VM's own clients read, says less than the sentence that comes with it.
        return if !fault.message.is_empty() && text.starts_with("0x") { shown(&fault.message) } else { text };
    }
    if fault.message.is_empty() {
        fault.kind.name().to_owned()
    } else {
        format!("{}: {}", fault.kind, shown(&fault.message))
    }
}

/// `InsufficientFunds (1): The account holds too few tokens`: a failure that is a number, by the interface of the
/// contract that failed.
fn numbered(formatter: &ValueFormatter<'_>, fault: &Fault) -> Option<String> {
    let names = formatter.names();
    let says_more =
        || !matches!(Revert::decode(&fault.data, names.interfaces_from(fault.contract)), Revert::Unknown(_));
    if names.source(fault.contract).is_none() && !fault.data.is_empty() && says_more() {
        return None;
    }
    let (code, error) = (fault.code?, numbered_error(names, fault)?);
    let meaning = if error.message.is_empty() { String::new() } else { format!(": {}", shown(&error.message)) };
    Some(format!("{} ({code}){meaning}", shown(&error.name)))
}

/// The error of the interface of the contract that failed which has the failure's number.
pub(crate) fn numbered_error(names: &Names, fault: &Fault) -> Option<CustomError> {
    let code = fault.code?;
    let number = |interface: &Interface, error: &CustomError| interface.abi.error_number(&error.selector);
    let found =
        |interface: &Interface| interface.errors.iter().find(|error| number(interface, error) == Some(code)).cloned();
    if let Some(source) = names.source(fault.contract) {
        return found(source);
    }
    // The number that a caller on a VM with numbers gets from a contract of another VM.
    let interface = names.interface(fault.contract)?;
    let numbering = names
        .toolkits()
        .iter()
        .filter(|toolkit| toolkit.explainer().is_some_and(|explainer| explainer.numbers_failures()));
    let mut shown = numbering.map(|toolkit| Projection::new(interface.clone(), toolkit.abi()));
    shown.find_map(|projection| found(projection.interface()))
}

/// Revert data, with names for addresses.
pub fn revert_text(formatter: &ValueFormatter<'_>, data: &[u8]) -> String {
    match Revert::decode(data, formatter.names().interfaces_from(formatter.at())) {
        Revert::Custom(error, values) => call_text(formatter, &error.name, &error.inputs, &values),
        Revert::Empty => "reverts without a reason".to_owned(),
        Revert::ForeignFault(fault) => {
            let at = formatter.names().short(fault.at);
            let inner = inner_fault(formatter.names(), data);
            let said = inner.and_then(|inner| numbered(formatter, &inner)).unwrap_or_else(|| shown(&fault.message));
            format!("ForeignFault({} {at}: {}, {said})", shown(&fault.vm), shown(&fault.kind))
        }
        other => other.to_string(),
    }
}

/// The failure of a contract of another VM that revert data tell of.
pub(crate) fn inner_fault(names: &Names, data: &[u8]) -> Option<Fault> {
    let Revert::ForeignFault(inner) = Revert::decode(data, []) else { return None };
    let toolkit = names.toolkits().named(&inner.vm);
    // Contracts can make up such data: a kind that is none is that of the border, which says nothing else about it.
    let name: StrDeserializer<'_, serde::de::value::Error> = inner.kind.as_str().into_deserializer();
    let kind = FaultKind::deserialize(name).unwrap_or(FaultKind::Border);
    Some(Fault {
        vm: toolkit.map_or(VmId::EVM, Toolkit::vm),
        contract: inner.at,
        kind,
        code: toolkit.and_then(|toolkit| toolkit.abi().error_number(&inner.data)),
        data: inner.data,
        message: inner.message,
    })
}

/// The error that bytes of an argument are, if an interface declares it.
pub(super) fn declared_error(formatter: &ValueFormatter<'_>, data: &[u8]) -> Option<String> {
    if data.len() % WORD_BYTES != SELECTOR_BYTES {
        return None;
    }
    let inside = formatter.inside()?;
    let codec = SolidityCodec::default();
    let mut interfaces = formatter.names().interfaces_from(formatter.at());
    if let Some((error, values)) = interfaces.find_map(|interface| codec.decode_error(interface, data).ok()) {
        return Some(call_text(&inside, &error.name, &error.inputs, &values));
    }
    match Revert::decode(data, []) {
        Revert::ForeignFault(_) => Some(revert_text(&inside, data)),
        Revert::Reason(_) | Revert::Panic(_) => Some(describe_revert(data, [])),
        _ => None,
    }
}

/// `name(a: 1, b: 2)`
pub(super) fn call_text(
    formatter: &ValueFormatter<'_>,
    name: &str,
    params: &[hexapla_abi::Param],
    values: &[hexapla_abi::Value],
) -> String {
    let values =
        params.iter().zip(values).map(|(param, value)| formatter.named(&param.name, value)).collect::<Vec<_>>();
    format!("{}({})", shown(name), values.join(", "))
}

/// A guest's text without anything that a terminal would obey.
fn shown(text: &str) -> String {
    hexapla_abi::text::escape(text)
}
