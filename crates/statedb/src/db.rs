//! Durable state with its root and its proofs.
//!
//! Values stand flat in the store and are what execution reads; the tries stand beside them and give the root. One
//! batch writes both, so that a crash leaves the state of one block or of the one before, never a mixture.

use crate::{proof::ObjectProof, rows};
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256, VmId, identity::column_account, keccak256};
use hexapla_state::{AccountChange, BlockChanges, Overlay, StateError, StateReader};
use hexapla_store::{Batch, KvStore, MemoryStore, Snapshot};
use hexapla_trie::{AccountProof, EMPTY_ROOT, NodeSource, SourceError, StorageProof, Trie, TrieAccount};
use revm::{bytecode::Bytecode, primitives::KECCAK_EMPTY, state::AccountInfo};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Storage tries that stay in memory between blocks; beyond this the least used are dropped and reloaded on demand.
const OPEN_TRIES_MAX: usize = 1024;

/// Nonce of a column account: it makes the account other than empty.
const COLUMN_NONCE: u64 = 1;

/// Durable state of all VMs.
pub struct StateDb {
    store: Arc<dyn KvStore>,
    root: B256,
    accounts: Trie,
    storages: StorageTries,
}

impl StateDb {
    /// Opens the state in a store; an empty store is the empty state.
    pub fn open(store: Arc<dyn KvStore>) -> Result<Self, StateError> {
        let root = match row(&*snapshot(&*store)?, rows::META, rows::ROOT)? {
            Some(row) => B256::try_from(&row[..]).map_err(|_| rows::corrupt(rows::META, rows::ROOT))?,
            None => EMPTY_ROOT,
        };
        Ok(Self { store, root, accounts: Trie::at_root(root), storages: StorageTries::default() })
    }

    /// A state in memory, for tests and short-lived chains.
    pub fn in_memory() -> Self {
        Self {
            store: Arc::new(MemoryStore::default()),
            root: EMPTY_ROOT,
            accounts: Trie::empty(),
            storages: StorageTries::default(),
        }
    }

    /// A copy that goes its own way from here on, where the store can be copied: in memory it costs next to nothing. `None`
    /// where it stands on a disk.
    pub fn fork(&self) -> Option<Self> {
        let store = self.store.fork()?;
        Some(Self { store, root: self.root, accounts: Trie::at_root(self.root), storages: StorageTries::default() })
    }

