//! What activating, loading and standing in for programs takes, real and hostile ones, in time for each gas:
//! `bench <name> <value> ns/gas` lines on stdout. CPU time of the thread, the best of several rounds.
//!
//! - `activation_…`: decompressing, validating, instrumenting, translating and compiling
//! - `load_…`: a call of a program that is in a file and not in memory
//! - `stand_in_…`: a call of a program that is kept nowhere
//! - `hook_…`: a host function that computes, 5,000 times

#[path = "../tests/support/mod.rs"]
mod support;

use hexapla_vm::Frame;
use hexapla_wasm::{Config, EngineKind, StylusVm};
use std::time::Duration;
use support::*;

const REAL: [&str; 5] = ["actor", "compute", "counter-as", "erc20", "erc721"];
const ROUNDS: u32 = 3;
/// EIP-7825: what costs more cannot be activated in one transaction.
const TX_GAS_CAP: u64 = 1 << 24;

fn main() {
    let real = REAL.map(|name| (name.to_owned(), contract(name)));
    for (name, wasm) in real.iter().cloned().chain(hostile::all()) {
        if StylusVm::inspect(&wasm).is_ok() {
            activation(&name.replace([' ', ','], "_"), &frame(&wasm, &[]));
        }
    }
    for (name, wasm) in &real {
        load(name, &frame(wasm, &[]));
        stand_in(name, &frame(wasm, &[]));
    }
    for (name, call) in HOOKS_THAT_COMPUTE {
        hook(name, call);
    }
}

/// Host functions that compute, with operands that take them longest: the words at 0, 32 and 64, whose highest limbs are
/// set anew each time.
const HOOKS_THAT_COMPUTE: [(&str, &str); 7] = [
    ("keccak_32", "(call $native_keccak256 (i32.const 0) (i32.const 32) (i32.const 2000))"),
    ("keccak_4096", "(call $native_keccak256 (i32.const 0) (i32.const 4096) (i32.const 8000))"),
    ("div", "(call $math_div (i32.const 0) (i32.const 40))"),
    ("mod", "(call $math_mod (i32.const 0) (i32.const 40))"),
    ("pow", "(call $math_pow (i32.const 0) (i32.const 32))"),
    ("add_mod", "(call $math_add_mod (i32.const 0) (i32.const 32) (i32.const 72))"),
    ("mul_mod", "(call $math_mul_mod (i32.const 0) (i32.const 32) (i32.const 72))"),
];

fn hook(name: &str, call: &str) {
    let high = "(i64.store (i32.const 0) (i64.const -1)) (i64.store (i32.const 24) (i64.const -1))";
    let body = format!(
        "(i64.store (i32.const 32) (i64.const -1)) (i64.store (i32.const 40) (i64.const -3))
         (i64.store (i32.const 48) (i64.const -5)) (i64.store (i32.const 56) (i64.const -7))
         (i64.store (i32.const 80) (i64.const -9)) (i64.store (i32.const 88) (i64.const -1))
         (i64.store (i32.const 96) (i64.const -3))
         (local.set $len (i32.const 5000))
         (loop $again {high} {call} (br_if $again (local.tee $len (i32.sub (local.get $len) (i32.const 1)))))
         (i32.const 0)"
    );
    let frame = frame(&wat::parse_str(program(&body)).unwrap(), &[]);
    let (vm, mut host) = (vm(1 << 30), MockHost::new());
    activate(&vm, &frame, &mut host);
    let mut gas = 0;
    let best = best(|| {
        time(|| {
            let end = run_frame(&vm, &frame, &mut host);
            assert!(end.exit.is_success(), "{name}: {:?}", end.exit);
            gas = PLENTY - end.gas_left;
        })
    });
    print("hook", name, best, gas);
}

fn vm(cached_bytes: u64) -> StylusVm {
    let config = Config { engine: EngineKind::default(), cached_bytes, pool_size: 8, ..Config::default() };
    StylusVm::new(config).unwrap()
}

fn activation(name: &str, frame: &Frame) {
    let mut gas = 0;
    let best = best(|| {
        let vm = vm(1 << 30);
        time(|| gas = activate(&vm, frame, &mut MockHost::new()))
    });
    // Whoever pays more than a transaction may cannot do it.
    if gas <= TX_GAS_CAP {
        print("activation", name, best, gas);
    }
}

fn load(name: &str, frame: &Frame) {
    let (vm, mut host) = (vm(1), MockHost::new());
    let other = unique(0);
    activate(&vm, frame, &mut host);
    activate(&vm, &other, &mut host);
    let gas = PLENTY - run_frame(&vm, frame, &mut host).gas_left;
    let best = best(|| {
        // Makes the one that is measured leave memory.
        run_frame(&vm, &other, &mut host);
        time(|| drop(run_frame(&vm, frame, &mut host)))
    });
    print("load", name, best, gas);
}

fn stand_in(name: &str, frame: &Frame) {
    let mut host = MockHost::new();
    activate(&vm(1 << 30), frame, &mut host);
    let mut gas = 0;
    let best = best(|| {
        let vm = vm(1 << 30);
        time(|| gas = PLENTY - run_frame(&vm, frame, &mut host).gas_left)
    });
    print("stand_in", name, best, gas);
}

fn best(mut round: impl FnMut() -> Duration) -> Duration {
    (0..ROUNDS).map(|_| round()).min().unwrap_or_default()
}

fn time(work: impl FnOnce()) -> Duration {
    let start = cpu();
    work();
    cpu() - start
}

fn cpu() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.cast_unsigned(), u32::try_from(now.tv_nsec).unwrap())
}

fn print(what: &str, name: &str, time: Duration, gas: u64) {
    let nanos = time.as_secs_f64() * 1e9;
    println!("{what} of {name}: {gas} gas in {:.2} ms", nanos / 1e6);
    println!("bench {what}_{name} {:.1} ns/gas", nanos / gas as f64);
}
