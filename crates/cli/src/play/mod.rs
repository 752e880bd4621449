//! Plays a scenario: step by step, with what each did and whether it is what was expected.
//!
//! - [`plan`]: everything that can be checked before anything is executed: names, artefacts, functions, arguments
//! - `send`: deployments and calls
//! - `sign`: transactions of Solana's lane
//! - `load`: Solana programs, put into the state or brought by their loader
//! - `prove`: proofs of the state as it is
//! - `invoke`: raw instructions in the EVM lane
//! - `expect`, `events`, `state`, `accounts`: the comparison with `expect`; `pattern`: events and errors as people write them
//! - [`report`]: what came out of it

mod accounts;
mod events;
mod expect;
mod invoke;
mod load;
mod pattern;
pub(crate) mod plan;
mod prove;
pub(crate) mod report;
mod send;
mod sign;
mod state;
mod values;

pub(crate) use prove::{activation_key, vm_named};
pub(crate) use values::account;

use crate::{
    problem::Result,
    scenario::{Action, Scenario, Step},
    world::{
        World,
        machine::{self, Vms},
        names::Names,
        solana,
    },
};
use hexapla::ChainConfig;
use hexapla_primitives::{Address, U256};
use hexapla_store::KvStore;
use plan::{Plan, Planned};
use report::{Ending, StepReport};
use std::{sync::Arc, time::Instant};

/// A scenario on its chain.
pub(crate) struct Player<'s> {
    scenario: &'s Scenario,
    plan: Plan,
    world: World,
}

impl<'s> Player<'s> {
    /// A chain with the scenario's accounts. Nothing of the scenario has happened yet.
    pub(crate) fn new(scenario: &'s Scenario, plan: Plan, vms: &Vms, store: Option<Arc<dyn KvStore>>) -> Result<Self> {
        let rules = &scenario.chain;
        let default = ChainConfig::default();
        let config = ChainConfig {
            chain_id: rules.chain_id.unwrap_or(default.chain_id),
            spec: rules.spec.unwrap_or(default.spec),
            tx_gas_limit_cap: rules.tx_gas_cap,
        };
        let mut world = World::new(machine::chain(machine::executor(config, vms)?, store)?);
        if let Some(timestamp) = rules.timestamp {
            world.chain.block_mut().timestamp = U256::from(timestamp);
        }
        solana::begin(&mut world)?;
        let funded = scenario.accounts.iter().filter(|account| !account.balance.is_zero());
        world.chain.fund(funded.map(|account| (account.address, account.balance)))?;
        for account in &scenario.accounts {
            world.names.add(&account.name.value, account.address);
        }
        for name in scenario.keypairs() {
            world.keypairs.add(name);
        }
        for (name, id) in plan.programs() {
            world.names.add_key(name, id);
        }
        let bytes = scenario.bytes.iter().map(|(name, parts)| (name.value.clone(), parts.clone())).collect();
        world.wait_for(scenario.keys.clone(), bytes);
        world.settle();
        for entry in &scenario.keys {
            let account = world
                .beginning(entry)
                .map_err(|problem| problem.at(&scenario.source, &entry.name.span, "this account"))?;
            world.chain.insert_accounts(account)?;
        }
        Ok(Self { scenario, plan, world })
    }

    /// Plays all steps. `seen` gets each report as soon as its step is done.
    pub(crate) fn play(&mut self, mut seen: impl FnMut(StepReport, &Names) -> Result<()>) -> Result<Ending> {
        let scenario = self.scenario;
        for step in &scenario.steps {
            let report = self.step(step)?;
            let stop = report.later_steps_cannot_run;
            seen(report, &self.world.names)?;
            if stop {
                return Ok(Ending::StoppedAt(step.number));
            }
        }
        Ok(Ending::Complete)
    }

    /// The world as it is after the steps played so far.
    pub(crate) fn into_world(self) -> World {
        self.world
    }

    pub(crate) const fn world(&self) -> &World {
        &self.world
    }

    fn step(&mut self, step: &Step) -> Result<StepReport> {
        let begun = Instant::now();
        let planned = self.plan.take(step.number);
        let mut report = match (&step.action, planned) {
            (Action::Deploy(deploy), Planned::Contract(contract)) => self.deploy(step, deploy, contract)?,
            (Action::Upgrade(upgrade), Planned::Contract(contract)) => self.upgrade(step, upgrade, &contract)?,
            (Action::Call(call), Planned::Signed(orders)) => {
                let looks_only = call.is_static.unwrap_or_default();
                self.sign(step, &orders, &call.sending, (looks_only, call.save.as_ref()))?
            }
            (Action::Invoke(invoke), Planned::Signed(orders)) => {
                self.sign(step, &orders, &invoke.sending, (false, invoke.save.as_ref()))?
            }
            (Action::Transaction(transaction), Planned::Signed(orders)) => {
                let how = (transaction.is_static, transaction.save.as_ref());
                self.sign(step, &orders, &transaction.sending, how)?
            }
            (Action::Call(call), Planned::Function(function)) => self.call(step, call, function.as_ref())?,
            (Action::Invoke(invoke), _) => self.invoke(step, invoke)?,
            (Action::Prove(prove), _) => self.prove(step, prove)?,
            _ => StepReport::check(step),
        };
        self.expect_state(step, &mut report)?;
        report.root = self.world.chain.root();
        report.elapsed = begun.elapsed();
        Ok(report)
    }

    /// Who sends where a step does not say it: the first account.
    fn first_account(&self) -> Address {
        self.scenario.accounts.first().map_or(Address::ZERO, |account| account.address)
    }
}
