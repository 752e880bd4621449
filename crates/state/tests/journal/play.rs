//! One step, done to the journal and to the model, and what both then show.

use crate::model::Model;
use hexapla_primitives::{Address, Bytes, Log, ObjectKey, U256, VmId, keccak256};
use hexapla_state::{Location, Overlay, WorldJournal};
use proptest::prelude::*;
use revm::{
    bytecode::Bytecode,
    context_interface::journaled_state::{JournalCheckpoint, JournalTr, TransferError, account::JournaledAccountTr},
    primitives::hardfork::SpecId,
};

/// A contract with code and storage, two accounts with coin, two that do not exist, and one with coin and storage but
/// without code (EIP-7610).
pub(crate) const ACCOUNTS: [Address; 6] = [
    Address::repeat_byte(0xa0),
    Address::repeat_byte(0xa1),
    Address::repeat_byte(0xa2),
    Address::repeat_byte(0xa3),
    Address::repeat_byte(0xa4),
    STORAGE_ONLY,
];
pub(crate) const STORAGE_ONLY: Address = Address::repeat_byte(0xa5);
pub(crate) const KEYS: [U256; 3] = [U256::ZERO, U256::from_limbs([1, 0, 0, 0]), U256::MAX];

/// A step of a transaction; accounts, keys and objects by number.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Load(usize),
    Touch(usize),
    ReadWord(usize, usize),
    WriteWord(usize, usize, u8),
    ReadTransient(usize, usize),
    WriteTransient(usize, usize, u8),
    ReadObject(usize),
    WriteObject(usize, Option<u8>),
    Transfer(usize, usize, u8),
    Mint(usize, u8),
    BumpNonce(usize),
    SetCode(usize, u8),
    Log(u8),
    Destroy(usize, usize),
    Create(usize, usize, u8),
    Checkpoint,
    Commit,
    Revert,
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let account = || 0..ACCOUNTS.len();
    let key = || 0..KEYS.len();
    let small = || 0..4u8;
    let step = prop_oneof![
        2 => account().prop_map(Step::Load),
        1 => account().prop_map(Step::Touch),
        3 => (account(), key()).prop_map(|(a, k)| Step::ReadWord(a, k)),
        6 => (account(), key(), small()).prop_map(|(a, k, v)| Step::WriteWord(a, k, v)),
        1 => (account(), key()).prop_map(|(a, k)| Step::ReadTransient(a, k)),
        3 => (account(), key(), small()).prop_map(|(a, k, v)| Step::WriteTransient(a, k, v)),
        3 => (0..6usize).prop_map(Step::ReadObject),
        6 => (0..6usize, proptest::option::of(small())).prop_map(|(o, v)| Step::WriteObject(o, v)),
        4 => (account(), account(), small()).prop_map(|(a, b, v)| Step::Transfer(a, b, v)),
        1 => (account(), small()).prop_map(|(a, v)| Step::Mint(a, v)),
        1 => account().prop_map(Step::BumpNonce),
        1 => (account(), small()).prop_map(|(a, v)| Step::SetCode(a, v)),
        2 => small().prop_map(Step::Log),
        2 => (account(), account()).prop_map(|(a, b)| Step::Destroy(a, b)),
        3 => (account(), account(), small()).prop_map(|(a, b, v)| Step::Create(a, b, v)),
        6 => Just(Step::Checkpoint),
        3 => Just(Step::Commit),
        5 => Just(Step::Revert),
    ];
    proptest::collection::vec(step, 0..80)
}

pub(crate) fn object(number: usize) -> ObjectKey {
    let vms = [VmId::WASM, VmId::SVM, VmId(200)];
    ObjectKey::new(vms[number % 3], vec![number as u8; 1 + number])
}

/// The journal under test beside its model.
pub(crate) struct Pair {
    pub(crate) journal: WorldJournal<Overlay>,
    pub(crate) model: Model,
    open: Vec<JournalCheckpoint>,
}

impl Pair {
    pub(crate) fn new(database: Overlay, model: Model) -> Self {
        let mut journal = WorldJournal::new(database);
        journal.set_spec_id(SpecId::PRAGUE);
        Self { journal, model, open: Vec::new() }
    }

