//! An interface while it is read, and the checks at its end.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

use alloy_primitives::Bytes;

use super::{Problem, label_of};
use crate::{
    derive::derivations,
    interface::{Abi, Interface, Refused},
    text::{escape, shorten},
    types::Type,
};

/// What is shown of a name at most, in characters.
const NAME_CHARS_MAX: usize = 80;

/// An interface while its items are read.
#[derive(Debug)]
pub(crate) struct Draft {
    /// What is read so far.
    pub(crate) interface: Interface,
}

impl Draft {
    /// Nothing yet.
    pub(crate) fn new(name: &str, abi: Abi) -> Self {
        Self { interface: Interface { name: name.to_owned(), abi, ..Interface::default() } }
    }

    /// The item, if it can be used; else it is noted with the reason, and the others are read.
    pub(crate) fn item<T>(&mut self, item: &str, read: Result<T, Problem>) -> Option<T> {
        read.map_err(|problem| self.refuse(item, problem)).ok()
    }

    /// Notes an item that cannot be used.
    pub(crate) fn refuse(&mut self, item: &str, problem: Problem) {
        self.interface.refused.push(Refused { item: item.to_owned(), reason: problem.into_reason() });
    }

    /// Refuses functions whose accounts can never be derived, such as those that are derived from each other.
    fn refuse_underivable(&mut self) {
        let Interface { functions, refused, .. } = &mut self.interface;
        functions.retain(|function| match derivations(function) {
            Ok(_) => true,
            Err(error) => {
                refused.push(Refused { item: label_of("instruction", &function.name), reason: error.to_string() });
                false
            }
        });
    }

    /// Leaves out what cannot be told from another item, and collects the named types that the others use.
    pub(crate) fn finish(mut self) -> Interface {
        self.refuse_underivable();
        let Interface { abi, functions, events, errors, layouts, refused, .. } = &mut self.interface;
        let (borsh, function) = (*abi == Abi::Borsh, if *abi == Abi::Borsh { "instruction" } else { "function" });
        let mut apart = Apart { refused };
        apart.same_selectors(function, functions, |item| (&item.name, Some(item.selector.clone())));
        if borsh {
            apart.beginnings(function, functions, |item| (&item.name, &item.selector));
        }
        apart.same_names(function, functions, |item| &item.name);
        apart.same_selectors("event", events, |item| (&item.name, item.topic.map(Bytes::from)));
        apart.same_names("event", events, |item| &item.name);
        apart.same_selectors("error", errors, |item| (&item.name, Some(item.selector.clone())));
        apart.same_selectors("account", layouts, |item| (&item.name, None));
        apart.same_names("account", layouts, |item| &item.name);
        self.interface.types = self.interface.named_types();
        self.interface
    }
}

/// Leaves out items that cannot be told apart. An item that the file has twice is kept once.
pub(crate) struct Apart<'r> {
    /// What is left out.
    pub(crate) refused: &'r mut Vec<Refused>,
}

