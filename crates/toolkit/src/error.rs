//! What is wrong with something that a toolkit was given.

use std::{error::Error, fmt};

/// Input that a toolkit cannot use: which topic, at which option, why, and what to do about it.
#[derive(Debug)]
pub struct ToolError {
    /// What it is about, as messages are filed: `scenario::key`, `artefact::form`.
    pub topic: &'static str,
    /// The option that is wrong, where it is one.
    pub field: Option<&'static str>,
    /// The sentence.
    pub message: String,
    /// A few words for the place of the option.
    pub label: Option<&'static str>,
    /// What to do about it.
    pub help: Option<String>,
    /// What led to it.
    pub cause: Option<Box<dyn Error + Send + Sync>>,
}

impl ToolError {
    /// An error with a sentence.
    pub fn new(topic: &'static str, message: impl Into<String>) -> Self {
        Self { topic, field: None, message: message.into(), label: None, help: None, cause: None }
    }

    /// At an option, with a few words for its place.
    #[must_use]
    pub fn at(self, field: &'static str, label: &'static str) -> Self {
        Self { field: Some(field), label: Some(label), ..self }
    }

    /// What to do about it.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// What led to it.
    #[must_use]
    pub fn because(self, cause: impl Error + Send + Sync + 'static) -> Self {
        Self { cause: Some(Box::new(cause)), ..self }
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ToolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}
