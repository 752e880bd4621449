//! Durable state with its root and its proofs.
//!
//! Values stand flat in the store and are what execution reads; the tries stand beside them and give the root.
//!
//! A store with a log is not written with each block: the block goes to the log, which makes it durable, and its rows
//! stay in memory. After some blocks a checkpoint writes all of them in one batch, with the nodes of the tries, and the
//! log begins anew. A store without a log is written with each block, in one batch. Either way a crash leaves the
//! state of one block, never a mixture.

#[cfg(doc)]
use crate::HistoryError;
use crate::{
    changes,
    checkpoint::{Checkpoint, put_position},
    logged::{self, Logged},
    options::{StateMemory, StateOptions},
    past::Past,
    proof::ObjectProof,
    prove,
    reader::StoredState,
    recent::Recent,
    record::Record,
    rows,
    snapshot::{self, SnapshotError},
    tries::{STORAGES_MAX, Tries},
    view::{Base, Position, View},
};
use hexapla_primitives::{Address, B256, ObjectKey};
use hexapla_state::{BlockChanges, Overlay, StateError, StateReader};
use hexapla_store::{Batch, KvStore, MemoryStore, Snapshot};
use hexapla_trie::AccountProof;
use std::{
    io::{Read, Write},
    sync::Arc,
};

/// Durable state of all VMs.
pub struct StateDb {
    logged: Option<Logged>,
    // Behind the log, which is dropped first: the store keeps others away from it.
    store: Arc<dyn KvStore>,
    options: StateOptions,
    at: Position,
    /// `None` after a failure, when they may be ahead of the state.
    tries: Option<Tries>,
    past: Past,
}

impl StateDb {
    /// Opens the state in a store; an empty store is the empty state.
    ///
    /// # Errors
    ///
    /// [`StateError::Format`], [`StateError::UnfinishedImport`], [`StateError::CorruptRow`], what the store and its log
    /// report, and [`HistoryError`] where the log does not fit the store.
    pub fn open(store: Arc<dyn KvStore>) -> Result<Self, StateError> {
        Self::open_with(store, StateOptions::default())
    }

    /// The same with options.
    pub fn open_with(store: Arc<dyn KvStore>, options: StateOptions) -> Result<Self, StateError> {
        let at = position(&*store.snapshot().map_err(StateError::backend)?)?;
        let mut db = Self::at(store, at, options);
        if let Some(disk) = db.store.log_disk() {
            let (logged, end, tries) = Logged::open(&*db.store, disk, at, options)?;
            (db.logged, db.at, db.tries) = (Some(logged), end, Some(tries));
            db.trim();
        }
        Ok(db)
    }

    /// A state in memory, for tests and short-lived chains.
    pub fn in_memory() -> Self {
        Self::at(Arc::new(MemoryStore::default()), Position::EMPTY, StateOptions::default())
    }

    fn at(store: Arc<dyn KvStore>, at: Position, options: StateOptions) -> Self {
        Self { logged: None, store, options, at, tries: None, past: Past::default() }
    }

    /// Writes the whole state as it is now, in the form that [`StateDb::import`] reads. Hashes of blocks are not in it.
    pub fn export(&mut self, mut out: impl Write) -> Result<(), SnapshotError> {
        self.checkpoint()?;
        snapshot::export(&*self.view()?.base, self.at.root, &mut out)
    }

    /// Reads the state with this root from a stream into an empty store. Nothing of the stream is trusted: all of it is
    /// checked against the root while it is read. A stream that is refused at its end has filled the store with what it
    /// holds by then: whoever reads from strangers bounds its length. A store into which a
    /// part of a stream was read is not opened as a state; delete it.
    pub fn import(store: Arc<dyn KvStore>, root: B256, mut input: impl Read) -> Result<Self, SnapshotError> {
        if let Some(disk) = store.log_disk() {
            logged::check_empty(disk)?;
        }
        snapshot::import(&store, root, &mut input)?;
        Ok(Self::open(store)?)
    }

    /// A copy that goes its own way from here on, where the store can be copied: in memory it costs next to nothing. `None`
    /// where it stands on a disk.
    pub fn fork(&self) -> Option<Self> {
        if self.logged.is_some() {
            return None;
        }
        Some(Self::at(self.store.fork()?, self.at, self.options))
    }

