//! Values as JSON.

use alloc::{string::ToString, sync::Arc};

use alloy_primitives::{I256, U256, hex};
use serde_json::{Map, Number, Value as Json, json};

use crate::value::Value;

/// The largest integer that every JSON reader holds exactly, 2⁵³ − 1 (RFC 8259 §6).
const EXACT_MAX: u64 = (1 << 53) - 1;

/// The value as JSON; [`value_from_tree`](crate::value_from_tree) reads it back.
///
/// Numbers beyond ±(2⁵³ − 1) are decimal texts; bytes are hex with `0x`; addresses have their checksum; a struct is an
/// object; a variant without payload is its name, one with payload an object with that one key; none is `null`. A map is an
/// array of pairs, since its keys need not be texts.
pub fn value_to_json(value: &Value) -> Json {
    match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Uint(number) | Value::Felt(number) => uint_to_json(*number),
        Value::Int(number) => int_to_json(*number),
        Value::Address(address) => Json::String(address.to_checksum(None)),
        Value::Bytes(bytes) => Json::String(hex::encode_prefixed(bytes)),
        Value::Function(function) => Json::String(hex::encode_prefixed(function)),
        Value::String(text) => Json::String(text.clone()),
        Value::Array(items) | Value::Tuple(items) => items.iter().map(value_to_json).collect(),
        Value::Option(None) | Value::Unit => Json::Null,
        Value::Option(Some(value)) => some_to_json(value),
        Value::Struct { fields, .. } => struct_to_json(fields),
        Value::Enum { variant, payload, .. } => match &**payload {
            Value::Unit => Json::String(variant.to_string()),
            payload => Json::Object(Map::from_iter([(variant.to_string(), value_to_json(payload))])),
        },
        Value::Map(entries) => {
            entries.iter().map(|(key, value)| json!([value_to_json(key), value_to_json(value)])).collect()
        }
    }
}

/// An object; where names repeat, which only a hostile interface does, an array, so that no field is lost.
fn struct_to_json(fields: &[(Arc<str>, Value)]) -> Json {
    let object = fields.iter().map(|(name, value)| (name.to_string(), value_to_json(value))).collect::<Map<_, _>>();
    if object.len() == fields.len() {
        return Json::Object(object);
    }
    fields.iter().map(|(_, value)| value_to_json(value)).collect()
}

/// `some(x)` is `x`, except where that could be mistaken for none or for the wrapper itself.
fn some_to_json(value: &Value) -> Json {
    match value {
        Value::Option(_) | Value::Unit | Value::Enum { .. } | Value::Struct { .. } => {
            json!({ "some": value_to_json(value) })
        }
        value => value_to_json(value),
    }
}

fn uint_to_json(number: U256) -> Json {
    match u64::try_from(number) {
        Ok(small) if small <= EXACT_MAX => Json::Number(Number::from(small)),
        _ => Json::String(number.to_string()),
    }
}

fn int_to_json(number: I256) -> Json {
    match i64::try_from(number) {
        Ok(small) if small.unsigned_abs() <= EXACT_MAX => Json::Number(Number::from(small)),
        _ => Json::String(number.to_string()),
    }
}
