//! Text of humans into values.
//!
//! | type | what is read |
//! |---|---|
//! | numbers | `42`, `1_000_000`, `0xff`, `1e18`, `1.5 ether`, `5 gwei`, `-7`: whole, in range, never rounded |
//! | `address` | `0x` and 40 hex digits (checksum verified where the case is mixed), or a name that the resolver knows |
//! | `bytes`, `bytesN` | `0x` and hex digits, for `bytesN` exactly N bytes |
//! | `string` | the text as it is, or quoted with `\n`, `\"`, `\u{…}` escapes; quoted where it stands in a list with commas |
//! | lists | `[1, 2, 3]` |
//! | tuples and structs | `(1, true)`, `{owner: alice, size: 5}` |
//! | options | `none`, `some(5)`, or the value alone |
//! | enums | `Buy`, `Sell(5)` |
//! | maps | `{"a": 1, "b": 2}` |
//!
//! The same from a [`Tree`] (JSON, or TOML that the caller turned into JSON).

mod coerce;
mod node;
mod number;
mod words;

use alloy_primitives::{Address, hex};

pub use coerce::Resolver;

use crate::{
    error::ArgumentError,
    interface::{Function, Interface, Refused},
    types::{MAX_TYPE_DEPTH, Type},
    value::Value,
};
use coerce::Coercion;
use node::Node;
use words::{nearest, shown};

/// A value as JSON or TOML gives it.
pub type Tree = serde_json::Value;

/// The resolver that knows no names.
pub fn no_names(_: &str) -> Option<Address> {
    None
}

/// Reads a value of the type. See the [module](self) for what is read.
///
/// # Errors
///
/// An [`ArgumentError`] that says what was expected, what was given and, for numbers, the limits.
pub fn parse_value(ty: &Type, text: &str) -> Result<Value, ArgumentError> {
    parse_value_with(ty, text, &no_names)
}

/// [`parse_value`], with names for addresses.
///
/// # Errors
///
/// Those of [`parse_value`].
pub fn parse_value_with(ty: &Type, text: &str, names: Resolver<'_>) -> Result<Value, ArgumentError> {
    check_depth(ty)?;
    let node = match ty.of_values() {
        // The text of a scalar is taken as a whole: commas and brackets in it have no meaning.
        Type::String | Type::FixedString(_) => Node::parse_scalar(text, true)?,
        Type::Bool | Type::Uint { .. } | Type::Int { .. } | Type::Felt => Node::parse_scalar(text, false)?,
        Type::Address | Type::Bytes | Type::FixedBytes(_) | Type::Function => Node::parse_scalar(text, false)?,
        _ => Node::parse(text)?,
    };
    Coercion { names }.value(ty, &node)
}

/// Reads a value of the type from JSON, the form that [`value_to_json`](crate::value_to_json) writes. Numbers beyond
/// ±(2⁵³ − 1) are better given as texts; fractions and exponents only as texts.
///
/// # Errors
///
/// Those of [`parse_value`].
pub fn value_from_tree(ty: &Type, tree: &Tree, names: Resolver<'_>) -> Result<Value, ArgumentError> {
    check_depth(ty)?;
    Coercion { names }.value(ty, &Node::from_tree(tree))
}

/// Reads the arguments of a function, one text each.
///
/// # Errors
///
/// An [`ArgumentError`] that names the function and the argument.
pub fn parse_arguments(
    function: &Function,
    texts: &[impl AsRef<str>],
    names: Resolver<'_>,
) -> Result<Vec<Value>, ArgumentError> {
    arguments(function, texts, |ty, text| parse_value_with(ty, text.as_ref(), names))
}

/// Reads the arguments of a function from JSON.
///
/// # Errors
///
/// Those of [`parse_arguments`].
pub fn arguments_from_tree(
    function: &Function,
    trees: &[Tree],
    names: Resolver<'_>,
) -> Result<Vec<Value>, ArgumentError> {
    arguments(function, trees, |ty, tree| value_from_tree(ty, tree, names))
}

