//! Transactions of a VM's own form: written, signed, sent and read back.

use super::{
    Player,
    plan::{PlannedInstruction, Typed},
    report::{StepKind, StepReport},
    send::Results,
    values::argument,
};
use crate::{
    explain::transaction::{self, explain_transaction},
    format::{At, Sending, Step},
    problem::{Problem, Result},
    world::{World, names::Names},
};
use hexapla::{AccessSet, ChainError, ExecuteError, LaneChecks, Receipt};
use hexapla_abi::{AddressBook, AddressError, Tree, Type};
use hexapla_primitives::{Address, B256, Bytes, NativeId, VmId, identity::alias_of};
use hexapla_toolkit::{
    CallTarget, NativeCall, Payload, Toolkit, TransactionFormat, TransactionRequest, TypedNativeCall,
    UnsignedTransaction,
};
use std::collections::BTreeMap;

impl Player<'_> {
    /// Signs and sends a transaction, or only looks what it would do.
    pub(super) fn sign(
        &mut self,
        step: &Step,
        vm: VmId,
        planned: &[PlannedInstruction],
        sending: &Sending,
        (dry_run, save): (bool, Option<&At<Vec<At<String>>>>),
    ) -> Result<StepReport> {
        let payer = self.payer(vm, sending)?;
        let calls = planned.iter().map(|call| self.native_call(vm, call, &payer)).collect::<Result<Vec<_>>>()?;
        let unsigned = self.unsigned(step, (vm, &payer), sending, &calls)?;
        let checks = LaneChecks { signatures: !sending.impersonate, ..LaneChecks::ALL };
        let raw = self.world.signed(vm, &unsigned, checks).map_err(|problem| self.of_step(step, problem))?;
        let (kind, receipt, access) = if dry_run {
            let simulated = self.world.chain.simulate_raw(vm, &raw, checks);
            (StepKind::View, simulated.map_err(|error| self.not_accepted(step, vm, error))?, None)
        } else {
            let (receipt, access) = self.transact_raw(step, vm, &raw, checks)?;
            (StepKind::Transaction, receipt, Some(access))
        };
        let typed = planned.last().and_then(|call| call.typed.as_ref());
        let results = typed.map(|typed| Results { function: &typed.function, abi: typed.interface.abi });
        let mut report = StepReport::of(step, kind);
        if let Some(checks) = self.save(save, results, &receipt)? {
            report.later_steps_cannot_run = !checks.is_empty() || !step.expect.is_failure();
            report.checks.extend(checks);
        }
        let interfaces = planned.iter().map(|call| call.typed.as_ref().map(|typed| &typed.interface));
        let sent = calls.iter().zip(interfaces);
        let sent = sent.map(|(call, interface)| transaction::SentCall { call, interface }).collect::<Vec<_>>();
        let tree = receipt.trace.as_ref();
        let tree = tree.map(|tree| explain_transaction(&self.world.names, vm, tree, &sent, unsigned.leading_calls));
        self.finish(step, vm, report, receipt, access, (tree, results))
    }

    /// Executes a signed transaction in a block of its own.
    pub(super) fn transact_raw(
        &mut self,
        step: &Step,
        vm: VmId,
        raw: &[u8],
        checks: LaneChecks,
    ) -> Result<(Receipt, AccessSet)> {
        let chain = &mut self.world.chain;
        let committed = chain.decode(vm, raw, checks).and_then(|transaction| chain.transact(transaction));
        let committed = committed.map_err(|error| self.not_accepted(step, vm, error))?;
        Ok((committed.receipt, committed.access))
    }

    /// A transaction of these calls, without its signatures.
    pub(super) fn unsigned(
        &self,
        step: &Step,
        (vm, payer): (VmId, &NativeId),
        sending: &Sending,
        calls: &[NativeCall],
    ) -> Result<UnsignedTransaction> {
        let source = &self.scenario.source;
        for name in sending.options.names() {
            self.world.id(vm, &name.value).map_err(|problem| problem.at(source, &name.span, "this key"))?;
        }
        let options = self.world.fields(vm, &sending.options)?;
        let limit = sending.gas.as_ref().map(|gas| gas.value);
        let request = TransactionRequest { payer, limit, options: &options, calls };
        let names = |id: &NativeId| self.world.names.short_id(id);
        let unsigned = self.transactions(vm)?.build(&request, &self.world, &names);
        unsigned.map_err(|error| {
            let problem = Box::<Problem>::from(error);
            self.of_step(step, problem)
        })
    }

    pub(super) fn of_step(&self, step: &Step, problem: Box<Problem>) -> Box<Problem> {
        problem.at(&self.scenario.source, &step.span, "this step")
    }

    /// A transaction of a VM's own form was not accepted.
    fn not_accepted(&self, step: &Step, vm: VmId, error: ChainError) -> Box<Problem> {
        let is_too_poor = match &error {
            ChainError::Execute(ExecuteError::Rejected(rejection)) => Some(rejection.name.contains("Insufficient")),
            _ => None,
        };
        let problem = self.not_sent(step, error);
        let unit = self.scenario.toolkits.get(vm).map_or("balance", |toolkit| toolkit.currency().unit);
        match is_too_poor {
            Some(true) => {
                problem.with_help(format!("nothing was executed and no fee was paid; check the sender's {unit}"))
            }
            Some(false) => problem.with_help("nothing was executed and no fee was paid"),
            None => problem,
        }
    }

    /// The transactions of a VM.
    pub(super) fn transactions(&self, vm: VmId) -> Result<&dyn TransactionFormat> {
        self.scenario
            .toolkits
            .get(vm)
            .and_then(Toolkit::transactions)
            .ok_or_else(|| Problem::new("hexapla::unknown_vm", format!("the VM `{vm}` has no transactions of its own")))
    }

    /// The signer that sends a step.
    pub(super) fn payer(&self, vm: VmId, sending: &Sending) -> Result<NativeId> {
        let name = self.scenario.signer(sending).map_or("", |signer| signer.name.value.as_str());
        self.world.id(vm, name)
    }

    pub(super) fn native_id(&self, vm: VmId, name: &At<String>) -> Result<NativeId> {
        let id = self.world.id(vm, &name.value);
        id.map_err(|problem| problem.at(&self.scenario.source, &name.span, "this key"))
    }

    fn native_call(&self, vm: VmId, planned: &PlannedInstruction, payer: &NativeId) -> Result<NativeCall> {
        let instruction = &planned.instruction;
        let (source, program) = (&self.scenario.source, &instruction.program);
        let contract = self.world.callee(vm, program);
        let contract = contract.map_err(|problem| problem.at(source, &program.span, "this key"))?;
        if let Some(typed) = &planned.typed {
            return self.typed(vm, planned, typed, contract, payer);
        }
        let data = match &instruction.data {
            Some(data) => {
                let bytes = self.world.bytes_of(data);
                bytes.map_err(|problem| problem.at(source, &data.span, "these bytes"))?
            }
            None => Bytes::new(),
        };
        Ok(NativeCall { contract, accounts: self.listed(vm, planned)?, data })
    }

    fn listed(&self, vm: VmId, planned: &PlannedInstruction) -> Result<Vec<hexapla_toolkit::AccountUse>> {
        let listed = planned.instruction.listed.iter();
        let account = |account: &crate::format::AccountRef| {
            let id = self.native_id(vm, &account.id)?;
            Ok(hexapla_toolkit::AccountUse { id, signer: account.signer, writable: account.writable })
        };
        listed.map(account).collect()
    }

    fn typed(
        &self,
        vm: VmId,
        planned: &PlannedInstruction,
        typed: &Typed,
        contract: NativeId,
        payer: &NativeId,
    ) -> Result<NativeCall> {
        let (instruction, function) = (&planned.instruction, &typed.function);
        let values = self.arguments(&function.signature, &function.inputs, instruction.args.as_ref())?;
        let mut book = ArgumentBook { names: &self.world.names, vm, ids: BTreeMap::new() };
        let given = instruction.args.as_ref().map_or(&[][..], |args| args.value.as_slice());
        for (index, param) in function.inputs.iter().enumerate() {
            if let Some(arg) = argument(given, &function.inputs, index) {
                book.learn(&param.ty, &self.world.saved.resolve(&arg.value.value)?);
            }
        }
        let named = instruction.named.iter().map(|(name, id)| Ok((name.value.as_str(), self.native_id(vm, id)?)));
        let named = named.collect::<Result<Vec<_>>>()?;
        let listed = self.listed(vm, planned)?;
        let target = CallTarget { contract: &contract, interface: &typed.interface, function };
        let call = TypedNativeCall { target, payer, values: &values, named: &named, listed: &listed, book: &book };
        let place = instruction.function.as_ref().map_or(&instruction.program.span, |function| &function.span);
        let written = self.transactions(vm)?.call(&call).map_err(Box::<Problem>::from);
        written.map_err(|problem| problem.at(&self.scenario.source, place, "this instruction"))
    }
}

