//! Trees of text into values of a type: nothing is rounded, cut or padded.

use std::sync::Arc;

use alloy_primitives::{Address, Function, I256, Sign, U256, hex};

use super::{
    node::Node,
    number::{Number, NumberError, Unit, parse_number},
    words::{nearest, shown},
};
use crate::{
    error::ArgumentError,
    text::shorten,
    types::{Field, Type, Variant, felt_prime},
    value::{Value, int_fits, range_of, uint_fits},
};

/// Finds the canonical address behind a name (`alice`, `vault`).
pub type Resolver<'a> = &'a dyn Fn(&str) -> Option<Address>;

/// Reads values; names stand for addresses.
pub(super) struct Coercion<'r> {
    pub(super) names: Resolver<'r>,
}

impl Coercion<'_> {
    pub(super) fn value(&self, ty: &Type, node: &Node) -> Result<Value, ArgumentError> {
        match ty {
            Type::Bool => bool_of(node),
            Type::Uint { .. } | Type::Int { .. } | Type::Felt => number(ty, node),
            Type::Address => self.address(node),
            Type::Bytes => Ok(Value::bytes(hex_of("0x and an even number of hex digits", None, node)?)),
            Type::FixedBytes(n) => {
                Ok(Value::bytes(hex_of(&format!("0x and {} hex digits", n.saturating_mul(2)), Some(*n), node)?))
            }
            Type::Function => {
                let bytes = hex_of("0x and 48 hex digits (20 bytes of address, 4 of selector)", Some(24), node)?;
                Ok(Value::Function(Function::from_slice(&bytes)))
            }
            Type::String => text_of(node).map(Value::String),
            Type::FixedString(n) => fixed_text(*n, node),
            Type::Array(inner) => self.list(ty, inner, None, node),
            Type::FixedArray(inner, n) => self.list(ty, inner, Some(*n), node),
            Type::Option(inner) => self.option(inner, node),
            Type::Rest(inner) => self.value(inner, node),
            Type::Tuple(types) => match node {
                Node::Tuple(nodes) | Node::List(nodes) => self.tuple(ty, types, nodes),
                other => Err(expected(format!("{ty}, as in (1, true)"), other)),
            },
            Type::Struct { name, fields } => self.structure(ty, name, fields, node),
            Type::Enum { name, variants } => self.variant(ty, name, variants, node),
            Type::Map(key, value) => self.map(ty, key, value, node),
            Type::Unit | Type::Constant(_) => match node {
                Node::Null => Ok(Value::Unit),
                Node::Tuple(nodes) | Node::List(nodes) if nodes.is_empty() => Ok(Value::Unit),
                other => Err(expected("()", other)),
            },
        }
    }

    fn address(&self, node: &Node) -> Result<Value, ArgumentError> {
        let rule = "an address (0x and 40 hex digits) or a name";
        let text = node.text().ok_or_else(|| expected(rule, node))?.trim();
        let Some(digits) = text.strip_prefix("0x") else {
            let found = if text.is_empty() { None } else { (self.names)(text) };
            return found.map(Value::Address).ok_or_else(|| ArgumentError::UnknownName { given: shown(text) });
        };
        let address = hex::decode(digits).ok().and_then(|bytes| Address::try_from(&bytes[..]).ok());
        // Ids of other VMs in hex have another length: whoever knows them reads them as it reads names.
        let Some(address) = address else {
            return (self.names)(text).map(Value::Address).ok_or_else(|| expected(rule, node));
        };
        let mixed =
            digits.contains(|c: char| c.is_ascii_lowercase()) && digits.contains(|c: char| c.is_ascii_uppercase());
        if mixed && address.to_checksum(None) != text {
            return Err(ArgumentError::Checksum { given: text.to_owned(), expected: address.to_checksum(None) });
        }
        Ok(Value::Address(address))
    }

    fn list(&self, ty: &Type, inner: &Type, length: Option<usize>, node: &Node) -> Result<Value, ArgumentError> {
        let Node::List(nodes) = node else {
            return Err(expected(format!("{ty}, as in [a, b]"), node));
        };
        check_count(ty, "elements", length.unwrap_or(nodes.len()), nodes.len())?;
        let element = |(index, node)| self.value(inner, node).map_err(|error| error.within(format!("element {index}")));
        nodes.iter().enumerate().map(element).collect::<Result<_, _>>().map(Value::Array)
    }

    fn tuple(&self, ty: &Type, types: &[Type], nodes: &[Node]) -> Result<Value, ArgumentError> {
        check_count(ty, "elements", types.len(), nodes.len())?;
        let element = |(index, (ty, node)): (usize, (&Type, &Node))| {
            self.value(ty, node).map_err(|error| error.within(format!("element {index}")))
        };
        types.iter().zip(nodes).enumerate().map(element).collect::<Result<_, _>>().map(Value::Tuple)
    }

    fn structure(&self, ty: &Type, name: &Arc<str>, fields: &[Field], node: &Node) -> Result<Value, ArgumentError> {
        let values = match node {
            Node::Entries(entries) => self.fields_by_name(ty, fields, entries)?,
            Node::Named(given, entries) if is_name_of(given, name) => self.fields_by_name(ty, fields, entries)?,
            Node::Tuple(nodes) | Node::List(nodes) => self.fields_in_order(ty, fields, nodes)?,
            Node::Call(given, nodes) if is_name_of(given, name) => self.fields_in_order(ty, fields, nodes)?,
            other => return Err(expected(ty.to_string(), other)),
        };
        let names = fields.iter().map(|field| field.name.clone());
        Ok(Value::Struct { name: name.clone(), fields: names.zip(values).collect() })
    }

    fn fields_in_order(&self, ty: &Type, fields: &[Field], nodes: &[Node]) -> Result<Vec<Value>, ArgumentError> {
        check_count(ty, "fields", fields.len(), nodes.len())?;
        fields.iter().zip(nodes).map(|(field, node)| self.field(field, node)).collect()
    }

    fn fields_by_name(
        &self,
        ty: &Type,
        fields: &[Field],
        entries: &[(Node, Node)],
    ) -> Result<Vec<Value>, ArgumentError> {
        for (key, _) in entries {
            let known = key.text().is_some_and(|key| fields.iter().any(|field| *field.name == *key));
            if !known {
                return Err(unknown_member(ty, "field", key, fields.iter().map(|field| &field.name)));
            }
        }
        let read = |field: &Field| {
            let mut given = entries.iter().filter(|(key, _)| key.text() == Some(&field.name));
            let (_, node) = given.next().ok_or_else(|| missing(ty, &field.name))?;
            if given.next().is_some() {
                return Err(repeated(format!("the field {}", field.name), "it"));
            }
            self.field(field, node)
        };
        fields.iter().map(read).collect()
    }

    fn field(&self, field: &Field, node: &Node) -> Result<Value, ArgumentError> {
        self.value(&field.ty, node).map_err(|error| error.within(format!("field {}", field.name)))
    }

    fn option(&self, inner: &Type, node: &Node) -> Result<Value, ArgumentError> {
        let some = match node {
            Node::Null => return Ok(Value::Option(None)),
            Node::Bare(text) if text == "none" || text == "null" => return Ok(Value::Option(None)),
            Node::Call(name, nodes) if name == "some" => match nodes.as_slice() {
                [one] => one,
                other => {
                    check_count(&Type::option(inner.clone()), "values", 1, other.len())?;
                    node
                }
            },
            Node::Entries(entries) => match entries.as_slice() {
                [(key, one)] if key.text() == Some("some") => one,
                _ => node,
            },
            other => other,
        };
        Ok(Value::Option(Some(Box::new(self.value(inner, some)?))))
    }

    fn variant(&self, ty: &Type, name: &Arc<str>, variants: &[Variant], node: &Node) -> Result<Value, ArgumentError> {
        let (given, payload) = match node {
            Node::Bare(given) | Node::Quoted(given) => (given.as_str(), None),
            Node::Call(given, nodes) => (given.as_str(), Some(Node::Tuple(nodes.clone()))),
            Node::Named(given, entries) => (given.as_str(), Some(Node::Entries(entries.clone()))),
            Node::Entries(entries) => match entries.as_slice() {
                [(key, payload)] => (key.text().unwrap_or_default(), Some(payload.clone())),
                _ => return Err(expected(ty.to_string(), node)),
            },
            other => return Err(expected(ty.to_string(), other)),
        };
        let short = given.rsplit("::").next().unwrap_or(given);
        let Some(variant) = variants.iter().find(|variant| *variant.name == *short) else {
            let known = variants.iter().map(|variant| &variant.name);
            return Err(unknown_member(ty, "variant", &Node::Bare(given.to_owned()), known));
        };
        // `Sell(5)` holds one value, `Move(1, 2)` a tuple.
        let payload = match (payload, &variant.payload) {
            (Some(Node::Tuple(mut nodes)), ty) if nodes.len() == 1 && !matches!(ty, Type::Tuple(_)) => nodes.pop(),
            (payload, _) => payload,
        };
        let payload = self
            .value(&variant.payload, &payload.unwrap_or(Node::Null))
            .map_err(|error| error.within(format!("variant {}", variant.name)))?;
        Ok(Value::Enum { name: name.clone(), variant: variant.name.clone(), payload: Box::new(payload) })
    }

    fn map(&self, ty: &Type, key_type: &Type, value_type: &Type, node: &Node) -> Result<Value, ArgumentError> {
        let entry = |key: &Node, value: &Node| {
            let place = || format!("entry {}", shorten(&key.to_string(), 80));
            let read = |ty, node| self.value(ty, node).map_err(|error| error.within(place()));
            Ok((read(key_type, key)?, read(value_type, value)?))
        };
        let entries = match node {
            Node::Entries(entries) => entries.iter().map(|(key, value)| entry(key, value)).collect(),
            Node::List(pairs) => pairs
                .iter()
                .map(|pair| match pair {
                    Node::List(pair) | Node::Tuple(pair) => match pair.as_slice() {
                        [key, value] => entry(key, value),
                        _ => Err(expected("a pair of key and value", node)),
                    },
                    other => Err(expected("a pair of key and value", other)),
                })
                .collect(),
            other => Err(expected(format!("{ty}, as in {{key: value}}"), other)),
        };
        let entries: Vec<(Value, Value)> = entries?;
        let mut seen = std::collections::HashSet::new();
        match entries.iter().find(|(key, _)| !seen.insert(key)) {
            Some((key, _)) => Err(repeated(format!("each key of {ty}"), &key.to_string())),
            None => Ok(Value::Map(entries)),
        }
    }
}

