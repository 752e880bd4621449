//! What a frame of another VM may ask for, served from the EVM's journal at the EVM's prices.

mod calls;
mod coin;
mod metered;
mod objects;

pub(crate) use metered::Metered;
pub(crate) use objects::JournalState;

use crate::machine::{Ctx, Machine};
use alloc::string::{String, ToString};
use hexapla_primitives::{Address, B256, Bytes, FaultKind, HomeRecord, Log, LogData, ObjectKey, U256};
use hexapla_vm::{
    BalanceChange, CallOutcome, CallRequest, Code, CreateOutcome, CreateRequest, Environment, Fatal, Frame, FrameEnd,
    Host, HostError, HostResult, LaneHost,
};
use revm::{
    Database,
    context::ContextTr,
    context_interface::{Cfg, JournalTr, cfg::GasParams, context::ContextError, host::LoadError},
    interpreter::{Gas, Host as EvmHost, SharedMemory},
    primitives::hardfork::SpecId,
};

/// The host of one running frame.
pub(crate) struct FrameHost<'a> {
    machine: &'a mut Machine,
    frame: &'a Frame,
    /// The frame's gas, state gas and refunds.
    gas: Gas,
    /// What bounds the requests that a transaction's fee pays for; nothing in frames that are no such transaction.
    fee_gas: Option<Gas>,
    /// Whether the fee pays now.
    fee_pays: bool,
    memory: SharedMemory,
    /// The fee pays for everything: a lane validates or settles a transaction.
    fee_pays_always: bool,
}

impl<'a> FrameHost<'a> {
    pub(crate) fn new(machine: &'a mut Machine, frame: &'a Frame, gas: Gas, memory: SharedMemory) -> Self {
        Self { machine, frame, gas, fee_gas: None, fee_pays: false, memory, fee_pays_always: false }
    }

    /// The host of a transaction of a lane, with what bounds the requests that its fee pays for.
    pub(crate) fn with_fee_gas(mut self, fee_gas: Gas) -> Self {
        self.fee_gas = Some(fee_gas);
        self
    }

    /// The host of a lane that validates or settles a transaction: the fee pays for everything but calls.
    pub(crate) fn fees_pay(mut self) -> Self {
        (self.fee_pays_always, self.fee_pays) = (true, true);
        self
    }

    /// Gas that the frame has left, its state gas and its refunds.
    pub(crate) fn into_gas(self) -> Gas {
        self.gas
    }

    /// The same, and what is left of what bounds the requests that the fee pays for.
    pub(crate) fn into_gas_and_fee_gas(self) -> (Gas, Gas) {
        (self.gas, self.fee_gas.unwrap_or_default())
    }