impl World {
    /// The bytes of a transaction, signed by everybody who must; where nobody checks that, by those who can.
    pub(crate) fn signed(&self, vm: VmId, unsigned: &UnsignedTransaction, checks: LaneChecks) -> Result<Bytes> {
        let sign = |payload: &Payload| match self.signers.get(&payload.signer).or(self.signers.values().next()) {
            Some(signer) if !checks.signatures || *signer.id() == payload.signer => Ok(signer.sign(&payload.bytes)),
            _ => Err(self.cannot_sign(&payload.signer)),
        };
        let signatures = unsigned.payloads.iter().map(sign).collect::<Result<Vec<_>>>()?;
        let transactions = self.toolkits().get(vm).and_then(Toolkit::transactions);
        let transactions = transactions
            .ok_or_else(|| Problem::new("hexapla::unknown_vm", format!("the VM `{vm}` has no transactions")))?;
        Ok(transactions.assemble(unsigned, &signatures)?)
    }

    fn cannot_sign(&self, id: &NativeId) -> Box<Problem> {
        let name = self.names.full_id(id);
        let words = self.toolkits().get(id.vm).map(Toolkit::words);
        let (signer, section) = words.map_or(("signer", ""), |words| (words.signer, words.section.unwrap_or_default()));
        Problem::new("hexapla::scenario::signer", format!("`{name}` must sign and has no {signer}"))
            .with_help(format!("only {signer}s sign: `[{section}]` with e.g. `{name} = {{ {signer} = true }}`"))
    }
}

