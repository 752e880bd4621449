//! Durable state with its root and its proofs.
//!
//! Values stand flat in the store and are what execution reads; the tries stand beside them and give the root. One
//! batch writes both, so that a crash leaves the state of one block or of the one before, never a mixture.

use crate::{
    proof::ObjectProof,
    reader::{StoredState, row},
    rows,
    snapshot::{self, SnapshotError},
    source::{AccountSource, StorageSource},
    tries::StorageTries,
};
use hexapla_primitives::{Address, B256, ObjectKey, U256, VmId, identity::column_account, keccak256};
use hexapla_state::{AccountChange, BlockChanges, Overlay, StateError, StateReader};
use hexapla_store::{Batch, KvStore, MemoryStore, Snapshot};
use hexapla_trie::{AccountProof, EMPTY_ROOT, StorageProof, Trie, TrieAccount};
use revm::{primitives::KECCAK_EMPTY, state::AccountInfo};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    sync::Arc,
};

/// Memory for the tries, in bytes, where nothing else is said.
const MEMORY_BYTES: usize = 256 << 20;

/// Nonce of a column account: it makes the account other than empty.
const COLUMN_NONCE: u64 = 1;

/// Durable state of all VMs.
pub struct StateDb {
    store: Arc<dyn KvStore>,
    root: B256,
    accounts: Trie,
    storages: StorageTries,
    options: StateOptions,
}

/// What can be chosen about a [`StateDb`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateOptions {
    /// Memory for the tries between two blocks, in bytes, about: 256 MiB by default. What does not fit is dropped and
    /// loaded again when it is needed. What a single block needs, and the caches of the store, come on top.
    pub memory_bytes: usize,
}

impl Default for StateOptions {
    fn default() -> Self {
        Self { memory_bytes: MEMORY_BYTES }
    }
}

impl StateDb {
    /// Opens the state in a store; an empty store is the empty state.
    pub fn open(store: Arc<dyn KvStore>) -> Result<Self, StateError> {
        Self::open_with(store, StateOptions::default())
    }

    /// The same with options.
    pub fn open_with(store: Arc<dyn KvStore>, options: StateOptions) -> Result<Self, StateError> {
        let snapshot = snapshot(&*store)?;
        if row(&*snapshot, rows::META, rows::UNFINISHED)?.is_some() {
            return Err(StateError::UnfinishedImport);
        }
        let root = match row(&*snapshot, rows::META, rows::ROOT)? {
            Some(row) => {
                check_format(&*snapshot)?;
                B256::try_from(&row[..]).map_err(|_| rows::corrupt(rows::META, rows::ROOT))?
            }
            None => EMPTY_ROOT,
        };
        Ok(Self::at(store, root, options))
    }

    /// A state in memory, for tests and short-lived chains.
    pub fn in_memory() -> Self {
        Self::at(Arc::new(MemoryStore::default()), EMPTY_ROOT, StateOptions::default())
    }

    fn at(store: Arc<dyn KvStore>, root: B256, options: StateOptions) -> Self {
        Self { store, root, accounts: Trie::at_root(root), storages: StorageTries::default(), options }
    }

    /// Writes the whole state as it is now, in the form that [`StateDb::import`] reads. Hashes of blocks are not in it.
    pub fn export(&self, mut out: impl Write) -> Result<(), SnapshotError> {
        snapshot::export(&*snapshot(&*self.store)?, self.root, &mut out)
    }

    /// Reads the state with this root from a stream into an empty store. Nothing of the stream is trusted: all of it is
    /// checked against the root while it is read. A stream that is refused at its end has filled the store with what it
    /// holds by then: whoever reads from strangers bounds its length. A store into which a
    /// part of a stream was read is not opened as a state; delete it.
    pub fn import(store: Arc<dyn KvStore>, root: B256, mut input: impl Read) -> Result<Self, SnapshotError> {
        snapshot::import(&store, root, &mut input)?;
        Ok(Self::open(store)?)
    }

    /// A copy that goes its own way from here on, where the store can be copied: in memory it costs next to nothing. `None`
    /// where it stands on a disk.
    pub fn fork(&self) -> Option<Self> {
        Some(Self::at(self.store.fork()?, self.root, self.options))
    }