fn arguments<T>(
    function: &Function,
    given: &[T],
    read: impl Fn(&Type, &T) -> Result<Value, ArgumentError>,
) -> Result<Vec<Value>, ArgumentError> {
    if function.inputs.len() != given.len() {
        return Err(ArgumentError::WrongCount {
            what: function.signature.clone(),
            unit: if function.inputs.len() == 1 { "argument" } else { "arguments" },
            expected: function.inputs.len(),
            given: given.len(),
        });
    }
    let read = |(index, (param, given)): (usize, (&crate::Param, &T))| {
        read(&param.ty, given).map_err(|error| {
            let name = if param.name.is_empty() { String::new() } else { format!(" `{}`", param.name) };
            error.within(format!("argument {}{name} of {}", index + 1, function.signature))
        })
    };
    function.inputs.iter().zip(given).enumerate().map(read).collect()
}

/// Finds the function that a human means: by name, by signature (`transfer(address,uint)`), or by selector
/// (`0xa9059cbb`). Where the name is overloaded, the number of arguments decides if it can.
///
/// # Errors
///
/// [`ArgumentError::UnknownFunction`] with near names, [`ArgumentError::Ambiguous`] with the candidates.
pub fn find_function<'i>(
    interface: &'i Interface,
    name: &str,
    argument_count: Option<usize>,
) -> Result<&'i Function, ArgumentError> {
    let name = name.trim();
    if let Some(function) = interface.function_by_signature(name).or_else(|| by_normal_signature(interface, name)) {
        return Ok(function);
    }
    let selector = name.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
    if let Some(function) = selector.and_then(|selector| interface.function_by_selector(&selector)) {
        return Ok(function);
    }
    let named = interface.functions.iter().filter(|function| function.name == name).collect::<Vec<_>>();
    let fitting = named.iter().filter(|function| argument_count.is_none_or(|count| function.inputs.len() == count));
    match (named.as_slice(), fitting.copied().collect::<Vec<_>>().as_slice()) {
        ([], _) => Err(unknown_function(interface, name)),
        ([only], _) | (_, [only]) => Ok(only),
        (all, _) => Err(ArgumentError::Ambiguous {
            name: name.to_owned(),
            candidates: all.iter().map(|function| function.signature.clone()).collect(),
        }),
    }
}

/// `transfer( address to, uint value )` means `transfer(address,uint256)`.
fn by_normal_signature<'i>(interface: &'i Interface, text: &str) -> Option<&'i Function> {
    if !text.contains('(') {
        return None;
    }
    interface.function_by_signature(&Function::from_solidity_signature(text).ok()?.signature)
}

fn unknown_function(interface: &Interface, given: &str) -> ArgumentError {
    let name = given.split('(').next().unwrap_or(given);
    if let Some(Refused { item, reason }) = interface.refused.iter().find(|refused| is_of(refused, name)) {
        return ArgumentError::LeftOut { item: item.clone(), reason: reason.clone() };
    }
    let known = interface.functions.iter().map(|function| (function.name.as_str(), function.signature.as_str()));
    ArgumentError::UnknownFunction {
        interface: if interface.name.is_empty() { "the interface".to_owned() } else { interface.name.clone() },
        name: shown(given),
        suggestions: nearest(name, known),
    }
}

/// Whether what was left out is a function of this name, in whatever style: projections change the style of names.
fn is_of(refused: &Refused, name: &str) -> bool {
    let letters = |name: &str| {
        let kept = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
        kept.collect::<String>()
    };
    let function = ["function `", "instruction `"].into_iter().find_map(|kind| refused.item.strip_prefix(kind));
    let known = function.and_then(|name| name.split(['(', '`']).next());
    known.is_some_and(|known| !letters(known).is_empty() && letters(known) == letters(name))
}

fn check_depth(ty: &Type) -> Result<(), ArgumentError> {
    if ty.depth() <= MAX_TYPE_DEPTH {
        return Ok(());
    }
    let expected = format!("a type nested at most {MAX_TYPE_DEPTH} levels deep");
    Err(ArgumentError::Expected { expected, given: "a deeper one".into() })
}
