//! Compares hexapla with litesvm; exits with 1 where they differ, and where it does not find a difference that is there.
//!
//! `compare [SEEDS] [STEPS]`: how many random sequences follow the fixed ones, and how long each is.

use hexapla_oracle_litesvm::{pair::Pair, planted, random, stories};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let mut number = |default| arguments.next().and_then(Result::ok).unwrap_or(default);
    let (seeds, steps) = (number(4), number(200));
    let missed = planted::missed();
    for what in &missed {
        println!("not found, though planted: {what}");
    }
    let mut pair = Pair::new();
    stories::run(&mut pair);
    println!("stories: {} transactions, {} succeeded", pair.counts.0, pair.counts.1);
    for seed in 1..=seeds as u64 {
        let before = pair.counts;
        random::run(&mut pair, seed, steps);
        let (sent, succeeded) = (pair.counts.0 - before.0, pair.counts.1 - before.1);
        println!("seed {seed}: {sent} transactions, {succeeded} succeeded");
    }
    for difference in &pair.differences {
        println!("{difference}");
    }
    println!("{} transactions, {} differences", pair.counts.0, pair.differences.len());
    if pair.differences.is_empty() && missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