    /// The state root: of an Ethereum-compatible secure Merkle Patricia trie over all accounts of all VMs.
    pub const fn root(&self) -> B256 {
        self.root
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
            Ok(root) => self.root = root,
            Err(_) => {
                // The tries have run ahead of the store: forget them.
                self.accounts = Trie::at_root(self.root);
                self.storages = StorageTries::default();
            }
        }
        committed
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
        for (address, slots) in columns {
            let change = changes.accounts.get(&address);
            leaves.push(self.prepare_column(&state, &mut batch, address, change, slots)?);
        }
        for (key, object) in &changes.objects {
            put_or_delete(&mut batch, rows::OBJECT, rows::object_key(key), object.as_ref().map(|o| o.to_vec()));
        }
        for (hash, code) in &changes.codes {
            batch.put(rows::CODE, hash.as_slice(), code.to_vec());
        }
        self.accounts.apply(&AccountNodes(&*state.0), &leaves).map_err(StateError::backend)?;
        let root = self.accounts.root();
        for (path, node) in self.accounts.take_node_updates() {
            put_or_delete(&mut batch, rows::ACCOUNT_NODE, path, node);
        }
        batch.put(rows::META, rows::ROOT, root.to_vec());
        Ok((root, batch))
    }

    fn prepare_account(
        &mut self,
        state: &StoredState,
        batch: &mut Batch,
        address: Address,
        change: &AccountChange,
    ) -> Result<Leaf, StateError> {
        // What an account had goes with it; no root could show words without an account.
        let wiped = change.wiped || change.info.is_none();
        if wiped {
            batch.delete_prefix(rows::WORD, address.as_slice());
            batch.delete_prefix(rows::STORAGE_NODE, address.as_slice());
            self.storages.forget(address);
        }
        let Some(info) = &change.info else {
            return Ok(put_account(batch, address, None));
        };
        let start = if wiped { EMPTY_ROOT } else { state.storage_root(address)? };
        let mut slots = Vec::with_capacity(change.words.len());
        for (slot, value) in &change.words {
            let row = (!value.is_zero()).then(|| value.to_be_bytes_trimmed_vec());
            put_or_delete(batch, rows::WORD, rows::word_key(address, *slot).to_vec(), row);
            slots.push((keccak256(slot.to_be_bytes::<32>()), word_leaf(*value)));
        }
        let nodes = StorageNodes { snapshot: &*state.0, address };
        let storage_root = self.update_storage(&nodes, batch, start, slots)?;
        Ok(put_account(batch, address, Some(trie_account(info, storage_root))))
    }

    /// A column always exists once it holds an object: nonce 1 keeps EIP-161 from removing it. Its storage is its
    /// objects; what a change says about words of a column is not heard.
    fn prepare_column(
        &mut self,
        state: &StoredState,
        batch: &mut Batch,
        address: Address,
        change: Option<&AccountChange>,
        slots: Vec<Leaf>,
    ) -> Result<Leaf, StateError> {
        let before = state.trie_account(address)?;
        let start = before.map_or(EMPTY_ROOT, |account| account.storage_root);
        let nodes = StorageNodes { snapshot: &*state.0, address };
        let storage_root = self.update_storage(&nodes, batch, start, slots)?;
        let account = match change {
            Some(change) => change.info.as_ref().map(|info| trie_account(info, storage_root)),
            None => before,
        };
        let is_column = storage_root != EMPTY_ROOT || before.is_some_and(|account| account.nonce == COLUMN_NONCE);
        let column = |account: TrieAccount| TrieAccount { nonce: COLUMN_NONCE, storage_root, ..account };
        Ok(put_account(batch, address, if is_column { Some(column(account.unwrap_or_default())) } else { account }))
    }

    fn update_storage(
        &mut self,
        nodes: &StorageNodes<'_>,
        batch: &mut Batch,
        start: B256,
        slots: Vec<Leaf>,
    ) -> Result<B256, StateError> {
        if slots.is_empty() {
            return Ok(start);
        }
        let trie = self.storages.open(nodes.address, start);
        trie.apply(nodes, &slots).map_err(StateError::backend)?;
        let root = trie.root();
        for (path, node) in trie.take_node_updates() {
            put_or_delete(batch, rows::STORAGE_NODE, rows::node_key(nodes.address, &path), node);
        }
        Ok(root)
    }

    /// Proof of an account and of some of its storage slots, in the form of `eth_getProof` (EIP-1186).
    pub fn account_proof(&mut self, address: Address, slots: &[B256]) -> Result<AccountProof, StateError> {
        let state = StoredState(snapshot(&*self.store)?);
        let account = state.trie_account(address)?;
        let nodes = AccountNodes(&*state.0);
        let account_proof = self.accounts.prove(&nodes, &keccak256(address)).map_err(StateError::backend)?;
        let storage_hash = account.map_or(EMPTY_ROOT, |account| account.storage_root);
        let source = StorageNodes { snapshot: &*state.0, address };
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

type Leaf = (B256, Option<Vec<u8>>);

fn word_leaf(value: U256) -> Option<Vec<u8>> {
    (!value.is_zero()).then(|| alloy_rlp::encode(value))
}

fn trie_account(info: &AccountInfo, storage_root: B256) -> TrieAccount {
    TrieAccount { nonce: info.nonce, balance: info.balance, storage_root, code_hash: info.code_hash }
}

fn put_account(batch: &mut Batch, address: Address, account: Option<TrieAccount>) -> Leaf {
    let row = account.map(alloy_rlp::encode);
    put_or_delete(batch, rows::ACCOUNT, address.to_vec(), row.clone());
    (keccak256(address), row)
}

fn put_or_delete(batch: &mut Batch, table: hexapla_store::Table, key: Vec<u8>, value: Option<Vec<u8>>) {
    match value {
        Some(value) => batch.put(table, key, value),
        None => batch.delete(table, key),
    };
}

/// The changed slots of each column that changes, in its objects or in its account.
fn columns_of(changes: &BlockChanges) -> BTreeMap<Address, Vec<Leaf>> {
    let mut vms: BTreeMap<VmId, Vec<Leaf>> = BTreeMap::new();
    for (key, object) in &changes.objects {
        let leaf = object.as_ref().map(|object| alloy_rlp::encode(U256::from_be_bytes(keccak256(object).0)));
        vms.entry(key.vm).or_default().push((keccak256(key.slot()), leaf));
    }
    for address in changes.accounts.keys() {
        let vm = VmId(address.0[19]);
        if *address == column_account(vm) {
            vms.entry(vm).or_default();
        }
    }
    vms.into_iter().map(|(vm, slots)| (column_account(vm), slots)).collect()
}

/// The storage tries in memory.
#[derive(Default)]
struct StorageTries {
    open: HashMap<Address, (u64, Trie)>,
    clock: u64,
}

impl StorageTries {
    fn open(&mut self, address: Address, root: B256) -> &mut Trie {
        if self.open.len() >= OPEN_TRIES_MAX && !self.open.contains_key(&address) {
            self.drop_least_used();
        }
        self.clock += 1;
        let (used, trie) = self.open.entry(address).or_insert_with(|| (0, Trie::at_root(root)));
        *used = self.clock;
        trie
    }

    fn forget(&mut self, address: Address) {
        self.open.remove(&address);
    }

    /// Drops half of them at once, so that the search for the least used is paid rarely.
    fn drop_least_used(&mut self) {
        let mut used: Vec<u64> = self.open.values().map(|(used, _)| *used).collect();
        used.sort_unstable();
        let Some(&median) = used.get(used.len() / 2) else {
            return;
        };
        self.open.retain(|_, (used, _)| *used > median);
    }
}

/// The nodes of the account trie in the store.
struct AccountNodes<'a>(&'a dyn Snapshot);

