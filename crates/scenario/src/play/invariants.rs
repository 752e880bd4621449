//! What must hold after each step.

use super::{Player, report::StepReport};
use crate::problem::{Problem, Result};

impl Player<'_> {
    /// Compares the invariants whose names are all known. Those that hold are not shown each time.
    pub(super) fn expect_invariants(&mut self, report: &mut StepReport) -> Result<()> {
        let scenario = self.scenario;
        for (index, invariant) in scenario.invariants.iter().enumerate() {
            let mut compared = Vec::new();
            std::mem::swap(&mut report.checks, &mut compared);
            let outcome = self.expect_state(&invariant.expect, report);
            std::mem::swap(&mut report.checks, &mut compared);
            match outcome {
                Ok(()) => {}
                // A contract that it names is not there yet.
                Err(problem) if problem.is_unknown_name() && !self.compared.contains(&index) => continue,
                Err(problem) => return Err(problem),
            }
            self.compared.insert(index);
            for mut check in compared.into_iter().filter(|check| !check.holds) {
                check.what = format!("invariant: {}", check.what);
                check.updates.clear();
                report.checks.push(check);
            }
        }
        Ok(())
    }

    /// An invariant that was never compared is none.
    pub(super) fn all_invariants_were_compared(&self) -> Result<()> {
        let mut all = self.scenario.invariants.iter().enumerate();
        let Some((_, invariant)) = all.find(|(index, _)| !self.compared.contains(index)) else { return Ok(()) };
        let message = format!("the invariant `{}` was never compared", invariant.what.value);
        Err(Problem::new("hexapla::scenario::invariant", message)
            .at(&self.scenario.source, &invariant.what.span, "a name in it is never known")
            .with_help("an invariant holds from the step at which all its names are known; check how they are written"))
    }
}
