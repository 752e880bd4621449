//! Activation and its record.

mod support;

use hexapla_primitives::{Bytes, FaultKind, ObjectKey, VmId, keccak256};
use hexapla_vm::{Fatal, HostError, Vm};
use hexapla_wasm::{ActivationRecord, Footprint, INSTRUMENTER_VERSION, StylusVm, encode_program, limits, prices};
use support::*;

/// What activating a module costs, without the host's price for the record.
fn price_of(wasm: &[u8]) -> u64 {
    let module = hexapla_wasm::instrument::instrument(wasm).unwrap();
    let code_bytes = encode_program(wasm).len().try_into().unwrap();
    prices::activation(code_bytes, &module.info, &Footprint::of(&module.wasm).unwrap())
}

#[test]
fn activation_writes_one_record_per_code_and_costs_by_the_formula() {
    let wasm = contract("erc20");
    let frame = frame(&wasm, &[]);
    for vm in engines() {
        let mut host = MockHost::new();
        let info = StylusVm::inspect(&wasm).unwrap();
        let formula = price_of(&wasm);
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

/// Gas that a create transaction takes beside activation: 21,000, creation, 16 for each byte of data and two for each
/// word of it, and 200 for each byte of code.
fn creation_gas(code_bytes: u64) -> u64 {
    21_000 + 32_000 + 217 * code_bytes
}

/// EIP-7825.
const TX_GAS_CAP: u64 = 1 << 24;

#[test]
fn a_contract_of_the_stylus_sdk_of_usual_size_fits_into_a_transaction() {
    let wasm = contract("erc721");
    let code_bytes = encode_program(&wasm).len().try_into().unwrap();
    assert!((22_000..24_576).contains(&code_bytes), "{code_bytes}");
    assert!(price_of(&wasm) + creation_gas(code_bytes) < TX_GAS_CAP - 1_000_000, "{}", price_of(&wasm));
}

/// Modules that took the compiler of native code longer than 0.3 seconds when the prices were made, most of them for
/// less gas than a real program costs, cannot be activated by one transaction.
#[test]
fn f23_modules_that_are_slow_to_compile_are_expensive_or_refused() {
    let slow = [
        "merges 100 30",
        "merges 300 30",
        "merges 800 80",
        "merges 400 160",
        "straight mul 300",
        "straight rotl 200",
        "straight mul 40, many",
        "accesses",
        "ifs 20",
        "ifs 100",
    ];
    let modules: Vec<_> = hostile::all();
    for name in slow {
        let (_, wasm) = modules.iter().find(|(other, _)| other == name).unwrap();
        assert!(StylusVm::inspect(wasm).is_err() || price_of(wasm) > TX_GAS_CAP, "{name}: {}", price_of(wasm));
    }
}

#[test]
fn compiling_costs_more_than_in_proportion_for_what_compilers_take_longer_for() {
    let price = |fields: &str| {
        let module = hexapla_wasm::instrument::instrument(&hostile::module(fields)).unwrap();
        prices::compilation(&Footprint::of(&module.wasm).unwrap(), module.info.compile_gas)
    };
    let empty = price("");
    let grows = |small: &str, large: &str, times: u64| {
        assert!(price(large) - empty > times * (price(small) - empty), "{} …", &small[..small.len().min(80)]);
    };
    grows(&hostile::merges(100, 10), &hostile::merges(1_000, 10), 15);
    grows(&hostile::merges(100, 10), &hostile::merges(100, 100), 15);
    grows(&hostile::straight(1_000, 20, "i64.rotl"), &hostile::straight(10_000, 20, "i64.rotl"), 30);
    grows(&hostile::straight(1_000, 20, "i64.mul"), &hostile::straight(10_000, 20, "i64.mul"), 15);
    grows(&hostile::accesses(1_000), &hostile::accesses(8_000), 12);
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
