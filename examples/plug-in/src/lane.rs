//! The lane: how transactions of this VM's own form are executed.
//!
//! `validate` checks the nonce and takes the whole fee; `run` calls or deploys, and is undone where it fails; `settle`
//! gives back what the gas was not used for. The nonce is counted in `validate`, so a transaction that failed cannot be
//! sent again.

use crate::{
    CALC, CalcVm,
    fault::{Code, Failure},
    interface::interface_of,
    machine,
    program::Program,
    store::{address_of, name_in, nonce_key, program_key, read_nonce},
    transaction::{Action, Transaction, TransactionError},
};
use hexapla::system;
use hexapla_abi::{Abi, AnyCodec, Codec, Projection, Value};
use hexapla_primitives::{Address, B256, Bytes, FaultKind, NativeGas, U256, keccak256};
use hexapla_toolkit::IdBook;
use hexapla_vm::{
    CallKind, CallOutcome, CallRequest, Exit, Fatal, Host, Lane, LaneChecks, LaneEnd, LaneError, LaneHost,
    LaneRejection, LaneRun, LaneTransaction,
};
use std::sync::{Arc, LazyLock};

/// Gas of a transaction before it does anything: a signature, and two objects that are written for its wallet.
pub const BASE_GAS: u64 = 50_000;
/// Gas of each of its bytes.
const BYTE_GAS: u64 = 16;
/// Most gas of a transaction (EIP-7825).
pub const GAS_LIMIT_MAX: u64 = 1 << 24;
/// Gas of the state that the fee pays for: the wallet's nonce, home record and balance.
const STATE_GAS: u64 = 200_000;

/// The system contract, as contracts of this VM's ABI see it.
static SYSTEM: LazyLock<Projection> =
    LazyLock::new(|| Projection::new(Arc::new(system::interface().clone()), Abi::Bcs));
/// Its function that registers an interface, in this VM's ABI.
const SET_INTERFACE: &str = "set_interface";

impl Lane for CalcVm {
    fn decode(&self, raw: &[u8], checks: LaneChecks) -> Result<Box<dyn LaneTransaction>, LaneRejection> {
        let (transaction, body) = Transaction::from_signed(raw, checks.signatures).map_err(rejection)?;
        let bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        let base_gas = BASE_GAS.saturating_add(BYTE_GAS.saturating_mul(bytes));
        let limits = base_gas..=GAS_LIMIT_MAX;
        if !limits.contains(&transaction.gas_limit) {
            let message = format!(
                "the gas limit is {}; for this transaction it is from {base_gas} to {GAS_LIMIT_MAX}",
                transaction.gas_limit
            );
            return Err(LaneRejection::new("GasLimit", message));
        }
        let (hash, payer) = (keccak256(body), address_of(&transaction.wallet));
        Ok(Box::new(Decoded { transaction, hash, payer, base_gas, recency: checks.recency }))
    }
}

fn rejection(error: TransactionError) -> LaneRejection {
    let name = if error == TransactionError::BadSignature { "BadSignature" } else { "Malformed" };
    LaneRejection::new(name, error.to_string())
}

/// A transaction whose signature holds.
struct Decoded {
    transaction: Transaction,
    hash: B256,
    payer: Address,
    base_gas: u64,
    recency: bool,
}

impl LaneTransaction for Decoded {
    fn id(&self) -> &[u8] {
        self.hash.as_slice()
    }

    fn payer(&self) -> Address {
        self.payer
    }

    fn gas_limit(&self) -> u64 {
        self.transaction.gas_limit
    }

    fn state_gas(&self) -> u64 {
        STATE_GAS
    }

    fn validate(&self, host: &mut dyn LaneHost) -> Result<Box<dyn LaneRun + '_>, LaneError> {
        let transaction = &self.transaction;
        let environment = host.environment();
        let (chain_id, base_fee) = (environment.chain_id, environment.block.base_fee);
        if transaction.chain_id != chain_id {
            let message = format!("the transaction is for chain {}, this is chain {chain_id}", transaction.chain_id);
            return Err(LaneRejection::new("WrongChain", message).into());
        }
        if transaction.price < base_fee {
            let message = format!("the price is {} wei; the block's base fee is {base_fee} wei", transaction.price);
            return Err(LaneRejection::new("PriceTooLow", message).into());
        }
        self.count(host)?;
        // From now on other VMs can say which key stands behind the account.
        if host.home_of(self.payer)?.is_none() {
            host.register_native_id(&transaction.wallet)?;
        }
        host.pay_fee(self.wei(transaction.gas_limit))?;
        Ok(Box::new(Run(self)))
    }
}

impl Decoded {
    /// What so much gas costs.
    fn wei(&self, gas: u64) -> U256 {
        U256::from(gas) * U256::from(self.transaction.price)
    }

