//! The comparison of events.

use super::pattern::{Pattern, is_value, written};
use crate::{
    problem::{Problem, Result},
    world::names::Names,
};
use hexapla_abi::{Codec as _, DecodedEvent, EventValue, SolidityCodec};
use hexapla_primitives::Log;

/// Whether a log is the event that is written.
pub(super) fn is_event(names: &Names, log: &Log, text: &str) -> Result<bool> {
    let pattern = Pattern::parse(text).ok_or_else(|| {
        Problem::new("hexapla::scenario::event", format!("{text:?} is not an event"))
            .with_help("write `Name`, `Name(value, _)` or `contract.Name(value, _)`; `_` is any value")
    })?;
    let Some(event) = decode(names, log) else {
        return Ok(false);
    };
    let by_emitter = pattern.emitter.is_none_or(|emitter| names.address(emitter) == Some(log.address));
    if !by_emitter || event.event.name != pattern.name {
        return Ok(false);
    }
    let Some(args) = &pattern.args else { return Ok(true) };
    if args.len() != event.values.len() {
        let message = format!("{} has {} values, {} given", event.event.signature, event.values.len(), args.len());
        return Err(Problem::new("hexapla::scenario::event", message));
    }
    for ((field, value), arg) in event.event.fields.iter().zip(&event.values).zip(args) {
        let same = match value {
            EventValue::Plain(value) => is_value(names, log.address, &field.ty, arg, value)?,
            EventValue::Hash(hash) => *arg == "_" || *arg == hash.to_string(),
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

/// An event as a pattern, lossless.
pub(super) fn written_event(names: &Names, log: &Log) -> String {
    let Some(event) = decode(names, log) else {
        return format!("an unknown event of {}", names.full(log.address));
    };
    let values = event.values.iter().map(|value| match value {
        EventValue::Plain(value) => written(names, log.address, value),
        EventValue::Hash(hash) => hash.to_string(),
    });
    let emitter = names.name(log.address).map(|name| format!("{name}.")).unwrap_or_default();
    format!("{emitter}{}({})", hexapla_abi::text::escape(&event.event.name), values.collect::<Vec<_>>().join(", "))
}

fn decode<'n>(names: &'n Names, log: &Log) -> Option<DecodedEvent<'n>> {
    let codec = SolidityCodec::default();
    names
        .interfaces_from(log.address)
        .find_map(|interface| codec.decode_event(interface, log.topics(), &log.data.data).ok())
}
