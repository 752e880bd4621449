//! Solidity interfaces from signatures that humans write, one for each item.

use alloy_json_abi as alloy;

use super::{identifiers::Identifiers, json::Items};
use crate::{
    error::InterfaceError,
    interface::{Function, Interface},
    types::MAX_TYPE_DEPTH,
};

/// A signature longer than this is refused before it is parsed.
const SIGNATURE_CHARS_MAX: usize = 16 * 1024;

impl Interface {
    /// Reads a Solidity interface from one human-readable line per item, such as
    /// `function balanceOf(address owner) view returns (uint256)`, `event …`, `error …`, `constructor(…)`.
    ///
    /// # Errors
    ///
    /// [`InterfaceError::Signature`] for the first line that is none.
    pub fn from_solidity_signatures<'s>(
        name: &str,
        lines: impl IntoIterator<Item = &'s str>,
    ) -> Result<Self, InterfaceError> {
        let mut items = Items::new(Identifiers::NONE);
        for line in lines {
            check_size(line)?;
            let item = alloy::AbiItem::parse(&without_loose_space(line));
            let item = item.map_err(|error| not_a_signature(line, &error))?;
            let json = serde_json::to_value(item).map_err(|error| not_a_signature(line, &error))?;
            items.declare(&json).map_err(|reason| not_a_signature(line, &reason))?;
        }
        Ok(Self { name: name.to_owned(), ..items.finish() })
    }
}

impl Function {
    /// Reads a Solidity signature: `transfer(address,uint256)`, with results `balanceOf(address)(uint256)`, or in full
    /// `function f(uint a) view returns (uint b)`. Fields of tuples are written without names: `f((address,uint256) p)`.
    ///
    /// # Errors
    ///
    /// [`InterfaceError::Signature`] with the reason.
    pub fn from_solidity_signature(text: &str) -> Result<Self, InterfaceError> {
        check_size(text)?;
        let text = text.trim();
        let function =
            alloy::Function::parse(&without_loose_space(text)).map_err(|error| not_a_signature(text, &error))?;
        let json = serde_json::to_value(function).map_err(|error| not_a_signature(text, &error))?;
        super::json::read_function(&json, &Identifiers::NONE)
            .map_err(|problem| not_a_signature(text, &problem.into_reason()))
    }
}

fn not_a_signature(given: &str, reason: &dyn std::fmt::Display) -> InterfaceError {
    InterfaceError::Signature { given: given.to_owned(), reason: reason.to_string() }
}

/// Alloy's parser wants no space before a comma and inside of brackets.
fn without_loose_space(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace(" ,", ",").replace(" )", ")").replace("( ", "(")
}

/// Alloy's parser recurses over parentheses, so their number is limited here.
fn check_size(text: &str) -> Result<(), InterfaceError> {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    if text.len() > SIGNATURE_CHARS_MAX {
        return Err(not_a_signature("…", &format_args!("it is longer than {SIGNATURE_CHARS_MAX} characters")));
    }
    if deepest > MAX_TYPE_DEPTH {
        return Err(not_a_signature(text, &format_args!("tuples are nested deeper than {MAX_TYPE_DEPTH} levels")));
    }
    Ok(())
}
