//! A scenario: deployments, calls and expectations over several VMs, as its file says it.
//!
//! - `fields`: TOML tables key by key, with errors that point at the place
//! - `checked`: names and values that are checked as they are read
//! - `read`, `step`, `transaction`, `call`, `ids`: the text into a [`Scenario`]; nothing is executed or looked up here
//! - `cases`: steps that are played several times
//! - `edit`: steps that change the chain without a transaction
//! - `envelope`: what an Ethereum transaction says beside its call
//! - `native`: what a scenario says about VMs with ids, accounts and transactions of their own
//! - [`update`]: observed values written back into `expect`
//!
//! The format is described in `docs/scenario.md`. Keys that belong to one VM come from its toolkit.

mod call;
mod cases;
mod checked;
mod edit;
mod envelope;
mod fields;
mod ids;
mod native;
mod read;
mod step;
mod transaction;
pub mod update;

pub(crate) use update::read_back;
#[cfg(test)]
pub(crate) use update::through_file;

pub use crate::source::{At, FILE_NAME, Source};
pub(crate) use native::{AccountRef, IdEntry, IdForm, OptionValue, Options, Part, Parts};

use hexapla::SpecId;
use hexapla_abi::{Tree, Type};
use hexapla_primitives::{Address, B256, U256, VmId};
use hexapla_toolkit::{Currency, Toolkits};
use std::{ops::Range, sync::Arc};

/// A scenario as it was read.
#[derive(Debug)]
pub struct Scenario {
    /// Its file.
    pub source: Arc<Source>,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub story: Option<String>,
    /// The VMs that it can speak of.
    pub(crate) toolkits: Toolkits,
    pub(crate) chain: ChainRules,
    /// In the order of the file.
    pub(crate) accounts: Vec<Account>,
    /// Names of ids, by VM in the order of toolkits, then in the order of the file.
    pub(crate) ids: Vec<IdEntry>,
    /// Named bytes, in the order of the file.
    pub(crate) bytes: Vec<(At<String>, Parts)>,
    pub(crate) steps: Vec<Step>,
    /// What must hold after each step, each for itself.
    pub(crate) invariants: Vec<Invariant>,
    /// How many of these are of files that it includes.
    pub included_steps: usize,
}

/// What must hold after each step from the first at which all its names are known.
#[derive(Debug)]
pub(crate) struct Invariant {
    /// Its key.
    pub(crate) what: At<String>,
    pub(crate) expect: Expect,
}

/// `[chain]`
#[derive(Debug, Default)]
pub(crate) struct ChainRules {
    pub(crate) chain_id: Option<u64>,
    pub(crate) spec: Option<SpecId>,
    /// Most gas of one transaction; the fork's own limit by default.
    pub(crate) tx_gas_cap: Option<u64>,
    /// Of the first block, in seconds since the epoch.
    pub(crate) timestamp: Option<u64>,
}

/// An entry of `[accounts]`.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) name: At<String>,
    pub(crate) address: Address,
    /// In wei.
    pub(crate) balance: U256,
}

/// A `[[step]]`.
#[derive(Debug)]
pub(crate) struct Step {
    /// From 1.
    pub(crate) number: usize,
    /// Where the step stands: its name or target.
    pub(crate) span: Range<usize>,
    pub(crate) label: Option<String>,
    pub(crate) action: Action,
    pub(crate) cases: Cases,
    pub(crate) expect: Expect,
}

/// How often a step is played.
#[derive(Debug)]
pub(crate) enum Cases {
    Once,
    /// With each row of values.
    Table(Vec<Named>),
    /// With random values.
    Fuzz(Fuzz),
}

/// Most bytes, characters and items of a random value.
pub(crate) const LIST_MAX: usize = 40;

/// Random values.
#[derive(Debug)]
pub(crate) struct Fuzz {
    pub(crate) values: Vec<FuzzValue>,
    pub(crate) runs: u64,
    pub(crate) seed: u64,
}

/// A random value under a name.
#[derive(Debug)]
pub(crate) struct FuzzValue {
    pub(crate) name: At<String>,
    pub(crate) ty: Type,
    pub(crate) min: Option<At<Tree>>,
    pub(crate) max: Option<At<Tree>>,
}

