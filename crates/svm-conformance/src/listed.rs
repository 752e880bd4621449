//! The fixtures that are known not to pass, each with a reason.
//!
//! A fixture is listed by itself, or by a group: a folder, and how the fixtures in it differ.

use hexapla_scenario::problem::{Problem, Result};
use hexapla_svm::conformance::Verdict;
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

/// What is known about fixtures that fail in the same way.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    /// A folder that they are in, in whole names: `txn` or `txn/fixtures`.
    under: String,
    /// What may differ, each with `*` for any text. A fixture is of the group if nothing else differs.
    differs: Vec<String>,
    /// How many there are in the folder.
    count: usize,
    /// Files of the folder that were not at hand when they were counted: as many more may be of the group.
    #[serde(default)]
    unseen: usize,
    /// Why they do not pass.
    reason: String,
}

impl Group {
    /// The folder on the way to a file.
    fn folder<'a>(&self, file: &'a Path) -> Option<&'a Path> {
        file.ancestors().skip(1).find(|folder| folder.ends_with(&self.under))
    }

    fn explains(&self, file: &Path, differences: &[String]) -> bool {
        let explained = |difference: &String| self.differs.iter().any(|pattern| fits(pattern, difference));
        self.folder(file).is_some() && differences.iter().all(explained)
    }
}

/// Whether a text fits a pattern.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = text.split_once(part) else { return false };
        text = after;
    }
    text.ends_with(end)
}

/// Why a fixture does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known<'a> {
    pub(super) reason: &'a str,
    /// The place of its group, if it is listed by one.
    group: Option<usize>,
}

/// The list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KnownFailure {
    #[serde(default, rename = "failure")]
    failures: Vec<Entry>,
    #[serde(default, rename = "group")]
    groups: Vec<Group>,
}

impl KnownFailure {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| Problem::file(path, "read", error))?;
        Self::parse(&path.display().to_string(), &text)
    }

    fn parse(name: &str, text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| {
            let message = format!("{name} is not a list of expected failures: {error}");
            Problem::new("hexapla::svm_fixture::list", message).with_help(
                "an entry is `[[failure]]` with `file` and `reason`, or `[[group]]` with `under`, `differs`, `count` and `reason`",
            )
        })
    }

    /// Why a fixture does not pass, if the list says so. One that is listed by itself is known whatever became of it.
    pub(super) fn known(&self, file: &Path, verdict: &Verdict) -> Option<Known<'_>> {
        if let Some(entry) = self.failures.iter().find(|entry| file.ends_with(&entry.file)) {
            return Some(Known { reason: &entry.reason, group: None });
        }
        let Verdict::Fail { differences, .. } = verdict else { return None };
        let place = self.groups.iter().position(|group| group.explains(file, differences))?;
        self.groups.get(place).map(|group| Known { reason: &group.reason, group: Some(place) })
    }

    /// The groups that have more or fewer fixtures than the list says, a sentence each. `is_whole` tells of which folders
    /// all fixtures have run; of the others nothing can be said.
    pub(super) fn miscounted<'a>(
        &self,
        runs: impl Iterator<Item = (&'a Path, Option<Known<'a>>)> + Clone,
        is_whole: impl Fn(&Path) -> bool,
    ) -> Vec<String> {
        let judged = self
            .groups
            .iter()
            .enumerate()
            .filter(|(_, group)| runs.clone().filter_map(|(file, _)| group.folder(file)).any(&is_whole));
        let wrong = judged.filter_map(|(place, group)| {
            let of_group = |known: Option<Known<'_>>| known.is_some_and(|known| known.group == Some(place));
            let found = runs.clone().filter(|(_, known)| of_group(*known)).count();
            let Group { under, count, unseen, reason, .. } = group;
            let told = || format!("{found} fixtures below {under} fail as listed, the list says {count}: {reason}");
            (found < *count || found > count.saturating_add(*unseen)).then(told)
        });
        wrong.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use hexapla_svm::conformance::Kind;

    fn failed(differences: &[&str]) -> Verdict {
        let differences = differences.iter().map(|text| (*text).to_owned()).collect();
        Verdict::Fail { kind: Kind::Instruction, differences }
    }

    #[test]
    fn an_entry_is_the_end_of_a_path_in_whole_names() {
        let listed = KnownFailure::parse("x", "[[failure]]\nfile = \"b/c.fix\"\nreason = \"why\"").unwrap();
        let reason = |file: &'static str| {
            listed.known(Path::new(file), &Verdict::Pass(Kind::Instruction)).map(|known| known.reason)
        };
        assert_eq!(reason("/a/b/c.fix"), Some("why"));
        assert_eq!(reason("/a/bb/c.fix"), None);
        assert_eq!(reason("/a/b/d.fix"), None);
    }

    const GROUP: &str =
        "[[group]]\nunder = \"b\"\ndiffers = [\"units: *, expected *\", \"data\"]\ncount = 2\nreason = \"why\"";

    #[test]
    fn a_group_explains_only_what_it_names_and_only_in_its_folder() {
        let listed = KnownFailure::parse("x", GROUP).unwrap();
        let is_known = |file: &str, differences: &[&str]| listed.known(Path::new(file), &failed(differences)).is_some();
        assert!(is_known("/a/b/c.fix", &["units: 1, expected 2"]));
        assert!(is_known("/a/b/d/c.fix", &["data", "units: 1, expected 2"]));
        assert!(!is_known("/a/b/c.fix", &["units: 1, expected 2", "owner"]));
        assert!(!is_known("/a/bb/c.fix", &["data"]));
        assert!(!is_known("/a/b", &["data"]));
        assert!(listed.known(Path::new("/a/b/c.fix"), &Verdict::Pass(Kind::Instruction)).is_none());
    }

    #[test]
    fn a_group_is_counted_where_its_whole_folder_has_run() {
        let files = [Path::new("/a/b/1.fix"), Path::new("/a/b/2.fix"), Path::new("/a/b/3.fix")];
        let miscounted = |list: &str, failing: usize, whole: bool| {
            let listed = KnownFailure::parse("x", list).unwrap();
            let verdict = |place| if place < failing { failed(&["data"]) } else { Verdict::Pass(Kind::Instruction) };
            let verdicts: Vec<_> = (0..files.len()).map(verdict).collect();
            let runs = files.iter().zip(&verdicts).map(|(file, verdict)| (*file, listed.known(file, verdict)));
            listed.miscounted(runs, |folder| whole && folder == Path::new("/a/b"))
        };
        assert_eq!(miscounted(GROUP, 1, true), ["1 fixtures below b fail as listed, the list says 2: why"]);
        assert_eq!(miscounted(GROUP, 3, true), ["3 fixtures below b fail as listed, the list says 2: why"]);
        assert!(miscounted(GROUP, 2, true).is_empty());
        assert!(miscounted(GROUP, 1, false).is_empty());
        let unseen = format!("{GROUP}\nunseen = 1");
        assert_eq!([1, 2, 3].map(|failing| miscounted(&unseen, failing, true).len()), [1, 0, 0]);
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in
            [("a", "a"), ("a*", "a"), ("*", "abc"), ("a*c", "abbc"), ("*b*d", "abcd"), ("a*b*c", "abc")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "ab"), ("a*", "ba"), ("*a", "ab"), ("a*a", "a"), ("a*x*c", "abc")] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let error = KnownFailure::parse("x", "[[failure]]\nfiel = \"a\"\nreason = \"b\"").unwrap_err();
        assert!(error.to_string().contains("fiel"), "{error}");
    }
}
