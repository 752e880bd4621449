//! Programs, verified and compiled, shared by threads.
//!
//! A program account of the upgradeable loader points to the account that holds its code. Beside that one stands a
//! *code record*: an object with the keccak256 hash of the account, its length and the number of its symbols, written
//! whenever the account changes. So entering a program reads two small objects, and the code only where it is not in memory.
//!
//! Who enters a program from another VM pays for its length and its symbols, whether it is in memory or not: reading and
//! checking the code is work, and a cache must not be seen in gas. Native code is made when a program has executed so much
//! that this pays for it as well; until then it is interpreted, with the same result.

mod cache;

use crate::{account::StoredAccount, runtime::Runtime};
use cache::Cache;
use hexapla_primitives::B256;
pub(crate) use hexapla_svm_types::code::{Holder, code_holder, code_record, holds_code, programdata_of, record_key};
use hexapla_svm_types::{code::Record, shape};
use hexapla_vm::{Fatal, Host, HostResult};
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_program_runtime::{
    invoke_context::Executable as Program,
    program_cache_entry::{ProgramCacheEntry, ProgramCacheEntryOwner, ProgramCacheEntryType},
};
use solana_pubkey::Pubkey;
use solana_sbpf::{elf::Executable, verifier::RequisiteVerifier};
use solana_sdk_ids::bpf_loader_upgradeable;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering};

/// What a program's code is known by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Version {
    hash: B256,
    loader: Pubkey,
}

/// Programs by the hash of their code.
pub(crate) struct Programs {
    /// With native code, or interpreted.
    jit: bool,
    /// Compute units that a program executes for each byte of its code before it is compiled.
    units_per_byte: u64,
    /// Native code of more bytes than this is not kept.
    native_bytes_max: usize,
    kept: Mutex<Cache<Version, Kept>>,
}

#[derive(Clone)]
struct Kept {
    entry: Arc<ProgramCacheEntry>,
    /// Its size in memory without native code.
    bytes: usize,
}

/// A program in a slot.
pub(crate) struct Found {
    /// What agave runs. A program that cannot run is a tombstone, as on Solana.
    pub(crate) entry: Arc<ProgramCacheEntry>,
    /// Bytes of the account that holds its code; zero where there is none.
    pub(crate) code_bytes: usize,
}

impl Programs {
    /// Programs of which at most `bytes_max` are kept in memory, compiled as soon as they are read.
    pub(crate) fn new(jit: bool, bytes_max: usize) -> Self {
        let kept = Mutex::new(Cache::new(bytes_max));
        Self { jit, units_per_byte: 0, native_bytes_max: bytes_max / 4, kept }
    }