    /// The state root: of an Ethereum-compatible secure Merkle Patricia trie over all accounts of all VMs.
    pub const fn root(&self) -> B256 {
        self.root
    }

    /// The memory that the tries use now, in bytes, about; see [`StateOptions::memory_bytes`].
    pub fn memory_bytes(&self) -> usize {
        self.accounts.memory() + self.storages.memory()
    }

    /// The state as it is now; later commits do not show in it.
    pub fn reader(&self) -> Result<Arc<dyn StateReader>, StateError> {
        Ok(Arc::new(StoredState(snapshot(&*self.store)?)))
    }

    /// An overlay on the state as it is now, for the next block.
    pub fn overlay(&self) -> Result<Overlay, StateError> {
        Ok(Overlay::new(self.reader()?))
    }

    /// Commits a block's changes durably and gives the new root.
    ///
    /// On an error this state stays as it was, and the commit may be tried again. Where the machine failed at the very
    /// end, the store may already hold the new state; whoever opens it finds one of the two whole.
    pub fn commit(&mut self, changes: &BlockChanges) -> Result<B256, StateError> {
        self.write(changes, |_, _| {})
    }

    /// The same, and remembers the hash of the block, which `hash_of` makes from the new root: both or neither.
    pub fn commit_block(
        &mut self,
        changes: &BlockChanges,
        number: u64,
        hash_of: impl FnOnce(B256) -> B256,
    ) -> Result<B256, StateError> {
        self.write(changes, |root, batch| put_block_hash(batch, number, hash_of(root)))
    }

    fn write(&mut self, changes: &BlockChanges, add: impl FnOnce(B256, &mut Batch)) -> Result<B256, StateError> {
        let committed = self.prepare(changes).and_then(|(root, mut batch)| {
            add(root, &mut batch);
            self.store.write(batch).map_err(StateError::backend)?;
            Ok(root)
        });
        match committed {
            Ok(root) => {
                self.root = root;
                self.trim();
            }
            Err(_) => {
                // The tries have run ahead of the store: forget them.
                self.accounts = Trie::at_root(self.root);
                self.storages = StorageTries::default();
            }
        }
        committed
    }

    /// Brings the tries back into their budget. All that they hold is stored between two blocks, so all of it can be
    /// dropped; half of the budget stays in use, so that this is seldom done.
    fn trim(&mut self) {
        if self.memory_bytes() <= self.options.memory_bytes {
            return;
        }
        let each = self.options.memory_bytes / 4;
        self.accounts.drop_leaves();
        self.accounts.shrink(each);
        self.storages.shrink(each);
    }

    /// Remembers a block's hash for the `BLOCKHASH` instruction.
    pub fn insert_block_hash(&mut self, number: u64, hash: B256) -> Result<(), StateError> {
        let mut batch = Batch::default();
        put_block_hash(&mut batch, number, hash);
        self.store.write(batch).map_err(StateError::backend)
    }

    fn prepare(&mut self, changes: &BlockChanges) -> Result<(B256, Batch), StateError> {
        let state = StoredState(snapshot(&*self.store)?);
        let mut batch = Batch::default();
        let mut leaves = Vec::with_capacity(changes.accounts.len());
        let columns = columns_of(changes);
        for (address, change) in &changes.accounts {
            if !columns.contains_key(address) {
                leaves.push(self.prepare_account(&state, &mut batch, *address, change)?);
            }
        }
        for (address, hashes) in columns {
            let change = changes.accounts.get(&address);
            leaves.push(self.prepare_column(&state, &mut batch, address, change, hashes)?);
        }
        for (key, object) in &changes.objects {
            rows::put_or_delete(&mut batch, rows::OBJECT, rows::object_key(key), object.as_ref().map(|o| o.to_vec()));
        }
        for (hash, code) in &changes.codes {
            batch.put(rows::CODE, hash.as_slice(), code.to_vec());
        }
        self.accounts.apply(&AccountSource(&*state.0), &leaves).map_err(StateError::backend)?;
        let root = self.accounts.root();
        rows::put_nodes(&mut batch, rows::ACCOUNT_NODE, &[], &mut self.accounts);
        batch.put(rows::META, rows::FORMAT, rows::FORMAT_NUMBER.to_be_bytes().to_vec());
        batch.put(rows::META, rows::ROOT, root.to_vec());
        Ok((root, batch))
    }

