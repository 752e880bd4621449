//! The comparison of events.

use super::{
    pattern::{Pattern, is_value},
    written::written,
};
use crate::{
    explain::event::{Decoded, decode},
    problem::{Problem, Result},
    world::names::Names,
};
use hexapla_abi::{EventValue, Type, Value};
use hexapla_primitives::Log;

/// The name under which any log can be expected by its bytes: `emitter.log([topics], data)`.
const RAW: &str = "log";

/// Whether a log is the event that is written, by any declaration that fits it, or by its topics and data.
pub(super) fn is_event(names: &Names, log: &Log, text: &str) -> Result<bool> {
    let pattern = Pattern::parse(text).ok_or_else(|| {
        Problem::new("hexapla::scenario::event", format!("{text:?} is not an event")).with_help(
            "write `Name`, `Name(value, _)` or `contract.Name(value, _)`; `_` is any value. What no interface declares is \
             `contract.log([topics], data)`",
        )
    })?;
    if pattern.emitter.is_some_and(|emitter| names.resolve_account(emitter) != Some(log.address)) {
        return Ok(false);
    }
    if pattern.name == RAW && is_raw(names, log, pattern.args.as_deref())? {
        return Ok(true);
    }
    let named = decode(names, log).into_iter().filter(|decoded| decoded.event.name == pattern.name);
    let Some(args) = &pattern.args else { return Ok(named.count() > 0) };
    let (mut holds, mut problem) = (false, None);
    for decoded in named {
        match has_values(names, log, &decoded, args) {
            Ok(same) => holds |= same,
            Err(error) => problem = problem.or(Some(error)),
        }
    }
    problem.filter(|_| !holds).map_or(Ok(holds), Err)
}

fn has_values(names: &Names, log: &Log, decoded: &Decoded, args: &[&str]) -> Result<bool> {
    let Decoded { event, values } = decoded;
    if args.len() != values.len() {
        let message = format!("{} has {} values, {} given", event.signature, values.len(), args.len());
        return Err(Problem::new("hexapla::scenario::event", message));
    }
    let mut holds = true;
    for ((field, value), arg) in event.fields.iter().zip(values).zip(args) {
        holds &= match value {
            EventValue::Plain(value) => is_value(names, log.address, &field.ty, arg, value)?,
            EventValue::Hash(hash) => *arg == "_" || *arg == hash.to_string(),
        };
    }
    Ok(holds)
}

fn is_raw(names: &Names, log: &Log, args: Option<&[&str]>) -> Result<bool> {
    let (topics, data) = match args {
        None => return Ok(true),
        Some([topics, data]) => (topics, data),
        Some(_) => return Ok(false),
    };
    let seen = log.topics().iter().map(|topic| Value::bytes(topic.to_vec())).collect();
    Ok(is_value(names, log.address, &Type::Array(Box::new(Type::FixedBytes(32))), topics, &Value::Array(seen))?
        && is_value(names, log.address, &Type::Bytes, data, &Value::Bytes(log.data.data.clone()))?)
}

/// An event as a pattern that it matches, with its values where they can be written.
pub(super) fn written_event(names: &Names, log: &Log) -> String {
    let emitter = match names.name(log.address) {
        Some(name) => format!("{name}."),
        None => format!("{}.", log.address),
    };
    let topics = log.topics().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let raw = format!("{emitter}{RAW}([{topics}], {})", log.data.data);
    let Some(decoded) = decode(names, log).into_iter().next() else { return raw };
    let values = decoded.event.fields.iter().zip(&decoded.values).map(|(field, value)| match value {
        EventValue::Plain(value) => written(names, log.address, &field.ty, value),
        EventValue::Hash(hash) => hash.to_string(),
    });
    let text = format!("{emitter}{}({})", decoded.event.name, values.collect::<Vec<_>>().join(", "));
    if is_event(names, log, &text).unwrap_or_default() { text } else { raw }
}
