//! Reads TOML tables key by key, with errors that point at the place and say what was expected.

use crate::{
    nearest::did_you_mean,
    problem::{Problem, Result},
    source::{At, Source},
};
use hexapla_abi::Tree;
use hexapla_primitives::U256;
use serde_json::Number;
use std::{ops::Range, sync::Arc};
use toml::{
    Spanned,
    de::{DeInteger, DeTable, DeValue},
};

/// A value in the file.
pub(super) type Item<'d> = Spanned<DeValue<'d>>;

/// One table while it is read. Every key must be asked for; [`Fields::finish`] refuses the others.
pub(super) struct Fields<'d> {
    pub(super) source: Arc<Source>,
    table: &'d DeTable<'d>,
    pub(super) span: Range<usize>,
    what: String,
    asked: Vec<&'static str>,
}

impl<'d> Fields<'d> {
    pub(super) fn new(
        source: &Arc<Source>,
        table: &'d DeTable<'d>,
        span: Range<usize>,
        what: impl Into<String>,
    ) -> Self {
        Self { source: source.clone(), table, span, what: what.into(), asked: Vec::new() }
    }

    /// The fields of a value that must be a table.
    pub(super) fn of(source: &Arc<Source>, item: &'d Item<'d>, what: impl Into<String>) -> Result<Self> {
        let what = what.into();
        match item.get_ref() {
            DeValue::Table(table) => Ok(Self::new(source, table, item.span(), what)),
            other => Err(wrong_type(source, &item.span(), &what, "a table", other)),
        }
    }

    /// A key that may be missing.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Arc<Source>, &'static str, &'d Item<'d>) -> Result<T>,
    ) -> Result<Option<T>> {
        self.asked.push(key);
        self.table.get(key).map(|item| read(&self.source, key, item)).transpose()
    }

    /// A key that must be there, in either of two spellings.
    pub(super) fn either<T>(
        &mut self,
        key: &'static str,
        other: &'static str,
        read: impl FnOnce(&Arc<Source>, &'static str, &'d Item<'d>) -> Result<T>,
    ) -> Result<T> {
        let given = if self.has(other) && !self.has(key) { other } else { key };
        self.required(given, read)
    }

    /// A key that must be there.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Arc<Source>, &'static str, &'d Item<'d>) -> Result<T>,
    ) -> Result<T> {
        let what = self.what.clone();
        self.optional(key, read)?.ok_or_else(|| {
            Problem::new("hexapla::scenario::missing_key", format!("{what} lacks `{key}`")).at(
                &self.source,
                &head(&self.source, &self.span),
                format!("`{key}` belongs here"),
            )
        })
    }

    /// Whether a key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Names and values of a table whose keys are free, in the order of the file.
    pub(super) fn entries(&self) -> Vec<(At<String>, &'d Item<'d>)> {
        let mut entries: Vec<_> =
            self.table.iter().map(|(key, item)| (At::new(key.get_ref().to_string(), key.span()), item)).collect();
        entries.sort_by_key(|(key, _)| key.span.start);
        entries
    }

    /// Refuses keys that nobody asked for.
    pub(super) fn finish(self) -> Result<()> {
        let unknown = self.table.keys().filter(|key| !self.asked.contains(&key.get_ref().as_ref()));
        let Some(key) = unknown.min_by_key(|key| key.span().start) else {
            return Ok(());
        };
        let name = key.get_ref();
        let problem = Problem::new("hexapla::scenario::unknown_key", format!("{} has no key `{name}`", self.what));
        Err(problem.at(&self.source, &key.span(), "not known here").with_help(did_you_mean(name, self.asked)))
    }
}

/// The first line of a table, so that a message does not show all of it.
pub(super) fn head(source: &Source, span: &Range<usize>) -> Range<usize> {
    let text = source.excerpt(span);
    span.start..span.start + text.find('\n').unwrap_or(text.len())
}

