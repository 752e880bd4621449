//! The tables of the database and the form of their rows.
//!
//! | table | key | value |
//! |---|---|---|
//! | `account` | address (20) | RLP [nonce, balance, storage root, code hash] |
//! | `word` | address (20) ‖ slot (32, big-endian) | value, big-endian without leading zeros |
//! | `object` | vm (1) ‖ object key | blob |
//! | `code` | keccak256 (32) | code |
//! | `account-node` | nibbles from the root | RLP trie node |
//! | `storage-node` | address (20) ‖ nibbles from the root | RLP trie node |
//! | `block-hash` | number (8, big-endian) | hash (32) |
//! | `meta` | `root` | state root (32) |

use hexapla_primitives::{Address, Bytes, ObjectKey, U256};
use hexapla_state::StateError;
use hexapla_store::Table;
use hexapla_trie::TrieAccount;

pub(crate) const ACCOUNT: Table = Table("account");
pub(crate) const WORD: Table = Table("word");
pub(crate) const OBJECT: Table = Table("object");
pub(crate) const CODE: Table = Table("code");
pub(crate) const ACCOUNT_NODE: Table = Table("account-node");
pub(crate) const STORAGE_NODE: Table = Table("storage-node");
pub(crate) const BLOCK_HASH: Table = Table("block-hash");
pub(crate) const META: Table = Table("meta");
pub(crate) const ROOT: &[u8] = b"root";

pub(crate) fn word_key(address: Address, slot: U256) -> [u8; 52] {
    let mut key = [0; 52];
    key[..20].copy_from_slice(address.as_slice());
    key[20..].copy_from_slice(&slot.to_be_bytes::<32>());
    key
}

pub(crate) fn object_key(key: &ObjectKey) -> Vec<u8> {
    [&[key.vm.0], key.key.as_ref()].concat()
}

pub(crate) fn node_key(address: Address, path: &[u8]) -> Vec<u8> {
    [address.as_slice(), path].concat()
}

pub(crate) fn corrupt(table: Table, key: &[u8]) -> StateError {
    StateError::CorruptRow { table: table.0, key: alloy_primitives::hex::encode(key) }
}

pub(crate) fn decode_account(address: Address, row: &[u8]) -> Result<TrieAccount, StateError> {
    alloy_rlp::decode_exact(row).map_err(|_| corrupt(ACCOUNT, address.as_slice()))
}

pub(crate) fn decode_word(address: Address, slot: U256, row: &Bytes) -> Result<U256, StateError> {
    U256::try_from_be_slice(row).ok_or_else(|| corrupt(WORD, &word_key(address, slot)))
}
