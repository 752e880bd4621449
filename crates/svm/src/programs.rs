//! Programs, verified and compiled, shared by threads.
//!
//! A program account of the upgradeable loader points to the account that holds its code. Beside that one stands a
//! *code record*: an object with the keccak256 hash of the account, written whenever the account changes. So entering a
//! program reads two small objects, and the code only where it is not compiled yet.

use crate::{account::StoredAccount, runtime::Runtime};
use hexapla_primitives::{B256, Bytes, ObjectKey, VmId, keccak256};
use hexapla_vm::{Fatal, Host, HostResult};
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_program_runtime::program_cache_entry::{ProgramCacheEntry, ProgramCacheEntryOwner, ProgramCacheEntryType};
use solana_pubkey::Pubkey;
use solana_sbpf::{elf::Executable, verifier::RequisiteVerifier};
use solana_sdk_ids::bpf_loader_upgradeable;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// `UpgradeableLoaderState::Program` and `ProgramData` in bincode begin with these.
const PROGRAM_TAG: [u8; 4] = [2, 0, 0, 0];
const PROGRAMDATA_TAG: [u8; 4] = [3, 0, 0, 0];

/// First byte of the key of a code record; account keys are 32 bytes, these are 33.
const CODE_RECORD: u8 = 1;

/// What a program's code is known by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Version {
    hash: B256,
    loader: Pubkey,
}

/// Compiled programs by the hash of their code.
pub(crate) struct Programs {
    /// With native code, or interpreted.
    jit: bool,
    /// Most bytes of ELF whose programs are kept.
    bytes_max: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    entries: HashMap<Version, Program>,
    /// Sum of their sizes.
    bytes: usize,
    clock: u64,
}

struct Program {
    entry: Arc<ProgramCacheEntry>,
    /// Size of its account's data.
    bytes: usize,
    used: u64,
}

impl Programs {
    pub(crate) fn new(jit: bool, bytes_max: usize) -> Self {
        Self { jit, bytes_max, kept: Mutex::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).entries.len()
    }

    /// The entry of a program account in this slot. A program that cannot run is a tombstone, as on Solana.
    pub(crate) fn entry(
        &self,
        runtime: &Runtime,
        host: &mut dyn Host,
        gas: &mut u64,
        program: &StoredAccount,
        key: &Pubkey,
        slot: u64,
    ) -> HostResult<Arc<ProgramCacheEntry>> {
        let holder = match code_holder(program) {
            Some(Holder::Other(holder)) => holder,
            Some(Holder::Itself) => *key,
            None => return Ok(tombstone(program, slot, ProgramCacheEntryType::Closed)),
        };
        let Some(record) = host.object(gas, &record_key(&holder))? else {
            return Ok(tombstone(program, slot, ProgramCacheEntryType::Closed));
        };
        let hash = B256::try_from(&record[..]).map_err(|_| Fatal(format!("the code record of {holder} is damaged")))?;
        let version = Version { hash, loader: program.owner };
        if let Some(entry) = self.kept(&version) {
            return Ok(entry);
        }
        let mut free = u64::MAX;
        let object = host.object(&mut free, &StoredAccount::key(&holder))?;
        let stored = StoredAccount::from_object(object.as_ref()).map_err(|error| Fatal(error.into()))?;
        let entry = self.load(runtime, program, &stored, slot);
        self.keep(version, &entry, stored.data.len());
        Ok(entry)
    }

    fn kept(&self, version: &Version) -> Option<Arc<ProgramCacheEntry>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let now = kept.clock;
        let program = kept.entries.get_mut(version)?;
        program.used = now;
        Some(Arc::clone(&program.entry))
    }

    fn keep(&self, version: Version, entry: &Arc<ProgramCacheEntry>, bytes: usize) {
        if bytes > self.bytes_max {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.bytes.saturating_add(bytes) > self.bytes_max {
            let oldest = kept.entries.iter().min_by_key(|(_, program)| program.used).map(|(version, _)| *version);
            let Some(removed) = oldest.and_then(|oldest| kept.entries.remove(&oldest)) else { break };
            kept.bytes = kept.bytes.saturating_sub(removed.bytes);
        }
        let program = Program { entry: Arc::clone(entry), bytes, used: kept.clock };
        let replaced = kept.entries.insert(version, program);
        kept.bytes = kept.bytes.saturating_add(bytes).saturating_sub(replaced.map_or(0, |program| program.bytes));
    }

    /// Verifies and compiles a program whose code `holder` holds.
    pub(crate) fn load(
        &self,
        runtime: &Runtime,
        program: &StoredAccount,
        holder: &StoredAccount,
        slot: u64,
    ) -> Arc<ProgramCacheEntry> {
        let failed =
            || tombstone(program, slot, ProgramCacheEntryType::FailedVerification(runtime.environment.clone()));
        let (deployed, elf) = match code_of(program, holder) {
            Some(code) => code,
            None => return tombstone(program, slot, ProgramCacheEntryType::Closed),
        };
        let Ok(executable) = Executable::load(elf, Arc::clone(&*runtime.environment)) else { return failed() };
        if executable.verify::<RequisiteVerifier>().is_err() {
            return failed();
        }
        self.compile(&executable);
        let Ok(owner) = ProgramCacheEntryOwner::try_from(&program.owner) else { return failed() };
        Arc::new(ProgramCacheEntry {
            program: ProgramCacheEntryType::Loaded(executable),
            account_owner: owner,
            account_size: holder.data.len(),
            deployment_slot: deployed,
            effective_slot: deployed.saturating_add(u64::from(deployed > 0)),
            ..ProgramCacheEntry::default()
        })
    }

    /// Native code where the machine can have it; a program that is not compiled is interpreted, with the same result.
    fn compile(&self, executable: &solana_program_runtime::invoke_context::Executable) {
        #[cfg(all(target_arch = "x86_64", not(target_os = "windows")))]
        if self.jit {
            let _ = executable.jit_compile();
        }
        let _ = (self.jit, executable);
    }
}