impl NodeSource for AccountNodes<'_> {
    fn node(&self, path: &[u8]) -> Result<Option<Bytes>, SourceError> {
        Ok(self.0.get(rows::ACCOUNT_NODE, path).map_err(SourceError::new)?.map(Bytes::from))
    }
}

/// The nodes of one storage trie in the store.
struct StorageNodes<'a> {
    snapshot: &'a dyn Snapshot,
    address: Address,
}

impl NodeSource for StorageNodes<'_> {
    fn node(&self, path: &[u8]) -> Result<Option<Bytes>, SourceError> {
        let key = rows::node_key(self.address, path);
        Ok(self.snapshot.get(rows::STORAGE_NODE, &key).map_err(SourceError::new)?.map(Bytes::from))
    }
}

fn snapshot(store: &dyn KvStore) -> Result<Arc<dyn Snapshot>, StateError> {
    store.snapshot().map_err(StateError::backend)
}

fn row(snapshot: &dyn Snapshot, table: hexapla_store::Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
    Ok(snapshot.get(table, key).map_err(StateError::backend)?.map(Bytes::from))
}

/// Committed state in a store.
struct StoredState(Arc<dyn Snapshot>);

impl StoredState {
    fn storage_root(&self, address: Address) -> Result<B256, StateError> {
        Ok(self.trie_account(address)?.map_or(EMPTY_ROOT, |account| account.storage_root))
    }

    fn trie_account(&self, address: Address) -> Result<Option<TrieAccount>, StateError> {
        match row(&*self.0, rows::ACCOUNT, address.as_slice())? {
            Some(row) => rows::decode_account(address, &row).map(Some),
            None => Ok(None),
        }
    }
}

impl StateReader for StoredState {
    fn account(&self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        Ok(self.trie_account(address)?.map(|account| AccountInfo {
            nonce: account.nonce,
            balance: account.balance,
            code_hash: account.code_hash,
            code: None,
            ..AccountInfo::default()
        }))
    }

    fn word(&self, address: Address, key: U256) -> Result<U256, StateError> {
        match row(&*self.0, rows::WORD, &rows::word_key(address, key))? {
            Some(row) => rows::decode_word(address, key, &row),
            None => Ok(U256::ZERO),
        }
    }

    fn has_storage(&self, address: Address) -> Result<bool, StateError> {
        Ok(self.trie_account(address)?.is_some_and(|account| account.storage_root != EMPTY_ROOT))
    }

    fn object(&self, key: &ObjectKey) -> Result<Option<Bytes>, StateError> {
        row(&*self.0, rows::OBJECT, &rows::object_key(key))
    }

    fn code(&self, hash: B256) -> Result<Bytecode, StateError> {
        if hash == KECCAK_EMPTY {
            return Ok(Bytecode::default());
        }
        let code = row(&*self.0, rows::CODE, hash.as_slice())?.ok_or(StateError::MissingCode(hash))?;
        Bytecode::new_raw_checked(code).map_err(|_| rows::corrupt(rows::CODE, hash.as_slice()))
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        match row(&*self.0, rows::BLOCK_HASH, &number.to_be_bytes())? {
            Some(row) => B256::try_from(&row[..]).map_err(|_| rows::corrupt(rows::BLOCK_HASH, &number.to_be_bytes())),
            None => Ok(B256::ZERO),
        }
    }
}
