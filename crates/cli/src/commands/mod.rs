//! The commands. Each gives `Ok(true)` where everything holds.

pub(crate) mod abi;
pub(crate) mod bind;
pub(crate) mod completions;
pub(crate) mod proof;
pub(crate) mod run;
pub(crate) mod test;
pub(crate) mod verify_proof;

use crate::output::Output;
use hexapla_scenario::{Problem, Scenario, report::StepReport};

const LABEL_CHARS_MAX: usize = 160;

/// Points at each expectation that does not hold.
pub(crate) fn show_failures(output: &Output, scenario: &Scenario, report: &StepReport) {
    for check in report.failures() {
        let message = format!("step {}: {} is not as expected", report.number, check.what);
        let label = format!("observed {}", cut(&check.observed.replace('\n', "; ")));
        output.problem(&*Problem::new("hexapla::expectation", message).at(&scenario.source, &check.span, label));
    }
}

/// A label is one line beside the text it points at.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LABEL_CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
