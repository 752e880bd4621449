//! The state as plain maps, and its root computed from nothing with alloy-trie.

use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles, TrieAccount};
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256, VmId, identity::column_account, keccak256};
use hexapla_state::StateReader;
use hexapla_statedb::StateDb;
use std::collections::{BTreeMap, BTreeSet};

/// An account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Info {
    pub(crate) nonce: u64,
    pub(crate) balance: U256,
    pub(crate) code: Bytes,
}

impl Info {
    pub(crate) fn is_empty(&self) -> bool {
        self.nonce == 0 && self.balance.is_zero() && self.code.is_empty()
    }
}

/// What the state holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flat {
    pub(crate) accounts: BTreeMap<Address, Info>,
    pub(crate) words: BTreeMap<Address, BTreeMap<U256, U256>>,
    pub(crate) objects: BTreeMap<ObjectKey, Bytes>,
}

impl Flat {
    pub(crate) fn word(&self, address: Address, key: U256) -> U256 {
        self.words.get(&address).and_then(|words| words.get(&key)).copied().unwrap_or_default()
    }

    pub(crate) fn set_word(&mut self, address: Address, key: U256, value: U256) {
        let words = self.words.entry(address).or_default();
        if value.is_zero() {
            words.remove(&key)
        } else {
            words.insert(key, value)
        };
    }

    pub(crate) fn remove(&mut self, address: Address) {
        self.accounts.remove(&address);
        self.words.remove(&address);
    }

    /// EIP-161: an empty account that was touched is gone.
    pub(crate) fn touch(&mut self, address: Address) {
        if self.accounts.get(&address).is_some_and(Info::is_empty) {
            self.remove(address);
        }
    }

    /// At the end of a block: a column that holds an object exists from then on.
    pub(crate) fn settle_columns(&mut self) {
        let vms: BTreeSet<VmId> = self.objects.keys().map(|key| key.vm).collect();
        for vm in vms {
            self.accounts.entry(column_account(vm)).or_default().nonce = 1;
        }
    }

    /// The leaves of an account's storage trie, by hashed slot.
    fn storage_leaves(&self, address: Address) -> BTreeMap<B256, Vec<u8>> {
        let words = self.words.get(&address).into_iter().flatten();
        let words = words.map(|(key, word)| (keccak256(key.to_be_bytes::<32>()), alloy_rlp::encode(*word)));
        let objects = self.objects.iter().filter(|(key, _)| column_account(key.vm) == address);
        let objects = objects.map(|(key, object)| {
            let word = U256::from_be_bytes(keccak256(object).0);
            (keccak256(keccak256(&key.key)), alloy_rlp::encode(word))
        });
        words.chain(objects).collect()
    }

    pub(crate) fn storage_root(&self, address: Address) -> B256 {
        root_of(&self.storage_leaves(address))
    }

    pub(crate) fn has_storage(&self, address: Address) -> bool {
        !self.storage_leaves(address).is_empty()
    }

    /// The state root.
    pub(crate) fn root(&self) -> B256 {
        let leaves = self.accounts.iter().map(|(address, info)| {
            let account = TrieAccount {
                nonce: info.nonce,
                balance: info.balance,
                storage_root: self.storage_root(*address),
                code_hash: keccak256(&info.code),
            };
            (keccak256(address), alloy_rlp::encode(account))
        });
        root_of(&leaves.collect())
    }

    /// Whether the database reads as this.
    pub(crate) fn assert_read_by(&self, db: &StateDb, accounts: &[Address], keys: &[U256], objects: &[ObjectKey]) {
        self.assert_read(&*db.reader().unwrap(), accounts, keys, objects);
    }

    /// Whether this is what is read.
    pub(crate) fn assert_read(
        &self,
        reader: &dyn StateReader,
        accounts: &[Address],
        keys: &[U256],
        objects: &[ObjectKey],
    ) {
        for address in accounts {
            let expected = self.accounts.get(address);
            let found = reader.account(*address).unwrap();
            assert_eq!(found.is_some(), expected.is_some(), "existence of {address}");
            if let (Some(found), Some(expected)) = (found, expected) {
                assert_eq!((found.nonce, found.balance), (expected.nonce, expected.balance), "{address}");
                assert_eq!(reader.code(found.code_hash).unwrap().original_bytes(), expected.code, "{address}");
            }
            assert_eq!(reader.has_storage(*address).unwrap(), self.has_storage(*address), "storage of {address}");
            for key in keys {
                assert_eq!(reader.word(*address, *key).unwrap(), self.word(*address, *key), "word {key} of {address}");
            }
        }
        for key in objects {
            assert_eq!(reader.object(key).unwrap(), self.objects.get(key).cloned(), "{key:?}");
        }
    }
}

fn root_of(leaves: &BTreeMap<B256, Vec<u8>>) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, leaf) in leaves {
        builder.add_leaf(Nibbles::unpack(key), leaf);
    }
    let root = builder.root();
    assert_eq!(root == EMPTY_ROOT_HASH, leaves.is_empty());
    root
}
