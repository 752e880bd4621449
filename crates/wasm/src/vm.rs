//! The adapter: activation and runs of frames.

use crate::{
    activation::ActivationRecord,
    config::{Config, SetupError},
    engine::RunEnd,
    error::{ProgramError, WasmError},
    examine::examine,
    footprint::Footprint,
    instrument::{self, Instrumented, ModuleInfo},
    lease,
    limits::NATIVE_STACK_BYTES_PER_FRAME,
    prices,
    program::{decode_program, is_program},
    programs::{CacheStatistics, Programs},
    session::{HookCall, Session, Stop},
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;
use hexapla_primitives::{B256, Bytes, Fault, FaultKind, GasRate, NativeGas, VmId, keccak256};
use hexapla_vm::{Examination, Exit, Fatal, Frame, FrameEnd, Host, HostError, HostResult, Reentrancy, Vm};

/// The native unit of cost.
const INK: GasRate = GasRate { unit: "ink", per_gas: prices::INK_PER_GAS };

/// WASM contracts as Arbitrum Stylus runs them.
///
/// It may be shared by threads, by blocks and simulations at once. Results and costs depend neither on the engine nor
/// on what is cached.
///
/// A thread that runs frames needs [`NATIVE_STACK_BYTES_PER_FRAME`](crate::limits::NATIVE_STACK_BYTES_PER_FRAME) of
/// stack for each frame that may be nested: a program may use that much, and a thread with less is killed by it.
pub struct StylusVm {
    programs: Programs,
}

/// A run in detail, for tests and tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunReport {
    /// What the frame gave back.
    pub end: FrameEnd,
    /// Every call of a host function.
    pub hooks: Vec<HookCall>,
    /// Words of the stack budget that were left; `None` where the program was not started.
    pub stack_left: Option<u32>,
    /// keccak256 of the program's memory at the end; `None` where the program was not started.
    pub memory_hash: Option<B256>,
}

impl StylusVm {
    /// Sets up an engine.
    pub fn new(config: Config) -> Result<Self, SetupError> {
        Ok(Self { programs: Programs::new(&config)? })
    }

    /// What activation would see in a module, or why it would refuse it.
    pub fn inspect(wasm: &[u8]) -> Result<ModuleInfo, WasmError> {
        Ok(instrument::instrument(wasm)?.info)
    }

    /// Runs a frame as [`Vm::run`] does, and keeps a record of it.
    pub fn run_traced(&self, frame: &Frame, host: &mut dyn Host) -> Result<RunReport, Fatal> {
        self.run_frame(frame, host, true)
    }

    /// What is in memory, and what had to be done for it.
    pub fn cache_statistics(&self) -> CacheStatistics {
        self.programs.statistics()
    }

    fn run_frame(&self, frame: &Frame, host: &mut dyn Host, traced: bool) -> Result<RunReport, Fatal> {
        let record = match admit(frame, host) {
            Ok(record) => record,
            Err(HostError::Fatal(fatal)) => return Err(fatal),
            Err(HostError::Fault { kind, message }) => {
                return Ok(RunReport::refused(frame, host.gas_left(), kind, &message));
            }
        };
        let program = self.programs.get(&frame.code, &record)?;
        let budget = InkBudget::new(frame.gas_limit, host.gas_left());
        let end = lease::lend(host, |lease| {
            program.run(Session::new(frame, lease, budget.ink, budget.aside, record.initial_pages, traced))
        })?;
        self.programs.paid(frame.code.hash, &program, budget.own_gas(&end));
        Ok(report(frame, &budget, end))
    }
}

impl fmt::Debug for StylusVm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StylusVm").field("cache", &self.cache_statistics()).finish_non_exhaustive()
    }
}

/// Reads the activation record and charges for entering the program: the same whatever is cached.
fn admit(frame: &Frame, host: &mut dyn Host) -> HostResult<ActivationRecord> {
    let record = host.object(&ActivationRecord::key(frame.code.hash))?;
    let record = record.and_then(|record| ActivationRecord::decode(&record));
    let Some(record) = record.filter(ActivationRecord::is_current) else {
        let message = format!("the code {} is not activated for this version", frame.code.hash);
        return Err(HostError::fault(FaultKind::InvalidCode, message));
    };
    host.charge(record.init_gas.saturating_add(prices::memory_growth(0, record.initial_pages)))?;
    Ok(record)
}

/// A frame's gas on both meters.
struct InkBudget {
    /// Ink the program gets.
    ink: u64,
    /// Gas that the ink meter cannot hold. It goes back to the caller.
    aside: u64,
    /// Gas that was paid before the program began.
    entry: u64,
}

impl InkBudget {
    fn new(limit: u64, left: u64) -> Self {
        let held = left.min(prices::MAX_INK / prices::INK_PER_GAS);
        Self { ink: held * prices::INK_PER_GAS, aside: left.saturating_sub(held), entry: limit.saturating_sub(left) }
    }

    /// All ink the frame has used when so much is left.
    fn used(&self, ink_left: u64) -> NativeGas {
        let entry = INK.to_native(self.entry);
        NativeGas { amount: entry.saturating_add(self.ink.saturating_sub(ink_left)), unit: INK.unit }
    }