/// What a step does.
#[derive(Debug)]
pub(crate) enum Action {
    Deploy(Deploy),
    /// New code for a contract.
    Upgrade(Deploy),
    Call(Call),
    Invoke(Invoke),
    /// Calls that are signed together.
    Transaction(Transaction),
    Prove(Prove),
    /// Changes the state without a transaction.
    Edit(Edit),
    /// The time of the next block, in seconds since the epoch.
    Warp(At<Moment>),
    /// The number of the next block.
    Roll(At<Moment>),
    /// Keeps the state under a name.
    Snapshot(At<String>),
    /// Goes back to the state that has this name.
    Rollback(At<String>),
    /// Names a contract that is there.
    Attach(Attach),
    /// Tells the chain a contract's interface by a transaction.
    Register(Register),
    /// Only compares the state.
    Check,
}

impl Action {
    /// What it says about the sender, where it sends something.
    pub(crate) fn sending(&self) -> Option<&Sending> {
        match self {
            Self::Deploy(deploy) | Self::Upgrade(deploy) => Some(&deploy.sending),
            Self::Call(call) => Some(&call.sending),
            Self::Invoke(invoke) => Some(&invoke.sending),
            Self::Transaction(transaction) => Some(&transaction.sending),
            Self::Register(register) => Some(&register.sending),
            Self::Prove(_) | Self::Edit(_) | Self::Warp(_) | Self::Roll(_) => None,
            Self::Snapshot(_) | Self::Rollback(_) | Self::Attach(_) | Self::Check => None,
        }
    }

    /// Who sends it, where the step says so.
    pub(crate) fn sender(&self) -> Option<&str> {
        self.sending()?.from.as_ref().map(|from| from.value.as_str())
    }
}

/// Common to deployments and calls.
#[derive(Debug)]
pub(crate) struct Sending {
    /// The first account by default.
    pub(crate) from: Option<At<String>>,
    pub(crate) args: Option<At<Vec<Arg>>>,
    pub(crate) value: Option<At<Tree>>,
    /// Most gas; of a transaction of a VM's own form the most units of its meter.
    pub(crate) gas: Option<At<u64>>,
    /// The sender need not sign, and may be a contract.
    pub(crate) impersonate: bool,
    /// What transactions of accounts can say besides.
    pub(crate) envelope: Envelope,
    /// What only transactions of a VM's own form can say.
    pub(crate) options: Options,
}

/// What an Ethereum transaction can say beside its call; its type follows from that (EIP-2718).
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    /// The sender's next nonce by default.
    pub(crate) nonce: Option<At<Tree>>,
    /// In wei for each gas; nothing by default. With a priority fee it is the most that is paid (EIP-1559).
    pub(crate) gas_price: Option<At<Tree>>,
    pub(crate) priority_fee: Option<At<Tree>>,
    /// Storage slots by account (EIP-2930).
    pub(crate) access_list: Vec<(At<String>, Slots)>,
    /// How many blobs come with it (EIP-4844).
    pub(crate) blobs: Option<At<u64>>,
    /// Whose code accounts run from now on (EIP-7702).
    pub(crate) delegate: Vec<(At<String>, At<String>)>,
}

/// Storage slots of an account.
pub(crate) type Slots = At<Vec<At<Tree>>>;

/// An argument: by its place, or by the name of its parameter.
#[derive(Clone, Debug)]
pub(crate) struct Arg {
    pub(crate) name: Option<At<String>>,
    pub(crate) value: At<Tree>,
}

#[derive(Debug)]
pub(crate) struct Deploy {
    pub(crate) name: At<String>,
    pub(crate) artefact: At<String>,
    /// Which contract of a file with several.
    pub(crate) contract: Option<At<String>>,
    /// Interface beside the artefact.
    pub(crate) abi: Option<At<String>>,
    /// The interface by which contracts of VMs with another ABI call it.
    pub(crate) interface: Option<At<InterfaceChoice>>,
    /// The contracts that are the libraries for which its code waits, by the libraries' names.
    pub(crate) libraries: Vec<(At<String>, At<String>)>,
    /// The id of a contract that has one of its VM; the one that its name gives by default.
    pub(crate) id: Option<At<String>>,
    /// Who may upgrade it; the sender by default.
    pub(crate) authority: Option<At<String>>,
    /// What only deployments by a VM's own transactions can say.
    pub(crate) options: Options,
    pub(crate) sending: Sending,
}

