//! What a leaf of the account trie holds (Yellow Paper, section 4.1).

use alloy_primitives::{B256, U256, b256};
use alloy_rlp::{BufMut, Decodable, Encodable, Header};

use crate::EMPTY_ROOT;

/// The Keccak-256 hash of no bytes: the code hash of an account without code.
pub const KECCAK_EMPTY: B256 = b256!("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");

/// An account, as it is committed to. Its RLP is the list of its fields in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TrieAccount {
    /// The number of transactions sent, or of contracts created.
    pub nonce: u64,
    /// The balance in wei.
    pub balance: U256,
    /// The root of the account's storage trie.
    pub storage_root: B256,
    /// The hash of the account's code.
    pub code_hash: B256,
}

impl Default for TrieAccount {
    /// An account without anything.
    fn default() -> Self {
        Self { nonce: 0, balance: U256::ZERO, storage_root: EMPTY_ROOT, code_hash: KECCAK_EMPTY }
    }
}

impl TrieAccount {
    fn header(&self) -> Header {
        let payload_length =
            self.nonce.length() + self.balance.length() + self.storage_root.length() + self.code_hash.length();
        Header { list: true, payload_length }
    }
}

impl Encodable for TrieAccount {
    fn encode(&self, out: &mut dyn BufMut) {
        self.header().encode(out);
        self.nonce.encode(out);
        self.balance.encode(out);
        self.storage_root.encode(out);
        self.code_hash.encode(out);
    }

    fn length(&self) -> usize {
        self.header().length_with_payload()
    }
}

impl Decodable for TrieAccount {
    fn decode(bytes: &mut &[u8]) -> alloy_rlp::Result<Self> {
        let mut payload = Header::decode_bytes(bytes, true)?;
        let account = Self {
            nonce: Decodable::decode(&mut payload)?,
            balance: Decodable::decode(&mut payload)?,
            storage_root: Decodable::decode(&mut payload)?,
            code_hash: Decodable::decode(&mut payload)?,
        };
        if payload.is_empty() { Ok(account) } else { Err(alloy_rlp::Error::UnexpectedLength) }
    }
}
