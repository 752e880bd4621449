//! What came out of a step and of a scenario.

use crate::{
    explain::frame::{ExplainedCall, ExplainedEvent},
    scenario::{Action, Step},
};
use hexapla::{AccessSet, Receipt};
use hexapla_abi::Tree;
use hexapla_primitives::{B256, U256};
use std::{collections::BTreeMap, ops::Range, time::Duration};

/// What came out of a step.
#[derive(Debug)]
pub(crate) struct StepReport {
    pub(crate) number: usize,
    pub(crate) label: Option<String>,
    pub(crate) kind: StepKind,
    pub(crate) sent: Option<Sent>,
    /// What a proof step proved, in words.
    pub(crate) note: Option<String>,
    pub(crate) checks: Vec<Check>,
    /// The state root after it.
    pub(crate) root: B256,
    pub(crate) elapsed: Duration,
    /// It did not give what later steps build on.
    pub(crate) later_steps_cannot_run: bool,
}

/// What kind of step it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StepKind {
    Deploy,
    Transaction,
    View,
    Check,
    Proof,
}

/// A transaction, or a view that was simulated as one.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) receipt: Receipt,
    pub(crate) call: Option<ExplainedCall>,
    pub(crate) events: Vec<ExplainedEvent>,
    pub(crate) gas_by_vm: BTreeMap<String, u64>,
    /// What it read and wrote; of transactions only.
    pub(crate) access: Option<AccessSet>,
    /// The transactions of a loader, of which `receipt` is the last one's; `None` for all other steps.
    pub(crate) loaded: Option<Loaded>,
}

/// Sums over the transactions of a loader.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Loaded {
    /// Transactions that were sent.
    pub(crate) transactions: usize,
    /// Those that would have been, had none failed.
    pub(crate) planned: usize,
    pub(crate) gas_used: u64,
    /// In wei.
    pub(crate) fee: U256,
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
    pub(crate) fn transactions(&self) -> usize {
        self.loaded.map_or(1, |loaded| loaded.transactions)
    }

    /// Gas of all of them.
    pub(crate) fn gas_used(&self) -> u64 {
        self.loaded.map_or(self.receipt.gas_used, |loaded| loaded.gas_used)
    }

    /// Their fees, in wei.
    pub(crate) fn fee(&self) -> U256 {
        self.loaded.map_or(self.receipt.fee, |loaded| loaded.fee)
    }
}

/// One expectation and what was there.
#[derive(Debug)]
pub(crate) struct Check {
    /// `returns`, `balance of alice`, `token.balanceOf(bob)`
    pub(crate) what: String,
    pub(crate) holds: bool,
    pub(crate) expected: String,
    pub(crate) observed: String,
    /// Where the expectation stands.
    pub(crate) span: Range<usize>,
    /// How the file would have to be changed for it to hold.
    pub(crate) update: Update,
}

/// A change of a step's `expect`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Update {
    /// Keys below `expect`.
    pub(crate) path: Vec<String>,
    /// The new value; `None` removes the key.
    pub(crate) value: Option<Tree>,
}

/// How far a scenario came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
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
    pub(crate) fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.holds)
    }
}
