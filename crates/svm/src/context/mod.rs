//! One entry into agave: accounts loaded from the host, instructions run, changes written back.

mod load;
mod store;

use crate::{
    error::Failure,
    heaps,
    identity::is_alias,
    precompiles::Precompiles,
    programs::Programs,
    runtime::Runtime,
    session,
    sysvars::{LAMPORTS_PER_SIGNATURE, Sysvars},
};
use hexapla_primitives::{Address, Bytes};
use hexapla_vm::{Fatal, Host};
use solana_account::{AccountSharedData, ReadableAccount};
use solana_instruction::{Instruction, error::InstructionError};
use solana_program_runtime::{
    invoke_context::{EnvironmentConfig, InvokeContext},
    loaded_programs::ProgramCacheForTxBatch,
};
use solana_pubkey::Pubkey;
use solana_sbpf::vm::ContextObject as _;
use solana_sdk_ids::{bpf_loader, bpf_loader_deprecated, bpf_loader_upgradeable, native_loader};
use solana_svm_callback::InvokeContextCallback as _;
use solana_svm_log_collector::LogCollector;
use solana_svm_timings::ExecuteTimings;
use solana_transaction_context::{instruction_accounts::InstructionAccount, transaction::TransactionContext};
use solana_transaction_error::TransactionError;
use std::{borrow::Cow, cell::RefCell, rc::Rc, sync::Arc};

/// An account of the entry, in the order of the transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccountUse {
    pub(crate) key: Pubkey,
    pub(crate) writable: bool,
}

/// A top-level instruction.
#[derive(Debug)]
pub(crate) struct TopInstruction {
    /// Place of the program among the accounts.
    pub(crate) program: u16,
    pub(crate) accounts: Vec<InstructionAccount>,
    pub(crate) data: Vec<u8>,
}

/// A call that a contract of another VM makes.
#[derive(Debug)]
pub(crate) struct Outbound {
    pub(crate) instruction: Instruction,
    /// Addresses derived from the caller's alias that sign.
    pub(crate) signers: Vec<Pubkey>,
}

impl Outbound {
    /// Makes the call, in a frame of [`BORDER`](crate::BORDER).
    fn call(self, agave: &mut InvokeContext<'_, '_>) -> Result<(), InstructionError> {
        agave.push()?;
        let prepared = agave.prepare_next_cpi_instruction(self.instruction, &self.signers);
        let called = prepared.and_then(|()| agave.process_instruction(&mut 0, &mut ExecuteTimings::default()));
        // What was pushed is popped, whatever has happened.
        called.and(agave.pop())
    }
}

/// What an entry shall do.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) accounts: Vec<AccountUse>,
    pub(crate) instructions: Vec<TopInstruction>,
    /// What the contract of another VM calls from the only instruction, the border's.
    pub(crate) outbound: Option<Outbound>,
    /// Who sent it, as the call tree shows it where an instruction has no signer. It is no authority.
    pub(crate) payer: Pubkey,
    /// Height of the instruction that the host's frame stands for; the calls above are calls inside it.
    pub(crate) own_height: usize,
    /// The instructions sysvar, if an account asks for it.
    pub(crate) instructions_sysvar: Option<Vec<u8>>,
    pub(crate) compute_units: u64,
    pub(crate) heap_bytes: u32,
    /// How much a transaction of Solana's own form may load; a call from another VM pays for what it loads.
    pub(crate) load_limit: Option<LoadLimit>,
}

/// How many bytes of accounts a transaction may load (SIMD-0186).
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoadLimit {
    /// What it has loaded already.
    pub(crate) bytes: u64,
    pub(crate) bytes_max: u64,
}

/// What an entry did.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Place of the instruction that failed, and why.
    pub(crate) result: Result<(), (usize, Failure)>,
    pub(crate) compute_units_used: u64,
    /// The return data of the transaction, and the program that set it.
    pub(crate) return_data: (Pubkey, Vec<u8>),
}

/// What stays the same for all entries of a block.
#[derive(Clone, Copy)]
pub(crate) struct BlockContext<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) programs: &'a Programs,
    pub(crate) sysvars: &'a Sysvars,
}

/// An account as the host has it.
#[derive(Clone, Debug)]
pub(crate) struct LoadedAccount {
    /// Its canonical address; `None` for what no state stands behind: sysvars, native programs.
    canonical: Option<Address>,
    is_alias: bool,
    writable: bool,
    /// In lamports, a remainder in wei left out.
    lamports: u64,
    /// Lamports before the entry, and length of the data, for the rule about rent.
    before: (u64, usize),
    object: Option<Bytes>,
    /// Its balance has moved while a frame looked at it.
    is_stale: bool,
}

