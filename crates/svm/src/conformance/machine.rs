//! A program text alone: instructions, memory and the meter. Its syscalls give 0 and do nothing.

#![expect(unsafe_code, reason = "a program runs on mapped memory")]

use super::{
    compare::Differences,
    fixture::{Engine, Refusal, Units, observe},
    memory::{self, Input, Memory},
    messages::{Parts, Syscall},
    syscall::Observed,
};
use crate::runtime::Runtime;
use prost::Message as _;
use protosol::protos::{InputDataRegion, SyscallEffects, SyscallInvocation, VmContext};
use solana_sbpf::{
    declare_builtin_function,
    ebpf::{self, MM_INPUT_START},
    elf::{ElfError, Executable},
    error::EbpfError,
    memory_region::{MemoryMapping, default_access_violation_handler},
    program::{BuiltinProgram, FunctionRegistry, SBPFVersion},
    verifier::RequisiteVerifier,
    vm::{CallFrame, Config, ContextObject, EbpfVm, ExecutionMode},
};
use std::{error::Error, ptr::NonNull, sync::Arc};

/// What a program alone has: its meter and its memory.
struct Bare {
    units_left: u64,
    mapping: Box<MemoryMapping>,
}

impl ContextObject for Bare {
    fn consume(&mut self, amount: u64) {
        self.units_left = self.units_left.saturating_sub(amount);
    }

    fn get_remaining(&self) -> u64 {
        self.units_left
    }

    fn active_mapping_ptr(&mut self) -> NonNull<MemoryMapping> {
        NonNull::from(&mut *self.mapping)
    }
}

declare_builtin_function!(
    /// A syscall that does nothing.
    Nothing,
    fn rust(
        _bare: &mut Bare,
        _arg0: u64,
        _arg1: u64,
        _arg2: u64,
        _arg3: u64,
        _arg4: u64,
    ) -> Result<u64, Box<dyn Error>> {
        Ok(0)
    }
);

/// The program of a fixture and what it starts with.
struct Program<'a> {
    config: Config,
    version: SBPFVersion,
    syscalls: Vec<String>,
    vm: &'a VmContext,
    call: &'a SyscallInvocation,
    input: &'a [InputDataRegion],
    units: Units,
}

/// Runs the fixture. Registers other than r0 are not compared: native code does not keep them.
pub(super) fn run(parts: &Parts, engine: Engine) -> Result<Differences, Refusal> {
    let expected = SyscallEffects::decode(&parts.output[..])?;
    let Syscall { context, instruction, input, .. } = Syscall::decode(&parts.input)?;
    let runtime =
        Runtime::with_features(instruction.features).map_err(|error| Refusal::Unreadable(error.to_string()))?;
    let (vm, call) = (context.vm_ctx.unwrap_or_default(), context.syscall_invocation.unwrap_or_default());
    let registry = runtime.environment.get_function_registry();
    let program = Program {
        config: runtime.environment.get_config().clone(),
        version: version(vm.sbpf_version)?,
        syscalls: registry.iter().map(|(_, (name, _))| String::from_utf8_lossy(name).into_owned()).collect(),
        vm: &vm,
        call: &call,
        input: input.as_deref().unwrap_or_default(),
        units: Units::new(instruction.context.cu_avail),
    };
    let mut differences = Differences::default();
    let observed = observe(engine, &mut differences, |jit| program.execute(jit))?;
    observed.compare(&mut differences, &expected);
    Ok(differences)
}

fn version(number: u32) -> Result<SBPFVersion, Refusal> {
    Ok(match number {
        0 => SBPFVersion::V0,
        1 => SBPFVersion::V1,
        2 => SBPFVersion::V2,
        3 => SBPFVersion::V3,
        _ => return Err(Refusal::Skipped(format!("version {number} of sBPF does not exist here"))),
    })
}

