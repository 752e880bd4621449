//! `hexapla-svm-fixture`: the fixtures by which Solana's clients are compared, run on this SVM.
//!
//! - [`listed`]: the fixtures that are known not to pass, each with a reason; the list may only shrink
//! - [`report`]: counts, reasons and failures for people and for programs
//! - [`output`]: stdout and stderr

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]

mod listed;
mod output;
mod report;

use clap::{Parser, ValueEnum, builder::FalseyValueParser};
use hexapla_scenario::problem::{Problem, Result};
use hexapla_svm::conformance::{Engine, Verdict, run as run_fixture};
use listed::KnownFailure;
use rayon::prelude::*;
use report::{Report, Run};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

/// Largest file that is read, in bytes. Programs have at most 10 MiB.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// Stack of a thread, in bytes: programs that call one another nest on it.
const STACK_BYTES: usize = 16 << 20;

/// A fixture does not pass that should, or passes although it is listed.
const DOES_NOT_HOLD: u8 = 1;
/// The input, or the machine, cannot be used.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    match run(&FixtureArgs::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(DOES_NOT_HOLD),
        Err(problem) => {
            output::problem(&*problem);
            ExitCode::from(UNUSABLE)
        }
    }
}

/// Run the fixtures by which Solana's clients are compared.
///
/// Reads `.fix` files of whole transactions, single instructions, syscalls, program texts and ELF files, runs each on
/// native code and on the interpreter, and says what differs from agave: result, compute units, return data,
/// accounts, memory. A fixture on the list of known failures that passes is a failure, so the list can only shrink.
#[derive(Debug, Parser)]
#[command(
    name = "hexapla-svm-fixture",
    version,
    arg_required_else_help = true,
    after_help = "Examples:\n  hexapla-svm-fixture test-vectors/instr/fixtures/system\n  hexapla-svm-fixture test-vectors --list known.toml --json"
)]
struct FixtureArgs {
    /// Fixtures, or folders of `*.fix` files.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// What executes programs: native code, the interpreter, or both, which must agree.
    #[arg(long, value_enum, default_value = "both", env = "HEXAPLA_SVM_ENGINE", value_name = "ENGINE")]
    engine: EngineArg,
    /// A list of the fixtures that are known not to pass, each or in groups.
    #[arg(long, env = "HEXAPLA_SVM_LIST", value_name = "FILE")]
    list: Option<PathBuf>,
    /// Only files whose path contains this text.
    #[arg(long, env = "HEXAPLA_FILTER", value_name = "TEXT")]
    filter: Option<String>,
    /// Print one JSON document instead of text.
    #[arg(long, env = "HEXAPLA_JSON", value_parser = FalseyValueParser::new())]
    json: bool,
    /// Threads; all cores by default.
    #[arg(long, env = "HEXAPLA_THREADS", value_name = "N")]
    threads: Option<usize>,
}

/// `--engine`
#[derive(Clone, Copy, Debug, ValueEnum)]
enum EngineArg {
    /// Native code; the interpreter on machines other than x86-64.
    Jit,
    /// The interpreter.
    Interpreter,
    /// Both.
    Both,
}

impl EngineArg {
    const fn engine(self) -> Engine {
        match self {
            Self::Jit => Engine::Jit,
            Self::Interpreter => Engine::Interpreter,
            Self::Both => Engine::Both,
        }
    }
}

/// Runs the fixtures and prints the report; `Ok(false)` where one fails that should pass, cannot be read, or passes
/// although it is listed.
fn run(args: &FixtureArgs) -> Result<bool> {
    let listed = match &args.list {
        Some(file) => KnownFailure::read(file)?,
        None => KnownFailure::default(),
    };
    let mut files = collect(&args.paths)?;
    files.retain(|file| args.filter.as_deref().is_none_or(|part| file.display().to_string().contains(part)));
    let threads = rayon::ThreadPoolBuilder::new().num_threads(args.threads.unwrap_or(0));
    let pool = threads.stack_size(STACK_BYTES).build();
    let pool = pool.map_err(|error| Problem::new("hexapla::svm_fixture::threads", "cannot start").because(error))?;
    let started = Instant::now();
    let engine = args.engine.engine();
    let verdicts: Vec<Verdict> = pool.install(|| files.par_iter().map(|file| verdict(file, engine)).collect());
    let known: Vec<_> = files.iter().zip(&verdicts).map(|(file, verdict)| listed.known(file, verdict)).collect();
    let is_whole = |folder: &Path| args.filter.is_none() && args.paths.iter().any(|path| folder.starts_with(path));
    let miscounted = listed.miscounted(files.iter().map(PathBuf::as_path).zip(known.iter().copied()), is_whole);
    let runs = files.iter().zip(verdicts).zip(&known);
    let runs = runs.map(|((file, verdict), known)| Run::new(file, verdict, known.map(|known| known.reason))).collect();
    let report = Report::new(runs, miscounted);
    if args.json {
        output::json(&report)?;
    } else {
        output::result(&report.text(started.elapsed()))?;
    }
    Ok(report.is_success())
}

fn verdict(file: &Path, engine: Engine) -> Verdict {
    let unreadable = |error: std::io::Error| Verdict::Unreadable(format!("the file cannot be read: {error}"));
    match file.metadata().map(|metadata| metadata.len()) {
        Ok(bytes) if bytes > FILE_BYTES_MAX => {
            Verdict::Unreadable(format!("the file has {bytes} bytes; a fixture has at most {FILE_BYTES_MAX}"))
        }
        Ok(_) => std::fs::read(file).map_or_else(unreadable, |bytes| run_fixture(&bytes, engine)),
        Err(error) => unreadable(error),
    }
}

/// The files that are named, whatever their names, and all fixtures below folders; sorted, so that every run visits them
/// in the same order.
fn collect(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        let metadata = path.metadata().map_err(|error| Problem::file(path, "read", error))?;
        if metadata.is_file() {
            files.push(path.clone());
            continue;
        }
        let below = walkdir::WalkDir::new(path).follow_links(true).into_iter().flatten();
        let is_fixture =
            |file: &PathBuf| file.is_file() && file.extension().is_some_and(|extension| extension == "fix");
        files.extend(below.map(walkdir::DirEntry::into_path).filter(is_fixture));
    }
    files.sort();
    files.dedup();
    if !files.is_empty() {
        return Ok(files);
    }
    let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    let message = format!("no fixtures below {}", names.join(", "));
    Err(Problem::new("hexapla::svm_fixture::nothing_to_run", message)
        .with_help("name a fixture, or a folder that holds `.fix` files"))
}
