//! A program calls an alias: out of the SVM, into another VM, and back.

use crate::{
    account::WEI_PER_LAMPORT,
    context::Entry,
    error::Failure,
    identity::{BORDER, behind_alias, canonical_of_key, is_alias},
    session::{self, HostBridge, SuspendedInvocation},
};
use hexapla_primitives::{Address, Bytes, FaultKind, U256};
use hexapla_vm::{CallKind, CallOutcome, CallRequest};
use solana_account::ReadableAccount;
use solana_instruction::error::InstructionError;
use solana_program_runtime::{
    invoke_context::InvokeContext, loaded_programs::ProgramCacheForTxBatch, program_cache_entry::ProgramCacheEntry,
};
use solana_pubkey::Pubkey;
use solana_sbpf::vm::ContextObject;
use solana_sdk_ids::system_program;
use solana_svm_log_collector::ic_msg;
use solana_transaction_context::{
    instruction::InstructionContext, transaction::TransactionContext, transaction_accounts::TransactionAccounts,
};
use std::{rc::Rc, sync::Arc};

/// Most bytes of return data.
const RETURN_DATA_MAX: usize = 1024;
/// The first 8 bytes of sha256("hexapla:call_with_value"). Instruction data for an alias may begin with them and a
/// little-endian `u64` of lamports, which go along with the call; the first wallet that signed and may be changed pays.
pub const CALL_WITH_VALUE: [u8; 8] = [0x9d, 0x2b, 0xa3, 0x7d, 0x25, 0xcb, 0x5d, 0xa9];

/// What a program asks of a contract of another VM.
struct Request {
    alias: Pubkey,
    contract: Address,
    caller: Address,
    /// The caller's key, where it is a wallet and no program.
    wallet: Option<Pubkey>,
    payer: Option<Address>,
    lamports: u64,
    input: Bytes,
}

impl HostBridge for Entry<'_> {
    fn call_begins(&mut self, agave: &InvokeContext<'_, '_>) -> bool {
        Entry::call_begins(self, agave)
    }

    fn call_ends(&mut self, agave: &InvokeContext<'_, '_>, given: u64, failure: Option<InstructionError>) {
        Entry::call_ends(self, agave, given, failure);
    }

    fn pays_for_code(&self) -> bool {
        self.load_limit.is_none()
    }

    fn executed(&mut self, program: &Arc<ProgramCacheEntry>, units: u64) {
        self.ground.programs.executed(program, units);
    }

    fn units_used_up(&mut self) {
        self.failure.get_or_insert(Failure::OutOfUnits);
    }

    fn alias_entered(&mut self, agave: &mut InvokeContext<'_, '_>) -> Result<(), InstructionError> {
        match self.call_out(agave) {
            Ok(()) => Ok(()),
            Err(Failure::Instruction(error)) => Err(error),
            Err(failure) => {
                let error = match &failure {
                    Failure::Foreign(error, _) => error.clone(),
                    Failure::Fault(FaultKind::OutOfGas, _) => InstructionError::ComputationalBudgetExceeded,
                    Failure::Fault(_, message) => {
                        ic_msg!(agave, "{}", message);
                        InstructionError::AccountBorrowFailed
                    }
                    _ => InstructionError::GenericError,
                };
                self.failure = Some(failure);
                Err(error)
            }
        }
    }
}

