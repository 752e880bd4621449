//! Automation of this repository.
//!
//! - `cargo xtask check` is for before a commit; `cargo xtask ci` runs what CI runs
//! - `cargo xtask soak` plays random transactions, for as long as one likes
//! - `cargo xtask bench` measures, and writes `docs/benchmarks.md`
//! - `cargo xtask corpus FOLDER` reads a folder of interface files, generates all bindings and compiles them
//! - `cargo xtask guest` builds the core for a bare RISC-V machine
//! - `cargo xtask layers` checks the rules between crates, which are the test `layers` of this package

mod bench;
mod cargo;
mod ci;
mod corpus;
mod guest;
mod soak;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <command>

  check    formatting, lints, rules, misspelt words: for before a commit
  ci       everything that CI checks, up to the first failure
  soak     random transactions over all VMs in all modes: [--seconds N] [--seed S]
  bench    all benchmarks; writes docs/benchmarks.md; `bench soak`: one alone
  corpus   FOLDER [OUT]: reads the interface files below FOLDER, generates all bindings into OUT, compiles them
  guest    the core of the engine builds for a bare RISC-V machine, without an operating system
  layers   the rules between crates; part of `cargo test`";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let arguments: Vec<String> = arguments.collect();
    match run(&command, &arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, arguments: &[String]) -> Result<(), String> {
    // `cargo xtask ci --help` asks for words, not for half an hour of work.
    if command.is_empty() || arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        return Err(USAGE.to_owned());
    }
    match (command, arguments) {
        ("soak", arguments) => soak::run(arguments),
        ("corpus", arguments) => corpus::run(arguments),
        ("bench", arguments) => bench::run(arguments),
        ("check", []) => ci::check(),
        ("ci", []) => ci::run(),
        ("guest", []) => guest::run(),
        ("layers", []) => ci::layers(),
        ("check" | "ci" | "guest" | "layers", [first, ..]) => {
            Err(format!("{command} takes no arguments, and got {first}\n\n{USAGE}"))
        }
        (other, _) => Err(format!("unknown command {other}\n\n{USAGE}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_take_no_arguments_refuse_them_before_they_work() {
        let error = |command, argument: &str| run(command, &[argument.to_owned()]).unwrap_err();
        for command in ["check", "ci", "guest", "layers"] {
            assert_eq!(error(command, "--help"), USAGE);
            assert!(error(command, "--fast").starts_with(&format!("{command} takes no arguments, and got --fast")));
        }
        assert!(error("cii", "x").starts_with("unknown command cii"));
        assert_eq!(run("", &[]).unwrap_err(), USAGE);
    }
}
