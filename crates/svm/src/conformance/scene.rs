//! What stands around one instruction: accounts, sysvars, programs, features.

use super::{
    fixture::{Refusal, Units},
    messages::{self, Instruction},
};
use crate::{
    account::StoredAccount,
    precompiles::Precompiles,
    programs::{Holder, Programs, code_holder},
    runtime::Runtime,
};
use solana_account::{Account, AccountSharedData};
use solana_clock::Clock;
use solana_epoch_schedule::EpochSchedule;
use solana_hash::Hash;
use solana_program_runtime::{
    execution_budget::SVMTransactionExecutionBudget,
    invoke_context::{EnvironmentConfig, InvokeContext},
    loaded_programs::ProgramCacheForTxBatch,
    program_cache_entry::{ProgramCacheEntry, ProgramCacheEntryOwner, ProgramCacheEntryType},
    sysvar_cache::SysvarCache,
};
use solana_pubkey::Pubkey;
use solana_rent::Rent;
use solana_sdk_ids::{
    address_lookup_table, bpf_loader, bpf_loader_deprecated, bpf_loader_upgradeable, config, loader_v4, native_loader,
    stake, sysvar, vote, zk_elgamal_proof_program, zk_token_proof_program,
};
use solana_svm_callback::InvokeContextCallback as _;
use solana_transaction_context::{
    MAX_ACCOUNTS_PER_TRANSACTION, instruction_accounts::InstructionAccount, transaction::TransactionContext,
};
use std::{borrow::Cow, sync::Arc};

/// Slot where a fixture has no clock: any beyond zero, so that its programs are visible.
const DEFAULT_SLOT: u64 = 10;
/// Last restart where a fixture has none.
const DEFAULT_RESTART_SLOT: u64 = 5_000;
/// The owners of programs that are not native.
const LOADERS: [Pubkey; 3] = [bpf_loader::ID, bpf_loader_deprecated::ID, bpf_loader_upgradeable::ID];
/// Native programs of Solana that do not exist here.
const ABSENT: [(Pubkey, &str); 7] = [
    (vote::ID, "Vote"),
    (stake::ID, "Stake"),
    (config::ID, "Config"),
    (address_lookup_table::ID, "Address Lookup Table"),
    (zk_elgamal_proof_program::ID, "ZK ElGamal Proof"),
    (zk_token_proof_program::ID, "ZK Token Proof"),
    (loader_v4::ID, "Loader v4"),
];

/// One instruction, ready to run as often as wanted.
pub(super) struct Scene {
    pub(super) runtime: Runtime,
    sysvars: SysvarCache,
    rent: Rent,
    slot: u64,
    blockhash: (Hash, u64),
    /// All accounts of the fixture.
    pub(super) accounts: Vec<(Pubkey, Account)>,
    /// The accounts of the transaction.
    keyed: Vec<(Pubkey, Account)>,
    /// Place of the program among them.
    program: u16,
    metas: Vec<InstructionAccount>,
    pub(super) data: Vec<u8>,
    pub(super) units: Units,
    /// As in 2024.
    pub(super) earlier: bool,
}

