//! `hexapla statetest`: Ethereum's state tests in their standard JSON format, through this executor and this trie.
//!
//! - [`case`]: runs one case
//! - [`expected`]: the cases that are known not to pass, each with a reason; the list may only shrink
//! - [`report`]: counts and failures for people and for programs

mod case;
mod expected;
mod report;

use case::{CaseResult, Runner};
use expected::Expected;
use indicatif::{ParallelProgressIterator, ProgressBar, ProgressStyle};
use rayon::prelude::*;
use report::Report;
use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

pub use expected::ExpectedError;

/// Which state tests to run and how to say what came out.
#[derive(Debug, clap::Args)]
pub struct StateTestArgs {
    /// Files in the GeneralStateTests format, or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Only cases whose `path::name` contains this text.
    #[arg(long, env = "HEXAPLA_FILTER")]
    filter: Option<String>,
    /// Print one JSON document instead of text.
    #[arg(long, env = "HEXAPLA_JSON")]
    json: bool,
    /// A list of known failures in place of the built-in one.
    #[arg(long, env = "HEXAPLA_EXPECTED_FAILURES", value_name = "FILE")]
    expected_failures: Option<PathBuf>,
    /// Threads; all cores by default.
    #[arg(long, env = "HEXAPLA_THREADS")]
    threads: Option<usize>,
}

/// The tests could not be run at all.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum StateTestError {
    /// There is nothing to run.
    #[error("no state tests below {}", paths(.0))]
    #[diagnostic(
        code(hexapla::statetest::nothing_to_run),
        help("name a `.json` file in the GeneralStateTests format, or a folder that holds some")
    )]
    Nothing(Vec<PathBuf>),
    /// A path does not exist.
    #[error("{0} does not exist")]
    #[diagnostic(code(hexapla::statetest::no_such_path), help("check the path; it is relative to the current folder"))]
    NoSuchPath(PathBuf),
    /// The list of known failures is unusable.
    #[error(transparent)]
    #[diagnostic(code(hexapla::statetest::expected_failures))]
    Expected(#[from] ExpectedError),
    /// The VMs or threads cannot be started.
    #[error("the executor cannot start: {0}")]
    #[diagnostic(code(hexapla::statetest::setup))]
    Setup(String),
}

fn paths(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Runs the tests and prints the report; `Ok(false)` where a case failed that should pass, or the other way round.
pub fn run(args: &StateTestArgs) -> Result<bool, StateTestError> {
    let expected = match &args.expected_failures {
        Some(file) => Expected::read(file)?,
        None => Expected::built_in()?,
    };
    let files = collect(&args.paths)?;
    let runner = Runner::new().map_err(|error| StateTestError::Setup(error.to_string()))?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.threads.unwrap_or(0))
        .build()
        .map_err(|error| StateTestError::Setup(error.to_string()))?;
    let bar = progress_bar(files.len());
    let started = std::time::Instant::now();
    let results: Vec<CaseResult> = pool.install(|| {
        files
            .par_iter()
            .progress_with(bar)
            .flat_map_iter(|file| runner.run_file(file, args.filter.as_deref(), &expected))
            .collect()
    });
    let report = Report::new(files.len(), results, started.elapsed());
    report.print(args.json);
    Ok(report.is_success())
}

fn progress_bar(files: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} files  {elapsed}").unwrap_or(ProgressStyle::default_bar());
    ProgressBar::new(files as u64).with_style(style)
}

/// All JSON files, sorted, so that every run visits them in the same order.
fn collect(paths: &[PathBuf]) -> Result<Vec<PathBuf>, StateTestError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.exists() {
            return Err(StateTestError::NoSuchPath(path.clone()));
        }
        let below = walkdir::WalkDir::new(path).follow_links(true).into_iter().flatten();
        files.extend(below.map(walkdir::DirEntry::into_path).filter(|file| is_json(file)));
    }
    files.sort();
    files.dedup();
    if files.is_empty() { Err(StateTestError::Nothing(paths.to_vec())) } else { Ok(files) }
}

fn is_json(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|extension| extension == "json")
}