    /// The state root: of an Ethereum-compatible secure Merkle Patricia trie over all accounts of all VMs.
    pub const fn root(&self) -> B256 {
        self.at.root
    }

    /// The number of the newest block that [`StateDb::commit_block`] has committed; `None` before the first.
    pub const fn block(&self) -> Option<u64> {
        self.at.block
    }

    /// The number of the newest block that a crash cannot take any more; `None` before the first.
    pub fn durable_block(&self) -> Option<u64> {
        self.logged.as_ref().map_or(self.at, |logged| logged.durable).block
    }

    /// The memory that the state uses now; see [`StateOptions::memory_bytes`].
    pub fn memory(&self) -> StateMemory {
        let logged = self.logged.as_ref();
        StateMemory {
            tries: self.tries.as_ref().map_or(0, Tries::memory),
            recent: logged.map_or(0, Logged::recent_bytes),
            cache: logged.map_or(0, |logged| logged.base.cache_bytes()),
            history: self.past.memory(recent_of(&self.logged)),
        }
    }

    /// The state as it is now; later commits do not show in it.
    pub fn reader(&self) -> Result<Arc<dyn StateReader>, StateError> {
        Ok(Arc::new(StoredState::new(self.view()?)))
    }

    /// The state after a block; see [`StateOptions::history_blocks`].
    ///
    /// # Errors
    ///
    /// [`HistoryError::PastBlock`] where it is not kept.
    pub fn reader_at(&self, block: u64) -> Result<Arc<dyn StateReader>, StateError> {
        Ok(Arc::new(StoredState::new(self.past.view(block)?.clone())))
    }

    /// The state root after a block, likewise.
    pub fn root_at(&self, block: u64) -> Result<B256, StateError> {
        Ok(self.past.view(block)?.at.root)
    }

    /// An overlay on the state as it is now, for the next block.
    pub fn overlay(&self) -> Result<Overlay, StateError> {
        Ok(Overlay::new(self.reader()?))
    }

    fn view(&self) -> Result<View, StateError> {
        Ok(match &self.logged {
            Some(logged) => logged.view(self.at),
            None => View { base: Arc::new(Base::of(&*self.store, self.at, None)?), recent: Vec::new(), at: self.at },
        })
    }

    /// Commits a block's changes and gives the new root. How soon they are durable, the options say; by default they
    /// are at once.
    ///
    /// On an error this state stays as it was, and the commit may be tried again, unless the error says that the store
    /// must be opened again. Where the machine failed at the very end, the disk may already hold the new state; whoever
    /// opens it finds one of the two whole. Where there is a log, a block's changes are at most 1 GiB.
    pub fn commit(&mut self, changes: &BlockChanges) -> Result<B256, StateError> {
        self.write(changes, None, |root| root)
    }

    /// The same, and remembers the hash of the block, which `hash_of` makes from the new root: both or neither.
    pub fn commit_block(
        &mut self,
        changes: &BlockChanges,
        number: u64,
        hash_of: impl FnOnce(B256) -> B256,
    ) -> Result<B256, StateError> {
        self.write(changes, Some(number), hash_of)
    }

    fn write(
        &mut self,
        changes: &BlockChanges,
        number: Option<u64>,
        hash_of: impl FnOnce(B256) -> B256,
    ) -> Result<B256, StateError> {
        self.tend_checkpoint()?;
        self.at = self.write_next(changes, number, hash_of)?;
        if let (Some(block), 1..) = (number, self.options.history_blocks) {
            // The block is committed, even if it cannot be kept.
            self.past.add(block, self.view().ok(), self.options.history_blocks);
        }
        self.trim();
        Ok(self.at.root)
    }

