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

/// All steps; the last ones for the sets of state tests that are there.
fn steps(state_tests: &[String]) -> Vec<Step> {
    let mut steps: Vec<Step> = [
        "fmt --all --check",
        "clippy --workspace --all-targets -- -D warnings",
        "check --package hexapla-abi --no-default-features",
        "test --workspace",
        "doc --workspace --no-deps",
        "run --release -- run examples/tour",
        "run --release -- test examples",
    ]
    .map(Step::new)
    .into();
    steps[4].variable = Some(("RUSTDOCFLAGS", "-D warnings"));
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
        assert_eq!(lines[4], "RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --no-deps");
        assert_eq!(lines.last().unwrap(), "cargo run --release -- statetest /f x/ethereum-state-tests");
        assert_eq!(steps(&[]).len() + 1, lines.len());
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
