//! The topics of indexed fields, by way of `alloy-dyn-abi`.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::B256;

use super::names::check_supported;
use crate::{error::CodecError, types::Type, value::Value};

/// The topic of an indexed field: the value where it fits a word, else the hash that Solidity defines.
pub(super) fn encode_topic(ty: &Type, value: &Value) -> Result<B256, CodecError> {
    Ok(to_alloy(ty, value)?.encode_topic())
}

/// The same value in alloy's model, after checking it against the type.
fn to_alloy(ty: &Type, value: &Value) -> Result<DynSolValue, CodecError> {
    check_supported(ty)?;
    value.check(ty)?;
    convert(ty, value)
}

fn convert(ty: &Type, value: &Value) -> Result<DynSolValue, CodecError> {
    let all = |types: &mut dyn Iterator<Item = &Type>, values: &mut dyn Iterator<Item = &Value>| {
        types.zip(values).map(|(ty, value)| convert(ty, value)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match (ty, value) {
        (Type::Bool, Value::Bool(value)) => DynSolValue::Bool(*value),
        (Type::Uint { bits }, Value::Uint(value)) => DynSolValue::Uint(*value, usize::from(*bits)),
        (Type::Int { bits }, Value::Int(value)) => DynSolValue::Int(*value, usize::from(*bits)),
        (Type::Address, Value::Address(value)) => DynSolValue::Address(*value),
        (Type::Bytes, Value::Bytes(value)) => DynSolValue::Bytes(value.to_vec()),
        (Type::FixedBytes(n), Value::Bytes(value)) => DynSolValue::FixedBytes(B256::right_padding_from(value), *n),
        (Type::String, Value::String(value)) => DynSolValue::String(value.clone()),
        (Type::Function, Value::Function(value)) => DynSolValue::Function(*value),
        (Type::Array(inner), Value::Array(items)) => {
            DynSolValue::Array(all(&mut std::iter::repeat(&**inner), &mut items.iter())?)
        }
        (Type::FixedArray(inner, _), Value::Array(items)) => {
            DynSolValue::FixedArray(all(&mut std::iter::repeat(&**inner), &mut items.iter())?)
        }
        (Type::Tuple(types), Value::Tuple(values)) => DynSolValue::Tuple(all(&mut types.iter(), &mut values.iter())?),
        (Type::Struct { fields: types, .. }, Value::Struct { fields, .. }) => DynSolValue::Tuple(all(
            &mut types.iter().map(|field| &field.ty),
            &mut fields.iter().map(|(_, value)| value),
        )?),
        (ty, value) => {
            return Err(CodecError::WrongValue { expected: ty.to_string(), value: format!("{value:#}") });
        }
    })
}
