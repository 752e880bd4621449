//! The tour as a user sees it: the whole process of the release binary, from start to end.

use super::measurement::Measurement;
use crate::cargo::{cargo, root, target_folder};
use std::{
    fs,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Measured runs after the warm-up; their median counts.
const RUNS: usize = 9;

/// Wall time of the process, and its peak memory.
pub(crate) fn measure() -> Result<Vec<Measurement>, String> {
    let built = cargo(&["build", "--locked", "--release"]).status().is_ok_and(|status| status.success());
    if !built {
        return Err("bench: FAILED: cargo build --release".to_owned());
    }
    wall()?;
    let mut walls = (0..RUNS).map(|_| wall()).collect::<Result<Vec<_>, _>>()?;
    walls.sort();
    let measurements = vec![
        Measurement::new("tour_process_wall", rounded(walls[RUNS / 2].as_secs_f64(), 1000.0), "s"),
        Measurement::new("tour_peak_memory", peak_memory()?, "MiB"),
    ];
    for measurement in &measurements {
        println!("bench {measurement}");
    }
    Ok(measurements)
}

fn start() -> Result<Child, String> {
    let binary = target_folder().join("release/hexapla");
    let mut command = Command::new(&binary);
    command.args(["run", "examples/tour"]).current_dir(root()).stdin(Stdio::null()).stdout(Stdio::null());
    command.spawn().map_err(|error| format!("bench: {} does not start: {error}", binary.display()))
}

fn finish(mut child: Child) -> Result<(), String> {
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("bench: FAILED: hexapla run examples/tour ({status})")),
        Err(error) => Err(format!("bench: hexapla run examples/tour: {error}")),
    }
}

fn wall() -> Result<Duration, String> {
    let begin = Instant::now();
    finish(start()?)?;
    Ok(begin.elapsed())
}

/// Peak resident memory in MiB. The kernel keeps the peak, so that the last look before the end is the whole truth up
/// to then; these runs are apart from those that are timed.
fn peak_memory() -> Result<f64, String> {
    let mut peak = 0;
    for _ in 0..3 {
        let mut child = start()?;
        let path = format!("/proc/{}/status", child.id());
        while matches!(child.try_wait(), Ok(None)) {
            let status = fs::read_to_string(&path).unwrap_or_default();
            peak = peak.max(kibibytes(&status).unwrap_or(0));
            thread::sleep(Duration::from_micros(500));
        }
        finish(child)?;
    }
    if peak == 0 {
        return Err("bench: /proc does not tell the peak memory of a process; this needs Linux".to_owned());
    }
    Ok(rounded(f64::from(peak) / 1024.0, 10.0))
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

fn kibibytes(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_the_status_of_a_process() {
        assert_eq!(kibibytes("Name:\tx\nVmHWM:\t    1234 kB\nVmRSS:\t 1 kB\n"), Some(1234));
        assert_eq!(kibibytes("Name:\tx\n"), None);
    }
}
