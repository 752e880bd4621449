//! One entry into agave: accounts loaded from the host, instructions run, changes written back.

use crate::{
    account::{StoredAccount, WEI_PER_LAMPORT, canonical, shared, to_object},
    error::Failure,
    guard::is_alias,
    precompiles::Precompiles,
    programs::{self, Programs},
    runtime::{NATIVE_PROGRAMS, Runtime},
    session::{self, Waiting},
    sysvars::{LAMPORTS_PER_SIGNATURE, Sysvars},
};
use hexapla_primitives::{Address, B256, Bytes, FaultKind, U256, VmId, identity::canonical_of_alias};
use hexapla_vm::{BalanceChange, Fatal, Host, HostError, HostResult};
use solana_account::{AccountSharedData, ReadableAccount, WritableAccount};
use solana_instruction::Instruction;
use solana_program_runtime::{
    invoke_context::{EnvironmentConfig, InvokeContext},
    loaded_programs::ProgramCacheForTxBatch,
};
use solana_pubkey::Pubkey;
use solana_sdk_ids::{
    bpf_loader, bpf_loader_deprecated, bpf_loader_upgradeable, incinerator, native_loader, system_program, sysvar,
};
use solana_svm_callback::InvokeContextCallback as _;
use solana_svm_log_collector::LogCollector;
use solana_svm_timings::ExecuteTimings;
use solana_transaction_context::{
    instruction_accounts::InstructionAccount, transaction::TransactionContext,
    transaction_accounts::TransactionAccounts,
};
use solana_transaction_error::TransactionError;
use std::{borrow::Cow, cell::RefCell, rc::Rc};

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

/// What an entry shall do.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) accounts: Vec<AccountUse>,
    pub(crate) instructions: Vec<TopInstruction>,
    /// What the first instruction, the frame of the border, calls.
    pub(crate) outbound: Option<Outbound>,
    /// Who stands behind top-level instructions.
    pub(crate) payer: Pubkey,
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
    pub(crate) return_data: Vec<u8>,
}

/// What stays the same for all entries of a block.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) programs: &'a Programs,
    pub(crate) sysvars: &'a Sysvars,
}

/// An account as the host has it.
#[derive(Clone, Debug)]
pub(crate) struct Held {
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
    ground: Ground<'a>,
    pub(super) keys: Vec<Pubkey>,
    pub(super) held: Vec<Held>,
    pub(super) outbound: Option<Outbound>,
    pub(super) payer: Pubkey,
    /// A failure that agave's errors cannot carry.
    pub(super) failure: Option<Failure>,
    load_limit: Option<LoadLimit>,
    pub(super) log: Rc<RefCell<LogCollector>>,
}

