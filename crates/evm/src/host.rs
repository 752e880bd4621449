//! What a frame of another VM may ask for, served from the EVM's journal at the EVM's prices.

use crate::{
    fault::fault_of,
    foreign::{ForeignCall, ForeignEnd},
    machine::{Ctx, Machine},
};
use hexapla_primitives::{Address, B256, Bytes, FaultKind, Log, LogData, ObjectKey, U256, VmId};
use hexapla_vm::{
    CallKind, CallOutcome, CallRequest, Code, CreateOutcome, CreateRequest, Environment, Exit, Fatal, Frame, FrameEnd,
    Host, HostError, HostResult,
};
use revm::{
    context::ContextTr,
    context_interface::{Cfg, JournalTr, cfg::GasParams, context::ContextError, host::LoadError},
    handler::{FrameResult, handle_reservoir_remaining_gas},
    interpreter::{
        CallInput, CallInputs, CallScheme, CallValue, CreateInputs, CreateScheme, FrameInput, Gas, Host as EvmHost,
        SharedMemory, instructions::contract::load_account_delegated, interpreter_action::FrameInit,
    },
    primitives::hardfork::SpecId,
};

/// Bytes per charged word of an object, as of a storage slot.
const OBJECT_WORD_BYTES: u64 = 32;

/// The host of one running frame.
pub(crate) struct FrameHost<'a> {
    machine: &'a mut Machine,
    frame: &'a Frame,
    gas: Gas,
    memory: SharedMemory,
}

impl<'a> FrameHost<'a> {
    pub(crate) fn new(machine: &'a mut Machine, frame: &'a Frame, gas: Gas, memory: SharedMemory) -> Self {
        Self { machine, frame, gas, memory }
    }

    /// State gas and refunds of the frame.
    pub(crate) fn into_gas(self) -> Gas {
        self.gas
    }

    fn ctx(&mut self) -> &mut Ctx {
        &mut self.machine.evm.ctx
    }

    fn prices(&self) -> &GasParams {
        self.machine.evm.ctx.cfg.gas_params()
    }

    fn spec(&self) -> SpecId {
        self.machine.evm.ctx.cfg.spec
    }

    /// Why a load failed: it was skipped because the gas would not pay for it, or the database failed.
    fn load_error(&mut self, error: LoadError) -> HostError {
        match error {
            LoadError::ColdLoadSkipped => HostError::OUT_OF_GAS,
            LoadError::DBError => self.context_error(),
        }
    }

    fn context_error(&mut self) -> HostError {
        let cause = core::mem::replace(self.ctx().error(), Ok(()));
        HostError::Fatal(Fatal(match cause {
            Err(ContextError::Db(error)) => error.to_string(),
            Err(ContextError::Custom(message)) => message,
            Ok(()) => "the state could not be read".into(),
        }))
    }

    fn writable(&self) -> HostResult<()> {
        if self.frame.read_only { Err(HostError::READ_ONLY) } else { Ok(()) }
    }

    /// Charges the access of an account and loads it.
    fn load_account(&mut self, gas: &mut u64, account: Address, code: bool) -> HostResult<LoadedAccount> {
        charge(gas, self.prices().warm_storage_read_cost())?;
        let cold = self.prices().cold_account_additional_cost();
        let skip_cold = *gas < cold;
        let loaded = match self.ctx().load_account_info_skip_cold_load(account, code, skip_cold) {
            Ok(load) => LoadedAccount {
                balance: load.account.balance,
                code: Code {
                    hash: if load.is_empty { B256::ZERO } else { load.account.code_hash },
                    bytes: load.account.code.as_ref().map(|code| code.original_bytes()).unwrap_or_default(),
                },
                is_cold: load.is_cold,
            },
            Err(error) => return Err(self.load_error(error)),
        };
        if loaded.is_cold {
            charge(gas, cold)?;
        }
        Ok(loaded)
    }

    /// Runs `cost` on the frame's two-part gas (EIP-8037) whose regular part is `gas`.
    fn with_tracker(&mut self, gas: &mut u64, cost: impl FnOnce(&mut Gas) -> bool) -> HostResult<()> {
        self.gas.set_remaining(*gas);
        let paid = cost(&mut self.gas);
        *gas = self.gas.remaining();
        if paid { Ok(()) } else { Err(HostError::OUT_OF_GAS) }
    }
}