impl Scene {
    pub(super) fn new(instruction: Instruction) -> Result<Self, Refusal> {
        let Instruction { context, features, earlier } = instruction;
        let accounts = accounts(&context)?;
        let program_key = messages::key(&context.program_id, "the program")?;
        if let Some(reason) = absent(&program_key, &accounts) {
            return Err(Refusal::Skipped(reason));
        }
        let sysvars = sysvars(&accounts);
        let runtime = Runtime::with_features(features).map_err(|error| Refusal::Unreadable(error.to_string()))?;
        let metas = metas(&context, &accounts)?;
        let is_used = |key: &Pubkey| *key == program_key || metas.iter().any(|(used, ..)| used == key);
        let mut keyed = accounts.clone();
        keyed.retain(|(key, _)| earlier || is_used(key));
        if !keyed.iter().any(|(key, _)| *key == program_key) {
            keyed.push((program_key, Account { owner: native_loader::ID, executable: true, ..Account::default() }));
        }
        if keyed.len() > MAX_ACCOUNTS_PER_TRANSACTION {
            let message = format!("{} accounts; a transaction has at most {MAX_ACCOUNTS_PER_TRANSACTION}", keyed.len());
            return Err(Refusal::Unreadable(message));
        }
        let place = |wanted: &Pubkey| keyed.iter().position(|(key, _)| key == wanted).unwrap_or_default() as u16;
        // A message has one privilege for each account, and writes no program that it calls. In 2024 each place in the
        // instruction had its own.
        let read_only = !keyed.iter().any(|(key, _)| *key == bpf_loader_upgradeable::ID);
        let privileged = |(key, signer, writable): &(Pubkey, bool, bool)| {
            if earlier {
                return InstructionAccount::new(place(key), *signer, *writable);
            }
            let same = metas.iter().filter(|(other, ..)| other == key);
            let (signer, writable) = same.fold((false, false), |all, meta| (all.0 | meta.1, all.1 | meta.2));
            InstructionAccount::new(place(key), signer, writable && !(read_only && *key == program_key))
        };
        Ok(Self {
            rent: sysvars.get_rent().map(|rent| (*rent).clone()).unwrap_or_default(),
            slot: sysvars.get_clock().map(|clock| clock.slot).unwrap_or_default(),
            blockhash: blockhash(&sysvars),
            program: place(&program_key),
            metas: metas.iter().map(privileged).collect(),
            data: context.data,
            units: Units::new(context.cu_avail),
            earlier,
            runtime,
            sysvars,
            accounts,
            keyed,
        })
    }

    /// The program, if it is a signature check: those are no programs that run.
    pub(super) fn precompile(&self) -> Option<Pubkey> {
        let (key, _) = self.keyed.get(usize::from(self.program))?;
        Precompiles.is_precompile(key).then_some(*key)
    }

    /// The programs that may run.
    pub(super) fn programs(&self, jit: bool) -> ProgramCacheForTxBatch {
        let mut batch = ProgramCacheForTxBatch::new(self.slot);
        for (id, builtin) in &self.runtime.builtins {
            batch.replenish(*id, builtin.clone());
        }
        let programs = Programs::new(jit, 0);
        for (key, account) in &self.accounts {
            if LOADERS.contains(&account.owner) && batch.find(key).is_none() {
                batch.replenish(*key, self.program(&programs, account));
            }
        }
        batch
    }

    fn program(&self, programs: &Programs, account: &Account) -> Arc<ProgramCacheEntry> {
        let program = stored(account);
        let holder = match code_holder(&program) {
            Some(Holder::Itself) => Some(account),
            // Whoever owns it: agave does not ask.
            Some(Holder::Other(key)) => {
                self.accounts.iter().find(|(other, _)| *other == key).map(|(_, account)| account)
            }
            None => None,
        };
        match holder {
            Some(holder) => programs.load(&self.runtime, &program, &stored(holder), self.slot),
            None => {
                let owner = ProgramCacheEntryOwner::try_from(&account.owner).unwrap_or_default();
                Arc::new(ProgramCacheEntry::new_tombstone(self.slot, owner, ProgramCacheEntryType::Closed))
            }
        }
    }

    /// The transaction, with its one instruction in place.
    pub(super) fn transaction(&self) -> Result<TransactionContext<'_>, Refusal> {
        let shared = |(key, account): &(Pubkey, Account)| (*key, AccountSharedData::from(account.clone()));
        let budget = self.budget();
        let mut transaction = TransactionContext::new(
            self.keyed.iter().map(shared).collect(),
            self.rent.clone(),
            budget.max_instruction_stack_depth,
            budget.max_instruction_trace_length,
            1,
        );
        let deduplication = crate::context::deduplication(&self.metas);
        let data = Cow::Borrowed(&self.data[..]);
        transaction
            .configure_instruction_at_index(0, self.program, self.metas.clone(), deduplication, data, None)
            .map_err(|error| Refusal::Unreadable(format!("the instruction cannot be set up: {error}")))?;
        Ok(transaction)
    }

    /// The context in which it runs.
    pub(super) fn invocation<'a, 'data>(
        &'a self,
        transaction: &'a mut TransactionContext<'data>,
        programs: &'a mut ProgramCacheForTxBatch,
    ) -> InvokeContext<'a, 'data> {
        let Runtime { features, environments, cost, .. } = &self.runtime;
        let (hash, lamports) = self.blockhash;
        let environment =
            EnvironmentConfig::new(hash, lamports, false, &Precompiles, features, environments, &self.sysvars);
        InvokeContext::new(transaction, programs, environment, None, self.budget(), *cost)
    }

    fn budget(&self) -> SVMTransactionExecutionBudget {
        SVMTransactionExecutionBudget { compute_unit_limit: self.units.given, ..self.runtime.budget }
    }
}

