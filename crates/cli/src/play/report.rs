//! What came out of a step and of a scenario.

use crate::{
    explain::frame::{ExplainedCall, ExplainedEvent},
    scenario::{Action, Step},
};
use hexapla_abi::Tree;
use hexapla_executor::{AccessSet, Receipt};
use hexapla_primitives::B256;
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
