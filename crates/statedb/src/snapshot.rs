//! Snapshots: a whole state as a stream of bytes, which is checked against its root while it is read.
//!
//! A stream is `hexapla state 1\n`, the root (32 bytes), then records: a kind (1 byte), a length (4 bytes,
//! little-endian) and as many bytes.
//!
//! | kind | bytes | comes |
//! |---|---|---|
//! | 1 | account: keccak256 of its address (32) ‖ its row | in ascending order |
//! | 2 | code | behind the first account that has it |
//! | 3 | word: keccak256 of its slot (32) ‖ its row | behind its account, in ascending order |
//! | 4 | object: length of its key (4, little-endian) ‖ key ‖ blob | behind the account of its column, in the order of keys |
//! | 0 | nothing | at the end |
//!
//! Rows are those of the database. What comes behind an account is checked against the account when the next one
//! begins, and the accounts against the root at the end. Hashes of blocks are no part of the state and not in it.

use crate::{
    rows::{self, Leaf},
    source::{AccountSource, StorageSource},
};
use hexapla_primitives::{B256, ObjectKey, U256, VmId, identity::column_account, keccak256};
use hexapla_state::StateError;
use hexapla_store::{Batch, KvStore, Snapshot, StoreError, Table};
use hexapla_trie::{Trie, TrieAccount, TrieError};
use revm::primitives::KECCAK_EMPTY;
use std::{
    collections::{HashMap, HashSet},
    io::{self, Read, Write},
    sync::Arc,
};

const MAGIC: &[u8; 16] = b"hexapla state 1\n";

/// The largest code or object: 256 MiB.
const RECORD_BYTES_MAX: u32 = 256 << 20;
/// Keys and rows of accounts and words are shorter than this.
const ROW_BYTES_MAX: u32 = 256;

/// Changes after which an import writes to the store, and bytes.
const BATCH_CHANGES: usize = 20_000;
const BATCH_BYTES: usize = 16 << 20;

const END: u8 = 0;
const ACCOUNT: u8 = 1;
const CODE: u8 = 2;
const WORD: u8 = 3;
const OBJECT: u8 = 4;

/// A snapshot could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The stream failed.
    #[error("the snapshot could not be read or written: {0}")]
    Io(#[from] io::Error),
    /// The database failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The stream is no snapshot of this version.
    #[error("this is no snapshot of a state that this version reads: it should begin with `hexapla state 1`")]
    NotASnapshot,
    /// The stream is of another state than was asked for.
    #[error("the snapshot is of the state {found}, and {expected} was asked for; get one of that state")]
    OtherRoot {
        /// The root that was asked for.
        expected: B256,
        /// The root in the stream.
        found: B256,
    },
    /// A record is not what its place allows, or what was read does not have the root that it should have.
    #[error("the snapshot is damaged or forged at {place}: {reason}; get it from somebody else")]
    Invalid {
        /// What was read.
        place: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The database to read a snapshot into holds something.
    #[error("a snapshot is read into an empty database, and this one holds something; choose another file")]
    NotEmpty,
}

impl From<StoreError> for SnapshotError {
    fn from(error: StoreError) -> Self {
        Self::State(StateError::backend(error))
    }
}

impl From<TrieError> for SnapshotError {
    fn from(error: TrieError) -> Self {
        Self::State(StateError::backend(error))
    }
}

/// By keccak256 of their addresses, the columns of all VMs.
fn columns() -> HashMap<B256, VmId> {
    (0..=u8::MAX).map(|vm| (rows::account_key(column_account(VmId(vm))), VmId(vm))).collect()
}

/// Visits the rows of a table whose keys begin with `prefix`; the visitor may fail.
fn each(
    snapshot: &dyn Snapshot,
    table: Table,
    prefix: &[u8],
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), SnapshotError>,
) -> Result<(), SnapshotError> {
    let mut outcome = Ok(());
    snapshot.scan_prefix(table, prefix, &mut |key, row| {
        outcome = visit(key, row);
        outcome.is_ok()
    })?;
    outcome
}

