//! Activation and its record.

mod support;

use hexapla_primitives::{Bytes, FaultKind, ObjectKey, VmId, keccak256};
use hexapla_vm::{Fatal, HostError, Vm};
use hexapla_wasm::{ActivationRecord, INSTRUMENTER_VERSION, StylusVm, limits, prices};
use support::*;

#[test]
fn activation_writes_one_record_per_code_and_costs_by_the_formula() {
    let wasm = contract("erc20");
    let frame = frame(&wasm, &[]);
    for vm in engines() {
        let mut host = MockHost::new();
        let info = StylusVm::inspect(&wasm).unwrap();
        let formula = prices::activation(u64::try_from(frame.code.bytes.len()).unwrap(), &info);
        let host_price = 100 + 20_000;
        assert_eq!(activate(&vm, &frame, &mut host), formula + prices::REACTIVATION_GAS + host_price);
        let key = ObjectKey::new(VmId::WASM, [b"stylus/activation/v2/", frame.code.hash.as_slice()].concat());
        let record = ActivationRecord::decode(&host.objects[&key]).unwrap();
        assert_eq!(record.instrumenter, INSTRUMENTER_VERSION);
        assert_eq!(record.instrumented_hash, info.instrumented_hash);
        assert_eq!(record.initial_pages, info.initial_pages);
        assert_eq!(activate(&vm, &frame, &mut host), prices::REACTIVATION_GAS + 100, "again");
        assert_eq!(host.objects.len(), 1);
    }
}

/// As many functions, globals, types and table elements as there may be fit into the engines' own limits.
#[test]
fn the_largest_modules_compile_and_run_on_all_engines() {
    let count = |limit: u64, kept: u64| usize::try_from(limit - kept).unwrap();
    let functions = count(limits::MAX_FUNCTIONS, 1);
    let elements: String = (0..functions).map(|index| format!("{index} ")).collect();
    let fields = format!(
        r#"(memory (export "memory") 128 128) {} {} (table {} funcref) (elem (i32.const 0) {elements})"#,
        "(func (param i32) (result i32) local.get 0)".repeat(functions),
        "(global (mut i64) (i64.const 0))".repeat(count(limits::MAX_GLOBALS, 0)),
        limits::MAX_TABLE_ELEMENTS,
    );
    let wasm = wat::parse_str(program_with(&fields, "(i32.const 0)")).unwrap();
    let report = Rig::new().call(&wasm, &[], &mut MockHost::new());
    assert!(report.end.exit.is_success(), "{:?}", report.end.exit);
}

#[test]
fn activation_runs_out_of_gas_at_every_limit_below_its_price() {
    let frame = unique(0);
    let price = activate(&engines()[0], &frame, &mut MockHost::new());
    for vm in engines() {
        for limit in (0..price).step_by(997).chain([price - 1]) {
            let mut host = MockHost { gas: limit, ..MockHost::new() };
            let refused = vm.activate(&frame.code.bytes, &mut host);
            assert_eq!(refused, Err(HostError::OUT_OF_GAS), "limit {limit}");
        }
        vm.activate(&frame.code.bytes, &mut MockHost { gas: price, ..MockHost::new() }).unwrap();
    }
}

#[test]
fn a_program_that_is_not_activated_does_not_run() {
    let frame = unique(1);
    let key = ActivationRecord::key(frame.code.hash);
    let stale = ActivationRecord {
        instrumenter: INSTRUMENTER_VERSION + 1,
        instrumented_hash: keccak256(b"x"),
        initial_pages: 1,
        init_gas: 0,
        compile_gas: 0,
    };
    for record in [None, Some(Bytes::from_static(b"junk")), Some(stale.encode())] {
        for vm in engines() {
            let mut host = MockHost::new();
            // Even where it is compiled in memory.
            activate(&vm, &frame, &mut host);
            host.objects.clear();
            host.objects.extend(record.clone().map(|record| (key.clone(), record)));
            let end = run_frame(&vm, &frame, &mut host);
            let fault = end.exit.fault().unwrap();
            assert_eq!(fault.kind, FaultKind::InvalidCode);
            assert!(fault.message.contains("is not activated"), "{fault}");
            assert_eq!(end.gas_left, PLENTY - 100);
        }
    }
}

#[test]
fn a_record_that_does_not_belong_to_the_code_is_a_fault_of_the_host() {
    let frame = unique(2);
    for vm in engines() {
        let mut host = MockHost::new();
        let record = ActivationRecord {
            instrumenter: INSTRUMENTER_VERSION,
            instrumented_hash: keccak256(b"something else"),
            initial_pages: 1,
            init_gas: 0,
            compile_gas: 0,
        };
        host.objects.insert(ActivationRecord::key(frame.code.hash), record.encode());
        assert!(matches!(vm.run(&frame, &mut host), Err(Fatal(_))));
    }
}
