//! The tables of the database and the form of their rows.
//!
//! | table | key | value |
//! |---|---|---|
//! | `account` | keccak256(address) (32) | RLP [nonce, balance, storage root or "", code hash or ""] |
//! | `word` | keccak256(address) (32) ‖ keccak256(slot) (32) | value, big-endian without leading zeros |
//! | `object` | vm (1) ‖ object key | blob |
//! | `object-hash` | keccak256(address of the column) (32) ‖ keccak256(slot of the object) (32) | keccak256(blob) (32) |
//! | `code` | keccak256 (32) | code |
//! | `account-node` | nibbles from the root | number of keys (4, big-endian) ‖ RLP trie node |
//! | `storage-node` | keccak256(address) (32) ‖ nibbles from the root | number of keys (4, big-endian) ‖ RLP trie node |
//! | `block-hash` | number (8, big-endian) | hash (32) |
//! | `meta` | `format` | 3 (4, big-endian) |
//! | `meta` | `root` | state root (32) |
//! | `meta` | `version` | number of commits so far (8, big-endian) |
//! | `meta` | `block` | number of the newest block (8, big-endian); absent before the first |
//! | `meta` | `unfinished` | nothing; there while a snapshot is read into the database |
//!
//! An account without storage or code has "" for the root or hash of nothing, as in the snapshots of geth. Keys are
//! hashes, so that the leaves below a trie node stand next to one another. A node has a row only if more than
//! [`NODE_KEYS_MIN`] keys are below it; the others are made from the leaves.

use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256};
use hexapla_state::StateError;
use hexapla_store::{Batch, Snapshot, Table};
use hexapla_trie::{EMPTY_ROOT, Trie, TrieAccount};
use revm::primitives::KECCAK_EMPTY;

/// The format that this version reads and writes.
pub(crate) const FORMAT_NUMBER: u32 = 3;

/// Trie nodes with no more keys than this have no rows.
pub(crate) const NODE_KEYS_MIN: u32 = 128;

pub(crate) const ACCOUNT: Table = Table("account");
pub(crate) const WORD: Table = Table("word");
pub(crate) const OBJECT: Table = Table("object");
pub(crate) const OBJECT_HASH: Table = Table("object-hash");
pub(crate) const CODE: Table = Table("code");
pub(crate) const ACCOUNT_NODE: Table = Table("account-node");
pub(crate) const STORAGE_NODE: Table = Table("storage-node");
pub(crate) const BLOCK_HASH: Table = Table("block-hash");
pub(crate) const META: Table = Table("meta");
/// All of them.
pub(crate) const TABLES: [Table; 9] =
    [ACCOUNT, WORD, OBJECT, OBJECT_HASH, CODE, ACCOUNT_NODE, STORAGE_NODE, BLOCK_HASH, META];
/// What goes with the storage of an account.
pub(crate) const OF_STORAGE: [Table; 2] = [WORD, STORAGE_NODE];
pub(crate) const FORMAT: &[u8] = b"format";
pub(crate) const ROOT: &[u8] = b"root";
pub(crate) const VERSION: &[u8] = b"version";
pub(crate) const BLOCK: &[u8] = b"block";
pub(crate) const UNFINISHED: &[u8] = b"unfinished";

/// A row as it stands in a store.
pub(crate) fn get(snapshot: &dyn Snapshot, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
    Ok(snapshot.get(table, key).map_err(StateError::backend)?.map(Bytes::from))
}

/// The key of a leaf in the storage of an account, both hashed.
pub(crate) fn leaf_key(owner: B256, slot: B256) -> [u8; 64] {
    let mut key = [0; 64];
    key[..32].copy_from_slice(owner.as_slice());
    key[32..].copy_from_slice(slot.as_slice());
    key
}

pub(crate) fn object_key(key: &ObjectKey) -> Vec<u8> {
    [&[key.vm.0], key.key.as_ref()].concat()
}

pub(crate) fn node_key(owner: B256, path: &[u8]) -> Vec<u8> {
    [owner.as_slice(), path].concat()
}

/// Brings the node rows of a trie up to date; `owner` is what their keys begin with.
pub(crate) fn put_nodes(batch: &mut Batch, table: Table, owner: &[u8], trie: &mut Trie) {
    for (path, node) in trie.take_node_updates(NODE_KEYS_MIN) {
        put_or_delete(batch, table, [owner, &path].concat(), node);
    }
}

pub(crate) fn corrupt(table: Table, key: &[u8]) -> StateError {
    StateError::CorruptRow { table: table.0, key: alloy_primitives::hex::encode(key) }
}

#[derive(alloy_rlp::RlpEncodable, alloy_rlp::RlpDecodable)]
struct AccountRow {
    nonce: u64,
    balance: U256,
    storage_root: Bytes,
    code_hash: Bytes,
}

pub(crate) fn encode_account(account: &TrieAccount) -> Vec<u8> {
    let unless = |hash: B256, usual: B256| if hash == usual { Default::default() } else { hash.to_vec().into() };
    alloy_rlp::encode(AccountRow {
        nonce: account.nonce,
        balance: account.balance,
        storage_root: unless(account.storage_root, EMPTY_ROOT),
        code_hash: unless(account.code_hash, KECCAK_EMPTY),
    })
}

pub(crate) fn decode_account(key: &[u8], row: &[u8]) -> Result<TrieAccount, StateError> {
    let corrupt = || corrupt(ACCOUNT, key);
    let or = |hash: &[u8], usual| match hash.len() {
        0 => Ok(usual),
        _ => B256::try_from(hash).map_err(|_| corrupt()),
    };
    let row: AccountRow = alloy_rlp::decode_exact(row).map_err(|_| corrupt())?;
    Ok(TrieAccount {
        nonce: row.nonce,
        balance: row.balance,
        storage_root: or(&row.storage_root, EMPTY_ROOT)?,
        code_hash: or(&row.code_hash, KECCAK_EMPTY)?,
    })
}

pub(crate) fn decode_word(key: &[u8], row: &[u8]) -> Result<U256, StateError> {
    U256::try_from_be_slice(row).ok_or_else(|| corrupt(WORD, key))
}

/// keccak256 of an address: the key of its account.
pub(crate) fn account_key(address: Address) -> B256 {
    hexapla_primitives::keccak256(address)
}

/// keccak256 of a slot: the second half of the key of a word.
pub(crate) fn slot_key(slot: U256) -> B256 {
    hexapla_primitives::keccak256(slot.to_be_bytes::<32>())
}

/// A key of a trie and what its leaf holds; `None` where there is none any more.
pub(crate) type Leaf = (B256, Option<Vec<u8>>);

/// The row of a block's hash.
pub(crate) fn put_block_hash(batch: &mut Batch, block: Option<(u64, B256)>) {
    if let Some((number, hash)) = block {
        batch.put(BLOCK_HASH, number.to_be_bytes().as_slice(), hash.to_vec());
    }
}

pub(crate) fn put_or_delete(batch: &mut Batch, table: Table, key: Vec<u8>, value: Option<impl Into<bytes::Bytes>>) {
    match value {
        Some(value) => batch.put(table, key, value),
        None => batch.delete(table, key),
    };
}
