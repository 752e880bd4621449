//! revm's frame hooks: where a call leaves the EVM, and where code of another VM is created.

use crate::{
    fault::fault_of,
    foreign::{ForeignCall, ForeignEnd},
    host::FrameHost,
    machine::{Ctx, Machine},
};
use alloc::vec::Vec;
use hexapla_primitives::{Address, B256, Bytes, Fault, FaultKind, VmId};
use hexapla_state::StateError;
use hexapla_vm::{CallKind, Code, Exit, Frame, FrameEnd, HostError, NewCall};
use revm::{
    bytecode::Bytecode,
    context::{ContextTr, FrameStack},
    context_interface::{Cfg, JournalTr, context::ContextError},
    handler::{
        EthFrame, EthPrecompiles, EvmTr, FrameData, FrameInitOrResult, FrameResult, ItemOrResult, evm::FrameInitResult,
        instructions::EthInstructions,
    },
    interpreter::{
        CallInputs, CallOutcome, CallScheme, FrameInput, Gas, InstructionResult, InterpreterAction, InterpreterResult,
        interpreter::EthInterpreter, interpreter_action::FrameInit,
    },
    primitives::hardfork::SpecId,
};

type HookError = ContextError<StateError>;

impl EvmTr for Machine {
    type Context = Ctx;
    type Instructions = EthInstructions<EthInterpreter, Ctx>;
    type Precompiles = EthPrecompiles;
    type Frame = EthFrame<EthInterpreter>;

    #[inline]
    fn all(&self) -> (&Ctx, &Self::Instructions, &EthPrecompiles, &FrameStack<Self::Frame>) {
        self.evm.all()
    }

    #[inline]
    fn all_mut(&mut self) -> (&mut Ctx, &mut Self::Instructions, &mut EthPrecompiles, &mut FrameStack<Self::Frame>) {
        self.evm.all_mut()
    }

    #[inline]
    fn frame_init(&mut self, init: FrameInit) -> Result<FrameInitResult<'_, Self::Frame>, HookError> {
        if let FrameInput::Call(inputs) = &init.frame_input
            && is_foreign_candidate(inputs)
            && self.border.vm_of(inputs.known_bytecode.1.original_byte_slice()) != VmId::EVM
        {
            return self.leave_evm(init).map(|result| ItemOrResult::Result(FrameResult::Call(result)));
        }
        if self.is_watched() {
            self.trace_beginning(&init);
        }
        let contract = match &init.frame_input {
            FrameInput::Call(inputs) => inputs.bytecode_address,
            FrameInput::Create(_) | FrameInput::Empty => Address::ZERO,
        };
        let ended = match self.evm.frame_init(init)? {
            ItemOrResult::Item(_) => None,
            ItemOrResult::Result(result) => Some(result),
        };
        match ended {
            None => Ok(ItemOrResult::Item(self.evm.frame_stack.get())),
            // A precompiled contract, or a frame that cannot begin.
            Some(result) => {
                self.frame_ended(&result, Some(contract));
                Ok(ItemOrResult::Result(result))
            }
        }
    }

    #[inline]
    fn frame_run(&mut self) -> Result<FrameInitOrResult<Self::Frame>, HookError> {
        let evm = &mut self.evm;
        let frame = evm.frame_stack.get();
        let mut action =
            frame.interpreter.run_plain(evm.instruction.instruction_table(), evm.instruction.gas_table(), &mut evm.ctx);
        if let InterpreterAction::Return(result) = &mut action
            && matches!(frame.data, FrameData::Create(_))
            && result.result.is_ok()
            && result.output.first() == Some(&0xEF)
        {
            self.check_new_code(result)?;
        }
        let evm = &mut self.evm;
        let frame = evm.frame_stack.get();
        let next = frame.process_next_action::<_, HookError>(&mut evm.ctx, action)?;
        if let ItemOrResult::Result(result) = &next {
            frame.set_finished(true);
            self.frame_ended(result, None);
        }
        Ok(next)
    }

    #[inline]
    fn frame_return_result(&mut self, result: FrameResult) -> Result<Option<FrameResult>, HookError> {
        let evm = &mut self.evm;
        if evm.frame_stack.get().is_finished() {
            evm.frame_stack.pop();
        }
        if evm.frame_stack.index() == self.base {
            return Ok(Some(result));
        }
        evm.frame_stack.get().return_result::<_, HookError>(&mut evm.ctx, result)?;
        Ok(None)
    }
}

