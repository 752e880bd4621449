//! One command of CI.

use crate::cargo::cargo;

/// A cargo command, with what must be installed for it.
pub(super) struct Step {
    pub(super) arguments: Vec<String>,
    /// A variable of its environment.
    pub(super) variable: Option<(&'static str, &'static str)>,
}

impl Step {
    pub(super) fn new(line: &str) -> Self {
        Self { arguments: line.split(' ').map(str::to_owned).collect(), variable: None }
    }

    pub(super) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.variable = Some((name, value));
        self
    }

    pub(super) fn line(&self) -> String {
        let variable = self.variable.map(|(name, value)| format!("{name}=\"{value}\" "));
        format!("{}cargo {}", variable.unwrap_or_default(), self.arguments.join(" "))
    }

    pub(super) fn run(&self) -> Result<(), String> {
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

#[test]
fn a_step_that_fails_says_how() {
    assert!(Step::new("no-such-command").run().unwrap_err().contains("exit"));
}
