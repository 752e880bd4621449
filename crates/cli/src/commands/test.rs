//! `hexapla test`

use super::show_failures;
use crate::{
    args::flag,
    output::{Output, Style, paint},
    play::{
        Player, plan,
        report::{Check, Ending, StepReport},
    },
    problem::{Problem, Result},
    render::text::{Summary, time},
    scenario::{FILE_NAME, Scenario, update},
    world::machine::{MachineArgs, Vms},
};
use clap::Args;
use rayon::prelude::*;
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How scenario files beside `scenario.toml` end.
const SUFFIX: &str = ".scenario.toml";

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

/// What came out of one file.
struct Tested {
    file: PathBuf,
    elapsed: Duration,
    result: Result<Played>,
}

struct Played {
    scenario: Scenario,
    steps: Vec<StepReport>,
    summary: Summary,
    ending: Ending,
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
    let files = collect(&args.paths)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.unwrap_or(cores).clamp(1, files.len());
    let vms = args.machine.vms(threads)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| Problem::new("hexapla::setup", "threads cannot be started").because(error))?;
    let cache = args.machine.cache_folder();
    let tested: Vec<Tested> =
        pool.install(|| files.into_par_iter().map(|file| test(file, &vms, cache.as_deref())).collect());
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

fn test(file: PathBuf, vms: &Vms, cache: Option<&Path>) -> Tested {
    let begun = Instant::now();
    let result = play(&file, vms, cache);
    Tested { file, elapsed: begun.elapsed(), result }
}

fn play(file: &Path, vms: &Vms, cache: Option<&Path>) -> Result<Played> {
    let scenario = Scenario::read(file)?;
    let plan = plan::plan(&scenario, cache)?;
    let (mut steps, mut summary) = (Vec::new(), Summary::default());
    let ending = Player::new(&scenario, plan, vms, None)?.play(|report, _| {
        summary.add(&report);
        steps.push(report);
        Ok(())
    })?;
    Ok(Played { scenario, steps, summary, ending })
}

impl Tested {
    fn passed(&self) -> bool {
        self.result.as_ref().is_ok_and(|played| played.summary.failures == 0 && played.ending == Ending::Complete)
    }

    fn name(&self) -> String {
        let shown = if self.file.ends_with(FILE_NAME) { self.file.parent().unwrap_or(&self.file) } else { &self.file };
        shown.display().to_string()
    }
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
            let summary = &played.summary;
            format!("{} transactions, {} checks", summary.transactions, summary.checks)
        }
        Err(problem) => problem.message().to_owned(),
    };
    format!("{verdict}  {:width$}  {:>9}  {counts}", tested.name(), time(tested.elapsed))
}

fn line(tested: &Tested) -> Line {
    let played = tested.result.as_ref().ok();
    let failures = played.map(|played| played.steps.iter().flat_map(step_failures).collect());
    let problem = tested.result.as_ref().err().map(|problem| vec![problem.message().to_owned()]);
    Line {
        scenario: tested.file.display().to_string(),
        ok: tested.passed(),
        transactions: played.map_or(0, |played| played.summary.transactions),
        checks: played.map_or(0, |played| played.summary.checks),
        failures: failures.or(problem).unwrap_or_default(),
        root: played.map(|played| played.summary.root),
    }
}

fn step_failures(report: &StepReport) -> Vec<String> {
    let text = |check: &Check| {
        format!("step {}: {}: expected {}, observed {}", report.number, check.what, check.expected, check.observed)
    };
    report.failures().map(text).collect()
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
        let changed = update::write(&played.scenario.source, &played.steps)?;
        output.note(&format!("{}: {changed} expectations updated", tested.file.display()));
    }
    Ok(())
}

/// All scenario files, sorted.
fn collect(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        let kind = std::fs::metadata(path).map_err(|error| Problem::file(path, "open", error))?;
        if kind.is_file() {
            files.push(path.clone());
            continue;
        }
        let below = walkdir::WalkDir::new(path).follow_links(true).into_iter().flatten();
        files.extend(below.map(walkdir::DirEntry::into_path).filter(|file| is_scenario(file)));
    }
    files.sort();
    files.dedup();
    if files.is_empty() {
        let shown = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        return Err(Problem::new("hexapla::test::nothing", format!("there are no scenarios below {shown}"))
            .with_help("scenarios are files called `scenario.toml` or `*.scenario.toml`"));
    }
    Ok(files)
}

fn is_scenario(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    file.is_file() && (name == FILE_NAME || name.ends_with(SUFFIX))
}
