//! What survives when the disk or the store fails in the middle of a block: the state before it or after it.

mod support;

use alloy_rlp::Decodable;
use alloy_trie::{HashBuilder, Nibbles};
use hexapla_primitives::{B256, Bytes, ObjectKey, U256, VmId, identity::column_account, keccak256};
use hexapla_state::{BlockChanges, StateError};
use hexapla_statedb::StateDb;
use hexapla_store::{
    Batch, KvStore, MemoryStore, RedbStore, StoreError, Table,
    faulty::{Cache, FaultyDisk, Plan, flip_bit},
};
use hexapla_trie::{TrieAccount, TrieError};
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};
use support::{
    Random,
    flaky::Flaky,
    flat::Flat,
    history::{self, History},
    proofs,
    rows::{Rows, rows},
};

/// The state root computed from the flat rows alone. Panics where an account's row and its words or objects disagree.
fn root_of_rows(store: &dyn KvStore) -> B256 {
    let mut storages: BTreeMap<Vec<u8>, BTreeMap<B256, Vec<u8>>> = BTreeMap::new();
    for (key, word) in rows(store, "word") {
        let leaf = alloy_rlp::encode(U256::from_be_slice(&word));
        storages.entry(key[..32].to_vec()).or_default().insert(B256::from_slice(&key[32..]), leaf);
    }
    let mut object_hashes = Rows::new();
    for (key, object) in rows(store, "object") {
        let hash = keccak256(object);
        let column = keccak256(column_account(VmId(key[0]))).to_vec();
        let slot = keccak256(keccak256(&key[1..]));
        object_hashes.insert([&column[..], slot.as_slice()].concat(), hash.to_vec());
        storages.entry(column).or_default().insert(slot, alloy_rlp::encode(U256::from_be_bytes(hash.0)));
    }
    assert_eq!(rows(store, "object-hash"), object_hashes);
    let mut leaves = BTreeMap::new();
    for (key, row) in rows(store, "account") {
        let account = decode_account(&row);
        let storage = storages.remove(&key).unwrap_or_default();
        assert_eq!(account.storage_root, root_of(&storage), "storage of {}", B256::from_slice(&key));
        leaves.insert(B256::from_slice(&key), alloy_rlp::encode(account));
    }
    assert!(storages.is_empty(), "words or objects without an account");
    root_of(&leaves)
}

/// [nonce, balance, storage root or "", code hash or ""].
fn decode_account(mut row: &[u8]) -> TrieAccount {
    let mut fields = alloy_rlp::Header::decode_bytes(&mut row, true).unwrap();
    let mut account = TrieAccount {
        nonce: u64::decode(&mut fields).unwrap(),
        balance: U256::decode(&mut fields).unwrap(),
        ..TrieAccount::default()
    };
    for field in [&mut account.storage_root, &mut account.code_hash] {
        let hash = alloy_rlp::Header::decode_bytes(&mut fields, false).unwrap();
        if !hash.is_empty() {
            *field = B256::from_slice(hash);
        }
    }
    assert!(fields.is_empty() && row.is_empty());
    account
}

fn root_of(leaves: &BTreeMap<B256, Vec<u8>>) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, leaf) in leaves {
        builder.add_leaf(Nibbles::unpack(key), leaf);
    }
    builder.root()
}

fn open(content: Vec<u8>, plan: Plan) -> (FaultyDisk, Result<Arc<RedbStore>, StoreError>) {
    let disk = FaultyDisk::with_content(content, plan);
    let store = RedbStore::with_backend(disk.clone(), "disk");
    (disk, store.map(Arc::new))
}

fn open_whole(content: Vec<u8>) -> (Arc<RedbStore>, StateDb) {
    let store = open(content, Plan::default()).1.unwrap();
    (store.clone(), StateDb::open(store).unwrap())
}

/// A cleanly closed disk after some blocks, the next block, and the state before and after that.
struct Case {
    image: Vec<u8>,
    changes: BlockChanges,
    before: Flat,
    after: Flat,
}

fn case(seed: u64) -> Case {
    let (disk, store) = open(Vec::new(), Plan::default());
    let mut db = StateDb::open(store.unwrap()).unwrap();
    let mut history = History::new(seed);
    for _ in 0..4 {
        let changes = history.block(db.overlay().unwrap(), 40);
        db.commit(&changes).unwrap();
    }
    let before = history.flat.clone();
    let changes = history.block(db.overlay().unwrap(), 60);
    drop(db);
    assert_ne!(before.root(), history.flat.root());
    Case { image: disk.surviving(), changes, before, after: history.flat }
}