fn bool_of(node: &Node) -> Result<Value, ArgumentError> {
    match (node, node.text()) {
        (Node::Bool(value), _) => Ok(Value::Bool(*value)),
        (_, Some("true")) => Ok(Value::Bool(true)),
        (_, Some("false")) => Ok(Value::Bool(false)),
        _ => Err(expected("true or false", node)),
    }
}

fn number(ty: &Type, node: &Node) -> Result<Value, ArgumentError> {
    if matches!(node, Node::Float(_)) {
        return Err(expected(format!("{ty} as a whole number, or as a text such as \"1.5 ether\""), node));
    }
    let (min, max) = range_of(ty).unwrap_or_default();
    let not_a_number = || expected(format!("{ty} (a number from {min} to {max})"), node);
    let text = node.text().ok_or_else(not_a_number)?;
    let out_of_range =
        || ArgumentError::OutOfRange { ty: ty.to_string(), given: shown(text), min: min.clone(), max: max.clone() };
    let wrong_unit = |because: String| ArgumentError::Unit { given: shown(text), because };
    let Number { negative, magnitude, unit } = parse_number(text).map_err(|error| match error {
        NumberError::NotANumber => not_a_number(),
        NumberError::NotWhole => expected(format!("{ty}, a whole number"), node),
        NumberError::TooLarge => out_of_range(),
        NumberError::UnknownUnit if matches!(ty, Type::Uint { bits: ..64 } | Type::Int { bits: ..64 }) => {
            not_a_number()
        }
        NumberError::UnknownUnit => wrong_unit(format!("is no number with a unit; write {}", units_of(ty))),
    })?;
    if unit.is_some_and(|unit| unit != unit_of(ty)) {
        return Err(wrong_unit(format!("counts another coin than {ty}; write {}, or the number", units_of(ty))));
    }
    number_of(ty, negative, magnitude).ok_or_else(out_of_range)
}

