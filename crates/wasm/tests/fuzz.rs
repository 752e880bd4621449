//! Random modules: whatever is instrumented does the same on all engines, and ends.
//!
//! `HEXAPLA_FUZZ_CASES` sets the number of modules that must run; each names its seed on failure.

mod support;

use arbitrary::Unstructured;
use hexapla_primitives::{Bytes, FaultKind};
use hexapla_vm::{CallOutcome, CreateOutcome};
use hexapla_wasm::{StylusVm, prices};
use std::collections::BTreeMap;
use support::*;
use wasm_smith::{Config, InstructionKind, InstructionKinds, Module};

const GAS: u64 = 200_000;
const SEED_BYTES: usize = 6_000;

fn cases() -> u64 {
    std::env::var("HEXAPLA_FUZZ_CASES").map_or(200, |cases| cases.parse().expect("HEXAPLA_FUZZ_CASES is a number"))
}

/// A module that imports every host function and exports what a program must.
fn shape() -> Vec<u8> {
    let imports: String = hexapla_wasm::hooks::HOOKS.iter().map(import).collect();
    let text = format!(
        r#"(module {imports} (memory (export "memory") 1 5)
           (func (export "user_entrypoint") (param i32) (result i32) unreachable))"#
    );
    wat::parse_str(text).unwrap()
}

fn config(seed: u64) -> Config {
    use InstructionKind::{Control, MemoryInt, NumericInt, Parametric, Variable};
    Config {
        module_shape: Some(shape()),
        allowed_instructions: InstructionKinds::new(&[NumericInt, Parametric, Variable, MemoryInt, Control]),
        allow_floats: false,
        allow_start_export: false,
        // A third may use memory.copy and memory.fill, and the operators beside them that are refused.
        bulk_memory_enabled: seed.is_multiple_of(3),
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        compact_imports_enabled: false,
        max_data_segments: usize::from(seed.is_multiple_of(2)) * 2,
        max_funcs: hexapla_wasm::hooks::HOOKS.len() + 12,
        max_globals: 6,
        max_instructions: 300,
        max_memory32_bytes: 5 << 16,
        max_table_elements: 20,
        memory64_enabled: false,
        min_funcs: 3,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    }
}

/// Bytes of a seed, by splitmix64.
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut bytes = Vec::with_capacity(SEED_BYTES);
    while bytes.len() < SEED_BYTES {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bytes.extend((mixed ^ (mixed >> 31)).to_le_bytes());
    }
    bytes
}

fn host() -> MockHost {
    let mut host = MockHost::new();
    host.on_call = Some(|_, request| {
        Ok(CallOutcome { success: request.input.len() % 2 == 0, output: Bytes::copy_from_slice(&[7; 50]), fault: None })
    });
    host.creations =
        std::iter::repeat_n(CreateOutcome { address: Some(OTHER), output: Bytes::new(), fault: None }, 100).collect();
    host
}

#[test]
fn random_modules_do_the_same_on_all_engines_and_end() {
    let outcomes = big_stack(run_all);
    println!("outcomes: {outcomes:?}");
    let seen = |name: &str| outcomes.get(name).copied().unwrap_or_default();
    assert!(seen("return") + seen("revert") > 0 && seen("trap") > 0, "{outcomes:?}");
    if cases() >= 200 {
        assert!(seen("out-of-gas") > 0, "{outcomes:?}");
    }
}

fn run_all() -> BTreeMap<&'static str, u64> {
    let (rig, mut outcomes, mut ran) = (Rig::new(), BTreeMap::new(), 0);
    for seed in 0.. {
        if ran == cases() {
            break;
        }
        assert!(seed < cases() * 20 + 100, "too many modules are refused: {outcomes:?}");
        let module = Module::new(config(seed), &mut Unstructured::new(&bytes(seed)));
        let module = module.unwrap();
        let wasm = module.to_bytes();
        if StylusVm::inspect(&wasm).is_err() {
            *outcomes.entry("refused").or_default() += 1;
            continue;
        }
        println!("seed {seed}");
        *outcomes.entry(run_case(&rig, &wasm)).or_default() += 1;
        ran += 1;
    }
    outcomes
}

/// The rig compares results, ink, stack, memory and state of the engines.
fn run_case(rig: &Rig, wasm: &[u8]) -> &'static str {
    let mut host = host();
    let mut frame = frame(wasm, b"some call data");
    rig.activate(&frame, &mut host);
    frame.gas_limit = GAS;
    let report = rig.run(&frame, &mut host);
    let used = report.end.native_used.unwrap().amount;
    assert!(used <= GAS * prices::INK_PER_GAS);
    assert!(report.end.gas_left <= GAS);
    report.end.exit.fault().map_or("return", |fault| {
        assert_ne!(fault.kind, FaultKind::InvalidCode);
        fault.kind.name()
    })
}

#[test]
fn instrumenting_is_deterministic_and_its_output_is_a_valid_module() {
    let mut validator = wasmparser::Validator::new();
    let mut checked = 0;
    for seed in 0..60 {
        let module = Module::new(config(seed), &mut Unstructured::new(&bytes(seed))).unwrap();
        let wasm = module.to_bytes();
        let Ok(first) = hexapla_wasm::instrument::instrument(&wasm) else {
            continue;
        };
        let second = hexapla_wasm::instrument::instrument(&wasm).unwrap();
        assert_eq!(first.wasm, second.wasm, "seed {seed}");
        validator.validate_all(&first.wasm).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        validator.reset();
        checked += 1;
    }
    assert!(checked > 30, "only {checked} modules were accepted");
}
