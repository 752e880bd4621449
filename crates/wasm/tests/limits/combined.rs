//! Functions that have much of several things at once: what the limits accept, all engines take, and run alike.
//!
//! `HEXAPLA_FUZZ_CASES` sets the number of modules; each names its seed on failure.

use super::{
    modules::{calling, many, repeat},
    run,
    support::{Rig, big_stack},
};
use hexapla_wasm::{StylusVm, limits};

/// Numbers from a seed, by splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// Of any magnitude up to a limit, and near it often.
    fn near(&mut self, limit: u64) -> u64 {
        let most = (limit >> self.below(8)).max(1);
        match self.below(2) {
            0 => most - self.below(most / 16 + 1),
            _ => 1 + self.below(most),
        }
    }
}

/// A function with many parameters and results, locals, operands, loops, blocks and targets, in random shares.
fn combined(seed: u64) -> Vec<u8> {
    let random = &mut Random(seed);
    let locals = random.near(limits::MAX_LOCALS - 1);
    let params = random.near(limits::MAX_PARAMS);
    let results = random.near(limits::MAX_RESULTS);
    let loops = random.near(limits::MAX_LOOP_DEPTH);
    let blocks = random.near(limits::MAX_BLOCK_DEPTH - loops - 1);
    let targets = random.near(limits::MAX_BR_TABLE_TARGETS);
    let operands = random.near(limits::MAX_OPERANDS);
    let branches = random.near(limits::MAX_BASIC_BLOCKS / 2);

    let wide = format!(
        "(func $wide (param {}) (result {}) {})",
        repeat(params, "i64 "),
        repeat(results, "i64 "),
        many(results, |index| format!("(local.get {})", index % params)),
    );
    let write = many(locals, |index| format!("(local.set {} (i64.load (i32.const {})))", index + 1, index * 8));
    let read = many(locals, |index| format!("(local.set 0 (i64.xor (local.get 0) (local.get {})))", index + 1));
    let hold = many(operands, |index| format!("(i64.load (i32.const {}))", index * 8 % 60_000));
    let table = many(targets, |index| format!("{} ", index % blocks));
    let leave = many(branches, |index| {
        format!("(br_if {} (i64.eq (local.get 0) (i64.const {})))", index % (blocks + loops), index + 1)
    });
    let call = format!("{} (call $wide) {}", repeat(params, "(local.get 0)"), repeat(results - 1, "i64.sub "));
    let body = format!(
        "(local {}) {write} {} {} {leave} {hold} {call} {} (local.set 0)
         (br_table {table} 0 (i32.wrap_i64 (local.get 0))) {} {} {read} (local.get 0)",
        repeat(locals, "i64 "),
        repeat(loops, "loop "),
        repeat(blocks, "block "),
        repeat(operands, "i64.add "),
        repeat(blocks, "end (local.set 0 (i64.rotl (local.get 0) (i64.const 5))) "),
        repeat(loops, "end "),
    );
    calling(&wide, &body)
}

fn cases() -> u64 {
    std::env::var("HEXAPLA_FUZZ_CASES").map_or(40, |cases| cases.parse().expect("HEXAPLA_FUZZ_CASES is a number"))
}

#[test]
fn whatever_the_limits_accept_runs_alike_on_all_engines() {
    let (accepted, refused) = big_stack(|| {
        let (rig, mut accepted, mut refused) = (Rig::new(), 0, 0);
        for seed in 0..cases() {
            let wasm = combined(seed);
            match StylusVm::inspect(&wasm) {
                Ok(info) => {
                    println!("seed {seed}: {info:?}");
                    run(&rig, &wasm);
                    accepted += 1;
                }
                Err(error) => {
                    println!("seed {seed}: {error}");
                    refused += 1;
                }
            }
        }
        (accepted, refused)
    });
    assert!(accepted > cases() / 4 && refused > 0, "{accepted} accepted, {refused} refused");
}
