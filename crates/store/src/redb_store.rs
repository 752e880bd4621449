//! A store in one file, on redb: a copy-on-write B-tree.
//!
//! Every batch is one redb transaction with two-phase commit, so a batch is two `fsync`s. The
//! cheaper one-phase commit decides after a crash by a checksum that is not cryptographic whether
//! a commit arrived whole; the content of a chain is chosen by strangers, so that is not enough.
//!
//! Every transaction also records which pages are in use (redb's quick repair). So the store opens
//! after a crash as fast as after a clean shutdown, and does not read the whole file.
//!
//! What redb does not do is check its pages against their checksums when they are read. A bit that
//! flips on the disk is found by [`RedbStore::open_checked`], which reads the whole file, and not by
//! [`RedbStore::open`].
//!
//! redb 4.4 also panics on some damaged files: its page readers trust lengths that they find in a
//! page. Every call into it is therefore [`guarded`], and such a panic becomes
//! [`StoreError::Corrupt`]. Where panics abort the process, they still do.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use redb::{
    Builder, Database, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable as _, StorageBackend,
    TableDefinition, TableError, WriteTransaction,
};

use crate::{
    Batch, Change, KvStore, Result, Snapshot, StoreError, Table,
    log::{FileLog, LogDisk, sync_folder_of},
};

/// The format that this version reads and writes. It changes when the meaning of the file does.
const FORMAT: u32 = 1;

/// The table with the store's own rows; no other table may have a name that begins with NUL.
const META: Table = Table("\0hexapla");

/// Before a batch of this many changes the pages that the one before it has replaced are made free: redb does that at the
/// end of a transaction, so that the file would have room for three contents and not for two.
const RECLAIM_CHANGES_MIN: usize = 10_000;

/// The key of the row that holds the format, as four bytes, little endian.
const FORMAT_KEY: &[u8] = b"format";

impl StoreError {
    /// Gives an error of redb its name here.
    fn from_redb(file: PathBuf, error: redb::Error) -> Self {
        match error {
            redb::Error::DatabaseAlreadyOpen => Self::Locked { file },
            redb::Error::Corrupted(detail) => Self::Corrupt { file, detail },
            // A table with another shape can only come from damage or another program.
            redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TypeDefinitionChanged { .. } => Self::Corrupt { file, detail: error.to_string() },
            redb::Error::UpgradeRequired(version) => {
                Self::Format { file, found: format!("redb {version}"), understood: FORMAT }
            }
            redb::Error::ValueTooLarge(size) => Self::TooLarge { file, size },
            redb::Error::PreviousIo | redb::Error::DatabaseClosed | redb::Error::LockPoisoned(_) => {
                Self::Closed { file }
            }
            redb::Error::Io(source) => Self::from_io(file, source),
            other => Self::Unexpected { file, detail: other.to_string() },
        }
    }
}

/// Runs a call into redb, and turns a panic in it into [`StoreError::Corrupt`].
///
/// Nothing of ours is shared with the closure, and what redb leaves half-done behind its own locks
/// is poisoned, so unwinding out of it cannot show a broken state. The panic hook still runs, which by
/// default prints the panic to the standard error.
fn guarded<T>(file: &Path, call: impl FnOnce() -> Result<T, redb::Error>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| StoreError::from_redb(file.to_path_buf(), error)),
        Err(payload) => {
            let message = payload.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("unknown");
            Err(StoreError::Corrupt {
                file: file.to_path_buf(),
                detail: format!("the database library panicked: {message}"),
            })
        }
    }
}

/// How a [`RedbStore`] is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// How many bytes of the file are kept in memory at most. 64 MiB by default; redb's own default is 1 GiB.
    pub cache_bytes_max: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { cache_bytes_max: 64 << 20 }
    }
}

impl StoreOptions {
    fn builder(self) -> Builder {
        let mut builder = Builder::new();
        builder.set_cache_size(self.cache_bytes_max);
        builder
    }
}

type Bytewise = TableDefinition<'static, &'static [u8], &'static [u8]>;

const fn definition(table: Table) -> Bytewise {
    TableDefinition::new(table.0)
}

