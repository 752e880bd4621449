//! Committed state, as execution reads it.

use alloc::{boxed::Box, string::String};
use core::error::Error;
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256};
use revm::{bytecode::Bytecode, database_interface::DBErrorMarker, primitives::KECCAK_EMPTY, state::AccountInfo};

/// State could not be read or written. Always a fault of the host, never of a contract.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// What holds the state failed: a database, a trie that does not fit its root. See [`StateError::backend_error`].
    #[error(transparent)]
    Backend(Box<dyn Error + Send + Sync>),
    /// An account names code that the database does not hold.
    #[error("code {0} is not in the database; the database is incomplete, restore it from a copy")]
    MissingCode(B256),
    /// A row does not decode.
    #[error("the row {key} of table `{table}` does not decode; the database is corrupt, restore it from a copy")]
    CorruptRow {
        /// Table name.
        table: &'static str,
        /// Row key in hex.
        key: String,
    },
    /// Somebody else's state was to be read into the database, and that did not end well.
    #[error("the database holds a part of a snapshot whose reading was not finished; delete it and read it again")]
    UnfinishedImport,
    /// The database was written by another version.
    #[error(
        "the database holds state in format {found}, and this version reads format {understood}; use the version that \
         wrote it, or another data directory"
    )]
    Format {
        /// The format of the database.
        found: u32,
        /// The format of this version.
        understood: u32,
    },
}

impl StateError {
    /// The failure of what holds the state.
    pub fn backend(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Backend(Box::new(error))
    }

    /// What the backend reported, if it is an error of this type.
    pub fn backend_error<E: Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Backend(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

impl DBErrorMarker for StateError {}

/// A consistent view of committed state.
pub trait StateReader: Send + Sync {
    /// An account; its code is not loaded (see [`StateReader::code`]). `None` where there is none.
    fn account(&self, address: Address) -> Result<Option<AccountInfo>, StateError>;
    /// A storage word of an account; zero where it was never written.
    fn word(&self, address: Address, key: U256) -> Result<U256, StateError>;
    /// Whether an account has any storage.
    fn has_storage(&self, address: Address) -> Result<bool, StateError>;
    /// An object of any VM's column.
    fn object(&self, key: &ObjectKey) -> Result<Option<Bytes>, StateError>;
    /// Code by its hash.
    fn code(&self, hash: B256) -> Result<Bytecode, StateError>;
    /// Hash of an earlier block; zero where unknown.
    fn block_hash(&self, number: u64) -> Result<B256, StateError>;
}

/// The state in which nothing is.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmptyState;

impl StateReader for EmptyState {
    fn account(&self, _: Address) -> Result<Option<AccountInfo>, StateError> {
        Ok(None)
    }

    fn word(&self, _: Address, _: U256) -> Result<U256, StateError> {
        Ok(U256::ZERO)
    }

    fn has_storage(&self, _: Address) -> Result<bool, StateError> {
        Ok(false)
    }

    fn object(&self, _: &ObjectKey) -> Result<Option<Bytes>, StateError> {
        Ok(None)
    }

    fn code(&self, hash: B256) -> Result<Bytecode, StateError> {
        if hash == KECCAK_EMPTY { Ok(Bytecode::default()) } else { Err(StateError::MissingCode(hash)) }
    }

    fn block_hash(&self, _: u64) -> Result<B256, StateError> {
        Ok(B256::ZERO)
    }
}