impl Apart<'_> {
    /// Leaves out all items that share a selector: nothing says which of them data mean.
    pub(crate) fn same_selectors<T: PartialEq>(
        &mut self,
        what: &str,
        items: &mut Vec<T>,
        key: fn(&T) -> (&String, Option<Bytes>),
    ) {
        drop_repeated(items, key);
        let mut names: HashMap<Bytes, Vec<String>> = HashMap::new();
        for (name, selector) in items.iter().map(key) {
            if let Some(selector) = selector {
                names.entry(selector).or_default().push(name.clone());
            }
        }
        items.retain(|item| {
            let (name, selector) = key(item);
            let Some(selector) = selector else { return true };
            let Some(sharers) = names.get(&selector).filter(|names| names.len() > 1) else { return true };
            let other = sharers.iter().find(|other| *other != name).unwrap_or(name);
            let reason = format!("{} has the same selector {selector}; data could mean either", shown(other));
            self.leave(what, name, reason);
            false
        });
    }

    /// Keeps the first of the items with the same key: later declarations of it differ in names, results or rules.
    pub(crate) fn declared_again<T: PartialEq, K: Eq + std::hash::Hash>(
        &mut self,
        what: &str,
        items: &mut Vec<T>,
        key: fn(&T) -> (&String, K),
    ) {
        let mut first = HashMap::new();
        let mut kept: Vec<T> = Vec::new();
        for item in items.drain(..) {
            let place = *first.entry(key(&item).1).or_insert(kept.len());
            match kept.get(place) {
                None => kept.push(item),
                Some(known) if *known == item => {}
                Some(_) => {
                    let reason =
                        "it is declared before with other names, results or rules; the first declaration is used";
                    self.leave(what, key(&item).0, reason.to_owned());
                }
            }
        }
        *items = kept;
    }

    /// Leaves out items whose selector begins that of another one, which a call of theirs could mean.
    fn beginnings<T>(&mut self, what: &str, items: &mut Vec<T>, key: fn(&T) -> (&String, &Bytes)) {
        let mut sorted =
            items.iter().map(key).map(|(name, selector)| (selector.clone(), name.clone())).collect::<Vec<_>>();
        sorted.sort();
        // In sorted order a selector stands right before the first one that it begins.
        let pairs = sorted.array_windows().filter(|[(short, _), (long, _)]| long.starts_with(short));
        let longer = pairs.map(|[(short, _), (long, name)]| (short.clone(), (long.clone(), name.clone())));
        let longer = longer.collect::<HashMap<_, _>>();
        items.retain(|item| {
            let (name, selector) = key(item);
            let Some((long, other)) = longer.get(selector) else { return true };
            let reason = format!(
                "its discriminator {selector} is the beginning of {long}, that of {}: calls of both look alike",
                shown(other)
            );
            self.leave(what, name, reason);
            false
        });
    }

    /// Keeps the first of the items that share a name, by which people find them.
    fn same_names<T>(&mut self, what: &str, items: &mut Vec<T>, name: fn(&T) -> &String) {
        let mut seen = HashSet::new();
        items.retain(|item| {
            let is_first = seen.insert(name(item).clone());
            if !is_first {
                self.leave(what, name(item), format!("another {what} before it has this name"));
            }
            is_first
        });
    }

    fn leave(&mut self, what: &str, name: &str, reason: String) {
        self.refused.push(Refused { item: label_of(what, name), reason });
    }
}

/// Keeps each item once. Only items of one name and selector are compared.
fn drop_repeated<T: PartialEq>(items: &mut Vec<T>, key: fn(&T) -> (&String, Option<Bytes>)) {
    let mut kept: Vec<T> = Vec::new();
    let mut first = HashMap::new();
    for item in items.drain(..) {
        let (name, selector) = key(&item);
        let place = *first.entry((name.clone(), selector)).or_insert(kept.len());
        if kept.get(place).is_none_or(|known| *known != item) {
            kept.push(item);
        }
    }
    *items = kept;
}

/// A name as reasons show it.
fn shown(name: &str) -> String {
    escape(&shorten(name, NAME_CHARS_MAX))
}

/// The text that names an item: `swap(u64,Side)`. Named types are written by their name.
pub(crate) fn signature<'t>(name: &str, types: impl Iterator<Item = &'t Type>) -> String {
    let mut out = format!("{name}(");
    for (index, ty) in types.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_short(&mut out, ty);
    }
    out.push(')');
    out
}

fn write_short(out: &mut String, ty: &Type) {
    match ty {
        Type::Struct { name, .. } | Type::Enum { name, .. } if !name.is_empty() => out.push_str(name),
        Type::Array(inner) => {
            out.push('[');
            write_short(out, inner);
            out.push(']');
        }
        Type::FixedArray(inner, length) => {
            out.push('[');
            write_short(out, inner);
            // Writing to a String does not fail.
            let _ = write!(out, ";{length}]");
        }
        Type::Option(inner) => {
            write_short(out, inner);
            out.push('?');
        }
        Type::Tuple(types) => out.push_str(&signature("", types.iter())),
        Type::Map(key, value) => {
            out.push('{');
            write_short(out, key);
            out.push(':');
            write_short(out, value);
            out.push('}');
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}
