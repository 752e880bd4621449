//! Automation of this repository.
//!
//! - `cargo xtask check` is for before a commit; `cargo xtask ci` runs what CI runs
//! - `cargo xtask soak` plays random transactions, for as long as one likes
//! - `cargo xtask bench` measures, and writes `docs/benchmarks.md`
//! - `cargo xtask guest` builds the core for a bare RISC-V machine
//! - `cargo xtask layers` checks the rules between crates, which are the test `layers` of this package

mod bench;
mod cargo;
mod ci;
mod guest;
mod soak;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <command>

  check    formatting, lints, rules, misspelt words: for before a commit
  ci       everything that CI checks, up to the first failure
  soak     random transactions over all VMs in all modes: [--seconds N] [--seed S]
  bench    all benchmarks; writes docs/benchmarks.md; `bench metering`: what gas buys alone
  guest    the core of the engine builds for a bare RISC-V machine, without an operating system
  layers   the rules between crates; part of `cargo test`";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let arguments: Vec<String> = arguments.collect();
    let result = match command.as_str() {
        "check" => ci::check(),
        "ci" => ci::run(),
        "soak" => soak::run(&arguments),
        "bench" => bench::run(&arguments),
        "guest" => guest::run(),
        "layers" => ci::layers(),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
