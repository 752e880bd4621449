//! What `run` and `test` show: in the width of a terminal, of the steps that were asked for, and the sums last.

mod support;

use std::{
    fs,
    time::{Duration, Instant},
};
use support::{Sandbox, at_root, in_columns};

/// A scenario of three steps; the second one does not hold where `returns` is not 41.
fn counter(returns: &str) -> String {
    format!(
        "title = \"A counter\"\n[accounts]\nalice = \"1 ether\"\n\
         [[step]]\nlabel = \"It comes\"\ndeploy = \"counter\"\n\
         artefact = \"{{contracts}}/wasm/counter-as/counter-as.wasm\"\n\
         [[step]]\nlabel = \"Forty-one\"\ncall = \"counter.setNumber\"\nargs = [41]\n\
         [[step]]\nlabel = \"What is it\"\ncall = \"counter.number\"\nexpect = {{ returns = {returns} }}\n"
    )
}

/// A sandbox with a scenario that holds and one that does not.
fn two() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("good/scenario.toml", &counter("41"));
    sandbox.write("bad/scenario.toml", &counter("42").replace("A counter", "Something else"));
    sandbox
}

#[test]
fn no_line_is_longer_than_the_terminal_and_nothing_is_lost() {
    let words = |text: &str| {
        text.replace(['│', '├', '└', '─', '✓'], "").split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    for example in ["tour", "price-reader", "transfer-hook"] {
        let path = format!("examples/{example}");
        let wide = at_root(&["run", &path, "--diff"]).exits(0).stdout;
        for columns in [80, 100, 120] {
            let ran = in_columns(columns, &["run", &path, "--diff"]).exits(0);
            for line in ran.stdout.lines() {
                assert!(line.chars().count() <= columns, "{columns}: {line}");
            }
            let without_time =
                |text: &str| words(text).into_iter().take_while(|word| word != "time").collect::<String>();
            assert_eq!(without_time(&ran.stdout).replace(',', ""), without_time(&wide).replace(',', ""), "{example}");
        }
    }
}

#[test]
fn the_tour_reads_like_a_story_at_80_columns() {
    let ran = in_columns(80, &["run", "examples/tour"]).exits(0);
    let time = ran.stdout.lines().rev().find_map(|line| line.strip_prefix("time ")).expect("a time").to_owned();
    let mut redactions = snapbox::Redactions::new();
    redactions.insert("[TIME]", time).expect("a valid redaction");
    let assert = snapbox::Assert::new().redact_with(redactions).action_env("UPDATE_EXPECT");
    assert.eq(ran.stdout, snapbox::file!["snapshots/tour-80.txt"]);
}

#[test]
fn every_step_that_sends_says_who_and_on_which_vm() {
    let ran = at_root(&["run", "examples/tour"]).exits(0);
    assert!(ran.stdout.contains("[wasm 33_808 gas, 338.0M ink] alice: oracle.setPrice("), "{}", ran.stdout);
    let sandbox = two();
    let ran = sandbox.hexapla(&["run", "good"]).exits(0);
    assert!(ran.stdout.contains("[wasm] counter.number() → 41"), "views too: {}", ran.stdout);
}

#[test]
fn a_failing_scenario_shows_the_failing_step_with_its_calls_and_the_sums_last() {
    let sandbox = two();
    let ran = sandbox.hexapla(&["test", "."]).exits(1);
    let last: Vec<&str> = ran.stdout.lines().rev().take(3).collect();
    assert!(last[0].starts_with("1 passed, 1 failed: 1 of "), "{}", ran.stdout);
    assert!(last[1].contains("good") && last[2].starts_with("FAIL  ./bad") && last[2].ends_with(", 1 failed"));
    let ran = ran.says("Something else").says("  3 What is it").says("counter.number() → 41").says("observed 41");
    assert!(!ran.stderr.contains("Forty-one"), "only the step that fails: {}", ran.stderr);
    let document = sandbox.hexapla(&["test", ".", "--json"]).exits(1).json();
    assert_eq!((&document[0]["failed"], &document[1]["failed"]), (&1.into(), &0.into()));
}

#[test]
fn a_filter_chooses_by_path_title_and_step() {
    let sandbox = two();
    for (text, passed, code) in
        [("GOOD", "1 passed", 0), ("something ELSE", "0 passed, 1 failed", 1), ("what is", "1 passed, 1 failed", 1)]
    {
        let ran = sandbox.hexapla(&["test", ".", "--filter", text]).exits(code);
        assert!(ran.stdout.contains(passed), "{text}: {}", ran.stdout);
    }
    sandbox.hexapla(&["test", ".", "--filter", "nowhere"]).exits(2).says("none of 2 scenarios has \"nowhere\"");
}

#[test]
fn after_the_first_failure_nothing_is_begun_where_that_is_asked_for() {
    let sandbox = two();
    let ran = sandbox.hexapla(&["test", ".", "--fail-fast", "--threads", "1"]).exits(1);
    assert!(ran.stdout.contains("0 passed, 1 failed") && ran.stdout.contains("1 not run"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("good"), "{}", ran.stdout);
}

#[test]
fn quiet_runs_show_failures_and_sums_alone() {
    let sandbox = two();
    let ran = sandbox.hexapla(&["test", ".", "-q"]).exits(1);
    assert!(ran.stdout.starts_with("FAIL") && !ran.stdout.contains("good"), "{}", ran.stdout);
    let ran = sandbox.hexapla(&["run", "good", "-q"]).exits(0);
    assert!(ran.stdout.trim_start().starts_with("2 transactions, all "), "{}", ran.stdout);
    let ran = sandbox.hexapla(&["run", "bad", "-q"]).exits(1);
    assert!(ran.stdout.contains("What is it") && !ran.stdout.contains("It comes"), "{}", ran.stdout);
}

#[test]
fn a_junit_report_has_a_case_for_each_step() {
    let sandbox = two();
    let here = sandbox.hexapla(&["test", "good", "--junit", "-"]).exits(0).stdout;
    assert!(here.starts_with("<?xml") && here.trim_end().ends_with("</testsuites>"), "{here}");
    sandbox.write("ugly.scenario.toml", "title = 5");
    sandbox.hexapla(&["test", ".", "--junit", "report.xml"]).exits(2);
    let report = sandbox.read("report.xml");
    for part in [
        "<testsuites name=\"hexapla\" tests=\"7\" failures=\"1\" errors=\"1\"",
        "<testsuite name=\"./bad\" tests=\"3\" failures=\"1\" errors=\"0\"",
        "<testcase classname=\"./good\" name=\"2 Forty-one\" time=",
        "<failure message=\"returns: expected 42, observed 41\">",
        "<error message=",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    sandbox.hexapla(&["test", "good", "--junit", "no/such/folder.xml"]).exits(2).says("no/such/folder.xml");
}

#[test]
fn a_scenario_can_come_from_the_standard_input() {
    let sandbox = two();
    let text = sandbox.read("good/scenario.toml");
    let ran = sandbox.hexapla_reading(&text, &["run", "-"]).exits(0);
    assert!(ran.stdout.starts_with("A counter\n"), "{}", ran.stdout);
    sandbox.hexapla_reading("title = 5", &["run", "-"]).exits(2).says("hexapla::scenario");
}

#[test]
fn a_watched_folder_is_run_again_when_a_file_changes() {
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", &counter("42"));
    let mut child = sandbox.begin(&["test", ".", "--watch"]);
    let wait = |what: &str| {
        let begun = Instant::now();
        while !fs::read_to_string(sandbox.path().join("stdout")).unwrap_or_default().contains(what) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{what} does not come");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    wait("1 failed");
    wait("waiting for changes");
    sandbox.write("scenario.toml", &counter("41"));
    wait("1 passed");
    child.kill().expect("it runs until it is ended");
    child.wait().expect("it ended");
}
