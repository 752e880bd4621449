//! A small host in memory, and a rig that runs a program on every engine.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

pub mod hostile;

use hexapla_primitives::{Address, B256, Bytes, Log, LogData, ObjectKey, U256, VmId, keccak256};
use hexapla_vm::{
    BlockInfo, CallKind, CallOutcome, CallRequest, Code, CreateOutcome, CreateRequest, Environment, Exit, Frame,
    FrameEnd, Host, HostError, HostResult, TxInfo, Vm,
};
use hexapla_wasm::{
    Config, EngineKind, RunReport, StylusVm, encode_program,
    hooks::{HOOKS, HookSignature},
    limits,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub const CONTRACT: Address = Address::repeat_byte(0x22);
pub const CALLER: Address = Address::repeat_byte(0x11);
pub const OTHER: Address = Address::repeat_byte(0x33);
pub const PLENTY: u64 = 1 << 40;

pub type CallHandler = fn(&mut MockHost, &CallRequest) -> HostResult<CallOutcome>;

/// State of one account and scripted answers for everything else.
#[derive(Clone, Default)]
pub struct MockHost {
    /// What the running frame has left.
    pub gas: u64,
    pub words: BTreeMap<U256, U256>,
    pub transient: BTreeMap<U256, U256>,
    pub objects: BTreeMap<ObjectKey, Bytes>,
    pub logs: Vec<Log>,
    pub balances: BTreeMap<Address, U256>,
    pub codes: BTreeMap<Address, Code>,
    pub environment: Environment,
    pub read_only: bool,
    pub warm: BTreeSet<U256>,
    /// Order of the writes that reached the host.
    pub stores: Vec<(U256, U256)>,
    pub calls: Vec<String>,
    pub outcomes: VecDeque<CallOutcome>,
    pub creations: VecDeque<CreateOutcome>,
    pub on_call: Option<CallHandler>,
    /// The next request fails with this.
    pub failure: Option<HostError>,
}

impl MockHost {
    pub fn new() -> Self {
        let environment = Environment {
            chain_id: 412_346,
            block: BlockInfo {
                number: 77,
                timestamp: 1_700_000_000,
                beneficiary: Address::repeat_byte(0xCB),
                base_fee: 7,
                gas_limit: 30_000_000,
            },
            tx: TxInfo { origin: Address::repeat_byte(0x0A), gas_price: 9 },
        };
        Self { gas: PLENTY, environment, ..Default::default() }
    }

    fn take(&mut self, amount: u64) -> HostResult<()> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        self.charge(amount)
    }

    fn write(&mut self, amount: u64) -> HostResult<()> {
        if self.read_only {
            return Err(HostError::READ_ONLY);
        }
        self.take(amount)
    }
}

impl Host for MockHost {
    fn environment(&self) -> &Environment {
        &self.environment
    }

    fn gas_left(&self) -> u64 {
        self.gas
    }

    fn charge(&mut self, amount: u64) -> HostResult<()> {
        let left = self.gas.checked_sub(amount);
        self.gas = left.unwrap_or(0);
        left.map(drop).ok_or(HostError::OUT_OF_GAS)
    }

    fn lower_gas_to(&mut self, gas: u64) {
        self.gas = self.gas.min(gas);
    }

    fn load_word(&mut self, key: U256) -> HostResult<U256> {
        let price = if self.warm.insert(key) { 2_100 } else { 100 };
        self.take(price)?;
        Ok(self.words.get(&key).copied().unwrap_or_default())
    }

    fn store_word(&mut self, key: U256, value: U256) -> HostResult<()> {
        self.write(5_000)?;
        self.stores.push((key, value));
        self.words.insert(key, value);
        Ok(())
    }

    fn load_transient(&mut self, key: U256) -> HostResult<U256> {
        self.take(100)?;
        Ok(self.transient.get(&key).copied().unwrap_or_default())
    }

    fn store_transient(&mut self, key: U256, value: U256) -> HostResult<()> {
        self.write(100)?;
        self.transient.insert(key, value);
        Ok(())
    }

    fn balance(&mut self, account: Address) -> HostResult<U256> {
        self.take(2_600)?;
        Ok(self.balances.get(&account).copied().unwrap_or_default())
    }

    fn code(&mut self, account: Address) -> HostResult<Code> {
        self.take(2_600)?;
        Ok(self.codes.get(&account).cloned().unwrap_or_default())
    }

