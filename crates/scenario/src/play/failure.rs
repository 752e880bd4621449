//! The comparison of failures with `reverts` and `code`.
//!
//! A failure of a contract of another VM is wrapped once for each border that it has crossed. What is expected may be at
//! any depth: an error by its exact name, or the exact text of a reason.

use super::{
    pattern::{Pattern, is_value},
    written::written_error,
};
use crate::{
    explain::{
        fault::{fault_text, inner_fault},
        value::ValueFormatter,
    },
    nearest::did_you_mean,
    problem::{Problem, Result},
    world::names::Names,
};
use alloy_primitives::hex;
use hexapla_abi::{CustomError, Param, Revert, Type, Value};
use hexapla_primitives::{Address, Bytes, Fault, FaultKind};

/// Begins a text that need only stand somewhere in a failure.
pub(super) const PATTERN: char = '~';
/// Failures are wrapped at most as often as calls are nested.
const LAYERS_MAX: usize = 1024;

/// The failure itself, then what stands inside of it.
pub(super) fn layers(names: &Names, fault: &Fault) -> Vec<Fault> {
    let mut layers = vec![fault.clone()];
    while let Some(inner) = layers.last().and_then(|fault| inner_fault(names, &fault.data)) {
        layers.push(inner);
        if layers.len() == LAYERS_MAX {
            break;
        }
    }
    layers
}

/// Whether a failure has this number at some depth.
pub(super) fn has_code(names: &Names, fault: &Fault, code: u64) -> bool {
    layers(names, fault).iter().any(|layer| layer.code == Some(code))
}

/// Whether a failure is the one that is written.
pub(super) fn is_failure(names: &Names, fault: &Fault, text: &str) -> Result<bool> {
    let layers = layers(names, fault);
    if let Some(part) = text.strip_prefix(PATTERN) {
        if part.is_empty() {
            let problem =
                Problem::new("hexapla::scenario::error", "`~` is followed by no text: every failure has that");
            return Err(
                problem.with_help("write a part of the message, e.g. \"~insufficient\", or `fault = \"revert\"`")
            );
        }
        return Ok(layers.iter().any(|layer| {
            shown(names, layer).contains(part) || reasons(names, layer).iter().any(|reason| reason.contains(part))
        }));
    }
    if layers.iter().any(|layer| reasons(names, layer).iter().any(|reason| reason == text)) {
        return Ok(true);
    }
    if let Some(data) = text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok()) {
        return Ok(layers.iter().any(|layer| layer.data == data));
    }
    let Some(Pattern { emitter: None, name, args }) = Pattern::parse(text) else { return Ok(false) };
    let mut problem = None;
    for layer in &layers {
        for (error, values) in errors(names, layer).into_iter().filter(|(error, _)| error.name == name) {
            match has_values(names, layer.contract, &error, &values, args.as_deref()) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) => problem = problem.or(Some(error)),
            }
        }
    }
    match problem {
        Some(problem) => Err(problem),
        None if args.is_some() && !is_known(names, name) => Err(unknown(names, name)),
        None => Ok(false),
    }
}

/// What is wrong with a text that no failure can have: it looks like the name of an error, and nobody declares that.
pub(super) fn note(names: &Names, text: &str) -> Option<String> {
    let Pattern { emitter: None, name, args: None } = Pattern::parse(text)? else { return None };
    (!is_known(names, name)).then(|| format!("no contract here declares an error `{name}`"))
}

fn unknown(names: &Names, name: &str) -> Box<Problem> {
    let known = known(names);
    Problem::new("hexapla::scenario::error", format!("no contract here declares an error `{name}`")).with_help(format!(
        "{}; a part of a message is written \"~part\"",
        did_you_mean(name, known.iter().map(String::as_str))
    ))
}

fn is_known(names: &Names, name: &str) -> bool {
    known(names).iter().any(|known| known == name)
}

/// The names of all errors.
fn known(names: &Names) -> Vec<String> {
    let declared =
        names.all_interfaces().flat_map(|interface| interface.errors.iter().map(|error| error.name.to_string()));
    declared.chain(["Error", "Panic", "ForeignFault"].map(str::to_owned)).collect()
}

