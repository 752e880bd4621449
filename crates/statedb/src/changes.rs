//! From a block's changes to rows and to the root.

use crate::{
    rows,
    source::{AccountSource, StorageSource},
    tries::Tries,
    view::View,
};
use hexapla_primitives::{Address, B256, U256, VmId, identity::column_account, keccak256};
use hexapla_state::{AccountChange, BlockChanges, StateError};
use hexapla_store::Batch;
use hexapla_trie::{EMPTY_ROOT, TrieAccount};
use revm::state::AccountInfo;
use std::collections::BTreeMap;

/// Nonce of a column account: it makes the account other than empty.
const COLUMN_NONCE: u64 = 1;

/// Brings the tries of a state to the one after a block. Gives its root and the rows that change, without those of
/// trie nodes.
///
/// On an error the tries are neither of the one state nor of the other.
pub(crate) fn apply(tries: &mut Tries, view: &View, changes: &BlockChanges) -> Result<(B256, Batch), StateError> {
    let mut next = Next { tries, view, batch: Batch::new() };
    let mut leaves = Vec::with_capacity(changes.accounts.len());
    let columns = columns_of(changes);
    for (address, change) in &changes.accounts {
        if !columns.contains_key(address) {
            leaves.push(next.account(*address, change)?);
        }
    }
    for (address, hashes) in columns {
        leaves.push(next.column(address, changes.accounts.get(&address), hashes)?);
    }
    for (key, object) in &changes.objects {
        let object = object.as_ref().map(|object| object.0.clone());
        rows::put_or_delete(&mut next.batch, rows::OBJECT, rows::object_key(key), object);
    }
    for (hash, code) in &changes.codes {
        next.batch.put(rows::CODE, hash.as_slice(), code.0.clone());
    }
    let Next { tries, view, batch } = next;
    tries.note_used(batch.len());
    tries.accounts.apply(&AccountSource(&*view.base), &leaves).map_err(StateError::backend)?;
    Ok((tries.accounts.root(), batch))
}

struct Next<'a> {
    tries: &'a mut Tries,
    view: &'a View,
    batch: Batch,
}

impl Next<'_> {
    fn account(&mut self, address: Address, change: &AccountChange) -> Result<rows::Leaf, StateError> {
        // What an account had goes with it; no root could show words without an account.
        let wiped = change.wiped || change.info.is_none();
        let key = rows::account_key(address);
        if wiped {
            for table in rows::OF_STORAGE {
                self.batch.delete_prefix(table, key.as_slice());
            }
            self.tries.storages.forget(key);
        }
        let Some(info) = &change.info else {
            return Ok(self.put_account(key, None));
        };
        let before = if wiped { None } else { self.view.account(key)? };
        let start = before.map_or(EMPTY_ROOT, |account| account.storage_root);
        let mut leaves = Vec::with_capacity(change.words.len());
        for (slot, value) in &change.words {
            let row = (!value.is_zero()).then(|| value.to_be_bytes_trimmed_vec());
            let slot = rows::slot_key(*slot);
            rows::put_or_delete(&mut self.batch, rows::WORD, rows::leaf_key(key, slot).to_vec(), row);
            leaves.push((slot, (!value.is_zero()).then(|| alloy_rlp::encode(value))));
        }
        let source = StorageSource { snapshot: &*self.view.base, owner: key, is_column: false };
        let storage_root = self.tries.storages.apply(&source, start, &leaves)?;
        Ok(self.put_account(key, Some(trie_account(info, storage_root))))
    }

    /// A column always exists once it holds an object: nonce 1 keeps EIP-161 from removing it. Its storage is its
    /// objects; what a change says about words of a column is not heard.
    fn column(
        &mut self,
        address: Address,
        change: Option<&AccountChange>,
        hashes: Vec<(B256, Option<B256>)>,
    ) -> Result<rows::Leaf, StateError> {
        let key = rows::account_key(address);
        let before = self.view.account(key)?;
        let mut leaves = Vec::with_capacity(hashes.len());
        for (slot, hash) in hashes {
            let row = hash.map(|hash| hash.to_vec());
            rows::put_or_delete(&mut self.batch, rows::OBJECT_HASH, rows::leaf_key(key, slot).to_vec(), row);
            leaves.push((slot, hash.map(|hash| alloy_rlp::encode(U256::from_be_bytes(hash.0)))));
        }
        let start = before.map_or(EMPTY_ROOT, |account| account.storage_root);
        let source = StorageSource { snapshot: &*self.view.base, owner: key, is_column: true };
        let storage_root = self.tries.storages.apply(&source, start, &leaves)?;
        let account = match change {
            Some(change) => change.info.as_ref().map(|info| trie_account(info, storage_root)),
            None => before,
        };
        let is_column = storage_root != EMPTY_ROOT || before.is_some_and(has_held);
        let column = |account: TrieAccount| TrieAccount { nonce: COLUMN_NONCE, storage_root, ..account };
        Ok(self.put_account(key, if is_column { Some(column(account.unwrap_or_default())) } else { account }))
    }

    fn put_account(&mut self, key: B256, account: Option<TrieAccount>) -> rows::Leaf {
        let row = account.as_ref().map(rows::encode_account);
        rows::put_or_delete(&mut self.batch, rows::ACCOUNT, key.to_vec(), row);
        (key, account.map(alloy_rlp::encode))
    }
}

/// Whether the account of a column says that the column holds an object, or has held one.
fn has_held(account: TrieAccount) -> bool {
    account.nonce == COLUMN_NONCE
}

/// Whether a column holds an object, or has held one.
pub(crate) fn is_column(view: &View, vm: VmId) -> Result<bool, StateError> {
    Ok(view.account(rows::account_key(column_account(vm)))?.is_some_and(has_held))
}

fn trie_account(info: &AccountInfo, storage_root: B256) -> TrieAccount {
    TrieAccount { nonce: info.nonce, balance: info.balance, storage_root, code_hash: info.code_hash }
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