impl Entry<'_> {
    fn call_out(&mut self, agave: &mut InvokeContext<'_, '_>) -> Result<(), Failure> {
        let request = self.request(agave)?;
        let waiting = self.waiting(agave)?;
        let accounts = Rc::clone(agave.transaction_context.accounts());
        // The host's gas follows the compute units, and these what the host takes.
        self.host.lower_gas_to(self.aside.saturating_add(agave.get_remaining()));
        let given = self.host.gas_left();
        let called = self.cross(&accounts, agave.program_cache_for_tx_batch, &request, waiting);
        let paid = agave.compute_meter.consume_checked(given.saturating_sub(self.host.gas_left()));
        let outcome = called?;
        paid.map_err(|_| InstructionError::ComputationalBudgetExceeded)?;
        if !outcome.success {
            return Err(explain(agave, &request, &outcome));
        }
        if outcome.output.len() > RETURN_DATA_MAX {
            ic_msg!(
                agave,
                "{} returned {} bytes; a program can take {}",
                request.contract,
                outcome.output.len(),
                RETURN_DATA_MAX
            );
            return Err(InstructionError::InvalidRealloc.into());
        }
        agave.transaction_context.set_return_data(request.alias, outcome.output.to_vec())?;
        Ok(())
    }

    /// Makes the call, with the changes so far in the host's state and the callee's changes taken over. Writing and
    /// reading accounts costs gas, unless a transaction's fee and rent pay for them; then their bytes cost what they cost
    /// in a call between programs.
    fn cross(
        &mut self,
        accounts: &TransactionAccounts,
        programs: &mut ProgramCacheForTxBatch,
        request: &Request,
        waiting: SuspendedInvocation,
    ) -> Result<CallOutcome, Failure> {
        if self.fee_pays() {
            let units = self.bytes_held(accounts)? / self.ground.runtime.cost.cpi_bytes_per_unit;
            self.host.charge(units)?;
        }
        self.on_state(|entry| entry.store(accounts, false))?;
        self.introduce(request)?;
        self.print_log();
        let changes = session::code_changes();
        let outcome = self.call(request, waiting.clone())?;
        if outcome.success {
            self.on_state(|entry| {
                entry.reload(accounts, &waiting)?;
                if session::code_changes() == changes { Ok(()) } else { entry.renew_programs(accounts, programs) }
            })?;
        }
        Ok(outcome)
    }

    /// Writes down which key stands behind a wallet that calls, so that other VMs can say so, too. The fee of the
    /// transaction has done that for the wallet that pays it.
    fn introduce(&mut self, request: &Request) -> Result<(), Failure> {
        if let Some(wallet) = request.wallet.filter(|wallet| *wallet != self.payer) {
            self.host.register_native_id(wallet.as_ref())?;
        }
        Ok(())
    }

    fn call(&mut self, request: &Request, waiting: SuspendedInvocation) -> Result<CallOutcome, Failure> {
        let call = CallRequest {
            caller: Some(request.caller),
            payer: request.payer,
            value: U256::from(request.lamports) * U256::from(WEI_PER_LAMPORT),
            ..CallRequest::new(CallKind::Call, request.contract, request.input.clone())
        };
        Ok(session::waiting(waiting, || self.host.call(call))?)
    }

    fn request(&self, agave: &InvokeContext<'_, '_>) -> Result<Request, Failure> {
        let context = &agave.transaction_context;
        let instruction = context.get_current_instruction_context()?;
        let alias = *instruction.get_program_key()?;
        let contract = behind_alias(&alias).ok_or(InstructionError::UnsupportedProgramId)?;
        let Some(caller) = self.caller(agave)? else {
            let message = "no account of the instruction signed: nobody calls the contract";
            ic_msg!(agave, "{}: {}", alias, message);
            return Err(InstructionError::MissingRequiredSignature.into());
        };
        let payer = payer(context, &instruction)?;
        let (lamports, input) = split_value(instruction.get_instruction_data());
        // Without one the caller itself would pay: the program with its rent, or a wallet that did not say so.
        if lamports > 0 && payer.is_none() {
            let message = "the call states a value, but no account that signed and may be changed pays for it";
            return Err(Failure::Fault(FaultKind::InsufficientBalance, message.into()));
        }
        let wallet = (agave.get_stack_height() < 2).then_some(caller);
        let caller = canonical_of_key(&caller);
        Ok(Request { alias, contract, caller, wallet, payer, lamports, input: Bytes::copy_from_slice(input) })
    }

    /// Who made the running call: the program below, and at the top the first account of the instruction that signed it.
    /// Whoever else signed the transaction, and who pays for it, has no part in the instruction.
    pub(crate) fn caller(&self, agave: &InvokeContext<'_, '_>) -> Result<Option<Pubkey>, InstructionError> {
        let context = &agave.transaction_context;
        if let Some(level) = agave.get_stack_height().checked_sub(2) {
            let caller = context.get_instruction_context_at_nesting_level(level)?;
            return Ok(Some(*caller.get_program_key()?));
        }
        let instruction = context.get_current_instruction_context()?;
        let signer = instruction.instruction_accounts().iter().find(|account| account.is_signer());
        signer.map(|signer| context.get_key_of_account_at_index(signer.index_in_transaction).copied()).transpose()
    }

    /// What the entry holds while the call runs.
    fn waiting(&self, agave: &InvokeContext<'_, '_>) -> Result<SuspendedInvocation, Failure> {
        let context = &agave.transaction_context;
        let height = agave.get_stack_height();
        let current = context.get_current_instruction_context()?;
        let handed_over = |index: u16| {
            current
                .instruction_accounts()
                .iter()
                .any(|account| account.index_in_transaction == index && account.is_writable())
        };
        let (mut programs, mut frozen, mut looked_at) = (Vec::new(), Vec::new(), Vec::new());
        for level in 0..height.saturating_sub(1) {
            let instruction = context.get_instruction_context_at_nesting_level(level)?;
            let program = *instruction.get_program_key()?;
            if !is_alias(&program) && program != BORDER {
                programs.push(program);
            }
            for account in instruction.instruction_accounts() {
                let key = *context.get_key_of_account_at_index(account.index_in_transaction)?;
                if handed_over(account.index_in_transaction) {
                    continue;
                }
                let list = if is_alias(&key) && !account.is_writable() { &mut looked_at } else { &mut frozen };
                if !list.contains(&key) {
                    list.push(key);
                }
            }
        }
        let trace = context.get_instruction_trace_length();
        Ok(SuspendedInvocation { programs, frozen, looked_at, trace, height, log: Some(Rc::clone(&self.log)) })
    }
}

