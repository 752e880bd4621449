//! Where text goes: results to stdout, everything else to stderr. Colours where people look.

use crate::problem::{Problem, Result};
use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

/// Width of messages where nobody's terminal says it.
const MESSAGE_COLUMNS: usize = 110;

/// `--color`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On terminals, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always, even into files.
    Always,
    /// Never.
    Never,
}

impl Colour {
    const fn choice(self) -> ColorChoice {
        match self {
            Self::Auto => ColorChoice::Auto,
            Self::Always => ColorChoice::Always,
            Self::Never => ColorChoice::Never,
        }
    }
}

/// Both streams.
pub(crate) struct Output {
    colour: Colour,
    verbose: bool,
    /// Nobody reads stdout any more (`hexapla … | head`).
    closed: bool,
}

impl Output {
    pub(crate) const fn new(colour: Colour, verbose: bool) -> Self {
        Self { colour, verbose, closed: false }
    }

    pub(crate) const fn verbose(&self) -> bool {
        self.verbose
    }

    /// Writes a result.
    pub(crate) fn result(&mut self, text: &str) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        let mut stream = AutoStream::new(io::stdout().lock(), self.colour.choice());
        match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.closed = true,
            Err(error) => {
                let problem = Problem::new("hexapla::output", "the result cannot be written to the standard output");
                return Err(problem.because(error));
            }
            Ok(()) => {}
        }
        Ok(())
    }

    /// Writes a JSON document as the result.
    pub(crate) fn json(&mut self, document: &impl serde::Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(document)
            .map_err(|error| Problem::new("hexapla::output", "the result cannot be written as JSON").because(error))?;
        self.result(&(harmless_json(&text) + "\n"))
    }

    /// Says something that is not the result. Where even that fails, there is nobody left to tell.
    pub(crate) fn note(&self, text: &str) {
        let mut stream = AutoStream::new(io::stderr().lock(), self.colour.choice());
        let _ = writeln!(stream, "{text}");
    }

    /// Says something that only the curious want to know.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            self.note(text);
        }
    }

    /// Explains a problem.
    pub(crate) fn problem(&self, problem: &dyn Diagnostic) {
        let handler =
            GraphicalReportHandler::new_themed(GraphicalTheme::unicode()).with_width(MESSAGE_COLUMNS).with_links(false);
        let mut text = String::new();
        match handler.render_report(&mut text, problem) {
            Ok(()) => self.note(text.trim_end()),
            Err(_) => self.note(&problem.to_string()),
        }
    }
}

/// Text with a style; removed again where colours are not wanted.
pub(crate) fn paint(style: Style, text: &str) -> String {
    let mut painted = String::new();
    let _ = match style {
        Style::Rgb(r, g, b) => write!(painted, "\x1b[38;2;{r};{g};{b}m{text}\x1b[0m"),
        Style::Code(code) => write!(painted, "\x1b[{code}m{text}\x1b[0m"),
    };
    painted
}

/// A style.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
    Rgb(u8, u8, u8),
    Code(&'static str),
}

impl Style {
    pub(crate) const BOLD: Self = Self::Code("1");
    pub(crate) const DIM: Self = Self::Code("2");
    pub(crate) const GOOD: Self = Self::Code("32");
    pub(crate) const BAD: Self = Self::Code("31");
    pub(crate) const UNDONE: Self = Self::Code("2;9");

    /// The colour of a VM, the same wherever hexapla shows one.
    pub(crate) fn of_vm(vm: &str) -> Self {
        match vm {
            "evm" => Self::Rgb(0x7a, 0xa2, 0xf7),
            "wasm" => Self::Rgb(0xbb, 0x9a, 0xf7),
            "svm" => Self::Rgb(0x3f, 0xd6, 0xa8),
            "move" => Self::Rgb(0xf2, 0xb6, 0x5a),
            "cairo" => Self::Rgb(0xf7, 0x76, 0x8e),
            "fuel" => Self::Rgb(0x73, 0xda, 0xca),
            _ => Self::BOLD,
        }
    }
}

/// Text from outside, with `\u{fffd}` for what a terminal would obey or not show.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c == '\n' || is_visible(c) { c } else { '\u{fffd}' }).collect()
}

/// The same, but each byte that is replaced becomes a `?`, so that positions stay what they are.
pub(crate) fn harmless_in_place(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.push(c),
            c if is_visible(c) => shown.push(c),
            c => shown.push_str("????".get(..c.len_utf8()).unwrap_or_default()),
        }
    }
    shown
}

/// JSON with such characters as `\u` escapes; they stand in its texts only.
fn harmless_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || is_visible(c) {
            shown.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    shown
}

/// Neither a control character nor one that reorders or hides others.
fn is_visible(c: char) -> bool {
    matches!(c, ' '..='~') || !c.is_control() && c.escape_debug().count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_replaced_and_the_rest_is_not() {
        let text = "a\u{1b}[2J\u{9b}\u{202e}→ é \"\\";
        assert_eq!(harmless(text), "a\u{fffd}[2J\u{fffd}\u{fffd}→ é \"\\");
        assert_eq!(harmless_in_place(text), "a?[2J?????→ é \"\\");
        assert_eq!(harmless_in_place(text).len(), text.len());
        let json = serde_json::to_string(text).unwrap();
        assert!(!harmless_json(&json).contains(['\u{1b}', '\u{9b}', '\u{202e}']));
        assert_eq!(serde_json::from_str::<String>(&harmless_json(&json)).unwrap(), text);
    }
}
