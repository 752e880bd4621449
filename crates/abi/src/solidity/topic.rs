//! The topics of indexed fields.

use alloc::vec::Vec;

use alloy_primitives::{B256, keccak256};

use super::{decode::WORD, encode::encode_sequence};
use crate::{error::CodecError, types::Type, value::Value};

/// The topic of an indexed field: the value where it fits a word, else the hash that Solidity defines.
pub(super) fn encode_topic(ty: &Type, value: &Value) -> Result<B256, CodecError> {
    let encoded = encode_sequence("the topic", core::iter::once(ty), core::slice::from_ref(value))?;
    match (ty, value) {
        (Type::Bytes, Value::Bytes(bytes)) => Ok(keccak256(bytes)),
        (Type::String, Value::String(text)) => Ok(keccak256(text)),
        (Type::Array(_) | Type::FixedArray(..) | Type::Tuple(_) | Type::Struct { .. }, _) => {
            let mut out = Vec::with_capacity(encoded.len());
            in_place(ty, value, &mut out)?;
            Ok(keccak256(out))
        }
        // A scalar is its one word.
        _ => Ok(B256::from_slice(encoded.get(..WORD).unwrap_or(&[0; WORD]))),
    }
}

/// What is hashed of a composite: its parts one after the other, without offsets and lengths, each padded to whole words.
fn in_place(ty: &Type, value: &Value, out: &mut Vec<u8>) -> Result<(), CodecError> {
    match (ty, value) {
        (Type::Bytes, Value::Bytes(bytes)) => padded(bytes, out),
        (Type::String, Value::String(text)) => padded(text.as_bytes(), out),
        (Type::Array(inner) | Type::FixedArray(inner, _), Value::Array(items)) => {
            items.iter().try_for_each(|item| in_place(inner, item, out))?;
        }
        (Type::Tuple(types), Value::Tuple(values)) => {
            types.iter().zip(values).try_for_each(|(ty, value)| in_place(ty, value, out))?;
        }
        (Type::Struct { fields, .. }, Value::Struct { fields: values, .. }) => {
            let mut pairs = fields.iter().zip(values);
            pairs.try_for_each(|(field, (_, value))| in_place(&field.ty, value, out))?;
        }
        (scalar, value) => {
            out.extend(encode_sequence("the topic", core::iter::once(scalar), core::slice::from_ref(value))?);
        }
    }
    Ok(())
}

fn padded(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(bytes);
    out.resize(out.len().next_multiple_of(WORD), 0);
}