/// An entry that is running.
pub(crate) struct Entry<'a> {
    pub(super) host: &'a mut dyn Host,
    pub(super) ground: BlockContext<'a>,
    pub(super) keys: Vec<Pubkey>,
    pub(super) held: Vec<LoadedAccount>,
    pub(super) payer: Pubkey,
    pub(super) own_height: usize,
    /// Gas of the frame that is no compute unit of the entry.
    pub(super) aside: u64,
    /// A failure that agave's errors cannot carry.
    pub(super) failure: Option<Failure>,
    pub(super) load_limit: Option<LoadLimit>,
    pub(super) log: Rc<RefCell<LogCollector>>,
}

/// Runs `plan`. Loading accounts and writing them back is paid from the host's gas, or by the fee of a transaction; what is
/// left of the gas then buys the compute units, which pay for the rest.
pub(crate) fn run(ground: BlockContext<'_>, host: &mut dyn Host, plan: Plan) -> Result<Outcome, Fatal> {
    // Nested entries ask for the least there is.
    if !session::is_nested() {
        heaps::provide(plan.heap_bytes);
    }
    let log = session::log().unwrap_or_else(LogCollector::new_ref);
    let mut entry = Entry {
        host,
        ground,
        keys: plan.accounts.iter().map(|account| account.key).collect(),
        held: Vec::with_capacity(plan.accounts.len()),
        payer: plan.payer,
        own_height: plan.own_height,
        aside: 0,
        failure: None,
        load_limit: plan.load_limit,
        log,
    };
    let mut programs = ProgramCacheForTxBatch::new(ground.sysvars.slot);
    let mut accounts = Vec::with_capacity(plan.accounts.len());
    for account in &plan.accounts {
        match entry.on_state(|entry| entry.load(account, plan.instructions_sysvar.as_deref(), &mut programs)) {
            Ok(loaded) => {
                // What may run is an account here: a native program itself, or a program of a native loader.
                for id in [&account.key, loaded.owner()] {
                    if let Some(builtin) = ground.runtime.builtin(id) {
                        programs.replenish(*id, Arc::clone(builtin));
                    }
                }
                accounts.push((account.key, loaded));
            }
            Err(Failure::Fatal(fatal)) => return Err(fatal),
            Err(failure) => return Ok(Outcome::refused(failure)),
        }
    }
    if plan.load_limit.is_some()
        && let Err(failure) = check_programs(&plan.instructions, &accounts)
    {
        return Ok(Outcome::refused(failure));
    }
    let (trace, height) = session::used();
    let mut budget = ground.runtime.budget;
    // What loading has cost is gone.
    let gas = entry.host.gas_left();
    let compute_units = plan.compute_units.min(gas);
    entry.aside = gas.saturating_sub(compute_units);
    budget.compute_unit_limit = compute_units;
    budget.heap_size = plan.heap_bytes;
    budget.max_instruction_stack_depth = budget.max_instruction_stack_depth.saturating_sub(height);
    budget.max_instruction_trace_length = budget.max_instruction_trace_length.saturating_sub(trace);
    let count = plan.instructions.len();
    let mut context = TransactionContext::new(
        accounts,
        ground.sysvars.rent.clone(),
        budget.max_instruction_stack_depth,
        budget.max_instruction_trace_length,
        count,
    );
    for (index, instruction) in plan.instructions.iter().enumerate() {
        let deduplication = deduplication(&instruction.accounts);
        let accounts = instruction.accounts.iter().map(|account| entry.demoted(*account)).collect();
        let data = Cow::Borrowed(&instruction.data[..]);
        let configured =
            context.configure_instruction_at_index(index, instruction.program, accounts, deduplication, data, None);
        if let Err(error) = configured {
            return Ok(Outcome::refused(error.into()));
        }
    }
    let log = Some(Rc::clone(&entry.log));
    let environment = EnvironmentConfig::new(
        ground.sysvars.blockhash(),
        LAMPORTS_PER_SIGNATURE,
        false,
        &Precompiles,
        &ground.runtime.features,
        &ground.runtime.environments,
        &ground.sysvars.cache,
    );
    let mut agave = InvokeContext::new(&mut context, &mut programs, environment, log, budget, ground.runtime.cost);
    let mut outbound = plan.outbound;
    let mut result = Ok(());
    for (index, instruction) in plan.instructions.iter().enumerate() {
        let program =
            plan.accounts.get(usize::from(instruction.program)).map(|account| account.key).unwrap_or_default();
        let ended = if Precompiles.is_precompile(&program) {
            let all = plan.instructions.iter().map(|instruction| &instruction.data[..]);
            agave.process_precompile(&program, &instruction.data, all)
        } else {
            let mut used = 0;
            session::with_door(&mut entry, || match outbound.take() {
                Some(outbound) => outbound.call(&mut agave),
                None => agave.process_instruction(&mut used, &mut ExecuteTimings::default()),
            })
        };
        let ended = ended.map_err(|error| entry.failure.take().unwrap_or(Failure::Instruction(error)));
        entry.host.lower_gas_to(entry.aside.saturating_add(agave.get_remaining()));
        let refreshed =
            ended.and_then(|()| entry.on_state(|entry| entry.refresh(agave.transaction_context.accounts())));
        if let Err(failure) = refreshed {
            result = Err((index, failure));
            break;
        }
    }
    let compute_units_used = compute_units.saturating_sub(agave.get_remaining());
    drop(agave);
    if result.is_ok() {
        let stored = entry.on_state(|entry| entry.store(context.accounts(), true));
        result = stored.map_err(|failure| (count.saturating_sub(1), failure));
    }
    entry.print_log();
    let (setter, data) = context.get_return_data();
    let return_data = (*setter, data.to_vec());
    match result {
        Err((_, Failure::Fatal(fatal))) => Err(fatal),
        result => Ok(Outcome { result, compute_units_used, return_data }),
    }
}

