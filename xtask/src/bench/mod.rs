//! `cargo xtask bench`: all measurements of this repository, as one page.

mod machine;
mod measurement;
mod page;
mod target;
mod tour;

use crate::cargo::{cargo, root};
use measurement::Measurement;
use std::{fs, process::Stdio};

/// The page that is written.
const PAGE: &str = "docs/benchmarks.md";

/// The benches: a folder of this repository, and what cargo is asked there.
const BENCHES: [(&str, &str); 11] = [
    (".", "bench -p hexapla-abi --bench translate"),
    (".", "bench -p hexapla-trie --bench trie"),
    (".", "bench -p hexapla-statedb --bench state"),
    (".", "bench -p hexapla-wasm --bench engines"),
    (".", "bench -p hexapla --bench transfers"),
    (".", "bench -p hexapla --bench crossing"),
    (".", "bench -p hexapla --bench solana"),
    (".", "bench -p hexapla --bench soak"),
    (".", METERING[0]),
    (".", METERING[1]),
    ("oracles/litesvm", "run --release --bin bench"),
];

/// What gas buys, of typical and of hostile work.
const METERING: [&str; 2] = ["bench -p hexapla --bench metering", "bench -p hexapla-wasm --bench programs"];

const USAGE: &str = "usage: cargo xtask bench [NAME …] [--write]";

/// Runs everything and writes the page; or, where benches are named, these alone, and writes their sections of the page
/// if that is asked for.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let (options, names): (Vec<&str>, Vec<&str>) =
        arguments.iter().map(String::as_str).partition(|argument| argument.starts_with('-'));
    match (&names[..], &options[..]) {
        ([], []) => run_all(),
        ([_, ..], []) => run_some(&names, false),
        ([_, ..], ["--write"]) => run_some(&names, true),
        _ => Err(USAGE.to_owned()),
    }
}

fn run_some(names: &[&str], write: bool) -> Result<(), String> {
    let benches = named(names)?;
    let sections = benches.into_iter().map(section).collect::<Result<Vec<_>, _>>()?;
    if write {
        let path = root().join(PAGE);
        let page = fs::read_to_string(&path).map_err(|error| format!("bench: {PAGE} could not be read: {error}"))?;
        write_page(&page::with(&page, &sections))?;
    }
    say_misses(sections.iter().flat_map(|(_, measurements)| measurements));
    Ok(())
}

/// The benches with these names; `metering` is all that says what gas buys.
fn named(names: &[&str]) -> Result<Vec<(&'static str, &'static str)>, String> {
    let mut found = Vec::new();
    for name in names {
        let is_named = |arguments: &str| match *name {
            "metering" => METERING.contains(&arguments),
            name => arguments.ends_with(&format!("--bench {name}")),
        };
        let before = found.len();
        found.extend(BENCHES.into_iter().filter(|(_, arguments)| is_named(arguments)));
        if found.len() == before {
            let names =
                BENCHES.iter().filter_map(|(_, arguments)| arguments.split_once("--bench ").map(|(_, name)| name));
            return Err(format!(
                "bench: no bench is called {name}; there are {}",
                names.collect::<Vec<_>>().join(", ")
            ));
        }
    }
    Ok(found)
}

/// Runs a bench: the line to run it by, and what it measured.
fn section((folder, arguments): (&str, &str)) -> Result<(String, Vec<Measurement>), String> {
    let place = if folder == "." { String::new() } else { format!("cd {folder} && ") };
    let line = format!("{place}cargo {arguments}");
    let measurements = bench(folder, arguments, &line)?;
    Ok((line, measurements))
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
    let mut sections = BENCHES.into_iter().map(section).collect::<Result<Vec<_>, _>>()?;
    sections.push(("cargo run --release -- run examples/tour".to_owned(), tour::measure()?));
    write_page(&page::page(&machine::describe(), &sections))?;
    let all: Vec<&Measurement> = sections.iter().flat_map(|(_, measurements)| measurements).collect();
    say_misses(all.iter().copied());
    match target::missing(&all).as_slice() {
        [] => Ok(()),
        missing => Err(format!("bench: FAILED: no bench printed {}, which have targets", missing.join(", "))),
    }
}

fn write_page(page: &str) -> Result<(), String> {
    let path = root().join(PAGE);
    fs::write(&path, page).map_err(|error| format!("bench: {PAGE} could not be written: {error}"))?;
    eprintln!("bench: wrote {PAGE}");
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn benches_are_found_by_name() {
        assert_eq!(named(&["soak"]), Ok(vec![(".", "bench -p hexapla --bench soak")]));
        assert_eq!(named(&["metering"]).map(|found| found.len()), Ok(2));
        assert_eq!(named(&["trie", "state"]).map(|found| found.len()), Ok(2));
        let error = named(&["trees"]).unwrap_err();
        assert!(error.contains("no bench is called trees") && error.contains("trie"), "{error}");
        assert!(run(&["--write".to_owned()]).unwrap_err().contains("usage"));
    }
}