struct LoadedAccount {
    balance: U256,
    code: Code,
    is_cold: bool,
}

fn charge(gas: &mut u64, cost: u64) -> HostResult<()> {
    *gas = gas.checked_sub(cost).ok_or(HostError::OUT_OF_GAS)?;
    Ok(())
}

impl Host for FrameHost<'_> {
    fn environment(&self) -> &Environment {
        &self.machine.environment
    }

    fn load_word(&mut self, gas: &mut u64, key: U256) -> HostResult<U256> {
        charge(gas, self.prices().warm_storage_read_cost())?;
        let cold = self.prices().cold_storage_additional_cost();
        let (skip_cold, target) = (*gas < cold, self.frame.target);
        let word = match self.ctx().sload_skip_cold_load(target, key, skip_cold) {
            Ok(word) => word,
            Err(error) => return Err(self.load_error(error)),
        };
        if word.is_cold {
            charge(gas, cold)?;
        }
        Ok(word.data)
    }

    fn store_word(&mut self, gas: &mut u64, key: U256, value: U256) -> HostResult<()> {
        self.writable()?;
        if *gas <= self.prices().call_stipend() {
            return Err(HostError::OUT_OF_GAS);
        }
        charge(gas, self.prices().sstore_static_gas())?;
        let (skip_cold, target) = (*gas < self.prices().cold_storage_cost(), self.frame.target);
        let stored = match self.ctx().sstore_skip_cold_load(target, key, value, skip_cold) {
            Ok(stored) => stored,
            Err(error) => return Err(self.load_error(error)),
        };
        let prices = self.prices();
        let cost = prices.sstore_dynamic_gas(true, &stored.data, stored.is_cold);
        let refund = prices.sstore_refund(true, &stored.data);
        let state_gas = self
            .machine
            .evm
            .ctx
            .cfg
            .is_amsterdam_eip8037_enabled()
            .then(|| (prices.sstore_state_gas(&stored.data), prices.sstore_state_gas_refill(&stored.data)));
        self.with_tracker(gas, |tracker| {
            let paid = tracker.record_regular_cost(cost)
                && state_gas.is_none_or(|(cost, refill)| {
                    let paid = tracker.record_state_cost(cost);
                    tracker.refill_reservoir(refill);
                    paid
                });
            tracker.record_refund(refund);
            paid
        })
    }

    fn load_transient(&mut self, gas: &mut u64, key: U256) -> HostResult<U256> {
        charge(gas, self.prices().warm_storage_read_cost())?;
        let target = self.frame.target;
        Ok(self.ctx().journal_mut().tload(target, key))
    }

    fn store_transient(&mut self, gas: &mut u64, key: U256, value: U256) -> HostResult<()> {
        self.writable()?;
        charge(gas, self.prices().warm_storage_read_cost())?;
        let target = self.frame.target;
        self.ctx().journal_mut().tstore(target, key, value);
        Ok(())
    }

    fn balance(&mut self, gas: &mut u64, account: Address) -> HostResult<U256> {
        Ok(self.load_account(gas, account, false)?.balance)
    }

    fn code(&mut self, gas: &mut u64, account: Address) -> HostResult<Code> {
        Ok(self.load_account(gas, account, true)?.code)
    }

    fn object(&mut self, gas: &mut u64, key: &ObjectKey) -> HostResult<Option<Bytes>> {
        charge(gas, self.prices().warm_storage_read_cost() + self.prices().cold_storage_additional_cost())?;
        let object = self.machine.evm.ctx.journaled_state.object(key).map_err(|error| Fatal(error.to_string()))?;
        charge(gas, self.prices().copy_cost(object.as_ref().map_or(0, |object| object.len())))?;
        Ok(object)
    }

    fn set_object(&mut self, gas: &mut u64, key: &ObjectKey, value: Option<Bytes>) -> HostResult<()> {
        self.writable()?;
        if key.vm != self.frame.vm {
            return Err(HostError::fault(FaultKind::Border, "a VM may write objects of its own column only"));
        }
        let words = value.as_ref().map_or(1, |object| 1 + (object.len() as u64).div_ceil(OBJECT_WORD_BYTES));
        charge(gas, self.prices().sstore_set_without_load_cost().saturating_mul(words))?;
        let written = self.machine.evm.ctx.journaled_state.set_object(key, value);
        written.map_err(|error| HostError::Fatal(Fatal(error.to_string())))
    }

    fn log(&mut self, gas: &mut u64, topics: &[B256], data: Bytes) -> HostResult<()> {
        self.writable()?;
        let count = u8::try_from(topics.len()).unwrap_or(u8::MAX);
        // LOG0's base price is static gas in revm's instruction table.
        charge(gas, LOG_BASE_GAS)?;
        charge(gas, self.prices().log_cost(count, data.len() as u64))?;
        let Some(data) = LogData::new(topics.to_vec(), data) else {
            return Err(HostError::fault(FaultKind::Trap, "an event has at most four topics"));
        };
        let address = self.frame.target;
        self.ctx().journal_mut().log(Log { address, data });
        Ok(())
    }

    fn call(&mut self, gas: &mut u64, request: CallRequest) -> HostResult<CallOutcome> {
        let transfers = request.kind == CallKind::Call && !request.value.is_zero();
        if transfers {
            self.writable()?;
        }
        let callee = self.price_call(gas, &request, transfers)?;
        let frame = self.frame_of(&request, &callee);
        let transfer = (request.kind != CallKind::Delegate).then_some(frame.value);
        if frame.vm == VmId::EVM {
            self.call_evm(gas, frame, transfer, callee)
        } else {
            self.call_foreign(gas, frame, transfer)
        }
    }

    fn create(&mut self, gas: &mut u64, request: CreateRequest) -> HostResult<CreateOutcome> {
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
        charge(gas, cost.saturating_add(prices.initcode_cost(length)))?;
        let limit = self.prices().call_stipend_reduction(*gas);
        charge(gas, limit)?;
        let (target, reservoir) = (self.frame.target, self.gas.reservoir());
        let inputs = CreateInputs::new(target, scheme, request.value, request.init_code, limit, reservoir);
        let result = self.run_segment(gas, FrameInput::Create(Box::new(inputs)))?;
        let FrameResult::Create(outcome) = result else {
            return Err(Fatal("a creation ended as a call".into()).into());
        };
        let inner = outcome.result;
        let address = outcome.address.filter(|_| inner.result.is_ok());
        let contract = outcome.address.unwrap_or_default();
        let output = if inner.result.is_revert() { inner.output.clone() } else { Bytes::new() };
        Ok(CreateOutcome { address, output, fault: fault_of(inner.result, contract, &inner.output) })
    }
}