/// A store in one file.
///
/// After [`StoreError::Io`] or [`StoreError::DiskFull`] the open store refuses further writes with
/// [`StoreError::Closed`]; the file holds the last batch that succeeded, and opens again.
///
/// While a [`Snapshot`] lives, the pages it can see are not reused: a snapshot kept for long makes the file grow.
pub struct RedbStore {
    database: Database,
    file: PathBuf,
    log: Option<Arc<dyn LogDisk>>,
}

impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbStore").field("file", &self.file).finish_non_exhaustive()
    }
}

impl RedbStore {
    /// Opens the store at `path`, or creates it, with the default [`StoreOptions`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] if it is open elsewhere, [`StoreError::Format`] if something else wrote the
    /// file, [`StoreError::Corrupt`] if it is visibly damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, StoreOptions::default())
    }

    /// As [`RedbStore::open`], with options.
    pub fn open_with(path: impl AsRef<Path>, options: StoreOptions) -> Result<Self> {
        let file = path.as_ref();
        let database = guarded(file, || Ok(options.builder().create(file)?))?;
        // A file that was just created must keep its name through a power failure.
        sync_folder_of(file).map_err(|error| StoreError::from_io(file.to_path_buf(), error))?;
        Ok(Self::with_database(database, file.to_path_buf())?.with_log(Arc::new(FileLog::beside(file))))
    }

    /// As [`RedbStore::open`], and then [`RedbStore::checked`].
    pub fn open_checked(path: impl AsRef<Path>) -> Result<Self> {
        Self::open(path)?.checked()
    }

    /// Opens, or creates, a store on anything that behaves like a file. `name` stands for the file in errors.
    /// The store has no log, unless [`RedbStore::with_log`] gives it one.
    pub fn with_backend(backend: impl StorageBackend, name: impl Into<PathBuf>) -> Result<Self> {
        let file = name.into();
        let database = guarded(&file, || Ok(StoreOptions::default().builder().create_with_backend(backend)?))?;
        Self::with_database(database, file)
    }

    /// Gives the store another place for its log. A store that was opened by its path has one: [`FileLog::beside`]
    /// its file.
    #[must_use]
    pub fn with_log(mut self, disk: Arc<dyn LogDisk>) -> Self {
        self.log = Some(disk);
        self
    }

    /// Compares every page with its checksum, and fails with [`StoreError::Corrupt`] if one differs.
    /// Reads the whole file.
    pub fn checked(mut self) -> Result<Self> {
        if guarded(&self.file, || Ok(self.database.check_integrity()?))? {
            return Ok(self);
        }
        Err(StoreError::Corrupt { file: self.file, detail: "a page does not match its checksum".into() })
    }

    fn with_database(database: Database, file: PathBuf) -> Result<Self> {
        let store = Self { database, file, log: None };
        match store.format()? {
            Some(FORMAT) => Ok(store),
            Some(found) => Err(StoreError::Format { file: store.file, found: found.to_string(), understood: FORMAT }),
            None if store.has_tables()? => {
                Err(StoreError::Format { file: store.file, found: "of another program".into(), understood: FORMAT })
            }
            None => {
                let mut batch = Batch::new();
                batch.put(META, FORMAT_KEY, FORMAT.to_le_bytes().to_vec());
                store.write(batch)?;
                Ok(store)
            }
        }
    }

    /// The format that the file claims, or `None` where there is no such row.
    fn format(&self) -> Result<Option<u32>> {
        let Some(row) = self.snapshot()?.get(META, FORMAT_KEY)? else {
            return Ok(None);
        };
        let bytes = row.as_ref().try_into().map_err(|_| StoreError::Corrupt {
            file: self.file.clone(),
            detail: format!("the format row has {} bytes and should have 4", row.len()),
        })?;
        Ok(Some(u32::from_le_bytes(bytes)))
    }

    fn commit(&self, change: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>) -> Result<()> {
        guarded(&self.file, || {
            let mut transaction = self.database.begin_write()?;
            // Implies two-phase commit.
            transaction.set_quick_repair(true);
            change(&transaction)?;
            Ok(transaction.commit()?)
        })
    }

    fn has_tables(&self) -> Result<bool> {
        guarded(&self.file, || Ok(self.database.begin_read()?.list_tables()?.next().is_some()))
    }
}

