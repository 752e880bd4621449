//! Transactions of Solana's lane, and programs that come by their loader.

use super::{Known, Order, Typed};
use crate::{
    nearest::did_you_mean,
    problem::{Problem, Result},
    scenario::{At, Call, Deploy, Instruction, NO_AUTHORITY, Sending},
    world::{
        artefact::{Code, Contract},
        names::base58,
    },
};
use hexapla_abi::{
    Abi, Function, Interface, Projection,
    interface::{AccountParam, AccountSource},
};
use std::{ops::Range, sync::Arc};

/// How to get a keypair.
const KEYPAIR: &str = "keypairs stand in `[keys]`, e.g. `carol = { keypair = true, lamports = 10_000_000_000 }`";

impl<'s> Known<'s> {
    /// A typed call that a keypair signs.
    pub(super) fn signed_call(&self, call: &Call) -> Result<Order> {
        if let Some(raw) = &call.raw {
            return Err(Problem::new("hexapla::scenario::raw", "`raw` is call data of the EVM lane")
                .at(self.source, &raw.span, "signed by a keypair")
                .with_help("send an instruction of bytes with `invoke` and `data`"));
        }
        if let Some(value) = &call.sending.value {
            return Err(Problem::new("hexapla::scenario::lane", "a Solana transaction carries no `value`")
                .at(self.source, &value.span, "signed by a keypair")
                .with_help("send coin with `system-program.transfer_sol`"));
        }
        if call.function.is_none() {
            return Err(Problem::new("hexapla::scenario::no_function", "the call does not say which function")
                .at(self.source, &call.to.span, "a program without a function")
                .with_help("write `program.function`, or send a raw instruction with `invoke`"));
        }
        self.order(call.instruction())
    }

    /// An instruction that a keypair signs.
    pub(super) fn order(&self, instruction: Instruction) -> Result<Order> {
        let typed = match &instruction.function {
            Some(wanted) => Some(self.typed(&instruction, wanted)?),
            None => self.key(&instruction.program).map(|()| None)?,
        };
        if let Some(typed) = &typed {
            self.named_accounts(&instruction, &typed.function)?;
        }
        for account in &instruction.listed {
            self.key(&account.key)?;
            if account.signer {
                self.can_sign(&account.key)?;
            }
        }
        Ok(Order { instruction, typed })
    }

    fn typed(&self, instruction: &Instruction, wanted: &At<String>) -> Result<Typed> {
        let interface = self.native_interface(&instruction.program)?;
        let given = instruction.args.as_ref();
        let function = self.function(Some(&interface), wanted, given.map_or(0, |args| args.value.len()))?;
        self.count(given, &function.inputs, &function.signature, wanted)?;
        Ok(Typed { function, interface })
    }

    /// The interface of a program, or of a contract as Solana's lane sees it.
    fn native_interface(&self, program: &At<String>) -> Result<Arc<Interface>> {
        self.key(program)?;
        let name = program.value.as_str();
        match self.told.get(name) {
            Some(told) if told.abi == Abi::Borsh => Ok(told.clone()),
            Some(told) => Ok(Arc::new(Projection::new(told.clone(), Abi::Borsh).interface().clone())),
            None => {
                let help = match self.programs.contains(&name) || !self.interfaces.contains_key(name) {
                    true => "send a raw instruction with `invoke`, or name an IDL where the program is deployed",
                    false => {
                        "say `interface = true` where it is deployed: the chain then translates instructions for it"
                    }
                };
                Err(Problem::new(
                    "hexapla::scenario::no_interface",
                    format!("`{name}` has no interface for Solana's lane"),
                )
                .at(self.source, &program.span, "cannot be called with a type")
                .with_help(help))
            }
        }
    }

