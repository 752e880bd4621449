//! Committed state, as execution reads it.

use crate::rows;
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256};
use hexapla_state::{StateError, StateReader};
use hexapla_store::Snapshot;
use hexapla_trie::{EMPTY_ROOT, TrieAccount};
use revm::{bytecode::Bytecode, primitives::KECCAK_EMPTY, state::AccountInfo};
use std::sync::Arc;

/// Committed state in a store.
pub(crate) struct StoredState(pub(crate) Arc<dyn Snapshot>);

impl StoredState {
    /// An account, by keccak256 of its address.
    pub(crate) fn trie_account(&self, key: B256) -> Result<Option<TrieAccount>, StateError> {
        match row(&*self.0, rows::ACCOUNT, key.as_slice())? {
            Some(row) => rows::decode_account(key.as_slice(), &row).map(Some),
            None => Ok(None),
        }
    }
}

impl StateReader for StoredState {
    fn account(&self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        Ok(self.trie_account(rows::account_key(address))?.map(|account| AccountInfo {
            nonce: account.nonce,
            balance: account.balance,
            code_hash: account.code_hash,
            code: None,
            ..AccountInfo::default()
        }))
    }

    fn word(&self, address: Address, key: U256) -> Result<U256, StateError> {
        let key = rows::leaf_key(rows::account_key(address), rows::slot_key(key));
        match row(&*self.0, rows::WORD, &key)? {
            Some(row) => rows::decode_word(&key, &row),
            None => Ok(U256::ZERO),
        }
    }

    fn has_storage(&self, address: Address) -> Result<bool, StateError> {
        Ok(self.trie_account(rows::account_key(address))?.is_some_and(|account| account.storage_root != EMPTY_ROOT))
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

pub(crate) fn row(
    snapshot: &dyn Snapshot,
    table: hexapla_store::Table,
    key: &[u8],
) -> Result<Option<Bytes>, StateError> {
    Ok(snapshot.get(table, key).map_err(StateError::backend)?.map(Bytes::from))
}
