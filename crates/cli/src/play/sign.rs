//! Transactions of Solana's lane: signed, sent and read back. Programs that come by their loader.

use super::{
    Player,
    plan::{Order, Typed},
    prove::vm_named,
    report::{Loaded, Sent, StepKind, StepReport},
    send::Results,
};
use crate::{
    explain::{frame::gas_by_vm, transaction, transaction::explain_transaction},
    problem::{Problem, Result},
    scenario::{At, Deploy, NO_AUTHORITY, Sending, Step},
    world::{
        accounts::Accounts,
        artefact::{Code, Contract},
        keypairs::{Call, Terms},
        loader::{HOLDER_HEAD_BYTES, Loading},
        names::{Names, address_of_key, base58, base58_text},
    },
};
use hexapla_abi::{AddressBook, AddressError, AnyCodec, Codec as _, Tree};
use hexapla_executor::{
    AccessSet, LaneChecks, Receipt,
    svm::{AccountMeta, Invocation, Pubkey, StoredAccount, alias, genesis::programdata_of},
};
use hexapla_primitives::{Address, B256, Bytes};
use std::collections::BTreeMap;

/// The VM whose lane it is.
const LANE: &str = "svm";

impl Player<'_> {
    /// Signs and sends a transaction, or only looks what it would do.
    pub(super) fn sign(
        &mut self,
        step: &Step,
        orders: &[Order],
        sending: &Sending,
        (looks_only, save): (bool, Option<&At<Vec<At<String>>>>),
    ) -> Result<StepReport> {
        let payer = self.payer(sending)?;
        let units = sending.gas.as_ref().map(|gas| u32::try_from(gas.value).unwrap_or(u32::MAX));
        let terms = Terms { units, unit_price: sending.unit_price.as_ref().map(|price| price.value) };
        let mut calls = terms.calls();
        let hidden = calls.len();
        for order in orders {
            calls.push(self.instruction(order, payer)?);
        }
        let raw = self.signed(step, payer, &calls)?;
        let (kind, receipt, access) = if looks_only {
            let simulated = self.world.chain.simulate_raw(vm_named(LANE)?, &raw, LaneChecks::ALL);
            (StepKind::View, simulated.map_err(|error| self.not_sent(step, error))?, None)
        } else {
            let (receipt, access) = self.transact_raw(step, &raw)?;
            (StepKind::Transaction, receipt, Some(access))
        };
        let typed = orders.last().and_then(|order| order.typed.as_ref());
        let results = typed.map(|typed| Results { function: &typed.function, abi: typed.interface.abi });
        let mut report = StepReport::of(step, kind);
        report.later_steps_cannot_run = !self.save(save, results, &receipt)? && !step.expect.is_failure();
        let interfaces = orders.iter().map(|order| order.typed.as_ref().map(|typed| &typed.interface));
        let shown = calls.iter().skip(hidden).zip(interfaces);
        let shown = shown.map(|(call, interface)| transaction::Sent { call, interface }).collect::<Vec<_>>();
        let tree = receipt.trace.as_ref();
        let tree = tree.map(|tree| explain_transaction(&self.world.names, tree, &receipt.crossings, &shown, hidden));
        self.finish(step, report, receipt, access, (tree, results))
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
        let transactions =
            loading.deployment(deploy.max_len.as_ref().map_or(code.len() as u64, |max_len| max_len.value));
        self.send_all(step, deploy, contract, &loading, transactions)
    }

    /// New code comes into the place of a program's old one.
    pub(super) fn upgrade(&mut self, step: &Step, upgrade: &Deploy, contract: &Contract) -> Result<StepReport> {
        let (Code::Program(code) | Code::Creation(code)) = &contract.code;
        let program = Pubkey::new_from_array(self.world.key(&upgrade.name.value)?.0);
        let loading = self.loading(step, upgrade, program, code)?;
        let holder = self.world.chain.object(&StoredAccount::key(&programdata_of(&program)))?;
        let holder = StoredAccount::from_object(holder.as_ref())
            .map_err(|error| Problem::new("hexapla::scenario::state", error))?;
        let transactions = loading.upgrade(holder.data.len().saturating_sub(HOLDER_HEAD_BYTES));
        self.send_all(step, upgrade, contract, &loading, transactions)
    }

    fn loading<'c>(&mut self, step: &Step, deploy: &Deploy, program: Pubkey, code: &'c Bytes) -> Result<Loading<'c>> {
        let payer = self.payer(&deploy.sending)?;
        let authority = deploy.authority.as_ref().filter(|authority| authority.value != NO_AUTHORITY);
        let authority = authority.map_or(Ok(payer), |authority| self.pubkey(authority))?;
        let buffer = self.world.keypairs.add(&format!("{}/buffer/{}", deploy.name.value, step.number));
        Ok(Loading { payer, authority, program, buffer, code })
    }

    /// Sends a loader's transactions up to the first that fails, and reports them as one.
    fn send_all(
        &mut self,
        step: &Step,
        deploy: &Deploy,
        contract: &Contract,
        loading: &Loading<'_>,
        mut transactions: Vec<Vec<Call>>,
    ) -> Result<StepReport> {
        let is_final = deploy.authority.as_ref().is_some_and(|authority| authority.value == NO_AUTHORITY);
        transactions.extend(is_final.then(|| loading.finality()));
        let terms = Terms { units: None, unit_price: deploy.sending.unit_price.as_ref().map(|price| price.value) };
        let mut loaded = Loaded { planned: transactions.len(), ..Loaded::default() };
        let (mut sums, mut access, mut last) = (BTreeMap::new(), AccessSet::default(), None);
        for calls in transactions {
            let raw = self.signed(step, loading.payer, &[terms.calls(), calls].concat())?;
            let (receipt, more) = self.transact_raw(step, &raw)?;
            loaded.add(&receipt);
            for (vm, gas) in receipt.trace.as_ref().map(gas_by_vm).unwrap_or_default() {
                *sums.entry(vm).or_default() += gas;
            }
            join(&mut access, more);
            let failed = !receipt.is_success();
            last = Some(receipt);
            if failed {
                break;
            }
        }
        let Some(receipt) = last else { return Ok(StepReport::of(step, StepKind::Deploy)) };
        let mut report = StepReport::of(step, StepKind::Deploy);
        report.later_steps_cannot_run = !receipt.is_success() && !step.expect.is_failure();
        if receipt.is_success() {
            let (name, id) = (&deploy.name.value, B256::from(loading.program.to_bytes()));
            let interface = contract.interface.clone().or_else(|| self.interface_of(&id));
            self.world.add_program(name, loading.program, interface, contract.registered.clone())?;
            self.world.settle();
            report.note = Some(self.told(step, deploy, contract, loading, is_final));
        }
        let sent = Sent {
            receipt,
            call: None,
            events: Vec::new(),
            gas_by_vm: sums,
            access: Some(access),
            loaded: Some(loaded),
        };
        self.expect_sent(step, &sent, None, &mut report)?;
        report.sent = Some(sent);
        Ok(report)
    }

    /// What came of it, in words.
    fn told(&self, step: &Step, deploy: &Deploy, contract: &Contract, loading: &Loading<'_>, is_final: bool) -> String {
        let name = &deploy.name.value;
        let key = |key: &Pubkey| self.world.names.short_key(&key.to_bytes().into());
        let upgrades = match is_final {
            true => "nobody can upgrade it".to_owned(),
            false => format!("{} can upgrade it", key(&loading.authority)),
        };
        if matches!(step.action, crate::scenario::Action::Upgrade(_)) {
            return format!("{name} has new code; {upgrades}");
        }
        let typed = if contract.registered.is_some() { "with" } else { "without" };
        let id = base58_text(&loading.program.to_bytes().into());
        format!("{name} is the program {id}, {typed} an interface; {upgrades}")
    }

    fn interface_of(&self, key: &B256) -> Option<std::sync::Arc<hexapla_abi::Interface>> {
        self.world.names.interface(address_of_key(key)).cloned()
    }

    fn transact_raw(&mut self, step: &Step, raw: &[u8]) -> Result<(Receipt, AccessSet)> {
        let committed =
            self.world.chain.transact_raw(vm_named(LANE)?, raw).map_err(|error| self.not_sent(step, error))?;
        Ok((committed.receipt, committed.access))
    }

    fn signed(&self, step: &Step, payer: Pubkey, calls: &[Call]) -> Result<Vec<u8>> {
        self.world.signed(payer, calls).map_err(|problem| problem.at(&self.scenario.source, &step.span, "this step"))
    }

    /// The keypair that sends a step.
    fn payer(&self, sending: &Sending) -> Result<Pubkey> {
        let name = self.scenario.signer(sending).unwrap_or_default();
        Ok(Pubkey::new_from_array(self.world.key(name)?.0))
    }

    fn pubkey(&self, name: &At<String>) -> Result<Pubkey> {
        let key = self.world.key(&name.value);
        let key = key.map_err(|problem| problem.at(&self.scenario.source, &name.span, "this key"))?;
        Ok(Pubkey::new_from_array(key.0))
    }

    /// The program of an instruction; a contract of another VM is called by its alias.
    fn program(&self, name: &At<String>) -> Result<Pubkey> {
        match name.value.parse::<Address>() {
            Ok(address) => Ok(alias(address)),
            Err(_) => self.pubkey(name),
        }
    }

    fn instruction(&self, order: &Order, payer: Pubkey) -> Result<Call> {
        let instruction = &order.instruction;
        let program = self.program(&instruction.program)?;
        let mut invocation = match (&order.typed, &instruction.data) {
            (Some(typed), _) => self.typed(order, typed, program, payer)?,
            (None, Some(data)) => {
                let bytes = self.world.bytes_of(data);
                Invocation::of_data(
                    bytes.map_err(|problem| problem.at(&self.scenario.source, &data.span, "these bytes"))?,
                )
            }
            (None, None) => Invocation::of_data(Bytes::new()),
        };
        for account in &instruction.listed {
            let pubkey = self.pubkey(&account.key)?;
            invocation.accounts.push(AccountMeta { pubkey, is_signer: account.signer, is_writable: account.writable });
        }
        Ok(Call { program, invocation })
    }

    fn typed(&self, order: &Order, typed: &Typed, program: Pubkey, payer: Pubkey) -> Result<Invocation> {
        let (instruction, function) = (&order.instruction, &typed.function);
        let place = instruction.function.as_ref().map_or(&instruction.program.span, |function| &function.span);
        let at = |problem: Box<Problem>| problem.at(&self.scenario.source, place, "this instruction");
        let values = self.arguments(&function.signature, &function.inputs, instruction.args.as_ref())?;
        let mut book = Book { names: &self.world.names, keys: BTreeMap::new() };
        for arg in instruction.args.iter().flat_map(|args| &args.value) {
            book.learn(&self.world.saved.resolve(&arg.value.value)?);
        }
        let data = AnyCodec::new(typed.interface.abi, &book).encode_call(function, &values);
        let data = data.map_err(|error| at(Problem::new("hexapla::scenario::encoding", error.to_string())))?;
        let given = instruction.named.iter().map(|(name, key)| Ok((name.value.as_str(), self.pubkey(key)?)));
        let given = given.collect::<Result<_>>()?;
        let accounts =
            Accounts { program, payer, function, values: &values, given, book: &book }.metas().map_err(at)?;
        Ok(Invocation { accounts, ..Invocation::of_data(data) })
    }
}

/// Names, and the keys that stand in the arguments themselves: the address of a key does not say which key it was.
struct Book<'n> {
    names: &'n Names,
    keys: BTreeMap<Address, B256>,
}

impl Book<'_> {
    fn learn(&mut self, tree: &Tree) {
        match tree {
            Tree::String(text) => self.keys.extend(base58(text).map(|key| (address_of_key(&key), key))),
            Tree::Array(items) => items.iter().for_each(|item| self.learn(item)),
            Tree::Object(fields) => fields.values().for_each(|field| self.learn(field)),
            _ => {}
        }
    }
}

impl AddressBook for Book<'_> {
    fn canonical(&self, native: &B256) -> Result<Address, AddressError> {
        self.names.canonical(native)
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        self.keys.get(&canonical).map_or_else(|| self.names.native(canonical), |key| Ok(*key))
    }
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
