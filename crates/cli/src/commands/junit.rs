//! What came out of scenarios as JUnit's XML, which services for continuous integration read: a suite for each scenario, a
//! case for each step.

use hexapla_scenario::{
    check::Tested,
    report::{Check, StepReport},
};
use std::{fmt::Write as _, time::Duration};

/// The document.
pub(super) fn document(tested: &[Tested], elapsed: Duration) -> String {
    let suites: Vec<Suite> = tested.iter().map(Suite::of).collect();
    let sum = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>();
    let (tests, failures, errors) = (sum(|suite| suite.cases.len()), sum(Suite::failures), sum(Suite::errors));
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
    let _ = writeln!(text, "<testsuites name=\"hexapla\" {counts} time=\"{}\">", seconds(elapsed));
    suites.iter().for_each(|suite| suite.write(&mut text));
    text + "</testsuites>\n"
}

struct Suite {
    name: String,
    elapsed: Duration,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    elapsed: Duration,
    outcome: Outcome,
}

enum Outcome {
    Holds,
    /// What does not hold, a sentence each.
    Fails(Vec<String>),
    /// Why the scenario cannot be used.
    Unusable(String),
}

impl Suite {
    fn of(tested: &Tested) -> Self {
        let cases = match &tested.result {
            Ok(played) => played.steps.iter().map(Case::of).collect(),
            Err(problem) => {
                let outcome = Outcome::Unusable(problem.message().to_owned());
                vec![Case { name: "the scenario can be used".to_owned(), elapsed: tested.elapsed, outcome }]
            }
        };
        Self { name: tested.name(), elapsed: tested.elapsed, cases }
    }

    fn failures(&self) -> usize {
        self.cases.iter().filter(|case| matches!(case.outcome, Outcome::Fails(_))).count()
    }

    fn errors(&self) -> usize {
        self.cases.iter().filter(|case| matches!(case.outcome, Outcome::Unusable(_))).count()
    }

    fn write(&self, text: &mut String) {
        let name = escaped(&self.name);
        let counts = format!(
            "tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\"",
            self.cases.len(),
            self.failures(),
            self.errors(),
            seconds(self.elapsed)
        );
        let _ = writeln!(text, "  <testsuite name=\"{name}\" {counts}>");
        for case in &self.cases {
            let head = format!(
                "    <testcase classname=\"{name}\" name=\"{}\" time=\"{}\"",
                escaped(&case.name),
                seconds(case.elapsed)
            );
            let _ = match &case.outcome {
                Outcome::Holds => writeln!(text, "{head}/>"),
                Outcome::Fails(reasons) => {
                    let first = escaped(reasons.first().map_or("", String::as_str));
                    let all = escaped(&reasons.join("\n"));
                    writeln!(text, "{head}>\n      <failure message=\"{first}\">{all}</failure>\n    </testcase>")
                }
                Outcome::Unusable(reason) => {
                    writeln!(text, "{head}>\n      <error message=\"{}\"/>\n    </testcase>", escaped(reason))
                }
            };
        }
        text.push_str("  </testsuite>\n");
    }
}

impl Case {
    fn of(report: &StepReport) -> Self {
        let call = report.sent.as_ref().and_then(|sent| sent.call.as_ref()).map(|call| call.text.as_str());
        let name = report.label.as_deref().or(call).or(report.note.as_deref()).unwrap_or("check");
        let reason =
            |check: &Check| format!("{}: expected {}, observed {}", check.what, check.expected, check.observed);
        let reasons: Vec<String> = report.failures().map(reason).collect();
        let outcome = if reasons.is_empty() { Outcome::Holds } else { Outcome::Fails(reasons) };
        Self { name: format!("{} {name}", report.number), elapsed: report.elapsed, outcome }
    }
}

fn seconds(elapsed: Duration) -> String {
    format!("{:.3}", elapsed.as_secs_f64())
}

/// Text inside of XML, in attributes too. What XML cannot hold becomes `\u{fffd}`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            letter if letter.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guests_text_cannot_leave_its_place_in_the_document() {
        let fails = Outcome::Fails(vec!["a\"b<c>&\u{1b}[2J".to_owned(), "second\nline".to_owned()]);
        let case = Case { name: "<1>".to_owned(), elapsed: Duration::from_millis(1500), outcome: fails };
        let suite = Suite { name: "x\"y".to_owned(), elapsed: Duration::ZERO, cases: vec![case] };
        let mut text = String::new();
        suite.write(&mut text);
        let expected = "  <testsuite name=\"x&quot;y\" tests=\"1\" failures=\"1\" errors=\"0\" time=\"0.000\">\n    \
            <testcase classname=\"x&quot;y\" name=\"&lt;1&gt;\" time=\"1.500\">\n      \
            <failure message=\"a&quot;b&lt;c&gt;&amp;\u{fffd}[2J\">a&quot;b&lt;c&gt;&amp;\u{fffd}[2J&#10;second&#10;line</failure>\n    \
            </testcase>\n  </testsuite>\n";
        assert_eq!(text, expected);
    }
}
