//! JSON of interface files, read field by field.

use serde_json::Value as Json;

use super::Problem;
use crate::{
    error::InterfaceError,
    text::{escape, quote, shorten},
};

/// A file longer than this is refused before it is parsed. Class files with their bytecode have a few megabytes.
const SOURCE_BYTES_MAX: usize = 32 << 20;
/// The longest list, text or run of bytes that a type may fix. No call of any VM carries as much.
const LENGTH_MAX: usize = 16 << 20;

/// The longest name. Names are repeated wherever their type is used, so that long ones would make a small file large.
const NAME_BYTES_MAX: usize = 256;
/// What is shown of a name at most, in characters.
const NAME_CHARS_MAX: usize = 80;
/// The longest text that writes a type with its path and generic arguments.
const TYPE_BYTES_MAX: usize = 4096;

/// Parses the text. JSON nested deeper than 128 levels is an error of the parser.
pub(crate) fn parse(text: &str) -> Result<Json, InterfaceError> {
    if text.len() > SOURCE_BYTES_MAX {
        return Err(InterfaceError::TooLong { given: text.len(), limit: SOURCE_BYTES_MAX });
    }
    Ok(serde_json::from_str(text)?)
}

/// The value of a key that must be there.
pub(crate) fn child<'j>(json: &'j Json, key: &str) -> Result<&'j Json, Problem> {
    json.get(key).ok_or_else(|| Problem::malformed(format!("the key `{key}` is missing in {}", kind_of(json))))
}

/// The short text of a key that must be there: a name, a kind.
pub(crate) fn text<'j>(json: &'j Json, key: &str) -> Result<&'j str, Problem> {
    text_up_to(json, key, NAME_BYTES_MAX)
}

/// The text of a key that must be there and writes a type.
pub(crate) fn type_text<'j>(json: &'j Json, key: &str) -> Result<&'j str, Problem> {
    text_up_to(json, key, TYPE_BYTES_MAX)
}

fn text_up_to<'j>(json: &'j Json, key: &str, limit: usize) -> Result<&'j str, Problem> {
    let value = child(json, key)?;
    match value.as_str() {
        Some(text) if text.len() <= limit => Ok(text),
        Some(text) => {
            let given = text.len();
            Err(Problem::malformed(format!("`{key}` has {given} bytes, the limit is {limit}")))
        }
        None => Err(Problem::malformed(format!("`{key}` must be a text, found {}", kind_of(value)))),
    }
}

/// The text of a key, empty where it is missing or no text.
pub(crate) fn text_or_empty<'j>(json: &'j Json, key: &str) -> &'j str {
    json.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// The list of a key; empty where it is missing or null.
pub(crate) fn list<'j>(json: &'j Json, key: &str) -> Result<&'j [Json], Problem> {
    match json.get(key) {
        None | Some(Json::Null) => Ok(&[]),
        Some(Json::Array(items)) => Ok(items),
        Some(other) => Err(Problem::malformed(format!("`{key}` must be a list, found {}", kind_of(other)))),
    }
}

/// The items of a list, each with its kind and name. A list that is none is an error of the whole file.
pub(crate) fn items<'j>(json: &'j Json, key: &str, kind: &str) -> Result<Vec<(String, &'j Json)>, InterfaceError> {
    let items = list(json, key).map_err(|problem| problem.at(&format!("`{key}`")))?;
    Ok(items.iter().enumerate().map(|(index, json)| (label(kind, index, json), json)).collect())
}

/// Kind and name of an item, or its place where it has no name.
pub(crate) fn label(kind: &str, index: usize, json: &Json) -> String {
    match text_or_empty(json, "name") {
        "" => format!("{kind} {index}, which has no name"),
        name => label_of(kind, name),
    }
}

/// Kind and name of an item, safe to be shown.
pub(crate) fn label_of(kind: &str, name: &str) -> String {
    format!("{kind} `{}`", escape(&shorten(name, NAME_CHARS_MAX)))
}

/// Whether the key is there and true.
pub(crate) fn flag(json: &Json, key: &str) -> bool {
    json.get(key).and_then(Json::as_bool).unwrap_or_default()
}

/// A list of numbers from 0 to 255.
pub(crate) fn byte_list(json: &Json) -> Result<Vec<u8>, Problem> {
    let byte = |item: &Json| item.as_u64().and_then(|number| u8::try_from(number).ok());
    let bytes = json.as_array().and_then(|items| items.iter().map(byte).collect());
    bytes.ok_or_else(|| Problem::malformed(format!("expected a list of bytes (0 to 255), found {}", kind_of(json))))
}

/// A length that a type fixes, written as a number or as text.
pub(crate) fn length(json: &Json) -> Result<usize, Problem> {
    let number = json.as_u64().or_else(|| json.as_str()?.trim().parse().ok());
    let length = number.ok_or_else(|| {
        let found = json.as_str().map_or_else(|| kind_of(json), |text| quote(&shorten(text, 40)));
        Problem::malformed(format!("expected a length, found {found}"))
    })?;
    match usize::try_from(length) {
        Ok(length) if length <= LENGTH_MAX => Ok(length),
        _ => Err(Problem::inexpressible(format!("it has a fixed length of {length}, the limit is {LENGTH_MAX}"))),
    }
}

/// What a JSON value is, for error messages.
pub(crate) fn kind_of(json: &Json) -> String {
    match json {
        Json::Null => "null".to_owned(),
        Json::Bool(_) => "a boolean".to_owned(),
        Json::Number(_) => "a number".to_owned(),
        Json::String(_) => "a text".to_owned(),
        Json::Array(_) => "an array".to_owned(),
        Json::Object(fields) if fields.is_empty() => "an empty object".to_owned(),
        Json::Object(fields) => {
            // Sorted: the order of a JSON object depends on how the library was built.
            let mut keys: Vec<_> = fields.keys().map(|key| crate::text::quote(key)).collect();
            keys.sort();
            keys.truncate(6);
            let more = if fields.len() > keys.len() { " …" } else { "" };
            format!("an object with the keys {}{more}", keys.join(", "))
        }
    }
}