    fn write_next(
        &mut self,
        changes: &BlockChanges,
        number: Option<u64>,
        hash_of: impl FnOnce(B256) -> B256,
    ) -> Result<Position, StateError> {
        // They run ahead of the state, and come back with it.
        let (view, mut tries) = self.take_ready()?;
        let (root, mut rows) = changes::apply(&mut tries, &view, changes)?;
        // A store in memory copies what somebody looks at before it changes it.
        drop(view);
        let block = number.map(|number| (number, hash_of(root)));
        rows::put_block_hash(&mut rows, block);
        let next = Position { version: self.at.version + 1, root, block: number.or(self.at.block) };
        match &mut self.logged {
            Some(logged) => {
                logged.append(&Record::new(self.at, next, block, changes), next, self.options)?;
                logged.add(next.version, rows);
            }
            None => {
                tries.take_rows(&mut rows);
                put_position(&mut rows, next);
                self.store.write(rows).map_err(StateError::backend)?;
                tries.note_saved();
            }
        }
        self.tries = Some(tries);
        Ok(next)
    }

    /// Makes every commit so far durable, and gives the number of the newest block; `None` before the first.
    ///
    /// # Errors
    ///
    /// Those of the log. After one of them no commit is accepted: open the store again.
    pub fn sync(&mut self) -> Result<Option<u64>, StateError> {
        if let Some(logged) = &mut self.logged {
            logged.sync(self.at)?;
        }
        Ok(self.durable_block())
    }

    /// Writes all blocks that are only in the log to the store, and waits for that; they need not be replayed then when
    /// the store is opened. It happens by itself after some blocks, see [`StateOptions::checkpoint_blocks`].
    ///
    /// # Errors
    ///
    /// [`HistoryError::Checkpoint`]: what is durable stays durable, but no commit is accepted until the store is opened
    /// again. What the log reports.
    pub fn checkpoint(&mut self) -> Result<(), StateError> {
        self.finish_checkpoint()?;
        self.begin_checkpoint()?;
        self.finish_checkpoint()
    }

    /// Takes note of a checkpoint that was written, and begins the next one if it is time.
    fn tend_checkpoint(&mut self) -> Result<(), StateError> {
        let Some(logged) = &self.logged else { return Ok(()) };
        logged.checkpoint.check()?;
        if let Checkpoint::Running(running) = &logged.checkpoint {
            let left = self.options.memory_bytes.saturating_sub(logged.memory());
            let is_over = self.tries.as_mut().is_some_and(|tries| tries.exceeds(left));
            if !running.is_finished() && !is_over && !logged.is_due(2, self.at, self.options) {
                return Ok(());
            }
            self.finish_checkpoint()?;
        }
        let bytes_max = self.options.tries_bytes_max();
        let is_full = |tries: &mut Tries| tries.unsaved() > STORAGES_MAX || tries.exceeds(bytes_max);
        if self.tries.as_mut().is_some_and(is_full)
            || self.logged.as_ref().is_some_and(|logged| logged.is_due(1, self.at, self.options))
        {
            self.begin_checkpoint()?;
        }
        Ok(())
    }

    /// Begins to write what the store does not hold yet, if there is something. None is being written.
    fn begin_checkpoint(&mut self) -> Result<(), StateError> {
        if self.logged.as_ref().is_none_or(|logged| logged.last == self.at) {
            return Ok(());
        }
        let mut nodes = Batch::new();
        let (_, tries) = self.ready()?;
        tries.take_rows(&mut nodes);
        let begun = self.logged.as_mut().map_or(Ok(()), |logged| logged.begin_checkpoint(&self.store, nodes, self.at));
        if begun.is_err() {
            // The rows were taken, and will not be written.
            self.tries = None;
        }
        begun
    }

    /// Waits for the checkpoint that is being written, if there is one.
    fn finish_checkpoint(&mut self) -> Result<(), StateError> {
        let Some(logged) = &mut self.logged else { return Ok(()) };
        match logged.finish_checkpoint(&*self.store, self.options) {
            Ok(true) => {
                self.tries.iter_mut().for_each(Tries::note_saved);
                self.trim();
            }
            Ok(false) => {}
            Err(error) => {
                // They take what it was to write for stored.
                self.tries = None;
                return Err(error);
            }
        }
        Ok(())
    }

    /// The state as it is now, and its tries.
    fn ready(&mut self) -> Result<(View, &mut Tries), StateError> {
        let (view, tries) = self.take_ready()?;
        Ok((view, self.tries.insert(tries)))
    }