/// Where the code of a program is.
pub(crate) enum Holder {
    /// In its own account.
    Itself,
    /// In another.
    Other(Pubkey),
}

/// The account that holds the code of a program.
pub(crate) fn code_holder(program: &StoredAccount) -> Option<Holder> {
    if program.owner != bpf_loader_upgradeable::ID {
        return Some(Holder::Itself);
    }
    programdata_of(&program.data).map(Holder::Other)
}

/// The account that holds the code of a program of the upgradeable loader, by the data of the program's account.
pub(crate) fn programdata_of(program: &[u8]) -> Option<Pubkey> {
    let (tag, rest) = program.split_first_chunk()?;
    (*tag == PROGRAM_TAG).then(|| rest.first_chunk().copied().map(Pubkey::new_from_array)).flatten()
}

/// Slot of deployment and ELF.
fn code_of<'a>(program: &StoredAccount, holder: &'a StoredAccount) -> Option<(u64, &'a [u8])> {
    if program.owner != bpf_loader_upgradeable::ID {
        return Some((0, &holder.data));
    }
    match bincode::deserialize(&holder.data) {
        Ok(UpgradeableLoaderState::ProgramData { slot, .. }) => {
            Some((slot, holder.data.get(UpgradeableLoaderState::size_of_programdata_metadata()..)?))
        }
        _ => None,
    }
}

/// Who may upgrade a program; `None` for one that nobody can change.
pub(crate) fn authority(program: &Pubkey, host: &mut dyn Host, gas: &mut u64) -> HostResult<Option<Pubkey>> {
    let mut read = |key: &Pubkey| -> HostResult<StoredAccount> {
        let object = host.object(gas, &StoredAccount::key(key))?;
        Ok(StoredAccount::from_object(object.as_ref()).map_err(|error| Fatal(error.into()))?)
    };
    let Some(Holder::Other(holder)) = code_holder(&read(program)?) else { return Ok(None) };
    match bincode::deserialize(&read(&holder)?.data) {
        Ok(UpgradeableLoaderState::ProgramData { upgrade_authority_address, .. }) => Ok(upgrade_authority_address),
        _ => Ok(None),
    }
}

fn tombstone(program: &StoredAccount, slot: u64, reason: ProgramCacheEntryType) -> Arc<ProgramCacheEntry> {
    let owner = ProgramCacheEntryOwner::try_from(&program.owner).unwrap_or_default();
    Arc::new(ProgramCacheEntry::new_tombstone(slot, owner, reason))
}

/// The key of the code record of an account.
pub(crate) fn record_key(holder: &Pubkey) -> ObjectKey {
    let mut key = vec![CODE_RECORD];
    key.extend_from_slice(holder.as_ref());
    ObjectKey::new(VmId::SVM, key)
}

/// Whether an account holds code, so that it needs a code record.
pub(crate) fn holds_code(owner: &Pubkey, executable: bool, data: &[u8]) -> bool {
    if *owner != bpf_loader_upgradeable::ID {
        return executable;
    }
    data.first_chunk() == Some(&PROGRAMDATA_TAG)
}

/// The code record that belongs to an account, as an object to be written beside it; `None` where it holds no code.
pub(crate) fn code_record(key: &Pubkey, owner: &Pubkey, executable: bool, data: &[u8]) -> Option<(ObjectKey, Bytes)> {
    holds_code(owner, executable, data).then(|| (record_key(key), Bytes::copy_from_slice(keccak256(data).as_slice())))
}
