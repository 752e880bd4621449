//! Counts, reasons and failures, for people and for programs.

use hexapla_scenario::text::escape_control_chars;
use hexapla_svm::conformance::{Kind, Verdict};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

/// Failures printed in full; the rest is counted.
const FAILURES_SHOWN: usize = 50;

/// How a fixture ended, the list considered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict", content = "reasons")]
enum Ending {
    /// As the fixture says.
    Pass,
    /// Otherwise: what differs.
    Fail(Vec<String>),
    /// Otherwise, and the list says why.
    KnownFailure(String),
    /// As the fixture says, although the list says that it does not pass.
    UnexpectedPass(String),
    /// It is about something that does not exist here.
    Skipped(String),
    /// It is no fixture.
    Unreadable(String),
}

/// One file and its end.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Run {
    file: PathBuf,
    /// What the fixture is about; none where that is not known.
    kind: Option<String>,
    #[serde(flatten)]
    ending: Ending,
}

impl Run {
    pub(super) fn new(file: &Path, verdict: Verdict, listed: Option<&str>) -> Self {
        let listed = listed.map(str::to_owned);
        let (kind, ending) = match (verdict, listed) {
            (Verdict::Pass(kind), None) => (Some(kind), Ending::Pass),
            (Verdict::Pass(kind), Some(reason)) => (Some(kind), Ending::UnexpectedPass(reason)),
            (Verdict::Fail { kind, .. }, Some(reason)) => (Some(kind), Ending::KnownFailure(reason)),
            (Verdict::Fail { kind, differences }, None) => (Some(kind), Ending::Fail(differences)),
            (Verdict::Skipped { kind, reason }, _) => (kind, Ending::Skipped(reason)),
            (Verdict::Unreadable(_), Some(reason)) => (None, Ending::KnownFailure(reason)),
            (Verdict::Unreadable(reason), None) => (None, Ending::Unreadable(reason)),
        };
        Self { file: file.to_owned(), kind: kind.map(|kind| kind.to_string()), ending }
    }
}

/// Numbers of fixtures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Counts {
    passed: usize,
    failed: usize,
    /// Failed, and the list says why.
    listed: usize,
    unexpected_passes: usize,
    skipped: usize,
    unreadable: usize,
}

impl Counts {
    fn add(&mut self, ending: &Ending) {
        *match ending {
            Ending::Pass => &mut self.passed,
            Ending::Fail(_) => &mut self.failed,
            Ending::KnownFailure(_) => &mut self.listed,
            Ending::UnexpectedPass(_) => &mut self.unexpected_passes,
            Ending::Skipped(_) => &mut self.skipped,
            Ending::Unreadable(_) => &mut self.unreadable,
        } += 1;
    }

    fn text(&self) -> String {
        let mut text = format!("{} pass, {} fail", self.passed, self.failed);
        for (count, what) in [
            (self.listed, "fail as listed"),
            (self.unexpected_passes, "pass although listed"),
            (self.skipped, "skipped"),
            (self.unreadable, "unreadable"),
        ] {
            if count > 0 {
                text += &format!(", {count} {what}");
            }
        }
        text
    }
}

/// What came out of all.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    files: usize,
    #[serde(flatten)]
    all: Counts,
    /// By what the fixtures are about.
    kinds: BTreeMap<String, Counts>,
    /// How many were skipped for which reason.
    skipped_because: BTreeMap<String, usize>,
    /// How many failed for which reason of the list.
    listed_because: BTreeMap<String, usize>,
    /// Groups of the list that have more or fewer fixtures than it says.
    miscounted: Vec<String>,
    /// Everything but passes and skipped fixtures.
    cases: Vec<Run>,
}

impl Report {
    pub(super) fn new(runs: Vec<Run>, miscounted: Vec<String>) -> Self {
        let (mut all, mut kinds) = (Counts::default(), BTreeMap::new());
        let (mut skipped_because, mut listed_because) = (BTreeMap::new(), BTreeMap::new());
        kinds.extend(Kind::ALL.map(|kind| (kind.to_string(), Counts::default())));
        for run in &runs {
            all.add(&run.ending);
            let kind = run.kind.clone().unwrap_or_else(|| "other".into());
            kinds.entry(kind).or_default().add(&run.ending);
            match &run.ending {
                Ending::Skipped(reason) => *skipped_because.entry(reason.clone()).or_default() += 1,
                Ending::KnownFailure(reason) => *listed_because.entry(reason.clone()).or_default() += 1,
                _ => {}
            }
        }
        let files = runs.len();
        let cases = runs.into_iter().filter(|run| !matches!(run.ending, Ending::Pass | Ending::Skipped(_))).collect();
        Self { files, all, kinds, skipped_because, listed_because, miscounted, cases }
    }

    pub(super) fn is_success(&self) -> bool {
        self.all.failed + self.all.unexpected_passes + self.all.unreadable + self.miscounted.len() == 0
    }

    /// Failures, then reasons for skipping, then counts.
    pub(super) fn text(&self, elapsed: Duration) -> String {
        let mut text = String::new();
        for run in self.failures().take(FAILURES_SHOWN) {
            text += &format!("{}\n", run.file.display());
            match &run.ending {
                Ending::Fail(differences) => differences.iter().for_each(|line| text += &format!("    {line}\n")),
                Ending::UnexpectedPass(reason) => {
                    text += &format!("    passes, remove it from the list: {reason}\n");
                }
                Ending::Unreadable(reason) => text += &format!("    {reason}\n"),
                Ending::Pass | Ending::KnownFailure(_) | Ending::Skipped(_) => {}
            }
        }
        let hidden = self.failures().count().saturating_sub(FAILURES_SHOWN);
        if hidden > 0 {
            text += &format!("… and {hidden} more; --json lists all\n");
        }
        for sentence in &self.miscounted {
            text += &format!("{sentence}\n");
        }
        for (reason, count) in &self.listed_because {
            text += &format!("{count} listed: {reason}\n");
        }
        for (reason, count) in &self.skipped_because {
            text += &format!("{count} skipped: {reason}\n");
        }
        for (kind, counts) in self.kinds.iter().filter(|(_, counts)| **counts != Counts::default()) {
            text += &format!("{kind}: {}\n", counts.text());
        }
        escape_control_chars(&text)
            + &format!("{} files in {:.1} s: {}\n", self.files, elapsed.as_secs_f64(), self.all.text())
    }

    fn failures(&self) -> impl Iterator<Item = &Run> {
        self.cases.iter().filter(|run| !matches!(run.ending, Ending::KnownFailure(_)))
    }
}
