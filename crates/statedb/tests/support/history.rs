//! Random histories of blocks: each is done to the model and, by the journal, to an overlay.

use super::{
    Random,
    flat::{Flat, Info},
};
use hexapla_primitives::{Address, Bytes, ObjectKey, U256, VmId, identity::column_account, keccak256};
use hexapla_state::{BlockChanges, Overlay, WorldJournal};
use revm::{
    bytecode::Bytecode,
    context_interface::journaled_state::{JournalTr, account::JournaledAccountTr},
    primitives::hardfork::SpecId,
};

const VMS: [VmId; 3] = [VmId::WASM, VmId::MOVE, VmId(200)];

/// A history so far.
pub(crate) struct History {
    pub(crate) random: Random,
    pub(crate) flat: Flat,
}

/// The accounts that histories use.
pub(crate) fn accounts() -> Vec<Address> {
    let accounts = (1..=24u8).map(|number| Address::from_word(keccak256([number])));
    accounts.chain(VMS.map(column_account)).collect()
}

/// The slots that histories use.
pub(crate) fn keys() -> Vec<U256> {
    (0..8u64).map(|number| if number == 7 { U256::MAX } else { U256::from(number * number * number) }).collect()
}

/// The objects that histories use.
pub(crate) fn objects() -> Vec<ObjectKey> {
    let key = |number: u8| ObjectKey::new(VMS[usize::from(number % 3)], vec![number; usize::from(number % 40)]);
    (0..30u8).map(key).collect()
}

impl History {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Random(seed), flat: Flat::default() }
    }

    /// A block of up to `transactions_max` transactions.
    pub(crate) fn block(&mut self, overlay: Overlay, transactions_max: u64) -> BlockChanges {
        let mut journal = WorldJournal::new(overlay);
        // Before EIP-6780 a contract could be destroyed at any time; storage is wiped only so.
        journal.set_spec_id(SpecId::SHANGHAI);
        for _ in 0..1 + self.random.below(transactions_max) {
            self.transaction(&mut journal);
            let changes = journal.take_changes();
            journal.db_mut().commit(changes);
        }
        self.flat.settle_columns();
        journal.into_database().changes()
    }

    fn transaction(&mut self, journal: &mut WorldJournal<Overlay>) {
        let address = self.account();
        match self.random.below(14) {
            0 | 1 => self.mint(journal, address),
            2 => self.bump_nonce(journal, address),
            3..=6 => self.write_word(journal, address),
            7 => self.destroy(journal, address),
            8 => self.touch(journal, address),
            9 => self.drain(journal, address),
            10 => self.mint(journal, column_account(VMS[0])),
            _ => self.write_object(journal),
        }
    }

    fn account(&mut self) -> Address {
        let number = 1 + self.random.below(24) as u8;
        Address::from_word(keccak256([number]))
    }

    fn mint(&mut self, journal: &mut WorldJournal<Overlay>, address: Address) {
        let value = U256::from(1 + self.random.next());
        journal.balance_incr(address, value).unwrap();
        self.flat.accounts.entry(address).or_default().balance += value;
    }

    fn bump_nonce(&mut self, journal: &mut WorldJournal<Overlay>, address: Address) {
        assert!(journal.load_account_mut(address).unwrap().data.bump_nonce());
        self.flat.accounts.entry(address).or_default().nonce += 1;
    }

    /// Sets or zeroes a word; an account that does not exist is created first, with code.
    fn write_word(&mut self, journal: &mut WorldJournal<Overlay>, address: Address) {
        if !self.flat.accounts.contains_key(&address) {
            self.create(journal, address);
        }
        let key = keys()[self.random.below(8) as usize];
        let value = match self.random.below(4) {
            0 => U256::ZERO,
            1 => U256::from(self.random.below(200)),
            2 => U256::MAX - U256::from(self.random.next()),
            _ => U256::from(self.random.next()),
        };
        journal.load_account(address).unwrap();
        journal.sstore(address, key, value).unwrap();
        self.flat.set_word(address, key, value);
    }

    fn create(&mut self, journal: &mut WorldJournal<Overlay>, address: Address) {
        journal.load_account(address).unwrap();
        journal.create_account_checkpoint(address, address, U256::ZERO, SpecId::SHANGHAI).unwrap();
        let length = 1 + self.random.below(40);
        let code = Bytes::from([vec![0x5f], self.random.bytes(length)].concat());
        journal.set_code_with_hash(address, Bytecode::new_raw(code.clone()), keccak256(&code));
        journal.checkpoint_commit();
        self.flat.accounts.insert(address, Info { nonce: 1, code, ..Info::default() });
    }

    fn destroy(&mut self, journal: &mut WorldJournal<Overlay>, address: Address) {
        let heir = self.account();
        let Some(info) = self.flat.accounts.get(&address) else {
            return;
        };
        let balance = info.balance;
        journal.load_account(address).unwrap();
        journal.touch_account(address);
        journal.selfdestruct(address, heir, false).unwrap();
        self.flat.remove(address);
        if address != heir && !balance.is_zero() {
            self.flat.accounts.entry(heir).or_default().balance += balance;
        }
    }

    fn touch(&mut self, journal: &mut WorldJournal<Overlay>, address: Address) {
        journal.load_account(address).unwrap();
        journal.touch_account(address);
        self.flat.touch(address);
    }

    /// Moves all coin of an account away, which may leave it empty.
    fn drain(&mut self, journal: &mut WorldJournal<Overlay>, address: Address) {
        let to = self.account();
        let Some(info) = self.flat.accounts.get_mut(&address).filter(|_| address != to) else {
            return;
        };
        let value = std::mem::take(&mut info.balance);
        assert_eq!(journal.transfer(address, to, value).unwrap(), None);
        if !value.is_zero() {
            self.flat.accounts.entry(to).or_default().balance += value;
            self.flat.touch(address);
        }
        self.flat.touch(to);
    }

    fn write_object(&mut self, journal: &mut WorldJournal<Overlay>) {
        let key = objects().swap_remove(self.random.below(30) as usize);
        let length = [0, 1, 31, 32, 33, 300][self.random.below(6) as usize];
        let value = (self.random.below(3) > 0).then(|| Bytes::from(self.random.bytes(length)));
        journal.set_object(&key, value.clone()).unwrap();
        match value {
            Some(value) => drop(self.flat.objects.insert(key, value)),
            None => drop(self.flat.objects.remove(&key)),
        }
    }
}
