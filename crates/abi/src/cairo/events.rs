//! Cairo's events: enums of enums, whose innermost variants are structs.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::types::{Types, last_segment};
use crate::{
    codecs::starknet_selector,
    interface::{Event, EventParam},
    source::{self, Draft, Problem, list, text, text_or_empty, type_text},
    text::{escape, quote, shorten},
};

/// The deepest nesting of event enums.
const DEPTH_MAX: usize = 8;
/// Variants that are followed in all, flat ones many times over included.
const VARIANTS_MAX: usize = 1 << 14;

/// The events of an ABI while they are read.
struct Events<'e, 'j> {
    draft: &'e mut Draft,
    types: &'e mut Types<'j>,
    by_name: HashMap<&'j str, &'j Json>,
    names: HashSet<String>,
    variants_left: usize,
}

/// Reads the events. They begin at the enums that are no part of another one: the contract's own.
pub(super) fn read<'j>(draft: &mut Draft, items: &'j [Json], types: &mut Types<'j>) {
    let mut by_name = HashMap::new();
    let mut order = Vec::new();
    for (index, item) in items.iter().enumerate().filter(|(_, item)| text_or_empty(item, "type") == "event") {
        let label = source::label("event", index, item);
        let Some(name) = draft.item(&label, type_text(item, "name")) else { continue };
        match by_name.get(name) {
            None => {
                by_name.insert(name, item);
                order.push((name, item));
            }
            Some(other) if *other == item => {}
            Some(_) => draft.refuse(&label, Problem::malformed("another event before it has this name")),
        }
    }
    let mut inner = HashSet::new();
    for (_, item) in &order {
        inner.extend(list(item, "variants").unwrap_or_default().iter().map(|variant| text_or_empty(variant, "type")));
    }
    let mut events = Events { draft, types, by_name, names: HashSet::new(), variants_left: VARIANTS_MAX };
    for (name, item) in order.iter().filter(|(name, _)| !inner.contains(name)) {
        match text_or_empty(item, "kind") {
            "enum" => events.variants(item, 0),
            // Outside of any enum: it is emitted under its own name.
            "struct" => events.event(last_segment(name), name),
            _ => {
                let reason =
                    "it has no kind, struct or enum, as events of Cairo 0, whose contracts are encoded otherwise";
                events.draft.refuse(&label(name), Problem::inexpressible(reason));
            }
        }
    }
}

fn label(name: &str) -> String {
    source::label_of("event", name)
}

impl Events<'_, '_> {
    fn variants(&mut self, item: &Json, depth: usize) {
        let item_label = label(text_or_empty(item, "name"));
        if depth > DEPTH_MAX {
            let reason = format!("event enums are nested deeper than {DEPTH_MAX} levels, or contain themselves");
            return self.draft.refuse(&item_label, Problem::malformed(reason));
        }
        for variant in self.draft.item(&item_label, list(item, "variants")).unwrap_or_default() {
            let Some(left) = self.variants_left.checked_sub(1) else { return };
            self.variants_left = left;
            if left == 0 {
                let reason = format!("the events have more than {VARIANTS_MAX} variants; the others are not read");
                return self.draft.refuse(&item_label, Problem::malformed(reason));
            }
            let named = text(variant, "name").and_then(|name| Ok((name, type_text(variant, "type")?)));
            let Some((name, ty)) = self.draft.item(&item_label, named) else { continue };
            let flat = text_or_empty(variant, "kind") == "flat";
            match self.by_name.get(ty).copied() {
                Some(enumeration) if text_or_empty(enumeration, "kind") == "enum" => {
                    if flat {
                        self.variants(enumeration, depth + 1);
                    } else {
                        let reason =
                            "its keys begin with the selectors of two variants, an event has one topic for both";
                        self.draft.refuse(&label(name), Problem::inexpressible(reason));
                    }
                }
                _ => self.event(name, ty),
            }
        }
    }

    /// The event of a variant `name` whose fields are the struct `path`.
    fn event(&mut self, name: &str, path: &str) {
        let read = self.read_event(name, path);
        if let Some(event) = self.draft.item(&label(name), read) {
            self.draft.interface.events.push(event);
        }
    }

    fn read_event(&mut self, name: &str, path: &str) -> Result<Event, Problem> {
        let Some(item) = self.by_name.get(path).copied() else {
            let path = quote(&shorten(path, 80));
            return Err(Problem::inexpressible(format!("the ABI does not define the event {path}")));
        };
        let fields = list(item, "members")?.iter().map(|member| {
            let field = text(member, "name")?;
            let indexed = match text(member, "kind")? {
                "key" => true,
                "data" => false,
                other => {
                    let reason = format!("the field {} is of the kind {}", escape(field), quote(&shorten(other, 40)));
                    return Err(Problem::inexpressible(reason));
                }
            };
            Ok(EventParam { name: field.into(), ty: self.types.read(type_text(member, "type")?)?, indexed })
        });
        let fields = fields.collect::<Result<Vec<_>, Problem>>()?;
        let signature = source::signature(name, fields.iter().map(|field| &field.ty));
        let event = Event { name: name.to_owned(), fields, topic: Some(starknet_selector(name)), signature };
        match self.names.insert(event.name.clone()) {
            true => Ok(event),
            false => Err(Problem::inexpressible("another event of the contract begins with the same topic")),
        }
    }
}