/// Written for the authority of a contract that nobody can upgrade.
pub(crate) const NO_AUTHORITY: &str = "none";

/// Which interface the chain is told.
#[derive(Clone, Debug)]
pub(crate) enum InterfaceChoice {
    /// That of the artefact.
    Own,
    /// That of a file of any known form.
    File(String),
    /// None.
    Nothing,
}

#[derive(Debug)]
pub(crate) struct Call {
    /// Name or address.
    pub(crate) to: At<String>,
    /// Name or signature; nothing for a plain payment or raw call data.
    pub(crate) function: Option<At<String>>,
    pub(crate) raw: Option<At<Tree>>,
    /// Only looks. By default what the function's interface says.
    pub(crate) is_static: Option<bool>,
    /// Where it is signed: accounts by their names in the interface.
    pub(crate) accounts: NamedAccounts,
    /// Where it is signed: accounts behind those that the interface names.
    pub(crate) remaining_accounts: Vec<AccountRef>,
    pub(crate) save: Option<At<Vec<At<String>>>>,
    pub(crate) sending: Sending,
}

#[derive(Debug)]
pub(crate) struct Prove {
    pub(crate) what: Proved,
    pub(crate) save: At<String>,
    /// Parts of the proof in which a bit is flipped.
    pub(crate) tamper: Vec<At<String>>,
}

#[derive(Debug)]
pub(crate) enum Proved {
    Account { account: At<String>, slots: Vec<At<B256>> },
    Object(ObjectName),
}

/// Names an object.
#[derive(Debug)]
pub(crate) enum ObjectName {
    /// What its VM keeps about a contract's code, by the contract's name.
    OfContract(At<String>),
    /// Column and key.
    Key { vm: At<String>, key: At<Tree> },
}

/// New state.
#[derive(Debug, Default)]
pub(crate) struct Edit {
    /// In wei.
    pub(crate) balance: Named,
    /// Balances as a VM counts them.
    pub(crate) units: Vec<(Currency, At<String>, At<Tree>)>,
    pub(crate) nonce: Named,
    /// Code of the EVM.
    pub(crate) code: Named,
    /// By account, then by slot.
    pub(crate) storage: Vec<(At<String>, Named)>,
    /// Accounts that are objects of their VM.
    pub(crate) accounts: Vec<(VmId, At<String>, Options)>,
}

/// A time or a block number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    At(u64),
    /// So much later.
    After(u64),
}

/// An account that gets a name and an interface.
#[derive(Debug)]
pub(crate) struct Attach {
    pub(crate) name: At<String>,
    pub(crate) address: At<Tree>,
    /// A file with the interface.
    pub(crate) abi: Option<At<String>>,
    /// The contract whose interface it has.
    pub(crate) like: Option<At<String>>,
}

/// An interface that its owner or creator registers.
#[derive(Debug)]
pub(crate) struct Register {
    pub(crate) contract: At<String>,
    /// A file of any known form.
    pub(crate) interface: At<String>,
    pub(crate) sending: Sending,
}

/// Values under keys that are names, in the order of the file.
pub(crate) type Named = Vec<(At<String>, At<Tree>)>;

/// What must hold after a step.
#[derive(Debug, Default)]
pub(crate) struct Expect {
    pub(crate) returns: Option<At<Tree>>,
    pub(crate) output: Option<At<Tree>>,
    pub(crate) reverts: Option<At<String>>,
    pub(crate) fault: Option<At<String>>,
    /// Why it cannot be sent.
    pub(crate) invalid: Option<At<String>>,
    pub(crate) events: Option<At<Vec<At<String>>>>,
    pub(crate) code: Option<At<u64>>,
    pub(crate) gas_used: Option<At<u64>>,
    pub(crate) balance: Named,
    /// Balances as a VM counts them.
    pub(crate) units: Vec<(Currency, At<String>, At<Tree>)>,
    /// Data of accounts.
    pub(crate) state: Named,
    /// By account, then by slot.
    pub(crate) storage: Vec<(At<String>, Named)>,
    pub(crate) views: Named,
}

