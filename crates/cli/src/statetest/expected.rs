//! The cases that are known not to pass, each with a reason.

use hexapla_scenario::problem::{Problem, Result};
use serde::Deserialize;
use std::path::Path;

const BUILT_IN: &str = include_str!("expected_failures.toml");

/// What is known about a case that is listed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Name of the file, without folders. Either this or `fork`.
    file: Option<String>,
    /// Name of the fork, as the tests spell it.
    fork: Option<String>,
    /// Part of the case's name within the file; all cases by default.
    case: Option<String>,
    /// Run it, and complain if it passes. Off for cases that take minutes or that cannot be read.
    #[serde(default = "yes")]
    pub(super) run: bool,
    /// Why it does not pass.
    pub(super) reason: String,
}

fn yes() -> bool {
    true
}

/// The list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    #[serde(default, rename = "failure")]
    failures: Vec<Entry>,
}

impl Expected {
    pub(super) fn built_in() -> Result<Self> {
        Self::parse("the built-in list of expected failures", BUILT_IN)
    }

    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| Problem::file(path, "read", error))?;
        Self::parse(&path.display().to_string(), &text)
    }

    fn parse(name: &str, text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| {
            let message = format!("{name} is not a list of expected failures: {error}");
            Problem::new("hexapla::statetest::expected_failures", message).with_help(
                "each entry is `[[failure]]` with `file` or `fork`, perhaps `case` and `run`, and a `reason`",
            )
        })
    }

    /// What the list says of a case.
    pub(super) fn entry(&self, file: &Path, case: &str, fork: &str) -> Option<&Entry> {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        self.failures.iter().find(|entry| {
            (entry.file.is_some() || entry.fork.is_some())
                && entry.file.as_deref().is_none_or(|file| file == name)
                && entry.fork.as_deref().is_none_or(|listed| listed == fork)
                && entry.case.as_deref().is_none_or(|part| case.contains(part))
        })
    }

    /// Why a whole file need not even be read.
    pub(super) fn unread(&self, file: &Path) -> Option<&Entry> {
        let name = file.file_name().and_then(|name| name.to_str())?;
        self.failures.iter().find(|entry| {
            !entry.run && entry.case.is_none() && entry.fork.is_none() && entry.file.as_deref() == Some(name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_reads_and_every_entry_names_something_and_a_reason() {
        let expected = Expected::built_in().unwrap();
        assert!(!expected.failures.is_empty());
        for entry in &expected.failures {
            assert!(entry.file.is_some() || entry.fork.is_some(), "{entry:?}");
            assert!(entry.reason.len() > 20, "{entry:?}");
        }
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let error = Expected::parse("x", "[[failure]]\nfiel = \"a\"\nreason = \"b\"").unwrap_err();
        assert!(error.to_string().contains("fiel"), "{error}");
    }
}
