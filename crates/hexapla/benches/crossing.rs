//! What a call between VMs costs beyond the engines: calls that do nothing, EVM → EVM, EVM → WASM and WASM → EVM.
//!
//! A caller makes `CALLS` calls in one transaction; the same transaction without calls is subtracted, so that only the
//! call is left. Of a call into WASM the engine's own part (a new instance and an empty run) is measured beside it,
//! with the same frame on a host that does nothing. What remains, less the cost of an EVM → EVM call, is what the
//! crossing itself adds. Of a call from WASM that is negative where compiled code prepares a call faster than EVM
//! bytecode does: the caller's own work is part of each figure.

mod support;

use hexapla::{BlockEnv, BlockRun, Overlay, Receipt, TxEnv, Vm, VmConfig};
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256, VmId};
use hexapla_testing::{Script, ScriptCall, Side, Stage};
use hexapla_vm::{
    CallKind, CallOutcome, CallRequest, Code, CreateOutcome, CreateRequest, Environment, Frame, Host, HostResult,
};
use support::{bench, cpu_ms, median};

const CALLS: usize = 200;
const REPEATS: usize = 40;
const ROUNDS: usize = 15;

fn main() {
    let stage = Stage::new();
    let evm_to_evm = per_call(&stage, Side::Evm, stage.actors(Side::Evm)[1]);
    let evm_to_wasm = per_call(&stage, Side::Evm, stage.actor(Side::Wasm));
    let wasm_to_evm = per_call(&stage, Side::Wasm, stage.actor(Side::Evm));
    let wasm_to_wasm = per_call(&stage, Side::Wasm, stage.actors(Side::Wasm)[1]);
    let engine = engine_alone(&stage);
    println!(
        "a call that does nothing, in µs: EVM → EVM {evm_to_evm:.3}, EVM → WASM {evm_to_wasm:.3}, WASM → EVM {wasm_to_evm:.3}, WASM → WASM {wasm_to_wasm:.3}"
    );
    println!("a WASM instance and an empty run alone: {engine:.3} µs");
    bench("call_evm_to_evm", evm_to_evm, "us");
    bench("call_evm_to_wasm", evm_to_wasm, "us");
    bench("call_wasm_to_evm", wasm_to_evm, "us");
    bench("call_wasm_to_wasm", wasm_to_wasm, "us");
    bench("wasm_engine_alone", engine, "us");
    bench("crossing_added_evm_to_wasm", evm_to_wasm - engine - evm_to_evm, "us");
    bench("crossing_added_wasm_to_evm", wasm_to_evm - evm_to_evm, "us");
}

/// CPU time of one call that does nothing, in µs.
fn per_call(stage: &Stage, from: Side, to: Address) -> f64 {
    let call = |script: Script, _| script.call(ScriptCall::to(to, Bytes::new()).ignore());
    let with = (0..CALLS).fold(Script::new(), call);
    // The same transaction without calls. What the caller does to prepare a call is part of each figure.
    let none = Script::new();
    let caller = stage.actor(from);
    let crosses = usize::from((from.vm() == VmId::EVM) != (stage.actors(Side::Evm).contains(&to)));
    let with = timed(stage, stage.tx(caller, with), |receipt| {
        assert!(receipt.crossings.len() >= CALLS * crosses, "the calls were made");
    });
    let without = timed(stage, stage.tx(caller, none), |_| ());
    (with - without) * 1000.0 / CALLS as f64
}

/// Median CPU time of a transaction, in ms.
fn timed(stage: &Stage, mut tx: TxEnv, check: impl Fn(&Receipt) + Sync) -> f64 {
    tx.gas_limit = 16_000_000;
    let overlay = Overlay::new(stage.chain.reader().expect("memory does not fail"));
    let block = BlockEnv { gas_limit: u64::MAX, basefee: 0, prevrandao: Some(B256::ZERO), ..BlockEnv::default() };
    let check = &check;
    let (ms, _) = stage.chain.executor().block(overlay, block, |run: &mut BlockRun| {
        let receipt = run.simulate(tx.clone(), false).expect("the transaction is valid");
        assert!(receipt.is_success(), "{:?}", receipt.fault);
        check(&receipt);
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let txs = vec![tx.clone(); REPEATS];
            let ms = cpu_ms(|| {
                for tx in txs {
                    assert!(run.simulate(tx, false).expect("the transaction is valid").is_success());
                }
            });
            times.push(ms / REPEATS as f64);
        }
        median(times)
    });
    ms
}

