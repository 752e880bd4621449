//! Calls and creations that a frame of another VM makes.

use super::FrameHost;
use crate::{
    fault::fault_of,
    foreign::{Ended, ForeignCall, ForeignEnd},
    frames::code_of,
};
use alloc::{boxed::Box, string::ToString};
use hexapla_primitives::{Address, B256, Bytes, FaultKind, VmId};
use hexapla_vm::{
    CallKind, CallOutcome, CallRequest, CreateOutcome, CreateRequest, Exit, Fatal, Frame, FrameEnd, HostError,
    HostResult, NewCall,
};
use revm::{
    context_interface::{Cfg, ContextTr, JournalTr},
    handler::{FrameResult, handle_reservoir_remaining_gas},
    interpreter::{
        CallInput, CallInputs, CallScheme, CallValue, CreateInputs, CreateScheme, FrameInput, InstructionResult,
        instructions::contract::load_account_delegated, interpreter_action::FrameInit,
    },
};

/// What a call was priced with.
struct Callee {
    bytecode: revm::bytecode::Bytecode,
    code_hash: B256,
    /// Gas the callee gets, the stipend included.
    gas_limit: u64,
    charged_state_gas: bool,
}

impl FrameHost<'_> {
    pub(super) fn make_call(&mut self, request: CallRequest) -> HostResult<CallOutcome> {
        let transfers = request.kind == CallKind::Call && !request.value.is_zero();
        if transfers {
            self.writable()?;
        }
        let callee = self.price_call(&request, transfers)?;
        let frame = self.frame_of(&request, &callee);
        if let Some(caller) = request.caller {
            self.load_account(caller, false)?;
            if let Some(payer) = request.payer {
                self.transfer(payer, caller, request.value)?;
            }
        }
        if frame.vm == VmId::EVM {
            self.call_evm(frame, request.payer, callee)
        } else {
            self.call_foreign(frame, request.payer)
        }
    }

    pub(super) fn make_contract(&mut self, request: CreateRequest) -> HostResult<CreateOutcome> {
        self.writable()?;
        let length = request.init_code.len();
        if length > self.machine.evm.ctx.cfg.max_initcode_size() {
            return Err(HostError::fault(FaultKind::Create, "the init code is too large (EIP-3860)"));
        }
        let prices = self.prices();
        let (scheme, cost) = match request.salt {
            None => (CreateScheme::Create, prices.create_cost()),
            Some(salt) => (CreateScheme::Create2 { salt: salt.into() }, prices.create2_cost(length)),
        };
        self.pay(cost.saturating_add(prices.initcode_cost(length)))?;
        let limit = self.prices().call_stipend_reduction(self.gas.remaining());
        self.pay(limit)?;
        let (target, reservoir) = (self.frame.target, self.gas.reservoir());
        let inputs = CreateInputs::new(target, scheme, request.value, request.init_code, limit, reservoir);
        let mut result = self.run_segment(FrameInput::Create(Box::new(inputs)))?;
        self.settle(&mut result);
        let FrameResult::Create(outcome) = result else {
            return Err(Fatal("a creation ended as a call".into()).into());
        };
        let inner = outcome.result;
        let address = outcome.address.filter(|_| inner.result.is_ok());
        let contract = outcome.address.unwrap_or_default();
        let output = if inner.result.is_revert() { inner.output.clone() } else { Bytes::new() };
        Ok(CreateOutcome { address, output, fault: fault_of(inner.result, contract, &inner.output) })
    }

    /// Charges a call as the CALL instruction does (EIP-2929, EIP-150): access, value, new account, then the callee's
    /// share of what is left.
    fn price_call(&mut self, request: &CallRequest, transfers: bool) -> HostResult<Callee> {
        let prices = self.prices();
        let value_cost = if transfers { prices.transfer_value_cost() } else { 0 };
        self.pay(prices.warm_storage_read_cost().saturating_add(value_cost))?;
        let (spec, left) = (self.spec(), self.gas.remaining());
        let may_create = request.kind == CallKind::Call;
        let loaded = load_account_delegated(self.ctx(), spec, left, request.to, transfers, may_create);
        let (cost, state_cost, bytecode, code_hash) = match loaded {
            Ok(loaded) => loaded,
            Err(error) => return Err(self.load_error(error)),
        };
        self.metered()
            .with(|gas| gas.record_regular_cost(cost) && (state_cost == 0 || gas.record_state_cost(state_cost)))?;
        let share = self.prices().call_stipend_reduction(self.gas.remaining()).min(request.gas_cap);
        self.pay(share)?;
        let stipend = if transfers { self.prices().call_stipend() } else { 0 };
        Ok(Callee { bytecode, code_hash, gas_limit: share.saturating_add(stipend), charged_state_gas: state_cost > 0 })
    }

    fn frame_of(&self, request: &CallRequest, callee: &Callee) -> Frame {
        let delegate = request.kind == CallKind::Delegate;
        let code = code_of(&callee.bytecode, callee.code_hash);
        Frame::call(NewCall {
            vm: self.machine.border.vm_of(&code.bytes),
            caller_vm: self.frame.vm,
            caller: if delegate { self.frame.caller } else { request.caller.unwrap_or(self.frame.target) },
            target: if delegate { self.frame.target } else { request.to },
            code_address: request.to,
            is_delegated: self.machine.is_delegated(request.to, callee.code_hash),
            code,
            kind: request.kind,
            value: if delegate { self.frame.value } else { request.value },
            input: request.input.clone(),
            gas_limit: callee.gas_limit,
            read_only: self.frame.read_only || request.kind == CallKind::Static,
            depth: self.frame.depth + 1,
        })
    }

    /// Calls a contract of a VM other than the EVM.
    fn call_foreign(&mut self, frame: Frame, payer: Option<Address>) -> HostResult<CallOutcome> {
        let memory = self.memory.new_child_context();
        let call = ForeignCall { frame, copied: 0, payer, reservoir: self.gas.reservoir(), memory };
        let ended = self.machine.run_foreign(call);
        self.memory.free_child_context();
        let ForeignEnd { end, output, gas: mut used } = ended?;
        used.set_remaining(end.gas_left);
        // What a failed frame had of state gas and refunds is undone; what it left of its gas goes back.
        let result = if end.exit.is_success() { InstructionResult::Return } else { InstructionResult::Revert };
        handle_reservoir_remaining_gas(result, self.gas.tracker_mut(), used.tracker_mut());
        Ok(outcome(end, output))
    }

    /// Calls a contract of the EVM, or an account without code.
    fn call_evm(&mut self, mut frame: Frame, payer: Option<Address>, callee: Callee) -> HostResult<CallOutcome> {
        if let Err(Ended { end, output, .. }) = self.machine.enter_frame(&mut frame, payer, 0)? {
            self.gas.erase_cost(end.gas_left);
            self.machine.trace_refused(&frame, &end);
            return Ok(outcome(end, output));
        }
        let transfer = (frame.kind != CallKind::Delegate).then_some(frame.value);
        let inputs = CallInputs {
            input: CallInput::Bytes(frame.input.clone()),
            return_memory_offset: 0..0,
            gas_limit: frame.gas_limit,
            reservoir: self.gas.reservoir(),
            bytecode_address: frame.code_address,
            known_bytecode: (callee.code_hash, callee.bytecode),
            target_address: frame.target,
            caller: frame.caller,
            value: transfer.map_or(CallValue::Apparent(frame.value), CallValue::Transfer),
            scheme: match frame.kind {
                CallKind::Static => CallScheme::StaticCall,
                CallKind::Delegate => CallScheme::DelegateCall,
                CallKind::Call | CallKind::Create => CallScheme::Call,
            },
            is_static: frame.read_only,
            charged_new_account_state_gas: callee.charged_state_gas,
        };
        // A result that cannot be translated is refused, and with it everything the callee did.
        let guard = self.machine.border.translates().then(|| self.ctx().journal_mut().checkpoint());
        let mut result = self.run_segment(FrameInput::Call(Box::new(inputs)))?;
        let inner = result.interpreter_result();
        let gas_left = if inner.result.is_ok_or_revert() { inner.gas.remaining() } else { 0 };
        let exit = match fault_of(inner.result, frame.code_address, &inner.output) {
            None => Exit::Return(inner.output.clone()),
            Some(fault) => Exit::Fault(fault),
        };
        let end = FrameEnd { exit, gas_left, native_used: None };
        let Ended { end, output, translation } = self.machine.exit_frame(&frame, end)?;
        if let Some(tracer) = &mut self.machine.tracer {
            tracer.translated(&end, translation);
        }
        match guard {
            Some(_) if end.exit.is_success() => self.ctx().journal_mut().checkpoint_commit(),
            Some(checkpoint) => self.ctx().journal_mut().checkpoint_revert(checkpoint),
            None => {}
        }
        // Translating the result is paid from what the callee left; one that was refused undoes its refunds as well.
        let inner = result.interpreter_result_mut();
        inner.gas.set_remaining(end.gas_left);
        if inner.result.is_ok() && !end.exit.is_success() {
            inner.result = InstructionResult::Revert;
        }
        self.settle(&mut result);
        Ok(outcome(end, output))
    }

    /// Runs a segment of revm's loop, whose gas is to be settled.
    fn run_segment(&mut self, frame_input: FrameInput) -> HostResult<FrameResult> {
        let memory = self.memory.new_child_context();
        let depth = self.frame.depth + 1;
        let ended = self.machine.run_segment(self.frame.vm, FrameInit { depth, memory, frame_input });
        self.memory.free_child_context();
        ended.map_err(|error| HostError::Fatal(Fatal(error.to_string())))
    }

    /// Settles the gas of a segment with this frame's.
    fn settle(&mut self, result: &mut FrameResult) {
        let refund_state_gas = result.refundable_state_gas(self.prices());
        let instruction_result = result.interpreter_result().result;
        let mut used = *result.gas();
        handle_reservoir_remaining_gas(instruction_result, self.gas.tracker_mut(), used.tracker_mut());
        if let Some(amount) = refund_state_gas {
            self.gas.refill_reservoir(amount);
        }
        *result.gas_mut() = used;
    }
}

/// The end of a callee as its caller gets it.
fn outcome(end: FrameEnd, output: Bytes) -> CallOutcome {
    let success = end.exit.is_success();
    let fault = match end.exit {
        Exit::Return(_) => None,
        Exit::Fault(fault) => Some(fault),
    };
    CallOutcome { success, output, fault }
}