/// Runs `plan`. `state_gas` pays for loading accounts and writing them back; compute units pay for the rest.
pub(crate) fn run(ground: Ground<'_>, host: &mut dyn Host, plan: Plan, state_gas: &mut u64) -> Result<Outcome, Fatal> {
    let log = session::log().unwrap_or_else(LogCollector::new_ref);
    let mut entry = Entry {
        host,
        ground,
        keys: plan.accounts.iter().map(|account| account.key).collect(),
        held: Vec::with_capacity(plan.accounts.len()),
        outbound: plan.outbound,
        payer: plan.payer,
        failure: None,
        load_limit: plan.load_limit,
        log,
    };
    let mut programs = ProgramCacheForTxBatch::new(ground.sysvars.slot);
    for (id, builtin) in &ground.runtime.builtins {
        programs.replenish(*id, builtin.clone());
    }
    let mut accounts = Vec::with_capacity(plan.accounts.len());
    for account in &plan.accounts {
        match entry.load(account, plan.instructions_sysvar.as_deref(), &mut programs, state_gas) {
            Ok(loaded) => accounts.push((account.key, loaded)),
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
    let compute_units = plan.compute_units.min(*state_gas);
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
    let mut result = Ok(());
    for (index, instruction) in plan.instructions.iter().enumerate() {
        let program =
            plan.accounts.get(usize::from(instruction.program)).map(|account| account.key).unwrap_or_default();
        let ended = if Precompiles.is_precompile(&program) {
            let all = plan.instructions.iter().map(|instruction| &instruction.data[..]);
            agave.process_precompile(&program, &instruction.data, all)
        } else {
            let mut used = 0;
            session::with_door(&mut entry, || agave.process_instruction(&mut used, &mut ExecuteTimings::default()))
        };
        let ended = ended.map_err(|error| entry.failure.take().unwrap_or(Failure::Instruction(error)));
        if let Err(failure) = ended.and_then(|()| entry.refresh(agave.transaction_context.accounts(), state_gas)) {
            result = Err((index, failure));
            break;
        }
    }
    let compute_units_used = compute_units.saturating_sub(solana_sbpf::vm::ContextObject::get_remaining(&agave));
    drop(agave);
    if result.is_ok() {
        let stored = entry.store(context.accounts(), true, state_gas);
        result = stored.map_err(|failure| (count.saturating_sub(1), failure));
    }
    entry.print_log();
    let return_data = context.get_return_data().1.to_vec();
    match result {
        Err((_, Failure::Fatal(fatal))) => Err(fatal),
        result => Ok(Outcome { result, compute_units_used, return_data }),
    }
}

impl Outcome {
    fn refused(failure: Failure) -> Self {
        Self { result: Err((0, failure)), compute_units_used: 0, return_data: Vec::new() }
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
    for (place, account) in accounts.iter().enumerate() {
        if let Some(first @ &mut u16::MAX) = map.get_mut(usize::from(account.index_in_transaction)) {
            *first = place as u16;
        }
    }
    map
}

/// A native program's account.
fn native_account() -> AccountSharedData {
    let stored = StoredAccount { owner: native_loader::ID, executable: true, data: Bytes::new() };
    shared(1, stored)
}

/// The canonical address of any key that programs may use for an account.
pub(crate) fn canonical_of_key(key: &Pubkey) -> Address {
    canonical_of_alias(B256::from(key.to_bytes())).unwrap_or_else(|| canonical(key))
}

/// Lamports in a balance. More than an account of Solana can hold is shown as the most it can.
pub(crate) fn lamports_in(wei: U256) -> u64 {
    (wei / U256::from(WEI_PER_LAMPORT)).saturating_to()
}

impl Entry<'_> {
    fn load(
        &mut self,
        account: &AccountUse,
        instructions_sysvar: Option<&[u8]>,
        programs: &mut ProgramCacheForTxBatch,
        gas: &mut u64,
    ) -> Result<AccountSharedData, Failure> {
        let AccountUse { key, writable } = *account;
        let without_state = if NATIVE_PROGRAMS.contains(&key) {
            Some(native_account())
        } else if key == sysvar::instructions::ID {
            let data = Bytes::copy_from_slice(instructions_sysvar.unwrap_or_default());
            Some(shared(0, StoredAccount { owner: sysvar::ID, executable: false, data }))
        } else {
            self.ground.sysvars.account(&key)
        };
        if let Some(loaded) = without_state {
            if key != sysvar::instructions::ID {
                self.count(loaded.data().len())?;
            }
            let lamports = loaded.lamports();
            let held = Held {
                canonical: None,
                is_alias: false,
                writable: false,
                lamports,
                before: (0, 0),
                object: None,
                is_stale: false,
            };
            self.held.push(held);
            return Ok(loaded);
        }
        if writable && session::is_frozen(&key) {
            let message =
                format!("the account {key} is held by a calling program that did not hand it over to be changed");
            return Err(Failure::Fault(FaultKind::Border, message));
        }
        if is_alias(&key) {
            return Ok(self.load_alias(key, writable, programs, gas)?);
        }
        let canonical = canonical(&key);
        let lamports = lamports_in(self.host.balance(gas, canonical)?);
        let object = self.host.object(gas, &StoredAccount::key(&key))?;
        let stored = StoredAccount::from_object(object.as_ref())
            .map_err(|error| Failure::Fatal(Fatal(format!("{key}: {error}"))))?;
        if lamports > 0 {
            self.count(stored.data.len())?;
        }
        if stored.executable {
            let Ground { runtime, programs: compiled, sysvars } = self.ground;
            let entry = compiled.entry(runtime, self.host, gas, &stored, &key, sysvars.slot)?;
            if stored.owner == bpf_loader_upgradeable::ID {
                self.count_programdata(&stored.data, entry.account_size)?;
            }
            programs.replenish(key, entry);
        }
        let before = (lamports, stored.data.len());
        self.held.push(Held {
            canonical: Some(canonical),
            is_alias: false,
            writable,
            lamports,
            before,
            object,
            is_stale: false,
        });
        Ok(shared(lamports, stored))
    }

    /// Nothing can be written to an account that no state stands behind, whoever asks for it.
    fn demoted(&self, mut account: InstructionAccount) -> InstructionAccount {
        let held = self.held.get(usize::from(account.index_in_transaction));
        account.set_is_writable(account.is_writable() && held.is_some_and(|held| held.writable));
        account
    }

    /// Counts an account of `length` bytes among what the transaction loads.
    fn count(&mut self, length: usize) -> Result<(), Failure> {
        let Some(limit) = &mut self.load_limit else { return Ok(()) };
        limit.bytes = limit.bytes.saturating_add(ACCOUNT_BASE_BYTES).saturating_add(length as u64);
        if limit.bytes <= limit.bytes_max {
            return Ok(());
        }
        let message =
            format!("the accounts have more than the {} bytes that the transaction may load", limit.bytes_max);
        Err(Failure::Transaction(TransactionError::MaxLoadedAccountsDataSizeExceeded, message))
    }

    /// The account that holds a program's code counts as well, unless the transaction names it itself.
    fn count_programdata(&mut self, program: &[u8], length: usize) -> Result<(), Failure> {
        let named = |holder: Pubkey| self.keys.contains(&holder);
        if self.load_limit.is_none() || length == 0 || programs::programdata_of(program).is_some_and(named) {
            return Ok(());
        }
        self.count(length)
    }

    fn load_alias(
        &mut self,
        key: Pubkey,
        writable: bool,
        programs: &mut ProgramCacheForTxBatch,
        gas: &mut u64,
    ) -> HostResult<AccountSharedData> {
        let canonical = canonical_of_key(&key);
        if self.host.home_of(gas, canonical)?.is_some_and(|home| home.vm == VmId::SVM) {
            let message = format!("{key} is the alias of an account that is at home here; use the account's own key");
            return Err(HostError::fault(FaultKind::Border, message));
        }
        let lamports = lamports_in(self.host.balance(gas, canonical)?);
        let is_contract = !self.host.code(gas, canonical)?.bytes.is_empty();
        self.held.push(Held {
            canonical: Some(canonical),
            is_alias: true,
            writable,
            lamports,
            before: (lamports, 0),
            object: None,
            is_stale: false,
        });
        if !is_contract {
            return Ok(shared(lamports, StoredAccount::default()));
        }
        programs.replenish(key, self.ground.runtime.alias.clone());
        // Not executable: agave takes the lamports of executable accounts as unchangeable, and a contract can pay.
        Ok(shared(lamports, StoredAccount { owner: native_loader::ID, executable: false, data: Bytes::new() }))
    }

    /// Writes what differs from what the host has. At the end of the entry the rules about rent hold as well.
    pub(super) fn store(&mut self, accounts: &TransactionAccounts, ends: bool, gas: &mut u64) -> Result<(), Failure> {
        let mut balances = Vec::new();
        for (index, held) in self.held.iter_mut().enumerate() {
            let (Some(canonical), true) = (held.canonical, held.writable) else { continue };
            let Some(key) = self.keys.get(index) else { continue };
            let account = accounts.try_borrow(index as u16)?;
            let lamports = account.lamports();
            if lamports != held.lamports {
                let (credit, difference) = (lamports > held.lamports, lamports.abs_diff(held.lamports));
                let wei = U256::from(difference) * U256::from(WEI_PER_LAMPORT);
                balances.push(BalanceChange { account: canonical, credit, wei });
                held.lamports = lamports;
            }
            if held.is_alias {
                check_alias(key, &*account)?;
                continue;
            }
            let removed = ends && lamports == 0;
            if !removed && is_same(held.object.as_ref(), &*account) {
                if ends {
                    check_rent(&self.ground.sysvars.rent, index, key, held, &*account)?;
                }
                continue;
            }
            if ends {
                check_rent(&self.ground.sysvars.rent, index, key, held, &*account)?;
            }
            let object = if removed { None } else { to_object(&*account) };
            if object == held.object {
                continue;
            }
            if held.object.is_none() {
                self.host.identify(gas, key.as_ref())?;
            }
            let record = programs::code_record(key, account.owner(), account.executable(), account.data());
            match record {
                Some((record_key, hash)) if !removed => self.host.set_object(gas, &record_key, Some(hash))?,
                _ if had_code(held.object.as_ref()) => {
                    self.host.set_object(gas, &programs::removed_record(key), None)?
                }
                _ => {}
            }
            if account.executable() && !removed {
                self.host.publish(gas, key.as_ref())?;
            }
            self.host.set_object(gas, &StoredAccount::key(key), object.clone())?;
            held.object = object;
        }
        Ok(self.host.settle(gas, &balances)?)
    }

    /// Shows the next instruction the balances that have moved while the last one looked at them.
    fn refresh(&mut self, accounts: &TransactionAccounts, gas: &mut u64) -> Result<(), Failure> {
        for (index, held) in self.held.iter_mut().enumerate().filter(|(_, held)| held.is_stale) {
            let Some(canonical) = held.canonical else { continue };
            held.lamports = lamports_in(self.host.balance(gas, canonical)?);
            held.is_stale = false;
            accounts.try_borrow_mut(index as u16)?.set_lamports(held.lamports);
        }
        Ok(())
    }

    /// Takes over what other VMs have changed.
    pub(super) fn reload(
        &mut self,
        accounts: &TransactionAccounts,
        waiting: &Waiting,
        gas: &mut u64,
    ) -> Result<(), Failure> {
        for (index, held) in self.held.iter_mut().enumerate() {
            let Some(canonical) = held.canonical else { continue };
            let Some(key) = self.keys.get(index) else { continue };
            if waiting.looked_at.contains(key) && !waiting.frozen.contains(key) {
                held.is_stale = true;
                continue;
            }
            let lamports = lamports_in(self.host.balance(gas, canonical)?);
            let object = if held.is_alias { None } else { self.host.object(gas, &StoredAccount::key(key))? };
            if lamports == held.lamports && object == held.object {
                continue;
            }
            if waiting.frozen.contains(key) {
                let message =
                    format!("the account {key} was changed, but a calling program holds it and did not hand it over");
                return Err(Failure::Fault(FaultKind::Border, message));
            }
            let mut account = accounts.try_borrow_mut(index as u16)?;
            account.set_lamports(lamports);
            if object != held.object {
                let stored =
                    StoredAccount::from_object(object.as_ref()).map_err(|error| Failure::Fatal(Fatal(error.into())))?;
                account.set_owner(stored.owner);
                account.set_executable(stored.executable);
                account.set_data_from_slice(&stored.data);
            }
            (held.lamports, held.object) = (lamports, object);
        }
        Ok(())
    }

    /// Hands the lines of the log so far to the host, so that they stand in order with those of other entries.
    pub(super) fn print_log(&mut self) {
        let lines = std::mem::take(&mut self.log.borrow_mut().messages);
        for line in lines {
            self.host.print(line);
        }
    }

    /// The contract behind the alias of a key.
    pub(super) fn contract_of(&self, key: &Pubkey) -> Option<Address> {
        canonical_of_alias(B256::from(key.to_bytes()))
    }
}

/// Bytes that each account counts beside its data (SIMD-0186).
const ACCOUNT_BASE_BYTES: u64 = 64;

/// Whether an object is what the account would be stored as.
fn is_same(object: Option<&Bytes>, account: &impl ReadableAccount) -> bool {
    match StoredAccount::from_object(object) {
        Ok(stored) => {
            stored.owner == *account.owner()
                && stored.executable == account.executable()
                && stored.data[..] == *account.data()
        }
        Err(_) => false,
    }
}

fn had_code(object: Option<&Bytes>) -> bool {
    StoredAccount::from_object(object).is_ok_and(|stored| {
        programs::code_record(&Pubkey::default(), &stored.owner, stored.executable, &stored.data).is_some()
    })
}

/// An account of another VM has a balance here and nothing else.
fn check_alias(key: &Pubkey, account: &impl ReadableAccount) -> Result<(), Failure> {
    let owner = *account.owner();
    if account.data().is_empty() && (owner == system_program::ID || owner == native_loader::ID) {
        return Ok(());
    }
    let message =
        format!("the account {key} is at home in another VM: it can hold lamports here, but no data and no owner");
    Err(Failure::Fault(FaultKind::Border, message))
}

/// An account must end rent-exempt or empty, or as far below as it was, without having grown.
fn check_rent(
    rent: &solana_rent::Rent,
    index: usize,
    key: &Pubkey,
    held: &Held,
    account: &impl ReadableAccount,
) -> Result<(), Failure> {
    let (lamports, length) = (account.lamports(), account.data().len());
    if lamports == 0 || rent.is_exempt(lamports, length) || *key == incinerator::ID {
        return Ok(());
    }
    let (lamports_before, length_before) = held.before;
    let paid_rent_before = lamports_before > 0 && !rent.is_exempt(lamports_before, length_before);
    if paid_rent_before && length == length_before && lamports <= lamports_before {
        return Ok(());
    }
    let needed = rent.minimum_balance(length);
    let message =
        format!("insufficient funds for rent: {key} has {lamports} lamports and {length} bytes, which need {needed}");
    Err(Failure::Transaction(TransactionError::InsufficientFundsForRent { account_index: index as u8 }, message))
}
