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
pub(crate) mod shape;

use crate::{account::StoredAccount, runtime::Runtime};
use cache::Cache;
use hexapla_primitives::{B256, Bytes, ObjectKey, VmId, keccak256};
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

/// Gas of entering a program from another VM, for each word of 32 bytes of the account that holds its code (as EIP-7907
/// has it for long code), and for each symbol. Where these were set, reading and verifying took 2 to 4 ns a byte of real
/// programs, so that a miss takes 10 to 20 ns for each gas, and 13 ns a byte of one with as many symbols as may be, 35 ns.
const CODE_WORD_GAS: u64 = 4;
const SYMBOL_GAS: u64 = 16;

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
    let head =
        if *owner == bpf_loader_upgradeable::ID { UpgradeableLoaderState::size_of_programdata_metadata() } else { 0 };
    holds_code(owner, executable, data).then(|| (record_key(key), Record::of(data, head).to_bytes()))
}

/// What a code record says of the account that holds the code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Record {
    hash: B256,
    /// Bytes of its data, 10 MiB at most.
    bytes: u32,
    symbols: u32,
}

impl Record {
    /// Of an account whose code stands behind `head` bytes.
    fn of(data: &[u8], head: usize) -> Self {
        let symbols = shape::symbols(data.get(head..).unwrap_or_default());
        let [bytes, symbols] = [data.len(), symbols].map(|number| u32::try_from(number).unwrap_or(u32::MAX));
        Self { hash: keccak256(data), bytes, symbols }
    }

    fn gas(&self) -> u64 {
        let words = u64::from(self.bytes.div_ceil(32));
        CODE_WORD_GAS.saturating_mul(words).saturating_add(SYMBOL_GAS.saturating_mul(self.symbols.into()))
    }

    fn to_bytes(self) -> Bytes {
        [self.hash.as_slice(), &self.bytes.to_le_bytes(), &self.symbols.to_le_bytes()].concat().into()
    }

    fn read(record: &[u8]) -> Option<Self> {
        let (hash, rest) = record.split_first_chunk::<32>()?;
        let (bytes, symbols) = rest.split_first_chunk::<4>()?;
        let symbols = u32::from_le_bytes(symbols.try_into().ok()?);
        Some(Self { hash: B256::from(*hash), bytes: u32::from_le_bytes(*bytes), symbols })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_of_a_code_record_is_fixed() {
        let record = Record { hash: B256::repeat_byte(7), bytes: 300, symbols: 2 };
        assert_eq!(record.to_bytes()[..], [&[7; 32][..], &[44, 1, 0, 0, 2, 0, 0, 0]].concat());
        assert_eq!(Record::read(&record.to_bytes()), Some(record));
        assert_eq!(Record::read(&record.to_bytes()[..39]), None);
        assert_eq!(record.gas(), 4 * 10 + 16 * 2);
        assert_eq!(record_key(&Pubkey::new_from_array([9; 32])).key[..], [&[1][..], &[9; 32]].concat());
        let of = Record::of(&[7; 300], 0);
        assert_eq!(of, Record { hash: keccak256([7; 300]), bytes: 300, symbols: 0 });
    }

    #[test]
    fn real_programs_have_a_fraction_of_the_symbols_that_are_allowed() {
        let symbols = crate::spl::PROGRAMS.map(|program| (program.name, shape::symbols(program.elf())));
        let known = [
            ("spl-token", 769),
            ("spl-token-2022", 2525),
            ("spl-associated-token-account", 473),
            ("spl-memo", 7),
            ("address-lookup-table", 1059),
        ];
        assert_eq!(symbols, known);
        for program in crate::spl::PROGRAMS {
            assert!(shape::symbols(program.elf()) < shape::symbols_max(program.elf().len()) / 2, "{}", program.name);
        }
    }

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
