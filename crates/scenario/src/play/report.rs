//! What came out of a step and of a scenario.

use crate::{
    explain::frame::{ExplainedCall, ExplainedEvent},
    format::{Action, Step},
};
use hexapla::{AccessSet, Receipt};
use hexapla_abi::Tree;
use hexapla_primitives::{B256, Bytes, Fault, ObjectKey, U256};
use hexapla_toolkit::Currency;
use std::{collections::BTreeMap, ops::Range, time::Duration};

/// What came out of a step.
#[derive(Debug)]
pub struct StepReport {
    /// From 1.
    pub number: usize,
    /// What it is called.
    pub label: Option<String>,
    /// What kind of step it was.
    pub kind: StepKind,
    /// What it sent, if anything.
    pub sent: Option<Sent>,
    /// What a proof step proved, in words.
    pub note: Option<String>,
    /// Its expectations.
    pub checks: Vec<Check>,
    /// Objects that it changed, where they are kept ([`Player::keep_objects`](super::Player::keep_objects)).
    pub objects: Vec<ObjectChange>,
    /// The state root after it.
    pub root: B256,
    /// How long it took.
    pub elapsed: Duration,
    /// It did not give what later steps build on.
    pub later_steps_cannot_run: bool,
}

/// An object before and after a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectChange {
    /// Which.
    pub key: ObjectKey,
    /// What it was.
    pub before: Option<Bytes>,
    /// What it is.
    pub after: Option<Bytes>,
}

/// What kind of step it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// A deployment.
    Deploy,
    /// A transaction.
    Transaction,
    /// A call that left no trace.
    View,
    /// A comparison of the state.
    Check,
    /// A proof.
    Proof,
    /// A change without a transaction.
    Edit,
}

/// A transaction, or a view that was simulated as one.
#[derive(Debug)]
pub struct Sent {
    /// The receipt.
    pub receipt: Receipt,
    /// Who sent it, where the step says so.
    pub sender: Option<String>,
    /// How it failed. In the receipt stands what clients of the transaction's own VM read, here what the contract that
    /// failed has said.
    pub failure: Option<Fault>,
    /// The call tree.
    pub call: Option<ExplainedCall>,
    /// The events.
    pub events: Vec<ExplainedEvent>,
    /// Gas of each VM's own frames, by the VM's name.
    pub gas_by_vm: BTreeMap<String, u64>,
    /// What it read and wrote; of transactions only.
    pub access: Option<AccessSet>,
    /// The transactions of a loader, of which `receipt` is the last one's; `None` for all other steps.
    pub loaded: Option<Loaded>,
    /// In which its fee is paid.
    pub currency: Currency,
}

/// Sums over the transactions of a loader.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Loaded {
    /// Transactions that were sent.
    pub transactions: usize,
    /// Those that would have been, had none failed.
    pub planned: usize,
    /// Their gas.
    pub gas_used: u64,
    /// In wei.
    pub fee: U256,
}

impl Loaded {
    pub(super) fn add(&mut self, receipt: &Receipt) {
        self.transactions += 1;
        self.gas_used = self.gas_used.saturating_add(receipt.gas_used);
        self.fee = self.fee.saturating_add(receipt.fee);
    }
}

impl Sent {
    /// How many transactions it was.
    pub fn transactions(&self) -> usize {
        self.loaded.map_or(1, |loaded| loaded.transactions)
    }

    /// Gas of all of them.
    pub fn gas_used(&self) -> u64 {
        self.loaded.map_or(self.receipt.gas_used, |loaded| loaded.gas_used)
    }

    /// Their fees, in wei.
    pub fn fee(&self) -> U256 {
        self.loaded.map_or(self.receipt.fee, |loaded| loaded.fee)
    }
}

/// One expectation and what was there.
#[derive(Debug)]
pub struct Check {
    /// `returns`, `balance of alice`, `token.balanceOf(bob)`
    pub what: String,
    /// Whether it holds.
    pub holds: bool,
    /// What was expected, as text.
    pub expected: String,
    /// What was there, as text.
    pub observed: String,
    /// Where the expectation stands.
    pub span: Range<usize>,
    /// How the file would have to be changed for it to hold.
    pub updates: Vec<Update>,
}

/// A change of a step's `expect`.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// Keys below `expect`.
    pub path: Vec<String>,
    /// The new value; `None` removes the key.
    pub value: Option<Tree>,
}

/// How far a scenario came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All steps were played.
    Complete,
    /// This step failed, and later ones need what it should have given.
    StoppedAt(usize),
}

impl StepReport {
    pub(super) fn of(step: &Step, kind: StepKind) -> Self {
        Self {
            number: step.number,
            label: step.label.clone(),
            kind,
            sent: None,
            note: None,
            checks: Vec::new(),
            objects: Vec::new(),
            root: B256::ZERO,
            elapsed: Duration::ZERO,
            later_steps_cannot_run: false,
        }
    }

    pub(super) fn check(step: &Step) -> Self {
        debug_assert!(matches!(step.action, Action::Check), "other steps were planned");
        Self::of(step, StepKind::Check)
    }

    /// The expectations that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.holds)
    }
}
