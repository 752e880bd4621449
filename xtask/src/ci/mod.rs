//! `cargo xtask ci`: what CI runs, in order.

mod features;
mod step;
mod tools;

use std::{env, path::Path, time::Instant};
use step::Step;

/// Folders of Ethereum's state tests among the fixtures.
const STATE_TESTS: [&str; 2] = ["ethereum-state-tests", "ethereum-state-tests-osaka"];

/// Tests whose transactions are executed once more in all modes: with caches that always miss, on the other engines,
/// without a trace. What can be seen of them must be equal.
const IN_ALL_MODES: [&str; 15] = [
    "activation",
    "border",
    "contract",
    "hostile_lane",
    "inspect",
    "lane",
    "lanes",
    "predeploys",
    "raw",
    "security",
    "svm",
    "examples",
    "expectations",
    "keypairs",
    "proofs",
];

/// That every crate can be packed for publication. Whether the packages build is not tried: that would build all again;
/// the rules of the workspace check that they hold what their code includes.
const PACKAGE: &str = "package --locked --workspace --exclude xtask --exclude hexapla-testing --exclude calc-vm --no-verify --allow-dirty --quiet";

/// All steps; the last ones for the sets of state tests that are there.
fn steps(state_tests: &[String]) -> Vec<Step> {
    let mut steps: Vec<Step> =
        ["fmt --all --check", "clippy --locked --workspace --all-targets -- -D warnings"].map(Step::new).into();
    steps.extend(features::steps());
    steps.push(Step::new("test --locked --workspace"));
    steps.push(in_all_modes());
    steps.push(Step::new("doc --locked --workspace --no-deps").with("RUSTDOCFLAGS", "-D warnings"));
    steps.push(Step::new(PACKAGE));
    let release =
        ["run --locked --release -- run examples/tour", "run --locked --release -- test examples", "xtask guest"];
    steps.extend(release.map(Step::new));
    for folder in state_tests {
        let mut step = Step::new("run --locked --release -- statetest");
        step.arguments.push(folder.clone());
        steps.push(step);
    }
    steps
}

/// The same packages as in the step before, so that nothing is built again.
fn in_all_modes() -> Step {
    let mut step = Step::new("test --locked --workspace").with("HEXAPLA_MODES", "all");
    step.arguments.extend(IN_ALL_MODES.iter().flat_map(|name| ["--test".to_owned(), (*name).to_owned()]));
    step
}

/// The folders of state tests that are there, and the names of those that are not.
fn state_tests(fixtures: Option<&str>) -> (Vec<String>, Vec<&'static str>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in STATE_TESTS {
        match fixtures.map(|fixtures| format!("{fixtures}/{name}")).filter(|folder| Path::new(folder).is_dir()) {
            Some(folder) => found.push(folder),
            None => missing.push(name),
        }
    }
    (found, missing)
}

/// Runs the steps up to the first that fails.
pub(crate) fn run() -> Result<(), String> {
    let fixtures = env::var("HEXAPLA_FIXTURES").ok();
    let (found, missing) = state_tests(fixtures.as_deref());
    let mut left_out: Vec<String> = tools::typos()?.into_iter().collect();
    let (mut steps_of_all, without_tool) = tools::steps();
    steps_of_all.extend(steps(&found));
    left_out.extend(without_tool);
    let folder = fixtures.as_deref().unwrap_or("HEXAPLA_FIXTURES, which is not set");
    left_out.extend(missing.iter().map(|name| format!("{name} was not run: it is not in {folder}")));
    let begin = Instant::now();
    run_all(&steps_of_all)?;
    for sentence in left_out {
        eprintln!("ci: {sentence}");
    }
    eprintln!("ci: all {} steps passed in {} s", steps_of_all.len(), begin.elapsed().as_secs());
    Ok(())
}

fn run_all(steps: &[Step]) -> Result<(), String> {
    let count = steps.len();
    for (index, step) in steps.iter().enumerate() {
        let (number, line) = (index + 1, step.line());
        eprintln!("ci: step {number} of {count}: {line}");
        let begin = Instant::now();
        step.run().map_err(|why| {
            format!("ci: FAILED at step {number} of {count}: {line} ({why}); run it alone to see it again")
        })?;
        eprintln!("ci: step {number} of {count} passed in {} s", begin.elapsed().as_secs());
    }
    Ok(())
}

/// `cargo xtask check`: what finds most mistakes before a commit, within minutes.
pub(crate) fn check() -> Result<(), String> {
    let mut left_out: Vec<String> = tools::typos()?.into_iter().collect();
    let (deny, without_tool) = tools::deny();
    left_out.extend(without_tool);
    let lines = [
        "fmt --all --check",
        "clippy --locked --workspace --all-targets -- -D warnings",
        "test --locked --package xtask",
    ];
    run_all(&deny.into_iter().chain(lines.map(Step::new)).collect::<Vec<_>>())?;
    left_out.iter().for_each(|sentence| eprintln!("check: {sentence}"));
    eprintln!("check: passed; now the tests of what you changed: cargo test --workspace --test NAME");
    Ok(())
}

/// `cargo xtask layers`: the rules between crates alone.
pub(crate) fn layers() -> Result<(), String> {
    let step = Step::new("test --locked --package xtask --test layers");
    step.run().map_err(|why| format!("layers: FAILED: {} ({why})", step.line()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_are_the_documented_commands() {
        let lines: Vec<String> = steps(&["/f x/ethereum-state-tests".to_owned()]).iter().map(Step::line).collect();
        assert!(lines.contains(&"cargo test --locked --workspace".to_owned()), "{lines:#?}");
        let modes = "HEXAPLA_MODES=\"all\" cargo test --locked --workspace --test ";
        assert!(lines.iter().any(|line| line.starts_with(modes)), "{lines:#?}");
        assert!(lines.contains(&"RUSTDOCFLAGS=\"-D warnings\" cargo doc --locked --workspace --no-deps".to_owned()));
        assert_eq!(lines.last().unwrap(), "cargo run --locked --release -- statetest /f x/ethereum-state-tests");
        assert_eq!(steps(&[]).len() + 1, lines.len());
    }

    #[test]
    fn no_step_changes_the_lock_file() {
        let unlocked = steps(&[]).into_iter().filter(|step| !step.arguments.iter().any(|word| word == "--locked"));
        // The alias `xtask` says it by itself, and so does what `guest` runs.
        assert_eq!(
            unlocked.map(|step| step.line()).collect::<Vec<_>>(),
            ["cargo fmt --all --check", "cargo xtask guest"]
        );
    }

    /// These two compare modes by themselves.
    const IN_THEIR_OWN_MODES: [&str; 2] = ["determinism", "random"];

    #[test]
    fn every_test_of_the_executor_runs_in_all_modes() {
        let folder = crate::cargo::root().join("crates/hexapla/tests");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if !path.join("main.rs").exists() && path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let name = path.file_stem().unwrap().to_str().unwrap();
            let runs = IN_ALL_MODES.contains(&name) || IN_THEIR_OWN_MODES.contains(&name);
            assert!(runs, "the test {name} is not in IN_ALL_MODES");
        }
    }

    #[test]
    fn state_tests_that_are_not_there_are_named() {
        assert_eq!(state_tests(None), (Vec::new(), STATE_TESTS.to_vec()));
        assert_eq!(state_tests(Some("/no such folder")), (Vec::new(), STATE_TESTS.to_vec()));
    }
}