/// CPU time of a new instance and an empty run, with the host's record of the program at hand, in µs.
fn engine_alone(stage: &Stage) -> f64 {
    let vms = hexapla::standard_vms(VmConfig::default()).expect("the VMs start");
    let vm = vms.get(VmId::WASM).expect("WASM is registered").clone();
    let actor = stage.actor(Side::Wasm);
    let code = stage.chain.code(actor).expect("memory does not fail");
    let hash = hexapla_primitives::keccak256(&code);
    let frame = Frame {
        vm: VmId::WASM,
        caller_vm: VmId::EVM,
        caller: hexapla_testing::USER,
        target: actor,
        code_address: actor,
        code: Code { hash, bytes: code },
        kind: CallKind::Call,
        value: U256::ZERO,
        input: Bytes::new(),
        gas_limit: 10_000_000,
        read_only: false,
        is_delegated: false,
        reentrant: false,
        depth: 1,
    };
    let mut host = IdleHost { objects: Default::default(), environment: Environment::default() };
    vm.activate(&frame.code.bytes, &mut host).expect("the program is good");
    let run = |vm: &dyn Vm, host: &mut IdleHost| {
        let end = vm.run(&frame, host).expect("nothing fails");
        assert!(end.exit.is_success(), "{:?}", end.exit);
    };
    run(&*vm, &mut host);
    let times = (0..ROUNDS).map(|_| {
        cpu_ms(|| {
            for _ in 0..CALLS * REPEATS / 4 {
                run(&*vm, &mut host);
            }
        }) * 1000.0
            / (CALLS * REPEATS / 4) as f64
    });
    median(times.collect())
}

/// A host that knows the record of the program and nothing else.
struct IdleHost {
    objects: std::collections::BTreeMap<ObjectKey, Bytes>,
    environment: Environment,
}

impl Host for IdleHost {
    fn environment(&self) -> &Environment {
        &self.environment
    }
    fn gas_left(&self) -> u64 {
        u64::MAX
    }
    fn charge(&mut self, _: u64) -> HostResult<()> {
        Ok(())
    }
    fn lower_gas_to(&mut self, _: u64) {}
    fn load_word(&mut self, _: U256) -> HostResult<U256> {
        unreachable!("an empty script reads nothing")
    }
    fn store_word(&mut self, _: U256, _: U256) -> HostResult<()> {
        unreachable!("an empty script writes nothing")
    }
    fn load_transient(&mut self, _: U256) -> HostResult<U256> {
        unreachable!("an empty script reads nothing")
    }
    fn store_transient(&mut self, _: U256, _: U256) -> HostResult<()> {
        unreachable!("an empty script writes nothing")
    }
    fn balance(&mut self, _: Address) -> HostResult<U256> {
        unreachable!("an empty script reads nothing")
    }
    fn code(&mut self, _: Address) -> HostResult<Code> {
        unreachable!("an empty script reads nothing")
    }
    fn object(&mut self, key: &ObjectKey) -> HostResult<Option<Bytes>> {
        Ok(self.objects.get(key).cloned())
    }
    fn set_object(&mut self, key: &ObjectKey, value: Option<Bytes>) -> HostResult<()> {
        match value {
            Some(value) => self.objects.insert(key.clone(), value),
            None => self.objects.remove(key),
        };
        Ok(())
    }
    fn log(&mut self, _: &[B256], _: Bytes) -> HostResult<()> {
        unreachable!("an empty script logs nothing")
    }
    fn call(&mut self, _: CallRequest) -> HostResult<CallOutcome> {
        unreachable!("an empty script calls nothing")
    }
    fn create(&mut self, _: CreateRequest) -> HostResult<CreateOutcome> {
        unreachable!("an empty script creates nothing")
    }
}
