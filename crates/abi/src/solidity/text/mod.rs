//! Solidity interfaces as people write them: lines such as `function balanceOf(address owner) view returns (uint256)`, and
//! source files with interfaces, among them those that `cargo stylus export-abi` prints.
//!
//! Declarations become items of the JSON ABI, which the reader of that form checks. What the ABI does not show is passed
//! over: bodies, modifiers, variables, functions that are internal or private. Types of other files are not known, and
//! what uses them is left out.

mod blocks;
mod tokens;
mod types;

use serde_json::{Value as Json, json};

pub(super) use blocks::{Block, File};
pub(super) use tokens::Tokens;
pub(super) use types::{Scope, Types};

/// A source longer than this is refused before it is read.
pub(super) const SOURCE_BYTES_MAX: usize = 4 << 20;

/// The item that a line declares.
pub(super) fn item(line: &str) -> Result<Json, String> {
    let mut tokens = Tokens::new(line, SOURCE_BYTES_MAX)?;
    let item = declaration(&mut tokens, &mut Types::default(), &Scope::default())?;
    tokens.eat(";");
    match tokens.peek() {
        None => item.ok_or_else(|| "it declares nothing that a contract offers".to_owned()),
        Some(rest) => Err(format!("{rest} stands behind its end")),
    }
}

/// Whether the text looks like Solidity and not like JSON.
pub(crate) fn is_source(text: &str) -> bool {
    let begins = |word: &str| text.split_ascii_whitespace().any(|part| part == word);
    !text.trim_start().starts_with(['{', '[', '"'])
        && ["interface", "function", "contract", "library"].into_iter().any(begins)
}

/// The item of a declaration; `None` for one that is no part of an ABI.
pub(super) fn declaration(
    tokens: &mut Tokens<'_>,
    types: &mut Types<'_>,
    scope: &Scope<'_>,
) -> Result<Option<Json>, String> {
    let kind = tokens.next().ok_or("it is empty")?;
    match kind {
        "function" | "event" | "error" => {}
        "constructor" | "fallback" | "receive" => return special(kind, tokens, types, scope).map(Some),
        other => return Err(format!("{other} is none of function, event, error, constructor, fallback and receive")),
    }
    let name = tokens.next().filter(|name| tokens::is_word(name)).ok_or("it has no name")?.to_owned();
    let inputs = types.params(tokens, scope)?;
    if kind != "function" {
        let anonymous = tokens.eat("anonymous");
        return Ok(Some(json!({"type": kind, "name": name, "inputs": inputs, "anonymous": anonymous})));
    }
    let rules = rules(tokens)?;
    let outputs = if tokens.eat("returns") { types.params(tokens, scope)? } else { Vec::new() };
    let rules_behind = self::rules(tokens)?;
    if rules.hidden || rules_behind.hidden {
        return Ok(None);
    }
    let mutability = rules.mutability.or(rules_behind.mutability).unwrap_or("nonpayable");
    Ok(Some(json!({"type": kind, "name": name, "inputs": inputs, "outputs": outputs, "stateMutability": mutability})))
}

fn special(kind: &str, tokens: &mut Tokens<'_>, types: &mut Types<'_>, scope: &Scope<'_>) -> Result<Json, String> {
    let inputs = if tokens.peek() == Some("(") { types.params(tokens, scope)? } else { Vec::new() };
    let mutability = rules(tokens)?.mutability.unwrap_or(if kind == "receive" { "payable" } else { "nonpayable" });
    Ok(match kind {
        "constructor" => json!({"type": kind, "inputs": inputs, "stateMutability": mutability}),
        _ => json!({"type": kind, "stateMutability": mutability}),
    })
}

/// What stands between the parameters and the results or the end.
#[derive(Default)]
struct Rules {
    mutability: Option<&'static str>,
    /// Whether other contracts cannot call it.
    hidden: bool,
}

fn rules(tokens: &mut Tokens<'_>) -> Result<Rules, String> {
    let mut rules = Rules::default();
    while let Some(word) = tokens.peek().filter(|word| tokens::is_word(word) && *word != "returns") {
        tokens.next();
        match word {
            "pure" => rules.mutability = Some("pure"),
            "view" | "constant" => rules.mutability = Some("view"),
            "payable" => rules.mutability = Some("payable"),
            "internal" | "private" => rules.hidden = true,
            _ => {}
        }
        // `override(A, B)` and modifiers with arguments.
        if tokens.peek() == Some("(") {
            tokens.skip_group()?;
        }
    }
    Ok(rules)
}
