//! A state as a stream: what was written is read again, and nothing else is.

mod support;

use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256, VmId};
use hexapla_state::StateError;
use hexapla_statedb::{SnapshotError, StateDb};
use hexapla_store::{KvStore, MemoryStore, RedbStore};
use revm::{bytecode::Bytecode, state::AccountInfo};
use std::{collections::BTreeMap, sync::Arc};
use support::{
    Random,
    rows::{OF_STATE, Rows, content},
};

/// Accounts with coin, code (some of it shared), words and objects; of the second account many words.
fn state(store: Arc<dyn KvStore>, accounts: u64, words: u64) -> StateDb {
    let mut random = Random(5);
    let mut db = StateDb::open(store).unwrap();
    let mut overlay = db.overlay().unwrap();
    for index in 0..accounts {
        let address = Address::left_padding_from(&(1_000 + index).to_be_bytes());
        let code = Bytecode::new_raw(Bytes::from(vec![0x5f; (index % 5) as usize]));
        overlay.insert_account(address, AccountInfo::new(U256::from(index), index, code.hash_slow(), code));
        let words = if index == 1 { words } else { index % 3 };
        for slot in 0..words {
            overlay.insert_word(address, U256::from(slot), U256::from(random.next() | 1)).unwrap();
        }
        let key = ObjectKey::new(VmId(1 + (index % 3) as u8), index.to_be_bytes().to_vec());
        let length = random.below(90);
        overlay.insert_object(key, Some(random.bytes(length).into()));
    }
    db.commit(&overlay.changes()).unwrap();
    db
}

fn exported(db: &mut StateDb) -> Vec<u8> {
    let mut stream = Vec::new();
    db.export(&mut stream).unwrap();
    stream
}

fn import(root: B256, stream: &[u8]) -> (Arc<MemoryStore>, Result<StateDb, SnapshotError>) {
    let store = Arc::new(MemoryStore::new());
    let imported = StateDb::import(store.clone(), root, stream);
    (store, imported)
}

/// All that an import can have written.
fn all_rows(store: &dyn KvStore) -> BTreeMap<&'static str, Rows> {
    content(store, &[&OF_STATE[..], &["code", "block-hash"]].concat())
}

#[test]
fn what_was_exported_is_imported_row_by_row_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    // More than one batch, of accounts and of the words of one account.
    for (accounts, words) in [(0, 0), (1, 0), (60, 200), (9_000, 45_000)] {
        let store = Arc::new(MemoryStore::new());
        let mut db = state(store.clone(), accounts, words);
        let stream = exported(&mut db);
        let (other, imported) = import(db.root(), &stream);
        let mut imported = imported.unwrap();
        assert_eq!(imported.root(), db.root());
        assert!(all_rows(&*other) == all_rows(&*store), "{accounts} accounts, {words} words");
        assert!(exported(&mut imported) == stream, "the same state gives the same stream");
        let file = Arc::new(RedbStore::open(folder.path().join(accounts.to_string())).unwrap());
        let mut on_disk = StateDb::import(file, db.root(), &stream[..]).unwrap();
        let mut overlay = imported.overlay().unwrap();
        overlay.credit(Address::repeat_byte(9), U256::ONE, false).unwrap();
        let changes = overlay.changes();
        assert_eq!(imported.commit(&changes).unwrap(), on_disk.commit(&changes).unwrap());
    }
}