    fn prepare_account(
        &mut self,
        state: &StoredState,
        batch: &mut Batch,
        address: Address,
        change: &AccountChange,
    ) -> Result<rows::Leaf, StateError> {
        // What an account had goes with it; no root could show words without an account.
        let wiped = change.wiped || change.info.is_none();
        let key = rows::account_key(address);
        if wiped {
            batch.delete_prefix(rows::WORD, key.as_slice());
            batch.delete_prefix(rows::STORAGE_NODE, key.as_slice());
            self.storages.forget(address);
        }
        let Some(info) = &change.info else {
            return Ok(put_account(batch, key, None));
        };
        let before = if wiped { None } else { state.trie_account(key)? };
        let start = before.map_or(EMPTY_ROOT, |account| account.storage_root);
        let mut slots = Vec::with_capacity(change.words.len());
        for (slot, value) in &change.words {
            let row = (!value.is_zero()).then(|| value.to_be_bytes_trimmed_vec());
            let slot = rows::slot_key(*slot);
            rows::put_or_delete(batch, rows::WORD, rows::leaf_key(key, slot).to_vec(), row);
            slots.push((slot, word_leaf(*value)));
        }
        let source = StorageSource { snapshot: &*state.0, owner: key, is_column: false };
        let storage_root = self.update_storage(&source, batch, address, start, slots)?;
        Ok(put_account(batch, key, Some(trie_account(info, storage_root))))
    }

    /// A column always exists once it holds an object: nonce 1 keeps EIP-161 from removing it. Its storage is its
    /// objects; what a change says about words of a column is not heard.
    fn prepare_column(
        &mut self,
        state: &StoredState,
        batch: &mut Batch,
        address: Address,
        change: Option<&AccountChange>,
        hashes: Vec<(B256, Option<B256>)>,
    ) -> Result<rows::Leaf, StateError> {
        let key = rows::account_key(address);
        let before = state.trie_account(key)?;
        let mut slots = Vec::with_capacity(hashes.len());
        for (slot, hash) in hashes {
            let row = hash.map(|hash| hash.to_vec());
            rows::put_or_delete(batch, rows::OBJECT_HASH, rows::leaf_key(key, slot).to_vec(), row);
            slots.push((slot, hash.map(|hash| alloy_rlp::encode(U256::from_be_bytes(hash.0)))));
        }
        let start = before.map_or(EMPTY_ROOT, |account| account.storage_root);
        let source = StorageSource { snapshot: &*state.0, owner: key, is_column: true };
        let storage_root = self.update_storage(&source, batch, address, start, slots)?;
        let account = match change {
            Some(change) => change.info.as_ref().map(|info| trie_account(info, storage_root)),
            None => before,
        };
        let is_column = storage_root != EMPTY_ROOT || before.is_some_and(|account| account.nonce == COLUMN_NONCE);
        let column = |account: TrieAccount| TrieAccount { nonce: COLUMN_NONCE, storage_root, ..account };
        Ok(put_account(batch, key, if is_column { Some(column(account.unwrap_or_default())) } else { account }))
    }

    fn update_storage(
        &mut self,
        source: &StorageSource<'_>,
        batch: &mut Batch,
        address: Address,
        start: B256,
        slots: Vec<rows::Leaf>,
    ) -> Result<B256, StateError> {
        if slots.is_empty() {
            return Ok(start);
        }
        let trie = self.storages.open(address, start);
        trie.apply(source, &slots).map_err(StateError::backend)?;
        let root = trie.root();
        rows::put_nodes(batch, rows::STORAGE_NODE, source.owner.as_slice(), trie);
        Ok(root)
    }

    /// Proof of an account and of some of its storage slots, in the form of `eth_getProof` (EIP-1186).
    pub fn account_proof(&mut self, address: Address, slots: &[B256]) -> Result<AccountProof, StateError> {
        let proof = self.prove(address, slots);
        self.trim();
        proof
    }