    /// Does a step to both and compares what each answers.
    pub(crate) fn step(&mut self, step: &Step) {
        match *step {
            Step::Load(a) => {
                let cold = self.journal.load_account(ACCOUNTS[a]).unwrap().is_cold;
                assert_eq!(cold, self.model.load(ACCOUNTS[a]), "cold");
            }
            Step::Touch(a) => {
                self.load(ACCOUNTS[a]);
                self.touch(ACCOUNTS[a]);
            }
            Step::ReadWord(a, k) => self.read_word(ACCOUNTS[a], KEYS[k]),
            Step::WriteWord(a, k, value) => self.write_word(ACCOUNTS[a], KEYS[k], U256::from(value)),
            Step::ReadTransient(a, k) => self.read_transient(ACCOUNTS[a], KEYS[k]),
            Step::WriteTransient(a, k, value) => {
                self.journal.tstore(ACCOUNTS[a], KEYS[k], U256::from(value));
                self.model.now.transient.insert((ACCOUNTS[a], KEYS[k]), U256::from(value));
            }
            Step::ReadObject(o) => self.read_object(&object(o)),
            Step::WriteObject(o, value) => self.write_object(object(o), value),
            Step::Transfer(a, b, value) => self.transfer(ACCOUNTS[a], ACCOUNTS[b], U256::from(value)),
            Step::Mint(a, value) => self.mint(ACCOUNTS[a], U256::from(value)),
            Step::BumpNonce(a) => self.bump_nonce(ACCOUNTS[a]),
            Step::SetCode(a, byte) => self.set_code(ACCOUNTS[a], byte),
            Step::Log(byte) => self.log(byte),
            Step::Destroy(a, b) => self.destroy(ACCOUNTS[a], ACCOUNTS[b]),
            Step::Create(a, b, value) => self.create(ACCOUNTS[a], ACCOUNTS[b], U256::from(value)),
            Step::Checkpoint => {
                self.open.push(self.journal.checkpoint());
                self.model.checkpoint();
            }
            Step::Commit => self.commit(),
            Step::Revert => self.revert(),
        }
    }

    fn load(&mut self, address: Address) {
        self.journal.load_account(address).unwrap();
        self.model.load(address);
    }

    fn touch(&mut self, address: Address) {
        self.journal.touch_account(address);
        self.model.touch(address);
    }

    fn read_word(&mut self, address: Address, key: U256) {
        // Of a running frame the account is loaded; revm relies on it.
        self.load(address);
        let read = self.journal.sload(address, key).unwrap();
        assert_eq!(read.is_cold, self.model.load_word(address, key), "cold");
        assert_eq!(read.data, self.model.now.word(address, key));
    }

    fn write_word(&mut self, address: Address, key: U256, value: U256) {
        // Without code nobody can write there.
        if address == STORAGE_ONLY {
            return;
        }
        self.load(address);
        let written = self.journal.sstore(address, key, value).unwrap();
        assert_eq!(written.is_cold, self.model.load_word(address, key), "cold");
        assert_eq!(written.data.original_value, self.model.before.word(address, key));
        assert_eq!(written.data.present_value, self.model.now.word(address, key));
        self.model.touch(address);
        self.model.now.words.insert((address, key), value);
    }

    fn read_transient(&mut self, address: Address, key: U256) {
        let expected = self.model.now.transient.get(&(address, key)).copied().unwrap_or_default();
        assert_eq!(self.journal.tload(address, key), expected);
    }

    fn read_object(&mut self, key: &ObjectKey) {
        assert_eq!(self.journal.object(key).unwrap(), self.model.load_object(key));
    }

    fn write_object(&mut self, key: ObjectKey, value: Option<u8>) {
        let value = value.map(|byte| Bytes::from(vec![byte; usize::from(byte)]));
        self.journal.set_object(&key, value.clone()).unwrap();
        self.model.load_object(&key);
        match value {
            Some(value) => drop(self.model.now.objects.insert(key, value)),
            None => drop(self.model.now.objects.remove(&key)),
        }
    }

    fn transfer(&mut self, from: Address, to: Address, value: U256) {
        let failure = self.journal.transfer(from, to, value).unwrap();
        self.model.load(from);
        self.model.load(to);
        let covered = self.model.now.info(from).balance >= value;
        assert_eq!(failure, (!covered).then_some(TransferError::OutOfFunds));
        if from == to {
            return;
        }
        if value.is_zero() {
            return self.model.touch(to);
        }
        self.model.touch(from);
        if covered {
            self.model.touch(to);
            self.model.now.info_mut(from).balance -= value;
            self.model.now.info_mut(to).balance += value;
        }
    }

    fn mint(&mut self, address: Address, value: U256) {
        self.journal.balance_incr(address, value).unwrap();
        self.model.load(address);
        self.model.touch(address);
        self.model.now.info_mut(address).balance += value;
    }

    fn bump_nonce(&mut self, address: Address) {
        assert!(self.journal.load_account_mut(address).unwrap().data.bump_nonce());
        self.model.load(address);
        self.model.touch(address);
        self.model.now.info_mut(address).nonce += 1;
    }