impl Case {
    /// What a store holds, down to its rows and proofs, is one of the two states; gives which.
    fn check(&self, content: Vec<u8>, with_proofs: bool) -> bool {
        let (store, mut db) = open_whole(content);
        let is_new = db.root() == self.after.root();
        let flat = if is_new { &self.after } else { &self.before };
        assert_eq!(db.root(), flat.root(), "a third state");
        assert_eq!(root_of_rows(&*store), db.root(), "rows of another state");
        flat.assert_read_by(&db, &history::accounts(), &history::keys(), &history::objects());
        if with_proofs {
            let mut random = Random(1);
            for address in history::accounts() {
                proofs::check_account(&mut db, flat, &mut random, address, &history::keys()[..3]);
            }
            for key in history::objects() {
                proofs::check_object(&mut db, flat, &mut random, &key);
            }
        }
        // And the chain goes on.
        if !is_new {
            assert_eq!(db.commit(&self.changes).unwrap(), self.after.root());
        }
        is_new
    }
}

#[test]
fn power_failure_at_any_step_of_a_commit_leaves_the_old_or_the_new_state() {
    let case = case(6);
    let (disk, store) = open(case.image.clone(), Plan::default());
    StateDb::open(store.unwrap()).unwrap().commit(&case.changes).unwrap();
    let steps = disk.operations();
    assert!(steps > 4, "a commit takes several steps");
    let (mut saw_old, mut saw_new) = (0, 0);
    for k in 0..steps {
        for (cache, torn_bytes) in [
            (Cache::Lost, None),
            (Cache::Kept, None),
            (Cache::Kept, Some(100)),
            (Cache::Scattered(k), None),
            (Cache::Scattered(!k), Some(300)),
        ] {
            let plan = Plan { kill_at: Some(k), cache, torn_bytes, ..Plan::default() };
            let (disk, store) = open(case.image.clone(), plan);
            let committed = store.is_ok_and(|store| commit_on(store, &case));
            assert!(disk.is_dead());
            let is_new = case.check(disk.surviving(), cache == Cache::Lost);
            assert!(is_new || !committed, "a block reported as committed is lost after {plan:?}");
            *if is_new { &mut saw_new } else { &mut saw_old } += 1;
        }
    }
    assert!(saw_old > 0 && saw_new > 0, "both outcomes occur: {saw_old} old, {saw_new} new");
}

/// Commits on a disk that dies; the state in memory stays at the root that it last had.
fn commit_on(store: Arc<RedbStore>, case: &Case) -> bool {
    let Ok(mut db) = StateDb::open(store) else { return false };
    let committed = db.commit(&case.changes);
    let expected = if committed.is_ok() { &case.after } else { &case.before };
    assert_eq!(db.root(), expected.root());
    committed.is_ok()
}

#[test]
fn a_full_disk_is_named_and_the_state_goes_on_when_there_is_room() {
    let case = case(2);
    let plan = Plan { space_bytes_max: Some(case.image.len() as u64), ..Plan::default() };
    let (disk, store) = open(case.image.clone(), plan);
    let mut db = StateDb::open(store.unwrap()).unwrap();
    let mut large = case.changes.clone();
    for number in 0..200u8 {
        large.objects.insert(ObjectKey::new(VmId::SVM, vec![number]), Some(Bytes::from(vec![number; 100_000])));
    }
    let error = db.commit(&large).unwrap_err();
    assert!(matches!(error.backend_error(), Some(StoreError::DiskFull { .. })), "{error}");
    assert!(error.to_string().contains("no space left"), "{error}");
    assert_eq!(db.root(), case.before.root());
    // The open store takes no more writes, and says so; it never shows another state.
    let error = db.commit(&case.changes).unwrap_err();
    assert!(matches!(error.backend_error(), Some(StoreError::Closed { .. })), "{error}");
    assert_eq!(db.root(), case.before.root());
    drop(db);
    assert!(!case.check(disk.surviving(), true), "nothing of the block was written");
}

#[test]
fn a_commit_that_failed_can_be_done_again_on_the_same_state() {
    for seed in 10..20 {
        let store = Arc::new(Flaky::default());
        let mut db = StateDb::open(store.clone()).unwrap();
        let mut history = History::new(seed);
        let mut random = Random(seed);
        for _ in 0..6 {
            let before = history.flat.clone();
            let changes = history.block(db.overlay().unwrap(), 40);
            let flag = if random.below(2) == 0 { &store.fail_write } else { &store.fail_snapshot };
            flag.store(true, Ordering::Relaxed);
            let error = db.commit(&changes).unwrap_err();
            assert!(matches!(error.backend_error(), Some(StoreError::DiskFull { .. })), "{error}");
            assert_eq!(db.root(), before.root());
            assert_eq!(root_of_rows(&store.store), before.root());
            before.assert_read_by(&db, &history::accounts(), &history::keys(), &history::objects());
            let address = history::accounts()[random.below(24) as usize];
            proofs::check_account(&mut db, &before, &mut random, address, &history::keys());
            assert_eq!(db.commit(&changes).unwrap(), history.flat.root());
            assert_eq!(root_of_rows(&store.store), db.root());
        }
    }
}

