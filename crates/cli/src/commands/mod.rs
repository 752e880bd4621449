//! The commands. Each gives `Ok(true)` where everything holds.

pub(crate) mod abi;
pub(crate) mod address;
pub(crate) mod bind;
pub(crate) mod check;
pub(crate) mod completions;
mod ids;
pub(crate) mod init;
mod junit;
pub(crate) mod proof;
mod proved;
pub(crate) mod run;
mod stated;
pub(crate) mod test;
pub(crate) mod verify_proof;
mod watch;

use crate::output::Output;
use hexapla_abi::{Interface, InterfaceError};
use hexapla_scenario::{Problem, Scenario, files, problem::Result, report::StepReport};
use std::path::Path;

const LABEL_CHARS_MAX: usize = 160;

/// Reads the interface in a file, of this contract where the file has several. One without a name has that of the file.
pub(crate) fn interface_in(file: &Path, contract: Option<&str>, code: &'static str) -> Result<Interface> {
    let text = files::read_text(file, "read the interface", files::BYTES_MAX)?;
    let read = contract.map_or_else(|| Interface::detect(&text), |name| Interface::detect_named(&text, name));
    let mut interface = read.map_err(|error| {
        let help = match error {
            InterfaceError::Which { .. } => "say which one with `--contract NAME`",
            _ => "`hexapla bind --help` says which forms of interfaces are read",
        };
        let message = format!("{} is no interface that can be used", file.display());
        Problem::new(code, message).because(error).with_help(help)
    })?;
    if interface.name.is_empty() {
        // An ABI alone does not say whose it is.
        interface.name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    }
    Ok(interface)
}

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
