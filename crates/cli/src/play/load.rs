//! Solana programs: put into the state as they are, or deployed and upgraded by their loader.

use super::{
    Player,
    report::{Loaded, Sent, StepKind, StepReport},
};
use crate::{
    explain::frame::gas_by_vm,
    problem::{Problem, Result},
    scenario::{Deploy, NO_AUTHORITY, Step},
    world::{
        artefact::{Code, Contract},
        keypairs::{Call, Terms},
        loader::{HOLDER_HEAD_BYTES, Loading},
        names::{address_of_key, base58_text},
    },
};
use hexapla::{
    AccessSet,
    svm::{Pubkey, StoredAccount, genesis, genesis::programdata_of},
};
use hexapla_primitives::{B256, Bytes};
use std::collections::BTreeMap;

impl Player<'_> {
    /// Puts a program into the state. Its loader would do the same in many transactions.
    pub(super) fn install(
        &mut self,
        step: &Step,
        deploy: &Deploy,
        contract: &Contract,
        elf: &Bytes,
        id: B256,
    ) -> Result<StepReport> {
        let program = Pubkey::new_from_array(id.0);
        self.world.chain.insert_accounts(genesis::program(program, elf, None))?;
        self.introduce(deploy, contract, program)?;
        let mut report = StepReport::of(step, StepKind::Deploy);
        report.note = Some(deployed(deploy, contract, program));
        Ok(report)
    }

    /// A program comes by its loader.
    pub(super) fn load(
        &mut self,
        step: &Step,
        deploy: &Deploy,
        contract: &Contract,
        code: &Bytes,
    ) -> Result<StepReport> {
        let program = self.world.keypairs.add(&deploy.name.value);
        let loading = self.loading(step, deploy, program, code)?;
        let room = deploy.max_len.as_ref().map_or(code.len() as u64, |max_len| max_len.value);
        let sent = self.send_all(step, deploy, &loading, loading.deployment(room))?;
        self.loaded(step, (deploy, contract), &loading, sent, deployed(deploy, contract, program))
    }

    /// New code comes into the place of a program's old one.
    pub(super) fn upgrade(&mut self, step: &Step, upgrade: &Deploy, contract: &Contract) -> Result<StepReport> {
        let (Code::Program(code) | Code::Creation(code)) = &contract.code;
        let program = self.pubkey(&upgrade.name)?;
        let loading = self.loading(step, upgrade, program, code)?;
        let holder = self.world.chain.object(&StoredAccount::key(&programdata_of(&program)))?;
        let holder = StoredAccount::from_object(holder.as_ref())
            .map_err(|error| Problem::new("hexapla::scenario::state", error))?;
        let room = holder.data.len().saturating_sub(HOLDER_HEAD_BYTES);
        let sent = self.send_all(step, upgrade, &loading, loading.upgrade(room))?;
        self.loaded(step, (upgrade, contract), &loading, sent, format!("{} has new code", upgrade.name.value))
    }

    fn loading<'c>(&mut self, step: &Step, deploy: &Deploy, program: Pubkey, code: &'c Bytes) -> Result<Loading<'c>> {
        let payer = self.payer(&deploy.sending)?;
        let authority = deploy.authority.as_ref().filter(|_| !is_final(deploy));
        let authority = authority.map_or(Ok(payer), |authority| self.pubkey(authority))?;
        let buffer = self.world.keypairs.add(&format!("{}/buffer/{}", deploy.name.value, step.number));
        Ok(Loading { payer, authority, program, buffer, code })
    }

    /// Sends a loader's transactions up to the first that fails, and adds them up.
    fn send_all(
        &mut self,
        step: &Step,
        deploy: &Deploy,
        loading: &Loading<'_>,
        mut transactions: Vec<Vec<Call>>,
    ) -> Result<Sent> {
        transactions.extend(is_final(deploy).then(|| loading.finality()));
        let terms = Terms { units: None, unit_price: deploy.sending.unit_price.as_ref().map(|price| price.value) };
        let mut loaded = Loaded { planned: transactions.len(), ..Loaded::default() };
        let (mut sums, mut access, mut last) = (BTreeMap::new(), AccessSet::default(), None);
        for calls in transactions {
            let raw = self.signed(step, loading.payer, &[terms.calls(), calls].concat(), &[])?;
            let (receipt, more) = self.transact_raw(step, &raw)?;
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
        let (gas_by_vm, access, loaded) = (sums, Some(access), Some(loaded));
        Ok(Sent { receipt, call: None, events: Vec::new(), gas_by_vm, access, loaded })
    }

    /// What came of it. `note` says it in words.
    fn loaded(
        &mut self,
        step: &Step,
        (deploy, contract): (&Deploy, &Contract),
        loading: &Loading<'_>,
        sent: Sent,
        note: String,
    ) -> Result<StepReport> {
        let mut report = StepReport::of(step, StepKind::Deploy);
        if sent.receipt.is_success() {
            self.introduce(deploy, contract, loading.program)?;
            let authority = match is_final(deploy) {
                true => "nobody".to_owned(),
                false => self.world.names.short_key(&loading.authority.to_bytes().into()),
            };
            report.note = Some(format!("{note}; {authority} can upgrade it"));
        } else {
            report.later_steps_cannot_run = !step.expect.is_failure();
        }
        self.expect_sent(step, &sent, None, &mut report)?;
        report.sent = Some(sent);
        Ok(report)
    }

    /// Names a program and tells the chain its interface. New code without one has that of the old.
    fn introduce(&mut self, deploy: &Deploy, contract: &Contract, program: Pubkey) -> Result<()> {
        let old = self.world.names.interface(address_of_key(&program.to_bytes().into())).cloned();
        let interface = contract.interface.clone().or(old);
        self.world.add_program(&deploy.name.value, program, interface, contract.registered.clone())?;
        self.world.settle();
        Ok(())
    }
}

fn is_final(deploy: &Deploy) -> bool {
    deploy.authority.as_ref().is_some_and(|authority| authority.value == NO_AUTHORITY)
}

fn deployed(deploy: &Deploy, contract: &Contract, program: Pubkey) -> String {
    let typed = if contract.registered.is_some() { "with" } else { "without" };
    format!("{} is the program {}, {typed} an interface", deploy.name.value, base58_text(&program.to_bytes().into()))
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
