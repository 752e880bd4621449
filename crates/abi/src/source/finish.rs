//! An interface while it is read, and the checks at its end.

use std::{collections::HashSet, fmt::Write as _};

use alloy_primitives::Bytes;

use super::Problem;
use crate::{
    derive::derivations,
    error::InterfaceError,
    interface::{Abi, Function, Interface, Refused},
    text::escape,
    types::Type,
};

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

    /// The item, if it can be used. One that has no place in the model is noted as refused.
    pub(crate) fn item<T>(
        &mut self,
        index: usize,
        item: &str,
        read: Result<T, Problem>,
    ) -> Result<Option<T>, InterfaceError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(Problem::Inexpressible(reason)) => {
                self.interface.refused.push(Refused { item: item.to_owned(), reason });
                Ok(None)
            }
            Err(malformed) => Err(malformed.at(index, item)),
        }
    }

    /// Refuses functions whose accounts can never be derived, such as those that are derived from each other.
    fn refuse_underivable(&mut self) {
        let Interface { functions, refused, .. } = &mut self.interface;
        functions.retain(|function| match derivations(function) {
            Ok(_) => true,
            Err(error) => {
                let item = format!("instruction `{}`", escape(&function.name));
                refused.push(Refused { item, reason: error.to_string() });
                false
            }
        });
    }

    /// Checks that names and selectors differ, and collects the named types that the items use.
    pub(crate) fn finish(mut self) -> Result<Interface, InterfaceError> {
        self.refuse_underivable();
        let Interface { abi, functions, events, errors, .. } = &self.interface;
        selectors_differ(functions.iter().map(|function| (&function.selector, &function.name)))?;
        if *abi == Abi::Borsh {
            no_selector_begins_another(functions)?;
        }
        names_differ("function", functions.iter().map(|function| &function.name))?;
        let topics = events.iter().filter_map(|event| Some((Bytes::from(event.topic?), &event.name)));
        let topics = topics.collect::<Vec<_>>();
        selectors_differ(topics.iter().map(|(topic, name)| (topic, *name)))?;
        names_differ("event", events.iter().map(|event| &event.name))?;
        selectors_differ(errors.iter().map(|error| (&error.selector, &error.name)))?;
        self.interface.types = self.interface.named_types();
        Ok(self.interface)
    }
}

fn selectors_differ<'i>(items: impl Iterator<Item = (&'i Bytes, &'i String)>) -> Result<(), InterfaceError> {
    let mut items = items.collect::<Vec<_>>();
    items.sort();
    match items.array_windows().find(|[(one, _), (other, _)]| one == other) {
        None => Ok(()),
        Some([(selector, first), (_, second)]) => Err(InterfaceError::SameSelector {
            first: escape(first),
            second: escape(second),
            selector: (*selector).clone(),
        }),
    }
}

/// In sorted order a selector stands right before the first one that it begins.
fn no_selector_begins_another(functions: &[Function]) -> Result<(), InterfaceError> {
    let mut items = functions.iter().map(|function| (&function.selector, &function.name)).collect::<Vec<_>>();
    items.sort();
    match items.array_windows().find(|[(one, _), (other, _)]| other.starts_with(one)) {
        None => Ok(()),
        Some([(short, first), (long, second)]) => Err(InterfaceError::SelectorBegins {
            first: escape(first),
            short: (*short).clone(),
            second: escape(second),
            long: (*long).clone(),
        }),
    }
}

fn names_differ<'i>(what: &'static str, names: impl Iterator<Item = &'i String>) -> Result<(), InterfaceError> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(InterfaceError::SameName { what, name: escape(name) });
        }
    }
    Ok(())
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
