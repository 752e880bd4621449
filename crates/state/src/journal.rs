//! The only writable view of state during a transaction, for all VMs.
//!
//! [`WorldJournal`] is revm's journal (accounts, words, logs, warm and cold, transient storage, refunds) plus a journal
//! of objects whose checkpoints keep in step with revm's. Of revm's interface only the checkpoint methods do more than
//! pass on.

use crate::{
    changes::{ObjectSlot, ObjectState, TxChanges},
    events::StateEvent,
    reader::StateError,
};
use alloc::vec::Vec;
use hexapla_primitives::{Bytes, ObjectKey};
use revm::{
    Database,
    bytecode::Bytecode,
    context::journal::{Journal, JournalEntry},
    context_interface::{
        context::{SStoreResult, SelfDestructResult, StateLoad},
        journaled_state::{
            AccountInfoLoad, AccountLoad, JournalCheckpoint, JournalLoadError, JournalTr, TransferError,
            account::JournaledAccount,
        },
    },
    primitives::{
        Address, AddressMap, AddressSet, B256, HashSet, Log, StorageKey, StorageValue, U256, hardfork::SpecId,
    },
    state::{Account, EvmState},
};

/// What the journal asks of the database beyond what revm's interface has.
pub trait WorldSource {
    /// An object as it was before the transaction.
    fn object(&mut self, key: &ObjectKey) -> Result<Option<Bytes>, StateError>;

    /// Whether an account has any storage.
    fn has_storage(&mut self, address: Address) -> Result<bool, StateError>;
}

/// What pricing the access of an object depends on.
#[derive(Clone, Debug, Default)]
pub struct ObjectAccess {
    /// This is the first access in the transaction.
    pub is_cold: bool,
    /// The object before the transaction.
    pub original: Option<Bytes>,
    /// The object now.
    pub present: Option<Bytes>,
}

/// Room for the objects of a transaction, made at the first of them.
const OBJECTS_AT_FIRST: usize = 14;

/// What a revert takes back.
#[derive(Debug)]
enum Undo {
    /// A write: the former value.
    Write(ObjectKey, Option<Bytes>),
    /// The first access: the object is cold again (as EIP-2929 has it for slots). It stays in the read set.
    Access(ObjectKey),
}

/// revm's journal plus the object journal.
#[derive(Debug)]
pub struct WorldJournal<DB> {
    words: Journal<DB>,
    objects: ObjectState,
    /// What a revert takes back, newest last.
    undo: Vec<Undo>,
    /// Length of `undo` at each open checkpoint.
    checkpoints: Vec<usize>,
    /// A fault of the database that revm's interface could not carry.
    failure: Option<StateError>,
    /// What has happened since somebody asked, where anybody watches.
    events: Option<Vec<StateEvent>>,
}

impl<DB: Database + WorldSource> WorldJournal<DB> {
    /// Reads an object; the first read of each goes to the database and joins the read set.
    pub fn object(&mut self, key: &ObjectKey) -> Result<Option<Bytes>, StateError> {
        match self.objects.get(key) {
            Some(slot) => Ok(slot.present.clone()),
            None => self.load(key),
        }
    }

    /// The object as it is now, without a trace: not in the read set, and as cold as before.
    pub fn peek_object(&mut self, key: &ObjectKey) -> Result<Option<Bytes>, StateError> {
        match self.objects.get(key) {
            Some(slot) => Ok(slot.present.clone()),
            None => self.words.database.object(key),
        }
    }

    /// The first read of an object.
    fn load(&mut self, key: &ObjectKey) -> Result<Option<Bytes>, StateError> {
        let value = self.words.database.object(key)?;
        if self.objects.is_empty() {
            // A transaction that uses objects at all uses several: accounts, their owners' records.
            self.objects.reserve(OBJECTS_AT_FIRST);
        }
        self.objects
            .insert(key.clone(), ObjectSlot { original: value.clone(), present: value.clone(), is_warm: false });
        Ok(value)
    }

    /// Writes an object, or removes it with `None`.
    pub fn set_object(&mut self, key: &ObjectKey, value: Option<Bytes>) -> Result<(), StateError> {
        if !self.objects.contains_key(key) {
            self.load(key)?;
        }
        if let Some(events) = &mut self.events {
            events.push(StateEvent::ObjectWritten { key: key.clone(), value: value.clone() });
        }
        if let Some(slot) = self.objects.get_mut(key) {
            let former = core::mem::replace(&mut slot.present, value);
            self.undo.push(Undo::Write(key.clone(), former));
        }
        Ok(())
    }

    /// Whether an object was accessed before, in this frame or one that stands.
    pub fn is_object_warm(&self, key: &ObjectKey) -> bool {
        self.objects.get(key).is_some_and(|slot| slot.is_warm)
    }

