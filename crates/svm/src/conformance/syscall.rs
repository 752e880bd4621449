//! One call of a syscall, in the middle of a program.

#![expect(unsafe_code, reason = "the registers of a syscall point into mapped memory")]

use super::{
    compare::Differences,
    fixture::{Engine, Refusal, observe},
    memory::{self, Buffer, Input, Memory},
    messages::{self, Parts, Syscall},
    scene::Scene,
};
use prost::Message as _;
use protosol::protos::{InputDataRegion, SyscallEffects, SyscallInvocation, VmContext};
use solana_instruction::error::InstructionError;
use solana_program_runtime::{
    invoke_context::{BpfAllocator, InvokeContext},
    memory_context::{MemoryContext, SerializedAccountMetadata},
    serialization::serialize_parameters,
};
use solana_sbpf::{
    ebpf::MM_BYTECODE_START,
    error::{EbpfError, ProgramResult},
    memory_region::MemoryRegion,
    program::{BuiltinFunction, SBPFVersion},
    vm::{ContextObject as _, EbpfVm},
};
use std::sync::Arc;

/// The version whose programs call: its stack has gaps between frames.
const VERSION: SBPFVersion = SBPFVersion::V0;

/// How the names of the syscalls begin that call programs.
const INVOKE: &[u8] = b"sol_invoke_signed_";

/// What a syscall or a program did. Of a failure only that there was one, and what it left.
#[derive(Debug, PartialEq)]
pub(super) struct Observed {
    pub(super) result: Result<u64, String>,
    /// `None` where it did not even start.
    pub(super) units_left: Option<u64>,
    pub(super) heap: Vec<u8>,
    pub(super) stack: Vec<u8>,
    pub(super) input: Vec<(u64, Vec<u8>)>,
}

impl Observed {
    /// Compares with what the fixture expects. Memory that the fixture does not record is not compared.
    pub(super) fn compare(&self, differences: &mut Differences, expected: &SyscallEffects) {
        let result = self.result.as_ref().map(|_| ()).map_err(String::as_str);
        differences.success(result, expected.error);
        if let (Ok(r0), 0) = (&self.result, expected.error) {
            differences.value("r0", *r0, expected.r0);
        }
        if let Some(units_left) = self.units_left {
            differences.value("compute units left", units_left, expected.cu_avail);
        }
        if !expected.heap.is_empty() {
            differences.memory("heap", &self.heap, &expected.heap);
        }
        if !expected.stack.is_empty() {
            differences.memory("stack", &self.stack, &expected.stack);
        }
        let regions = memory::expected_input(&expected.input_data_regions);
        if regions.is_empty() {
            return;
        }
        differences.value("regions of input", self.input.len(), regions.len());
        for ((got_at, got), (expected_at, expected)) in self.input.iter().zip(regions) {
            differences.value("place of a region of input", *got_at, expected_at);
            differences.bytes(&format!("input from {expected_at}"), got, expected);
        }
    }
}

/// Runs the fixture.
pub(super) fn run(parts: &Parts, engine: Engine) -> Result<Differences, Refusal> {
    let expected = SyscallEffects::decode(&parts.output[..])?;
    let Syscall { context, instruction, input, callee_is_recorded } = Syscall::decode(&parts.input)?;
    let (vm, call) = (context.vm_ctx.unwrap_or_default(), context.syscall_invocation.unwrap_or_default());
    if callee_is_recorded && expected.error == 0 && call.function_name.starts_with(INVOKE) {
        return Err(Refusal::Skipped("calls of programs whose effects stand in the fixture are not run".into()));
    }
    let call = Call { scene: Scene::new(instruction)?, vm, call, input };
    let mut differences = Differences::default();
    let observed = observe(engine, &mut differences, |jit| call.execute(jit))?;
    observed.compare(&mut differences, &expected);
    Ok(differences)
}

type Function = BuiltinFunction<InvokeContext<'static, 'static>>;

/// A call as its fixture states it.
struct Call {
    scene: Scene,
    vm: VmContext,
    call: SyscallInvocation,
    /// The input in a fixture of 2024. Later it is what the instruction's accounts serialize to.
    input: Option<Vec<InputDataRegion>>,
}

impl Call {
    fn function(&self) -> Result<Function, Refusal> {
        let found = self.scene.runtime.environment.get_function_registry().lookup_by_name(&self.call.function_name);
        found.map(|(_, (function, _))| function).ok_or_else(|| {
            let name = self.call.function_name.escape_ascii();
            Refusal::Skipped(format!("the syscall {name} is not there with the fixture's features"))
        })
    }

