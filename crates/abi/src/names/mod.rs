//! Names of one language as names of another, and back.
//!
//! A name is *regular* in a style if it is made of words as the style makes them: `swap_exact_in`, `swapExactIn`,
//! `SwapExactIn`. A word begins with a letter and goes on with lower-case letters and digits; no two words of one letter
//! stand side by side, which is where acronyms (`tokenURI`) would look like words. Then, from one language to another:
//!
//! 1. What is no identifier of ASCII letters, digits and `_`, or is longer than `NAME_BYTES_MAX`, becomes `hx_` and the
//!    hex digits of its bytes; a name that begins with `hx_` or `hh_` does as well. One that is too long for that becomes
//!    `hh_` and its hash, the only case that cannot be read back.
//! 2. A regular name is written in the other style. Any other stays as it is (`tokenURI`, `DOMAIN_SEPARATOR`), with one
//!    `_` more at its end if it would be taken for a regular one there (`total_supply` of Solidity is `total_supply_`).
//! 3. A reserved word of the other language gets one `_` more at its end.
//!
//! Every step can be undone (`original`), so that different names stay different.

/// Words that are no names.
mod reserved;

use alloc::{
    borrow::ToOwned,
    collections::{BTreeMap, BTreeSet},
    format,
    string::{String, ToString},
    vec::Vec,
};

use alloy_primitives::{hex, keccak256};

use crate::interface::Abi;

/// The longest name that is written as it is, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// What begins a name whose bytes are written in hex.
const HEX: &str = "hx_";
/// What begins the hash of a name.
const HASH: &str = "hh_";
/// The longest name whose bytes are written in hex.
const HEX_BYTES_MAX: usize = 512;

/// A language in which interfaces are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Of EVM and Stylus contracts.
    Solidity,
    /// Of Solana programs.
    Rust,
    /// Of Move modules.
    Move,
    /// Of Cairo contracts.
    Cairo,
    /// Of Fuel's contracts.
    Sway,
    /// Of clients.
    TypeScript,
}

/// How the words of a name are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// `swap_exact_in`
    Snake,
    /// `swapExactIn`
    Camel,
    /// `SwapExactIn`
    Pascal,
}

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    /// A function, a parameter, a field.
    Item,
    /// A type, an event, an error.
    Type,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 6] = [Self::Solidity, Self::Rust, Self::Move, Self::Cairo, Self::Sway, Self::TypeScript];

    /// The style of such a name.
    pub const fn style(self, of: Of) -> Style {
        match (of, self) {
            (Of::Type, _) => Style::Pascal,
            (Of::Item, Self::Solidity | Self::TypeScript) => Style::Camel,
            (Of::Item, _) => Style::Snake,
        }
    }
}

impl Abi {
    /// The language in which most contracts of the ABI are written.
    pub const fn language(self) -> Language {
        match self {
            Self::Solidity => Language::Solidity,
            Self::Borsh => Language::Rust,
            Self::Bcs => Language::Move,
            Self::Cairo => Language::Cairo,
            Self::Fuel => Language::Sway,
        }
    }
}

/// The name as it is written in another language.
pub fn translated(name: &str, of: Of, from: Language, to: Language) -> String {
    let (from, style) = (from.style(of), to.style(of));
    let name = as_identifier(name);
    let mut out = match words(&name, from) {
        Some(words) => joined(&words, style),
        None if words(base(&name), style).is_some() => format!("{name}_"),
        None => name,
    };
    if to.reserves(base(&out)) {
        out.push('_');
    }
    out
}

/// The name whose translation this is; `None` where only its hash is left.
pub fn original(translation: &str, of: Of, from: Language, to: Language) -> Option<String> {
    let (from, style) = (from.style(of), to.style(of));
    let without = |name: &str| name.strip_suffix('_').unwrap_or(name).to_owned();
    let mut name = translation.to_owned();
    if to.reserves(base(&name)) {
        name = without(&name);
    }
    let name = match words(&name, style) {
        Some(words) => joined(&words, from),
        None if words(base(&name), style).is_some() => without(&name),
        None => name,
    };
    match name.strip_prefix(HEX) {
        Some(digits) => String::from_utf8(hex::decode(digits).ok()?).ok(),
        None if name.starts_with(HASH) => None,
        None => Some(name),
    }
}

/// The names with a number behind each that came before: `read`, `read_2`, `read_3`.
pub fn distinct(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    // Counting goes on where it stopped, so that many equal names take no longer than as many others.
    let mut numbers = BTreeMap::new();
    let mut out = Vec::new();
    for name in names {
        let mut candidate = name.clone();
        while !taken.insert(candidate.clone()) {
            let number = numbers.entry(name.clone()).or_insert(1_usize);
            *number = number.saturating_add(1);
            candidate = format!("{name}_{number}");
        }
        out.push(candidate);
    }
    out
}

/// The name without the `_` at its end.
fn base(name: &str) -> &str {
    name.trim_end_matches('_')
}

fn as_identifier(name: &str) -> String {
    let mut chars = name.bytes();
    let begins = chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
    let valid = begins && chars.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match name.len() {
        ..=NAME_BYTES_MAX if valid && !name.starts_with(HEX) && !name.starts_with(HASH) => name.to_owned(),
        ..=HEX_BYTES_MAX => format!("{HEX}{}", hex::encode(name)),
        _ => format!("{HASH}{}", hex::encode(keccak256(name))),
    }
}

/// The words of a regular name, in lower case.
fn words(name: &str, style: Style) -> Option<Vec<String>> {
    let words = match style {
        Style::Snake => name.split('_').map(str::to_owned).collect::<Vec<_>>(),
        Style::Camel | Style::Pascal => capitals(name, style)?,
    };
    let regular = words.iter().all(|word| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    });
    let acronym = words.windows(2).any(|pair| pair.iter().all(|word| word.len() == 1));
    (regular && !acronym).then_some(words)
}

/// The words of a name in which capitals begin the words.
fn capitals(name: &str, style: Style) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for (index, c) in name.chars().enumerate() {
        let begins = if index == 0 { true } else { c.is_ascii_uppercase() };
        if index == 0 && c.is_ascii_uppercase() != (style == Style::Pascal) {
            return None;
        }
        if begins {
            words.push(String::new());
        }
        words.last_mut()?.push(c.to_ascii_lowercase());
    }
    Some(words)
}

fn joined(words: &[String], style: Style) -> String {
    match style {
        Style::Snake => words.join("_"),
        Style::Camel | Style::Pascal => words
            .iter()
            .enumerate()
            .map(|(index, word)| if index == 0 && style == Style::Camel { word.clone() } else { capitalised(word) })
            .collect(),
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}
