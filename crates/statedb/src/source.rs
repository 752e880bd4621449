//! The tries in the store: rows of nodes, and the flat rows as their leaves.

use crate::rows;
use hexapla_primitives::{B256, Bytes, U256};
use hexapla_state::StateError;
use hexapla_store::{Snapshot, Table};
use hexapla_trie::{NodeSource, SourceError};

type Leaf = (B256, Vec<u8>);

/// The trie of accounts.
pub(crate) struct AccountSource<'a>(pub(crate) &'a dyn Snapshot);

impl NodeSource for AccountSource<'_> {
    fn node(&self, path: &[u8]) -> Result<Option<Bytes>, SourceError> {
        row(self.0, rows::ACCOUNT_NODE, path)
    }

    fn leaves(&self, path: &[u8]) -> Result<Vec<Leaf>, SourceError> {
        leaves(self.0, rows::ACCOUNT, &[], path, account_leaf)
    }

    fn value(&self, key: &B256) -> Result<Option<Vec<u8>>, SourceError> {
        let row = row(self.0, rows::ACCOUNT, key.as_slice())?;
        row.map(|row| account_leaf(key.as_slice(), &row)).transpose().map_err(SourceError::new)
    }
}

/// The trie of an account's words, or of a column's objects.
pub(crate) struct StorageSource<'a> {
    pub(crate) snapshot: &'a dyn Snapshot,
    /// keccak256 of the address.
    pub(crate) owner: B256,
    pub(crate) is_column: bool,
}

impl StorageSource<'_> {
    fn table(&self) -> Table {
        if self.is_column { rows::OBJECT_HASH } else { rows::WORD }
    }
}

impl NodeSource for StorageSource<'_> {
    fn node(&self, path: &[u8]) -> Result<Option<Bytes>, SourceError> {
        row(self.snapshot, rows::STORAGE_NODE, &rows::node_key(self.owner, path))
    }

    fn leaves(&self, path: &[u8]) -> Result<Vec<Leaf>, SourceError> {
        leaves(self.snapshot, self.table(), self.owner.as_slice(), path, word_leaf)
    }

    fn value(&self, key: &B256) -> Result<Option<Vec<u8>>, SourceError> {
        let key = rows::leaf_key(self.owner, *key);
        let row = row(self.snapshot, self.table(), &key)?;
        row.map(|row| word_leaf(&key, &row)).transpose().map_err(SourceError::new)
    }
}

fn row(snapshot: &dyn Snapshot, table: Table, key: &[u8]) -> Result<Option<Bytes>, SourceError> {
    Ok(snapshot.get(table, key).map_err(SourceError::new)?.map(Bytes::from))
}

pub(crate) fn account_leaf(key: &[u8], row: &[u8]) -> Result<Vec<u8>, StateError> {
    rows::decode_account(key, row).map(alloy_rlp::encode)
}

/// The leaf of a word, or of an object's hash: a number either way.
pub(crate) fn word_leaf(key: &[u8], row: &[u8]) -> Result<Vec<u8>, StateError> {
    let value = rows::decode_word(key, row)?;
    if value == U256::ZERO { Err(rows::corrupt(rows::WORD, key)) } else { Ok(alloy_rlp::encode(value)) }
}

/// The rows of a table whose keys are `owner` and then begin with the nibbles of `path`, as leaves.
fn leaves(
    snapshot: &dyn Snapshot,
    table: Table,
    owner: &[u8],
    path: &[u8],
    leaf: impl Fn(&[u8], &[u8]) -> Result<Vec<u8>, StateError>,
) -> Result<Vec<Leaf>, SourceError> {
    let (pairs, odd) = path.as_chunks::<2>();
    let mut prefix = owner.to_vec();
    prefix.extend(pairs.iter().map(|[high, low]| high << 4 | low));
    let whole = prefix.len();
    let start = prefix.iter().copied().chain(odd.iter().map(|high| high << 4)).collect::<Vec<u8>>();
    let begins = |key: &[u8]| {
        key.starts_with(&prefix) && odd.iter().all(|high| key.get(whole).is_some_and(|byte| byte >> 4 == *high))
    };
    let (mut found, mut failed) = (Vec::new(), None);
    let visit = &mut |key: &[u8], row: &[u8]| {
        if !begins(key) {
            return false;
        }
        match key[owner.len()..]
            .try_into()
            .map_err(|_| rows::corrupt(table, key))
            .and_then(|hash| Ok((hash, leaf(key, row)?)))
        {
            Ok((hash, leaf)) => found.push((B256::new(hash), leaf)),
            Err(error) => failed = Some(error),
        }
        failed.is_none()
    };
    snapshot.scan_from(table, &start, visit).map_err(SourceError::new)?;
    failed.map_or(Ok(found), |error| Err(SourceError::new(error)))
}