    fn execute(&self, jit: bool) -> Result<Observed, Refusal> {
        let function = self.function()?;
        let (scene, vm) = (&self.scene, &self.vm);
        let config = scene.runtime.environment.get_config();
        let read_only = Buffer::from_slice(&vm.rodata);
        let mut memory = Memory::new(vm, config, &self.call.heap_prefix, &self.call.stack_prefix)?;
        let mut programs = scene.programs(jit);
        let mut transaction = scene.transaction()?;
        if let Some(earlier) = &vm.return_data {
            let program = messages::key(&earlier.program_id, "the program of the return data")?;
            transaction.set_return_data(program, earlier.data.clone()).map_err(unready)?;
        }
        let features = &scene.runtime.features;
        let (adjusted, mapped) = (features.virtual_address_space_adjustments, features.account_data_direct_mapping);
        let violation = transaction.access_violation_handler(adjusted, mapped);
        let mut invocation = scene.invocation(&mut transaction, &mut programs);
        invocation.push().map_err(unready)?;
        let mut parameters = self.parameters(&invocation)?;
        let text = MemoryRegion::new(read_only.as_slice() as *const [u8], MM_BYTECODE_START);
        // SAFETY: `read_only`, `parameters` and `memory` live until the end of this function, and `invocation`, which
        // holds the mapping, is not used after it.
        let mapping = unsafe { memory.map(text, parameters.regions(), config, VERSION, violation) }?;
        let context = MemoryContext::new(BpfAllocator::new(vm.heap_max), parameters.accounts(), mapping);
        invocation.memory_contexts.set_memory_context_abi_v1(context).map_err(unready)?;
        let result = self.invoke(&mut invocation, function, config.stack_size());
        // After a failure, agave leaves regions of accounts as they happen to be where it adjusts them.
        let is_kept = result.is_ok() || !adjusted || self.input.is_some();
        let input = match invocation.memory_contexts.memory_mapping() {
            // SAFETY: what the mapping points to lives until the end of this function.
            Ok(mapping) if is_kept => unsafe { memory::input_after(mapping) },
            _ => Vec::new(),
        };
        let units_left = Some(scene.units.left(invocation.get_remaining())?);
        drop(invocation);
        let (heap, stack) = (memory.heap.as_slice().to_vec(), memory.stack.as_slice().to_vec());
        Ok(Observed { result: result.map_err(|error| error.to_string()), units_left, heap, stack, input })
    }

    /// What the program that calls has as its input.
    fn parameters(&self, invocation: &InvokeContext<'_, '_>) -> Result<Parameters<'_>, Refusal> {
        let current = invocation.transaction_context.get_current_instruction_context().map_err(unready)?;
        if let Some(given) = &self.input {
            let accounts = usize::from(current.get_number_of_instruction_accounts());
            return Ok(Parameters::Given(Input::new(given), vec![NOWHERE; accounts]));
        }
        let features = &self.scene.runtime.features;
        let serialized = serialize_parameters(
            &current,
            features.virtual_address_space_adjustments,
            features.account_data_direct_mapping,
            features.direct_account_pointers_in_program_input,
        );
        let (buffer, regions, accounts, _) = serialized.map_err(unready)?;
        Ok(Parameters::Serialized { _buffer: buffer, regions, accounts })
    }

    /// Calls the function with the registers of the fixture.
    fn invoke(
        &self,
        invocation: &mut InvokeContext<'_, '_>,
        function: Function,
        stack_bytes: usize,
    ) -> Result<u64, EbpfError> {
        // SAFETY: agave's functions are registered for contexts of static lifetime. This one is used only until the end
        // of this function, while all that it borrows lives, and a function keeps nothing of it.
        let invocation = unsafe {
            std::mem::transmute::<&mut InvokeContext<'_, '_>, &mut InvokeContext<'static, 'static>>(invocation)
        };
        let (vm, environment) = (&self.vm, Arc::clone(&*self.scene.runtime.environment));
        let mut machine = EbpfVm::new(environment, VERSION, invocation, stack_bytes);
        machine.registers = [vm.r0, vm.r1, vm.r2, vm.r3, vm.r4, vm.r5, vm.r6, vm.r7, vm.r8, vm.r9, vm.r10, vm.r11];
        machine.invoke_function(function);
        std::mem::replace(&mut machine.program_result, ProgramResult::Ok(0)).into()
    }
}

/// Where an account stands in an input of 2024: fixtures did not say.
const NOWHERE: SerializedAccountMetadata = SerializedAccountMetadata {
    vm_addr: 0,
    original_data_len: 0,
    vm_data_addr: 0,
    vm_key_addr: 0,
    vm_lamports_addr: 0,
    vm_owner_addr: 0,
};

/// The input of the program that calls, and where the accounts stand in it.
enum Parameters<'a> {
    Given(Input<'a>, Vec<SerializedAccountMetadata>),
    Serialized { _buffer: Buffer, regions: Vec<MemoryRegion>, accounts: Vec<SerializedAccountMetadata> },
}

impl Parameters<'_> {
    fn regions(&mut self) -> Vec<MemoryRegion> {
        match self {
            Self::Given(input, _) => input.regions(),
            Self::Serialized { regions, .. } => std::mem::take(regions),
        }
    }

    fn accounts(&self) -> Vec<SerializedAccountMetadata> {
        match self {
            Self::Given(_, accounts) | Self::Serialized { accounts, .. } => accounts.clone(),
        }
    }
}

fn unready(error: InstructionError) -> Refusal {
    Refusal::Unreadable(format!("the call cannot be set up: {error}"))
}
