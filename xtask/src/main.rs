//! Automation of this repository.
//!
//! - `cargo xtask ci` runs what CI runs
//! - `cargo xtask bench` measures, and writes `docs/benchmarks.md`
//! - `cargo xtask layers` checks the rules between crates, which are the test `layers` of this package

mod bench;
mod cargo;
mod ci;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <command>

  ci       everything that CI checks, up to the first failure
  bench    all benchmarks; writes docs/benchmarks.md
  layers   the rules between crates; part of `cargo test`";

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let result = match command.as_str() {
        "ci" => ci::run(),
        "bench" => bench::run(),
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
