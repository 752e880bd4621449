//! Transactions that are not accepted: nothing is executed, and no fee is paid.

use super::{
    Player,
    expect::{Outcome, check},
    report::{StepKind, StepReport},
};
use crate::{
    format::{Action, At, Step},
    problem::{Problem, Result},
};
use hexapla::{ChainError, ExecuteError};
use std::error::Error as _;

/// Begins a text that need only stand somewhere in the reason.
const PATTERN: char = '~';

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

impl Player<'_> {
    /// Compares whether a transaction is accepted with `invalid`.
    pub(super) fn expect_valid(&mut self, step: &Step, played: Result<StepReport>) -> Result<StepReport> {
        let Some(expected) = &step.expect.invalid else { return played };
        let refusal = match played {
            Ok(report) => return Ok(accepted(report, expected)),
            Err(problem) => Refusal::of(&problem).ok_or(problem)?,
        };
        if let Action::Deploy(deploy) = &step.action {
            self.world.names.remove(&deploy.name.value);
        }
        let outcome = Outcome {
            holds: refusal.is(&expected.value),
            expected: expected.value.clone(),
            observed: format!("{}: {}", refusal.name, refusal.message),
            update: Some(refusal.name.into()),
        };
        let mut report = StepReport::of(step, StepKind::Transaction);
        report.note = Some(format!("not accepted: {}", refusal.message));
        report.checks.push(check("invalid", &expected.span, &["invalid"], outcome));
        Ok(report)
    }
}

fn accepted(mut report: StepReport, expected: &At<String>) -> StepReport {
    let outcome = Outcome {
        holds: false,
        expected: expected.value.clone(),
        observed: "the transaction was accepted".to_owned(),
        update: None,
    };
    report.checks.push(check("invalid", &expected.span, &["invalid"], outcome));
    report
}
