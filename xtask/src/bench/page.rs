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

runs every command above on an otherwise idle machine (`cargo xtask bench state soak --write` only these, and writes
their sections), measures the process `hexapla run examples/tour` itself (median
of nine runs after a warm-up; peak resident memory from `/proc`), and writes this page. Each bench says in its source
what it measures, and fails when the two sides that it compares do not agree on the result.
";

/// The page, of sections with the command that measured them.
pub(crate) fn page(machine: &str, sections: &[(String, Vec<Measurement>)]) -> String {
    let sections: String = sections.iter().map(section).collect();
    format!("{HEAD}\nMeasured on: {machine}.\n{sections}{FOOT}")
}

fn section((command, measurements): &(String, Vec<Measurement>)) -> String {
    let rows: String = measurements.iter().map(|measurement| row(measurement, measurements)).collect();
    format!("{}\n| measurement | value | unit | target | |\n|---|--:|---|---|---|\n{rows}", heading(command))
}

fn heading(command: &str) -> String {
    format!("\n## `{command}`\n")
}

/// A page with these sections in the place of its own ones; where it has none of a command, at its end.
pub(crate) fn with(page: &str, sections: &[(String, Vec<Measurement>)]) -> String {
    let mut page = page.to_owned();
    for new in sections {
        let start = page.find(&heading(&new.0)).or_else(|| page.find(FOOT)).unwrap_or(page.len());
        let old = page[start..].starts_with(&heading(&new.0));
        let end = if old { page[start + 1..].find("\n## ").map_or(page.len(), |next| start + 1 + next) } else { start };
        page.replace_range(start..end, &section(new));
    }
    page
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
    fn sections_are_replaced_and_others_stay() {
        let sections = |values: [f64; 2]| {
            let section = |(name, value): (&str, f64)| (name.to_owned(), vec![Measurement::new(name, value, "us")]);
            ["a", "b"].into_iter().zip(values).map(section).collect::<Vec<_>>()
        };
        let old = page("A CPU", &sections([1.0, 2.0]));
        assert_eq!(with(&old, &sections([3.0, 4.0])[..1]), page("A CPU", &sections([3.0, 2.0])));
        assert_eq!(with(&old, &sections([3.0, 4.0])[1..]), page("A CPU", &sections([1.0, 4.0])));
        assert_eq!(
            with(&page("A CPU", &sections([1.0, 2.0])[..1]), &sections([1.0, 4.0])[1..]),
            page("A CPU", &sections([1.0, 4.0]))
        );
    }

    #[test]
    fn a_missed_target_is_shown_as_missed() {
        let section = vec![Measurement::new("tour_process_wall", 0.5, "s")];
        assert!(page("", &[(String::new(), section)]).contains("| 0.5 | s | ≤ 0.3 s | missed |"));
    }
}