    fn named_accounts(&self, instruction: &Instruction, function: &Function) -> Result<()> {
        for (name, key) in &instruction.named {
            let Some(account) = function.accounts.iter().find(|account| *account.name == *name.value) else {
                let known = function.accounts.iter().map(|account| &*account.name);
                let message = format!("{} has no account `{}`", function.name, name.value);
                return Err(Problem::new("hexapla::scenario::accounts", message)
                    .at(self.source, &name.span, "not known here")
                    .with_help(did_you_mean(&name.value, known)));
            };
            self.key(key)?;
            if account.signer {
                self.can_sign(key)?;
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

    /// A key by its name, in base58 or in hex.
    fn key(&self, key: &At<String>) -> Result<()> {
        if key.value.starts_with("0x") || base58(&key.value).is_some() {
            return Ok(());
        }
        self.known(key).map(|_| ())
    }

    fn can_sign(&self, key: &At<String>) -> Result<()> {
        if self.scenario.keypairs().any(|name| name == key.value) {
            return Ok(());
        }
        Err(Problem::new("hexapla::scenario::signer", format!("`{}` cannot sign: it is no keypair", key.value))
            .at(self.source, &key.span, "must sign here")
            .with_help(KEYPAIR))
    }

    /// Instructions are signed by a keypair.
    pub(super) fn signer(&self, sending: &Sending, span: &Range<usize>) -> Result<()> {
        sending.tables.iter().flat_map(|tables| &tables.value).try_for_each(|table| self.key(table))?;
        match (self.scenario.signer(sending), &sending.from) {
            (Some(_), _) => Ok(()),
            (None, Some(from)) => {
                self.known(from)?;
                self.can_sign(from)
            }
            (None, None) => Err(Problem::new("hexapla::scenario::signer", "no keypair signs the transaction")
                .at(self.source, span, "sent by the first account, which is none of Solana's")
                .with_help(format!("name a keypair in `from`; {KEYPAIR}"))),
        }
    }

    /// What only Solana's lane has is not given elsewhere.
    pub(super) fn unsigned(&self, sending: &Sending) -> Result<()> {
        let price = sending.unit_price.as_ref().map(|price| ("unit_price", &price.span));
        let tables = sending.tables.as_ref().map(|tables| ("tables", &tables.span));
        price.or(tables).map_or(Ok(()), |(key, span)| Err(self.only_signed(key, span)))
    }

    pub(super) fn only_signed(&self, key: &str, span: &Range<usize>) -> Box<Problem> {
        Problem::new("hexapla::scenario::lane", format!("`{key}` belongs to transactions that a keypair signs"))
            .at(self.source, span, "the sender is an account of the EVM lane")
            .with_help(format!("leave it out, or name a keypair in `from`; {KEYPAIR}"))
    }

    /// Who deploys what, and how.
    pub(super) fn deployer(&self, deploy: &Deploy, contract: &Contract) -> Result<()> {
        let (name, sending) = (&deploy.name, &deploy.sending);
        let Code::Program(code) = &contract.code else {
            let Some(signer) = self.scenario.signer(sending) else { return self.not_loaded(deploy) };
            let span = sending.from.as_ref().map_or(&name.span, |from| &from.span);
            let message = format!("the keypair `{signer}` cannot create `{}`, which is no Solana program", name.value);
            return Err(Problem::new("hexapla::scenario::lane", message)
                .at(self.source, span, "who creates it")
                .with_help("name an account of `[accounts]` in `from`"));
        };
        let Some(from) = &sending.from else { return self.not_loaded(deploy) };
        if self.scenario.deployer(deploy).is_none() {
            let message = format!("`{}` cannot deploy a Solana program: it is no keypair", from.value);
            return Err(Problem::new("hexapla::scenario::lane", message)
                .at(self.source, &from.span, "who deploys it")
                .with_help(format!("leave `from` out to put the program into the state as it is; or else {KEYPAIR}")));
        }
        if let Some(max_len) = deploy.max_len.as_ref().filter(|max_len| max_len.value < code.len() as u64) {
            let message = format!("`{}` has {} bytes, which is more than `max_len`", name.value, code.len());
            return Err(Problem::new("hexapla::scenario::out_of_range", message)
                .at(self.source, &max_len.span, "too little")
                .with_help("leave it out, or leave room for what upgrades may bring"));
        }
        self.loaded(deploy)
    }

    /// What only a loader needs is not given where there is none.
    fn not_loaded(&self, deploy: &Deploy) -> Result<()> {
        let authority = deploy.authority.as_ref().map(|authority| ("authority", &authority.span));
        let max_len = deploy.max_len.as_ref().map(|max_len| ("max_len", &max_len.span));
        match authority.or(max_len) {
            None => self.unsigned(&deploy.sending),
            Some((key, span)) => {
                let message = format!("`{key}` belongs to programs that a keypair deploys");
                Err(Problem::new("hexapla::scenario::lane", message)
                    .at(self.source, span, "no loader deploys this")
                    .with_help(format!("leave it out, or name a keypair in `from`; {KEYPAIR}")))
            }
        }
    }

    /// New code for a program.
    pub(super) fn upgrade(&mut self, upgrade: &'s Deploy, contract: &Contract) -> Result<()> {
        let name = &upgrade.name;
        self.known(name)?;
        if !self.programs.contains(&name.value.as_str()) {
            return Err(Problem::new("hexapla::scenario::upgrade", format!("`{}` is no Solana program", name.value))
                .at(self.source, &name.span, "cannot be upgraded")
                .with_help("only programs have a loader that puts new code in their place"));
        }
        if !matches!(contract.code, Code::Program(_)) {
            return Err(Problem::new("hexapla::scenario::upgrade", "the new code is no Solana program")
                .at(self.source, &upgrade.artefact.span, "this artefact")
                .with_help("name a `.so` file"));
        }
        self.signer(&upgrade.sending, &name.span)?;
        self.loaded(upgrade)?;
        if let Some(told) = &contract.registered {
            self.interfaces.insert(&name.value, contract.interface.clone());
            self.told.insert(&name.value, told.clone());
        }
        Ok(())
    }

    /// What a loader's transactions have no place for is not given, and the authority can sign.
    fn loaded(&self, deploy: &Deploy) -> Result<()> {
        let sending = &deploy.sending;
        let value = sending.value.as_ref().map(|value| ("value", &value.span));
        let gas = sending.gas.as_ref().map(|gas| ("gas", &gas.span));
        let tables = sending.tables.as_ref().map(|tables| ("tables", &tables.span));
        if let Some((key, span)) = value.or(gas).or(tables) {
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
