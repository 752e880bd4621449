//! All scenarios below a folder.

use crate::{
    format::{FILE_NAME, Scenario},
    play::{
        Player,
        plan::plan,
        report::{Check, Ending, StepReport},
    },
    problem::{Problem, Result},
    world::engine::Engine,
};
use hexapla_primitives::B256;
use rayon::prelude::*;
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How scenario files beside `scenario.toml` end.
const SUFFIX: &str = ".scenario.toml";

/// How scenarios are checked.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// The VMs; all of this workspace in their default settings where nothing is said.
    pub engine: Option<Engine>,
    /// A folder in which packed modules are kept from one run to the next; none by default.
    pub cache: Option<PathBuf>,
    /// Scenarios that run at once; one for each core by default.
    pub threads: Option<usize>,
}

/// What came out of all scenarios below a folder.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Scenarios in which everything holds.
    pub passed: usize,
    /// The others, each with what does not hold.
    pub failed: Vec<Failure>,
}

/// A scenario in which something does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its file.
    pub file: PathBuf,
    /// Sentences: expectations that do not hold, or why the scenario cannot be used.
    pub reasons: Vec<String>,
}

impl Summary {
    /// Whether everything holds.
    pub const fn is_success(&self) -> bool {
        self.failed.is_empty()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} scenarios passed, {} failed", self.passed, self.failed.len())?;
        for failure in &self.failed {
            write!(f, "\n{}", failure.file.display())?;
            failure.reasons.iter().try_for_each(|reason| write!(f, "\n  {reason}"))?;
        }
        Ok(())
    }
}

/// Runs every `scenario.toml` and every `*.scenario.toml` below a folder, or one scenario file.
///
/// ```no_run
/// # use hexapla_scenario::{CheckOptions, check_dir};
/// #[test]
/// fn scenarios_hold() {
///     let summary = check_dir("scenarios", &CheckOptions::default()).unwrap();
///     assert!(summary.is_success(), "{summary}");
/// }
/// ```
///
/// # Errors
///
/// There is no scenario, or the VMs cannot start. A scenario that cannot be used is a [`Failure`].
pub fn check_dir(path: impl AsRef<Path>, options: &CheckOptions) -> Result<Summary> {
    let files = find(&[path.as_ref().to_owned()])?;
    let engine = options.engine.clone().map_or_else(Engine::standard, Ok)?;
    let mut summary = Summary::default();
    for tested in run_all(files, &engine, options.cache.as_deref(), options.threads)? {
        if tested.passed() {
            summary.passed += 1;
        } else {
            let reasons = tested.reasons();
            summary.failed.push(Failure { file: tested.file, reasons });
        }
    }
    Ok(summary)
}

/// What came out of one file.
pub struct Tested {
    /// The file.
    pub file: PathBuf,
    /// How long it took.
    pub elapsed: Duration,
    /// What happened, or why it cannot be used.
    pub result: Result<Played>,
}

/// A scenario that was played.
pub struct Played {
    /// The scenario.
    pub scenario: Scenario,
    /// Its steps.
    pub steps: Vec<StepReport>,
    /// Their sums.
    pub totals: Totals,
    /// How far it came.
    pub ending: Ending,
}

/// Sums over a scenario.
#[derive(Debug, Default)]
pub struct Totals {
    /// Transactions.
    pub transactions: usize,
    /// Views.
    pub views: usize,
    /// Expectations.
    pub checks: usize,
    /// Those that do not hold.
    pub failures: usize,
    /// Gas of all transactions.
    pub gas: u64,
    /// Gas of each VM's own frames, by the VM's name.
    pub gas_by_vm: BTreeMap<String, u64>,
    /// The state root at the end.
    pub root: B256,
}

impl Totals {
    /// Adds a step.
    pub fn add(&mut self, report: &StepReport) {
        self.checks += report.checks.len();
        self.failures += report.failures().count();
        self.root = report.root;
        let Some(sent) = &report.sent else { return };
        if report.kind == crate::play::report::StepKind::View {
            self.views += 1;
            return;
        }
        self.transactions += sent.transactions();
        self.gas = self.gas.saturating_add(sent.gas_used());
        for (vm, gas) in &sent.gas_by_vm {
            *self.gas_by_vm.entry(vm.clone()).or_default() += gas;
        }
    }
}

impl Tested {
    /// Whether everything holds.
    pub fn passed(&self) -> bool {
        self.result.as_ref().is_ok_and(|played| played.totals.failures == 0 && played.ending == Ending::Complete)
    }

    /// What the file is called where people list scenarios.
    pub fn name(&self) -> String {
        let shown = if self.file.ends_with(FILE_NAME) { self.file.parent().unwrap_or(&self.file) } else { &self.file };
        shown.display().to_string()
    }

    /// What does not hold, as sentences.
    pub fn reasons(&self) -> Vec<String> {
        match &self.result {
            Ok(played) => played.steps.iter().flat_map(step_failures).collect(),
            Err(problem) => vec![problem.message().to_owned()],
        }
    }
}

fn step_failures(report: &StepReport) -> Vec<String> {
    let text = |check: &Check| {
        format!("step {}: {}: expected {}, observed {}", report.number, check.what, check.expected, check.observed)
    };
    report.failures().map(text).collect()
}

/// Runs scenario files, several at once, and gives the outcomes in their order.
///
/// # Errors
///
/// Threads cannot be started.
pub fn run_all(
    files: Vec<PathBuf>,
    engine: &Engine,
    cache: Option<&Path>,
    threads: Option<usize>,
) -> Result<Vec<Tested>> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads_for(files.len(), threads))
        .build()
        .map_err(|error| Problem::new("hexapla::setup", "threads cannot be started").because(error))?;
    Ok(pool.install(|| files.into_par_iter().map(|file| test(file, engine, cache)).collect()))
}

/// Threads for so many scenarios: those that are wanted, else one for each core, and none without work.
pub fn threads_for(files: usize, wanted: Option<usize>) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    wanted.unwrap_or(cores).clamp(1, files.max(1))
}

fn test(file: PathBuf, engine: &Engine, cache: Option<&Path>) -> Tested {
    let begun = Instant::now();
    let result = play(&file, engine, cache);
    Tested { file, elapsed: begun.elapsed(), result }
}

fn play(file: &Path, engine: &Engine, cache: Option<&Path>) -> Result<Played> {
    let scenario = Scenario::read(file, engine.toolkits())?;
    let plan = plan(&scenario, cache)?;
    let (mut steps, mut totals) = (Vec::new(), Totals::default());
    let ending = Player::new(&scenario, plan, engine, None)?.play(|report, _| {
        totals.add(&report);
        steps.push(report);
        Ok(())
    })?;
    Ok(Played { scenario, steps, totals, ending })
}

/// All scenario files that are named or stand below folders, sorted.
///
/// # Errors
///
/// A path cannot be read, or there is no scenario.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
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
