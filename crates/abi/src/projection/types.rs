//! The named types of an interface.

use alloc::{
    collections::BTreeSet,
    string::{String, ToString},
    vec::Vec,
};

use crate::{
    interface::{Constructor, CustomError, Event, Function, Interface},
    types::Type,
};

/// The named structs and enums of all items, each once, inner ones first.
pub(super) fn named_types(interface: &Interface) -> Vec<Type> {
    let Interface { constructor, functions, events, errors, layouts, .. } = interface;
    let inputs = constructor.iter().flat_map(|Constructor { inputs, .. }| inputs);
    let params = functions.iter().flat_map(|Function { inputs, outputs, .. }| inputs.iter().chain(outputs));
    let errors = errors.iter().flat_map(|CustomError { inputs, .. }| inputs);
    let types = inputs.chain(params).chain(errors).map(|param| &param.ty);
    let fields = events.iter().flat_map(|Event { fields, .. }| fields).map(|field| &field.ty);
    let mut found = Found::default();
    types.chain(fields).chain(layouts.iter().map(|layout| &layout.ty)).for_each(|ty| found.visit(ty));
    found.types
}

#[derive(Default)]
struct Found {
    types: Vec<Type>,
    seen: BTreeSet<String>,
}

impl Found {
    fn visit(&mut self, ty: &Type) {
        let named = matches!(ty, Type::Struct { name, .. } | Type::Enum { name, .. } if !name.is_empty());
        if named && !self.seen.insert(ty.to_string()) {
            return;
        }
        ty.children().for_each(|child| self.visit(child));
        if named {
            self.types.push(ty.clone());
        }
    }
}