/// Writes the state that a snapshot of the store holds.
pub(crate) fn export(snapshot: &dyn Snapshot, root: B256, out: &mut dyn Write) -> Result<(), SnapshotError> {
    out.write_all(MAGIC)?;
    out.write_all(root.as_slice())?;
    let columns = columns();
    let mut codes = HashSet::new();
    each(snapshot, rows::ACCOUNT, &[], |key, row_bytes| {
        let account = rows::decode_account(key, row_bytes)?;
        record(out, ACCOUNT, &[key, row_bytes])?;
        if account.code_hash != KECCAK_EMPTY && codes.insert(account.code_hash) {
            let code = rows::get(snapshot, rows::CODE, account.code_hash.as_slice())?;
            record(out, CODE, &[&code.ok_or(StateError::MissingCode(account.code_hash))?])?;
        }
        match columns.get(key) {
            Some(vm) => each(snapshot, rows::OBJECT, &[vm.0], |key, blob| {
                // Longer keys make the record too large, which is said there.
                let length = u32::try_from(key.len() - 1).unwrap_or(u32::MAX);
                record(out, OBJECT, &[&length.to_le_bytes(), &key[1..], blob])
            }),
            None => each(snapshot, rows::WORD, key, |key, word| record(out, WORD, &[&key[32..], word])),
        }
    })?;
    record(out, END, &[])?;
    Ok(out.flush()?)
}

fn record(out: &mut dyn Write, kind: u8, parts: &[&[u8]]) -> Result<(), SnapshotError> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    let length = u32::try_from(length).ok().filter(|length| *length <= RECORD_BYTES_MAX);
    let length = length.ok_or_else(|| io::Error::other("a record is larger than 256 MiB"))?;
    out.write_all(&[kind])?;
    out.write_all(&length.to_le_bytes())?;
    parts.iter().try_for_each(|part| out.write_all(part))?;
    Ok(())
}

fn next_record(input: &mut dyn Read) -> Result<(u8, Vec<u8>), SnapshotError> {
    let mut head = [0; 5];
    input.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = u32::from_le_bytes(length);
    let limit = match kind {
        CODE | OBJECT => RECORD_BYTES_MAX,
        ACCOUNT | WORD => ROW_BYTES_MAX,
        END => 0,
        _ => return Err(invalid("a record", "its kind is not known")),
    };
    if length > limit {
        return Err(invalid("a record", "it says that it is larger than records of its kind can be"));
    }
    // The length is not believed: memory is taken as bytes come.
    let mut bytes = Vec::new();
    if input.take(u64::from(length)).read_to_end(&mut bytes)? < length as usize {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok((kind, bytes))
}

fn invalid(place: impl Into<String>, reason: &'static str) -> SnapshotError {
    SnapshotError::Invalid { place: place.into(), reason }
}

/// Reads a snapshot of the state `root` into an empty store. Until all of it has been checked, the store says that it is
/// not whole.
pub(crate) fn import(store: &Arc<dyn KvStore>, root: B256, input: &mut dyn Read) -> Result<(), SnapshotError> {
    let mut head = [0; 48];
    input.read_exact(&mut head)?;
    if head[..16] != MAGIC[..] {
        return Err(SnapshotError::NotASnapshot);
    }
    let found = B256::from_slice(&head[16..]);
    if found != root {
        return Err(SnapshotError::OtherRoot { expected: root, found });
    }
    Import::begin(store)?.read(root, input)
}

/// Whether a store holds nothing of a state.
fn is_empty(snapshot: &dyn Snapshot) -> Result<bool, SnapshotError> {
    let mut is_empty = true;
    for table in rows::TABLES {
        snapshot.scan_from(table, &[], &mut |_, _| {
            is_empty = false;
            false
        })?;
    }
    Ok(is_empty)
}

struct Import<'a> {
    store: &'a Arc<dyn KvStore>,
    snapshot: Arc<dyn Snapshot>,
    batch: Batch,
    batch_bytes: usize,
    /// Hashes of the codes in the batch.
    batch_codes: HashSet<B256>,
    columns: HashMap<B256, VmId>,
    accounts: Trie,
    account_leaves: Vec<Leaf>,
    /// The account whose code, words or objects come now.
    current: Option<Current>,
}

