//! `cargo xtask bench`: all measurements of this repository, as one page.

mod machine;
mod measurement;
mod page;
mod target;
mod tour;

use crate::cargo::{cargo, root};
use measurement::Measurement;
use std::{fs, process::Stdio};

/// The benches: package and name.
const BENCHES: [(&str, &str); 5] = [
    ("hexapla-abi", "translate"),
    ("hexapla-trie", "trie"),
    ("hexapla-wasm", "engines"),
    ("hexapla-executor", "transfers"),
    ("hexapla-executor", "crossing"),
];

/// Runs everything and writes the page.
pub(crate) fn run() -> Result<(), String> {
    let mut sections = Vec::new();
    for (package, name) in BENCHES {
        let line = format!("cargo bench -p {package} --bench {name}");
        sections.push((line, bench(package, name)?));
    }
    sections.push(("cargo run --release -- run examples/tour".to_owned(), tour::measure()?));
    let path = root().join("docs/benchmarks.md");
    let written = fs::create_dir_all(root().join("docs"));
    let written = written.and_then(|()| fs::write(&path, page::page(&machine::describe(), &sections)));
    written.map_err(|error| format!("bench: {} could not be written: {error}", path.display()))?;
    eprintln!("bench: wrote docs/benchmarks.md");
    let all: Vec<&Measurement> = sections.iter().flat_map(|(_, measurements)| measurements).collect();
    for (measurement, target) in all.iter().filter_map(|measured| Some((measured, target::of(&measured.name)?))) {
        if !target.is_met(measurement) {
            eprintln!("bench: {measurement} misses its target {target}");
        }
    }
    match target::missing(&all).as_slice() {
        [] => Ok(()),
        missing => Err(format!("bench: FAILED: no bench printed {}, which have targets", missing.join(", "))),
    }
}

/// Runs one bench; its output goes on to the terminal.
fn bench(package: &str, name: &str) -> Result<Vec<Measurement>, String> {
    let mut command = cargo(&["bench", "-p", package, "--bench", name]);
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    if !output.status.success() {
        return Err(format!("bench: FAILED: cargo bench -p {package} --bench {name} ({})", output.status));
    }
    let measurements = measurement::all_in(&text);
    if measurements.is_empty() {
        return Err(format!("bench: {package} {name} printed no line `bench <name> <value> <unit>`"));
    }
    Ok(measurements)
}
