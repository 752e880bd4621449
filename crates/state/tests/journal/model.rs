//! The journal as one would write it without caring for speed: a stack of whole copies of the world.

use hexapla_primitives::{Address, Bytes, Log, ObjectKey, U256, keccak256};
use hexapla_state::{AccessSet, Location, LocationValue};
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

    fn value(&self) -> LocationValue {
        LocationValue::Account { nonce: self.nonce, balance: self.balance, code_hash: keccak256(&self.code) }
    }
}

/// Everything that a revert takes back.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) accounts: BTreeMap<Address, Info>,
    pub(crate) words: BTreeMap<(Address, U256), U256>,
    pub(crate) objects: BTreeMap<ObjectKey, Bytes>,
    pub(crate) transient: BTreeMap<(Address, U256), U256>,
    pub(crate) logs: Vec<Log>,
    pub(crate) warm: BTreeSet<Location>,
    pub(crate) touched: BTreeSet<Address>,
    pub(crate) created: BTreeSet<Address>,
    pub(crate) destroyed: BTreeSet<Address>,
}

impl World {
    pub(crate) fn info(&self, address: Address) -> Info {
        self.accounts.get(&address).cloned().unwrap_or_default()
    }

    pub(crate) fn info_mut(&mut self, address: Address) -> &mut Info {
        self.accounts.entry(address).or_default()
    }

    pub(crate) fn word(&self, address: Address, key: U256) -> U256 {
        self.words.get(&(address, key)).copied().unwrap_or_default()
    }

    /// EIP-684 and EIP-7610: whether nothing may be created at this address. Storage counts as it was before the
    /// transaction.
    pub(crate) fn is_taken(&self, before: &Self, address: Address) -> bool {
        let info = self.info(address);
        let has_storage = before.words.iter().any(|((owner, _), word)| *owner == address && !word.is_zero());
        info.nonce != 0 || !info.code.is_empty() || has_storage
    }

    /// Whether the account is gone when the transaction ends: destroyed (EIP-6780), or touched and empty (EIP-161).
    pub(crate) fn is_removed(&self, address: Address) -> bool {
        let emptied = self.touched.contains(&address) && self.info(address).is_empty();
        self.destroyed.contains(&address) || (emptied && !self.created.contains(&address))
    }

    fn value(&self, location: &Location) -> LocationValue {
        match location {
            Location::Account(address) => self.accounts.get(address).map_or(LocationValue::Absent, Info::value),
            Location::Word(address, key) => LocationValue::Word(self.word(*address, *key)),
            Location::Object(key) => {
                self.objects.get(key).map_or(LocationValue::Absent, |object| LocationValue::Object(keccak256(object)))
            }
        }
    }

    /// The world after the transaction: without what it removed and what lives only as long as it does.
    fn settled(&self) -> Self {
        let mut settled = Self { objects: self.objects.clone(), ..Self::default() };
        for (address, info) in self.accounts.iter().filter(|(address, _)| !self.is_removed(**address)) {
            settled.accounts.insert(*address, info.clone());
        }
        for ((address, key), word) in &self.words {
            if !self.is_removed(*address) && !word.is_zero() {
                settled.words.insert((*address, *key), *word);
            }
        }
        settled
    }
}

/// A transaction on a world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) before: World,
    pub(crate) now: World,
    pub(crate) checkpoints: Vec<World>,
    /// What was loaded; no revert takes it back.
    pub(crate) reads: BTreeSet<Location>,
}

impl Model {
    pub(crate) fn new(before: World) -> Self {
        Self { now: before.clone(), before, ..Self::default() }
    }

    /// Loads an account; whether it was cold.
    pub(crate) fn load(&mut self, address: Address) -> bool {
        self.reads.insert(Location::Account(address));
        self.now.warm.insert(Location::Account(address))
    }

    /// Loads a word; whether it was cold.
    pub(crate) fn load_word(&mut self, address: Address, key: U256) -> bool {
        self.reads.insert(Location::Word(address, key));
        self.now.warm.insert(Location::Word(address, key))
    }

    pub(crate) fn load_object(&mut self, key: &ObjectKey) -> Option<Bytes> {
        self.reads.insert(Location::Object(key.clone()));
        self.now.objects.get(key).cloned()
    }

    pub(crate) fn touch(&mut self, address: Address) {
        self.now.touched.insert(address);
    }

    pub(crate) fn checkpoint(&mut self) {
        self.checkpoints.push(self.now.clone());
    }

    pub(crate) fn commit(&mut self) {
        self.checkpoints.pop();
    }

    pub(crate) fn revert(&mut self) {
        if let Some(then) = self.checkpoints.pop() {
            self.now = then;
        }
    }

    /// Undoes the transaction.
    pub(crate) fn discard(&mut self) {
        self.checkpoints.clear();
        self.now = self.before.clone();
    }

    /// The sets that the transaction must give, and the world after it.
    pub(crate) fn finish(self) -> (AccessSet, World) {
        let mut set = AccessSet::default();
        let after = self.now.settled();
        for location in self.reads {
            let (was, is) = (self.before.value(&location), after.value(&location));
            // The words of a removed account go with it: its absence says so.
            let speaks = !matches!(&location, Location::Word(address, _) if self.now.is_removed(*address));
            let touched = !matches!(&location, Location::Account(address) if !self.now.touched.contains(address));
            if was != is && speaks && touched {
                set.writes.insert(location.clone(), is);
            }
            set.reads.insert(location, was);
        }
        (set, after)
    }
}
