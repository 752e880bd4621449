//! Plays a scenario: step by step, with what each did and whether it is what was expected.
//!
//! - [`plan`]: everything that can be checked before anything is executed: names, artefacts, functions, arguments
//! - `send`: deployments and calls; `envelope`: what their transactions say beside that
//! - `sign`: transactions of a VM's own form
//! - `load`: contracts with ids of their VM, put into the state or deployed by the VM's transactions
//! - `cases`: steps that are played several times; `fuzz`: random values
//! - `edit`: changes without a transaction
//! - `register`: interfaces that the chain is told by a transaction
//! - `prove`: proofs of the state as it is
//! - `invoke`: raw calls in the EVM's lane
//! - `expect`, `events`, `failure`, `invalid`, `invariants`, `state`, `native_state`: the comparison with `expect`; `pattern`: events and errors as
//!   people write them; `written`: as they are written into the file
//! - [`report`]: what came out of it

mod cases;
mod edit;
mod envelope;
mod events;
mod expect;
mod failure;
mod fuzz;
mod invalid;
mod invariants;
mod invoke;
mod load;
mod native_state;
mod pattern;
pub mod plan;
mod prove;
mod register;
pub mod report;
mod send;
mod sign;
mod state;
mod values;
mod written;

pub use prove::{object_of_contract, vm_named};

use crate::{
    format::{Action, Cases, Scenario, Step},
    problem::{Problem, Result},
    world::{World, engine::Engine, names::Names},
};
use hexapla::{ChainConfig, ChainError, ChainSnapshot, Location, StateReader};
use hexapla_primitives::{Address, ObjectKey, U256};
use hexapla_store::KvStore;
use plan::{Plan, Planned};
use report::{Ending, ObjectChange, StepReport};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

/// Only a chain in memory can be taken back.
fn needs_no_snapshot(scenario: &Scenario) -> Result<()> {
    let goes_back = |step: &&Step| {
        matches!(step.action, Action::Snapshot(_) | Action::Rollback(_)) || matches!(step.cases, Cases::Fuzz(_))
    };
    let Some(step) = scenario.steps.iter().find(goes_back) else { return Ok(()) };
    let message = "`snapshot`, `rollback` and `fuzz` need a chain in memory, and this one is kept in a file";
    Err(Problem::new("hexapla::scenario::snapshot", message)
        .at(&scenario.source, &step.span, "goes back")
        .with_help("play it without the file"))
}

/// A scenario on its chain.
pub struct Player<'s> {
    scenario: &'s Scenario,
    plan: Plan,
    world: World,
    /// States that were kept, each with the names that were known.
    snapshots: BTreeMap<String, (ChainSnapshot, BTreeSet<String>)>,
    /// Which of the scenario's invariants were compared, by their place.
    compared: BTreeSet<usize>,
    keeps_objects: bool,
}

impl<'s> Player<'s> {
    /// A chain with the scenario's accounts. Nothing of the scenario has happened yet.
    ///
    /// # Errors
    ///
    /// The chain cannot be made, or an account of the beginning cannot be.
    pub fn new(scenario: &'s Scenario, plan: Plan, engine: &Engine, store: Option<Arc<dyn KvStore>>) -> Result<Self> {
        if store.is_some() {
            needs_no_snapshot(scenario)?;
        }
        let rules = &scenario.chain;
        let default = ChainConfig::default();
        let config = ChainConfig {
            chain_id: rules.chain_id.unwrap_or(default.chain_id),
            spec: rules.spec.unwrap_or(default.spec),
            tx_gas_limit_cap: rules.tx_gas_cap,
        };
        let names = Names::new(scenario.toolkits.clone());
        let mut world = World::new(engine.chain(config, store)?, names);
        if let Some(timestamp) = rules.timestamp {
            world.chain.block_mut().timestamp = U256::from(timestamp);
        }
        world.begin()?;
        let funded = scenario.accounts.iter().filter(|account| !account.balance.is_zero());
        world.chain.fund(funded.map(|account| (account.address, account.balance)))?;
        for account in &scenario.accounts {
            world.names.add(&account.name.value, account.address);
        }
        for signer in scenario.signers() {
            world.add_signer(signer.vm, &signer.name.value);
        }
        for (name, id) in plan.native_contracts() {
            world.names.add_id(name, id);
        }
        let bytes = scenario.bytes.iter().map(|(name, parts)| (name.value.clone(), parts.clone())).collect();
        world.resolve_later(scenario.ids.clone(), bytes);
        world.resolve_names();
        for entry in &scenario.ids {
            let account = world
                .genesis_account(entry)
                .map_err(|problem| problem.at(&scenario.source, &entry.name.span, "this account"))?;
            world.chain.insert_accounts(account)?;
        }
        let (snapshots, compared) = (BTreeMap::new(), BTreeSet::new());
        Ok(Self { scenario, plan, world, snapshots, compared, keeps_objects: false })
    }