/// Who pays for value: the first account that signed, may be changed, and is a wallet. Lamports of any other account
/// belong to the program that owns it.
fn payer(
    context: &TransactionContext<'_>,
    instruction: &InstructionContext<'_, '_>,
) -> Result<Option<Address>, InstructionError> {
    for account in instruction.instruction_accounts() {
        if !account.is_signer() || !account.is_writable() {
            continue;
        }
        let held = context.accounts().try_borrow(account.index_in_transaction)?;
        let key = context.get_key_of_account_at_index(account.index_in_transaction)?;
        if *held.owner() == system_program::ID && held.data().is_empty() || is_alias(key) {
            return Ok(Some(canonical_of_key(key)));
        }
    }
    Ok(None)
}

/// Value and call data of an instruction.
fn split_value(data: &[u8]) -> (u64, &[u8]) {
    let value = data.strip_prefix(&CALL_WITH_VALUE).and_then(|rest| rest.split_first_chunk::<8>());
    value.map_or((0, data), |(lamports, input)| (u64::from_le_bytes(*lamports), input))
}

/// The failure of a contract as a program sees it: a number, and the reason in the log.
fn explain(agave: &InvokeContext<'_, '_>, request: &Request, outcome: &CallOutcome) -> Failure {
    let code = outcome.output.get(..4).and_then(|code| code.try_into().ok()).map(u32::from_le_bytes);
    let error = InstructionError::Custom(code.unwrap_or(u32::MAX));
    let Some(fault) = &outcome.fault else { return error.into() };
    ic_msg!(agave, "Program {} failed: {}", request.alias, fault);
    if !fault.data.is_empty() {
        ic_msg!(agave, "Program {} failed with data: {}", request.alias, fault.data);
    }
    Failure::Foreign(error, fault.clone())
}
