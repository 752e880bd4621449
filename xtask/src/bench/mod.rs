//! `cargo xtask bench`: all measurements of this repository, as one page.

mod machine;
mod measurement;
mod page;
mod target;
mod tour;

use crate::cargo::{cargo, root};
use measurement::Measurement;
use std::{fs, process::Stdio};

/// The benches: a folder of this repository, and what cargo is asked there.
const BENCHES: [(&str, &str); 11] = [
    (".", "bench -p hexapla-abi --bench translate"),
    (".", "bench -p hexapla-trie --bench trie"),
    (".", "bench -p hexapla-statedb --bench state"),
    (".", "bench -p hexapla-wasm --bench engines"),
    (".", "bench -p hexapla --bench transfers"),
    (".", "bench -p hexapla --bench crossing"),
    (".", "bench -p hexapla --bench solana"),
    (".", SOAK),
    (".", METERING[0]),
    (".", METERING[1]),
    ("oracles/litesvm", "run --release --bin bench"),
];

/// What gas buys, of typical and of hostile work.
const METERING: [&str; 2] = ["bench -p hexapla --bench metering", "bench -p hexapla-wasm --bench programs"];

/// Blocks on a state of millions of slots.
const SOAK: &str = "bench -p hexapla --bench soak";

/// Runs everything and writes the page; or, where `metering` or `soak` is asked for, that alone, and writes nothing.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [] => run_all(),
        [only] if only == "metering" => run_some(&METERING),
        [only] if only == "soak" => run_some(&[SOAK]),
        _ => Err("usage: cargo xtask bench [metering | soak]".to_owned()),
    }
}

fn run_some(benches: &[&str]) -> Result<(), String> {
    for arguments in benches {
        say_misses(&bench(".", arguments, &format!("cargo {arguments}"))?);
    }
    Ok(())
}

fn say_misses<'m>(measurements: impl IntoIterator<Item = &'m Measurement>) {
    let with_targets = measurements.into_iter().filter_map(|measured| Some((measured, target::of(&measured.name)?)));
    for (measurement, target) in with_targets {
        if !target.is_met(measurement) {
            eprintln!("bench: {measurement} misses its target {target}");
        }
    }
}

fn run_all() -> Result<(), String> {
    let mut sections = Vec::new();
    for (folder, arguments) in BENCHES {
        let place = if folder == "." { String::new() } else { format!("cd {folder} && ") };
        let line = format!("{place}cargo {arguments}");
        let measurements = bench(folder, arguments, &line)?;
        sections.push((line, measurements));
    }
    sections.push(("cargo run --release -- run examples/tour".to_owned(), tour::measure()?));
    let path = root().join("docs/benchmarks.md");
    let written = fs::create_dir_all(root().join("docs"));
    let written = written.and_then(|()| fs::write(&path, page::page(&machine::describe(), &sections)));
    written.map_err(|error| format!("bench: {} could not be written: {error}", path.display()))?;
    eprintln!("bench: wrote docs/benchmarks.md");
    let all: Vec<&Measurement> = sections.iter().flat_map(|(_, measurements)| measurements).collect();
    say_misses(all.iter().copied());
    match target::missing(&all).as_slice() {
        [] => Ok(()),
        missing => Err(format!("bench: FAILED: no bench printed {}, which have targets", missing.join(", "))),
    }
}

/// Runs one bench; its output goes on to the terminal.
fn bench(folder: &str, arguments: &str, line: &str) -> Result<Vec<Measurement>, String> {
    let mut command = cargo(&arguments.split(' ').collect::<Vec<_>>());
    command.arg("--locked").current_dir(root().join(folder));
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    if !output.status.success() {
        return Err(format!("bench: FAILED: {line} ({})", output.status));
    }
    let measurements = measurement::all_in(&text);
    if measurements.is_empty() {
        return Err(format!("bench: {line} printed no line `bench <name> <value> <unit>`"));
    }
    Ok(measurements)
}