/// Amounts of Solana have 64 bits and count lamports; those of Ethereum count wei and need more.
fn unit_of(ty: &Type) -> Unit {
    match ty {
        Type::Uint { bits } | Type::Int { bits } if *bits <= 64 => Unit::Lamports,
        _ => Unit::Wei,
    }
}

fn units_of(ty: &Type) -> &'static str {
    match unit_of(ty) {
        Unit::Lamports => "e.g. \"1.5 sol\", \"5000 lamports\" or \"1e9\"",
        Unit::Wei => "e.g. \"1.5 ether\", \"5 gwei\" or \"1e18\"",
    }
}

/// The number as a value of the type, if it is one.
fn number_of(ty: &Type, negative: bool, magnitude: U256) -> Option<Value> {
    match ty {
        Type::Uint { bits } if !negative && uint_fits(magnitude, *bits) => Some(Value::Uint(magnitude)),
        Type::Felt if !negative && magnitude < felt_prime() => Some(Value::Felt(magnitude)),
        Type::Int { bits } => {
            let sign = if negative { Sign::Negative } else { Sign::Positive };
            let number = I256::checked_from_sign_and_abs(sign, magnitude)?;
            int_fits(number, *bits).then_some(Value::Int(number))
        }
        _ => None,
    }
}

fn hex_of(rule: &str, length: Option<usize>, node: &Node) -> Result<Vec<u8>, ArgumentError> {
    let digits = node.text().and_then(|text| text.trim().strip_prefix("0x"));
    let bytes = digits.and_then(|digits| hex::decode(digits).ok());
    bytes.filter(|bytes| length.is_none_or(|length| bytes.len() == length)).ok_or_else(|| expected(rule, node))
}