    /// As a creation does at its end: only where an account was created.
    fn set_code(&mut self, address: Address, byte: u8) {
        if !self.model.now.created.contains(&address) {
            return;
        }
        let code = Bytes::from(vec![0x5b, byte]);
        self.journal.set_code_with_hash(address, Bytecode::new_raw(code.clone()), keccak256(&code));
        self.model.touch(address);
        self.model.now.info_mut(address).code = code;
    }

    fn log(&mut self, byte: u8) {
        let log = Log::new_unchecked(ACCOUNTS[0], Vec::new(), vec![byte].into());
        self.journal.log(log.clone());
        self.model.now.logs.push(log);
    }

    /// SELFDESTRUCT, in a frame that was called, as it always is.
    fn destroy(&mut self, address: Address, heir: Address) {
        self.load(address);
        self.touch(address);
        self.journal.selfdestruct(address, heir, false).unwrap();
        self.model.load(heir);
        let balance = self.model.now.info(address).balance;
        if address != heir {
            self.model.touch(heir);
            self.model.now.info_mut(heir).balance += balance;
        }
        let created = self.model.now.created.contains(&address);
        if created {
            self.model.now.destroyed.insert(address);
        }
        if created || address != heir {
            self.model.now.info_mut(address).balance = U256::ZERO;
        }
    }

    /// CREATE, as a frame begins it. Opens a checkpoint if it succeeds.
    fn create(&mut self, creator: Address, address: Address, value: U256) {
        self.load(creator);
        self.load(address);
        self.touch(creator);
        if creator == address || self.model.now.info(creator).balance < value {
            return;
        }
        let result = self.journal.create_account_checkpoint(creator, address, value, SpecId::PRAGUE);
        if self.model.now.is_taken(&self.model.before, address) {
            assert_eq!(result.err(), Some(TransferError::CreateCollision));
            return;
        }
        self.open.push(result.unwrap());
        self.model.checkpoint();
        self.model.touch(address);
        self.model.now.created.insert(address);
        self.model.now.info_mut(address).nonce = 1;
        self.model.now.info_mut(creator).balance -= value;
        self.model.now.info_mut(address).balance += value;
    }

    fn commit(&mut self) {
        if self.open.pop().is_some() {
            self.journal.checkpoint_commit();
            self.model.commit();
        }
    }

    fn revert(&mut self) {
        if let Some(checkpoint) = self.open.pop() {
            self.journal.checkpoint_revert(checkpoint);
            self.model.revert();
        }
    }

    /// Closes what is open: with even numbers by commit, with odd ones by revert.
    pub(crate) fn close(&mut self, mut choices: u32) {
        while !self.open.is_empty() {
            if choices.is_multiple_of(2) {
                self.commit()
            } else {
                self.revert()
            }
            choices /= 2;
        }
    }

    /// Undoes the transaction in both.
    pub(crate) fn discard(&mut self) {
        self.journal.discard_tx();
        self.model.discard();
        self.open.clear();
    }

    /// Compares everything that can be seen without loading anything.
    pub(crate) fn compare(&mut self) {
        let mut loaded = 0;
        for (address, account) in self.journal.evm_state() {
            let expected = self.model.now.info(*address);
            assert!(self.model.reads.contains(&Location::Account(*address)), "{address} is loaded");
            assert_eq!(account.info.balance, expected.balance, "balance of {address}");
            assert_eq!(account.info.nonce, expected.nonce, "nonce of {address}");
            assert_eq!(account.info.code_hash, keccak256(&expected.code), "code of {address}");
            assert_eq!(account.is_touched(), self.model.now.touched.contains(address), "{address} is touched");
            for (key, slot) in &account.storage {
                assert!(self.model.reads.contains(&Location::Word(*address, *key)), "{address} {key} is loaded");
                assert_eq!(slot.present_value, self.model.now.word(*address, *key), "word {key} of {address}");
            }
            loaded += 1 + account.storage.len();
        }
        let objects: Vec<_> = self.model.reads.iter().filter_map(object_of).cloned().collect();
        assert_eq!(loaded + objects.len(), self.model.reads.len(), "nothing that was read is forgotten");
        for key in objects {
            self.read_object(&key);
        }
        for address in ACCOUNTS {
            for key in KEYS {
                self.read_transient(address, key);
            }
        }
        assert_eq!(self.journal.logs(), self.model.now.logs);
        assert_eq!(self.journal.depth(), self.open.len());
    }
}

fn object_of(location: &Location) -> Option<&ObjectKey> {
    match location {
        Location::Object(key) => Some(key),
        Location::Account(_) | Location::Word(..) => None,
    }
}
