//! Transactions that are not accepted: nothing is executed, and no fee is paid.

use super::{
    Player,
    expect::{Outcome, change, check},
    failure::PATTERN,
    report::{StepKind, StepReport},
};
use crate::{
    format::{Action, At, Step},
    problem::{Problem, Result},
};
use hexapla::{ChainError, ExecuteError};
use miette::Diagnostic as _;
use std::error::Error as _;

/// Why a transaction is not accepted.
struct Refusal {
    /// The reason's name, as clients of the VM know it.
    name: String,
    /// A sentence.
    message: String,
}

impl Refusal {
    /// What a problem says about the transaction; `None` where something else is wrong.
    fn of(problem: &Problem) -> Option<Self> {
        match problem.source()?.downcast_ref::<ChainError>()? {
            ChainError::Execute(ExecuteError::Invalid(invalid)) => {
                let debug = format!("{invalid:?}");
                let end = debug.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(debug.len());
                Some(Self { name: debug.get(..end).unwrap_or_default().to_owned(), message: invalid.to_string() })
            }
            ChainError::Execute(ExecuteError::Rejected(rejection)) => {
                Some(Self { name: rejection.name.to_string(), message: rejection.message.clone() })
            }
            _ => None,
        }
    }

    fn is(&self, expected: &str) -> bool {
        match expected.strip_prefix(PATTERN) {
            Some(part) => !part.is_empty() && (self.name.contains(part) || self.message.contains(part)),
            None => [&self.name, &self.message].contains(&&expected.to_owned()),
        }
    }
}

/// A transaction that should have been executed is not accepted.
fn refused(step: &Step, refusal: &Refusal, help: &str) -> StepReport {
    let outcome = Outcome {
        holds: false,
        expected: if step.expect.is_failure() { "failure" } else { "success" }.to_owned(),
        observed: format!("not accepted: {}: {}{help}", refusal.name, refusal.message),
        update: Some(refusal.name.clone().into()),
    };
    let mut check = check("status", &step.span, &["invalid"], outcome);
    let others = ["returns", "output", "reverts", "fault", "code", "events", "gas_used"];
    check.updates.extend(others.map(|key| change(&[key], None)));
    let mut report = StepReport::of(step, StepKind::Transaction);
    report.checks.push(check);
    // A contract or a result that later steps name is missing.
    report.later_steps_cannot_run = match &step.action {
        Action::Deploy(_) | Action::Upgrade(_) => true,
        Action::Call(call) => call.save.is_some(),
        Action::Invoke(invoke) => invoke.save.is_some(),
        Action::Transaction(transaction) => transaction.save.is_some(),
        _ => false,
    };
    report
}

impl Player<'_> {
    /// Compares whether a transaction is accepted with `invalid`.
    pub(super) fn expect_valid(&mut self, step: &Step, played: Result<StepReport>) -> Result<StepReport> {
        let (expected, (refusal, help)) = match (&step.expect.invalid, played) {
            (None, Ok(report)) => return Ok(report),
            (Some(expected), Ok(report)) => return Ok(self.accepted(report, expected)),
            (expected, Err(problem)) => match Refusal::of(&problem) {
                Some(refusal) => (expected, (refusal, problem.help().map(|help| format!("; {help}")))),
                None => return Err(problem),
            },
        };
        if let Action::Deploy(deploy) = &step.action {
            self.world.names.remove(&deploy.name.value);
        }
        let Some(expected) = expected else {
            return Ok(refused(step, &refusal, &help.unwrap_or_default()));
        };
        let outcome = Outcome {
            holds: refusal.is(&self
                .filled(&expected.value)
                .map_err(|problem| problem.at(&self.scenario.source, &expected.span, "this expectation"))?),
            expected: expected.value.clone(),
            observed: format!("{}: {}", refusal.name, refusal.message),
            update: Some(refusal.name.into()),
        };
        let mut report = StepReport::of(step, StepKind::Transaction);
        report.note = Some(format!("not accepted: {}", refusal.message));
        report.checks.push(check("invalid", &expected.span, &["invalid"], outcome));
        Ok(report)
    }

    /// What was to be refused has been executed: it holds or fails by itself.
    fn accepted(&self, mut report: StepReport, expected: &At<String>) -> StepReport {
        let outcome = Outcome {
            holds: false,
            expected: expected.value.clone(),
            observed: "the transaction was accepted".to_owned(),
            update: None,
        };
        let mut check = check("invalid", &expected.span, &["invalid"], outcome);
        let failure = report.sent.as_ref().and_then(|sent| sent.failure.as_ref());
        check.updates.extend(failure.into_iter().flat_map(|fault| self.written_fault(fault)));
        report.checks.push(check);
        report
    }
}