    /// Accesses an object: how it was before the transaction, how it is now, and whether this is the first access.
    pub fn object_access(&mut self, key: &ObjectKey) -> Result<ObjectAccess, StateError> {
        if !self.objects.contains_key(key) {
            self.load(key)?;
        }
        let Some(slot) = self.objects.get_mut(key) else { return Ok(ObjectAccess::default()) };
        let is_cold = !core::mem::replace(&mut slot.is_warm, true);
        let access = ObjectAccess { is_cold, original: slot.original.clone(), present: slot.present.clone() };
        if is_cold {
            self.undo.push(Undo::Access(key.clone()));
        }
        if let Some(events) = &mut self.events {
            events.push(StateEvent::ObjectRead { key: key.clone(), value: access.present.clone() });
        }
        Ok(access)
    }

    /// Keeps what happens from now on, for [`WorldJournal::take_events`]; or no longer.
    pub fn watch(&mut self, on: bool) {
        self.events = on.then(Vec::new);
    }

    /// What has happened since the last time, in order; nothing where nobody watches.
    pub fn take_events(&mut self) -> Vec<StateEvent> {
        self.events.as_mut().map(core::mem::take).unwrap_or_default()
    }

    /// Ends the transaction: everything it read and wrote. The journal is as new afterwards.
    pub fn take_changes(&mut self) -> TxChanges {
        let accounts = self.words.finalize();
        self.undo.clear();
        self.checkpoints.clear();
        TxChanges { accounts, objects: core::mem::take(&mut self.objects) }
    }

    /// A fault of the database that no result carries; the transaction must then be aborted.
    pub fn take_failure(&mut self) -> Option<StateError> {
        self.failure.take()
    }

    /// The database below; what was not taken as changes is lost.
    pub fn into_database(self) -> DB {
        self.words.database
    }

    fn undo_to(&mut self, length: usize) {
        while self.undo.len() > length {
            match self.undo.pop() {
                None => return,
                Some(Undo::Write(key, former)) => {
                    if let Some(slot) = self.objects.get_mut(&key) {
                        slot.present = former;
                    }
                }
                Some(Undo::Access(key)) => {
                    if let Some(slot) = self.objects.get_mut(&key) {
                        slot.is_warm = false;
                    }
                }
            }
        }
    }
}

type DbError<DB> = <DB as Database>::Error;

impl<DB: Database + WorldSource> JournalTr for WorldJournal<DB> {
    type Database = DB;
    type State = EvmState;
    type JournaledAccount<'a>
        = JournaledAccount<'a, DB, JournalEntry>
    where
        DB: 'a;

    fn new(database: DB) -> Self {
        Self {
            words: Journal::new(database),
            objects: ObjectState::default(),
            undo: Vec::new(),
            checkpoints: Vec::new(),
            failure: None,
            events: None,
        }
    }

    // The checkpoints of both journals keep in step.

    #[inline]
    fn checkpoint(&mut self) -> JournalCheckpoint {
        self.checkpoints.push(self.undo.len());
        self.words.checkpoint()
    }

    #[inline]
    fn checkpoint_commit(&mut self) {
        self.checkpoints.pop();
        self.words.checkpoint_commit();
        debug_assert_eq!(self.checkpoints.len(), self.words.depth);
    }

    #[inline]
    fn checkpoint_revert(&mut self, checkpoint: JournalCheckpoint) {
        if let Some(length) = self.checkpoints.pop() {
            self.undo_to(length);
        }
        self.words.checkpoint_revert(checkpoint);
        debug_assert_eq!(self.checkpoints.len(), self.words.depth);
    }

    fn create_account_checkpoint(
        &mut self,
        caller: Address,
        address: Address,
        balance: U256,
        spec_id: SpecId,
    ) -> Result<JournalCheckpoint, TransferError> {
        // EIP-7610: an account with storage is taken, even without code and nonce.
        match self.words.database.has_storage(address) {
            Ok(false) => {}
            Ok(true) => return Err(TransferError::CreateCollision),
            Err(failure) => {
                self.failure = Some(failure);
                return Err(TransferError::CreateCollision);
            }
        }
        let checkpoint = self.words.create_account_checkpoint(caller, address, balance, spec_id)?;
        self.checkpoints.push(self.undo.len());
        Ok(checkpoint)
    }

    fn commit_tx(&mut self) {
        self.undo.clear();
        self.checkpoints.clear();
        self.words.commit_tx();
    }

    fn discard_tx(&mut self) {
        self.undo_to(0);
        self.checkpoints.clear();
        self.words.discard_tx();
    }

    fn finalize(&mut self) -> EvmState {
        self.take_changes().accounts
    }

    // Everything below passes on.

    fn db_and_state(&self) -> (&DB, &EvmState) {
        self.words.db_and_state()
    }

    fn db_and_state_mut(&mut self) -> (&mut DB, &mut EvmState) {
        self.words.db_and_state_mut()
    }

    #[inline]
    fn sload_skip_cold_load(
        &mut self,
        address: Address,
        key: StorageKey,
        skip: bool,
    ) -> Result<StateLoad<StorageValue>, JournalLoadError<DbError<DB>>> {
        let load = self.words.sload_skip_cold_load(address, key, skip)?;
        if let Some(events) = &mut self.events {
            events.push(StateEvent::WordRead { account: address, key, value: load.data });
        }
        Ok(load)
    }

