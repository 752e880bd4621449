//! Activation, its price, and what may be cached.

mod support;

use hexapla_primitives::{Bytes, FaultKind, ObjectKey, VmId, keccak256};
use hexapla_vm::{Exit, Fatal, Frame, FrameEnd, Host, HostError, Vm};
use hexapla_wasm::{ActivationRecord, Config, EngineKind, INSTRUMENTER_VERSION, StylusVm, limits, prices};
use support::*;

/// Modules that differ in a constant.
fn unique(index: u32) -> Frame {
    frame(&wat::parse_str(program(&format!("(drop (i32.const {index})) (i32.const 0)"))).unwrap(), &[])
}

fn activate(vm: &StylusVm, frame: &Frame, host: &mut MockHost) -> u64 {
    host.gas = PLENTY;
    vm.activate(&frame.code.bytes, host).unwrap();
    PLENTY - host.gas
}

fn run(vm: &StylusVm, frame: &Frame, host: &mut MockHost) -> FrameEnd {
    host.gas = frame.gas_limit;
    vm.run(frame, host).unwrap()
}

#[test]
fn activation_writes_one_record_per_code_and_costs_by_the_formula() {
    let wasm = contract("erc20");
    let frame = frame(&wasm, &[]);
    for vm in engines() {
        let mut host = MockHost::new();
        let info = StylusVm::inspect(&wasm).unwrap();
        let formula = prices::activation(
            u64::try_from(frame.code.bytes.len()).unwrap(),
            u64::try_from(wasm.len()).unwrap(),
            info.functions,
            info.compile_gas,
        );
        let host_price = 100 + 20_000;
        assert_eq!(activate(&vm, &frame, &mut host), formula + prices::REACTIVATION_GAS + host_price);
        let key = ObjectKey::new(VmId::WASM, [b"stylus/activation/v1/", frame.code.hash.as_slice()].concat());
        let record = ActivationRecord::decode(&host.objects[&key]).unwrap();
        assert_eq!(record.instrumenter, INSTRUMENTER_VERSION);
        assert_eq!(record.instrumented_hash, info.instrumented_hash);
        assert_eq!(record.initial_pages, info.initial_pages);
        assert_eq!(activate(&vm, &frame, &mut host), prices::REACTIVATION_GAS + 100, "again");
        assert_eq!(host.objects.len(), 1);
    }
}

/// Modules that are small and take an optimising compiler long.
#[test]
fn f23_modules_that_are_slow_to_compile_are_expensive_or_refused() {
    const BLOCK_GAS: u64 = 30_000_000;
    let many = |count: usize, text: &dyn Fn(usize) -> String| (0..count).map(text).collect::<String>();
    let merges = |branches: usize, locals: usize| {
        let writes = many(branches, &|index| {
            format!("(local.set {} (i64.const {index})) (br_if 0 (local.get 0))", 1 + index % locals)
        });
        let reads = many(locals, &|index| format!("(local.set $s (i64.add (local.get $s) (local.get {})))", 1 + index));
        let locals = "i64 ".repeat(locals);
        format!("(func (param i32) (local {locals}) (local $s i64) (block {writes}) {reads})")
    };
    let loops = format!(
        "(func (local {}) {} {} {})",
        "i64 ".repeat(1_000),
        "(loop (br_if 0 (i32.const 0)) ".repeat(64),
        many(1_000, &|index| format!("(local.set {index} (i64.add (local.get {index}) (i64.const 1)))")),
        ")".repeat(64)
    );
    let results = "i32 ".repeat(16);
    let table =
        format!("{} (br_table {} (i32.const 5))", "(i32.const 1)".repeat(16), many(100, &|depth| format!("{depth} ")));
    let block = format!("(block (result {results})");
    let tables = format!("(func (result {results}) {} {table} {})", block.repeat(100), ")".repeat(100));
    let expensive = [
        merges(800, 80),
        merges(400, 300),
        loops,
        format!("(func {})", "(loop nop)".repeat(3_000)),
        format!(
            "(type $t (func)) (table 1 funcref) (func {})",
            "(call_indirect (type $t) (i32.const 0))".repeat(3_000)
        ),
        "(func)".repeat(2_000),
    ];
    for fields in expensive {
        if let Ok(info) = inspect(&fields) {
            let price = prices::activation(0, info.wasm_bytes, info.functions, info.compile_gas);
            assert!(price > BLOCK_GAS, "{price} gas for {} …", &fields[..60]);
        }
    }
    let table_info = inspect(&tables).unwrap();
    assert!(table_info.compile_gas > 400_000, "{table_info:?}");
    let real = StylusVm::inspect(&contract("erc20")).unwrap();
    assert!(prices::activation(0, real.wasm_bytes, real.functions, real.compile_gas) < BLOCK_GAS / 2, "{real:?}");
}

