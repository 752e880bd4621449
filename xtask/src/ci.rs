//! `cargo xtask ci`: what CI runs, in order.

use crate::cargo::cargo;
use std::{env, time::Instant};

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

/// All steps; the last one only where the fixtures are.
fn steps(fixtures: Option<&str>) -> Vec<Step> {
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
    if let Some(fixtures) = fixtures {
        let mut step = Step::new("run --release -- statetest");
        step.arguments.push(format!("{fixtures}/ethereum-state-tests"));
        steps.push(step);
    }
    steps
}

/// Runs the steps up to the first that fails.
pub(crate) fn run() -> Result<(), String> {
    let fixtures = env::var("HEXAPLA_FIXTURES").ok();
    let steps = steps(fixtures.as_deref());
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
    if fixtures.is_none() {
        eprintln!("ci: HEXAPLA_FIXTURES is not set: ethereum/tests were not run");
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
        let lines: Vec<String> = steps(Some("/f x")).iter().map(Step::line).collect();
        assert_eq!(lines[3], "cargo test --workspace");
        assert_eq!(lines[4], "RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --no-deps");
        assert_eq!(lines.last().unwrap(), "cargo run --release -- statetest /f x/ethereum-state-tests");
        assert_eq!(steps(None).len() + 1, lines.len());
    }

    #[test]
    fn a_step_that_fails_says_how() {
        assert!(Step::new("no-such-command").run().unwrap_err().contains("exit"));
    }
}