impl KvStore for RedbStore {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        let transaction = guarded(&self.file, || Ok(self.database.begin_read()?))?;
        Ok(Arc::new(RedbSnapshot { transaction, tables: RwLock::default(), file: self.file.clone() }))
    }

    fn write(&self, batch: Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        if batch.len() >= RECLAIM_CHANGES_MIN {
            self.commit(|_| Ok(()))?;
        }
        self.commit(|transaction| apply(transaction, &batch))
    }

    fn log_disk(&self) -> Option<Arc<dyn LogDisk>> {
        self.log.clone()
    }
}

/// Applies the changes within a transaction, opening each run of changes of one table once.
fn apply(transaction: &WriteTransaction, batch: &Batch) -> Result<(), redb::Error> {
    for run in batch.changes().chunk_by(|a, b| table_of(a) == table_of(b)) {
        let Some(first) = run.first() else { continue };
        let mut table = transaction.open_table(definition(table_of(first)))?;
        for change in run {
            match change {
                Change::Put { key, value, .. } => table.insert(key.as_slice(), value.as_ref()).map(drop)?,
                Change::Delete { key, .. } => table.remove(key.as_slice()).map(drop)?,
                Change::DeletePrefix { prefix, .. } => delete_prefix(&mut table, prefix)?,
            }
        }
    }
    Ok(())
}

fn table_of(change: &Change) -> Table {
    match change {
        Change::Put { table, .. } | Change::Delete { table, .. } | Change::DeletePrefix { table, .. } => *table,
    }
}

fn delete_prefix(
    table: &mut redb::Table<'_, &'static [u8], &'static [u8]>,
    prefix: &[u8],
) -> std::result::Result<(), redb::StorageError> {
    let mut keys = Vec::new();
    for row in table.range(prefix..)? {
        let (key, _) = row?;
        if !key.value().starts_with(prefix) {
            break;
        }
        keys.push(key.value().to_vec());
    }
    for key in keys {
        table.remove(key.as_slice())?;
    }
    Ok(())
}

type OpenTable = Arc<ReadOnlyTable<&'static [u8], &'static [u8]>>;

/// A read transaction, and the tables it has opened so far. A snapshot never changes, so an absent
/// table is remembered too.
struct RedbSnapshot {
    transaction: ReadTransaction,
    tables: RwLock<Vec<(Table, Option<OpenTable>)>>,
    file: PathBuf,
}

impl RedbSnapshot {
    fn table(&self, table: Table) -> Result<Option<OpenTable>> {
        let known = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, open)) = known.iter().find(|(name, _)| *name == table) {
            return Ok(open.clone());
        }
        drop(known);
        let open = guarded(&self.file, || match self.transaction.open_table(definition(table)) {
            Ok(open) => Ok(Some(Arc::new(open))),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        })?;
        self.tables.write().unwrap_or_else(PoisonError::into_inner).push((table, open.clone()));
        Ok(open)
    }
}

impl Snapshot for RedbSnapshot {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>> {
        let Some(rows) = self.table(table)? else {
            return Ok(None);
        };
        guarded(&self.file, || Ok(rows.get(key)?.map(|value| Bytes::copy_from_slice(value.value()))))
    }

    fn scan_from(&self, table: Table, start: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<()> {
        let Some(rows) = self.table(table)? else { return Ok(()) };
        let mut rows = guarded(&self.file, || Ok(rows.range(start..)?))?;
        // The visitor runs outside of the guard: its panics are its own.
        while let Some((key, value)) = guarded(&self.file, || next_row(&mut rows))? {
            if !visit(key.value(), value.value()) {
                break;
            }
        }
        Ok(())
    }
}

type Rows = redb::Range<'static, &'static [u8], &'static [u8]>;
type Guard = redb::AccessGuard<'static, &'static [u8]>;

/// The next row, with both parts looked at once, so that a later look cannot panic.
fn next_row(rows: &mut Rows) -> Result<Option<(Guard, Guard)>, redb::Error> {
    let Some(row) = rows.next() else { return Ok(None) };
    let (key, value) = row?;
    let _ = (key.value(), value.value());
    Ok(Some((key, value)))
}