    /// State, with the gas that pays now.
    fn metered(&mut self) -> Metered<'_> {
        let gas = match &mut self.fee_gas {
            Some(gas) if self.fee_pays => gas,
            _ => &mut self.gas,
        };
        Metered { ctx: &mut self.machine.evm.ctx, gas }
    }

    /// Gas that pays now.
    fn paying(&self) -> &Gas {
        match &self.fee_gas {
            Some(gas) if self.fee_pays => gas,
            _ => &self.gas,
        }
    }

    fn pay(&mut self, cost: u64) -> HostResult<()> {
        self.metered().charge(cost)
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
            LoadError::ColdLoadSkipped => self.metered().out_of_gas(),
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

    /// No fee pays for other frames.
    fn paid_by_gas<R>(&mut self, request: impl FnOnce(&mut Self) -> HostResult<R>) -> HostResult<R> {
        let before = core::mem::replace(&mut self.fee_pays, false);
        let result = request(self);
        self.fee_pays = before;
        result
    }

    fn writable(&self) -> HostResult<()> {
        if self.frame.read_only { Err(HostError::READ_ONLY) } else { Ok(()) }
    }

    /// Charges the access of an account and loads it.
    fn load_account(&mut self, account: Address, code: bool) -> HostResult<LoadedAccount> {
        self.pay(self.prices().warm_storage_read_cost())?;
        let cold = self.prices().cold_account_additional_cost();
        let skip_cold = self.paying().remaining() < cold;
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
            self.pay(cold)?;
        }
        Ok(loaded)
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

impl Host for FrameHost<'_> {
    fn environment(&self) -> &Environment {
        &self.machine.environment
    }

    fn gas_left(&self) -> u64 {
        self.paying().remaining()
    }

    fn charge(&mut self, gas: u64) -> HostResult<()> {
        self.pay(gas)
    }

    fn lower_gas_to(&mut self, gas: u64) {
        let metered = self.metered();
        metered.gas.set_remaining(metered.gas.remaining().min(gas));
    }

    fn fee_pays(&mut self, pays: bool) {
        self.fee_pays = pays || self.fee_pays_always;
    }

    fn load_word(&mut self, key: U256) -> HostResult<U256> {
        self.read_word(self.frame.target, key)
    }

    fn store_word(&mut self, key: U256, value: U256) -> HostResult<()> {
        self.writable()?;
        if self.paying().remaining() <= self.prices().call_stipend() {
            return Err(self.metered().out_of_gas());
        }
        self.pay(self.prices().sstore_static_gas())?;
        let skip_cold = self.paying().remaining() < self.prices().cold_storage_cost();
        let target = self.frame.target;
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
        self.metered().with(|tracker| {
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

    fn load_transient(&mut self, key: U256) -> HostResult<U256> {
        self.pay(self.prices().warm_storage_read_cost())?;
        let target = self.frame.target;
        Ok(self.ctx().journal_mut().tload(target, key))
    }

    fn store_transient(&mut self, key: U256, value: U256) -> HostResult<()> {
        self.writable()?;
        self.pay(self.prices().warm_storage_read_cost())?;
        let target = self.frame.target;
        self.ctx().journal_mut().tstore(target, key, value);
        Ok(())
    }

    fn balance(&mut self, account: Address) -> HostResult<U256> {
        Ok(self.load_account(account, false)?.balance)
    }

    fn code(&mut self, account: Address) -> HostResult<Code> {
        Ok(self.load_account(account, true)?.code)
    }

    fn object(&mut self, key: &ObjectKey) -> HostResult<Option<Bytes>> {
        self.metered().read_object(key)
    }

    fn set_object(&mut self, key: &ObjectKey, value: Option<Bytes>) -> HostResult<()> {
        if key.vm != self.frame.vm {
            return Err(HostError::fault(FaultKind::Border, "a VM may write objects of its own column only"));
        }
        self.writable()?;
        self.metered().write_object(key, value)
    }

    fn peek(&mut self, key: &ObjectKey) -> HostResult<Option<Bytes>> {
        let object = self.machine.evm.ctx.journaled_state.peek_object(key);
        object.map_err(|error| HostError::Fatal(Fatal(error.to_string())))
    }

    fn word_of(&mut self, account: Address, key: U256) -> HostResult<U256> {
        self.load_account(account, false)?;
        self.read_word(account, key)
    }

    fn ancestor(&mut self, number: u64) -> HostResult<B256> {
        let hash = self.ctx().db_mut().block_hash(number);
        hash.map_err(|error| HostError::Fatal(Fatal(error.to_string())))
    }

    fn transfer_balances(&mut self, changes: &[BalanceChange]) -> HostResult<()> {
        self.move_coin(changes)
    }

    fn register_native_id(&mut self, native_id: &[u8]) -> HostResult<Address> {
        self.write_home(native_id)
    }

    fn home_of(&mut self, account: Address) -> HostResult<Option<HomeRecord>> {
        let record = self.metered().read_object(&HomeRecord::key(account))?;
        Ok(record.and_then(|record| HomeRecord::from_bytes(&record)))
    }

    fn mark_as_contract(&mut self, native_id: &[u8]) -> HostResult<()> {
        self.write_designator(native_id)
    }

    fn print(&mut self, line: String) {
        self.machine.program_log.push(line);
    }

    fn is_traced(&self) -> bool {
        self.machine.is_watched()
    }

    fn enter_inner(&mut self, call: &Frame) {
        self.machine.frame_begins(call);
    }

    fn exit_inner(&mut self, end: &FrameEnd) {
        self.machine.frame_ends(end, None);
    }

    fn log(&mut self, topics: &[B256], data: Bytes) -> HostResult<()> {
        self.writable()?;
        let count = u8::try_from(topics.len()).unwrap_or(u8::MAX);
        // LOG0's base price is static gas in revm's instruction table.
        self.pay(LOG_BASE_GAS)?;
        self.pay(self.prices().log_cost(count, data.len() as u64))?;
        let Some(data) = LogData::new(topics.to_vec(), data) else {
            return Err(HostError::fault(FaultKind::Trap, "an event has at most four topics"));
        };
        let address = self.frame.target;
        self.ctx().journal_mut().log(Log { address, data });
        Ok(())
    }

    fn call(&mut self, request: CallRequest) -> HostResult<CallOutcome> {
        self.paid_by_gas(|host| host.make_call(request))
    }

    fn create(&mut self, request: CreateRequest) -> HostResult<CreateOutcome> {
        self.paid_by_gas(|host| host.make_contract(request))
    }
}

/// Gas of LOG0 without data (yellow paper, G_log).
const LOG_BASE_GAS: u64 = 375;

impl LaneHost for FrameHost<'_> {
    fn pay_fee(&mut self, wei: U256) -> HostResult<()> {
        let payer = self.frame.target;
        self.load_account(payer, false)?;
        self.machine.take_fee(payer, wei)
    }
}
