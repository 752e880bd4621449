//! The page `docs/benchmarks.md`.

use super::{measurement::Measurement, target};
use std::fmt::Write;

const HEAD: &str = "# Benchmarks

Written by `cargo xtask bench`; do not edit. Ratios compare two programs on the same work in the same process, so they
hold on other machines better than times do. A measurement without a target is there to explain one that has one.
";

const FOOT: &str = "
## How to reproduce

```sh
cargo xtask bench
```

runs every command above on an otherwise idle machine, measures the process `hexapla run examples/tour` itself (median
of nine runs after a warm-up; peak resident memory from `/proc`), and writes this page. Each bench says in its source
what it measures, and fails when the two sides that it compares do not agree on the result.
";

/// The page, of sections with the command that measured them.
pub(crate) fn page(machine: &str, sections: &[(String, Vec<Measurement>)]) -> String {
    let mut page = format!("{HEAD}\nMeasured on: {machine}.\n");
    for (command, measurements) in sections {
        page += &format!("\n## `{command}`\n\n| measurement | value | unit | target | |\n|---|--:|---|---|---|\n");
        for measurement in measurements {
            page += &row(measurement, measurements);
        }
    }
    page + FOOT
}

fn row(measurement: &Measurement, section: &[Measurement]) -> String {
    let Measurement { name, value, unit } = measurement;
    let target = target::of(name);
    let mut note = target.map_or("", |target| if target.is_met(measurement) { "met" } else { "missed" }).to_owned();
    if let Some(ratio) = ratio_to_wasmi(name, section) {
        let _ = write!(note, "{}{ratio:.1} times as fast as wasmi", if note.is_empty() { "" } else { "; " });
    }
    let target = target.map_or_else(String::new, |target| target.to_string());
    format!("| {name} | {value} | {unit} | {target} | {note} |\n")
}

/// Of a time on wasmtime, how it compares to the same on wasmi.
fn ratio_to_wasmi(name: &str, section: &[Measurement]) -> Option<f64> {
    let other = format!("{}_wasmi", name.strip_suffix("_wasmtime")?);
    let value = |name: &str| section.iter().find(|measured| measured.name == name).map(|measured| measured.value);
    Some(value(&other)? / value(name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_shows_target_verdict_and_ratio() {
        let section = vec![
            Measurement::new("erc20_transfer_wasmi", 30.0, "us"),
            Measurement::new("erc20_transfer_wasmtime", 5.0, "us"),
        ];
        let page = page("A CPU, 2 cores", &[("cargo bench".to_owned(), section)]);
        assert!(page.contains("Measured on: A CPU, 2 cores."));
        assert!(page.contains("| erc20_transfer_wasmi | 30 | us |  |  |"));
        assert!(page.contains("| erc20_transfer_wasmtime | 5 | us | ≤ 6 us | met; 6.0 times as fast as wasmi |"));
    }

    #[test]
    fn a_missed_target_is_shown_as_missed() {
        let section = vec![Measurement::new("tour_process_wall", 0.5, "s")];
        assert!(page("", &[(String::new(), section)]).contains("| 0.5 | s | ≤ 0.3 s | missed |"));
    }
}
