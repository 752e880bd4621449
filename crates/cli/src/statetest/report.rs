//! Counts and failures, for people and for programs.

use super::case::{CaseResult, Verdict};
use serde::Serialize;
use std::time::Duration;

/// Failures printed in full; the rest is counted.
const FAILURES_SHOWN: usize = 50;

/// What came out of a run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    files: usize,
    passed: usize,
    failed: usize,
    expected_failures: usize,
    unexpected_passes: usize,
    not_run: usize,
    /// Everything but the passes.
    cases: Vec<CaseResult>,
}

impl Report {
    pub(super) fn new(files: usize, results: Vec<CaseResult>) -> Self {
        let count = |wanted: fn(&Verdict) -> bool| results.iter().filter(|result| wanted(&result.verdict)).count();
        Self {
            files,
            passed: count(|verdict| matches!(verdict, Verdict::Pass)),
            failed: count(|verdict| matches!(verdict, Verdict::Fail(_))),
            expected_failures: count(|verdict| matches!(verdict, Verdict::ExpectedFail(_))),
            unexpected_passes: count(|verdict| matches!(verdict, Verdict::UnexpectedPass(_))),
            not_run: count(|verdict| matches!(verdict, Verdict::NotRun(_))),
            cases: results.into_iter().filter(|result| result.verdict != Verdict::Pass).collect(),
        }
    }

    pub(super) fn is_success(&self) -> bool {
        self.failed == 0 && self.unexpected_passes == 0
    }

    /// Failures, then counts.
    pub(super) fn text(&self, elapsed: Duration) -> String {
        let mut text = String::new();
        for result in self.failures().take(FAILURES_SHOWN) {
            let (word, reason) = match &result.verdict {
                Verdict::UnexpectedPass(reason) => ("passes, remove it from the list:", reason),
                Verdict::Fail(reason) => ("fails:", reason),
                _ => continue,
            };
            text += &format!("{} {}\n    {word} {reason}\n", result.file.display(), result.case);
        }
        let hidden = self.failures().count().saturating_sub(FAILURES_SHOWN);
        if hidden > 0 {
            text += &format!("… and {hidden} more; --json lists all\n");
        }
        text += &format!(
            "{} files in {:.1} s: {} pass, {} fail",
            self.files,
            elapsed.as_secs_f64(),
            self.passed,
            self.failed
        );
        for (count, what) in [
            (self.expected_failures, "fail as expected"),
            (self.unexpected_passes, "pass unexpectedly"),
            (self.not_run, "not run (--json says why)"),
        ] {
            if count > 0 {
                text += &format!(", {count} {what}");
            }
        }
        text + "\n"
    }

    fn failures(&self) -> impl Iterator<Item = &CaseResult> {
        self.cases.iter().filter(|result| matches!(result.verdict, Verdict::Fail(_) | Verdict::UnexpectedPass(_)))
    }
}
