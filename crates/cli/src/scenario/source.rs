//! The text of a scenario and its place.

use crate::{
    output::{harmless, harmless_in_place},
    problem::{Problem, Result},
};
use miette::NamedSource;
use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The file that a folder's scenario stands in.
pub(crate) const FILE_NAME: &str = "scenario.toml";

/// A file that was read, for messages that point into it.
#[derive(Debug)]
pub(crate) struct Source {
    path: PathBuf,
    text: String,
    /// For messages: without anything that a terminal would obey.
    named: NamedSource<String>,
}

/// Something that was read, and where.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
}

impl<T> At<T> {
    pub(crate) const fn new(value: T, span: Range<usize>) -> Self {
        Self { value, span }
    }
}

impl Source {
    /// Reads the scenario file, or the `scenario.toml` of a folder.
    pub(crate) fn read(path: &Path) -> Result<Arc<Self>> {
        let path = if path.is_dir() { path.join(FILE_NAME) } else { path.to_owned() };
        let bytes = std::fs::read(&path).map_err(|error| {
            let problem = Problem::file(&path, "read the scenario", error);
            if path.ends_with(FILE_NAME) {
                problem.with_help("a scenario is a folder with a `scenario.toml`, or a TOML file; docs/scenario.md says what is in it")
            } else {
                problem
            }
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            Problem::new("hexapla::scenario::encoding", format!("{} is not UTF-8 text", path.display()))
                .because(error.utf8_error())
                .with_help("a scenario is a TOML file; save it as UTF-8")
        })?;
        Ok(Arc::new(Self::new(path, text)))
    }

    /// A source that was read already.
    pub(crate) fn new(path: PathBuf, text: String) -> Self {
        let named =
            NamedSource::new(harmless(&path.display().to_string()), harmless_in_place(&text)).with_language("TOML");
        Self { path, text, named }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A path in the scenario, relative to its file.
    pub(crate) fn relative(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    pub(crate) const fn named(&self) -> &NamedSource<String> {
        &self.named
    }
}