    /// The same, for who changes the tries: they are to be given back once the state has changed as well.
    fn take_ready(&mut self) -> Result<(View, Tries), StateError> {
        if self.tries.is_none() {
            // New tries know nothing of rows that are being written, and could not remove them. If the checkpoint
            // fails, none will be written again.
            let _ = self.finish_checkpoint();
        }
        let view = self.view()?;
        let tries = match self.tries.take() {
            Some(tries) => tries,
            None => Tries::of(&view)?,
        };
        Ok((view, tries))
    }

    /// Brings the memory back into its budget, as far as what is needed for the next checkpoint allows it.
    fn trim(&mut self) {
        self.past.shrink(recent_of(&self.logged), self.options.history_bytes_max());
        let Some(tries) = &mut self.tries else { return };
        match &self.logged {
            // What it writes cannot be loaded yet.
            Some(logged) if logged.checkpoint.is_running() => {}
            Some(_) => tries.shrink(self.options.tries_bytes_max()),
            None => tries.shrink(self.options.memory_bytes),
        }
    }

    /// Proof of an account and of some of its storage slots, in the form of `eth_getProof` (EIP-1186).
    pub fn account_proof(&mut self, address: Address, slots: &[B256]) -> Result<AccountProof, StateError> {
        let (view, tries) = self.ready()?;
        let proof = prove::account(tries, &view, address, slots);
        self.trim();
        proof
    }

    /// The same as it was after a block; see [`StateOptions::history_blocks`]. The first proof after another block takes
    /// as long as the blocks from the checkpoint before it to it took.
    ///
    /// # Errors
    ///
    /// [`HistoryError::PastBlock`] where it is not kept.
    pub fn account_proof_at(
        &mut self,
        block: u64,
        address: Address,
        slots: &[B256],
    ) -> Result<AccountProof, StateError> {
        let (view, tries) = self.past.tries(block)?;
        let proof = prove::account(tries, &view, address, slots);
        self.trim();
        proof
    }

    /// Proof of an object or of its absence.
    pub fn object_proof(&mut self, key: &ObjectKey) -> Result<ObjectProof, StateError> {
        let (view, tries) = self.ready()?;
        let proof = prove::object(tries, &view, key);
        self.trim();
        proof
    }

    /// The same as it was after a block, as [`StateDb::account_proof_at`].
    pub fn object_proof_at(&mut self, block: u64, key: &ObjectKey) -> Result<ObjectProof, StateError> {
        let (view, tries) = self.past.tries(block)?;
        let proof = prove::object(tries, &view, key);
        self.trim();
        proof
    }
}

fn recent_of(logged: &Option<Logged>) -> &[Arc<Recent>] {
    logged.as_ref().map_or(&[], |logged| &logged.recent)
}

/// Which state a store holds.
fn position(snapshot: &dyn Snapshot) -> Result<Position, StateError> {
    let row = |key| rows::get(snapshot, rows::META, key);
    let number = |key| {
        let row = row(key)?;
        let number = row.map(|row| row[..].try_into().map(u64::from_be_bytes));
        number.transpose().map_err(|_| rows::corrupt(rows::META, key))
    };
    if row(rows::UNFINISHED)?.is_some() {
        return Err(StateError::UnfinishedImport);
    }
    let Some(root) = row(rows::ROOT)? else { return Ok(Position::EMPTY) };
    check_format(snapshot)?;
    Ok(Position {
        // A snapshot that was read in was not committed.
        version: number(rows::VERSION)?.unwrap_or(0),
        root: B256::try_from(&root[..]).map_err(|_| rows::corrupt(rows::META, rows::ROOT))?,
        block: number(rows::BLOCK)?,
    })
}

/// A database of another format is not read: its rows mean something else.
fn check_format(snapshot: &dyn Snapshot) -> Result<(), StateError> {
    let found = match rows::get(snapshot, rows::META, rows::FORMAT)? {
        Some(row) => u32::from_be_bytes(row[..].try_into().map_err(|_| rows::corrupt(rows::META, rows::FORMAT))?),
        // The first one did not say its number.
        None => 1,
    };
    if found == rows::FORMAT_NUMBER {
        return Ok(());
    }
    Err(StateError::Format { found, understood: rows::FORMAT_NUMBER })
}
