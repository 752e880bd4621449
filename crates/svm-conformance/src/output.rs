//! Results to stdout, problems to stderr.

use anstream::{AutoStream, ColorChoice};
use hexapla_scenario::{
    problem::{Problem, Result},
    text::escape_control_chars_in_json,
};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use std::io::{self, Write as _};

/// Width of messages where nobody's terminal says it.
const MESSAGE_COLUMNS: usize = 110;

/// Writes a result. That nobody reads it any more is no problem (`… | head`).
pub(crate) fn result(text: &str) -> Result<()> {
    let mut stream = AutoStream::new(io::stdout().lock(), ColorChoice::Auto);
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let problem = Problem::new("hexapla::output", "the result cannot be written to the standard output");
            Err(problem.because(error))
        }
        _ => Ok(()),
    }
}

/// Writes a JSON document as the result.
pub(crate) fn json(document: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(document)
        .map_err(|error| Problem::new("hexapla::output", "the result cannot be written as JSON").because(error))?;
    result(&(escape_control_chars_in_json(&text) + "\n"))
}

/// Explains a problem. Where even that fails, there is nobody left to tell.
pub(crate) fn problem(problem: &dyn Diagnostic) {
    let handler =
        GraphicalReportHandler::new_themed(GraphicalTheme::unicode()).with_width(MESSAGE_COLUMNS).with_links(false);
    let mut text = String::new();
    let shown = handler.render_report(&mut text, problem).map_or_else(|_| problem.to_string(), |()| text.clone());
    let _ = writeln!(AutoStream::new(io::stderr().lock(), ColorChoice::Auto), "{}", shown.trim_end());
}