    /// Keeps the objects that steps change, as they were and as they are, in the reports.
    #[must_use]
    pub fn keep_objects(self) -> Self {
        Self { keeps_objects: true, ..self }
    }

    /// Plays all steps. `seen` gets each report as soon as its step is done.
    ///
    /// # Errors
    ///
    /// A step cannot be played, or `seen` fails.
    pub fn play(&mut self, mut seen: impl FnMut(StepReport, &Names) -> Result<()>) -> Result<Ending> {
        let scenario = self.scenario;
        let mut show = |report: StepReport, names: &Names| {
            let stop = report.later_steps_cannot_run;
            seen(report, names).map(|()| stop)
        };
        for step in &scenario.steps {
            let stop = match &step.cases {
                Cases::Once => show(self.step(step)?, &self.world.names)?,
                Cases::Fuzz(fuzz) => show(self.fuzz(step, fuzz)?, &self.world.names)?,
                Cases::Table(rows) => {
                    for row in rows {
                        show(self.case(step, row)?, &self.world.names)?;
                    }
                    false
                }
            };
            if stop {
                return Ok(Ending::StoppedAt(step.number));
            }
        }
        self.all_invariants_were_compared()?;
        Ok(Ending::Complete)
    }

    /// The world as it is after the steps played so far.
    pub fn into_world(self) -> World {
        self.world
    }

    /// The world as it is now.
    pub const fn world(&self) -> &World {
        &self.world
    }

    fn step(&mut self, step: &Step) -> Result<StepReport> {
        let begun = Instant::now();
        let before = self.keeps_objects.then(|| self.world.chain.reader()).transpose()?;
        let planned = self.plan.of(step.number);
        let played = self.act(step, planned);
        let mut report = self.expect_valid(step, played)?;
        if let Some(before) = before {
            report.objects = self.changed_objects(&*before, &report)?;
        }
        self.expect_state(&step.expect, &mut report)?;
        self.expect_invariants(&mut report)?;
        report.root = self.world.chain.root();
        report.elapsed = begun.elapsed();
        Ok(report)
    }

    fn act(&mut self, step: &Step, planned: Planned) -> Result<StepReport> {
        Ok(match (&step.action, planned) {
            (Action::Deploy(deploy), Planned::Contract(contract)) => self.deploy(step, deploy, contract)?,
            (Action::Upgrade(upgrade), Planned::Contract(contract)) => self.upgrade(step, upgrade, &contract)?,
            (Action::Call(call), Planned::Signed(vm, instructions)) => {
                let dry_run = call.is_static.unwrap_or_default();
                self.sign(step, vm, &instructions, &call.sending, (dry_run, call.save.as_ref()))?
            }
            (Action::Invoke(invoke), Planned::Signed(vm, instructions)) => {
                self.sign(step, vm, &instructions, &invoke.sending, (false, invoke.save.as_ref()))?
            }
            (Action::Transaction(transaction), Planned::Signed(vm, instructions)) => {
                let how = (transaction.is_static, transaction.save.as_ref());
                self.sign(step, vm, &instructions, &transaction.sending, how)?
            }
            (Action::Call(call), Planned::Function(function)) => self.call(step, call, function.as_ref())?,
            (Action::Invoke(invoke), _) => self.invoke(step, invoke)?,
            (Action::Prove(prove), _) => self.prove(step, prove)?,
            (Action::Edit(edit), _) => self.edit(step, edit)?,
            (Action::Warp(moment), _) => self.warp(step, moment)?,
            (Action::Roll(moment), _) => self.roll(step, moment)?,
            (Action::Snapshot(name), _) => self.snapshot(step, name)?,
            (Action::Rollback(name), _) => self.rollback(step, name)?,
            (Action::Attach(attach), Planned::Interface(interface)) => self.attach(step, attach, interface)?,
            (Action::Register(register), Planned::Interface(Some(interface))) => {
                self.register(step, register, &interface)?
            }
            _ => StepReport::check(step),
        })
    }

    /// The objects that a step has written to.
    fn changed_objects(&self, before: &dyn StateReader, report: &StepReport) -> Result<Vec<ObjectChange>> {
        let access = report.sent.as_ref().and_then(|sent| sent.access.as_ref());
        let keys = access.into_iter().flat_map(|access| access.writes.keys()).filter_map(|location| match location {
            Location::Object(key) => Some(key.clone()),
            _ => None,
        });
        let change = |key: ObjectKey| {
            let before = before.object(&key).map_err(ChainError::from)?;
            let after = self.world.chain.object(&key)?;
            Ok(ObjectChange { key, before, after })
        };
        keys.map(change).collect()
    }

    /// Who sends where a step does not say it: the first account.
    fn first_account(&self) -> Address {
        self.scenario.accounts.first().map_or(Address::ZERO, |account| account.address)
    }
}
