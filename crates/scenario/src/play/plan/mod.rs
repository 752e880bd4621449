//! Everything that can be checked before anything is executed.
//!
//! - `arguments`: functions and what they take
//! - `signed`: transactions of a VM's own form, and contracts that come by such

mod arguments;
mod signed;

pub(super) use arguments::found;

use crate::{
    format::{
        Action, At, Attach, Call, Deploy, IdForm, Instruction, InterfaceChoice, Invoke, NO_AUTHORITY, Register,
        Scenario, Sending, Source, Step,
    },
    nearest::did_you_mean,
    problem::{Problem, Result},
    world::{
        artifact::{self, Contract, InterfaceSource, Request},
        for_callers,
    },
};
use hexapla_abi::{Function, Interface};
use hexapla_primitives::{Address, NativeId, VmId};
use hexapla_toolkit::{Toolkit, Words};
use rayon::prelude::*;
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// What the steps need, found and checked.
#[derive(Debug)]
pub struct Plan {
    steps: BTreeMap<usize, Planned>,
    /// Contracts that will be deployed under ids of their VMs: their names are known from the beginning.
    native: Vec<(String, NativeId)>,
}

/// What one step needs.
#[derive(Clone, Debug)]
pub(crate) enum Planned {
    Contract(Contract),
    Function(Option<Function>),
    /// That of a contract that is there.
    Interface(Option<Arc<Interface>>),
    /// What is signed for the transactions of a VM.
    Signed(VmId, Vec<PlannedInstruction>),
    Nothing,
}

/// A call, and what it calls where that has a type.
#[derive(Clone, Debug)]
pub(crate) struct PlannedInstruction {
    pub(crate) instruction: Instruction,
    pub(crate) typed: Option<Typed>,
}

/// A function, and the interface that has it.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) function: Function,
    pub(crate) interface: Arc<Interface>,
}

impl Plan {
    /// What a step needs.
    pub(super) fn of(&self, step: usize) -> Planned {
        self.steps.get(&step).cloned().unwrap_or(Planned::Nothing)
    }

    /// Contracts that will be deployed under ids of their VMs.
    pub(super) fn native_contracts(&self) -> impl Iterator<Item = (&str, &NativeId)> {
        self.native.iter().map(|(name, id)| (name.as_str(), id))
    }
}

/// Loads the artifacts and checks names, functions and numbers of arguments. Packed modules are kept in `cache`.
///
/// # Errors
///
/// What the scenario says cannot be done.
pub fn plan(scenario: &Scenario, cache: Option<&Path>) -> Result<Plan> {
    let mut contracts = load_contracts(scenario, cache)?;
    let mut known = Known::new(scenario)?;
    let (mut plan, mut native) = (BTreeMap::new(), Vec::new());
    for step in &scenario.steps {
        known.impersonates = step.action.sending().is_some_and(|sending| sending.impersonate);
        let planned = match &step.action {
            Action::Upgrade(upgrade) => match contracts.remove(&step.number) {
                Some(contract) => {
                    known.upgrade(upgrade, &contract)?;
                    Planned::Contract(contract)
                }
                None => Planned::Nothing,
            },
            Action::Deploy(deploy) => match contracts.remove(&step.number) {
                Some(contract) => {
                    known.deploy(deploy, &contract)?;
                    known.comparable(step, deploy, &contract)?;
                    native.extend(contract.id.clone().map(|id| (deploy.name.value.clone(), id)));
                    Planned::Contract(contract)
                }
                None => Planned::Nothing,
            },
            Action::Call(call) => match scenario.signer(&call.sending) {
                Some(signer) => {
                    known.signer(&call.sending, &step.span)?;
                    Planned::Signed(signer.vm, vec![known.signed_call(signer.vm, call)?])
                }
                None => Planned::Function(known.call(call)?),
            },
            Action::Invoke(invoke) => match scenario.signer(&invoke.sending) {
                Some(signer) => {
                    known.signer(&invoke.sending, &step.span)?;
                    Planned::Signed(signer.vm, vec![known.instruction(signer.vm, invoke.instruction())?])
                }
                None => {
                    known.invoke(invoke)?;
                    Planned::Nothing
                }
            },
            Action::Transaction(transaction) => {
                let vm = known.signer(&transaction.sending, &step.span)?;
                let instructions = transaction.instructions.iter();
                let planned = instructions.map(|instruction| known.instruction(vm, instruction.clone()));
                Planned::Signed(vm, planned.collect::<Result<_>>()?)
            }
            Action::Attach(attach) => Planned::Interface(known.attach(attach)?),
            Action::Register(register) => Planned::Interface(Some(known.register(register)?)),
            Action::Snapshot(name) => {
                known.keep(&name.value);
                Planned::Nothing
            }
            Action::Rollback(name) => {
                known.go_back(name)?;
                Planned::Nothing
            }
            _ => Planned::Nothing,
        };
        plan.insert(step.number, planned);
    }
    Ok(Plan { steps: plan, native })
}