fn stored(account: &Account) -> StoredAccount {
    StoredAccount { owner: account.owner, executable: account.executable, data: account.data.clone().into() }
}

/// An account of a fixture.
pub(super) fn account(state: &protosol::protos::AcctState) -> Result<(Pubkey, Account), Refusal> {
    let owner = messages::key(&state.owner, "the owner of an account")?;
    let (lamports, data, executable) = (state.lamports, state.data.clone(), state.executable);
    let key = messages::key(&state.address, "the address of an account")?;
    Ok((key, Account { lamports, data, owner, executable, rent_epoch: u64::MAX }))
}

fn accounts(context: &protosol::protos::InstrContext) -> Result<Vec<(Pubkey, Account)>, Refusal> {
    let mut accounts: Vec<(Pubkey, Account)> = Vec::with_capacity(context.accounts.len());
    for state in &context.accounts {
        let (key, account) = account(state)?;
        if accounts.iter().any(|(other, _)| *other == key) {
            return Err(Refusal::Unreadable(format!("the account {key} stands there twice")));
        }
        accounts.push((key, account));
    }
    Ok(accounts)
}

/// The accounts of the instruction: key, whether it signs, whether it may be written.
fn metas(
    context: &protosol::protos::InstrContext,
    accounts: &[(Pubkey, Account)],
) -> Result<Vec<(Pubkey, bool, bool)>, Refusal> {
    let meta = |used: &protosol::protos::InstrAcct| match accounts.get(used.index as usize) {
        Some((key, _)) => Ok((*key, used.is_signer, used.is_writable)),
        None => {
            let message = format!("the instruction names account {} of {}", used.index, accounts.len());
            Err(Refusal::Unreadable(message))
        }
    };
    context.instr_accounts.iter().map(meta).collect()
}

/// Why a program cannot run here.
pub(super) fn absent(program: &Pubkey, accounts: &[(Pubkey, Account)]) -> Option<String> {
    let (_, name) = ABSENT.iter().find(|(id, _)| id == program)?;
    let is_loaded = accounts.iter().any(|(key, account)| key == program && LOADERS.contains(&account.owner));
    (!is_loaded).then(|| format!("the native program {name} does not exist here"))
}

/// The sysvars: those of the fixture and, where it has none, what clients agreed on.
fn sysvars(accounts: &[(Pubkey, Account)]) -> SysvarCache {
    let mut cache = SysvarCache::default();
    cache.fill_missing_entries(|id, set| {
        if let Some((_, account)) = accounts.iter().find(|(key, account)| key == id && account.lamports > 0) {
            set(&account.data);
        }
    });
    cache.fill_missing_entries(|id, set| {
        let default = match *id {
            sysvar::clock::ID => bincode::serialize(&Clock { slot: DEFAULT_SLOT, ..Clock::default() }),
            sysvar::epoch_schedule::ID => bincode::serialize(&EpochSchedule::default()),
            sysvar::rent::ID => bincode::serialize(&Rent::default()),
            sysvar::last_restart_slot::ID => bincode::serialize(&DEFAULT_RESTART_SLOT),
            _ => return,
        };
        if let Ok(data) = default {
            set(&data);
        }
    });
    cache
}

/// The blockhash that nonces see: the last of the list, and its price for a signature.
#[expect(deprecated, reason = "nonces still see this sysvar")]
fn blockhash(sysvars: &SysvarCache) -> (Hash, u64) {
    let recent = sysvars.get_recent_blockhashes().ok();
    let last = recent.as_ref().and_then(|recent| recent.last());
    last.map(|entry| (entry.blockhash, entry.fee_calculator.lamports_per_signature)).unwrap_or_default()
}
