//! The fixtures that are known not to pass, each with a reason.

use crate::problem::{Problem, Result};
use serde::Deserialize;
use std::path::Path;

/// What is known about a fixture.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The end of its path, in whole names: `a.fix` or `system/a.fix`.
    file: String,
    /// Why it does not pass.
    reason: String,
}

/// The list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    #[serde(default, rename = "failure")]
    failures: Vec<Entry>,
}

impl Listed {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| Problem::file(path, "read", error))?;
        Self::parse(&path.display().to_string(), &text)
    }

    fn parse(name: &str, text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| {
            let message = format!("{name} is not a list of expected failures: {error}");
            Problem::new("hexapla::svm_fixture::list", message)
                .with_help("each entry is `[[failure]]` with `file` and a `reason`")
        })
    }

    /// Why a fixture does not pass, if the list says so.
    pub(super) fn reason(&self, file: &Path) -> Option<&str> {
        self.failures.iter().find(|entry| file.ends_with(&entry.file)).map(|entry| entry.reason.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_the_end_of_a_path_in_whole_names() {
        let listed = Listed::parse("x", "[[failure]]\nfile = \"b/c.fix\"\nreason = \"why\"").unwrap();
        assert_eq!(listed.reason(Path::new("/a/b/c.fix")), Some("why"));
        assert_eq!(listed.reason(Path::new("/a/bb/c.fix")), None);
        assert_eq!(listed.reason(Path::new("/a/b/d.fix")), None);
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let error = Listed::parse("x", "[[failure]]\nfiel = \"a\"\nreason = \"b\"").unwrap_err();
        assert!(error.to_string().contains("fiel"), "{error}");
    }
}
