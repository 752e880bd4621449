//! What a transaction read and wrote, as data.

use alloc::collections::BTreeMap;
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256, keccak256};
use revm::{
    primitives::HashMap,
    state::{AccountInfo, EvmState},
};
use serde::Serialize;

/// An object in a transaction: before it and now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectSlot {
    /// Before the transaction.
    pub original: Option<Bytes>,
    /// Now.
    pub present: Option<Bytes>,
    /// A frame that stands has accessed it.
    pub is_warm: bool,
}

impl ObjectSlot {
    /// Whether the transaction leaves another object than it found.
    pub fn is_changed(&self) -> bool {
        // What was only read is the very same buffer.
        let place = |object: &Option<Bytes>| object.as_ref().map(|bytes| (bytes.as_ptr(), bytes.len()));
        place(&self.original) != place(&self.present) && self.original != self.present
    }
}

/// The objects a transaction has seen.
pub type ObjectState = HashMap<ObjectKey, ObjectSlot>;

/// Everything a transaction read and wrote.
#[derive(Clone, Debug, Default)]
pub struct TxChanges {
    /// Accounts and words, in revm's form: loaded ones are the reads, changed ones the writes.
    pub accounts: EvmState,
    /// Objects, likewise.
    pub objects: ObjectState,
}

/// A piece of state that can be read or written by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Location {
    /// Nonce, balance and code hash of an account.
    Account(Address),
    /// A storage word.
    Word(Address, U256),
    /// An object.
    Object(ObjectKey),
}

/// What stands at a [`Location`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocationValue {
    /// Nothing: no such account or object.
    Absent,
    /// An account.
    Account {
        /// Number of transactions or creations.
        nonce: u64,
        /// In wei.
        balance: U256,
        /// keccak256 of the code.
        code_hash: B256,
    },
    /// A storage word.
    Word(U256),
    /// keccak256 of an object's bytes.
    Object(B256),
}

/// The read set and the write set of a transaction, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessSet {
    /// What was read from committed state, with the value seen. Includes everything that was written.
    pub reads: BTreeMap<Location, LocationValue>,
    /// What differs afterwards, with the new value.
    pub writes: BTreeMap<Location, LocationValue>,
}

impl TxChanges {
    /// Read set and write set.
    pub fn access(&self) -> AccessSet {
        let mut set = AccessSet::default();
        for (address, account) in &self.accounts {
            let before = if account.is_loaded_as_not_existing() {
                LocationValue::Absent
            } else {
                of_info(&account.original_info())
            };
            let removed =
                account.is_selfdestructed() || (account.is_touched() && account.is_empty() && !account.is_created());
            let after = if removed { LocationValue::Absent } else { of_info(&account.info) };
            if account.is_touched() && before != after {
                set.writes.insert(Location::Account(*address), after);
            }
            set.reads.insert(Location::Account(*address), before);
            for (key, slot) in &account.storage {
                let location = Location::Word(*address, *key);
                if slot.is_changed() && !removed {
                    set.writes.insert(location.clone(), LocationValue::Word(slot.present_value));
                }
                set.reads.insert(location, LocationValue::Word(slot.original_value));
            }
        }
        for (key, slot) in &self.objects {
            if slot.is_changed() {
                set.writes.insert(Location::Object(key.clone()), of_object(slot.present.as_ref()));
            }
            set.reads.insert(Location::Object(key.clone()), of_object(slot.original.as_ref()));
        }
        set
    }
}

fn of_info(info: &AccountInfo) -> LocationValue {
    LocationValue::Account { nonce: info.nonce, balance: info.balance, code_hash: info.code_hash }
}

fn of_object(value: Option<&Bytes>) -> LocationValue {
    value.map_or(LocationValue::Absent, |bytes| LocationValue::Object(keccak256(bytes)))
}