/// Names, and the ids that stand in the arguments themselves: the address of an id does not say which id it was.
struct ArgumentBook<'n> {
    names: &'n Names,
    vm: VmId,
    ids: BTreeMap<Address, NativeId>,
}

impl ArgumentBook<'_> {
    /// A text is an id only where its type is an address.
    fn learn(&mut self, ty: &Type, tree: &Tree) {
        match (ty, tree) {
            (Type::Address, Tree::String(text)) => {
                let id = self.names.toolkits().parse_id(text);
                self.ids.extend(id.map(|id| (id.canonical(), id)));
            }
            (Type::Array(ty) | Type::FixedArray(ty, _), Tree::Array(items)) => {
                items.iter().for_each(|item| self.learn(ty, item));
            }
            (Type::Option(ty), tree) => self.learn(ty, tree.get("some").unwrap_or(tree)),
            (Type::Tuple(types), Tree::Array(items)) => {
                types.iter().zip(items).for_each(|(ty, item)| self.learn(ty, item));
            }
            (Type::Struct { fields, .. }, Tree::Array(items)) => {
                fields.iter().zip(items).for_each(|(field, item)| self.learn(&field.ty, item));
            }
            (Type::Struct { fields, .. }, Tree::Object(given)) => {
                let given = |name: &str| given.get(name);
                fields
                    .iter()
                    .for_each(|field| given(&field.name).into_iter().for_each(|tree| self.learn(&field.ty, tree)));
            }
            (Type::Enum { variants, .. }, Tree::Object(given)) => {
                let given = |name: &str| given.get(name);
                variants
                    .iter()
                    .for_each(|known| given(&known.name).into_iter().for_each(|tree| self.learn(&known.payload, tree)));
            }
            (Type::Map(key, value), Tree::Array(entries)) => {
                for entry in entries.iter().filter_map(Tree::as_array) {
                    entry.iter().zip([key, value]).for_each(|(tree, ty)| self.learn(ty, tree));
                }
            }
            _ => {}
        }
    }
}

impl AddressBook for ArgumentBook<'_> {
    fn canonical(&self, native: &B256) -> Result<Address, AddressError> {
        self.names.book(self.vm).canonical(native)
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        match self.ids.get(&canonical) {
            Some(id) if id.vm == self.vm => Ok(B256::try_from(&id.bytes[..]).unwrap_or_else(|_| alias_of(canonical))),
            _ => self.names.book(self.vm).native(canonical),
        }
    }
}
