//! Names and values that are checked as they are read.

use crate::{
    problem::{Problem, Result},
    source::{At, Source},
};
use hexapla_abi::{Tree, Type, Value, argument::no_names, value_from_tree};
use std::sync::Arc;

/// Names are words: they stand before a dot in calls and inside lists.
pub(super) fn check_name(source: &Arc<Source>, name: &At<String>) -> Result<()> {
    let mut chars = name.value.chars();
    let begins_well = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let has_meaning = ["_", "none", "true", "false"].contains(&name.value.as_str());
    if begins_well && !has_meaning && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Ok(());
    }
    Err(Problem::new("hexapla::scenario::name", format!("{:?} cannot be a name", name.value))
        .at(source, &name.span, "not a name")
        .with_help("names begin with a letter of a to z and go on with such letters, digits, `_` and `-`; `_`, `none`, `true` and `false` have a meaning of their own"))
}

/// A value of a type, without names.
pub(super) fn typed(source: &Arc<Source>, ty: &Type, tree: &At<Tree>) -> Result<Value> {
    value_from_tree(ty, &tree.value, &no_names).map_err(|error| {
        Problem::new("hexapla::scenario::value", error.to_string()).at(source, &tree.span, "not such a value")
    })
}
