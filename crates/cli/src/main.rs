//! The binary hexapla: run scenarios, Ethereum state tests, proofs.
//!
//! - [`args`]: the command line; [`commands`]: one module per command
//! - [`machine`]: engines, caches and database as the command line asks for them
//! - [`statetest`]: Ethereum's state tests
//! - [`render`]: reports as text and as JSON
//! - [`output`]: stdout and stderr
//!
//! Scenarios, explanations and problems are those of the library `hexapla-scenario`.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]

mod args;
mod commands;
mod flag;
mod machine;
mod memory;
mod output;
mod render;
mod statetest;

use args::{Cli, Command};
use clap::{CommandFactory as _, Parser as _};
use miette::Diagnostic;
use output::Output;
use std::process::ExitCode;

/// An expectation or a proof does not hold.
const DOES_NOT_HOLD: u8 = 1;
/// The input, or the machine, cannot be used.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut output = Output::new(cli.color, cli.verbose);
    let result = dispatch(&cli.command, &mut output);
    if let Some(peak) = memory::peak_kib() {
        output.detail(&format!("peak memory {:.1} MiB", peak as f64 / 1024.0));
    }
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(DOES_NOT_HOLD),
        Err(problem) => {
            output.problem(&*problem);
            ExitCode::from(UNUSABLE)
        }
    }
}

/// Runs the command; `Ok(false)` where something does not hold.
fn dispatch(command: &Command, output: &mut Output) -> Result<bool, Box<dyn Diagnostic>> {
    let result = match command {
        Command::Init(args) => commands::init::run(args, output),
        Command::Run(args) => commands::run::run(args, output),
        Command::Test(args) => commands::test::run(args, output),
        Command::Proof(args) => commands::proof::run(args, output),
        Command::Abi(args) => commands::abi::run(args, output),
        Command::Address(args) => commands::address::run(args, output),
        Command::Check(args) => commands::check::run(args, output),
        Command::Bind(args) => commands::bind::run(args, output),
        Command::Statetest(args) => statetest::run(args, output),
        Command::Completions(args) => commands::completions::run(args, Cli::command(), output),
        Command::VerifyProof(args) => commands::verify_proof::run(args, output),
    };
    result.map_err(|problem| problem as Box<dyn Diagnostic>)
}