fn inspect(fields: &str) -> Result<hexapla_wasm::ModuleInfo, hexapla_wasm::WasmError> {
    let fields = format!(r#"(memory (export "memory") 1 1) {fields}"#);
    StylusVm::inspect(&wat::parse_str(program_with(&fields, "(i32.const 0)")).unwrap())
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
    };
    for record in [None, Some(Bytes::from_static(b"junk")), Some(stale.encode())] {
        for vm in engines() {
            let mut host = MockHost::new();
            // Even where it is compiled in memory.
            activate(&vm, &frame, &mut host);
            host.objects.clear();
            host.objects.extend(record.clone().map(|record| (key.clone(), record)));
            let end = run(&vm, &frame, &mut host);
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
        };
        host.objects.insert(ActivationRecord::key(frame.code.hash), record.encode());
        assert!(matches!(vm.run(&frame, &mut host), Err(Fatal(_))));
    }
}

#[test]
fn a_run_costs_the_same_whether_the_program_is_cached_or_not() {
    let frame = unique(3);
    let mut host = MockHost::new();
    for vm in engines() {
        activate(&vm, &frame, &mut host);
        let warm = run(&vm, &frame, &mut host);
        for cold in engines() {
            assert_eq!(cold.cached_programs(), 0);
            assert_eq!(run(&cold, &frame, &mut host), warm);
        }
    }
}

#[test]
fn f23_many_unique_programs_do_not_grow_the_caches_beyond_their_bounds() {
    let folder = tempfile::tempdir().unwrap();
    for engine in [
        EngineKind::Wasmi,
        #[cfg(feature = "wasmtime")]
        EngineKind::Wasmtime,
    ] {
        let vm = StylusVm::new(Config {
            engine,
            cache_dir: Some(folder.path().to_owned()),
            cache_dir_bytes: 200_000,
            max_cached_programs: 8,
            pool_size: 8,
        })
        .unwrap();
        let mut host = MockHost::new();
        for index in 0..60 {
            let frame = unique(1_000 + index);
            activate(&vm, &frame, &mut host);
            assert!(run(&vm, &frame, &mut host).exit.is_success());
            assert!(vm.cached_programs() <= 8);
            assert!(folder_bytes(folder.path()) <= 200_000);
        }
        // Those that made room run still.
        assert!(run(&vm, &unique(1_000), &mut host).exit.is_success());
    }
    if cfg!(feature = "wasmtime") {
        assert!(folder_bytes(folder.path()) > 0);
    }
}

