//! The text of a scenario and its place.

use crate::text::{escape_control_chars, escape_control_chars_in_place};
use miette::NamedSource;
use std::{
    ops::Range,
    path::{Path, PathBuf},
};

/// The file that a folder's scenario stands in.
pub const FILE_NAME: &str = "scenario.toml";

/// A file that was read, for messages that point into it.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    text: String,
    /// For messages: without anything that a terminal would obey.
    named: NamedSource<String>,
}

/// Something that was read, and where.
#[derive(Clone, Debug)]
pub struct At<T> {
    /// What was read.
    pub value: T,
    /// Where, in bytes.
    pub span: Range<usize>,
}

impl<T> At<T> {
    /// This, read there.
    pub const fn new(value: T, span: Range<usize>) -> Self {
        Self { value, span }
    }
}

impl Source {
    /// A source that was read already.
    pub fn new(path: PathBuf, text: String) -> Self {
        let named =
            NamedSource::new(escape_control_chars(&path.display().to_string()), escape_control_chars_in_place(&text))
                .with_language("TOML");
        Self { path, text, named }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path in the scenario, relative to its file.
    pub fn relative(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    /// The text as messages show it.
    pub const fn named(&self) -> &NamedSource<String> {
        &self.named
    }
}
