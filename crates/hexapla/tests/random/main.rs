//! Random transactions over all VMs: whatever they are, the host stays whole, no coin is made, and no cache, engine,
//! thread or trace makes any difference.
//!
//! - [`rng`]: numbers that a seed determines
//! - [`scene`]: what stands on the chain, with accounts and contracts of every kind
//! - [`scripts`], [`instructions`], [`values`]: what actors and programs are told
//! - [`transactions`]: transactions of both lanes
//! - [`properties`]: what holds for each of them
//!
//! A story is a new chain and some transactions, one after the other. Its seed determines all of it; where a property does
//! not hold, the seed and the number of the transaction are printed, with the command that plays the story again.
//! `cargo xtask soak` plays stories for as long as one likes.

mod instructions;
mod properties;
mod rng;
mod scene;
mod scripts;
#[path = "../lane/support.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod support;
mod transactions;
mod values;

use hexapla_testing::modes::{Observation, Transaction};
use properties::Seen;
use rng::Rng;
use scene::Scene;
use std::{
    env,
    time::{Duration, Instant},
};

/// Seed of the first story; the next ones have the numbers that follow.
const SEED: u64 = 1;
/// Stories of an ordinary run.
const STORIES: u64 = 12;
/// Transactions of a story.
const LENGTH: usize = 24;
/// Base fee of half of the stories, in wei.
const BASE_FEE: u64 = 7;
/// Transactions that are executed before another one, which they must not disturb.
const OTHERS: usize = 3;

/// A number in an environment variable.
fn setting(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is a number, not {value:?}")))
}

/// How many transactions went which way.
#[derive(Debug, Default)]
struct Count {
    succeeded: u64,
    failed: u64,
    invalid: u64,
    crossings: u64,
}

impl Count {
    fn add(&mut self, seen: &Observation) {
        match seen.receipt() {
            Some(receipt) if receipt.is_success() => self.succeeded += 1,
            Some(_) => self.failed += 1,
            None => self.invalid += 1,
        }
        self.crossings += seen.receipt().map_or(0, |receipt| receipt.crossings.len() as u64);
    }
}

/// Says how to see a failure again.
struct Witness {
    seed: u64,
    number: usize,
}

impl Drop for Witness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { seed, number } = self;
            eprintln!("transaction {number} of the story with the seed {seed}; see it again:");
            eprintln!("    HEXAPLA_SEED={seed} HEXAPLA_STORIES=1 cargo test -p hexapla-executor --test random");
        }
    }
}

fn play(seed: u64, count: &mut Count) {
    let mut witness = Witness { seed, number: 0 };
    let mut rng = Rng::new(seed);
    let mut scene = Scene::new();
    scene.stage.chain.block_mut().basefee = *rng.pick(&[0, BASE_FEE]);
    let mut told: Vec<Transaction> = Vec::new();
    for number in 0..LENGTH {
        witness.number = number;
        let tx = transactions::transaction(&mut rng, &scene);
        let place = scene.stage.chain.place();
        let config = scene.stage.chain.executor().config().clone();
        let seen = Seen::new(&place, &config, &tx);
        seen.host_is_whole();
        seen.is_the_same_in_every_mode();
        seen.is_the_same_after(&told[told.len().saturating_sub(OTHERS)..]);
        seen.gas_is_bounded();
        seen.coin_is_conserved();
        if rng.one_in(8) {
            seen.is_the_same_in_each_mode();
        }
        if rng.one_in(8) {
            seen.is_the_same_on_many_threads();
        }
        if rng.one_in(6) {
            seen.estimate_is_exact(&scene.stage.chain);
        }
        count.add(&seen.observation);
        let seen = seen.observation;
        assert_eq!(commit(&mut scene, &tx), seen, "the chain does what was seen before");
        told.push(tx);
    }
}

/// The chain of the story executes a transaction and keeps what it did.
fn commit(scene: &mut Scene, tx: &Transaction) -> Observation {
    let chain = &mut scene.stage.chain;
    Observation::of_committed(&match tx {
        Transaction::Evm(tx) => chain.transact(tx.clone()),
        Transaction::Signed { vm, raw, .. } => chain.transact_raw(*vm, raw),
    })
}

#[test]
fn random_stories_are_the_same_in_every_mode_and_leave_host_and_coin_whole() {
    let seed = setting("HEXAPLA_SEED").unwrap_or(SEED);
    let end = setting("HEXAPLA_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let stories = setting("HEXAPLA_STORIES").unwrap_or(if end.is_some() { u64::MAX } else { STORIES });
    let (mut count, mut played) = (Count::default(), 0);
    while played < stories && end.is_none_or(|end| Instant::now() < end) {
        play(seed.wrapping_add(played), &mut count);
        played += 1;
    }
    eprintln!("{played} stories from the seed {seed}: {count:?}");
    assert!(count.succeeded > 0 && count.crossings > 0, "the stories tell something: {count:?}");
}