struct Current {
    key: B256,
    account: TrieAccount,
    misses_code: bool,
    storage: Trie,
    leaves: Vec<Leaf>,
    /// The key of the word or object before.
    latest: Option<Vec<u8>>,
}

impl Current {
    /// That keys ascend, so that none comes twice and the trie is built from one side to the other.
    fn check_order(&mut self, key: &[u8]) -> Result<(), SnapshotError> {
        if self.latest.as_ref().is_some_and(|latest| latest[..] >= *key) {
            return Err(invalid(format!("the account {}", self.key), "its words or objects are not in order"));
        }
        self.latest = Some(key.to_vec());
        Ok(())
    }
}

impl<'a> Import<'a> {
    fn begin(store: &'a Arc<dyn KvStore>) -> Result<Self, SnapshotError> {
        if !is_empty(&*store.snapshot()?)? {
            return Err(SnapshotError::NotEmpty);
        }
        let mut batch = Batch::new();
        batch.put(rows::META, rows::FORMAT, rows::FORMAT_NUMBER.to_be_bytes().to_vec());
        batch.put(rows::META, rows::UNFINISHED, &b""[..]);
        store.write(batch)?;
        Ok(Self {
            store,
            snapshot: store.snapshot()?,
            batch: Batch::new(),
            batch_bytes: 0,
            batch_codes: HashSet::new(),
            columns: columns(),
            accounts: Trie::empty(),
            account_leaves: Vec::new(),
            current: None,
        })
    }

    fn read(mut self, root: B256, input: &mut dyn Read) -> Result<(), SnapshotError> {
        loop {
            let (kind, bytes) = next_record(input)?;
            self.batch_bytes += bytes.len();
            match kind {
                ACCOUNT => self.account(&bytes)?,
                CODE => self.code(bytes)?,
                WORD => self.word(&bytes)?,
                OBJECT => self.object(&bytes)?,
                _ => break,
            }
            if self.batch.len() >= BATCH_CHANGES || self.batch_bytes >= BATCH_BYTES {
                self.flush()?;
            }
        }
        self.finish_account()?;
        self.flush()?;
        if self.accounts.root() != root {
            return Err(invalid("its end", "the accounts do not have the root of the state"));
        }
        self.batch.delete(rows::META, rows::UNFINISHED);
        self.batch.put(rows::META, rows::ROOT, root.to_vec());
        Ok(self.store.write(self.batch)?)
    }

    fn account(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        let before = self.finish_account()?;
        let (key, row) = split_hash(bytes, "an account")?;
        let place = || format!("the account {key}");
        if before.is_some_and(|before| before >= key) {
            return Err(invalid(place(), "accounts are not in order"));
        }
        let account = rows::decode_account(key.as_slice(), row).map_err(|_| invalid(place(), "it does not decode"))?;
        if rows::encode_account(&account) != row {
            return Err(invalid(place(), "its row is not in the usual form"));
        }
        self.batch.put(rows::ACCOUNT, key.to_vec(), row.to_vec());
        self.account_leaves.push((key, Some(alloy_rlp::encode(account))));
        let hash = account.code_hash;
        let misses_code = hash != KECCAK_EMPTY && !self.has_code(hash)?;
        self.current =
            Some(Current { key, account, misses_code, storage: Trie::empty(), leaves: Vec::new(), latest: None });
        Ok(())
    }

    /// Whether code was read already: it is in the store, or in what is about to be written.
    fn has_code(&self, hash: B256) -> Result<bool, SnapshotError> {
        Ok(self.batch_codes.contains(&hash) || self.snapshot.get(rows::CODE, hash.as_slice())?.is_some())
    }

    fn code(&mut self, code: Vec<u8>) -> Result<(), SnapshotError> {
        let hash = keccak256(&code);
        match &mut self.current {
            Some(current) if current.misses_code && current.account.code_hash == hash => current.misses_code = false,
            _ => return Err(invalid(format!("the code {hash}"), "the account before it has other code")),
        }
        self.batch.put(rows::CODE, hash.to_vec(), code);
        self.batch_codes.insert(hash);
        Ok(())
    }

