//! `cargo xtask ci`: what CI runs, in order.

use crate::cargo::cargo;
use std::{env, path::Path, time::Instant};

/// A cargo command of CI.
struct Step {
    arguments: Vec<String>,
    /// A variable of its environment.
    variable: Option<(&'static str, &'static str)>,
}

impl Step {
    fn new(line: &str) -> Self {
        Self { arguments: line.split(' ').map(str::to_owned).collect(), variable: None }
    }

    fn line(&self) -> String {
        let variable = self.variable.map(|(name, value)| format!("{name}=\"{value}\" "));
        format!("{}cargo {}", variable.unwrap_or_default(), self.arguments.join(" "))
    }

    fn run(&self) -> Result<(), String> {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let mut command = cargo(&arguments);
        command.envs(self.variable);
        match command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(status.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Folders of Ethereum's state tests among the fixtures.
const STATE_TESTS: [&str; 2] = ["ethereum-state-tests", "ethereum-state-tests-osaka"];

/// Tests whose transactions are executed once more in all modes: with caches that always miss, on the other engines,
/// without a trace. What can be seen of them must be equal.
const IN_ALL_MODES: [&str; 10] =
    ["activation", "border", "lane", "lanes", "security", "svm", "examples", "expectations", "keypairs", "proofs"];

/// All steps; the last ones for the sets of state tests that are there.
fn steps(state_tests: &[String]) -> Vec<Step> {
    let mut steps: Vec<Step> = [
        "fmt --all --check",
        "clippy --workspace --all-targets -- -D warnings",
        "check --package hexapla-abi --no-default-features",
        "test --workspace",
        "test --workspace",
        "doc --workspace --no-deps",
        "run --release -- run examples/tour",
        "run --release -- test examples",
    ]
    .map(Step::new)
    .into();
    // The same packages as before, so that nothing is built again.
    steps[4].variable = Some(("HEXAPLA_MODES", "all"));
    steps[4].arguments.extend(IN_ALL_MODES.iter().flat_map(|name| ["--test".to_owned(), (*name).to_owned()]));
    steps[5].variable = Some(("RUSTDOCFLAGS", "-D warnings"));
    for folder in state_tests {
        let mut step = Step::new("run --release -- statetest");
        step.arguments.push(folder.clone());
        steps.push(step);
    }
    steps
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
    let steps = steps(&found);
    let (begin, count) = (Instant::now(), steps.len());
    for (index, step) in steps.iter().enumerate() {
        let (number, line) = (index + 1, step.line());
        eprintln!("ci: step {number} of {count}: {line}");
        let step_begin = Instant::now();
        step.run().map_err(|why| {
            format!("ci: FAILED at step {number} of {count}: {line} ({why}); run it alone to see it again")
        })?;
        eprintln!("ci: step {number} of {count} passed in {} s", step_begin.elapsed().as_secs());
    }
    for name in missing {
        let fixtures = fixtures.as_deref().unwrap_or("HEXAPLA_FIXTURES, which is not set");
        eprintln!("ci: {name} was not run: it is not in {fixtures}");
    }
    eprintln!("ci: all {count} steps passed in {} s", begin.elapsed().as_secs());
    Ok(())
}

/// `cargo xtask layers`: the rules between crates alone.
pub(crate) fn layers() -> Result<(), String> {
    let step = Step::new("test --package xtask --test layers");
    step.run().map_err(|why| format!("layers: FAILED: {} ({why})", step.line()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_are_the_documented_commands() {
        let lines: Vec<String> = steps(&["/f x/ethereum-state-tests".to_owned()]).iter().map(Step::line).collect();
        assert_eq!(lines[3], "cargo test --workspace");
        assert!(lines[4].starts_with("HEXAPLA_MODES=\"all\" cargo test --workspace --test "), "{}", lines[4]);
        assert_eq!(lines[5], "RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --no-deps");
        assert_eq!(lines.last().unwrap(), "cargo run --release -- statetest /f x/ethereum-state-tests");
        assert_eq!(steps(&[]).len() + 1, lines.len());
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

    #[test]
    fn a_step_that_fails_says_how() {
        assert!(Step::new("no-such-command").run().unwrap_err().contains("exit"));
    }
}
