//! Committed state, as execution reads it.

use crate::{rows, view::View};
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256};
use hexapla_state::{StateError, StateReader};
use hexapla_trie::EMPTY_ROOT;
use revm::{bytecode::Bytecode, primitives::KECCAK_EMPTY, state::AccountInfo};

/// The state after a commit.
pub(crate) struct StoredState(pub(crate) View);

impl StateReader for StoredState {
    fn account(&self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        Ok(self.0.account(rows::account_key(address))?.map(|account| AccountInfo {
            nonce: account.nonce,
            balance: account.balance,
            code_hash: account.code_hash,
            code: None,
            ..AccountInfo::default()
        }))
    }

    fn word(&self, address: Address, key: U256) -> Result<U256, StateError> {
        let key = rows::leaf_key(rows::account_key(address), rows::slot_key(key));
        match self.0.row(rows::WORD, &key)? {
            Some(row) => rows::decode_word(&key, &row),
            None => Ok(U256::ZERO),
        }
    }

    fn has_storage(&self, address: Address) -> Result<bool, StateError> {
        Ok(self.0.account(rows::account_key(address))?.is_some_and(|account| account.storage_root != EMPTY_ROOT))
    }

    fn object(&self, key: &ObjectKey) -> Result<Option<Bytes>, StateError> {
        self.0.row(rows::OBJECT, &rows::object_key(key))
    }

    fn code(&self, hash: B256) -> Result<Bytecode, StateError> {
        if hash == KECCAK_EMPTY {
            return Ok(Bytecode::default());
        }
        let code = self.0.row(rows::CODE, hash.as_slice())?.ok_or(StateError::MissingCode(hash))?;
        Bytecode::new_raw_checked(code).map_err(|_| rows::corrupt(rows::CODE, hash.as_slice()))
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        match self.0.row(rows::BLOCK_HASH, &number.to_be_bytes())? {
            Some(row) => B256::try_from(&row[..]).map_err(|_| rows::corrupt(rows::BLOCK_HASH, &number.to_be_bytes())),
            None => Ok(B256::ZERO),
        }
    }
}
