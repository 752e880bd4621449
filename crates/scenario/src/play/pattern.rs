//! `Transfer(_, alice, 5)`: events and errors as people write them in expectations.

use crate::{
    problem::{Problem, Result},
    world::names::Names,
};
use hexapla_abi::{Codec as _, CustomError, SolidityCodec, Type, Value};
use hexapla_primitives::{Address, Bytes};

/// Stands for any value.
const ANYTHING: &str = "_";

/// `name(args)`, `name`, or `emitter.name(args)`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern<'t> {
    pub(super) emitter: Option<&'t str>,
    pub(super) name: &'t str,
    /// `None`: whatever the arguments are.
    pub(super) args: Option<Vec<&'t str>>,
}

impl<'t> Pattern<'t> {
    /// Reads a pattern; `None` for text that is none.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let text = text.trim();
        let (head, args) = match text.split_once('(') {
            Some((head, rest)) => (head, Some(split_arguments(rest.strip_suffix(')')?))),
            None => (text, None),
        };
        let (emitter, name) = match head.trim().rsplit_once('.') {
            Some((emitter, name)) => (Some(emitter), name),
            None => (None, head.trim()),
        };
        let is_name =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-$".contains(c));
        (is_name(name) && emitter.is_none_or(is_name)).then_some(Self { emitter, name, args })
    }
}

/// Splits at the commas that stand in no brackets and no quotes.
pub(super) fn split_arguments(text: &str) -> Vec<&str> {
    let (mut parts, mut begin, mut depth, mut quoted, mut escaped) = (Vec::new(), 0, 0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text.get(begin..at).unwrap_or_default().trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    let last = text.get(begin..).unwrap_or_default().trim();
    if !last.is_empty() || !parts.is_empty() {
        parts.push(last);
    }
    parts
}

/// Whether a value is the one that is written; `_` is any.
pub(super) fn is_value(names: &Names, at: Address, ty: &Type, written: &str, value: &Value) -> Result<bool> {
    if written == ANYTHING {
        return Ok(true);
    }
    if let (Type::Bytes, Some(data)) = (ty, written_error(names, at, written)?) {
        return Ok(*value == Value::Bytes(data));
    }
    let expected = names
        .value_of_text(ty, written)
        .map_err(|error| Problem::new("hexapla::scenario::value", error.to_string()))?;
    Ok(expected == *value)
}

/// The bytes of `TooRisky(900, 500)`, where an interface declares such an error.
fn written_error(names: &Names, at: Address, written: &str) -> Result<Option<Bytes>> {
    let Some(Pattern { emitter: None, name, args: Some(args) }) = Pattern::parse(written) else {
        return Ok(None);
    };
    let Some(error) = declared(names, at, name) else {
        return Ok(None);
    };
    let values = error.inputs.iter().zip(&args).map(|(param, arg)| names.value_of_text(&param.ty, arg));
    let values = values
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Problem::new("hexapla::scenario::value", error.to_string()))?;
    let encoded =
        if args.len() == values.len() { SolidityCodec::default().encode_error(error, &values).ok() } else { None };
    encoded
        .map(Some)
        .ok_or_else(|| Problem::new("hexapla::scenario::value", format!("{written} does not fit {}", error.signature)))
}

/// The first error of this name: of the contract itself, then of all others.
pub(super) fn declared<'n>(names: &'n Names, at: Address, name: &str) -> Option<&'n CustomError> {
    names.interfaces_from(at).find_map(|interface| interface.error(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_a_name_and_may_have_an_emitter_and_arguments() {
        let parsed = Pattern::parse("token.Transfer(_, alice, [1, 2], \"a,b\")").unwrap();
        assert_eq!((parsed.emitter, parsed.name), (Some("token"), "Transfer"));
        assert_eq!(parsed.args.unwrap(), ["_", "alice", "[1, 2]", "\"a,b\""]);
        assert_eq!(Pattern::parse("Paused()").unwrap().args.unwrap(), [""; 0]);
        assert_eq!(Pattern::parse("Paused").unwrap().args, None);
        assert_eq!(Pattern::parse("not enough money"), None);
        assert_eq!(Pattern::parse("Broken(1"), None);
    }
}
