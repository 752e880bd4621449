//! Functions that are called, and what they take.

use super::Known;
use crate::{
    format::{Action, Arg, At},
    nearest::{did_you_mean, known_as},
    play::values::{argument, argument_label},
    problem::{Problem, Result},
    world::{names::Names, value},
};
use hexapla_abi::{ArgumentError, Function, Interface, Param, Tree, find_function};
use hexapla_primitives::Address;

impl Known<'_> {
    pub(super) fn function(
        &self,
        interface: Option<&Interface>,
        wanted: &At<String>,
        arguments: usize,
    ) -> Result<Function> {
        let found = match interface {
            Some(interface) => found(interface, &wanted.value, arguments).map_err(|error| {
                let problem = Problem::new("hexapla::scenario::unknown_function", error.to_string());
                let known = interface.functions.iter().map(|function| function.name.as_str());
                // The message names near functions itself where there are any.
                match &error {
                    ArgumentError::UnknownFunction { suggestions, .. } if suggestions.is_empty() => {
                        problem.with_help(did_you_mean(wanted.value.split('(').next().unwrap_or_default(), known))
                    }
                    _ => problem,
                }
            }),
            None => Function::from_solidity_signature(&wanted.value).map_err(|error| {
                Problem::new("hexapla::scenario::no_interface", error.to_string())
                    .with_help("nothing is known about this account's functions; write the signature, e.g. `balanceOf(address)(uint256)`")
            }),
        };
        found.map_err(|problem| problem.at(self.source, &wanted.span, "this function"))
    }

    /// That arguments are values of their types, as far as that can be known: what is saved is known later, and of a
    /// contract only that it will have an address.
    fn types(&self, given: &[Arg], params: &[Param], signature: &str) -> Result<()> {
        let later = self.scenario.steps.iter().filter_map(|step| match &step.action {
            Action::Deploy(deploy) => Some(deploy.name.value.as_str()),
            Action::Attach(attach) => Some(attach.name.value.as_str()),
            _ => None,
        });
        let mut names = Names::new(self.scenario.toolkits.clone());
        self.interfaces.keys().copied().chain(later).for_each(|name| names.add(name, Address::ZERO));
        for (index, param) in params.iter().enumerate() {
            let Some(arg) = argument(given, params, index).filter(|arg| !has_reference(&arg.value.value)) else {
                continue;
            };
            value(&names, &param.ty, &arg.value.value)
                .map_err(|problem| problem.at(self.source, &arg.value.span, argument_label(index, param, signature)))?;
        }
        Ok(())
    }

    /// The number of arguments, their types, and the names of those that are named.
    pub(super) fn count(
        &self,
        args: Option<&At<Vec<Arg>>>,
        params: &[Param],
        signature: &str,
        target: &At<String>,
    ) -> Result<()> {
        let names = args.iter().flat_map(|args| &args.value).filter_map(|arg| arg.name.as_ref()).collect::<Vec<_>>();
        let known = || params.iter().map(|param| &*param.name);
        let mut missing = known().collect::<Vec<_>>();
        for name in &names {
            let Some(meant) = known_as(&name.value, known()) else {
                let message = format!("{signature} has no argument `{}`", name.value);
                return Err(Problem::new("hexapla::scenario::arguments", message)
                    .at(self.source, &name.span, "not known here")
                    .with_help(did_you_mean(&name.value, known())));
            };
            let Some(place) = missing.iter().position(|missing| *missing == meant) else {
                let message = format!("the argument `{meant}` of {signature} is given twice");
                return Err(Problem::new("hexapla::scenario::arguments", message)
                    .at(self.source, &name.span, "given before")
                    .with_help("leave one out"));
            };
            missing.remove(place);
        }
        if let (Some(args), false, [first, ..]) = (args, names.is_empty(), missing.as_slice()) {
            let message = format!("the argument `{first}` of {signature} is missing");
            return Err(Problem::new("hexapla::scenario::arguments", message)
                .at(self.source, &args.span, "not among these")
                .with_help(format!(
                    "it takes {}",
                    known().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                )));
        }
        let given = args.map_or(0, |args| args.value.len());
        let takes = params.len();
        if takes == given {
            return self.types(args.map_or(&[][..], |args| args.value.as_slice()), params, signature);
        }
        let span = args.map_or(&target.span, |args| &args.span);
        let unit = if takes == 1 { "argument" } else { "arguments" };
        Err(Problem::new("hexapla::scenario::arguments", format!("{signature} takes {takes} {unit}, {given} given"))
            .at(self.source, span, format!("{given} given")))
    }
}

/// Whether a saved result stands somewhere in a value.
fn has_reference(tree: &Tree) -> bool {
    match tree {
        Tree::String(text) => text.starts_with('$'),
        Tree::Array(items) => items.iter().any(has_reference),
        Tree::Object(fields) => fields.values().any(has_reference),
        _ => false,
    }
}

/// A function by its name in either spelling, or by its signature.
pub(in crate::play) fn found(interface: &Interface, wanted: &str, arguments: usize) -> Result<Function, ArgumentError> {
    let unknown = match find_function(interface, wanted, Some(arguments)) {
        Ok(function) => return Ok(function.clone()),
        Err(unknown) => unknown,
    };
    let mut names = interface.functions.iter().map(|function| function.name.as_str()).collect::<Vec<_>>();
    names.sort_unstable();
    names.dedup();
    match known_as(wanted, names.into_iter()) {
        Some(name) if name != wanted => find_function(interface, name, Some(arguments)).cloned(),
        _ => Err(unknown),
    }
}