    fn object(&mut self, key: &ObjectKey) -> HostResult<Option<Bytes>> {
        self.take(100)?;
        Ok(self.objects.get(key).cloned())
    }

    fn set_object(&mut self, key: &ObjectKey, value: Option<Bytes>) -> HostResult<()> {
        self.write(20_000)?;
        match value {
            Some(value) => self.objects.insert(key.clone(), value),
            None => self.objects.remove(key),
        };
        Ok(())
    }

    fn log(&mut self, topics: &[B256], data: Bytes) -> HostResult<()> {
        let bytes = u64::try_from(data.len()).unwrap();
        let topic_count = u64::try_from(topics.len()).unwrap();
        self.write(375 + 375 * topic_count + 8 * bytes)?;
        self.logs.push(Log { address: CONTRACT, data: LogData::new_unchecked(topics.to_vec(), data) });
        Ok(())
    }

    fn call(&mut self, request: CallRequest) -> HostResult<CallOutcome> {
        self.take(700)?;
        self.calls.push(format!(
            "{:?} {} value {} input {} cap {}",
            request.kind, request.to, request.value, request.input, request.gas_cap
        ));
        if let Some(handler) = self.on_call {
            return handler(self, &request);
        }
        Ok(self.outcomes.pop_front().expect("an outcome for each call"))
    }

    fn create(&mut self, request: CreateRequest) -> HostResult<CreateOutcome> {
        self.write(32_000)?;
        self.calls.push(format!("create value {} salt {:?} code {}", request.value, request.salt, request.init_code));
        Ok(self.creations.pop_front().expect("an outcome for each creation"))
    }
}

/// A VM on each engine.
pub fn engines() -> Vec<StylusVm> {
    let vm = |engine| StylusVm::new(Config { engine, pool_size: 64, ..Config::default() }).unwrap();
    vec![
        vm(EngineKind::Wasmi),
        #[cfg(feature = "wasmtime")]
        vm(EngineKind::Wasmtime),
    ]
}

/// A call of [`CONTRACT`] with the program of this module.
pub fn frame(wasm: &[u8], input: &[u8]) -> Frame {
    let code = encode_program(wasm);
    Frame {
        vm: VmId::WASM,
        caller_vm: VmId::EVM,
        caller: CALLER,
        target: CONTRACT,
        code_address: CONTRACT,
        code: Code { hash: keccak256(&code), bytes: code },
        kind: CallKind::Call,
        value: U256::ZERO,
        input: Bytes::copy_from_slice(input),
        gas_limit: PLENTY,
        read_only: false,
        is_delegated: false,
        reentrant: false,
        depth: 0,
    }
}

/// Runs frames on all engines and checks that nothing differs.
pub struct Rig {
    engines: Vec<StylusVm>,
}

impl Rig {
    pub fn new() -> Self {
        Self { engines: engines() }
    }

    /// Activates the frame's code in `host`.
    pub fn activate(&self, frame: &Frame, host: &mut MockHost) {
        for vm in &self.engines {
            host.gas = PLENTY;
            vm.activate(&frame.code.bytes, host).unwrap();
        }
    }

    /// Runs an activated frame. `host` gets the state of the run, which is undone after a fault.
    pub fn run(&self, frame: &Frame, host: &mut MockHost) -> RunReport {
        let runs: Vec<_> = self.engines.iter().map(|vm| run_one(vm, frame, host)).collect();
        let [(first, state), rest @ ..] = runs.as_slice() else { panic!("no engine") };
        for (other, other_state) in rest {
            assert_eq!(first, other, "the engines differ");
            assert_eq!(observed(state), observed(other_state), "the engines differ in state");
        }
        if first.end.exit.is_success() {
            *host = state.clone();
        }
        first.clone()
    }

    /// Activates and runs.
    pub fn call(&self, wasm: &[u8], input: &[u8], host: &mut MockHost) -> RunReport {
        let frame = frame(wasm, input);
        self.activate(&frame, host);
        self.run(&frame, host)
    }

    /// Activates and runs a module in text form.
    pub fn call_wat(&self, wat: &str, input: &[u8], host: &mut MockHost) -> RunReport {
        self.call(&wat::parse_str(wat).unwrap(), input, host)
    }
}

