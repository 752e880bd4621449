//! What a frame of another VM may ask for, served from the EVM's journal at the EVM's prices.

mod calls;
mod coin;
mod objects;

pub(crate) use objects::JournalState;

use crate::machine::{Ctx, Machine};
use hexapla_primitives::{Address, B256, Bytes, FaultKind, HomeRecord, Log, LogData, ObjectKey, U256};
use hexapla_vm::{
    BalanceChange, CallOutcome, CallRequest, Code, CreateOutcome, CreateRequest, Environment, Fatal, Frame, FrameEnd,
    Host, HostError, HostResult,
};
use revm::{
    context::ContextTr,
    context_interface::{Cfg, JournalTr, cfg::GasParams, context::ContextError, host::LoadError},
    interpreter::{Gas, Host as EvmHost, SharedMemory},
    primitives::hardfork::SpecId,
};

/// The host of one running frame.
pub(crate) struct FrameHost<'a> {
    machine: &'a mut Machine,
    frame: &'a Frame,
    gas: Gas,
    memory: SharedMemory,
    /// Fees may be paid: nothing that the frame does can be undone.
    pays_fees: bool,
}

impl<'a> FrameHost<'a> {
    pub(crate) fn new(machine: &'a mut Machine, frame: &'a Frame, gas: Gas, memory: SharedMemory) -> Self {
        Self { machine, frame, gas, memory, pays_fees: false }
    }

    /// The host of a lane that checks a transaction.
    pub(crate) fn with_fees(mut self) -> Self {
        self.pays_fees = true;
        self
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

impl LoadedAccount {
    /// Whether nothing stands at the address (EIP-161).
    fn is_empty(&self) -> bool {
        self.code.hash.is_zero()
    }
}

pub(crate) fn charge(gas: &mut u64, cost: u64) -> HostResult<()> {
    *gas = gas.checked_sub(cost).ok_or(HostError::OUT_OF_GAS)?;
    Ok(())
}

impl Host for FrameHost<'_> {
    fn environment(&self) -> &Environment {
        &self.machine.environment
    }

    fn load_word(&mut self, gas: &mut u64, key: U256) -> HostResult<U256> {
        self.read_word(gas, self.frame.target, key)
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
        self.read_object(gas, key)
    }

    fn set_object(&mut self, gas: &mut u64, key: &ObjectKey, value: Option<Bytes>) -> HostResult<()> {
        if key.vm != self.frame.vm {
            return Err(HostError::fault(FaultKind::Border, "a VM may write objects of its own column only"));
        }
        self.write_object(gas, key, value)
    }

    fn peek(&mut self, key: &ObjectKey) -> HostResult<Option<Bytes>> {
        let object = self.machine.evm.ctx.journaled_state.peek_object(key);
        object.map_err(|error| HostError::Fatal(Fatal(error.to_string())))
    }

    fn word_of(&mut self, gas: &mut u64, account: Address, key: U256) -> HostResult<U256> {
        self.load_account(gas, account, false)?;
        self.read_word(gas, account, key)
    }

    fn block_hash(&mut self, gas: &mut u64, number: u64) -> HostResult<B256> {
        self.read_block_hash(gas, number)
    }

    fn settle(&mut self, gas: &mut u64, changes: &[BalanceChange]) -> HostResult<()> {
        self.move_coin(gas, changes)
    }

    fn pay_fee(&mut self, gas: &mut u64, payer: Address, wei: U256) -> HostResult<()> {
        if !self.pays_fees {
            return Err(Fatal("a fee was charged while a transaction runs".into()).into());
        }
        self.load_account(gas, payer, false)?;
        self.machine.take_fee(payer, wei)
    }

    fn identify(&mut self, gas: &mut u64, native_id: &[u8]) -> HostResult<Address> {
        self.write_home(gas, native_id)
    }

    fn home_of(&mut self, gas: &mut u64, account: Address) -> HostResult<Option<HomeRecord>> {
        Ok(self.read_object(gas, &HomeRecord::key(account))?.and_then(|record| HomeRecord::from_bytes(&record)))
    }

    fn publish(&mut self, gas: &mut u64, native_id: &[u8]) -> HostResult<()> {
        self.write_designator(gas, native_id)
    }

    fn print(&mut self, line: String) {
        self.machine.program_log.push(line);
    }

    fn is_traced(&self) -> bool {
        self.machine.tracer.is_some()
    }

    fn enter_inner(&mut self, call: &Frame) {
        let logs = self.machine.evm.ctx.journaled_state.logs().len();
        if let Some(tracer) = &mut self.machine.tracer {
            tracer.enter(call, logs);
        }
    }

    fn exit_inner(&mut self, end: &FrameEnd) {
        if let Some(tracer) = &mut self.machine.tracer {
            tracer.exit(end, self.machine.evm.ctx.journaled_state.logs(), None);
        }
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
        self.make_call(gas, request)
    }

    fn create(&mut self, gas: &mut u64, request: CreateRequest) -> HostResult<CreateOutcome> {
        self.make_contract(gas, request)
    }
}

/// Gas of LOG0 without data (yellow paper, G_log).
const LOG_BASE_GAS: u64 = 375;
