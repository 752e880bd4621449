//! Transactions of a VM's own form, and contracts that come by such.

use super::{Known, PlannedInstruction, Typed, is_written_out, words_of_natives};
use crate::{
    format::{At, Call, Deploy, Instruction, NO_AUTHORITY, Sending},
    nearest::{did_you_mean, known_as},
    problem::{Problem, Result},
    world::artifact::Contract,
};
use hexapla_abi::{
    Function, Interface, Projection,
    interface::{AccountParam, AccountSource},
};
use hexapla_primitives::VmId;
use hexapla_toolkit::{Toolkit, TransactionFormat, Words};
use std::{ops::Range, sync::Arc};

/// Words where no VM has transactions of its own: nothing can be signed then.
const NO_WORDS: Words = Words {
    ecosystem: "no VM",
    contract: "contract",
    short_contract: "contract",
    article: "a",
    signer: "signer",
    section: None,
    signer_help: "no VM here has transactions of its own",
    value_help: "leave it out",
    calls_example: "",
    artifact: "compiled",
    interface: "an interface",
    colour: (0, 0, 0),
};

impl<'s> Known<'s> {
    /// How people speak of a VM.
    fn words(&self, vm: VmId) -> &'static Words {
        self.scenario.toolkits.get(vm).map_or(&NO_WORDS, Toolkit::words)
    }

    /// How people speak of what is signed, where nobody says by whom.
    fn words_of_signers(&self) -> &'static Words {
        words_of_natives(self.scenario).unwrap_or(&NO_WORDS)
    }

    fn transactions(&self, vm: VmId) -> Option<&dyn TransactionFormat> {
        self.scenario.toolkits.get(vm)?.transactions()
    }

    /// A typed call that is signed.
    pub(super) fn signed_call(&self, vm: VmId, call: &Call) -> Result<PlannedInstruction> {
        let words = self.words(vm);
        let by_signer = format!("signed by a {}", words.signer);
        if let Some(raw) = &call.raw {
            return Err(Problem::new("hexapla::scenario::raw", "`raw` is call data of the EVM lane")
                .at(self.source, &raw.span, by_signer)
                .with_help("send an instruction of bytes with `invoke` and `data`"));
        }
        if let Some(value) = &call.sending.value {
            let message = format!("{} {} transaction carries no `value`", words.article, words.ecosystem);
            return Err(Problem::new("hexapla::scenario::lane", message)
                .at(self.source, &value.span, by_signer)
                .with_help(words.value_help));
        }
        if call.function.is_none() {
            let kind = words.short_contract;
            return Err(Problem::new("hexapla::scenario::no_function", "the call does not say which function")
                .at(self.source, &call.to.span, format!("a {kind} without a function"))
                .with_help(format!("write `{kind}.function`, or send a raw instruction with `invoke`")));
        }
        self.instruction(vm, call.instruction())
    }

    /// A call that is signed.
    pub(super) fn instruction(&self, vm: VmId, mut instruction: Instruction) -> Result<PlannedInstruction> {
        let typed = match &instruction.function {
            Some(wanted) => Some(self.typed(vm, &instruction, wanted)?),
            None => self.id(&instruction.program).map(|()| None)?,
        };
        if let Some(typed) = &typed {
            for (name, _) in &mut instruction.named {
                let known = typed.function.accounts.iter().map(|account| &*account.name);
                name.value = known_as(&name.value, known).map_or_else(|| name.value.clone(), str::to_owned);
            }
            self.named_accounts(&instruction, &typed.function)?;
        }
        for account in &instruction.listed {
            self.id(&account.id)?;
            if account.signer {
                self.may_sign(&account.id)?;
            }
        }
        Ok(PlannedInstruction { instruction, typed })
    }

    fn typed(&self, vm: VmId, instruction: &Instruction, wanted: &At<String>) -> Result<Typed> {
        let interface = self.native_interface(vm, &instruction.program)?;
        let given = instruction.args.as_ref();
        let function = self.function(Some(&interface), wanted, given.map_or(0, |args| args.value.len()))?;
        self.count(given, &function.inputs, &function.signature, wanted)?;
        Ok(Typed { function, interface })
    }

    /// The interface of a contract as transactions of the VM see it.
    fn native_interface(&self, vm: VmId, contract: &At<String>) -> Result<Arc<Interface>> {
        self.id(contract)?;
        let (name, words) = (contract.value.as_str(), self.words(vm));
        let abi = self.scenario.toolkits.get(vm).map(Toolkit::abi).unwrap_or_default();
        match self.told.get(name) {
            Some(told) if told.abi == abi => Ok(told.clone()),
            Some(told) => Ok(Arc::new(Projection::new(told.clone(), abi).interface().clone())),
            None => {
                let help = match self.native.contains_key(name) || !self.interfaces.contains_key(name) {
                    true => format!(
                        "send a raw instruction with `invoke`, or name {} where the {} is deployed",
                        words.interface, words.short_contract
                    ),
                    false => {
                        "say `interface = true` where it is deployed: the chain then translates instructions for it"
                            .to_owned()
                    }
                };
                Err(Problem::new(
                    "hexapla::scenario::no_interface",
                    format!("`{name}` has no interface for {}'s lane", words.ecosystem),
                )
                .at(self.source, &contract.span, "cannot be called with a type")
                .with_help(help))
            }
        }
    }

    fn named_accounts(&self, instruction: &Instruction, function: &Function) -> Result<()> {
        for (name, id) in &instruction.named {
            let Some(account) = function.accounts.iter().find(|account| *account.name == *name.value) else {
                let known = function.accounts.iter().map(|account| &*account.name);
                let message = format!("{} has no account `{}`", function.name, name.value);
                return Err(Problem::new("hexapla::scenario::accounts", message)
                    .at(self.source, &name.span, "not known here")
                    .with_help(did_you_mean(&name.value, known)));
            };
            self.id(id)?;
            if account.signer {
                self.may_sign(id)?;
            }
        }
        let is_named = |account: &AccountParam| instruction.named.iter().any(|(name, _)| *name.value == *account.name);
        let is_missing = |account: &&AccountParam| {
            account.source == AccountSource::Given && !account.signer && !account.optional && !is_named(account)
        };
        let missing = function.accounts.iter().filter(is_missing).map(|account| &*account.name).collect::<Vec<_>>();
        let Some(first) = missing.first() else { return Ok(()) };
        let span = instruction.function.as_ref().map_or(&instruction.program.span, |function| &function.span);
        let message = format!("{} needs more accounts: {}", function.name, missing.join(", "));
        let help = format!(
            "write e.g. `accounts = {{ {first} = \"NAME\" }}`; the sender signs where nobody else is named, and what the \
             interface fixes or derives need not be given"
        );
        Err(Problem::new("hexapla::scenario::accounts", message)
            .at(self.source, span, "this instruction")
            .with_help(help))
    }

    /// An account by its name or its id.
    fn id(&self, id: &At<String>) -> Result<()> {
        if is_written_out(&id.value) || self.is_id(&id.value) {
            return Ok(());
        }
        self.known(id).map(|_| ())
    }

    /// The same where the step impersonates nobody.
    fn may_sign(&self, id: &At<String>) -> Result<()> {
        if self.impersonates || id.value.starts_with('$') { Ok(()) } else { self.can_sign(id) }
    }

    fn can_sign(&self, id: &At<String>) -> Result<()> {
        if self.scenario.signers().any(|signer| signer.name.value == id.value) {
            return Ok(());
        }
        let words = self.words_of_signers();
        let message = format!("`{}` cannot sign: it is no {}", id.value, words.signer);
        Err(Problem::new("hexapla::scenario::signer", message)
            .at(self.source, &id.span, "must sign here")
            .with_help(words.signer_help))
    }

    /// The VM of whoever signs.
    pub(super) fn signer(&self, sending: &Sending, span: &Range<usize>) -> Result<VmId> {
        if let Some((key, span)) = sending.envelope.first() {
            let words = self.words_of_signers();
            let message = format!("`{key}` belongs to Ethereum's transactions");
            return Err(Problem::new("hexapla::scenario::lane", message)
                .at(self.source, span, format!("a {} signs this step", words.signer))
                .with_help("leave it out, or name an account of `[accounts]` in `from`"));
        }
        sending.options.names().try_for_each(|name| self.id(&name))?;
        let words = self.words_of_signers();
        match (self.scenario.signer(sending), &sending.from) {
            (Some(signer), _) => Ok(signer.vm),
            (None, Some(from)) => {
                self.known(from)?;
                self.can_sign(from).map(|()| VmId::EVM)
            }
            (None, None) => {
                let message = format!("no {} signs the transaction", words.signer);
                let label = format!("sent by the first account, which is none of {}'s", words.ecosystem);
                let help = format!("name {} {} in `from`; {}", words.article, words.signer, words.signer_help);
                Err(Problem::new("hexapla::scenario::signer", message).at(self.source, span, label).with_help(help))
            }
        }
    }

    /// What only transactions of a VM's own form have is not given elsewhere.
    pub(super) fn unsigned(&self, sending: &Sending) -> Result<()> {
        match sending.options.iter().next() {
            Some((spec, value)) => Err(self.only_signed(spec.name, &value.span)),
            None => Ok(()),
        }
    }

    pub(super) fn only_signed(&self, option: &str, span: &Range<usize>) -> Box<Problem> {
        let words = self.words_of_signers();
        let by_signer = format!("{} {}", words.article, words.signer);
        Problem::new("hexapla::scenario::lane", format!("`{option}` belongs to transactions that {by_signer} signs"))
            .at(self.source, span, "the sender is an account of the EVM lane")
            .with_help(format!("leave it out, or name {by_signer} in `from`; {}", words.signer_help))
    }

    /// Who deploys what, and how.
    pub(super) fn deployer(&self, deploy: &Deploy, contract: &Contract) -> Result<()> {
        let (name, sending) = (&deploy.name, &deploy.sending);
        if !contract.is_native() {
            return self.creator(deploy);
        }
        let words = self.words(contract.vm);
        let Some(from) = &sending.from else { return self.not_by_transactions(deploy) };
        if self.scenario.deployer(deploy).is_none_or(|deployer| deployer.vm != contract.vm) {
            let what = format!("{} {}", words.article, words.contract);
            let message = format!("`{}` cannot deploy {what}: it is no {}", from.value, words.signer);
            let help = format!(
                "leave `from` out to put the {} into the state as it is; or else {}",
                words.short_contract, words.signer_help
            );
            return Err(Problem::new("hexapla::scenario::lane", message)
                .at(self.source, &from.span, "who deploys it")
                .with_help(help));
        }
        if let Some(transactions) = self.transactions(contract.vm) {
            let code = contract.code.bytes();
            let checked = transactions.check_deployment(&name.value, code, &deploy.options.known());
            checked.map_err(|error| deploy.options.problem(error, self.source))?;
        }
        self.by_transactions(contract.vm, deploy)
    }

    /// Who creates a contract in the EVM's lane.
    fn creator(&self, deploy: &Deploy) -> Result<()> {
        let (name, sending) = (&deploy.name, &deploy.sending);
        let Some(signer) = self.scenario.signer(sending) else { return self.not_by_transactions(deploy) };
        let words = self.words(signer.vm);
        let span = sending.from.as_ref().map_or(&name.span, |from| &from.span);
        let (kind, signer) = (words.contract, &signer.name.value);
        let message = format!("the {} `{signer}` cannot create `{}`, which is no {kind}", words.signer, name.value);
        Err(Problem::new("hexapla::scenario::lane", message)
            .at(self.source, span, "who creates it")
            .with_help("name an account of `[accounts]` in `from`"))
    }

    /// What only transactions of the VM need is not given where there are none.
    fn not_by_transactions(&self, deploy: &Deploy) -> Result<()> {
        let authority = deploy.authority.as_ref().map(|authority| ("authority", &authority.span));
        let option = deploy.options.iter().next().map(|(spec, value)| (spec.name, &value.span));
        match authority.or(option) {
            None => self.unsigned(&deploy.sending),
            Some((key, span)) => {
                let words = self.words_of_signers();
                let by_signer = format!("{} {}", words.article, words.signer);
                let message = format!("`{key}` belongs to {}s that {by_signer} deploys", words.short_contract);
                Err(Problem::new("hexapla::scenario::lane", message)
                    .at(self.source, span, "no loader deploys this")
                    .with_help(format!("leave it out, or name {by_signer} in `from`; {}", words.signer_help)))
            }
        }
    }

    /// New code for a contract.
    pub(super) fn upgrade(&mut self, upgrade: &'s Deploy, contract: &Contract) -> Result<()> {
        let name = &upgrade.name;
        self.known(name)?;
        let Some(vm) = self.native.get(name.value.as_str()).copied() else {
            let words = self.words_of_signers();
            let message = format!("`{}` is no {}", name.value, words.contract);
            return Err(Problem::new("hexapla::scenario::upgrade", message)
                .at(self.source, &name.span, "cannot be upgraded")
                .with_help(format!("only {}s have a loader that puts new code in their place", words.short_contract)));
        };
        if !contract.is_native() || contract.vm != vm {
            let words = self.words(vm);
            return Err(Problem::new("hexapla::scenario::upgrade", format!("the new code is no {}", words.contract))
                .at(self.source, &upgrade.artefact.span, "this artefact")
                .with_help(format!("name a {} file", words.artifact)));
        }
        self.signer(&upgrade.sending, &name.span)?;
        self.by_transactions(vm, upgrade)?;
        if let Some(told) = &contract.registered {
            self.interfaces.insert(&name.value, contract.interface.clone());
            self.told.insert(&name.value, told.clone());
        }
        Ok(())
    }

    /// What a deployment's transactions have no place for is not given, and the authority can sign.
    fn by_transactions(&self, vm: VmId, deploy: &Deploy) -> Result<()> {
        let sending = &deploy.sending;
        let allowed = self.transactions(vm).map_or(&[][..], TransactionFormat::options_of_deployments);
        let value = sending.value.as_ref().map(|value| ("value", &value.span));
        let gas = sending.gas.as_ref().map(|gas| ("gas", &gas.span));
        let mut options = sending.options.iter().map(|(spec, value)| (spec.name, &value.span));
        let option = options.find(|(name, _)| !allowed.contains(name));
        if let Some((key, span)) = value.or(gas).or(option) {
            return Err(Problem::new("hexapla::scenario::lane", format!("the loader's transactions take no `{key}`"))
                .at(self.source, span, "not used")
                .with_help("leave it out"));
        }
        match &deploy.authority {
            Some(authority) if authority.value != NO_AUTHORITY => {
                self.known(authority)?;
                self.can_sign(authority)
            }
            _ => Ok(()),
        }
    }
}