    fn prove(&mut self, address: Address, slots: &[B256]) -> Result<AccountProof, StateError> {
        let state = StoredState(snapshot(&*self.store)?);
        let owner = rows::account_key(address);
        let account = state.trie_account(owner)?;
        let account_proof = self.accounts.prove(&AccountSource(&*state.0), &owner).map_err(StateError::backend)?;
        let storage_hash = account.map_or(EMPTY_ROOT, |account| account.storage_root);
        let is_column = address == column_account(VmId(address.0[19]));
        let source = StorageSource { snapshot: &*state.0, owner, is_column };
        let trie = self.storages.open(address, storage_hash);
        let mut storage_proof = Vec::with_capacity(slots.len());
        for slot in slots {
            let key = keccak256(slot);
            let value = match trie.get(&source, &key).map_err(StateError::backend)? {
                Some(leaf) => {
                    alloy_rlp::decode_exact(&leaf).map_err(|_| rows::corrupt(rows::STORAGE_NODE, slot.as_slice()))?
                }
                None => U256::ZERO,
            };
            let proof = trie.prove(&source, &key).map_err(StateError::backend)?;
            storage_proof.push(StorageProof { key: *slot, value, proof });
        }
        Ok(AccountProof {
            address,
            balance: account.map_or(U256::ZERO, |account| account.balance),
            code_hash: account.map_or(KECCAK_EMPTY, |account| account.code_hash),
            nonce: account.map_or(0, |account| account.nonce),
            storage_hash,
            account_proof,
            storage_proof,
        })
    }

    /// Proof of an object or of its absence.
    pub fn object_proof(&mut self, key: &ObjectKey) -> Result<ObjectProof, StateError> {
        let object = self.reader()?.object(key)?;
        let column = self.account_proof(column_account(key.vm), &[key.slot()])?;
        Ok(ObjectProof { key: key.clone(), object, column })
    }
}

fn put_block_hash(batch: &mut Batch, number: u64, hash: B256) {
    batch.put(rows::BLOCK_HASH, number.to_be_bytes().as_slice(), hash.to_vec());
}

fn word_leaf(value: U256) -> Option<Vec<u8>> {
    (!value.is_zero()).then(|| alloy_rlp::encode(value))
}

fn trie_account(info: &AccountInfo, storage_root: B256) -> TrieAccount {
    TrieAccount { nonce: info.nonce, balance: info.balance, storage_root, code_hash: info.code_hash }
}

fn put_account(batch: &mut Batch, key: B256, account: Option<TrieAccount>) -> rows::Leaf {
    rows::put_or_delete(batch, rows::ACCOUNT, key.to_vec(), account.as_ref().map(rows::encode_account));
    (key, account.map(alloy_rlp::encode))
}

/// A database of another format is not read: its rows mean something else.
fn check_format(snapshot: &dyn Snapshot) -> Result<(), StateError> {
    let found = match row(snapshot, rows::META, rows::FORMAT)? {
        Some(row) => u32::from_be_bytes(row[..].try_into().map_err(|_| rows::corrupt(rows::META, rows::FORMAT))?),
        // The first one did not say its number.
        None => 1,
    };
    if found == rows::FORMAT_NUMBER {
        return Ok(());
    }
    Err(StateError::Format { found, understood: rows::FORMAT_NUMBER })
}

/// Of each column that changes, in its objects or in its account: the hashed slots that change, and the hashes of their
/// objects.
fn columns_of(changes: &BlockChanges) -> BTreeMap<Address, Vec<(B256, Option<B256>)>> {
    let mut vms: BTreeMap<VmId, Vec<(B256, Option<B256>)>> = BTreeMap::new();
    for (key, object) in &changes.objects {
        vms.entry(key.vm).or_default().push((keccak256(key.slot()), object.as_ref().map(keccak256)));
    }
    for address in changes.accounts.keys() {
        let vm = VmId(address.0[19]);
        if *address == column_account(vm) {
            vms.entry(vm).or_default();
        }
    }
    vms.into_iter().map(|(vm, hashes)| (column_account(vm), hashes)).collect()
}

fn snapshot(store: &dyn KvStore) -> Result<Arc<dyn Snapshot>, StateError> {
    store.snapshot().map_err(StateError::backend)
}