impl Expect {
    /// The first key that only a transaction can fulfil, and where it stands.
    pub(crate) fn of_transaction(&self) -> Option<(&'static str, &Range<usize>)> {
        let keys = [
            ("returns", self.returns.as_ref().map(|key| &key.span)),
            ("output", self.output.as_ref().map(|key| &key.span)),
            ("reverts", self.reverts.as_ref().map(|key| &key.span)),
            ("fault", self.fault.as_ref().map(|key| &key.span)),
            ("code", self.code.as_ref().map(|key| &key.span)),
            ("events", self.events.as_ref().map(|key| &key.span)),
            ("gas_used", self.gas_used.as_ref().map(|key| &key.span)),
            ("invalid", self.invalid.as_ref().map(|key| &key.span)),
        ];
        keys.into_iter().find_map(|(key, span)| Some((key, span?)))
    }

    /// Whether a failure is what the step is about.
    pub(crate) const fn is_failure(&self) -> bool {
        self.reverts.is_some() || self.fault.is_some() || self.code.is_some() || self.invalid.is_some()
    }
}

impl Scenario {
    /// Who signs a step: the signer that sends it, or the first one where there are no accounts. `None` where the step
    /// goes through the EVM's lane.
    pub(crate) fn signer<'s>(&'s self, sending: &Sending) -> Option<&'s IdEntry> {
        match &sending.from {
            Some(from) => self.signers().find(|entry| entry.name.value == from.value),
            None if self.accounts.is_empty() => self.signers().next(),
            None => None,
        }
    }

    /// Who deploys a contract by transactions of its VM. It has to be said: without a sender it is simply there.
    pub(crate) fn deployer<'s>(&'s self, deploy: &Deploy) -> Option<&'s IdEntry> {
        deploy.sending.from.as_ref().and_then(|_| self.signer(&deploy.sending))
    }

    /// Those who can sign transactions of their VMs, in the order of the file.
    pub(crate) fn signers(&self) -> impl Iterator<Item = &IdEntry> {
        self.ids.iter().filter(|entry| matches!(entry.form, IdForm::Signer))
    }

    /// The file name without what every scenario file is called.
    pub fn place(&self) -> String {
        let path = self.source.path();
        let shown = if path.ends_with(FILE_NAME) { path.parent().unwrap_or(path) } else { path };
        shown.display().to_string()
    }
}

/// A call of a transaction of a VM's own form.
#[derive(Clone, Debug)]
pub(crate) struct Instruction {
    /// The contract: name or id.
    pub(crate) program: At<String>,
    /// As the contract's own interface has it; nothing for a raw call.
    pub(crate) function: Option<At<String>>,
    /// Accounts by the names that the interface gives them.
    pub(crate) named: NamedAccounts,
    /// All accounts of a raw call; of a typed one those behind the named ones.
    pub(crate) listed: Vec<AccountRef>,
    pub(crate) args: Option<At<Vec<Arg>>>,
    pub(crate) data: Option<Parts>,
}

/// Ids under the names of a call's accounts, in the order of the file.
pub(crate) type NamedAccounts = Vec<(At<String>, At<String>)>;

/// Calls that stand or fall together.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) instructions: Vec<Instruction>,
    /// Only looks.
    pub(crate) is_static: bool,
    pub(crate) save: Option<At<Vec<At<String>>>>,
    pub(crate) sending: Sending,
}

impl Call {
    /// The same as a call of a transaction of a VM's own form.
    pub(crate) fn instruction(&self) -> Instruction {
        Instruction {
            program: self.to.clone(),
            function: self.function.clone(),
            named: self.accounts.clone(),
            listed: self.remaining_accounts.clone(),
            args: self.sending.args.clone(),
            data: None,
        }
    }
}

impl Invoke {
    /// The same as a call of a transaction of a VM's own form.
    pub(crate) fn instruction(&self) -> Instruction {
        Instruction {
            program: self.program.clone(),
            function: None,
            named: Vec::new(),
            listed: self.accounts.clone(),
            args: None,
            data: self.data.clone(),
        }
    }
}

/// A raw call.
#[derive(Debug)]
pub(crate) struct Invoke {
    pub(crate) program: At<String>,
    pub(crate) accounts: Vec<AccountRef>,
    pub(crate) data: Option<Parts>,
    pub(crate) save: Option<At<Vec<At<String>>>>,
    pub(crate) sending: Sending,
}
