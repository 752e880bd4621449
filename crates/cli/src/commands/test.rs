//! `hexapla test`

use super::{junit, show_failures, watch};
use crate::{
    flag::flag,
    machine::MachineArgs,
    output::{Output, Style, columns, escape_control_chars, paint},
    render::{
        Line,
        text::{self, TextOptions, time},
    },
};
use clap::Args;
use hexapla_scenario::problem::{Problem, Result};
use hexapla_scenario::{
    check::{Played, RunOptions, Tested, find, matching, run_all, threads_for},
    report::Ending,
    update,
    world::engine::Engine,
};
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Options of `hexapla test`.
#[derive(Debug, Args)]
#[command(
    after_help = "Of a scenario that does not hold, the steps that fail are shown with their calls, on stderr.\n\n\
Examples:\n  hexapla test                       all scenarios below the current folder\n  hexapla test examples --filter vault\n  hexapla test examples --update     write what was observed into `expect`\n  hexapla test --junit report.xml --fail-fast"
)]
pub(crate) struct TestArgs {
    /// Folders with scenarios, or scenario files.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Only scenarios whose path, title, or a step of which has this text in it, in capitals or not.
    #[arg(long, env = "HEXAPLA_FILTER", value_name = "TEXT")]
    filter: Option<String>,
    /// Where an expectation does not hold, write what was observed into the scenario.
    #[arg(long, env = "HEXAPLA_UPDATE", value_parser = flag())]
    update: bool,
    /// Begin no other scenario after one that does not hold.
    #[arg(long, env = "HEXAPLA_FAIL_FAST", value_parser = flag())]
    fail_fast: bool,
    /// Show only scenarios that do not hold, and the sums.
    #[arg(short, long, env = "HEXAPLA_QUIET", value_parser = flag(), conflicts_with = "json")]
    quiet: bool,
    /// Run again whenever a scenario, a file beside it, or a contract that it deploys has changed. Ctrl-C ends it.
    #[arg(long, env = "HEXAPLA_WATCH", value_parser = flag(), conflicts_with_all = ["json", "update"])]
    watch: bool,
    /// Write a report in the form of JUnit into this file, `-` for the standard output: a suite for each scenario, a case
    /// for each step.
    #[arg(long, env = "HEXAPLA_JUNIT", value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Scenarios that run at once; one per core by default.
    #[arg(long, env = "HEXAPLA_THREADS", value_name = "N")]
    threads: Option<usize>,
    /// Print one JSON document instead of text.
    #[arg(long, env = "HEXAPLA_JSON", value_parser = flag())]
    json: bool,
    #[command(flatten)]
    machine: MachineArgs,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    scenario: String,
    ok: bool,
    transactions: usize,
    checks: usize,
    /// Checks that do not hold.
    failed: usize,
    /// The step that later ones need and that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_at: Option<usize>,
    failures: Vec<String>,
    root: Option<hexapla_primitives::B256>,
}

/// Runs the command.
pub(crate) fn run(args: &TestArgs, output: &mut Output) -> Result<bool> {
    let engine = args.machine.engine(threads_for(usize::MAX, args.threads))?;
    if !args.watch {
        return once(args, &engine, output);
    }
    watch::again_and_again(&args.paths, engine.toolkits(), |files| {
        if let Err(problem) = once(args, &engine, output) {
            output.problem(&*problem);
        }
        output.result(&format!("{}\n", paint(Style::DIM, &format!("waiting for changes of {files} files"))))
    })?;
    Ok(true)
}

/// Runs the scenarios and says what came of it, the sums last.
fn once(args: &TestArgs, engine: &Engine, output: &mut Output) -> Result<bool> {
    let begun = Instant::now();
    let files = chosen(args, engine)?;
    let all = files.len();
    let cache = args.machine.cache_folder();
    let options = RunOptions { cache: cache.as_deref(), threads: args.threads, fail_fast: args.fail_fast };
    let tested = run_all(files, engine, options)?;
    show(&tested, output);
    if args.update {
        update_all(&tested, output)?;
    }
    let report_here = args.junit.as_ref().is_some_and(|file| file.as_os_str() == "-");
    if let Some(file) = args.junit.as_ref().filter(|_| !report_here) {
        write(file, &junit::document(&tested, begun.elapsed()))?;
    }
    if report_here {
        output.result(&junit::document(&tested, begun.elapsed()))?;
    } else if args.json {
        output.json(&tested.iter().map(outcome).collect::<Vec<_>>())?;
    } else {
        output.result(&report(&tested, all, args.quiet, begun.elapsed()))?;
    }
    let unusable = tested.iter().filter(|tested| tested.result.is_err()).count();
    if unusable > 0 {
        let message = format!("{unusable} of {} scenarios cannot be used", tested.len());
        return Err(Problem::new("hexapla::test::unusable", message).with_help("what is wrong with them stands above"));
    }
    Ok(tested.iter().all(Tested::passed))
}

