//! Measuring: CPU time of this thread, medians, and lines that `cargo xtask bench` reads.

#![allow(dead_code, reason = "each bench uses a part of it")]

use rustix::time::{ClockId, clock_gettime};

/// CPU time that `work` takes on this thread, in milliseconds.
pub(crate) fn cpu_ms(work: impl FnOnce()) -> f64 {
    let before = thread_cpu_ms();
    work();
    thread_cpu_ms() - before
}

/// CPU time of this thread so far, in milliseconds.
pub(crate) fn thread_cpu_ms() -> f64 {
    cpu_of(ClockId::ThreadCPUTime)
}

/// CPU time of all threads so far, in milliseconds.
pub(crate) fn process_cpu_ms() -> f64 {
    cpu_of(ClockId::ProcessCPUTime)
}

fn cpu_of(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// The middle value.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints a figure for people and for `cargo xtask bench`.
pub(crate) fn bench(name: &str, value: f64, unit: &str) {
    println!("bench {name} {value:.3} {unit}");
}