impl Program<'_> {
    fn execute(&self, jit: bool) -> Result<Observed, Refusal> {
        let executable = match self.load() {
            Ok(executable) => executable,
            Err(error) => return Ok(self.refused(error)),
        };
        if jit {
            compile(&executable);
        }
        let mut input = Input::new(self.input);
        let call = self.call;
        let mut memory = Memory::new(self.vm, &self.config, &call.heap_prefix, &call.stack_prefix)?;
        let violation = Box::new(default_access_violation_handler);
        // SAFETY: `executable`, `input` and `memory` live until the end of this function, the mapping no longer.
        let mapping =
            unsafe { memory.map(executable.get_ro_region(), input.regions(), &self.config, self.version, violation) }?;
        let mut bare = Bare { units_left: self.units.given, mapping: Box::new(mapping) };
        let result = self.enter(&executable, &mut bare);
        // SAFETY: what the mapping points to lives until the end of this function.
        let after = unsafe { memory::input_after(&bare.mapping) };
        Ok(Observed {
            result: result.map_err(|error| error.to_string()),
            units_left: Some(self.units.left(bare.units_left)?),
            heap: memory.heap.as_slice().to_vec(),
            stack: memory.stack.as_slice().to_vec(),
            input: after,
        })
    }

    /// Verifies the text.
    fn load(&self) -> Result<Executable<Bare>, EbpfError> {
        let mut loader = BuiltinProgram::new_loader(self.config.clone());
        for name in &self.syscalls {
            loader.register_definition::<Nothing>(name)?;
        }
        let (text, functions) = (&self.vm.rodata[..], self.functions()?);
        let executable = Executable::from_text_bytes(text, Arc::new(loader), self.version, functions)?;
        executable.verify::<RequisiteVerifier>()?;
        Ok(executable)
    }

    /// The entry point, and the places that may be called.
    fn functions(&self) -> Result<FunctionRegistry<usize>, ElfError> {
        let mut functions = FunctionRegistry::default();
        let key = |place: usize, hash: u32| if self.version.static_syscalls() { place as u32 } else { hash };
        let (entry, end) = (self.vm.entry_pc as usize, self.vm.rodata.len() / ebpf::INSN_SIZE);
        if entry >= end {
            return Err(ElfError::EntrypointOutOfBounds);
        }
        let hash = ebpf::hash_symbol_name(b"entrypoint");
        functions.register_function(key(entry, hash), *b"entrypoint", entry)?;
        let bits = self.vm.call_whitelist.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        for (place, _) in bits.enumerate().take(end).filter(|(_, allowed)| *allowed) {
            let hash = ebpf::hash_symbol_name(&(place as u64).to_le_bytes());
            if key(place, hash) != key(entry, hash) {
                functions.register_function(key(place, hash), *b"function", place)?;
            }
        }
        Ok(functions)
    }

    /// Runs the program. It starts as programs do: the stack and the input are where they always are.
    fn enter(&self, executable: &Executable<Bare>, bare: &mut Bare) -> Result<u64, EbpfError> {
        let (loader, stack) = (Arc::clone(executable.get_loader()), self.config.stack_size());
        let mut machine = EbpfVm::new(loader, self.version, bare, stack);
        let vm = self.vm;
        machine.registers[0] = vm.r0;
        machine.registers[1] = MM_INPUT_START;
        let given = [vm.r2, vm.r3, vm.r4, vm.r5, vm.r6, vm.r7, vm.r8, vm.r9];
        for (register, value) in machine.registers.iter_mut().skip(2).zip(given) {
            *register = value;
        }
        let mut frames = vec![CallFrame::default(); self.config.max_call_depth];
        let (_, result) = machine.execute_program(executable, &mut ExecutionMode::PreferJit, &mut frames);
        result.into()
    }

    /// The text is no program.
    fn refused(&self, error: EbpfError) -> Observed {
        let (heap, stack, input) = (Vec::new(), Vec::new(), Vec::new());
        Observed { result: Err(error.to_string()), units_left: None, heap, stack, input }
    }
}

/// Native code where the machine can have it; what is not compiled is interpreted.
fn compile(executable: &Executable<Bare>) {
    #[cfg(all(target_arch = "x86_64", not(target_os = "windows")))]
    let _ = executable.jit_compile();
    let _ = executable;
}
