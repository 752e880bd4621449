//! What the user gave cannot be used: code, place, and what to do about it.

use crate::{source::Source, text::escape_control_chars};
use hexapla_toolkit::ToolError;
use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};
use std::{borrow::Cow, error::Error, fmt, io, ops::Range, path::Path, sync::Arc};

/// Result of anything that may find fault with its input.
pub type Result<T, E = Box<Problem>> = std::result::Result<T, E>;

/// The code of a name that is not known.
pub(crate) const UNKNOWN_NAME: &str = "hexapla::unknown_name";

/// The code of a result that was not saved.
pub(crate) const NOT_SAVED: &str = "hexapla::scenario::not_saved";

/// Bad input, or a host that does not cooperate.
#[derive(Debug)]
pub struct Problem {
    code: Cow<'static, str>,
    message: String,
    help: Option<String>,
    place: Option<Place>,
    cause: Option<Box<dyn Error + Send + Sync>>,
    severity: Severity,
}

#[derive(Debug)]
struct Place {
    source: Arc<Source>,
    span: Range<usize>,
    label: String,
}

impl Problem {
    /// A problem with a code such as `hexapla::scenario::unknown_key` and a sentence.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Box<Self> {
        let (code, message) = (code.into(), escape_control_chars(&message.into()));
        Box::new(Self { code, message, help: None, place: None, cause: None, severity: Severity::Error })
    }

    /// A file cannot be read or written.
    pub fn file(path: &Path, doing: &str, error: io::Error) -> Box<Self> {
        let help = match error.kind() {
            io::ErrorKind::NotFound => {
                "check the path; it is relative to the current folder, in a scenario to its file"
            }
            io::ErrorKind::PermissionDenied => "check the permissions of the file and of its folders",
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space and try again",
            io::ErrorKind::IsADirectory => "name a file, not a folder",
            _ => "check the path and the disk",
        };
        Self::new("hexapla::file", format!("cannot {doing} {}", path.display())).because(error).with_help(help)
    }

    /// What to do about it.
    pub fn with_help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help = Some(escape_control_chars(&help.into()));
        self
    }

    /// Where it is. Keeps a place that is known already: the inner one is nearer.
    pub fn at(mut self: Box<Self>, source: &Arc<Source>, span: &Range<usize>, label: impl Into<String>) -> Box<Self> {
        if self.place.is_none() {
            self.place =
                Some(Place { source: source.clone(), span: span.clone(), label: escape_control_chars(&label.into()) });
        }
        self
    }

    /// What led to it.
    pub fn because(mut self: Box<Self>, cause: impl Error + Send + Sync + 'static) -> Box<Self> {
        self.cause = Some(Box::new(cause));
        self
    }

    /// Whether a name was not known, or nothing was saved under it.
    pub(crate) fn is_unknown_name(&self) -> bool {
        self.code == UNKNOWN_NAME || self.code == NOT_SAVED
    }

    /// The same, of a step that is played with several values.
    pub(crate) fn in_case(mut self: Box<Self>, case: &str) -> Box<Self> {
        self.message = format!("{}, with {}", self.message, escape_control_chars(case));
        self
    }

    /// The sentence.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&*self.code))
    }

    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| place.source.shown(&place.span).0 as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        let (_, span) = place.source.shown(&place.span);
        let label = LabeledSpan::new_with_span(Some(place.label.clone()), span);
        Some(Box::new(std::iter::once(label)))
    }
}

impl From<hexapla::ChainError> for Box<Problem> {
    fn from(error: hexapla::ChainError) -> Self {
        use hexapla::{ChainError, ExecuteError};
        let (code, message, help) = match &error {
            ChainError::Execute(ExecuteError::Invalid(_)) => (
                "hexapla::transaction::invalid",
                "the transaction is not valid",
                "nothing was executed; check sender, value and gas of the step, or expect it: `expect = { invalid = \"…\" }`",
            ),
            ChainError::Execute(ExecuteError::Rejected(_)) => (
                "hexapla::transaction::invalid",
                "the transaction is not valid",
                "nothing was executed and no fee was paid; check the sender's balance, and how much the step says",
            ),
            ChainError::Execute(ExecuteError::Block(_)) => {
                ("hexapla::block::invalid", "no block can be made", "check what the scenario has set at that address")
            }
            ChainError::Execute(ExecuteError::Fatal(_)) => {
                ("hexapla::execution", "execution was aborted by the host", "please report this with the scenario")
            }
            ChainError::NotInMemory => (
                "hexapla::scenario::snapshot",
                "this chain cannot be taken back",
                "play the scenario without a database",
            ),
            ChainError::TooFar => ("hexapla::scenario::moment", "there are not so many blocks", "skip fewer blocks"),
            _ => {
                ("hexapla::state", "the state cannot be read or written", "the message says which file and what to do")
            }
        };
        Problem::new(code, message).because(error).with_help(help)
    }
}

impl From<ToolError> for Box<Problem> {
    fn from(error: ToolError) -> Self {
        let mut problem = Problem::new(format!("hexapla::{}", error.topic), error.message);
        problem.cause = error.cause.map(|cause| cause as _);
        match error.help {
            Some(help) => problem.with_help(help),
            None => problem,
        }
    }
}

impl From<hexapla_store::StoreError> for Box<Problem> {
    fn from(error: hexapla_store::StoreError) -> Self {
        Problem::new("hexapla::store", "the database cannot be used").because(error)
    }
}