fn folder_bytes(folder: &std::path::Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

#[cfg(feature = "wasmtime")]
#[test]
fn compiled_programs_on_disk_are_used_again_and_damaged_ones_are_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        StylusVm::new(Config { cache_dir: Some(folder.path().to_owned()), pool_size: 8, ..Config::default() }).unwrap()
    };
    let frame = frame(&contract("erc20"), &[]);
    let mut host = MockHost::new();
    let first = open();
    activate(&first, &frame, &mut host);
    let expected = run(&first, &frame, &mut host);
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let sound = std::fs::read(&file).unwrap();
    let written = || std::fs::metadata(&file).unwrap().modified().unwrap();

    let before = written();
    assert_eq!(run(&open(), &frame, &mut host), expected);
    assert_eq!(written(), before, "it was not compiled again");

    let mut flipped = sound.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let foreign = [b"hexawt\0\x01", keccak256(b"not native code").as_slice(), b"not native code"].concat();
    for damaged in [&[][..], &sound[..10], &sound[..sound.len() / 2], &flipped, b"something else", &foreign] {
        std::fs::write(&file, damaged).unwrap();
        assert_eq!(run(&open(), &frame, &mut host), expected);
        assert_eq!(std::fs::read(&file).unwrap().len(), sound.len(), "it was written anew");
    }
}

#[cfg(feature = "wasmtime")]
#[test]
fn an_exhausted_pool_is_a_fault_of_the_host_and_not_of_the_program() {
    let vm = std::sync::Arc::new(StylusVm::new(Config { pool_size: 3, ..Config::default() }).unwrap());
    assert_eq!(nest(&vm, 3), Ok(0));
    let Err(Fatal(message)) = nest(&vm, 4) else { panic!("four instances in a pool of three") };
    assert!(message.contains("limit of 3"), "{message}");
}

#[test]
fn frames_nest_to_a_depth_of_sixty_four_on_all_engines() {
    for vm in engines() {
        let vm = std::sync::Arc::new(vm);
        let run = move || assert_eq!(nest(&vm, 64), Ok(0));
        let stack = 64 * (64 << 10) + limits::NATIVE_STACK_BYTES_PER_FRAME;
        std::thread::Builder::new().stack_size(stack).spawn(run).unwrap().join().unwrap();
    }
}

thread_local! {
    static NESTED: std::cell::RefCell<Option<(std::sync::Arc<StylusVm>, u32)>> = const { std::cell::RefCell::new(None) };
}

/// A program that calls itself through the host until so many instances are alive.
fn nest(vm: &std::sync::Arc<StylusVm>, depth: u32) -> Result<u32, Fatal> {
    NESTED.set(Some((vm.clone(), depth - 1)));
    let mut host = MockHost::new();
    host.on_call = Some(|host, _| {
        let (vm, left) = NESTED.with_borrow_mut(|nested| {
            let (vm, left) = nested.as_mut().unwrap();
            let before = *left;
            *left = before.saturating_sub(1);
            (vm.clone(), before)
        });
        if left > 0 {
            let mut frame = nesting_frame();
            frame.gas_limit = host.gas;
            let end = vm.run(&frame, host)?;
            host.lower_gas_to(end.gas_left);
            assert!(end.exit.is_success());
        }
        Ok(hexapla_vm::CallOutcome { success: true, output: Bytes::new(), fault: None })
    });
    activate(vm, &nesting_frame(), &mut host);
    match vm.run(&nesting_frame(), &mut host)?.exit {
        Exit::Return(_) => Ok(NESTED.with_borrow(|nested| nested.as_ref().unwrap().1)),
        Exit::Fault(fault) => panic!("{fault}"),
    }
}

fn nesting_frame() -> Frame {
    let body =
        "(call $call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const -1) (i32.const 0))";
    frame(&wat::parse_str(program(body)).unwrap(), &[])
}

#[test]
fn the_vm_is_shared_by_threads() {
    for vm in engines() {
        let frames: Vec<_> = (0..8).map(unique).collect();
        let mut host = MockHost::new();
        for frame in &frames {
            activate(&vm, frame, &mut host);
        }
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for frame in frames.iter().cycle().take(200) {
                        assert!(vm.run(frame, &mut host.clone()).unwrap().exit.is_success());
                    }
                });
            }
        });
    }
}
