//! The text of a Fuel type: `u64`, `str[4]`, `struct std::vec::Vec<u8>`, `[_; 3]`, `(_, _)`, `generic T`.

use std::fmt;

use serde_json::Value as Json;

use crate::{
    source::{Problem, length},
    text::{escape, quote, shorten},
    types::Type,
};

/// What the text of a type says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name<'t> {
    /// A type without components.
    Plain(&'t str),
    /// `struct path`.
    Struct(&'t str),
    /// `enum path`.
    Enum(&'t str),
    /// `generic T`.
    Generic(&'t str),
    /// `(_, _)`.
    Tuple,
    /// `[_; N]`.
    Array(usize),
}

impl<'t> Name<'t> {
    /// Reads the text of a type.
    pub(super) fn parse(text: &'t str) -> Result<Self, Problem> {
        if let Some(path) = text.strip_prefix("struct ") {
            return Ok(Self::Struct(path));
        }
        if let Some(path) = text.strip_prefix("enum ") {
            return Ok(Self::Enum(path));
        }
        if let Some(name) = text.strip_prefix("generic ") {
            return Ok(Self::Generic(name));
        }
        if let Some(inside) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            let (_, count) = inside.rsplit_once(';').ok_or_else(|| Self::Plain(text).unknown())?;
            return Ok(Self::Array(length(&Json::from(count))?));
        }
        Ok(if text.starts_with('(') && text != "()" { Self::Tuple } else { Self::Plain(text) })
    }

    /// The type, where the text alone says it.
    pub(super) fn plain(&self) -> Result<Option<Type>, Problem> {
        Ok(Some(match self {
            Self::Plain(text) => match *text {
                "()" => Type::Unit,
                "bool" => Type::Bool,
                "u8" => Type::Uint { bits: 8 },
                "u16" => Type::Uint { bits: 16 },
                "u32" => Type::Uint { bits: 32 },
                "u64" => Type::Uint { bits: 64 },
                "u256" => Type::U256,
                "b256" => Type::FixedBytes(32),
                "str" => Type::String,
                "raw untyped slice" => Type::Bytes,
                other => match other.strip_prefix("str[").and_then(|rest| rest.strip_suffix(']')) {
                    Some(count) => Type::FixedString(length(&Json::from(count))?),
                    None => return Err(self.unknown()),
                },
            },
            Self::Struct(path) => match last_segment(path) {
                "Address" | "ContractId" if is_standard(path) => Type::Address,
                "String" if is_standard(path) => Type::String,
                "Bytes" if is_standard(path) => Type::Bytes,
                "U128" if is_standard(path) => Type::Uint { bits: 128 },
                _ => return Ok(None),
            },
            _ => return Ok(None),
        }))
    }

    /// The error for a type that is not known.
    pub(super) fn unknown(&self) -> Problem {
        let shown = quote(&shorten(&self.to_string(), 80));
        Problem::inexpressible(format!("{shown} is not a type that Fuel's encoding version 1 has a form for"))
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => f.write_str(&escape(text)),
            Self::Struct(path) => write!(f, "struct {}", escape(path)),
            Self::Enum(path) => write!(f, "enum {}", escape(path)),
            Self::Generic(name) => write!(f, "generic {}", escape(name)),
            Self::Tuple => f.write_str("a tuple"),
            Self::Array(length) => write!(f, "[_; {length}]"),
        }
    }
}

/// `Vec` of `std::vec::Vec<u8>`.
pub(super) fn last_segment(path: &str) -> &str {
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path).trim()
}

/// Whether a type is of the standard library. Compilers before 0.63 do not write paths.
fn is_standard(path: &str) -> bool {
    !path.contains("::") || path.starts_with("std::")
}
