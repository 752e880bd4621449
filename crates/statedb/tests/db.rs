//! Random histories of blocks: root, values and proofs against a model, in memory, on disk and after reopening.

mod support;

use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256, VmId, identity::column_account, keccak256};
use hexapla_state::BlockChanges;
use hexapla_statedb::{ObjectProof, ObjectProofError, StateDb};
use hexapla_store::{MemoryStore, RedbStore};
use revm::state::AccountInfo;
use std::{path::Path, sync::Arc};
use support::{
    Random,
    flat::Flat,
    history::{self, History},
    proofs,
    rows::state_rows,
};

/// The state written at once, as the changes of a first block.
fn all_of(flat: &Flat) -> BlockChanges {
    let db = StateDb::in_memory();
    let mut overlay = db.overlay().unwrap();
    for (address, info) in &flat.accounts {
        let code = revm::bytecode::Bytecode::new_raw(info.code.clone());
        overlay.insert_account(*address, AccountInfo::new(info.balance, info.nonce, keccak256(&info.code), code));
    }
    for (address, words) in &flat.words {
        for (key, word) in words {
            overlay.insert_word(*address, *key, *word).unwrap();
        }
    }
    for (key, object) in &flat.objects {
        overlay.insert_object(key.clone(), Some(object.clone()));
    }
    overlay.changes()
}

#[test]
fn roots_values_and_rows_do_not_depend_on_the_way_there() {
    for seed in 0..30 {
        let mut history = History::new(seed);
        let (kept, reopened) = (Arc::new(MemoryStore::default()), Arc::new(MemoryStore::default()));
        let mut first = StateDb::open(kept.clone()).unwrap();
        let mut second = StateDb::open(reopened.clone()).unwrap();
        for number in 0..12 {
            let changes = history.block(if number % 2 == 0 { &first } else { &second }.overlay().unwrap(), 30);
            let root = first.commit(&changes).unwrap();
            assert_eq!(root, history.flat.root(), "seed {seed}, block {number}");
            assert_eq!(second.commit(&changes).unwrap(), root, "seed {seed}, block {number}, reopened");
            history.flat.assert_read_by(&first, &history::accounts(), &history::keys(), &history::objects());
            if history.random.below(2) == 0 {
                second = StateDb::open(reopened.clone()).unwrap();
                assert_eq!(second.root(), root);
            }
        }
        let fresh = Arc::new(MemoryStore::default());
        let root = StateDb::open(fresh.clone()).unwrap().commit(&all_of(&history.flat)).unwrap();
        assert_eq!(root, first.root(), "seed {seed}, at once");
        let rows = state_rows(&*kept);
        assert!(rows == state_rows(&*reopened), "seed {seed}: rows after reopening");
        assert!(rows == state_rows(&*fresh), "seed {seed}: rows of the state written at once");
    }
}

fn open_file(path: &Path) -> StateDb {
    StateDb::open(Arc::new(RedbStore::open(path).unwrap())).unwrap()
}

#[test]
fn a_state_on_disk_is_found_again_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let mut history = History::new(1000);
    let mut db = open_file(&path);
    for number in 0..12 {
        let changes = history.block(db.overlay().unwrap(), 30);
        let root = db.commit(&changes).unwrap();
        assert_eq!(root, history.flat.root(), "block {number}");
        if number % 3 == 2 {
            drop(db);
            db = open_file(&path);
            assert_eq!(db.root(), root);
        }
        history.flat.assert_read_by(&db, &history::accounts(), &history::keys(), &history::objects());
    }
    for address in history::accounts() {
        proofs::check_account(&mut db, &history.flat, &mut Random(number_of(address)), address, &history::keys());
    }
}

fn number_of(address: Address) -> u64 {
    U256::from_be_slice(address.as_slice()).as_limbs()[0]
}

#[test]
fn proofs_of_accounts_slots_and_objects_hold_and_tampered_ones_do_not() {
    for seed in 2000..2008 {
        let mut history = History::new(seed);
        let mut db = StateDb::in_memory();
        let mut random = Random(seed);
        for _ in 0..5 {
            // Proofs of the empty state and of each later one.
            for address in history::accounts().into_iter().chain([Address::repeat_byte(0xee)]) {
                proofs::check_account(&mut db, &history.flat, &mut random, address, &history::keys());
            }
            for key in history::objects() {
                proofs::check_object(&mut db, &history.flat, &mut random, &key);
            }
            let changes = history.block(db.overlay().unwrap(), 60);
            db.commit(&changes).unwrap();
        }
    }
}