#[inline]
fn is_foreign_candidate(inputs: &CallInputs) -> bool {
    inputs.known_bytecode.1.original_byte_slice().first() == Some(&0xEF)
}

impl Machine {
    /// A call of an EVM frame, or the transaction itself, reaches code of another VM.
    #[inline(never)]
    fn leave_evm(&mut self, init: FrameInit) -> Result<CallOutcome, HookError> {
        let FrameInit { depth, memory, frame_input } = init;
        let FrameInput::Call(inputs) = frame_input else {
            return Err(HookError::Custom("a creation cannot leave the EVM".into()));
        };
        let copied = inputs.input.len();
        // Bytes that cannot be paid for are not copied.
        let can_pay = inputs.gas_limit >= self.evm.ctx.cfg.gas_params().copy_cost(copied);
        let input = if can_pay { inputs.input.bytes(&self.evm.ctx) } else { Bytes::new() };
        let frame = self.frame_of_call(&inputs, input, VmId::EVM, depth);
        let is_outermost = depth == 0;
        let call = ForeignCall { frame, copied, payer: None, reservoir: inputs.reservoir, memory };
        let ForeignEnd { end, output, mut gas } = self.run_foreign(call).map_err(|fatal| HookError::Custom(fatal.0))?;
        let result = if end.exit.is_success() { InstructionResult::Return } else { InstructionResult::Revert };
        if let (true, Exit::Fault(fault)) = (is_outermost, end.exit) {
            self.last_fault = Some(fault);
        }
        gas.set_remaining(end.gas_left);
        Ok(CallOutcome {
            result: InterpreterResult { result, output, gas },
            memory_offset: inputs.return_memory_offset.clone(),
            was_precompile_called: false,
            precompile_call_logs: Vec::new(),
            charged_new_account_state_gas: inputs.charged_new_account_state_gas,
        })
    }

    fn frame_of_call(&self, inputs: &CallInputs, input: Bytes, caller_vm: VmId, depth: usize) -> Frame {
        let (hash, bytecode) = &inputs.known_bytecode;
        let code = code_of(bytecode, *hash);
        let lends = inputs.bytecode_address != inputs.target_address;
        let kind = match inputs.scheme {
            CallScheme::DelegateCall | CallScheme::CallCode => CallKind::Delegate,
            _ if lends => CallKind::Delegate,
            CallScheme::StaticCall => CallKind::Static,
            CallScheme::Call => CallKind::Call,
        };
        Frame::call(NewCall {
            vm: self.border.vm_of(&code.bytes),
            caller_vm,
            caller: inputs.caller,
            target: inputs.target_address,
            code_address: inputs.bytecode_address,
            code,
            is_delegated: self.is_delegated(inputs.bytecode_address, *hash),
            kind,
            value: inputs.value.get(),
            input,
            gas_limit: inputs.gas_limit,
            read_only: inputs.is_static,
            depth,
        })
    }

    /// Whether the code with this hash, found at an account that was loaded for a call, belongs to another account
    /// (EIP-7702).
    pub(crate) fn is_delegated(&self, account: Address, code_hash: B256) -> bool {
        let state = self.evm.ctx.journal().evm_state();
        state.get(&account).is_some_and(|account| account.info.code_hash != code_hash)
    }

    /// A creation returned code that begins with `0xEF`: it is activated by the VM that owns it, or refused (EIP-3541).
    #[inline(never)]
    fn check_new_code(&mut self, result: &mut InterpreterResult) -> Result<(), HookError> {
        let spec: SpecId = *self.evm.ctx.cfg().spec();
        if !spec.is_enabled_in(SpecId::LONDON) || result.output.len() > self.evm.ctx.cfg().max_code_size() {
            return Ok(());
        }
        let owner = self.border.vm_of(&result.output);
        if owner == VmId::EVM {
            result.result = InstructionResult::CreateContractStartingWithEF;
            return Ok(());
        }
        let (frame, memory) = {
            let running = self.evm.frame_stack.get();
            let FrameData::Create(create) = &running.data else {
                return Ok(());
            };
            let code = Code { hash: hexapla_primitives::keccak256(&result.output), bytes: result.output.clone() };
            let limit = result.gas.remaining();
            let frame = Frame::activation(owner, create.created_address, code, limit, running.depth);
            (frame, running.interpreter.memory.new_child_context())
        };
        // The tree has it as a call of the VM that owns the code: its gas is that VM's.
        if self.is_watched() {
            self.frame_begins(&frame);
        }
        let activated = self.activate(&frame, &mut result.gas, memory);
        if self.is_watched() {
            self.frame_ends(&activation_end(&frame, &activated, result.gas.remaining()), None);
        }
        self.evm.frame_stack.get().interpreter.memory.free_child_context();
        match activated {
            Ok(()) => Ok(()),
            Err(HostError::Fatal(fatal)) => Err(HookError::Custom(fatal.0)),
            Err(HostError::Fault { kind: FaultKind::OutOfGas, .. }) => {
                result.result = InstructionResult::OutOfGas;
                Ok(())
            }
            Err(HostError::Fault { kind, message }) => {
                let fault = Fault {
                    vm: owner,
                    contract: frame.target,
                    kind,
                    data: Bytes::new(),
                    code: None,
                    message: message.into(),
                };
                result.output = self.border.failure(&fault, owner, VmId::EVM);
                result.result = InstructionResult::Revert;
                self.refused_code = Some(fault);
                Ok(())
            }
        }
    }

