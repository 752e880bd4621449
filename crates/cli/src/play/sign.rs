//! Transactions of Solana's lane: written, signed, sent and read back.

use super::{
    Player,
    plan::{Order, Typed},
    prove::vm_named,
    report::{StepKind, StepReport},
    send::Results,
};
use crate::{
    explain::transaction::{self, explain_transaction},
    problem::{Problem, Result},
    scenario::{At, Sending, Step},
    world::{
        accounts::Accounts,
        keypairs::{Call, Terms},
        names::{Names, address_of_key, base58},
        solana::VM,
    },
};
use hexapla::{
    AccessSet, LaneChecks, Receipt,
    svm::{AccountMeta, Invocation, Pubkey, alias},
};
use hexapla_abi::{AddressBook, AddressError, AnyCodec, Codec as _, Tree};
use hexapla_primitives::{Address, B256, Bytes, identity::canonical_of_alias};
use std::collections::BTreeMap;

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
        let tables = sending.tables.iter().flat_map(|tables| &tables.value);
        let tables = tables.map(|table| self.pubkey(table)).collect::<Result<Vec<_>>>()?;
        let raw = self.signed(step, payer, &calls, &tables)?;
        let (kind, receipt, access) = if looks_only {
            let simulated = self.world.chain.simulate_raw(vm_named(VM)?, &raw, LaneChecks::ALL);
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
        let tree = tree.map(|tree| explain_transaction(&self.world.names, tree, &shown, hidden));
        self.finish(step, report, receipt, access, (tree, results))
    }

    /// Executes a signed transaction in a block of its own.
    pub(super) fn transact_raw(&mut self, step: &Step, raw: &[u8]) -> Result<(Receipt, AccessSet)> {
        let committed =
            self.world.chain.transact_raw(vm_named(VM)?, raw).map_err(|error| self.not_sent(step, error))?;
        Ok((committed.receipt, committed.access))
    }

    pub(super) fn signed(&self, step: &Step, payer: Pubkey, calls: &[Call], tables: &[Pubkey]) -> Result<Vec<u8>> {
        self.world
            .signed(payer, calls, tables)
            .map_err(|problem| problem.at(&self.scenario.source, &step.span, "this step"))
    }

    /// The keypair that sends a step.
    pub(super) fn payer(&self, sending: &Sending) -> Result<Pubkey> {
        let name = self.scenario.signer(sending).unwrap_or_default();
        Ok(Pubkey::new_from_array(self.world.key(name)?.0))
    }

    pub(super) fn pubkey(&self, name: &At<String>) -> Result<Pubkey> {
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
        // A contract of another VM is called by the first account that signs: by the sender, where none is named.
        let is_contract = canonical_of_alias(program.to_bytes().into()).is_some();
        if order.typed.is_some() && is_contract && !invocation.accounts.iter().any(|account| account.is_signer) {
            invocation.accounts.push(AccountMeta::new_readonly(payer, true));
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
