//! Names and comments that are safe in a language, whatever an interface holds.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToShoutySnakeCase as _, ToSnakeCase as _, ToUpperCamelCase as _};
use hexapla_abi::names::{Language, NAME_BYTES_MAX, Of, translated};

/// The longest text of an interface in a comment, in characters.
const COMMENT_CHARS_MAX: usize = 300;
/// A contract without a name.
const NAMELESS: &str = "Contract";

/// Names of one scope, which differ.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    taken: BTreeSet<String>,
    /// How often each name was asked for, so that many equal names take no longer than as many others.
    counts: BTreeMap<String, usize>,
    /// Whether names must differ in letters and digits, whatever their case.
    by_letters: bool,
}

impl Scope {
    /// A scope in which these names are taken.
    pub(crate) fn with<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Self { taken: names.into_iter().map(str::to_owned).collect(), ..Self::default() }
    }

    /// A scope whose names differ in every style: not `total_supply` and `totalSupply`.
    pub(crate) fn of_every_style() -> Self {
        Self { by_letters: true, ..Self::default() }
    }

    /// Takes the name as it is; `false` where it is taken.
    pub(crate) fn take(&mut self, name: &str) -> bool {
        self.taken.insert(self.key(name))
    }

    /// The name, or the name with a number behind it.
    pub(crate) fn claim(&mut self, name: String) -> String {
        let mut candidate = name.clone();
        while !self.take(&candidate) {
            let count = self.counts.entry(self.key(&name)).or_insert(1);
            *count = count.saturating_add(1);
            candidate = format!("{name}_{count}");
        }
        candidate
    }

    /// What the name must not have in common with another.
    fn key(&self, name: &str) -> String {
        if self.by_letters { letters(name) } else { name.to_owned() }
    }
}

/// What a name has in every style: its letters and digits, in lower case.
pub(crate) fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether the text is an identifier in every language, reserved words apart.
pub(crate) fn is_identifier(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let body = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    begins && body && name.len() <= NAME_BYTES_MAX && name.bytes().any(|byte| byte != b'_')
}

/// The name, changed as little as makes it an identifier of the language.
pub(crate) fn identifier(name: &str, of: Of, language: Language) -> String {
    match is_identifier(name) {
        true if language.reserves(name) => format!("{name}_"),
        true => name.to_owned(),
        false => translated(name, of, language, language),
    }
}

/// Names of parameters or fields: identifiers that differ; one without a name becomes `arg0`.
pub(crate) fn params<'n>(names: impl IntoIterator<Item = &'n str>, language: Language) -> Vec<String> {
    params_in(Scope::default(), names, language)
}

/// The same in a scope.
pub(crate) fn params_in<'n>(
    mut scope: Scope,
    names: impl IntoIterator<Item = &'n str>,
    language: Language,
) -> Vec<String> {
    let named = names.into_iter().enumerate().map(|(index, name)| match name {
        "" => scope.claim(format!("arg{index}")),
        name => scope.claim(identifier(name, Of::Item, language)),
    });
    named.collect()
}

/// The last part of a type's path, as an identifier: `Token` of `std::Token` or `Vault.Token`.
pub(crate) fn type_name(path: &str, language: Language) -> String {
    let last = path.rsplit(['.', ':']).next().unwrap_or(path);
    identifier(if is_identifier(last) { last } else { path }, Of::Type, language)
}

/// The name of a contract in `PascalCase`.
pub(crate) fn pascal(name: &str) -> String {
    if is_identifier(name) && name.starts_with(|first: char| first.is_ascii_uppercase()) && !name.contains('_') {
        // `ERC20` stays what it is.
        return name.to_owned();
    }
    let name = words(name).to_upper_camel_case();
    if name.is_empty() { NAMELESS.to_owned() } else { name }
}

/// A name in `snake_case`.
pub(crate) fn snake(name: &str) -> String {
    words(name).to_snake_case()
}

/// A name in `SHOUTY_SNAKE_CASE`.
pub(crate) fn shouty(name: &str) -> String {
    words(name).to_shouty_snake_case()
}

/// Letters, digits and `_` of a name, beginning with a letter, not longer than a name may be.
fn words(name: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name = name.chars().map(kept).collect::<String>();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    name.chars().take(NAME_BYTES_MAX / 2).collect()
}

/// Text from outside as a part of a line comment: one line, nothing invisible, not too long. `@` would begin a tag of
/// NatSpec and becomes `(at)`.
pub(crate) fn comment(text: &str) -> String {
    let mut shown = String::new();
    for (index, c) in text.chars().enumerate() {
        match c {
            _ if index == COMMENT_CHARS_MAX => {
                shown.push('…');
                break;
            }
            '@' => shown.push_str("(at)"),
            ' '..='~' => shown.push(c),
            c if !c.is_control() && c.escape_debug().count() == 1 => shown.push(c),
            _ => shown.push('\u{fffd}'),
        }
    }
    shown
}
