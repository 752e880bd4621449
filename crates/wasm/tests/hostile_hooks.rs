//! Host functions with hostile arguments and failing hosts, on all engines alike.

mod support;

use hexapla_primitives::{Address, B256, Bytes, FaultKind, U256};
use hexapla_vm::{CallOutcome, Code, CreateOutcome, Fatal, HostError, Vm};
use hexapla_wasm::{RunReport, prices};
use support::*;

fn fault(report: &RunReport) -> (FaultKind, String) {
    let fault = report.end.exit.fault().expect("a fault");
    (fault.kind, fault.message.clone())
}

#[test]
fn f15_malformed_events_are_traps() {
    for (len, topics) in [(31, 1), (0, 1), (127, 4), (160, 5), (64, u32::MAX), (0, 0x0800_0000)] {
        let body = format!("(call $emit_log (i32.const 0) (i32.const {len}) (i32.const {topics})) (i32.const 0)");
        let (kind, message) = fault(&run(&body));
        assert_eq!(kind, FaultKind::Trap);
        assert_eq!(message, "emit_log was given a wrong number of topics");
    }
}

#[test]
fn what_the_host_refuses_keeps_its_kind_and_the_gas() {
    let flush = format!(
        "{} (call $storage_cache_bytes32 (i32.const 0) (i32.const 32)) (call $storage_flush_cache (i32.const 1))
         (i32.const 0)",
        words(&[1, 1])
    );
    let log = "(call $emit_log (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0)".to_owned();
    let transient = "(call $transient_store_bytes32 (i32.const 0) (i32.const 0)) (i32.const 0)".to_owned();
    let create = "(call $create1 (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0)";
    for body in [flush, log, transient, create.to_owned()] {
        let (rig, mut host) = (Rig::new(), MockHost::new());
        let frame = frame(&wat::parse_str(program(&body)).unwrap(), &[]);
        rig.activate(&frame, &mut host);
        host.read_only = true;
        let report = rig.run(&frame, &mut host);
        assert_eq!(fault(&report), (FaultKind::ReadOnly, "a read-only frame tried to write".to_owned()));
        assert!(report.end.gas_left > 0);
    }
}

#[test]
fn a_fatal_error_of_the_host_leaves_the_engine_unchanged() {
    let wat = program("(call $account_balance (i32.const 0) (i32.const 0)) (i32.const 0)");
    let frame = frame(&wat::parse_str(wat).unwrap(), &[]);
    for vm in engines() {
        let mut host = MockHost::new();
        vm.activate(&frame.code.bytes, &mut host).unwrap();
        host.on_call = None;
        let mut host = Broken(host);
        assert_eq!(vm.run(&frame, &mut host), Err(Fatal("the disk is gone".into())));
    }
}

#[test]
fn f15_hostile_pointers_and_lengths_never_panic() {
    // Each parameter in turn is hostile, the others are harmless. The call either runs or fails as a contract may.
    let hostile = [65_535u32, 65_536, 0x7FFF_FFFF, 0x8000_0000, u32::MAX - 31, u32::MAX];
    let (rig, mut host) = (Rig::new(), MockHost::new());
    host.on_call = Some(|_, _| Ok(CallOutcome { success: true, output: Bytes::from_static(&[1; 40]), fault: None }));
    for hook in hexapla_wasm::hooks::HOOKS.iter().filter(|hook| !hook.name.starts_with("create")) {
        for position in 0..hook.params.len() {
            for value in hostile {
                let arguments: String = (0..hook.params.len())
                    .map(|index| {
                        let value = if index == position { value } else { 64 };
                        format!("({}.const {})", hook.params[index], value.cast_signed())
                    })
                    .collect();
                let drop = if hook.result.is_some() { "drop" } else { "" };
                let body = format!("(call ${} {arguments}) {drop} (i32.const 0)", hook.name);
                let report = rig.call_wat(&program(&body), &[7; 100], &mut host.clone());
                if let Some(fault) = report.end.exit.fault() {
                    let expected = [FaultKind::Trap, FaultKind::OutOfGas, FaultKind::Revert];
                    assert!(expected.contains(&fault.kind), "{}: {fault}", hook.name);
                }
            }
        }
    }
}

#[test]
fn a_pointer_outside_the_memory_is_a_trap_that_keeps_the_gas() {
    let report = run("(call $msg_value (i32.const 65505)) (i32.const 0)");
    let expected = "a host function was given a pointer outside the memory";
    assert_eq!(fault(&report), (FaultKind::Trap, expected.to_owned()));
    assert!(report.end.gas_left > 0);
    output(&run("(call $msg_value (i32.const 65504)) (i32.const 0)"));
}

#[test]
fn lengths_are_paid_for_before_anything_is_copied() {
    let (rig, mut host) = (Rig::new(), MockHost::new());
    let wat = program("(call $write_result (i32.const 0) (i32.const -1)) (i32.const 0)");
    let mut frame = frame(&wat::parse_str(wat).unwrap(), &[]);
    rig.activate(&frame, &mut host);
    frame.gas_limit = 1_000_000;
    assert_eq!(fault(&rig.run(&frame, &mut host)).0, FaultKind::OutOfGas);
}

#[test]
fn the_part_of_the_ink_below_one_gas_survives_requests_to_the_host() {
    let load = "(call $account_code_size (i32.const 0)) drop";
    let report = run(&format!("{load} {load} (i32.const 0)"));
    let used = report.end.native_used.unwrap().amount;
    assert_ne!(used % prices::INK_PER_GAS, 0);
    assert_eq!(PLENTY - report.end.gas_left, used.div_ceil(prices::INK_PER_GAS));
}

/// A host whose database broke after activation.
struct Broken(MockHost);

macro_rules! delegate {
    ($($name:ident($($param:ident: $type:ty),*) -> $result:ty;)*) => {
        $(fn $name(&mut self, $($param: $type),*) -> hexapla_vm::HostResult<$result> {
            self.0.$name($($param),*)
        })*
    };
}

impl hexapla_vm::Host for Broken {
    fn environment(&self) -> &hexapla_vm::Environment {
        self.0.environment()
    }

    fn gas_left(&self) -> u64 {
        self.0.gas_left()
    }

    fn lower_gas_to(&mut self, gas: u64) {
        self.0.lower_gas_to(gas);
    }

    fn balance(&mut self, _: Address) -> hexapla_vm::HostResult<U256> {
        Err(HostError::Fatal(Fatal("the disk is gone".into())))
    }

    delegate! {
        charge(gas: u64) -> ();
        load_word(key: U256) -> U256;
        store_word(key: U256, value: U256) -> ();
        load_transient(key: U256) -> U256;
        store_transient(key: U256, value: U256) -> ();
        code(account: Address) -> Code;
        object(key: &hexapla_primitives::ObjectKey) -> Option<Bytes>;
        set_object(key: &hexapla_primitives::ObjectKey, value: Option<Bytes>) -> ();
        log(topics: &[B256], data: Bytes) -> ();
        call(request: hexapla_vm::CallRequest) -> CallOutcome;
        create(request: hexapla_vm::CreateRequest) -> CreateOutcome;
    }
}