    /// The same, compiled when they have executed this many compute units for each byte of their code.
    pub(crate) fn compiled_after(self, units_per_byte: u64) -> Self {
        Self { units_per_byte, ..self }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Cache<Version, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entry of a program account in this slot, paid for by the length of its code.
    pub(crate) fn entry(
        &self,
        runtime: &Runtime,
        host: &mut dyn Host,
        program: &StoredAccount,
        key: &Pubkey,
        slot: u64,
    ) -> HostResult<Found> {
        let closed = || Found { entry: tombstone(program, slot, ProgramCacheEntryType::Closed), code_bytes: 0 };
        let holder = match code_holder(program) {
            Some(Holder::Other(holder)) => holder,
            Some(Holder::Itself) => *key,
            None => return Ok(closed()),
        };
        let Some(record) = host.object(&record_key(&holder))? else { return Ok(closed()) };
        let record = Record::read(&record).ok_or_else(|| Fatal(format!("the code record of {holder} is damaged")))?;
        host.charge(record.gas())?;
        let code_bytes = usize::try_from(record.bytes).unwrap_or(usize::MAX);
        if usize::try_from(record.symbols).unwrap_or(usize::MAX) > shape::symbols_max(code_bytes) {
            let reason = ProgramCacheEntryType::FailedVerification(runtime.environment.clone());
            return Ok(Found { entry: tombstone(program, slot, reason), code_bytes });
        }
        let version = Version { hash: record.hash, loader: program.owner };
        if let Some(kept) = self.lock().get(&version, slot) {
            return Ok(Found { entry: kept.entry, code_bytes });
        }
        let object = host.peek(&StoredAccount::key(&holder))?;
        let stored = StoredAccount::from_object(object.as_ref()).map_err(|error| Fatal(error.into()))?;
        let entry = self.load(runtime, program, &stored, slot);
        let bytes = size_of::<ProgramCacheEntry>() + loaded(&entry).map_or(0, Program::mem_size);
        self.lock().insert(version, Kept { entry: Arc::clone(&entry), bytes }, bytes, slot);
        Ok(Found { entry, code_bytes })
    }

    /// A program has executed `units` compute units by itself. The thread with which it comes to have executed enough
    /// compiles it.
    pub(crate) fn executed(&self, entry: &Arc<ProgramCacheEntry>, units: u64) {
        let needed = (entry.account_size as u64).saturating_mul(self.units_per_byte);
        // agave counts uses here for its own cache, which we have none of.
        let before = entry.stats.uses.fetch_add(units, Ordering::Relaxed);
        if !self.jit || before >= needed || before.saturating_add(units) < needed {
            return;
        }
        let Some(program) = loaded(entry) else { return };
        let native = compile(program, self.native_bytes_max);
        let mut kept = self.lock();
        let found = kept.iter().find(|(_, kept)| Arc::ptr_eq(&kept.entry, entry));
        let found = found.map(|(version, kept)| (*version, kept.bytes.saturating_add(native)));
        if let Some((version, bytes)) = found {
            kept.reweigh(&version, bytes);
        }
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
        if self.jit && self.units_per_byte == 0 {
            compile(&executable, usize::MAX);
        }
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
}

/// The program of an entry that can run.
fn loaded(entry: &ProgramCacheEntry) -> Option<&Program> {
    if let ProgramCacheEntryType::Loaded(program) = &entry.program { Some(program) } else { None }
}

/// Makes native code where the machine can have it, of at most `bytes_max`, and gives its size. A program without is
/// interpreted, with the same result.
fn compile(program: &Program, bytes_max: usize) -> usize {
    #[cfg(all(target_arch = "x86_64", not(target_os = "windows")))]
    if program.jit_compile().is_ok()
        && let Some(native) = program.get_compiled_program()
    {
        // Beside the instructions stands the place of each: 4 bytes for 8 of the program.
        let bytes = native.machine_code_length().saturating_add(program.get_text_bytes().1.len() / 2);
        if bytes <= bytes_max {
            return bytes;
        }
        program.take_compiled_program();
    }
    let _ = (program, bytes_max);
    0
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
pub(crate) fn authority(program: &Pubkey, host: &mut dyn Host) -> HostResult<Option<Pubkey>> {
    let mut read = |key: &Pubkey| -> HostResult<StoredAccount> {
        let object = host.object(&StoredAccount::key(key))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use hexapla_primitives::Bytes;

    #[test]
    fn native_code_is_made_once_a_program_has_executed_enough_and_not_before() {
        let (runtime, memo) = (Runtime::new().unwrap(), crate::spl::PROGRAMS[3].elf());
        let program =
            StoredAccount { owner: solana_sdk_ids::bpf_loader::ID, executable: true, data: Bytes::from_static(memo) };
        let is_compiled = |entry: &ProgramCacheEntry| {
            #[cfg(all(target_arch = "x86_64", not(target_os = "windows")))]
            return loaded(entry).unwrap().get_compiled_program().is_some();
            #[cfg(not(all(target_arch = "x86_64", not(target_os = "windows"))))]
            return loaded(entry).is_none();
        };
        let patient = Programs::new(true, 1 << 20).compiled_after(3);
        let entry = patient.load(&runtime, &program, &program, 1);
        let needed = 3 * memo.len() as u64;
        patient.executed(&entry, needed - 1);
        assert!(!is_compiled(&entry));
        patient.executed(&entry, 1);
        assert_eq!(is_compiled(&entry), cfg!(all(target_arch = "x86_64", not(target_os = "windows"))));
        let interpreter = Programs::new(false, 1 << 20).compiled_after(3);
        let entry = interpreter.load(&runtime, &program, &program, 1);
        interpreter.executed(&entry, u64::MAX);
        assert!(!is_compiled(&entry));
    }
}