    #[inline]
    fn sstore_skip_cold_load(
        &mut self,
        address: Address,
        key: StorageKey,
        value: StorageValue,
        skip: bool,
    ) -> Result<StateLoad<SStoreResult>, JournalLoadError<DbError<DB>>> {
        let stored = self.words.sstore_skip_cold_load(address, key, value, skip)?;
        if let Some(events) = &mut self.events {
            events.push(StateEvent::WordWritten { account: address, key, value });
        }
        Ok(stored)
    }

    #[inline]
    fn tload(&mut self, address: Address, key: StorageKey) -> StorageValue {
        self.words.tload(address, key)
    }

    #[inline]
    fn tstore(&mut self, address: Address, key: StorageKey, value: StorageValue) {
        self.words.tstore(address, key, value);
    }

    #[inline]
    fn log(&mut self, log: Log) {
        if let Some(events) = &mut self.events {
            events.push(StateEvent::Log(log.clone()));
        }
        self.words.log(log);
    }

    fn take_logs(&mut self) -> Vec<Log> {
        self.words.take_logs()
    }

    fn logs(&self) -> &[Log] {
        self.words.logs()
    }

    fn selfdestruct(
        &mut self,
        address: Address,
        target: Address,
        skip: bool,
    ) -> Result<StateLoad<SelfDestructResult>, JournalLoadError<DbError<DB>>> {
        self.words.selfdestruct(address, target, skip)
    }

    fn warm_access_list(&mut self, list: AddressMap<HashSet<StorageKey>>) {
        self.words.warm_access_list(list);
    }

    fn warm_coinbase_account(&mut self, address: Address) {
        self.words.warm_coinbase_account(address);
    }

    fn warm_precompiles(&mut self, addresses: &AddressSet) {
        self.words.warm_precompiles(addresses);
    }

    fn precompile_addresses(&self) -> &AddressSet {
        self.words.precompile_addresses()
    }

    fn set_spec_id(&mut self, spec_id: SpecId) {
        self.words.set_spec_id(spec_id);
    }

    fn set_eip7708_config(&mut self, disabled: bool, delayed_clear_disabled: bool) {
        JournalTr::set_eip7708_config(&mut self.words, disabled, delayed_clear_disabled);
    }

    fn touch_account(&mut self, address: Address) {
        self.words.touch_account(address);
    }

    fn transfer(&mut self, from: Address, to: Address, value: U256) -> Result<Option<TransferError>, DbError<DB>> {
        JournalTr::transfer(&mut self.words, from, to, value)
    }

    fn transfer_loaded(&mut self, from: Address, to: Address, value: U256) -> Option<TransferError> {
        JournalTr::transfer_loaded(&mut self.words, from, to, value)
    }

    #[expect(deprecated, reason = "required by the trait")]
    fn caller_accounting_journal_entry(&mut self, address: Address, old_balance: U256, bump_nonce: bool) {
        JournalTr::caller_accounting_journal_entry(&mut self.words, address, old_balance, bump_nonce);
    }

    fn balance_incr(&mut self, address: Address, value: U256) -> Result<(), DbError<DB>> {
        JournalTr::balance_incr(&mut self.words, address, value)
    }

    #[expect(deprecated, reason = "required by the trait")]
    fn nonce_bump_journal_entry(&mut self, address: Address) {
        JournalTr::nonce_bump_journal_entry(&mut self.words, address);
    }

    fn load_account(&mut self, address: Address) -> Result<StateLoad<&Account>, DbError<DB>> {
        JournalTr::load_account(&mut self.words, address)
    }

    fn load_account_with_code(&mut self, address: Address) -> Result<StateLoad<&Account>, DbError<DB>> {
        self.words.load_account_with_code(address)
    }

    fn load_account_delegated(&mut self, address: Address) -> Result<StateLoad<AccountLoad>, DbError<DB>> {
        JournalTr::load_account_delegated(&mut self.words, address)
    }

    #[inline]
    fn load_account_mut_skip_cold_load(
        &mut self,
        address: Address,
        skip: bool,
    ) -> Result<StateLoad<Self::JournaledAccount<'_>>, JournalLoadError<DbError<DB>>> {
        self.words.load_account_mut_skip_cold_load(address, skip)
    }

    fn load_account_mut_optional_code(
        &mut self,
        address: Address,
        load_code: bool,
    ) -> Result<StateLoad<Self::JournaledAccount<'_>>, DbError<DB>> {
        JournalTr::load_account_mut_optional_code(&mut self.words, address, load_code)
    }

    fn set_code_with_hash(&mut self, address: Address, code: Bytecode, hash: B256) {
        JournalTr::set_code_with_hash(&mut self.words, address, code, hash);
    }

    fn depth(&self) -> usize {
        self.words.depth
    }

    #[inline]
    fn load_account_info_skip_cold_load(
        &mut self,
        address: Address,
        load_code: bool,
        skip: bool,
    ) -> Result<AccountInfoLoad<'_>, JournalLoadError<DbError<DB>>> {
        self.words.load_account_info_skip_cold_load(address, load_code, skip)
    }
}