#[test]
fn a_stream_that_was_cut_or_changed_anywhere_is_refused_and_its_store_is_no_state() {
    let mut db = state(Arc::new(MemoryStore::new()), 12, 20);
    let stream = exported(&mut db);
    let refused = |stream: &[u8], what: &str| {
        let (store, imported) = import(db.root(), stream);
        let error = imported.err().unwrap_or_else(|| panic!("{what} is accepted"));
        if all_rows(&*store).values().any(|rows| !rows.is_empty()) {
            let reopened = StateDb::open(store).err().unwrap();
            assert!(matches!(reopened, StateError::UnfinishedImport), "{what}: {error}, then {reopened}");
        }
    };
    for at in 0..stream.len() {
        refused(&stream[..at], &format!("a cut at {at}"));
        let mut changed = stream.clone();
        changed[at] ^= 1 << (at % 8);
        refused(&changed, &format!("a change at {at}"));
    }
    let end = stream.len() - 5;
    for (record, what) in [
        (&[2u8, 2, 0, 0, 0, 0x5f, 0x5f][..], "code of nobody"),
        (&[4, 5, 0, 0, 0, 0, 0, 0, 0, 7], "an object without a column"),
        (&[0, 1, 0, 0, 0, 7], "an end with something in it"),
        (&[9, 0, 0, 0, 0], "an unknown record"),
        (&[3, 0xff, 0xff, 0xff, 0x0f, 1], "a record that says that it is large"),
        (&[3, 0xff, 0xff, 0xff, 0xff, 1], "a record that says that it is larger than any may be"),
        (&[1, 3, 0, 0, 0, 1, 2, 3], "a short account"),
    ] {
        refused(&[&stream[..end], record, &stream[end..]].concat(), what);
    }
}

#[test]
fn other_states_other_files_and_stores_in_use_are_named() {
    let mut db = state(Arc::new(MemoryStore::new()), 5, 3);
    let stream = exported(&mut db);
    let error = import(B256::repeat_byte(1), &stream).1.err().unwrap();
    assert!(matches!(error, SnapshotError::OtherRoot { .. }) && error.to_string().contains("was asked for"), "{error}");
    let error = import(db.root(), &[7; 100]).1.err().unwrap();
    assert!(matches!(error, SnapshotError::NotASnapshot), "{error}");
    let used = Arc::new(MemoryStore::new());
    state(used.clone(), 1, 0);
    let before = all_rows(&*used);
    let error = StateDb::import(used.clone(), db.root(), &stream[..]).err().unwrap();
    assert!(matches!(error, SnapshotError::NotEmpty) && error.to_string().contains("choose another"), "{error}");
    assert_eq!(all_rows(&*used), before);
}

#[test]
fn what_commits_can_be_exported() {
    let mut db = StateDb::in_memory();
    let mut overlay = db.overlay().unwrap();
    for length in [0, 1, 255, 256, 70_000] {
        overlay.insert_object(ObjectKey::new(VmId::SVM, vec![1; length]), Some(Bytes::from(vec![2; length])));
    }
    db.commit(&overlay.changes()).unwrap();
    let (_, imported) = import(db.root(), &exported(&mut db));
    let key = ObjectKey::new(VmId::SVM, vec![1; 70_000]);
    assert_eq!(imported.unwrap().reader().unwrap().object(&key).unwrap().unwrap().len(), 70_000);
}

/// What comes in order comes once, and builds a trie from one side to the other: a stranger cannot make it dearer.
#[test]
fn words_and_objects_out_of_order_or_twice_are_refused() {
    let mut db = state(Arc::new(MemoryStore::new()), 40, 20);
    let stream = exported(&mut db);
    let (head, mut records) = stream.split_at(48);
    let mut parts = Vec::new();
    while !records.is_empty() {
        let length = 5 + u32::from_le_bytes(records[1..5].try_into().unwrap()) as usize;
        let (record, rest) = records.split_at(length);
        parts.push(record);
        records = rest;
    }
    let mut pairs = 0;
    for at in 1..parts.len() {
        if parts[at][0] == parts[at - 1][0] && [3, 4].contains(&parts[at][0]) {
            pairs += 1;
            let mut swapped = parts.clone();
            swapped.swap(at - 1, at);
            let mut twice = parts.clone();
            twice.insert(at, parts[at]);
            for changed in [swapped, twice] {
                let error = import(db.root(), &[&[head][..], &changed].concat().concat()).1.err().unwrap();
                assert!(error.to_string().contains("are not in order"), "{error}");
            }
        }
    }
    assert!(pairs > 40, "{pairs} pairs");
}
