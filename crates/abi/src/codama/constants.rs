//! The bytes of constants: discriminators and seeds.

use alloy_primitives::hex;
use serde_json::Value as Json;

use crate::{
    anchor::base58_id,
    source::{Problem, child, length, text, text_or_empty},
    text::{quote, shorten},
};

/// The longest constant that is read. A discriminator has a few bytes, a seed at most 32.
const CONSTANT_CHARS_MAX: usize = 256;

/// The bytes of a value node as its type node says.
pub(super) fn constant_bytes(ty: &Json, value: &Json) -> Result<Vec<u8>, Problem> {
    match text(value, "kind")? {
        "numberValueNode" => number(ty, child(value, "number")?),
        "booleanValueNode" => Ok(vec![u8::from(crate::source::flag(value, "boolean"))]),
        "publicKeyValueNode" => Ok(base58_id(text(value, "publicKey")?)?.to_vec()),
        "stringValueNode" => sized(ty, text(value, "string")?.as_bytes().to_vec()),
        "bytesValueNode" => sized(ty, encoded(text(value, "data")?, text_or_empty(value, "encoding"))?),
        "constantValueNode" => constant_bytes(child(value, "type")?, child(value, "value")?),
        other => Err(Problem::inexpressible(format!("the bytes of a {} are not known here", shown(other)))),
    }
}

fn number(ty: &Json, value: &Json) -> Result<Vec<u8>, Problem> {
    let wrapped = matches!(text(ty, "kind")?, "amountTypeNode" | "solAmountTypeNode" | "dateTimeTypeNode");
    let ty = if wrapped { child(ty, "number")? } else { ty };
    let format = text_or_empty(ty, "format");
    let width = byte_width(format).filter(|_| !format.starts_with('f'));
    let width =
        width.ok_or_else(|| Problem::inexpressible(format!("a constant of type {} is no integer", shown(format))))?;
    let number = value.as_number().and_then(serde_json::Number::as_i128);
    let number = number.ok_or_else(|| Problem::malformed("a constant number must be whole"))?;
    let bytes = number.to_le_bytes();
    let (kept, rest) = bytes.split_at_checked(width).unwrap_or((&bytes, &[]));
    let sign = if number < 0 { 0xff } else { 0 };
    if rest.iter().any(|byte| *byte != sign) || (number < 0 && format.starts_with('u')) {
        return Err(Problem::malformed(format!("the constant {number} does not fit {format}")));
    }
    let mut kept = kept.to_vec();
    if text_or_empty(ty, "endian") == "be" {
        kept.reverse();
    }
    Ok(kept)
}

/// Bytes in a type of a fixed size are filled with zeros behind; a prefix would be part of them.
fn sized(ty: &Json, mut bytes: Vec<u8>) -> Result<Vec<u8>, Problem> {
    match text(ty, "kind")? {
        "bytesTypeNode" | "stringTypeNode" => Ok(bytes),
        "fixedSizeTypeNode" => {
            let size = length(child(ty, "size")?)?;
            if bytes.len() > size || size > CONSTANT_CHARS_MAX {
                let given = bytes.len();
                return Err(Problem::malformed(format!("a constant of {given} bytes has the fixed size {size}")));
            }
            bytes.resize(size, 0);
            Ok(bytes)
        }
        other => Err(Problem::inexpressible(format!("constant bytes in a {} are not known here", shown(other)))),
    }
}

fn encoded(data: &str, encoding: &str) -> Result<Vec<u8>, Problem> {
    if data.len() > CONSTANT_CHARS_MAX {
        return Err(Problem::inexpressible(format!("a constant has more than {CONSTANT_CHARS_MAX} characters")));
    }
    let bytes = match encoding {
        // One digit is a byte, as Codama's own encoder reads it.
        "base16" if data.len() == 1 => hex::decode(format!("0{data}")).ok(),
        "base16" => hex::decode(data).ok(),
        "base58" => bs58::decode(data).into_vec().ok(),
        "utf8" => Some(data.as_bytes().to_vec()),
        other => return Err(Problem::inexpressible(format!("constants in {} are not read", shown(other)))),
    };
    bytes.ok_or_else(|| Problem::malformed(format!("{} is not {encoding}", shown(data))))
}

/// Bytes of a number of this format; `None` for one of no fixed width.
pub(super) fn byte_width(format: &str) -> Option<usize> {
    match format {
        "u8" | "i8" => Some(1),
        "u16" | "i16" => Some(2),
        "u32" | "i32" | "f32" => Some(4),
        "u64" | "i64" | "f64" => Some(8),
        "u128" | "i128" => Some(16),
        _ => None,
    }
}

fn shown(text: &str) -> String {
    quote(&shorten(text, 40))
}
