//! Contracts with ids of their VM: put into the state as they are, or deployed and upgraded by the VM's transactions.

use super::{
    Player,
    report::{Loaded, Sent, StepKind, StepReport},
};
use crate::{
    explain::frame::gas_by_vm,
    format::{Deploy, NO_AUTHORITY, Step},
    problem::{Problem, Result},
    world::artifact::Contract,
};
use hexapla::{AccessSet, LaneChecks};
use hexapla_primitives::{NativeId, VmId};
use hexapla_toolkit::{Deployment, DeploymentPlan, Toolkit};
use std::collections::BTreeMap;

impl Player<'_> {
    /// Puts a contract into the state. Its loader would do the same in many transactions.
    pub(super) fn install(
        &mut self,
        step: &Step,
        deploy: &Deploy,
        contract: &Contract,
        id: &NativeId,
    ) -> Result<StepReport> {
        let accounts = self.scenario.toolkits.get(contract.vm).and_then(Toolkit::accounts);
        let accounts = accounts.map(|accounts| accounts.contract(id, contract.code.bytes())).unwrap_or_default();
        self.world.chain.insert_accounts(accounts)?;
        self.introduce(deploy, contract, id)?;
        let mut report = StepReport::of(step, StepKind::Deploy);
        report.note = Some(self.installed(deploy, contract, id));
        Ok(report)
    }

    /// A contract comes by transactions of its VM.
    pub(super) fn load(
        &mut self,
        step: &Step,
        deploy: &Deploy,
        contract: &Contract,
        id: &NativeId,
    ) -> Result<StepReport> {
        let note = self.installed(deploy, contract, id);
        self.deploy_by_transactions(step, (deploy, contract), id, true, note)
    }

    /// New code comes into the place of a contract's old one.
    pub(super) fn upgrade(&mut self, step: &Step, upgrade: &Deploy, contract: &Contract) -> Result<StepReport> {
        let id = self.native_id(contract.vm, &upgrade.name)?;
        let note = format!("{} has new code", upgrade.name.value);
        self.deploy_by_transactions(step, (upgrade, contract), &id, false, note)
    }

    /// `note` says in words what came of it.
    fn deploy_by_transactions(
        &mut self,
        step: &Step,
        (deploy, contract): (&Deploy, &Contract),
        id: &NativeId,
        is_new: bool,
        note: String,
    ) -> Result<StepReport> {
        let vm = contract.vm;
        let payer = self.payer(vm, &deploy.sending)?;
        let authority = match &deploy.authority {
            _ if is_final(deploy) => None,
            Some(authority) => Some(self.native_id(vm, authority)?),
            None => Some(payer.clone()),
        };
        let options = self.world.fields(vm, &deploy.options)?;
        let deployment = Deployment {
            name: (&deploy.name.value, step.number),
            contract: id,
            payer: &payer,
            authority: authority.as_ref(),
            code: contract.code.bytes(),
            options: &options,
        };
        let transactions = self.transactions(vm)?;
        let plan = match is_new {
            true => transactions.deploy(&deployment, &self.world),
            false => transactions.upgrade(&deployment, &self.world),
        };
        let plan = plan.map_err(|error| self.of_step(step, error.into()))?;
        for signer in &plan.signers {
            self.world.add_signer(vm, signer);
        }
        let sent = self.send_all(step, deploy, (vm, &payer), plan)?;
        let mut report = StepReport::of(step, StepKind::Deploy);
        if sent.receipt.is_success() {
            self.introduce(deploy, contract, id)?;
            let authority = authority.map_or_else(|| "nobody".to_owned(), |id| self.world.names.short_id(&id));
            report.note = Some(format!("{note}; {authority} can upgrade it"));
        } else {
            report.later_steps_cannot_run = !step.expect.is_failure();
        }
        self.expect_sent(step, &sent, None, &mut report)?;
        report.sent = Some(sent);
        Ok(report)
    }

    /// Sends a deployment's transactions up to the first that fails, and adds them up.
    fn send_all(
        &mut self,
        step: &Step,
        deploy: &Deploy,
        (vm, payer): (VmId, &NativeId),
        plan: DeploymentPlan,
    ) -> Result<Sent> {
        let mut loaded = Loaded { planned: plan.transactions.len(), ..Loaded::default() };
        let (mut sums, mut access, mut last) = (BTreeMap::new(), AccessSet::default(), None);
        for calls in plan.transactions {
            let unsigned = self.unsigned(step, (vm, payer), &deploy.sending, &calls)?;
            let raw =
                self.world.signed(vm, &unsigned, LaneChecks::ALL).map_err(|problem| self.of_step(step, problem))?;
            let (receipt, more) = self.transact_raw(step, vm, &raw, LaneChecks::ALL)?;
            loaded.add(&receipt);
            for (vm, gas) in receipt.trace.as_ref().map(gas_by_vm).unwrap_or_default() {
                *sums.entry(vm).or_default() += gas;
            }
            join(&mut access, more);
            if !last.insert(receipt).is_success() {
                break;
            }
        }
        let receipt = last.ok_or_else(|| Problem::new("hexapla::scenario::loader", "the loader had nothing to do"))?;
        let currency = self.currency(vm);
        let (gas_by_vm, access, loaded) = (sums, Some(access), Some(loaded));
        let failure = receipt.fault.clone();
        let sender = step.action.sender().map(str::to_owned);
        Ok(Sent { sender, receipt, failure, call: None, events: Vec::new(), gas_by_vm, access, loaded, currency })
    }

    /// Names a contract and tells the chain its interface. New code without one has that of the old.
    fn introduce(&mut self, deploy: &Deploy, contract: &Contract, id: &NativeId) -> Result<()> {
        let old = self.world.names.interface(id.canonical()).cloned();
        let interface = contract.interface.clone().or(old);
        self.world.add_native_contract(&deploy.name.value, id, interface, contract.registered.clone())?;
        self.world.resolve_names();
        Ok(())
    }

    fn installed(&self, deploy: &Deploy, contract: &Contract, id: &NativeId) -> String {
        let toolkits = &self.scenario.toolkits;
        let kind = toolkits.get(contract.vm).map_or("contract", |toolkit| toolkit.words().short_contract);
        let typed = if contract.registered.is_some() { "with" } else { "without" };
        format!("{} is the {kind} {}, {typed} an interface", deploy.name.value, toolkits.format_id(id))
    }
}

fn is_final(deploy: &Deploy) -> bool {
    deploy.authority.as_ref().is_some_and(|authority| authority.value == NO_AUTHORITY)
}

/// What two transactions one after the other have read and written.
fn join(first: &mut AccessSet, second: AccessSet) {
    for (location, value) in second.reads {
        if !first.writes.contains_key(&location) {
            first.reads.entry(location).or_insert(value);
        }
    }
    first.writes.extend(second.writes);
    // What is again as it was has not been written.
    first.writes.retain(|location, value| first.reads.get(location) != Some(value));
}
