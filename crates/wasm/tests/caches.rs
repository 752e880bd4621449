//! Where compiled programs are kept, what a miss costs, and that nothing of it can be seen.

mod support;

use hexapla_wasm::{ActivationRecord, Config, EngineKind, StylusVm};
use std::path::Path;
use support::*;

fn vm(engine: EngineKind, config: Config) -> StylusVm {
    StylusVm::new(Config { engine, pool_size: 8, ..config }).unwrap()
}

fn kinds() -> Vec<EngineKind> {
    vec![
        EngineKind::Wasmi,
        #[cfg(feature = "wasmtime")]
        EngineKind::Wasmtime,
    ]
}

/// Room for one program at a time, so that every other run is a miss.
fn narrow() -> Config {
    Config { cached_bytes: 1, ..Config::default() }
}

fn folder_bytes(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

fn record(host: &MockHost, frame: &hexapla_vm::Frame) -> ActivationRecord {
    ActivationRecord::decode(&host.objects[&ActivationRecord::key(frame.code.hash)]).unwrap()
}

#[test]
fn s11_what_is_activated_is_never_compiled_again_however_many_programs_there_are() {
    for engine in kinds() {
        let vm = vm(engine, narrow());
        let mut host = MockHost::new();
        let frames: Vec<_> = (0..20).map(unique).collect();
        for frame in &frames {
            activate(&vm, frame, &mut host);
        }
        let after_activation = vm.cache_statistics();
        for frame in frames.iter().cycle().take(60) {
            assert!(run_frame(&vm, frame, &mut host).exit.is_success());
        }
        let statistics = vm.cache_statistics();
        assert_eq!(statistics.compiled, after_activation.compiled, "no miss is a compilation");
        assert_eq!(statistics.stood_in, 0, "no miss needs the code again");
        assert_eq!(statistics.loaded, 60, "every miss is a load");
        assert_eq!(statistics.programs, 1);
    }
}

#[test]
fn s11_a_program_that_is_kept_nowhere_is_compiled_only_when_its_own_runs_have_paid_for_it() {
    for engine in kinds() {
        let mut host = MockHost::new();
        let frame = frame(&contract("actor"), &[]);
        activate(&vm(engine, Config::default()), &frame, &mut host);
        let record = record(&host, &frame);
        // Another process, without any folder.
        let vm = vm(engine, Config::default());
        let mut run = || PLENTY - run_frame(&vm, &frame, &mut host).gas_left;
        let (mut paid, mut runs) = (run(), 1);
        while paid < record.compile_gas {
            assert_eq!((vm.cache_statistics().compiled, vm.cache_statistics().stood_in), (0, 1), "run {runs}");
            paid += run();
            runs += 1;
        }
        assert!(runs > 5);
        run();
        run();
        let native = u64::from(engine != EngineKind::Wasmi);
        assert_eq!((vm.cache_statistics().compiled, vm.cache_statistics().stood_in), (native, 1), "once");
    }
}

#[test]
fn s11_gas_of_the_host_and_of_other_contracts_does_not_pay_for_compiling() {
    // Functions that make compiling dearer than one entry.
    let fields = format!(r#"(memory (export "memory") 1 1) {}"#, "(func)".repeat(50));
    let call =
        "(call $call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const -1) (i32.const 0))";
    let frame = frame(&wat::parse_str(program_with(&fields, call)).unwrap(), &[]);
    let mut host = MockHost::new();
    activate(&vm(EngineKind::default(), Config::default()), &frame, &mut host);
    let vm = vm(EngineKind::default(), Config::default());
    // A callee that burns far more than compiling costs.
    host.on_call = Some(|host, _| {
        host.gas -= 1 << 36;
        Ok(hexapla_vm::CallOutcome { success: true, output: hexapla_primitives::Bytes::new(), fault: None })
    });
    assert!(run_frame(&vm, &frame, &mut host).exit.is_success());
    assert_eq!((vm.cache_statistics().compiled, vm.cache_statistics().stood_in), (0, 1));
}

#[test]
fn a_run_is_the_same_from_memory_from_a_file_and_interpreted_in_the_place_of_native_code() {
    let folder = tempfile::tempdir().unwrap();
    let with_folder = || Config { cache_dir: Some(folder.path().to_owned()), ..Config::default() };
    let mut runs = Vec::new();
    for engine in kinds() {
        let frame = frame(&contract("erc20"), &[0x18, 0x16, 0x0d, 0xdd]);
        let first = vm(engine, with_folder());
        let mut host = MockHost::new();
        activate(&first, &frame, &mut host);
        let run = |vm: &StylusVm| vm.run_traced(&frame, &mut host.clone()).unwrap();
        runs.push(run(&first));
        runs.push(run(&vm(engine, with_folder())));
        runs.push(run(&vm(engine, Config::default())));
        let dropped = vm(engine, narrow());
        activate(&dropped, &frame, &mut MockHost::new());
        activate(&dropped, &unique(0), &mut MockHost::new());
        runs.push(run(&dropped));
        assert_eq!(dropped.cache_statistics().loaded, 1);
    }
    assert!(runs[0].end.exit.is_success(), "{:?}", runs[0].end.exit);
    for other in &runs {
        assert_eq!(*other, runs[0]);
    }
}

#[test]
fn f23_many_unique_programs_do_not_grow_the_caches_beyond_their_bounds() {
    const MEMORY: u64 = 500_000;
    const FILES: u64 = 100_000;
    for engine in kinds() {
        let folder = tempfile::tempdir().unwrap();
        let cache_dir = Some(folder.path().to_owned());
        let vm = vm(engine, Config { cache_dir, cache_dir_bytes: FILES, cached_bytes: MEMORY, ..Config::default() });
        let mut host = MockHost::new();
        for index in 0..60 {
            let frame = unique(1_000 + index);
            activate(&vm, &frame, &mut host);
            assert!(run_frame(&vm, &frame, &mut host).exit.is_success());
            assert!(vm.cache_statistics().bytes <= MEMORY);
            assert!(folder_bytes(folder.path()) <= FILES);
        }
        assert!(vm.cache_statistics().programs < 60);
        assert!(folder_bytes(folder.path()) > 0);
        // Those that made room run still.
        assert!(run_frame(&vm, &unique(1_000), &mut host).exit.is_success());
    }
}

#[cfg(feature = "wasmtime")]
#[test]
fn compiled_programs_on_disk_are_used_again_and_damaged_ones_are_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let open = || vm(EngineKind::Wasmtime, Config { cache_dir: Some(folder.path().to_owned()), ..Config::default() });
    let frame = frame(&contract("erc20"), &[]);
    let mut host = MockHost::new();
    let first = open();
    activate(&first, &frame, &mut host);
    let expected = run_frame(&first, &frame, &mut host);
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let sound = std::fs::read(&file).unwrap();

    let second = open();
    assert_eq!(run_frame(&second, &frame, &mut host), expected);
    let statistics = second.cache_statistics();
    assert_eq!((statistics.loaded, statistics.compiled, statistics.stood_in), (1, 0, 0));

    let mut flipped = sound.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for damaged in [&[][..], &sound[..10], &sound[..sound.len() / 2], &flipped, b"something else"] {
        std::fs::write(&file, damaged).unwrap();
        let other = open();
        assert_eq!(run_frame(&other, &frame, &mut host), expected);
        let statistics = other.cache_statistics();
        assert_eq!((statistics.loaded, statistics.compiled, statistics.stood_in), (0, 0, 1));
        assert!(!file.exists(), "it makes room for a sound one");
        // Until compiling is paid for again.
        let runs = record(&host, &frame).compile_gas / record(&host, &frame).init_gas + 1;
        for _ in 0..runs {
            run_frame(&other, &frame, &mut host);
        }
        assert_eq!(std::fs::read(&file).unwrap().len(), sound.len(), "it was written anew");
    }
}

#[cfg(unix)]
#[test]
fn s21_a_folder_in_which_others_may_write_is_refused_with_a_sentence() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o770)).unwrap();
    let refused = StylusVm::new(Config { cache_dir: Some(folder.path().to_owned()), ..Config::default() });
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("is not safe: others may write to it (its mode is 770)"), "{message}");
    assert!(message.contains("chmod 700"), "{message}");
}