impl Outcome {
    fn refused(failure: Failure) -> Self {
        Self { result: Err((0, failure)), compute_units_used: 0, return_data: Default::default() }
    }
}

/// The programs of top-level instructions must exist and be programs of a loader.
fn check_programs(instructions: &[TopInstruction], accounts: &[(Pubkey, AccountSharedData)]) -> Result<(), Failure> {
    for instruction in instructions {
        let Some((key, program)) = accounts.get(usize::from(instruction.program)) else { continue };
        // The contract of another VM is called like a native program.
        if is_alias(key) && *program.owner() == native_loader::ID {
            continue;
        }
        if program.lamports() == 0 {
            let message = format!("the program {key} does not exist");
            return Err(Failure::Transaction(TransactionError::ProgramAccountNotFound, message));
        }
        if !program.executable() || !PROGRAM_OWNERS.contains(program.owner()) {
            let message = format!("the account {key} is no program");
            return Err(Failure::Transaction(TransactionError::InvalidProgramForExecution, message));
        }
    }
    Ok(())
}

/// Who can own an account that runs.
const PROGRAM_OWNERS: [Pubkey; 4] =
    [native_loader::ID, bpf_loader::ID, bpf_loader_deprecated::ID, bpf_loader_upgradeable::ID];

/// For each account of the transaction its first place in the instruction.
pub(crate) fn deduplication(accounts: &[InstructionAccount]) -> Vec<u16> {
    let mut map = vec![u16::MAX; solana_transaction_context::MAX_ACCOUNTS_PER_TRANSACTION];
    // More accounts than places can be told apart do not fit a transaction; programs refuse more than 255.
    for (place, account) in (0..u16::MAX).zip(accounts) {
        if let Some(first @ &mut u16::MAX) = map.get_mut(usize::from(account.index_in_transaction)) {
            *first = place;
        }
    }
    map
}

impl Entry<'_> {
    /// Whether the fee of a transaction pays for state.
    pub(super) fn fee_pays(&self) -> bool {
        self.load_limit.is_some()
    }

    /// Requests for the accounts of the entry, paid by the fee where there is one.
    pub(super) fn on_state<R>(&mut self, requests: impl FnOnce(&mut Self) -> R) -> R {
        let fee_pays = self.fee_pays();
        self.host.fee_pays(fee_pays);
        let result = requests(self);
        self.host.fee_pays(false);
        result
    }

    /// Hands the lines of the log so far to the host, so that they stand in order with those of other entries.
    pub(super) fn print_log(&mut self) {
        let lines = std::mem::take(&mut self.log.borrow_mut().messages);
        for line in lines {
            self.host.print(line);
        }
    }
}