    /// Gas that paid for the program's own work: not for the host's, and not for other contracts'.
    fn own_gas(&self, end: &RunEnd) -> u64 {
        let ink = self.ink.saturating_sub(end.ink).saturating_sub(end.session.ink_of_host);
        self.entry.saturating_add(ink / prices::INK_PER_GAS)
    }
}

/// A run in the words of the border.
fn report(frame: &Frame, budget: &InkBudget, end: RunEnd) -> RunReport {
    let RunEnd { status, ink, stack, memory_hash, session } = end;
    let exit = exit(frame, status, session.output);
    let all_gone = matches!(exit.fault().map(|fault| fault.kind), Some(FaultKind::OutOfGas | FaultKind::StackOverflow));
    let ink = if all_gone { 0 } else { ink };
    let gas_left = if all_gone { 0 } else { INK.gas_left(ink).saturating_add(budget.aside) };
    RunReport {
        end: FrameEnd { exit, gas_left, native_used: Some(budget.used(ink)) },
        hooks: session.trace.unwrap_or_default(),
        stack_left: Some(stack),
        memory_hash,
    }
}

fn exit(frame: &Frame, status: Result<u32, Stop>, output: Bytes) -> Exit {
    let stop = match status {
        Ok(0) | Err(Stop::Exit(0)) => return Exit::Return(output),
        Ok(_) | Err(Stop::Exit(_)) => return Exit::Fault(fault(frame, FaultKind::Revert, output, String::new())),
        Err(stop) => stop,
    };
    let kind = match &stop {
        Stop::OutOfInk => FaultKind::OutOfGas,
        Stop::StackOverflow => FaultKind::StackOverflow,
        Stop::Host { kind, .. } => *kind,
        _ => FaultKind::Trap,
    };
    Exit::Fault(fault(frame, kind, Bytes::new(), stop.to_string()))
}

fn fault(frame: &Frame, kind: FaultKind, data: Bytes, message: String) -> Fault {
    Fault { vm: VmId::WASM, contract: frame.target, kind, data, code: None, message }
}

impl RunReport {
    /// A frame whose program was not started.
    fn refused(frame: &Frame, gas: u64, kind: FaultKind, message: &str) -> Self {
        let gas_left = if kind == FaultKind::OutOfGas { 0 } else { gas };
        let used = INK.to_native(frame.gas_limit.saturating_sub(gas_left));
        Self {
            end: FrameEnd {
                exit: Exit::Fault(fault(frame, kind, Bytes::new(), message.to_owned())),
                gas_left,
                native_used: Some(NativeGas { amount: used, unit: INK.unit }),
            },
            hooks: Vec::new(),
            stack_left: None,
            memory_hash: None,
        }
    }
}

impl Vm for StylusVm {
    fn id(&self) -> VmId {
        VmId::WASM
    }

    fn gas_rate(&self) -> GasRate {
        INK
    }

    fn reentrancy(&self) -> Reentrancy {
        Reentrancy::Allowed
    }

    fn native_stack_bytes(&self) -> usize {
        NATIVE_STACK_BYTES_PER_FRAME
    }

    fn owns(&self, code: &[u8]) -> bool {
        is_program(code)
    }

    fn run(&self, frame: &Frame, host: &mut dyn Host) -> Result<FrameEnd, Fatal> {
        Ok(self.run_frame(frame, host, false)?.end)
    }

    fn examine(&self, code: &[u8]) -> Option<Examination> {
        Some(examine(code))
    }

    fn activate(&self, code: &Bytes, host: &mut dyn Host) -> HostResult<()> {
        let code_hash = keccak256(code);
        let key = ActivationRecord::key(code_hash);
        host.charge(prices::REACTIVATION_GAS)?;
        let record = host.object(&key)?;
        let record = record.and_then(|record| ActivationRecord::decode(&record));
        if record.is_some_and(|record| record.is_current()) {
            return Ok(());
        }
        let (module, footprint) = check(code, host)?;
        let record = ActivationRecord::of(&module.info, &footprint);
        let judged = self.programs.translate(&module).map_err(|reason| refuse(WasmError::Engine(reason)))?;
        host.set_object(&key, Some(record.encode()))?;
        self.programs.add(code_hash, &record, &module.wasm, judged);
        Ok(())
    }
}

/// Validates and instruments a program; each step is paid for before it is done.
fn check(code: &Bytes, host: &mut dyn Host) -> HostResult<(Instrumented, Footprint)> {
    let bytes = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    host.charge(prices::decompression(bytes(code.len())))?;
    let wasm = decode_program(code).map_err(refuse)?;
    host.charge(prices::validation(bytes(wasm.len())))?;
    let module = instrument::instrument(&wasm).map_err(refuse)?;
    let footprint = Footprint::of(&module.wasm).map_err(refuse)?;
    host.charge(prices::compilation(&footprint, module.info.compile_gas))?;
    Ok((module, footprint))
}

fn refuse(error: impl Into<ProgramError>) -> HostError {
    HostError::fault(FaultKind::InvalidCode, error.into().to_string())
}
