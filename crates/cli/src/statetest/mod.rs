//! `hexapla statetest`: Ethereum's state tests in their standard JSON format, through this executor and this trie.
//!
//! - [`case`]: runs one case
//! - [`expected`]: the cases that are known not to pass, each with a reason; the list may only shrink
//! - [`report`]: counts and failures for people and for programs

mod case;
mod expected;
mod report;

use crate::{flag::flag, output::Output};
use case::{CaseResult, Runner};
use expected::Expected;
use hexapla_scenario::problem::{Problem, Result};
use indicatif::{ParallelProgressIterator as _, ProgressBar, ProgressStyle};
use rayon::prelude::*;
use report::Report;
use std::{
    error::Error,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    time::Instant,
};

/// Options of `hexapla statetest`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hexapla statetest tests/GeneralStateTests\n  hexapla statetest tests --filter stCallCodes --json"
)]
pub(crate) struct StateTestArgs {
    /// Files in the GeneralStateTests format, or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Only cases whose `path::name` contains this text.
    #[arg(long, env = "HEXAPLA_FILTER", value_name = "TEXT")]
    filter: Option<String>,
    /// Print one JSON document instead of text.
    #[arg(long, env = "HEXAPLA_JSON", value_parser = flag())]
    json: bool,
    /// A list of known failures in place of the built-in one.
    #[arg(long, env = "HEXAPLA_EXPECTED_FAILURES", value_name = "FILE")]
    expected_failures: Option<PathBuf>,
    /// Threads; all cores by default.
    #[arg(long, env = "HEXAPLA_THREADS", value_name = "N")]
    threads: Option<usize>,
}

/// Runs the tests and prints the report; `Ok(false)` where a case failed that should pass, or the other way round.
pub(crate) fn run(args: &StateTestArgs, output: &mut Output) -> Result<bool> {
    let expected = match &args.expected_failures {
        Some(file) => Expected::read(file)?,
        None => Expected::built_in()?,
    };
    let files = collect(&args.paths)?;
    let runner = Runner::new().map_err(cannot_start)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads.unwrap_or(0)).build();
    let pool = pool.map_err(cannot_start)?;
    let bar = progress_bar(files.len());
    let started = Instant::now();
    let results: Vec<CaseResult> = pool.install(|| {
        let files = files.par_iter().progress_with(bar);
        files.flat_map_iter(|file| runner.run_file(file, args.filter.as_deref(), &expected)).collect()
    });
    if results.is_empty() {
        return Err(nothing_to_run(&args.paths, "the filter lets no case through"));
    }
    let report = Report::new(files.len(), results);
    if args.json {
        output.json(&report)?;
    } else {
        output.result(&report.text(started.elapsed()))?;
    }
    Ok(report.is_success())
}

fn cannot_start(error: impl Error + Send + Sync + 'static) -> Box<Problem> {
    Problem::new("hexapla::statetest::setup", "the executor cannot start").because(error)
}

fn progress_bar(files: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} files  {elapsed}").unwrap_or(ProgressStyle::default_bar());
    ProgressBar::new(files as u64).with_style(style)
}

/// All JSON files, sorted, so that every run visits them in the same order.
fn collect(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        path.metadata().map_err(|error| Problem::file(path, "read", error))?;
        let below = walkdir::WalkDir::new(path).follow_links(true).into_iter().flatten();
        files.extend(below.map(walkdir::DirEntry::into_path).filter(|file| is_json(file)));
    }
    files.sort();
    files.dedup();
    if !files.is_empty() {
        return Ok(files);
    }
    Err(nothing_to_run(paths, "name a `.json` file in the GeneralStateTests format, or a folder that holds some"))
}

/// A run without a case is no success: a path or a filter is wrong.
fn nothing_to_run(paths: &[PathBuf], help: &str) -> Box<Problem> {
    let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    let message = format!("no state tests below {}", names.join(", "));
    Problem::new("hexapla::statetest::nothing_to_run", message).with_help(help)
}

fn is_json(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|extension| extension == "json")
}
