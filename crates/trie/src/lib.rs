//! Ethereum-compatible secure Merkle Patricia trie: incremental, parallel, persistent, with proofs.
