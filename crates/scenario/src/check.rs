//! All scenarios below a folder.

use crate::{
    format::{Action, FILE_NAME, Scenario},
    play::{
        Player,
        plan::plan,
        report::{Check, Ending, StepReport},
    },
    problem::{Problem, Result},
    world::{engine::Engine, names::Names},
};
use hexapla_primitives::B256;
use hexapla_toolkit::Toolkits;
use rayon::prelude::*;
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
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
    let run = RunOptions { cache: options.cache.as_deref(), threads: options.threads, fail_fast: false };
    for tested in run_all(files, &engine, run)? {
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
    /// What its accounts were called at the end.
    pub names: Names,
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

/// How several scenarios are run.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunOptions<'r> {
    /// Where packed modules are kept.
    pub cache: Option<&'r Path>,
    /// Scenarios that run at once; one for each core by default.
    pub threads: Option<usize>,
    /// After one in which something does not hold no other is begun.
    pub fail_fast: bool,
}

/// Runs scenario files, several at once, and gives the outcomes in their order.
///
/// # Errors
///
/// Threads cannot be started.
pub fn run_all(files: Vec<PathBuf>, engine: &Engine, options: RunOptions<'_>) -> Result<Vec<Tested>> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads_for(files.len(), options.threads))
        .build()
        .map_err(|error| Problem::new("hexapla::setup", "threads cannot be started").because(error))?;
    let stopped = AtomicBool::new(false);
    let run = |file: PathBuf| {
        if stopped.load(Ordering::Relaxed) {
            return None;
        }
        let tested = test(file, engine, options.cache);
        if options.fail_fast && !tested.passed() {
            stopped.store(true, Ordering::Relaxed);
        }
        Some(tested)
    };
    Ok(pool.install(|| files.into_par_iter().filter_map(run).collect()))
}

/// The files whose path, title or steps have this text in them, in capitals or not. What cannot be read as a scenario is
/// known by its path alone.
pub fn matching(files: Vec<PathBuf>, text: &str, toolkits: &Toolkits) -> Vec<PathBuf> {
    let text = text.to_lowercase();
    let has = |part: &str| part.to_lowercase().contains(&text);
    let in_steps = |scenario: &Scenario| {
        let targets = scenario.steps.iter().map(|step| scenario.source.excerpt(&step.span));
        let labels = scenario.steps.iter().filter_map(|step| step.label.as_deref());
        has(&scenario.title) || labels.chain(targets).any(has)
    };
    let matches = |file: &PathBuf| {
        has(&file.display().to_string()) || Scenario::read(file, toolkits).is_ok_and(|scenario| in_steps(&scenario))
    };
    files.into_iter().filter(matches).collect()
}

/// The compiled contracts that a scenario deploys; none where it cannot be read.
pub fn artifacts_of(file: &Path, toolkits: &Toolkits) -> Vec<PathBuf> {
    let Ok(scenario) = Scenario::read(file, toolkits) else { return Vec::new() };
    let deployed = scenario.steps.iter().filter_map(|step| match &step.action {
        Action::Deploy(deploy) | Action::Upgrade(deploy) => Some(&deploy.artefact),
        _ => None,
    });
    deployed.map(|artifact| scenario.source.relative(&artifact.value, &artifact.span)).collect()
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
    let mut player = Player::new(&scenario, plan, engine, None)?;
    let ending = player.play(|report, _| {
        totals.add(&report);
        steps.push(report);
        Ok(())
    })?;
    let names = player.into_world().names;
    Ok(Played { scenario, steps, totals, ending, names })
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
        for entry in walkdir::WalkDir::new(path).follow_links(true) {
            // A link that leads nowhere is a scenario that cannot be read.
            let file = match entry {
                Ok(entry) => Some(entry.into_path()).filter(|file| file.is_file()),
                Err(error) => error.path().map(Path::to_owned),
            };
            files.extend(file.filter(|file| is_scenario(file)));
        }
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
    name == FILE_NAME || name.ends_with(SUFFIX)
}
