//! Loads the accounts of an entry from the host.

use super::{AccountUse, BlockContext, Entry, LoadedAccount};
use crate::{
    account::{StoredAccount, canonical, shared},
    error::Failure,
    identity::{canonical_of_key, is_alias, lamports_in},
    programs,
    runtime::NATIVE_PROGRAMS,
    session,
};
use hexapla_primitives::{Bytes, FaultKind, VmId, identity::is_malformed_alias};
use hexapla_vm::{Fatal, HostError, HostResult};
use solana_account::{AccountSharedData, ReadableAccount};
use solana_program_runtime::loaded_programs::ProgramCacheForTxBatch;
use solana_pubkey::Pubkey;
use solana_sdk_ids::{bpf_loader_upgradeable, native_loader, sysvar};
use solana_transaction_context::instruction_accounts::InstructionAccount;
use solana_transaction_error::TransactionError;

/// Bytes that each account counts beside its data (SIMD-0186).
const ACCOUNT_BASE_BYTES: u64 = 64;

/// The instructions sysvar where there is no transaction of Solana: none, and room for the index of the current one, which
/// agave writes there.
const NO_INSTRUCTIONS: [u8; 4] = [0; 4];

/// A native program's account.
fn native_account() -> AccountSharedData {
    let stored = StoredAccount { owner: native_loader::ID, executable: true, data: Bytes::new() };
    shared(1, stored)
}

impl Entry<'_> {
    pub(super) fn load(
        &mut self,
        account: &AccountUse,
        instructions_sysvar: Option<&[u8]>,
        programs: &mut ProgramCacheForTxBatch,
    ) -> Result<AccountSharedData, Failure> {
        let AccountUse { key, writable } = *account;
        let without_state = if NATIVE_PROGRAMS.contains(&key) {
            Some(native_account())
        } else if key == sysvar::instructions::ID {
            let data = Bytes::copy_from_slice(instructions_sysvar.unwrap_or(&NO_INSTRUCTIONS));
            Some(shared(0, StoredAccount { owner: sysvar::ID, executable: false, data }))
        } else {
            self.ground.sysvars.account(&key)
        };
        if let Some(loaded) = without_state {
            if key != sysvar::instructions::ID {
                self.count(loaded.data().len())?;
            }
            let lamports = loaded.lamports();
            let held = LoadedAccount {
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
        if is_malformed_alias(key.to_bytes().into()) {
            return Err(Failure::Fault(FaultKind::Border, format!("{key} is a malformed alias: no account has it")));
        }
        if writable && session::is_frozen(&key) {
            let message =
                format!("the account {key} is held by a calling program that did not hand it over to be changed");
            return Err(Failure::Fault(FaultKind::Border, message));
        }
        if is_alias(&key) {
            return Ok(self.load_alias(key, writable, programs)?);
        }
        let canonical = canonical(&key);
        let lamports = lamports_in(self.host.balance(canonical)?);
        let object = self.host.object(&StoredAccount::key(&key))?;
        let stored = StoredAccount::from_object(object.as_ref())
            .map_err(|error| Failure::Fatal(Fatal(format!("{key}: {error}"))))?;
        if lamports > 0 {
            self.count(stored.data.len())?;
        }
        if stored.executable {
            let BlockContext { runtime, programs: compiled, sysvars } = self.ground;
            let found = compiled.entry(runtime, self.host, &stored, &key, sysvars.slot)?;
            if stored.owner == bpf_loader_upgradeable::ID {
                self.count_programdata(&stored.data, found.code_bytes)?;
            }
            programs.replenish(key, found.entry);
        }
        let before = (lamports, stored.data.len());
        self.held.push(LoadedAccount {
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
    pub(super) fn demoted(&self, mut account: InstructionAccount) -> InstructionAccount {
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
    ) -> HostResult<AccountSharedData> {
        let canonical = canonical_of_key(&key);
        if self.host.home_of(canonical)?.is_some_and(|home| home.vm == VmId::SVM) {
            let message = format!("{key} is the alias of an account that is at home here; use the account's own key");
            return Err(HostError::fault(FaultKind::Border, message));
        }
        let lamports = lamports_in(self.host.balance(canonical)?);
        let is_contract = !self.host.code(canonical)?.bytes.is_empty();
        self.held.push(LoadedAccount {
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
}