#[test]
fn a_proof_that_is_about_another_object_says_so() {
    let mut db = StateDb::in_memory();
    let mut overlay = db.overlay().unwrap();
    let (key, other) = (ObjectKey::new(VmId::SVM, vec![1]), ObjectKey::new(VmId::SVM, vec![2]));
    overlay.insert_object(key.clone(), Some(Bytes::from_static(b"one")));
    overlay.insert_object(other.clone(), Some(Bytes::from_static(b"two")));
    db.commit(&overlay.changes()).unwrap();
    let proof = db.object_proof(&key).unwrap();
    let moved = ObjectProof { key: other, ..proof.clone() };
    assert!(matches!(moved.verify(db.root()), Err(ObjectProofError::Slot)));
    let changed = ObjectProof { object: Some(Bytes::from_static(b"two")), ..proof.clone() };
    assert!(matches!(changed.verify(db.root()), Err(ObjectProofError::Object)));
    assert!(matches!(proof.verify(B256::ZERO), Err(ObjectProofError::Column(_))));
}

#[test]
fn an_object_cannot_be_forged_by_a_word_of_another_account() {
    let mut db = StateDb::in_memory();
    let mut overlay = db.overlay().unwrap();
    let key = ObjectKey::new(VmId::SVM, vec![1]);
    let forger = Address::repeat_byte(0xf0);
    let forged = Bytes::from_static(b"forged");
    overlay.insert_account(forger, AccountInfo::from_balance(U256::from(1)));
    overlay.insert_word(forger, U256::from_be_bytes(key.slot().0), U256::from_be_bytes(keccak256(&forged).0)).unwrap();
    db.commit(&overlay.changes()).unwrap();
    let column = db.account_proof(forger, &[key.slot()]).unwrap();
    column.verify(db.root()).unwrap();
    let proof = ObjectProof { key, object: Some(forged), column };
    assert!(matches!(proof.verify(db.root()), Err(ObjectProofError::Slot)));
}

/// More accounts with storage than tries stay in memory: the least used are dropped and come back from the store.
#[test]
fn more_storage_tries_than_stay_in_memory() {
    const CONTRACTS: u64 = 2500;
    let mut db = StateDb::in_memory();
    let mut flat = Flat::default();
    let mut random = Random(7);
    let address = |number: u64| Address::from_word(keccak256(number.to_be_bytes()));
    for block in 0..4u64 {
        let mut overlay = db.overlay().unwrap();
        for number in (0..CONTRACTS).filter(|number| block == 0 || (number * 7 + block) % 3 == 0) {
            let contract = address(number);
            overlay.insert_account(contract, AccountInfo { nonce: 1, ..AccountInfo::default() });
            flat.accounts.entry(contract).or_default().nonce = 1;
            for _ in 0..2 {
                let (key, value) = (U256::from(random.below(4)), U256::from(random.below(3)));
                overlay.insert_word(contract, key, value).unwrap();
                flat.set_word(contract, key, value);
            }
        }
        assert_eq!(db.commit(&overlay.changes()).unwrap(), flat.root(), "block {block}");
    }
    for number in (0..CONTRACTS).step_by(500) {
        proofs::check_account(&mut db, &flat, &mut random, address(number), &[U256::ZERO, U256::from(3)]);
    }
}

#[test]
fn a_reader_does_not_see_later_blocks() {
    let mut history = History::new(5);
    let mut db = StateDb::in_memory();
    let changes = history.block(db.overlay().unwrap(), 30);
    db.commit(&changes).unwrap();
    let (reader, then) = (db.reader().unwrap(), history.flat.clone());
    for _ in 0..5 {
        let changes = history.block(db.overlay().unwrap(), 30);
        db.commit(&changes).unwrap();
    }
    assert_ne!(then, history.flat);
    for address in history::accounts() {
        let found = reader.account(address).unwrap().map(|info| (info.nonce, info.balance));
        assert_eq!(found, then.accounts.get(&address).map(|info| (info.nonce, info.balance)));
        for key in history::keys() {
            assert_eq!(reader.word(address, key).unwrap(), then.word(address, key));
        }
    }
    for key in history::objects() {
        assert_eq!(reader.object(&key).unwrap(), then.objects.get(&key).cloned());
    }
}

#[test]
fn block_hashes_are_remembered_and_are_no_part_of_the_root() {
    let store = Arc::new(MemoryStore::default());
    let mut db = StateDb::open(store.clone()).unwrap();
    let root = db.root();
    db.commit_block(&BlockChanges::default(), 7, |_| B256::repeat_byte(7)).unwrap();
    assert_eq!((db.block(), db.durable_block()), (Some(7), Some(7)));
    assert_eq!(db.root(), root);
    let reader = StateDb::open(store).unwrap().reader().unwrap();
    assert_eq!(reader.block_hash(7).unwrap(), B256::repeat_byte(7));
    assert_eq!(reader.block_hash(8).unwrap(), B256::ZERO);
}

#[test]
fn an_empty_block_changes_nothing() {
    let mut db = StateDb::in_memory();
    assert_eq!(db.commit(&BlockChanges::default()).unwrap(), alloy_trie::EMPTY_ROOT_HASH);
    let column = column_account(VmId::SVM);
    assert!(db.reader().unwrap().account(column).unwrap().is_none());
}
