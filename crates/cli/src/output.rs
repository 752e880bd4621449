//! Where text goes: results to stdout, everything else to stderr. Colours where people look.

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use hexapla::toolkit::Toolkits;
use hexapla_scenario::problem::{Problem, Result};
pub(crate) use hexapla_scenario::text::escape_control_chars;
use hexapla_scenario::text::escape_control_chars_in_json;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use std::{
    env,
    fmt::Write as _,
    io::{self, Write as _},
    sync::LazyLock,
};
use terminal_size::{Height, Width};

/// For the colours of VMs.
static TOOLKITS: LazyLock<Toolkits> = LazyLock::new(hexapla::toolkits);

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
        self.result(&(escape_control_chars_in_json(&text) + "\n"))
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
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode())
            .with_width(message_columns())
            .with_links(false);
        let mut text = String::new();
        match handler.render_report(&mut text, problem) {
            Ok(()) => self.note(text.trim_end()),
            Err(_) => self.note(&problem.to_string()),
        }
    }
}

/// Columns of the terminal that reads stdout: what COLUMNS says, else what the terminal says. `None` where neither does:
/// then lines are as long as they are, for whatever reads them.
pub(crate) fn columns() -> Option<usize> {
    given_columns().or_else(|| columns_of(terminal_size::terminal_size_of(io::stdout())))
}

/// The same for messages, which are not longer than people like to read.
fn message_columns() -> usize {
    let columns = given_columns().or_else(|| columns_of(terminal_size::terminal_size_of(io::stderr())));
    columns.map_or(MESSAGE_COLUMNS, |columns| columns.min(MESSAGE_COLUMNS))
}

fn given_columns() -> Option<usize> {
    let given = env::var("COLUMNS").ok()?.parse().ok();
    given.filter(|columns| *columns >= COLUMNS_MIN)
}

fn columns_of(size: Option<(Width, Height)>) -> Option<usize> {
    size.map(|(width, _)| width.0.into()).filter(|columns| *columns >= COLUMNS_MIN)
}

/// Terminals that are narrower than this say nothing useful about themselves.
const COLUMNS_MIN: usize = 20;

/// What ends every style.
pub(crate) const RESET: &str = "\x1b[0m";

/// Text with a style; removed again where colours are not wanted.
pub(crate) fn paint(style: Style, text: &str) -> String {
    let mut painted = String::new();
    let _ = match style {
        Style::Rgb(r, g, b) => write!(painted, "\x1b[38;2;{r};{g};{b}m{text}{RESET}"),
        Style::Code(code) => write!(painted, "\x1b[{code}m{text}{RESET}"),
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
        let toolkit = TOOLKITS.named(vm).map(|toolkit| toolkit.words().colour);
        toolkit.map_or(Self::BOLD, |(red, green, blue)| Self::Rgb(red, green, blue))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vm_has_a_colour_of_its_own() {
        let mut colours: Vec<_> = TOOLKITS.iter().map(|toolkit| toolkit.words().colour).collect();
        let all = colours.len();
        colours.sort_unstable();
        colours.dedup();
        assert_eq!((colours.len(), all > 1), (all, true));
        assert!(matches!(Style::of_vm("evm"), Style::Rgb(..)) && matches!(Style::of_vm("nobody"), Style::Code(_)));
    }
}
