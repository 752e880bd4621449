//! What a call means, in words and as values.

use super::value::json;
use crate::world::names::Names;
use alloy_primitives::hex;
use hexapla_abi::{Param, Tree, Value};

/// Unknown call data is shown up to this many bytes.
const RAW_BYTES_MAX: usize = 8;

/// A call's meaning.
#[derive(Default)]
pub(super) struct Meaning {
    pub(super) text: String,
    pub(super) function: Option<String>,
    pub(super) args: Option<Tree>,
    pub(super) accounts: Option<Tree>,
    pub(super) result_text: Option<String>,
    pub(super) result: Option<Tree>,
}

/// Arguments by name; as a list where a name is missing or occurs twice.
pub(super) fn named_json(names: &Names, params: &[Param], values: &[Value]) -> Tree {
    let pairs = || params.iter().zip(values).map(|(param, value)| (param.name.to_string(), json(names, value)));
    let object: serde_json::Map<_, _> = pairs().filter(|(name, _)| !name.is_empty()).collect();
    if object.len() == params.len() { Tree::Object(object) } else { pairs().map(|(_, value)| value).collect() }
}

/// `0x1234567812345678… (64 bytes)`
pub(super) fn raw(bytes: &[u8]) -> String {
    match bytes.split_at_checked(RAW_BYTES_MAX) {
        Some((head, rest)) if !rest.is_empty() => format!("{}… ({} bytes)", hex::encode_prefixed(head), bytes.len()),
        _ => hex::encode_prefixed(bytes),
    }
}
