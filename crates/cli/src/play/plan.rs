//! Everything that can be checked before anything is executed.

use crate::{
    nearest::did_you_mean,
    problem::{Problem, Result},
    scenario::{Action, At, Call, Deploy, Scenario, Sending, Source},
    world::artefact::{self, Contract, Request},
};
use hexapla_abi::{ArgumentError, Function, Interface, find_function};
use rayon::prelude::*;
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// What the steps need, found and checked.
#[derive(Debug)]
pub(crate) struct Plan(BTreeMap<usize, Planned>);

/// What one step needs.
#[derive(Debug)]
pub(crate) enum Planned {
    Contract(Contract),
    Function(Option<Function>),
    Nothing,
}

impl Plan {
    /// What a step needs; each can be taken once.
    pub(super) fn take(&mut self, step: usize) -> Planned {
        self.0.remove(&step).unwrap_or(Planned::Nothing)
    }
}

/// Loads the artefacts and checks names, functions and numbers of arguments.
pub(crate) fn plan(scenario: &Scenario, cache: Option<&Path>) -> Result<Plan> {
    let mut contracts = load_contracts(scenario, cache)?;
    let mut known = Known::new(scenario)?;
    let mut plan = BTreeMap::new();
    for step in &scenario.steps {
        let planned = match &step.action {
            Action::Deploy(deploy) => match contracts.remove(&step.number) {
                Some(contract) => {
                    known.deploy(deploy, &contract)?;
                    Planned::Contract(contract)
                }
                None => Planned::Nothing,
            },
            Action::Call(call) => Planned::Function(known.call(call)?),
            _ => Planned::Nothing,
        };
        plan.insert(step.number, planned);
    }
    Ok(Plan(plan))
}

/// On all threads: packing a WASM module takes a while when it is not in the cache.
fn load_contracts(scenario: &Scenario, cache: Option<&Path>) -> Result<BTreeMap<usize, Contract>> {
    let source = &scenario.source;
    let load = |(number, deploy): (usize, &Deploy)| {
        let file = source.relative(&deploy.artefact.value);
        let abi = deploy.abi.as_ref().map(|abi| source.relative(&abi.value));
        let contract = deploy.contract.as_ref().map(|name| name.value.as_str());
        let request = Request { file: &file, contract, abi: abi.as_deref(), cache };
        let contract =
            artefact::load(request).map_err(|problem| problem.at(source, &deploy.artefact.span, "this artefact"))?;
        Ok((number, contract))
    };
    let deploys = scenario.steps.iter().filter_map(|step| match &step.action {
        Action::Deploy(deploy) => Some((step.number, deploy)),
        _ => None,
    });
    deploys.collect::<Vec<_>>().into_par_iter().map(load).collect()
}

/// Names and interfaces as they will be known when a step begins.
struct Known<'s> {
    source: &'s Arc<Source>,
    interfaces: BTreeMap<&'s str, Option<Arc<Interface>>>,
    has_accounts: bool,
}

impl<'s> Known<'s> {
    fn new(scenario: &'s Scenario) -> Result<Self> {
        let mut known =
            Self { source: &scenario.source, interfaces: BTreeMap::new(), has_accounts: !scenario.accounts.is_empty() };
        for account in &scenario.accounts {
            known.name(&account.name, None)?;
        }
        Ok(known)
    }

    fn name(&mut self, name: &'s At<String>, interface: Option<Arc<Interface>>) -> Result<()> {
        if self.interfaces.insert(&name.value, interface).is_none() {
            return Ok(());
        }
        Err(Problem::new("hexapla::scenario::name_taken", format!("the name `{}` is taken", name.value))
            .at(self.source, &name.span, "used before")
            .with_help("each account and contract needs a name of its own"))
    }

    fn deploy(&mut self, deploy: &'s Deploy, contract: &Contract) -> Result<()> {
        self.sending(&deploy.sending, &deploy.name)?;
        let constructor = contract.interface.as_ref().and_then(|interface| interface.constructor.as_ref());
        let takes = constructor.map_or(0, |constructor| constructor.inputs.len());
        let params = constructor.map(|constructor| {
            constructor.inputs.iter().map(|param| format!("{} {}", param.ty, param.name)).collect::<Vec<_>>().join(", ")
        });
        let signature = format!("constructor({})", params.unwrap_or_default());
        self.count(&deploy.sending, takes, &signature, &deploy.name)?;
        self.name(&deploy.name, contract.interface.clone())
    }

    fn call(&self, call: &Call) -> Result<Option<Function>> {
        self.sending(&call.sending, &call.to)?;
        let interface = self.target(&call.to)?;
        let Some(wanted) = &call.function else {
            if call.raw.is_none() && interface.is_some() && call.sending.value.is_none() {
                let problem = Problem::new("hexapla::scenario::no_function", "the call does not say which function");
                return Err(problem
                    .at(self.source, &call.to.span, "a contract without a function")
                    .with_help("write `contract.function`, or send call data with `raw`, or coin with `value`"));
            }
            return Ok(None);
        };
        let arguments = call.sending.args.as_ref().map_or(0, |args| args.value.len());
        let function = self.function(interface, wanted, arguments)?;
        self.count(&call.sending, function.inputs.len(), &function.signature, wanted)?;
        Ok(Some(function))
    }

    fn function(&self, interface: Option<&Interface>, wanted: &At<String>, arguments: usize) -> Result<Function> {
        let found = match interface {
            Some(interface) => find_function(interface, &wanted.value, Some(arguments)).cloned().map_err(|error| {
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

    fn target(&self, to: &At<String>) -> Result<Option<&Interface>> {
        if to.value.starts_with("0x") {
            return Ok(None);
        }
        self.known(to).map(Option::as_deref)
    }

    fn known(&self, name: &At<String>) -> Result<&Option<Arc<Interface>>> {
        self.interfaces.get(name.value.as_str()).ok_or_else(|| {
            Problem::new(
                "hexapla::scenario::unknown_name",
                format!("there is no account or contract `{}` here", name.value),
            )
            .at(self.source, &name.span, "not known at this step")
            .with_help(did_you_mean(&name.value, self.interfaces.keys().copied()))
        })
    }

    fn sending(&self, sending: &Sending, target: &At<String>) -> Result<()> {
        match &sending.from {
            Some(from) if !from.value.starts_with("0x") => self.known(from).map(|_| ()),
            Some(_) => Ok(()),
            None if self.has_accounts => Ok(()),
            None => Err(Problem::new("hexapla::scenario::no_sender", "nobody is there to send the transaction")
                .at(self.source, &target.span, "sent by the first account, but there is none")
                .with_help("add `[accounts]` with e.g. `alice = \"100 ether\"`")),
        }
    }

    fn count(&self, sending: &Sending, takes: usize, signature: &str, target: &At<String>) -> Result<()> {
        let given = sending.args.as_ref().map_or(0, |args| args.value.len());
        if takes == given {
            return Ok(());
        }
        let span = sending.args.as_ref().map_or(&target.span, |args| &args.span);
        let unit = if takes == 1 { "argument" } else { "arguments" };
        Err(Problem::new("hexapla::scenario::arguments", format!("{signature} takes {takes} {unit}, {given} given"))
            .at(self.source, span, format!("{given} given")))
    }
}