/// On all threads: packing a WASM module takes a while when it is not in the cache.
fn load_contracts(scenario: &Scenario, cache: Option<&Path>) -> Result<BTreeMap<usize, Contract>> {
    let source = &scenario.source;
    let load = |(number, deploy): (usize, &Deploy)| {
        let file = source.relative(&deploy.artefact.value, &deploy.artefact.span);
        let abi = deploy.abi.as_ref().map(|abi| source.relative(&abi.value, &abi.span));
        let contract = deploy.contract.as_ref().map(|name| name.value.as_str());
        let told = deploy.interface.as_ref().map(|told| match &told.value {
            InterfaceChoice::File(file) => (source.relative(file, &told.span), false),
            InterfaceChoice::Own => (std::path::PathBuf::new(), true),
            InterfaceChoice::Nothing => (std::path::PathBuf::new(), false),
        });
        let interface = told.as_ref().map(|(file, own)| match own {
            true => InterfaceSource::Own,
            false if file.as_os_str().is_empty() => InterfaceSource::Nothing,
            false => InterfaceSource::File(file),
        });
        // Where the libraries will be is known when the step is played.
        let libraries = deploy.libraries.iter().map(|(library, _)| (library.value.as_str(), Address::ZERO));
        let libraries = libraries.collect::<Vec<_>>();
        let request = Request { file: &file, contract, abi: abi.as_deref(), interface, libraries: &libraries, cache };
        let mut contract = artifact::load(&scenario.toolkits, request)
            .map_err(|problem| problem.at(source, &deploy.artefact.span, "this artefact"))?;
        contract.id = native_id(scenario, deploy, &contract)?;
        Ok((number, contract))
    };
    let deploys = scenario.steps.iter().filter_map(|step| match &step.action {
        Action::Deploy(deploy) | Action::Upgrade(deploy) => Some((step.number, deploy)),
        _ => None,
    });
    deploys.collect::<Vec<_>>().into_par_iter().map(load).collect()
}

/// The id of a contract that has one of its VM; `None` for all else.
fn native_id(scenario: &Scenario, deploy: &Deploy, contract: &Contract) -> Result<Option<NativeId>> {
    let (source, name) = (&scenario.source, &deploy.name.value);
    let toolkit = if contract.is_native() { scenario.toolkits.get(contract.vm) } else { None };
    let Some(toolkit) = toolkit else {
        let Some(id) = &deploy.id else { return Ok(None) };
        let kind = words_of_natives(scenario).map_or("contract", |words| words.contract);
        return Err(Problem::new("hexapla::scenario::id", format!("`{name}` is no {kind}"))
            .at(source, &id.span, format!("only {kind}s have an `id`"))
            .with_help("leave it out: the address follows from the sender"));
    };
    let words = toolkit.words();
    let deployer = scenario.deployer(deploy).filter(|deployer| deployer.vm == toolkit.vm());
    match (deployer, &deploy.id, toolkit.transactions()) {
        (Some(_), Some(id), _) => {
            let help = format!(
                "leave `id` out: the name gives a {}; or leave `from` out: the {} is then simply there",
                words.signer, words.short_contract
            );
            Err(Problem::new("hexapla::scenario::id", format!("the id of `{name}` must be able to sign"))
                .at(source, &id.span, format!("nobody has the {} of a given id", words.signer))
                .with_help(help))
        }
        (Some(_), None, Some(transactions)) => Ok(Some(transactions.contract_id(name))),
        (None, Some(id), _) => {
            let given = toolkit.addresses().parse_given(&id.value);
            given.map(Some).map_err(|error| Box::<Problem>::from(error).at(source, &id.span, "this id"))
        }
        (_, None, _) => Ok(Some(toolkit.addresses().of_name(name))),
    }
}

