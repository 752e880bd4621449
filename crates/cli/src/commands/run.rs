//! `hexapla run`

use super::show_failures;
use crate::{
    flag::flag,
    machine::{MachineArgs, open_database},
    output::{Output, columns},
    render::{json, text},
};
use clap::Args;
use hexapla_scenario::problem::{Problem, Result};
use hexapla_scenario::{
    Player, Scenario,
    check::Totals,
    plan,
    report::{Ending, StepReport},
    world::name_store,
};
use hexapla_store::KvStore;
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

/// Options of `hexapla run`.
#[derive(Debug, Args)]
#[command(
    after_help = "Lines are as wide as the terminal, or as COLUMNS says; in files and pipes they are not broken.\n\n\
Examples:\n  hexapla run examples/tour\n  hexapla run examples/tour --diff --engine wasmi\n  hexapla run examples/tour --db state.redb     then: hexapla proof --db state.redb account vault"
)]
pub(crate) struct RunArgs {
    /// A scenario file, or a folder with a `scenario.toml`; `-` for the standard input.
    scenario: PathBuf,
    /// Show only the steps in which something does not hold, and the sums.
    #[arg(short, long, env = "HEXAPLA_QUIET", value_parser = flag(), conflicts_with = "json")]
    quiet: bool,
    /// Show what each transaction changed: accounts, storage, objects.
    #[arg(long, env = "HEXAPLA_DIFF", value_parser = flag())]
    diff: bool,
    /// Show what Solana programs have logged.
    #[arg(long, env = "HEXAPLA_LOG", value_parser = flag())]
    log: bool,
    /// Print one JSON document instead of text.
    #[arg(long, env = "HEXAPLA_JSON", value_parser = flag())]
    json: bool,
    /// Keep the state in this file, which must be new, so that proofs can be taken from it later.
    #[arg(long, value_name = "FILE", env = "HEXAPLA_DB")]
    db: Option<PathBuf>,
    #[command(flatten)]
    machine: MachineArgs,
}

/// Runs the command.
pub(crate) fn run(args: &RunArgs, output: &mut Output) -> Result<bool> {
    let begun = Instant::now();
    let scenario = read(&args.scenario)?;
    let plan = plan::plan(&scenario, args.machine.cache_folder().as_deref())?;
    let engine = args.machine.engine(1)?;
    let store = args.db.as_ref().map(new_database).transpose()?;
    output.detail(&format!("ready after {}", text::time(begun.elapsed())));
    let mut player = Player::new(&scenario, plan, &engine, store.clone())?;
    if args.diff {
        player = player.keep_objects();
    }
    let played = play(args, &scenario, &mut player, output);
    if let Some(store) = store {
        name_store::write(&*store, &player.world().names)?;
    }
    let (steps, summary, ending) = played?;
    // The sums come last.
    steps.iter().for_each(|report| show_failures(output, &scenario, report));
    if args.json {
        let names = &player.world().names;
        output.json(&json::document(&scenario, &steps, &summary, ending, names))?;
    } else {
        output.result(&text::tail(&summary, ending, begun.elapsed(), columns()))?;
    }
    Ok(summary.failures == 0 && ending == Ending::Complete)
}

type Played = (Vec<StepReport>, Totals, Ending);

/// Plays the steps, and shows each as soon as it is done unless JSON is wanted.
fn play(args: &RunArgs, scenario: &Scenario, player: &mut Player<'_>, output: &mut Output) -> Result<Played> {
    let verbose = output.verbose();
    let options = text::TextOptions { diff: args.diff, verbose, log: args.log, columns: columns() };
    let (mut steps, mut summary) = (Vec::new(), Totals::default());
    if !args.json && !args.quiet {
        output.result(&text::head(scenario, options.columns))?;
    }
    let ending = player.play(|report, names| {
        summary.add(&report);
        let is_shown = !args.json && (!args.quiet || report.failures().next().is_some());
        let shown = if is_shown { output.result(&text::step(&report, names, options)) } else { Ok(()) };
        steps.push(report);
        shown
    })?;
    Ok((steps, summary, ending))
}

/// The scenario in a file, or the one that comes in. Paths in that one are relative to the current folder.
fn read(path: &Path) -> Result<Scenario> {
    if path.as_os_str() != "-" {
        return Scenario::read(path, &hexapla::toolkits());
    }
    let text = io::read_to_string(io::stdin()).map_err(|error| Problem::file(path, "read the scenario", error))?;
    Scenario::of_text(path.to_owned(), text, &hexapla::toolkits())
}

/// A file that holds no state yet.
fn new_database(path: &PathBuf) -> Result<Arc<dyn KvStore>> {
    let store = open_database(path, false)?;
    let state = hexapla::StateDb::open(store.clone()).map_err(hexapla::ChainError::from)?;
    if state.root() == hexapla_trie::EMPTY_ROOT {
        return Ok(store);
    }
    let message = format!("{} holds a state already", path.display());
    Err(Problem::new("hexapla::db::not_empty", message)
        .with_help("a scenario begins on an empty chain; name another file, or delete this one"))
}