/// A failure as `reverts` would have it: `None` where no text is read as it.
pub(super) fn written_failure(names: &Names, fault: &Fault) -> Option<String> {
    let layers = layers(names, fault);
    let innermost = layers.last().unwrap_or(fault);
    let errors = errors(names, innermost);
    let declared = errors.iter().find(|(error, _)| !["Error", "Panic"].contains(&&*error.name));
    let with_values = declared.map(|(error, values)| written_error(names, innermost.contract, error, values));
    let by_name = declared.map(|(error, _)| error.name.to_string());
    let forms = with_values.into_iter().chain(by_name).chain(reasons(names, innermost));
    let panics = errors.iter().map(|(error, values)| written_error(names, innermost.contract, error, values));
    let part = (!shown(names, fault).is_empty()).then(|| format!("{PATTERN}{}", shown(names, fault)));
    let data = (!innermost.data.is_empty()).then(|| innermost.data.to_string());
    let mut forms = forms.chain(panics).chain(data).chain(part);
    forms.find(|text| is_failure(names, fault, text).unwrap_or_default())
}

fn shown(names: &Names, fault: &Fault) -> String {
    fault_text(&ValueFormatter::new(names, fault.contract), fault)
}

/// The texts that say why: of `Error(string)`, of the VM, of the interface. The empty one is a failure that says nothing.
fn reasons(names: &Names, fault: &Fault) -> Vec<String> {
    let mut reasons = Vec::new();
    match Revert::decode(&fault.data, []) {
        Revert::Reason(reason) => reasons.push(reason),
        Revert::Empty if fault.kind == FaultKind::Revert && fault.message.is_empty() => reasons.push(String::new()),
        _ => {}
    }
    if !fault.message.is_empty() {
        reasons.push(fault.message.clone());
    }
    reasons.extend(numbered(names, fault).into_iter().map(|error| error.message).filter(|message| !message.is_empty()));
    reasons
}

/// The errors that a failure is: as declared anywhere, built in, or by its number.
fn errors(names: &Names, fault: &Fault) -> Vec<(CustomError, Vec<Value>)> {
    let mut errors: Vec<(CustomError, Vec<Value>)> =
        numbered(names, fault).into_iter().map(|error| (error, Vec::new())).collect();
    for interface in names.interfaces_from(fault.contract) {
        if let Revert::Custom(error, values) = Revert::decode(&fault.data, [interface])
            && !errors.iter().any(|(known, _)| known == error)
        {
            errors.push((error.clone(), values));
        }
    }
    match Revert::decode(&fault.data, []) {
        Revert::Reason(reason) => errors.push(built_in("Error", [(Type::String, Value::String(reason))])),
        Revert::Panic(code) => errors.push(built_in("Panic", [(Type::U256, Value::Uint(code))])),
        Revert::ForeignFault(fault) => errors.push(built_in(
            "ForeignFault",
            [
                (Type::String, Value::String(fault.vm)),
                (Type::Address, Value::Address(fault.at)),
                (Type::String, Value::String(fault.kind)),
                (Type::Bytes, Value::Bytes(fault.data)),
                (Type::String, Value::String(fault.message)),
            ],
        )),
        _ => {}
    }
    errors
}

/// An error that nobody need declare.
fn built_in<const N: usize>(name: &str, fields: [(Type, Value); N]) -> (CustomError, Vec<Value>) {
    let (types, values): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
    let inputs = types.into_iter().map(|ty| Param::new("", ty)).collect();
    let (selector, message, signature) = (Bytes::new(), String::new(), name.to_owned());
    (CustomError { name: name.to_owned(), inputs, selector, message, signature }, values)
}

/// The error of the contract's interface with the failure's number.
fn numbered(names: &Names, fault: &Fault) -> Vec<CustomError> {
    crate::explain::fault::numbered_error(names, fault).into_iter().collect()
}

fn has_values(
    names: &Names,
    at: Address,
    error: &CustomError,
    values: &[Value],
    args: Option<&[&str]>,
) -> Result<bool> {
    let Some(args) = args else { return Ok(true) };
    if args.len() != values.len() {
        let message = format!("{} has {} values, {} given", error.name, values.len(), args.len());
        return Err(Problem::new("hexapla::scenario::error", message));
    }
    let mut holds = true;
    for ((param, value), arg) in error.inputs.iter().zip(values).zip(args) {
        holds &= is_value(names, at, &param.ty, arg, value)?;
    }
    Ok(holds)
}
