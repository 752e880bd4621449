//! Committed state, as execution reads it.

use crate::{rows, view::View};
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256};
use hexapla_state::{StateError, StateReader};
use hexapla_trie::EMPTY_ROOT;
use revm::{bytecode::Bytecode, primitives::KECCAK_EMPTY, state::AccountInfo};
use std::sync::Mutex;

/// The state after a commit.
pub(crate) struct StoredState {
    view: View,
    /// The account whose word was read last, and its key: most words that are read together are of one account.
    last_owner: Mutex<(Address, B256)>,
}

impl StoredState {
    pub(crate) fn new(view: View) -> Self {
        Self { view, last_owner: Mutex::new((Address::ZERO, rows::account_key(Address::ZERO))) }
    }

    /// The key of an account.
    fn owner(&self, address: Address) -> B256 {
        // Nobody waits for what is as soon computed.
        let Ok(mut last) = self.last_owner.try_lock() else { return rows::account_key(address) };
        if last.0 != address {
            *last = (address, rows::account_key(address));
        }
        last.1
    }
}

impl StateReader for StoredState {
    fn account(&self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        Ok(self.view.account(rows::account_key(address))?.map(|account| AccountInfo {
            nonce: account.nonce,
            balance: account.balance,
            code_hash: account.code_hash,
            code: None,
            ..AccountInfo::default()
        }))
    }

    fn word(&self, address: Address, key: U256) -> Result<U256, StateError> {
        let key = rows::leaf_key(self.owner(address), rows::slot_key(key));
        match self.view.row(rows::WORD, &key)? {
            Some(row) => rows::decode_word(&key, &row),
            None => Ok(U256::ZERO),
        }
    }

    fn has_storage(&self, address: Address) -> Result<bool, StateError> {
        Ok(self.view.account(rows::account_key(address))?.is_some_and(|account| account.storage_root != EMPTY_ROOT))
    }

    fn object(&self, key: &ObjectKey) -> Result<Option<Bytes>, StateError> {
        self.view.row(rows::OBJECT, &rows::object_key(key))
    }

    fn code(&self, hash: B256) -> Result<Bytecode, StateError> {
        if hash == KECCAK_EMPTY {
            return Ok(Bytecode::default());
        }
        let code = self.view.row(rows::CODE, hash.as_slice())?.ok_or(StateError::MissingCode(hash))?;
        Bytecode::new_raw_checked(code).map_err(|_| rows::corrupt(rows::CODE, hash.as_slice()))
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        match self.view.row(rows::BLOCK_HASH, &number.to_be_bytes())? {
            Some(row) => B256::try_from(&row[..]).map_err(|_| rows::corrupt(rows::BLOCK_HASH, &number.to_be_bytes())),
            None => Ok(B256::ZERO),
        }
    }
}
