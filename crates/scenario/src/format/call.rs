//! What steps and the calls of a transaction have in common.

use super::{
    Action, Arg, Named, Sending,
    envelope::read_envelope,
    fields::{Fields, Item, boolean, number, tree, trees},
    ids::read_options,
};
use crate::{
    problem::Result,
    source::{At, Source},
};
use hexapla_toolkit::{FieldSpec, Toolkits};
use std::{ops::Range, sync::Arc};
use toml::de::DeValue;

/// What a step does, where that stands, and its headline.
pub(super) type Read = (Action, Range<usize>, Option<String>);

/// `vault.deposit(uint256)`: the contract before the first dot, the function behind it.
pub(super) fn split_target(target: At<String>) -> (At<String>, Option<At<String>>) {
    let Some((to, function)) = target.value.split_once('.') else {
        return (target, None);
    };
    // One quote before the text; escapes in a target would only shift a caret.
    let begin = target.span.start + 1;
    let to_end = begin + to.len();
    let function_span = to_end + 1..to_end + 1 + function.len();
    (At::new(to.trim().to_owned(), begin..to_end), Some(At::new(function.trim().to_owned(), function_span)))
}

/// What a transaction may use, and what is paid for it.
pub(super) fn read_terms(toolkits: &Toolkits, fields: &mut Fields<'_>) -> Result<Sending> {
    Ok(Sending {
        from: None,
        args: None,
        value: None,
        gas: fields.optional("gas", number)?,
        impersonate: fields.optional("impersonate", boolean)?.unwrap_or_default(),
        envelope: read_envelope(fields)?,
        options: read_options(fields, transaction_options(toolkits))?,
    })
}

/// What transactions of all VMs can say, each option once.
fn transaction_options(toolkits: &Toolkits) -> Vec<FieldSpec> {
    once(toolkits.with_transactions().flat_map(|(_, transactions)| transactions.options()))
}

/// The same of deployments.
pub(super) fn deploy_options(toolkits: &Toolkits) -> Vec<FieldSpec> {
    once(toolkits.with_transactions().flat_map(|(_, transactions)| transactions.deploy_options()))
}

fn once<'s>(specs: impl Iterator<Item = &'s FieldSpec>) -> Vec<FieldSpec> {
    let mut all: Vec<FieldSpec> = Vec::new();
    for spec in specs {
        if !all.iter().any(|known| known.name == spec.name) {
            all.push(*spec);
        }
    }
    all
}

/// A list of values, or a table of values by the names of the parameters.
pub(super) fn read_args(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<At<Vec<Arg>>> {
    let args = match item.get_ref() {
        DeValue::Table(_) => {
            let named = named_trees(source, key, item)?.into_iter();
            named.map(|(name, value)| Arg { name: Some(name), value }).collect()
        }
        _ => trees(source, key, item)?.value.into_iter().map(|value| Arg { name: None, value }).collect(),
    };
    Ok(At::new(args, item.span()))
}

/// Values under keys that are free.
pub(super) fn named_trees(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<Named> {
    let fields = Fields::of(source, item, format!("`{key}`"))?;
    fields.entries().into_iter().map(|(name, item)| Ok((name, tree(source, key, item)?))).collect()
}

/// Values by account, then by slot.
pub(super) fn read_storage(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<Vec<(At<String>, Named)>> {
    let fields = Fields::of(source, item, format!("`{key}`"))?;
    fields.entries().into_iter().map(|(account, item)| Ok((account, named_trees(source, key, item)?))).collect()
}