/// The scenarios below the paths that the filter lets through.
fn chosen(args: &TestArgs, engine: &Engine) -> Result<Vec<PathBuf>> {
    let files = find(&args.paths)?;
    let Some(text) = &args.filter else { return Ok(files) };
    let all = files.len();
    let found = matching(files, text, engine.toolkits());
    if found.is_empty() {
        let message = format!("none of {all} scenarios has {text:?} in its path, its title or a step");
        return Err(
            Problem::new("hexapla::test::filter", message).with_help("`hexapla test` without --filter lists all")
        );
    }
    Ok(found)
}

fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).map_err(|error| Problem::file(file, "write the report to", error))
}

/// A line for each file and a summary.
fn report(tested: &[Tested], all: usize, quiet: bool, elapsed: Duration) -> String {
    let width = tested.iter().map(|tested| tested.name().chars().count()).max().unwrap_or(0);
    let shown = tested.iter().filter(|tested| !quiet || !tested.passed());
    let mut lines = shown.map(|tested| text_line(tested, width)).collect::<Vec<_>>();
    lines.push(format!("{} in {}", sums(tested, all), time(elapsed)));
    lines.iter().flat_map(|line| Line::code(line).fold(columns())).fold(String::new(), |text, line| text + &line + "\n")
}

/// `3 passed, 1 failed: 2 of 61 checks do not hold, 4 not run`
fn sums(tested: &[Tested], all: usize) -> String {
    let passed = tested.iter().filter(|tested| tested.passed()).count();
    let failed = tested.len() - passed;
    if failed == 0 {
        return paint(Style::GOOD, &format!("{passed} passed"));
    }
    let played = || tested.iter().filter_map(|tested| tested.result.as_ref().ok());
    let wrong: usize = played().map(|played| played.totals.failures).sum();
    let checks: usize = played().map(|played| played.totals.checks).sum();
    let mut text = format!("{passed} passed, {failed} failed");
    if wrong > 0 {
        text += &format!(": {wrong} of {checks} checks do not hold");
    }
    if all > tested.len() {
        text += &format!(", {} not run", all - tested.len());
    }
    paint(Style::BAD, &text)
}

fn text_line(tested: &Tested, width: usize) -> String {
    let verdict = if tested.passed() { paint(Style::GOOD, "pass") } else { paint(Style::BAD, "FAIL") };
    let counts = match &tested.result {
        Ok(played) => counts(played),
        Err(problem) => problem.message().to_owned(),
    };
    format!("{verdict}  {:width$}  {:>9}  {counts}", tested.name(), time(tested.elapsed))
}

/// `7 transactions, 20 checks, 2 failed`
fn counts(played: &Played) -> String {
    let totals = &played.totals;
    let mut text = format!("{} transactions, {} checks", totals.transactions, totals.checks);
    if totals.failures > 0 {
        text += &paint(Style::BAD, &format!(", {} failed", totals.failures));
    }
    if let Ending::StoppedAt(step) = played.ending {
        text += &paint(Style::BAD, &format!(", stopped at step {step}"));
    }
    text
}

fn outcome(tested: &Tested) -> Outcome {
    let played = tested.result.as_ref().ok();
    let totals = played.map(|played| &played.totals);
    Outcome {
        scenario: tested.file.display().to_string(),
        ok: tested.passed(),
        transactions: totals.map_or(0, |totals| totals.transactions),
        checks: totals.map_or(0, |totals| totals.checks),
        failed: totals.map_or(0, |totals| totals.failures),
        stopped_at: played.and_then(|played| match played.ending {
            Ending::Complete => None,
            Ending::StoppedAt(step) => Some(step),
        }),
        failures: tested.reasons(),
        root: totals.map(|totals| totals.root),
    }
}

/// The steps that fail, with their calls, and each expectation that does not hold at its place.
fn show(tested: &[Tested], output: &Output) {
    let options = TextOptions { columns: columns(), ..TextOptions::default() };
    for tested in tested {
        let played = match &tested.result {
            Ok(played) => played,
            Err(problem) => {
                output.problem(&**problem);
                continue;
            }
        };
        let failing = || played.steps.iter().filter(|report| report.failures().next().is_some());
        if failing().next().is_some() {
            let title = escape_control_chars(&format!("{}: {}", tested.name(), played.scenario.title));
            output.note(&paint(Style::BOLD, &title));
        }
        for report in failing() {
            output.note(text::step(report, &played.names, options).trim_matches('\n'));
            show_failures(output, &played.scenario, report);
        }
    }
}

/// Writes what was observed into the files whose expectations do not hold.
fn update_all(tested: &[Tested], output: &Output) -> Result<()> {
    for tested in tested.iter().filter(|tested| !tested.passed()) {
        let Ok(played) = &tested.result else { continue };
        let changed = update::write(&played.scenario.source, played.scenario.included_steps, &played.steps)?;
        output.note(&format!("{}: {changed} expectations updated", tested.file.display()));
    }
    Ok(())
}