    /// The transaction is the wallet's next, and there is one more.
    fn count(&self, host: &mut dyn LaneHost) -> Result<(), LaneError> {
        let key = nonce_key(&self.transaction.wallet);
        let stored = host.object(&key)?;
        let next = read_nonce(stored.as_ref())
            .ok_or_else(|| Fatal(format!("the nonce of the wallet {} is damaged", self.payer)))?;
        if self.recency && self.transaction.nonce != next {
            let message = format!("the nonce is {}; the wallet's next is {next}", self.transaction.nonce);
            return Err(LaneRejection::new("WrongNonce", message).into());
        }
        let after = next.checked_add(1).ok_or_else(|| LaneRejection::new("WrongNonce", "the wallet is used up"))?;
        Ok(host.set_object(&key, Some(after.to_le_bytes().into()))?)
    }

    fn act(&self, host: &mut dyn Host) -> Result<Bytes, Failure> {
        host.charge(self.base_gas)?;
        match &self.transaction.action {
            Action::Call(call) => self.call(call, host),
            Action::Deploy(program) => self.deploy(program, host),
        }
    }

    fn call(&self, call: &Bytes, host: &mut dyn Host) -> Result<Bytes, Failure> {
        let contract = address_of(&self.transaction.contract);
        if name_in(&host.code(contract)?.bytes).is_none() {
            return Err(Code::NoContract.into());
        }
        output(host.call(CallRequest::new(CallKind::Call, contract, call.clone()))?)
    }

    fn deploy(&self, text: &Bytes, host: &mut dyn Host) -> Result<Bytes, Failure> {
        let name = &self.transaction.contract;
        let shown = String::from_utf8_lossy(name);
        if host.object(&program_key(name))?.is_some() {
            return Err(Failure::of_kind(FaultKind::Create, format!("there is a contract {shown} already")));
        }
        host.charge(machine::price(text))?;
        let program =
            Program::parse(text).map_err(|error| Failure::of_kind(FaultKind::InvalidCode, error.to_string()))?;
        host.set_object(&program_key(name), Some(text.clone()))?;
        host.mark_as_contract(name)?;
        self.register(&shown, &program, host)?;
        Ok(Bytes::new())
    }

    /// The contract tells the chain its interface: the system contract takes the contract's own word for it.
    fn register(&self, name: &str, program: &Program, host: &mut dyn Host) -> Result<(), Failure> {
        if host.code(system::SYSTEM_CONTRACT)?.bytes.is_empty() {
            return Ok(());
        }
        let contract = address_of(&self.transaction.contract);
        let broken = |error: String| Failure::of_kind(FaultKind::Border, error);
        let interface = interface_of(name, program).to_bytes().map_err(|error| broken(error.to_string()))?;
        let arguments = [Value::Address(contract), Value::Bytes(interface.into())];
        let function = SYSTEM.interface().function(SET_INTERFACE).ok_or_else(|| broken("it cannot register".into()))?;
        let book = IdBook { vm: CALC, id_of: |_| None };
        let input = AnyCodec::new(Abi::Bcs, &book).encode_call(function, &arguments);
        let input = input.map_err(|error| broken(error.to_string()))?;
        let request = CallRequest::new(CallKind::Call, system::SYSTEM_CONTRACT, input);
        output(host.call(CallRequest { caller: Some(contract), ..request })?).map(drop)
    }
}

fn output(outcome: CallOutcome) -> Result<Bytes, Failure> {
    match outcome.fault {
        None if outcome.success => Ok(outcome.output),
        Some(fault) => Err(Failure::Callee(fault)),
        None => Err(Code::UnreadableResult.into()),
    }
}

/// A transaction that was validated.
struct Run<'t>(&'t Decoded);

impl LaneRun for Run<'_> {
    fn run(&mut self, host: &mut dyn Host) -> Result<LaneEnd, Fatal> {
        let Self(decoded) = self;
        let exit = match decoded.act(host) {
            Ok(output) => Exit::Return(output),
            Err(failure) => Exit::Fault(failure.into_fault(decoded.payer)?),
        };
        let gas_used = decoded.transaction.gas_limit.saturating_sub(host.gas_left());
        let native_used = Some(NativeGas { amount: crate::vm::RATE.to_native(gas_used), unit: crate::vm::RATE.unit });
        Ok(LaneEnd { exit, gas_used, native_used })
    }

    fn settle(&mut self, end: &LaneEnd, _: &mut dyn Host) -> Result<U256, Fatal> {
        let Self(decoded) = self;
        Ok(decoded.wei(decoded.transaction.gas_limit.saturating_sub(end.gas_used)))
    }
}
