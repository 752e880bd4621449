//! `hexapla test`

use super::show_failures;
use crate::{
    flag::flag,
    machine::MachineArgs,
    output::{Output, Style, paint},
    render::text::time,
};
use clap::Args;
use hexapla_scenario::problem::{Problem, Result};
use hexapla_scenario::{
    check::{Tested, find, run_all, threads_for},
    update,
};
use serde::Serialize;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// Options of `hexapla test`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hexapla test examples\n  hexapla test examples --update     write what was observed into `expect`"
)]
pub(crate) struct TestArgs {
    /// Folders with scenarios, or scenario files.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Where an expectation does not hold, write what was observed into the scenario.
    #[arg(long, env = "HEXAPLA_UPDATE", value_parser = flag())]
    update: bool,
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
struct Line {
    scenario: String,
    ok: bool,
    transactions: usize,
    checks: usize,
    failures: Vec<String>,
    root: Option<hexapla_primitives::B256>,
}

/// Runs the command.
pub(crate) fn run(args: &TestArgs, output: &mut Output) -> Result<bool> {
    let begun = Instant::now();
    let files = find(&args.paths)?;
    let engine = args.machine.engine(threads_for(files.len(), args.threads))?;
    let tested = run_all(files, &engine, args.machine.cache_folder().as_deref(), args.threads)?;
    if args.json {
        let lines = tested.iter().map(line).collect::<Vec<_>>();
        output.json(&lines)?;
    } else {
        output.result(&report(&tested, begun.elapsed()))?;
    }
    show(&tested, output);
    if args.update {
        update_all(&tested, output)?;
    }
    let unusable = tested.iter().filter(|tested| tested.result.is_err()).count();
    if unusable > 0 {
        let message = format!("{unusable} of {} scenarios cannot be used", tested.len());
        return Err(Problem::new("hexapla::test::unusable", message).with_help("what is wrong with them stands above"));
    }
    Ok(tested.iter().all(Tested::passed))
}

/// A line for each file and a summary.
fn report(tested: &[Tested], elapsed: Duration) -> String {
    let width = tested.iter().map(|tested| tested.name().chars().count()).max().unwrap_or(0);
    let mut lines = tested.iter().map(|tested| text_line(tested, width)).collect::<Vec<_>>();
    let passed = tested.iter().filter(|tested| tested.passed()).count();
    let (style, failed) = match tested.len() - passed {
        0 => (Style::GOOD, String::new()),
        failed => (Style::BAD, format!(", {failed} failed")),
    };
    lines.push(format!("{} in {}\n", paint(style, &format!("{passed} passed{failed}")), time(elapsed)));
    lines.join("\n")
}

fn text_line(tested: &Tested, width: usize) -> String {
    let verdict = if tested.passed() { paint(Style::GOOD, "pass") } else { paint(Style::BAD, "FAIL") };
    let counts = match &tested.result {
        Ok(played) => {
            let totals = &played.totals;
            format!("{} transactions, {} checks", totals.transactions, totals.checks)
        }
        Err(problem) => problem.message().to_owned(),
    };
    format!("{verdict}  {:width$}  {:>9}  {counts}", tested.name(), time(tested.elapsed))
}

fn line(tested: &Tested) -> Line {
    let played = tested.result.as_ref().ok();
    Line {
        scenario: tested.file.display().to_string(),
        ok: tested.passed(),
        transactions: played.map_or(0, |played| played.totals.transactions),
        checks: played.map_or(0, |played| played.totals.checks),
        failures: tested.reasons(),
        root: played.map(|played| played.totals.root),
    }
}

fn show(tested: &[Tested], output: &Output) {
    for tested in tested {
        match &tested.result {
            Ok(played) => played.steps.iter().for_each(|report| show_failures(output, &played.scenario, report)),
            Err(problem) => output.problem(&**problem),
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
