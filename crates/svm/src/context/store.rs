//! Writes what an entry changed back to the host, and takes over what other VMs have changed.

use super::{BlockContext, Entry, LoadedAccount};
use crate::{
    account::{StoredAccount, WEI_PER_LAMPORT, parts, to_object},
    error::{Failure, index_in_error},
    identity::lamports_in,
    programs,
    session::{self, SuspendedInvocation},
};
use hexapla_primitives::{Bytes, FaultKind, U256};
use hexapla_vm::{BalanceChange, Fatal};
use solana_account::{ReadableAccount, WritableAccount};
use solana_program_runtime::loaded_programs::ProgramCacheForTxBatch;
use solana_pubkey::Pubkey;
use solana_sdk_ids::{bpf_loader_upgradeable, incinerator, native_loader, system_program};
use solana_transaction_context::transaction_accounts::TransactionAccounts;
use solana_transaction_error::TransactionError;

impl Entry<'_> {
    /// Writes what differs from what the host has. At the end of the entry the rules about rent hold as well.
    pub(crate) fn store(&mut self, accounts: &TransactionAccounts, ends: bool) -> Result<(), Failure> {
        let mut balances = Vec::new();
        for ((place, key), held) in places(&self.keys).zip(&mut self.held) {
            let (Some(canonical), true) = (held.canonical, held.writable) else { continue };
            let account = accounts.try_borrow(place)?;
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
            if ends {
                check_rent(&self.ground.sysvars.rent, place, key, held, &*account)?;
            }
            let removed = ends && lamports == 0;
            if !removed && is_same(held.object.as_ref(), &*account) {
                continue;
            }
            let object = if removed { None } else { to_object(&*account) };
            if object == held.object {
                continue;
            }
            if held.object.is_none() {
                self.host.register_native_id(key.as_ref())?;
            }
            let record = programs::code_record(key, account.owner(), account.executable(), account.data());
            match record {
                Some((record_key, record)) if !removed => {
                    session::code_changed();
                    self.host.set_object(&record_key, Some(record))?;
                }
                _ if had_code(held.object.as_ref()) => {
                    session::code_changed();
                    self.host.set_object(&programs::record_key(key), None)?;
                }
                _ => {}
            }
            if account.executable() && !removed {
                self.host.mark_as_contract(key.as_ref())?;
            }
            self.host.set_object(&StoredAccount::key(key), object.clone())?;
            held.object = object;
        }
        Ok(self.host.transfer_balances(&balances)?)
    }

    /// Shows the next instruction the balances that have moved while the last one looked at them.
    pub(super) fn refresh(&mut self, accounts: &TransactionAccounts) -> Result<(), Failure> {
        for ((place, _), held) in places(&self.keys).zip(&mut self.held).filter(|(_, held)| held.is_stale) {
            let Some(canonical) = held.canonical else { continue };
            held.lamports = lamports_in(self.host.balance(canonical)?);
            held.is_stale = false;
            accounts.try_borrow_mut(place)?.set_lamports(held.lamports);
        }
        Ok(())
    }

    /// Bytes of data of the accounts that state stands behind.
    pub(crate) fn bytes_held(&self, accounts: &TransactionAccounts) -> Result<u64, Failure> {
        let mut bytes = 0;
        for ((place, _), _) in places(&self.keys).zip(&self.held).filter(|(_, held)| held.canonical.is_some()) {
            bytes += accounts.try_borrow(place)?.data().len() as u64;
        }
        Ok(bytes)
    }

    /// Takes over what other VMs have changed.
    pub(crate) fn reload(
        &mut self,
        accounts: &TransactionAccounts,
        waiting: &SuspendedInvocation,
    ) -> Result<(), Failure> {
        for ((place, key), held) in places(&self.keys).zip(&mut self.held) {
            let Some(canonical) = held.canonical else { continue };
            if waiting.looked_at.contains(key) && !waiting.frozen.contains(key) {
                held.is_stale = true;
                continue;
            }
            let lamports = lamports_in(self.host.balance(canonical)?);
            let object = if held.is_alias { None } else { self.host.object(&StoredAccount::key(key))? };
            if lamports == held.lamports && object == held.object {
                continue;
            }
            if waiting.frozen.contains(key) {
                let message =
                    format!("the account {key} was changed, but a calling program holds it and did not hand it over");
                return Err(Failure::Fault(FaultKind::Border, message));
            }
            let mut account = accounts.try_borrow_mut(place)?;
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
}

impl Entry<'_> {
    /// Looks again at the programs that the entry holds, as code has changed while another VM ran: what was closed does not
    /// run any more, and what was deployed runs from the next slot, as agave has it for changes of the entry's own.
    pub(crate) fn renew_programs(
        &mut self,
        accounts: &TransactionAccounts,
        programs: &mut ProgramCacheForTxBatch,
    ) -> Result<(), Failure> {
        let BlockContext { runtime, programs: compiled, sysvars } = self.ground;
        for ((place, key), held) in places(&self.keys).zip(&self.held) {
            if held.canonical.is_none() || held.is_alias {
                continue;
            }
            let program = {
                let account = accounts.try_borrow(place)?;
                if !account.executable() {
                    continue;
                }
                // The others hold their code themselves, and it is not looked at here.
                let points = *account.owner() == bpf_loader_upgradeable::ID;
                let data = if points { Bytes::copy_from_slice(account.data()) } else { Bytes::new() };
                StoredAccount { owner: *account.owner(), executable: true, data }
            };
            let found = compiled.entry(runtime, self.host, &program, key, sysvars.slot)?;
            // It stands before what agave itself knows to be modified.
            programs.store_modified_entry(*key, found.entry);
        }
        Ok(())
    }
}

/// The keys of an entry with their places in the transaction, of which there are 256 at most.
fn places(keys: &[Pubkey]) -> impl Iterator<Item = (u16, &Pubkey)> {
    (0..=u16::MAX).zip(keys)
}

/// Whether an object is what the account would be stored as.
fn is_same(object: Option<&Bytes>, account: &impl ReadableAccount) -> bool {
    match object.map(|object| parts(object)) {
        None => to_object(account).is_none(),
        Some(Ok(stored)) => stored == (*account.owner(), account.executable(), account.data()),
        Some(Err(_)) => false,
    }
}

fn had_code(object: Option<&Bytes>) -> bool {
    object
        .and_then(|object| parts(object).ok())
        .is_some_and(|(owner, executable, data)| programs::holds_code(&owner, executable, data))
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
    place: u16,
    key: &Pubkey,
    held: &LoadedAccount,
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
    Err(Failure::Transaction(
        TransactionError::InsufficientFundsForRent { account_index: index_in_error(place.into()) },
        message,
    ))
}