fn wrong_type(
    source: &Arc<Source>,
    span: &Range<usize>,
    what: &str,
    expected: &str,
    found: &DeValue<'_>,
) -> Box<Problem> {
    Problem::new("hexapla::scenario::wrong_type", format!("{what} must be {expected}, not {}", kind(found))).at(
        source,
        &head(source, span),
        format!("expected {expected}"),
    )
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

pub(super) fn text(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<At<String>> {
    match item.get_ref() {
        DeValue::String(text) => Ok(At::new(text.to_string(), item.span())),
        other => Err(wrong_type(source, &item.span(), &format!("`{key}`"), "a text in quotes", other)),
    }
}

pub(super) fn boolean(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<bool> {
    match item.get_ref() {
        DeValue::Boolean(value) => Ok(*value),
        other => Err(wrong_type(source, &item.span(), &format!("`{key}`"), "true or false", other)),
    }
}

pub(super) fn number(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<At<u64>> {
    let expected = "a whole number from 0 to 2^64 - 1";
    match item.get_ref() {
        DeValue::Integer(integer) => match magnitude(integer).and_then(|number| u64::try_from(number).ok()) {
            Some(number) => Ok(At::new(number, item.span())),
            None => {
                let message = format!("`{key}` must be {expected}");
                Err(Problem::new("hexapla::scenario::out_of_range", message).at(source, &item.span(), "out of range"))
            }
        },
        other => Err(wrong_type(source, &item.span(), &format!("`{key}`"), expected, other)),
    }
}

/// Values under keys that are free, in the order of the file.
pub(super) fn by_name<T>(
    source: &Arc<Source>,
    key: &'static str,
    item: &Item<'_>,
    read: impl Fn(&Arc<Source>, &str, &Item<'_>) -> Result<T>,
) -> Result<Vec<(At<String>, T)>> {
    let entries = Fields::of(source, item, format!("`{key}`"))?.entries();
    entries.into_iter().map(|(name, item)| Ok((name, read(source, key, item)?))).collect()
}

/// A list of anything.
pub(super) fn list<'d>(source: &Arc<Source>, key: &str, item: &'d Item<'d>) -> Result<At<Vec<&'d Item<'d>>>> {
    match item.get_ref() {
        DeValue::Array(items) => Ok(At::new(items.iter().collect(), item.span())),
        other => Err(wrong_type(source, &item.span(), &format!("`{key}`"), "a list in brackets", other)),
    }
}

/// A list of texts.
pub(super) fn texts(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<At<Vec<At<String>>>> {
    let items = list(source, key, item)?;
    let texts =
        items.value.iter().map(|item| text(source, &format!("each of `{key}`"), item)).collect::<Result<_>>()?;
    Ok(At::new(texts, items.span))
}

/// A text, or a list of texts.
pub(super) fn text_or_texts(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<At<Vec<At<String>>>> {
    match item.get_ref() {
        DeValue::Array(_) => texts(source, key, item),
        _ => text(source, key, item).map(|text| At::new(vec![text.clone()], text.span)),
    }
}

/// Any value, for an argument whose type is known later.
pub(super) fn tree(_: &Arc<Source>, _: &str, item: &Item<'_>) -> Result<At<Tree>> {
    Ok(At::new(tree_of(item.get_ref()), item.span()))
}

/// A list of any values.
pub(super) fn trees(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<At<Vec<At<Tree>>>> {
    let items = list(source, key, item)?;
    let trees = items.value.iter().map(|item| At::new(tree_of(item.get_ref()), item.span())).collect();
    Ok(At::new(trees, items.span))
}

pub(super) fn tree_of(value: &DeValue<'_>) -> Tree {
    match value {
        DeValue::String(text) => Tree::String(text.to_string()),
        DeValue::Integer(integer) => integer_tree(integer),
        // Kept as a float, which every type refuses with a reason.
        DeValue::Float(float) => {
            float.as_str().parse().ok().and_then(Number::from_f64).map_or(Tree::Null, Tree::Number)
        }
        DeValue::Boolean(value) => Tree::Bool(*value),
        DeValue::Datetime(date) => Tree::String(date.to_string()),
        DeValue::Array(items) => items.iter().map(|item| tree_of(item.get_ref())).collect(),
        DeValue::Table(table) => {
            Tree::Object(table.iter().map(|(key, item)| (key.get_ref().to_string(), tree_of(item.get_ref()))).collect())
        }
    }
}

/// A number; as text where JSON's numbers end.
fn integer_tree(integer: &DeInteger<'_>) -> Tree {
    match magnitude(integer) {
        Some(number) => u64::try_from(number).map_or_else(|_| Tree::String(number.to_string()), Tree::from),
        None => integer.as_str().parse::<i64>().map_or_else(|_| Tree::String(integer.as_str().to_owned()), Tree::from),
    }
}

fn magnitude(integer: &DeInteger<'_>) -> Option<U256> {
    let digits = integer.as_str().trim_start_matches('+');
    U256::from_str_radix(digits, u64::from(integer.radix())).ok()
}