/// Gas of LOG0 without data (yellow paper, G_log).
const LOG_BASE_GAS: u64 = 375;

/// What a call was priced with.
struct Callee {
    bytecode: revm::bytecode::Bytecode,
    code_hash: B256,
    /// Gas the callee gets, the stipend included.
    gas_limit: u64,
    charged_state_gas: bool,
}

impl FrameHost<'_> {
    /// Charges a call as the CALL instruction does (EIP-2929, EIP-150): access, value, new account, then the callee's
    /// share of what is left.
    fn price_call(&mut self, gas: &mut u64, request: &CallRequest, transfers: bool) -> HostResult<Callee> {
        let prices = self.prices();
        let value_cost = if transfers { prices.transfer_value_cost() } else { 0 };
        charge(gas, prices.warm_storage_read_cost().saturating_add(value_cost))?;
        let (spec, left) = (self.spec(), *gas);
        let may_create = request.kind == CallKind::Call;
        let loaded = load_account_delegated(self.ctx(), spec, left, request.to, transfers, may_create);
        let (cost, state_cost, bytecode, code_hash) = match loaded {
            Ok(loaded) => loaded,
            Err(error) => return Err(self.load_error(error)),
        };
        self.with_tracker(gas, |tracker| {
            tracker.record_regular_cost(cost) && (state_cost == 0 || tracker.record_state_cost(state_cost))
        })?;
        let share = self.prices().call_stipend_reduction(*gas).min(request.gas_cap);
        charge(gas, share)?;
        let stipend = if transfers { self.prices().call_stipend() } else { 0 };
        Ok(Callee { bytecode, code_hash, gas_limit: share.saturating_add(stipend), charged_state_gas: state_cost > 0 })
    }

    fn frame_of(&self, request: &CallRequest, callee: &Callee) -> Frame {
        let delegate = request.kind == CallKind::Delegate;
        let code = callee.bytecode.original_bytes();
        Frame {
            vm: self.machine.border.vm_of(&code),
            caller_vm: self.frame.vm,
            caller: if delegate { self.frame.caller } else { self.frame.target },
            target: if delegate { self.frame.target } else { request.to },
            code_address: request.to,
            code: Code { hash: callee.code_hash, bytes: code },
            kind: request.kind,
            value: if delegate { self.frame.value } else { request.value },
            input: request.input.clone(),
            gas_limit: callee.gas_limit,
            read_only: self.frame.read_only || request.kind == CallKind::Static,
            reentrant: false,
            depth: self.frame.depth + 1,
        }
    }

    /// Calls a contract of a VM other than the EVM.
    fn call_foreign(&mut self, gas: &mut u64, frame: Frame, transfer: Option<U256>) -> HostResult<CallOutcome> {
        let memory = self.memory.new_child_context();
        let call = ForeignCall { frame, transfer, reservoir: self.gas.reservoir(), memory };
        let ended = self.machine.run_foreign(call);
        self.memory.free_child_context();
        let ForeignEnd { end, frame, gas: mut used } = ended?;
        used.set_remaining(end.gas_left);
        self.merge(gas, end.exit.is_success(), &mut used);
        Ok(self.outcome(end, &frame))
    }

    /// Calls a contract of the EVM, or an account without code.
    fn call_evm(
        &mut self,
        gas: &mut u64,
        mut frame: Frame,
        transfer: Option<U256>,
        callee: Callee,
    ) -> HostResult<CallOutcome> {
        if let Err(fault) = self.machine.border.enter(&mut frame) {
            self.machine.border.refuse(&frame, &fault);
            *gas = gas.saturating_add(frame.gas_limit);
            let end = FrameEnd { exit: Exit::Fault(fault), gas_left: frame.gas_limit, native_used: None };
            return Ok(self.outcome(end, &frame));
        }
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
        let result = self.run_segment(gas, FrameInput::Call(Box::new(inputs)))?;
        let FrameResult::Call(outcome) = result else {
            return Err(Fatal("a call ended as a creation".into()).into());
        };
        let inner = outcome.result;
        let gas_left = if inner.result.is_ok_or_revert() { inner.gas.remaining() } else { 0 };
        let exit = match fault_of(inner.result, frame.code_address, &inner.output) {
            None => Exit::Return(inner.output),
            Some(fault) => Exit::Fault(fault),
        };
        let end = FrameEnd { exit, gas_left, native_used: None };
        self.machine.border.leave(&frame, &end);
        Ok(self.outcome(end, &frame))
    }

    /// Runs a segment of revm's loop and settles its gas with this frame's.
    fn run_segment(&mut self, gas: &mut u64, frame_input: FrameInput) -> HostResult<FrameResult> {
        let memory = self.memory.new_child_context();
        let depth = self.frame.depth + 1;
        let ended = self.machine.run_segment(self.frame.vm, FrameInit { depth, memory, frame_input });
        self.memory.free_child_context();
        let mut result = ended.map_err(|error| HostError::Fatal(Fatal(error.to_string())))?;
        let refund_state_gas = result.refundable_state_gas(self.prices());
        let instruction_result = result.interpreter_result().result;
        let mut used = *result.gas();
        self.gas.set_remaining(*gas);
        handle_reservoir_remaining_gas(instruction_result, self.gas.tracker_mut(), used.tracker_mut());
        if let Some(amount) = refund_state_gas {
            self.gas.refill_reservoir(amount);
        }
        *gas = self.gas.remaining();
        *result.gas_mut() = used;
        Ok(result)
    }

    /// Takes the gas that a foreign callee left, its refunds and its state gas.
    fn merge(&mut self, gas: &mut u64, success: bool, used: &mut Gas) {
        use revm::interpreter::InstructionResult::{Return, Revert};
        self.gas.set_remaining(*gas);
        let result = if success { Return } else { Revert };
        handle_reservoir_remaining_gas(result, self.gas.tracker_mut(), used.tracker_mut());
        *gas = self.gas.remaining();
    }

    /// The end of a callee in this frame's native form.
    fn outcome(&self, end: FrameEnd, callee: &Frame) -> CallOutcome {
        match end.exit {
            Exit::Return(output) => CallOutcome { success: true, output, fault: None },
            Exit::Fault(fault) => {
                let output = self.machine.border.fault_data(&fault, callee.vm, self.frame.vm);
                CallOutcome { success: false, output, fault: Some(fault) }
            }
        }
    }
}