/// The words of the first VM whose contracts have ids of their own.
fn words_of_natives(scenario: &Scenario) -> Option<&'static Words> {
    scenario.toolkits.with_transactions().next().map(|(toolkit, _)| toolkit.words())
}

/// An address, or a saved result: known when the step is played.
fn is_written_out(name: &str) -> bool {
    name.starts_with("0x") || name.starts_with('$')
}

/// What [`Known`] knows of names.
type Names<'s> =
    (BTreeMap<&'s str, Option<Arc<Interface>>>, BTreeMap<&'s str, Arc<Interface>>, BTreeMap<&'s str, VmId>);

/// Names and interfaces as they will be known when a step begins.
struct Known<'s> {
    scenario: &'s Scenario,
    source: &'s Arc<Source>,
    interfaces: BTreeMap<&'s str, Option<Arc<Interface>>>,
    /// What the chain is told about contracts.
    told: BTreeMap<&'s str, Arc<Interface>>,
    /// Contracts with ids of their VM.
    native: BTreeMap<&'s str, VmId>,
    /// What was known when they were taken.
    snapshots: BTreeMap<&'s str, Names<'s>>,
    /// Who has no keypair need not sign in the step that is checked now.
    impersonates: bool,
}

impl<'s> Known<'s> {
    fn new(scenario: &'s Scenario) -> Result<Self> {
        let mut known = Self {
            scenario,
            source: &scenario.source,
            interfaces: BTreeMap::new(),
            told: BTreeMap::new(),
            native: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            impersonates: false,
        };
        for (toolkit, accounts) in scenario.toolkits.with_accounts() {
            for contract in accounts.predeployed() {
                let shown = contract.interface.as_ref().map(|source| Arc::new(for_callers(source)));
                known.interfaces.insert(contract.name, shown);
                known.told.extend(contract.interface.clone().map(|source| (contract.name, source)));
                known.native.insert(contract.name, toolkit.vm());
            }
        }
        for account in &scenario.accounts {
            known.name(&account.name, None)?;
        }
        for entry in &scenario.ids {
            known.name(&entry.name, None)?;
        }
        known.check_ids(scenario)?;
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

    /// The interface that a contract will have.
    fn register(&mut self, register: &'s Register) -> Result<Arc<Interface>> {
        self.sending(&register.sending, &register.contract)?;
        self.unsigned(&register.sending)?;
        self.target(&register.contract)?;
        let file = &register.interface;
        let read = artifact::read_interface(&self.source.relative(&file.value, &file.span));
        let read = Arc::new(read.map_err(|problem| problem.at(self.source, &file.span, "this file"))?);
        self.told.insert(&register.contract.value, read.clone());
        if let Some(shown) = self.interfaces.get_mut(register.contract.value.as_str()).filter(|shown| shown.is_none()) {
            *shown = Some(Arc::new(for_callers(&read)));
        }
        Ok(read)
    }

    fn keep(&mut self, snapshot: &'s str) {
        let names = (self.interfaces.clone(), self.told.clone(), self.native.clone());
        self.snapshots.insert(snapshot, names);
    }

    fn go_back(&mut self, name: &At<String>) -> Result<()> {
        let Some((interfaces, told, native)) = self.snapshots.get(name.value.as_str()).cloned() else {
            return Err(Problem::new("hexapla::scenario::snapshot", format!("no snapshot is called `{}`", name.value))
                .at(self.source, &name.span, "not taken before this step")
                .with_help(did_you_mean(&name.value, self.snapshots.keys().copied())));
        };
        (self.interfaces, self.told, self.native) = (interfaces, told, native);
        Ok(())
    }

    /// The interface of a contract that is there: from a file, or that of another contract.
    fn attach(&mut self, attach: &'s Attach) -> Result<Option<Arc<Interface>>> {
        let interface = match (&attach.abi, &attach.like) {
            (Some(abi), _) => {
                let read = artifact::read_interface(&self.source.relative(&abi.value, &abi.span));
                let read = read.map_err(|problem| problem.at(self.source, &abi.span, "this file"))?;
                Some(Arc::new(for_callers(&Arc::new(read))))
            }
            (None, Some(like)) => self.known(like)?.clone(),
            (None, None) => None,
        };
        self.name(&attach.name, interface.clone())?;
        Ok(interface)
    }

    fn deploy(&mut self, deploy: &'s Deploy, contract: &Contract) -> Result<()> {
        self.sending(&deploy.sending, &deploy.name)?;
        let mut libraries = deploy.libraries.iter().filter(|(_, library)| !is_written_out(&library.value));
        libraries.try_for_each(|(_, library)| self.known(library).map(|_| ()))?;
        self.deployer(deploy, contract)?;
        self.takes_coin(deploy, contract)?;
        let constructor = contract.constructor();
        let takes = constructor.map_or(&[][..], |constructor| constructor.inputs.as_slice());
        let params = constructor.map(|constructor| {
            constructor.inputs.iter().map(|param| format!("{} {}", param.ty, param.name)).collect::<Vec<_>>().join(", ")
        });
        if let (Some(args), None) =
            (deploy.sending.args.as_ref().filter(|_| !contract.is_native()), &contract.interface)
        {
            let message = format!("nothing is known about the constructor of `{}`", deploy.name.value);
            return Err(Problem::new("hexapla::scenario::arguments", message)
                .at(self.source, &args.span, "of which types?")
                .with_help("name a file with the interface: `abi = \"FILE\"`"));
        }
        let signature = format!("constructor({})", params.unwrap_or_default());
        self.count(deploy.sending.args.as_ref(), takes, &signature, &deploy.name)?;
        self.name(&deploy.name, contract.interface.clone())?;
        self.told.extend(contract.registered.clone().map(|told| (deploy.name.value.as_str(), told)));
        self.native.extend(contract.id.as_ref().map(|_| (deploy.name.value.as_str(), contract.vm)));
        Ok(())
    }

    /// A contract that is put into the state as it is comes without a transaction.
    fn comparable(&self, step: &Step, deploy: &Deploy, contract: &Contract) -> Result<()> {
        let is_installed = contract.is_native() && self.scenario.deployer(deploy).is_none();
        let value = deploy.sending.value.as_ref().map(|value| ("value", &value.span));
        let gas = deploy.sending.gas.as_ref().map(|gas| ("gas", &gas.span));
        if let Some((key, span)) = value.or(gas).filter(|_| is_installed) {
            let message =
                format!("`{}` is put into the state without a transaction, which takes no `{key}`", deploy.name.value);
            return Err(Problem::new("hexapla::scenario::lane", message)
                .at(self.source, span, "not used")
                .with_help("leave it out; coin is sent to a contract of this VM by a step of its own"));
        }
        let Some((key, span)) = step.expect.of_transaction().filter(|_| is_installed) else { return Ok(()) };
        let message =
            format!("`{key}` compares a transaction, and `{}` is put into the state without one", deploy.name.value);
        Err(Problem::new("hexapla::scenario::expect", message)
            .at(self.source, span, "never holds or fails")
            .with_help("leave it out, or say in `from` who deploys the contract by its loader"))
    }

    /// Where a constructor is a function, a contract without one has nothing that could take coin.
    fn takes_coin(&self, deploy: &Deploy, contract: &Contract) -> Result<()> {
        let code = contract.code.bytes();
        let is_function = !contract.is_native() && self.scenario.toolkits.constructor_of(code).is_some();
        let (Some(value), true, None) = (&deploy.sending.value, is_function, contract.constructor()) else {
            return Ok(());
        };
        let message = format!("`{}` has no constructor that could take coin", deploy.name.value);
        Err(Problem::new("hexapla::scenario::value", message)
            .at(self.source, &value.span, "sent to the constructor")
            .with_help("leave `value` out, or name the interface with the constructor: `abi = \"FILE\"`"))
    }

    /// Names behind ids are those of accounts, ids, contracts with ids of their own, and of contracts that some step
    /// deploys.
    fn check_ids(&self, scenario: &'s Scenario) -> Result<()> {
        let deployed = scenario.steps.iter().filter_map(|step| match &step.action {
            Action::Deploy(deploy) => Some(deploy.name.value.as_str()),
            _ => None,
        });
        let all = self.interfaces.keys().copied().chain(deployed).collect::<Vec<_>>();
        let mut used = Vec::new();
        for entry in &scenario.ids {
            used.extend(entry.account.names());
            match &entry.form {
                IdForm::OfName | IdForm::Signer => {}
                IdForm::Given(id) => {
                    let format = scenario.toolkits.get(entry.vm).map(Toolkit::addresses);
                    let given = format.map(|format| format.parse_given(&id.value)).transpose();
                    given.map_err(|error| Box::<Problem>::from(error).at(self.source, &id.span, "this key"))?;
                }
                IdForm::Derived { fields, .. } => used.extend(fields.names()),
            }
        }
        let unknown = used.into_iter().find(|name| {
            !name.value.starts_with("0x") && !all.contains(&name.value.as_str()) && !self.is_id(&name.value)
        });
        let Some(name) = unknown else { return Ok(()) };
        Err(Problem::new(
            "hexapla::scenario::unknown_name",
            format!("there is no account, contract or key `{}`", name.value),
        )
        .at(self.source, &name.span, "not known anywhere")
        .with_help(did_you_mean(&name.value, all)))
    }

    /// Whether a text is an id as only one VM writes it.
    fn is_id(&self, text: &str) -> bool {
        self.scenario.toolkits.parse_id(text).is_some()
    }

    fn invoke(&self, invoke: &Invoke) -> Result<()> {
        self.sending(&invoke.sending, &invoke.program)?;
        self.unsigned(&invoke.sending)?;
        self.target(&invoke.program).map(|_| ())
    }

    fn call(&self, call: &Call) -> Result<Option<Function>> {
        self.sending(&call.sending, &call.to)?;
        self.unsigned(&call.sending)?;
        if let Some((name, _)) = call.accounts.first() {
            return Err(self.only_signed("accounts", &name.span));
        }
        if let Some(account) = call.remaining_accounts.first() {
            return Err(self.only_signed("remaining_accounts", &account.id.span));
        }
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
        self.count(call.sending.args.as_ref(), &function.inputs, &function.signature, wanted)?;
        Ok(Some(function))
    }

    fn target(&self, to: &At<String>) -> Result<Option<&Interface>> {
        if is_written_out(&to.value) {
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
        let delegates = sending.envelope.delegate.iter().flat_map(|(name, target)| [name, target]);
        let named = sending.envelope.access_list.iter().map(|(name, _)| name).chain(delegates);
        let mut named = named.filter(|name| name.value != NO_AUTHORITY && !is_written_out(&name.value));
        named.try_for_each(|name| self.known(name).map(|_| ()))?;
        match &sending.from {
            Some(from) if !is_written_out(&from.value) => self.known(from).map(|_| ()),
            Some(_) => Ok(()),
            None if !self.scenario.accounts.is_empty() || self.scenario.signer(sending).is_some() => Ok(()),
            None => Err(Problem::new("hexapla::scenario::no_sender", "nobody is there to send the transaction")
                .at(self.source, &target.span, "sent by the first account, but there is none")
                .with_help("add `[accounts]` with e.g. `alice = \"100 ether\"`")),
        }
    }
}