#[test]
fn a_row_that_does_not_decode_is_named() {
    let bad = |table: &'static str, key: &[u8], value: &[u8]| {
        let store = Arc::new(MemoryStore::default());
        let mut db = StateDb::open(store.clone()).unwrap();
        let mut history = History::new(3);
        let changes = history.block(db.overlay().unwrap(), 40);
        db.commit(&changes).unwrap();
        let mut batch = Batch::new();
        batch.put(Table(table), key, value.to_vec());
        store.write(batch).unwrap();
        store
    };
    let address = history::accounts()[0];
    let expect = |error: StateError, table: &str| {
        assert!(matches!(&error, StateError::CorruptRow { table: named, .. } if *named == table), "{error}");
        assert!(error.to_string().contains("the database is corrupt, restore it"), "{error}");
    };
    expect(StateDb::open(bad("meta", b"root", &[1; 31])).err().unwrap(), "meta");
    let reader = StateDb::open(bad("account", keccak256(address).as_slice(), &[0xc0])).unwrap().reader().unwrap();
    expect(reader.account(address).unwrap_err(), "account");
    let word_key = [keccak256(address), keccak256([0; 32])].concat();
    let reader = StateDb::open(bad("word", &word_key, &[1; 33])).unwrap().reader().unwrap();
    expect(reader.word(address, U256::ZERO).unwrap_err(), "word");
    let reader = StateDb::open(bad("block-hash", &7u64.to_be_bytes(), &[1; 3])).unwrap().reader().unwrap();
    expect(reader.block_hash(7).unwrap_err(), "block-hash");
    let hash = keccak256(b"code");
    let reader = StateDb::open(bad("code", hash.as_slice(), &[0xef, 0x01, 0x00, 0x00])).unwrap().reader().unwrap();
    expect(reader.code(hash).unwrap_err(), "code");
    let missing = reader.code(B256::repeat_byte(9)).unwrap_err();
    assert!(matches!(missing, StateError::MissingCode(_)), "{missing}");
}

#[test]
fn a_root_that_the_tries_do_not_have_is_found_by_the_first_commit_and_proof() {
    let store = Arc::new(MemoryStore::default());
    let mut history = History::new(4);
    let mut db = StateDb::open(store.clone()).unwrap();
    let changes = history.block(db.overlay().unwrap(), 40);
    db.commit(&changes).unwrap();
    let mut batch = Batch::new();
    batch.put(Table("meta"), b"root".as_slice(), vec![7; 32]);
    store.write(batch).unwrap();
    let mut db = StateDb::open(store).unwrap();
    let changes = history.block(db.overlay().unwrap(), 40);
    let error = db.commit(&changes).unwrap_err();
    assert!(error.backend_error::<TrieError>().is_some(), "{error}");
    assert!(error.to_string().contains("is corrupt"), "{error}");
    let error = db.account_proof(history::accounts()[0], &[]).unwrap_err();
    assert!(error.backend_error::<TrieError>().is_some(), "{error}");
}

#[test]
fn a_damaged_file_is_corrupt_and_never_another_state() {
    let case = case(5);
    for length in [1, 64, 4096, case.image.len() / 2] {
        let error = open(case.image[..length].to_vec(), Plan::default()).1.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{length} bytes: {error}");
        assert!(error.to_string().contains("restore it from a backup"), "{error}");
    }
    let mut reported = 0;
    for offset in (0..case.image.len().min(256 * 1024)).step_by(1021) {
        let mut damaged = case.image.clone();
        flip_bit(&mut damaged, offset, (offset % 8) as u8);
        let disk = FaultyDisk::with_content(damaged, Plan::default());
        match RedbStore::with_backend(disk, "disk").and_then(RedbStore::checked) {
            Ok(store) => assert_eq!(root_of_rows(&store), case.before.root(), "a flip at {offset}"),
            Err(StoreError::Corrupt { .. } | StoreError::Format { .. }) => reported += 1,
            Err(error) => panic!("a flip at {offset}: {error}"),
        }
    }
    assert!(reported > 0);
}
