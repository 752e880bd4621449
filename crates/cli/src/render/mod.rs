//! Reports as text for people and as JSON for programs.
//!
//! - [`text`]: a scenario as it is played; `tree`: one call tree; `wrap`: lines that fit a terminal
//! - [`changes`]: what a transaction changed
//! - [`json`]: everything as one document

pub(crate) mod changes;
pub(crate) mod json;
pub(crate) mod text;
mod tree;
mod wrap;

pub(crate) use wrap::Line;

const LINE_CHARS_MAX: usize = 400;

/// A line that may be raw data, cut.
fn shortened(line: &str) -> String {
    match line.char_indices().nth(LINE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}
