//! The commands. Each gives `Ok(true)` where everything holds.

pub(crate) mod proof;
pub(crate) mod run;
pub(crate) mod test;
pub(crate) mod verify_proof;

use crate::{
    output::Output,
    play::report::StepReport,
    problem::Problem,
    scenario::Scenario,
};

/// Points at each expectation that does not hold.
pub(crate) fn show_failures(output: &Output, scenario: &Scenario, report: &StepReport) {
    for check in report.failures() {
        let message = format!("step {}: {} is not as expected", report.number, check.what);
        let label = format!("observed {}", check.observed.replace('\n', "; "));
        output.problem(&*Problem::new("hexapla::expectation", message).at(&scenario.source, &check.span, label));
    }
}
