//! The text of a scenario and its place.

use crate::text::{escape_control_chars, escape_control_chars_in_place};
use miette::NamedSource;
use std::{
    ops::Range,
    path::{Path, PathBuf},
};

/// The file that a folder's scenario stands in.
pub const FILE_NAME: &str = "scenario.toml";

/// The files that were read, one behind the other: places are bytes from the beginning of the first, which is the
/// scenario's own. The others are those that it includes.
#[derive(Debug)]
pub struct Source {
    own: File,
    included: Vec<File>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    /// Where it begins.
    begin: usize,
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
        Self { own: File::new(path, 0, text), included: Vec::new() }
    }

    /// The same with a file that it includes behind the others.
    pub(crate) fn with(mut self, path: PathBuf, text: String) -> Self {
        let begin = self.included.last().unwrap_or(&self.own).end() + 1;
        self.included.push(File::new(path, begin, text));
        self
    }

    /// The text of the scenario's own file.
    pub fn text(&self) -> &str {
        &self.own.text
    }

    /// The scenario's own file.
    pub fn path(&self) -> &Path {
        &self.own.path
    }

    /// The text at a place.
    pub(crate) fn excerpt(&self, span: &Range<usize>) -> &str {
        let (file, span) = self.locate(span);
        file.text.get(span).unwrap_or_default()
    }

    /// A path that stands at a place, relative to its file.
    pub fn relative(&self, path: &str, span: &Range<usize>) -> PathBuf {
        self.locate(span).0.path.parent().unwrap_or(Path::new("")).join(path)
    }

    /// The file of a place as messages show it, and the place in it.
    pub fn shown(&self, span: &Range<usize>) -> (&NamedSource<String>, Range<usize>) {
        let (file, span) = self.locate(span);
        (&file.named, span)
    }

    /// The texts of all files in their order, each with so much room before it that places in it are those of all files
    /// together.
    pub(crate) fn texts(&self) -> Vec<String> {
        let files = [&self.own].into_iter().chain(&self.included);
        files.map(|file| format!("{}{}", " ".repeat(file.begin), file.text)).collect()
    }

    /// The file of a place, and the place in it.
    fn locate(&self, span: &Range<usize>) -> (&File, Range<usize>) {
        let file = self.included.iter().rev().find(|file| file.begin <= span.start).unwrap_or(&self.own);
        let within = |place: usize| place.saturating_sub(file.begin).min(file.text.len());
        (file, within(span.start)..within(span.end))
    }
}

impl File {
    fn new(path: PathBuf, begin: usize, text: String) -> Self {
        let named =
            NamedSource::new(escape_control_chars(&path.display().to_string()), escape_control_chars_in_place(&text))
                .with_language("TOML");
        Self { path, begin, text, named }
    }

    fn end(&self) -> usize {
        self.begin + self.text.len()
    }
}