    fn word(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        let (slot, row) = split_hash(bytes, "a word")?;
        let current = self.current.as_mut().filter(|current| !self.columns.contains_key(&current.key));
        let current = current.ok_or_else(|| invalid(format!("the word {slot}"), "there is no account for it"))?;
        current.check_order(slot.as_slice())?;
        let value = U256::try_from_be_slice(row).filter(|value| value.to_be_bytes_trimmed_vec() == row);
        let value = value.filter(|value| !value.is_zero());
        let value = value.ok_or_else(|| invalid(format!("the word {slot}"), "it is no number"))?;
        self.batch.put(rows::WORD, rows::leaf_key(current.key, slot).to_vec(), row.to_vec());
        current.leaves.push((slot, Some(alloy_rlp::encode(value))));
        Ok(())
    }

    fn object(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        let misplaced = || invalid("an object", "there is no column for it");
        let current = self.current.as_mut().ok_or_else(misplaced)?;
        let vm = *self.columns.get(&current.key).ok_or_else(misplaced)?;
        let parts = bytes
            .split_first_chunk()
            .and_then(|(length, rest)| rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?));
        let (key, blob) = parts.ok_or_else(|| invalid("an object", "its key is longer than itself"))?;
        current.check_order(key)?;
        let key = ObjectKey::new(vm, key.to_vec());
        let (slot, hash) = (keccak256(key.slot()), keccak256(blob));
        self.batch.put(rows::OBJECT, rows::object_key(&key), blob.to_vec());
        self.batch.put(rows::OBJECT_HASH, rows::leaf_key(current.key, slot).to_vec(), hash.to_vec());
        current.leaves.push((slot, Some(alloy_rlp::encode(U256::from_be_bytes(hash.0)))));
        Ok(())
    }

    /// Checks what came behind the latest account; its key.
    fn finish_account(&mut self) -> Result<Option<B256>, SnapshotError> {
        self.apply_storage()?;
        let Some(mut current) = self.current.take() else { return Ok(None) };
        let place = || format!("the account {}", current.key);
        if current.misses_code {
            return Err(invalid(place(), "its code is missing"));
        }
        if current.storage.root() != current.account.storage_root {
            return Err(invalid(place(), "its storage does not have the root that the account says"));
        }
        Ok(Some(current.key))
    }

    /// Brings the words or objects that were read into the trie of their account.
    fn apply_storage(&mut self) -> Result<(), SnapshotError> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let is_column = self.columns.contains_key(&current.key);
        let source = StorageSource { snapshot: &*self.snapshot, owner: current.key, is_column };
        current.storage.apply(&source, &std::mem::take(&mut current.leaves))?;
        rows::put_nodes(&mut self.batch, rows::STORAGE_NODE, current.key.as_slice(), &mut current.storage);
        Ok(())
    }

    /// Writes what was read so far, and keeps of the tries what is small.
    fn flush(&mut self) -> Result<(), SnapshotError> {
        self.apply_storage()?;
        self.accounts.apply(&AccountSource(&*self.snapshot), &std::mem::take(&mut self.account_leaves))?;
        rows::put_nodes(&mut self.batch, rows::ACCOUNT_NODE, &[], &mut self.accounts);
        self.store.write(std::mem::take(&mut self.batch))?;
        self.batch_bytes = 0;
        self.batch_codes.clear();
        self.snapshot = self.store.snapshot()?;
        self.accounts.blind(0);
        if let Some(current) = &mut self.current {
            current.storage.blind(0);
        }
        Ok(())
    }
}

fn split_hash<'b>(bytes: &'b [u8], what: &str) -> Result<(B256, &'b [u8]), SnapshotError> {
    let (hash, rest) = bytes.split_first_chunk().ok_or_else(|| invalid(what, "it is shorter than its key"))?;
    Ok((B256::new(*hash), rest))
}