fn text_of(node: &Node) -> Result<String, ArgumentError> {
    match node {
        Node::Quoted(text) | Node::Bare(text) => Ok(text.clone()),
        other => Err(expected("a text (put it in quotes)", other)),
    }
}

fn fixed_text(length: usize, node: &Node) -> Result<Value, ArgumentError> {
    let text = text_of(node)?;
    if text.len() == length {
        return Ok(Value::String(text));
    }
    Err(expected(format!("a text of exactly {length} bytes (UTF-8)"), node))
}

fn check_count(ty: &Type, unit: &'static str, expected: usize, given: usize) -> Result<(), ArgumentError> {
    if expected == given {
        return Ok(());
    }
    Err(ArgumentError::WrongCount { what: ty.to_string(), unit, expected, given })
}

/// Whether the human's name of a struct means this one: `Position` for `Vault.Position`.
fn is_name_of(given: &str, name: &str) -> bool {
    given == name || name.rsplit(['.', ':']).next() == Some(given)
}

fn unknown_member<'n>(
    ty: &Type,
    what: &'static str,
    given: &Node,
    known: impl Iterator<Item = &'n Arc<str>>,
) -> ArgumentError {
    let name = given.text().unwrap_or_default();
    ArgumentError::UnknownMember {
        ty: ty.to_string(),
        what,
        name: shown(name),
        suggestions: nearest(name, known.map(|known| (&**known, &**known))),
    }
}

fn missing(ty: &Type, name: &str) -> ArgumentError {
    ArgumentError::MissingField { ty: ty.to_string(), name: name.to_owned() }
}

fn repeated(what: String, given: &str) -> ArgumentError {
    ArgumentError::Expected { expected: format!("{what} once"), given: format!("{} twice", shorten(given, 80)) }
}

fn expected(what: impl Into<String>, given: &Node) -> ArgumentError {
    ArgumentError::Expected { expected: what.into(), given: shorten(&given.to_string(), 120) }
}