    fn activate(
        &mut self,
        frame: &Frame,
        gas: &mut Gas,
        memory: revm::interpreter::SharedMemory,
    ) -> Result<(), HostError> {
        let vm = self.border.vm(frame.vm).ok_or_else(|| HostError::fault(FaultKind::InvalidCode, "unknown VM"))?;
        let mut host = FrameHost::new(self, frame, *gas, memory);
        let result = vm.activate(&frame.code.bytes, &mut host);
        *gas = host.into_gas();
        result
    }

    #[inline(never)]
    fn trace_beginning(&mut self, init: &FrameInit) {
        let caller_vm = self.segment_caller.take().unwrap_or(VmId::EVM);
        let frame = match &init.frame_input {
            FrameInput::Call(inputs) => {
                let input = inputs.input.bytes(&self.evm.ctx);
                Frame { vm: VmId::EVM, ..self.frame_of_call(inputs, input, caller_vm, init.depth) }
            }
            FrameInput::Create(inputs) => {
                let (caller, value, code) = (inputs.caller(), inputs.value(), inputs.init_code().clone());
                Frame::creation(caller_vm, caller, value, code, inputs.gas_limit(), init.depth)
            }
            FrameInput::Empty => return,
        };
        self.frame_begins(&frame);
    }

    /// An EVM frame has ended: notes why it failed and closes its node in the call tree. `contract` is the called one
    /// where the frame has never begun to run.
    #[inline]
    fn frame_ended(&mut self, result: &FrameResult, contract: Option<Address>) {
        if self.is_watched() || !result.interpreter_result().result.is_ok() {
            self.note_end(result, contract);
        }
    }

    #[inline(never)]
    fn note_end(&mut self, result: &FrameResult, contract: Option<Address>) {
        let (created, contract) = match result {
            FrameResult::Call(_) => (None, contract.unwrap_or_else(|| self.running_contract())),
            FrameResult::Create(create) => (create.address, create.address.unwrap_or_default()),
        };
        let inner = result.interpreter_result();
        // A failed activation has left a better fault than revm can give.
        let fault = self.refused_code.take().or_else(|| fault_of(inner.result, contract, &inner.output));
        if self.is_watched() {
            let exit = match &fault {
                None => Exit::Return(inner.output.clone()),
                Some(fault) => Exit::Fault(fault.clone()),
            };
            let gas_left = if inner.result.is_ok_or_revert() { inner.gas.remaining() } else { 0 };
            self.frame_ends(&FrameEnd { exit, gas_left, native_used: None }, created);
        }
        self.last_fault = fault;
    }

    fn running_contract(&mut self) -> Address {
        if self.evm.frame_stack.index().is_none() {
            return Address::ZERO;
        }
        match &self.evm.frame_stack.get().input {
            FrameInput::Call(inputs) => inputs.target_address,
            FrameInput::Create(_) | FrameInput::Empty => Address::ZERO,
        }
    }
}

/// Code as frames carry it.
pub(crate) fn code_of(bytecode: &Bytecode, hash: B256) -> Code {
    Code { hash, bytes: bytecode.original_bytes() }
}

/// How an activation ended, for the call tree.
fn activation_end(frame: &Frame, activated: &Result<(), HostError>, gas_left: u64) -> FrameEnd {
    let exit = match activated {
        Err(HostError::Fault { kind, message }) => Exit::Fault(Fault {
            vm: frame.vm,
            contract: frame.target,
            kind: *kind,
            data: Bytes::new(),
            code: None,
            message: message.clone().into(),
        }),
        _ => Exit::Return(Bytes::new()),
    };
    FrameEnd { exit, gas_left, native_used: None }
}
