//! The same calls on both engines, in one run: `bench <name> <value> <unit>` lines on stdout.
//!
//! Each figure is the best of several batches: other work on the machine can only make one slower. The host is the
//! tests' host in memory, with the frame's storage in a tree map.

#[path = "../tests/support/mod.rs"]
mod support;

use hexapla_primitives::keccak256;
use hexapla_vm::{Frame, Vm};
use hexapla_wasm::StylusVm;
use std::{hint::black_box, time::Instant};
use support::*;

const BATCHES: u32 = 15;

fn main() {
    let engines: Vec<(&str, StylusVm)> = names().iter().copied().zip(engines()).collect();
    let (transfer, host) = erc20_transfer(&engines[0].1);
    bench("erc20_transfer", &engines, &transfer, &host, 2_000);
    let noop = frame(&wat::parse_str(program("i32.const 0")).unwrap(), &[]);
    let host = activated(&engines[0].1, &noop);
    bench("noop_call", &engines, &noop, &host, 2_000);
    let spin = frame(&wat::parse_str(SPIN).unwrap(), &[]);
    let host = activated(&engines[0].1, &spin);
    bench("spin_100k_turns", &engines, &spin, &host, 5);
}

/// 100,000 turns of xorshift.
const SPIN: &str = r#"(module (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param i32) (result i32) (local $x i64) (local $n i32)
    (local.set $x (i64.const 88172645463325252))
    (local.set $n (i32.const 100000))
    (loop $turn
      (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 13))))
      (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
      (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))
      (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.eqz (local.get $x))))"#;

fn names() -> &'static [&'static str] {
    &["wasmi", "wasmtime"]
}

fn bench(name: &str, engines: &[(&str, StylusVm)], frame: &Frame, host: &MockHost, calls: u32) {
    let mut results = Vec::new();
    for (engine, vm) in engines {
        let end = vm.run(frame, &mut host.clone()).unwrap();
        assert!(end.exit.is_success(), "{name}: {:?}", end.exit);
        let micros = best_micros(vm, frame, host, calls);
        println!("bench {name}_{engine} {micros:.3} us");
        results.push((end, micros));
    }
    if let [(first, slow), (second, fast)] = results.as_slice() {
        assert_eq!(first, second, "{name}: the engines differ");
        println!("bench {name}_ratio {:.2} x", slow / fast);
    }
    println!("bench {name}_ink {} ink", results[0].0.native_used.unwrap().amount);
}

fn best_micros(vm: &StylusVm, frame: &Frame, host: &MockHost, calls: u32) -> f64 {
    let mut host = host.clone();
    let mut best = f64::INFINITY;
    for _ in 0..BATCHES {
        host.logs.clear();
        host.stores.clear();
        let start = Instant::now();
        for _ in 0..calls {
            black_box(vm.run(frame, &mut host).unwrap());
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e6 / f64::from(calls));
    }
    best
}

fn activated(vm: &StylusVm, frame: &Frame) -> MockHost {
    let mut host = MockHost::new();
    vm.activate(&frame.code.bytes, &mut host).unwrap();
    host
}

/// A transfer of one token, and a host in which the caller has many and all words are warm.
fn erc20_transfer(vm: &StylusVm) -> (Frame, MockHost) {
    let wasm = contract("erc20");
    let call = |signature: &str, account: [u8; 32], amount: u64| {
        [&keccak256(signature)[..4], &account, word(amount).as_slice()].concat()
    };
    let mint = frame(&wasm, &call("mint(address,uint256)", CALLER.into_word().0, 1 << 40));
    let transfer = frame(&wasm, &call("transfer(address,uint256)", word(0x77).0, 1));
    let mut host = activated(vm, &mint);
    for frame in [&mint, &transfer] {
        assert!(vm.run(frame, &mut host).unwrap().exit.is_success());
    }
    (transfer, host)
}