fn run_one(vm: &StylusVm, frame: &Frame, host: &MockHost) -> (RunReport, MockHost) {
    let mut host = MockHost { gas: frame.gas_limit, ..host.clone() };
    let report = vm.run_traced(frame, &mut host).unwrap();
    (report, host)
}

type Observed<'a> =
    (&'a BTreeMap<U256, U256>, &'a BTreeMap<U256, U256>, &'a Vec<Log>, &'a Vec<(U256, U256)>, &'a Vec<String>);

fn observed(host: &MockHost) -> Observed<'_> {
    (&host.words, &host.transient, &host.logs, &host.stores, &host.calls)
}

/// The returned data of a run that must have succeeded.
pub fn output(report: &RunReport) -> Bytes {
    match &report.end.exit {
        Exit::Return(data) => data.clone(),
        Exit::Fault(fault) => panic!("{fault}"),
    }
}

/// A module in text form with one page of memory that cannot grow and this body of `user_entrypoint`, whose parameter
/// is `$len`. Each host function `$name` that occurs in the body is imported.
pub fn program(body: &str) -> String {
    program_with("(memory (export \"memory\") 1 1)", body)
}

/// The same with other fields in place of the memory.
pub fn program_with(fields: &str, body: &str) -> String {
    let text = format!("{fields} {body}");
    let imports: String = HOOKS.iter().filter(|hook| uses(&text, hook.name)).map(import).collect();
    format!(
        "(module {imports} {fields}
           (func $main (export \"user_entrypoint\") (param $len i32) (result i32) {body}))"
    )
}

fn uses(text: &str, name: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|next: char| next == '_' || next.is_alphanumeric());
    let call = format!("${name}");
    text.match_indices(&call).any(|(at, _)| ends(&text[at + call.len()..]))
}

/// The declaration of an import of `vm_hooks`.
pub fn import(hook: &HookSignature) -> String {
    let params: String = hook.params.iter().map(|param| format!("{param} ")).collect();
    let result = hook.result.map(|result| format!("(result {result})")).unwrap_or_default();
    let name = hook.name;
    format!("(import \"vm_hooks\" \"{name}\" (func ${name} (param {params}) {result}))\n")
}

pub fn word(value: u64) -> B256 {
    B256::from(U256::from(value))
}

pub fn contract(name: &str) -> Vec<u8> {
    let path = format!("{}/../../contracts/wasm/{name}/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Runs on a thread with the native stack that one frame may take, and some for the host.
pub fn big_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new()
        .stack_size(limits::NATIVE_STACK_BYTES_PER_FRAME + (1 << 20))
        .spawn(run)
        .unwrap()
        .join()
        .unwrap()
}

/// Runs a body in a fresh host.
pub fn run(body: &str) -> RunReport {
    run_in(&mut MockHost::new(), body)
}

pub fn run_in(host: &mut MockHost, body: &str) -> RunReport {
    Rig::new().call_wat(&program(body), &[], host)
}

/// A body that stores big-endian words at 0, 32, 64 … first.
pub fn words(values: &[u64]) -> String {
    let store = |(index, value): (usize, &u64)| {
        let at = index * 32 + 24;
        format!("(i64.store (i32.const {at}) (i64.const {}))", value.swap_bytes().cast_signed())
    };
    values.iter().enumerate().map(store).collect()
}

/// Programs that differ in a constant.
pub fn unique(index: u32) -> Frame {
    frame(&wat::parse_str(program(&format!("(drop (i32.const {index})) (i32.const 0)"))).unwrap(), &[])
}

/// Activates the frame's code in `host`; the gas it took.
pub fn activate(vm: &StylusVm, frame: &Frame, host: &mut MockHost) -> u64 {
    host.gas = PLENTY;
    vm.activate(&frame.code.bytes, host).unwrap();
    PLENTY - host.gas
}

/// Runs an activated frame, with its gas in `host`.
pub fn run_frame(vm: &StylusVm, frame: &Frame, host: &mut MockHost) -> FrameEnd {
    host.gas = frame.gas_limit;
    vm.run(frame, host).unwrap()
}

/// A program that makes one call of another contract.
pub fn nesting_frame() -> Frame {
    let body =
        "(call $call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const -1) (i32.const 0))";
    frame(&wat::parse_str(program(body)).unwrap(), &[])
}
