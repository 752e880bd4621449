//! A state whose blocks go to a log: the same roots, rows and proofs as without one.

mod support;

use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256, VmId};
use hexapla_state::{AccountChange, BlockChanges};
use hexapla_statedb::{HistoryError, Kept, StateDb, StateOptions};
use hexapla_store::{
    KvStore, MemoryStore, RedbStore, StoreError,
    faulty::Image,
    log::{BlockLog, LogDisk},
};
use revm::state::AccountInfo;
use std::{sync::Arc, time::Duration};
use support::{
    Random,
    disk::{commit, no_checkpoints, open_whole, store},
    flat::Flat,
    history::{self, History},
    proofs,
    rows::state_rows,
};

fn every(checkpoint_blocks: u64) -> StateOptions {
    StateOptions { checkpoint_blocks, ..StateOptions::default() }
}

fn check_values(flat: &Flat, db: &StateDb) {
    flat.assert_read_by(db, &history::accounts(), &history::keys(), &history::objects());
}

fn check_proofs(flat: &Flat, db: &mut StateDb, random: &mut Random) {
    for _ in 0..3 {
        let address = history::accounts()[random.below(history::accounts().len() as u64) as usize];
        proofs::check_account(db, flat, random, address, &history::keys());
        let key = &history::objects()[random.below(30) as usize];
        proofs::check_object(db, flat, random, key);
    }
}

#[test]
fn roots_values_rows_and_proofs_are_those_of_a_state_without_a_log() {
    let small = |memory_bytes, checkpoint_blocks| StateOptions { memory_bytes, ..every(checkpoint_blocks) };
    let all = [every(100), every(1), every(0), every(3), small(0, 100), small(60_000, 100), small(1_000_000, 7)];
    for (seed, options) in (0..).zip(all.into_iter().cycle().take(21)) {
        let mut history = History::new(seed);
        let mut random = Random(seed);
        let (mut disk, mut db) = open_whole(Image::default(), options);
        let mut blocks = Vec::new();
        for number in 0..24 {
            let changes = history.block(db.overlay().unwrap(), 30);
            let root = commit(&mut db, &changes, number).unwrap();
            assert_eq!(root, history.flat.root(), "{options:?}, seed {seed}, block {number}");
            assert_eq!((db.root(), db.block(), db.durable_block()), (root, Some(number), Some(number)));
            blocks.push(changes);
            check_values(&history.flat, &db);
            match random.below(6) {
                0 => check_proofs(&history.flat, &mut db, &mut random),
                1 => db.checkpoint().unwrap(),
                2 => {
                    drop(db);
                    (disk, db) = open_whole(disk.surviving_image(), options);
                    assert_eq!((db.root(), db.block(), db.durable_block()), (root, Some(number), Some(number)));
                    check_values(&history.flat, &db);
                    assert_eq!(db.reader().unwrap().block_hash(number).unwrap(), root);
                }
                _ => {}
            }
        }
        check_proofs(&history.flat, &mut db, &mut random);
        db.checkpoint().unwrap();
        check_values(&history.flat, &db);
        check_proofs(&history.flat, &mut db, &mut random);
        drop(db);
        let without_log = Arc::new(MemoryStore::new());
        let mut other = StateDb::open(without_log.clone()).unwrap();
        blocks.iter().for_each(|changes| assert_ne!(other.commit(changes).unwrap(), B256::ZERO));
        let with_log = store(disk.surviving_image(), Default::default()).1.unwrap();
        assert!(state_rows(&*with_log) == state_rows(&*without_log), "{options:?}, seed {seed}");
    }
}

/// A block that changes many words of one account, and at times takes all of them.
fn large_block(random: &mut Random, count: u64) -> BlockChanges {
    let mut changes = BlockChanges::default();
    for index in 0..2u64 {
        let words = (0..count).map(|_| (U256::from(random.below(20_000)), U256::from(random.below(3)))).collect();
        let info = (random.below(9) > 0).then(|| AccountInfo::from_balance(U256::ONE));
        let address = Address::left_padding_from(&(1_000 + index).to_be_bytes());
        changes.accounts.insert(address, AccountChange { info, wiped: random.below(5) == 0, words });
    }
    for index in 0..count {
        let address = Address::left_padding_from(&(2_000 + random.below(9_000)).to_be_bytes());
        let info = (random.below(3) > 0).then(|| AccountInfo::from_balance(U256::from(index)));
        changes.accounts.insert(address, AccountChange { info, ..AccountChange::default() });
        let key = ObjectKey::new(VmId::SVM, random.below(9_000).to_be_bytes().to_vec());
        changes.objects.insert(key, (random.below(4) > 0).then(|| Bytes::from(random.bytes(40))));
    }
    changes
}

#[test]
fn large_tries_have_the_same_rows_with_any_memory_and_any_number_of_blocks_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let without_log = Arc::new(MemoryStore::new());
    let mut other = StateDb::open(without_log.clone()).unwrap();
    let options = [(usize::MAX, 4), (300_000, 100), (0, 100), (3_000_000, 2)];
    let options = options.map(|(memory_bytes, blocks)| StateOptions { memory_bytes, ..every(blocks) });
    let path = |at: usize| folder.path().join(at.to_string());
    let open = |at| StateDb::open_with(Arc::new(RedbStore::open(path(at)).unwrap()), options[at]).unwrap();
    let mut dbs: Vec<StateDb> = (0..options.len()).map(open).collect();
    let mut random = Random(3);
    for round in 0..24 {
        let changes = large_block(&mut random, [6_000, 10, 400, 1][round % 4]);
        let root = other.commit(&changes).unwrap();
        for (at, db) in dbs.iter_mut().enumerate() {
            assert_eq!(db.commit(&changes).unwrap(), root, "round {round}, {:?}", options[at]);
        }
        if round % 8 == 5 {
            for at in 0..dbs.len() {
                dbs[at].checkpoint().unwrap();
                let memory = dbs[at].memory();
                assert!(memory.total() <= options[at].memory_bytes.max(600_000), "round {round}: {memory:?}");
                dbs.remove(at);
                let store = Arc::new(RedbStore::open(path(at)).unwrap());
                assert!(state_rows(&*store) == state_rows(&*without_log), "round {round}, {:?}", options[at]);
                dbs.insert(at, StateDb::open_with(store, options[at]).unwrap());
            }
        }
    }
}

#[test]
fn ten_thousand_contracts_are_wiped_within_the_memory() {
    const CONTRACTS: u64 = 10_000;
    let options = StateOptions { memory_bytes: 16 << 20, ..every(3) };
    let (disk, mut db) = open_whole(Image::default(), options);
    let without_log = Arc::new(MemoryStore::new());
    let mut other = StateDb::open(without_log.clone()).unwrap();
    let of_all = |change: &dyn Fn(u64) -> AccountChange| BlockChanges {
        accounts: (0..CONTRACTS)
            .map(|index| (Address::left_padding_from(&(index + 256).to_be_bytes()), change(index)))
            .collect(),
        ..BlockChanges::default()
    };
    let info = || Some(AccountInfo::from_balance(U256::ONE));
    let words = |count: u64| (0..count).map(|slot| (U256::from(slot), U256::from(slot + 1))).collect();
    let created = of_all(&|index| AccountChange { info: info(), wiped: false, words: words(1 + index % 4) });
    let wiped = of_all(&|index| AccountChange {
        info: (index % 3 > 0).then(info).flatten(),
        wiped: true,
        words: words(index % 2),
    });
    for (number, changes) in [created.clone(), wiped.clone(), created, wiped].iter().enumerate() {
        let root = commit(&mut db, changes, number as u64).unwrap();
        assert_eq!(root, other.commit(changes).unwrap(), "block {number}");
        db.checkpoint().unwrap();
        assert!(db.memory().total() <= options.memory_bytes, "{:?}", db.memory());
    }
    drop(db);
    let with_log = store(disk.surviving_image(), Default::default()).1.unwrap();
    assert!(state_rows(&*with_log) == state_rows(&*without_log));
}

#[test]
fn readers_keep_their_state_while_blocks_and_checkpoints_go_on() {
    let mut history = History::new(8);
    let (_disk, mut db) = open_whole(Image::default(), every(2));
    let mut readers = Vec::new();
    for number in 0..20 {
        let changes = history.block(db.overlay().unwrap(), 30);
        commit(&mut db, &changes, number).unwrap();
        readers.push((db.reader().unwrap(), history.flat.clone()));
    }
    drop(db);
    for (reader, flat) in readers {
        flat.assert_read(&*reader, &history::accounts(), &history::keys(), &history::objects());
    }
}

#[test]
fn past_blocks_are_read_and_proved_within_the_window() {
    for (seed, checkpoint_blocks) in [(1, 100), (2, 3), (3, 1)] {
        let options = StateOptions { history_blocks: 5, ..every(checkpoint_blocks) };
        let in_memory = StateDb::open_with(Arc::new(MemoryStore::new()), options).unwrap();
        for mut db in [open_whole(Image::default(), options).1, in_memory] {
            let (mut history, mut random) = (History::new(seed), Random(seed));
            assert_eq!(not_kept(&db, 0), HistoryError::PastBlock { block: 0, kept: Kept::Nothing });
            let mut flats = Vec::new();
            for number in 0..16 {
                let changes = history.block(db.overlay().unwrap(), 30);
                commit(&mut db, &changes, number).unwrap();
                flats.push(history.flat.clone());
                let first = number.saturating_sub(5);
                for block in first..=number {
                    let flat = &flats[block as usize];
                    assert_eq!(db.root_at(block).unwrap(), flat.root());
                    let reader = db.reader_at(block).unwrap();
                    flat.assert_read(&*reader, &history::accounts(), &history::keys(), &history::objects());
                }
                let block = first + random.below(number + 1 - first);
                check_past_proofs(&mut db, block, &flats[block as usize], &mut random);
                if number > 5 {
                    let kept = Kept::Between(first, number);
                    assert_eq!(not_kept(&db, first - 1), HistoryError::PastBlock { block: first - 1, kept });
                }
                assert_eq!(
                    not_kept(&db, number + 1),
                    HistoryError::PastBlock { block: number + 1, kept: Kept::Between(first, number) }
                );
            }
            // A block that is committed again takes the place of the first one and of those behind it.
            let changes = history.block(db.overlay().unwrap(), 30);
            commit(&mut db, &changes, 13).unwrap();
            assert_eq!(db.root_at(13).unwrap(), history.flat.root());
            assert_eq!(db.root_at(12).unwrap(), flats[12].root());
            assert!(db.root_at(14).is_err());
        }
    }
}

fn not_kept(db: &StateDb, block: u64) -> HistoryError {
    let error = db.reader_at(block).err().unwrap();
    assert!(error.to_string().contains("see `StateOptions::history_blocks`"), "{error}");
    let HistoryError::PastBlock { block, kept } = error.backend_error().unwrap() else { panic!("{error}") };
    HistoryError::PastBlock { block: *block, kept: *kept }
}

fn check_past_proofs(db: &mut StateDb, block: u64, flat: &Flat, random: &mut Random) {
    for _ in 0..3 {
        let address = history::accounts()[random.below(history::accounts().len() as u64) as usize];
        let slots: Vec<B256> = history::keys().into_iter().map(B256::from).collect();
        let proof = db.account_proof_at(block, address, &slots).unwrap();
        proof.verify(flat.root()).unwrap();
        assert_eq!(proof.balance, flat.accounts.get(&address).map_or(U256::ZERO, |info| info.balance));
        for (slot, key) in proof.storage_proof.iter().zip(history::keys()) {
            assert_eq!(slot.value, flat.word(address, key));
        }
        let key = &history::objects()[random.below(30) as usize];
        let proof = db.object_proof_at(block, key).unwrap();
        proof.verify(flat.root()).unwrap();
        assert_eq!(proof.object.as_ref(), flat.objects.get(key));
    }
}

#[test]
fn memory_of_past_blocks_is_bounded() {
    let options = StateOptions { history_blocks: 1_000, memory_bytes: 2_000_000, ..every(2) };
    let (_disk, mut db) = open_whole(Image::default(), options);
    let mut random = Random(6);
    for number in 0..30 {
        commit(&mut db, &large_block(&mut random, 500), number).unwrap();
        assert!(db.memory().history <= 500_000, "{:?}", db.memory());
        db.root_at(number).unwrap();
    }
    assert!(db.root_at(5).is_err());
}

#[test]
fn a_state_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<StateDb>();
}

#[test]
fn what_is_durable_is_said() {
    let mut history = History::new(3);
    let mut block = |db: &mut StateDb, number| {
        let changes = history.block(db.overlay().unwrap(), 10);
        commit(db, &changes, number).unwrap();
        db.durable_block()
    };
    let (_disk, mut db) = open_whole(Image::default(), no_checkpoints(3));
    assert_eq!(db.sync().unwrap(), None);
    assert_eq!([0, 1, 2, 3].map(|number| block(&mut db, number)), [None, None, Some(2), Some(2)]);
    assert_eq!(db.sync().unwrap(), Some(3));
    assert_eq!(block(&mut db, 4), Some(3));
    db.checkpoint().unwrap();
    assert_eq!(db.durable_block(), Some(4));
    // A state without a log is durable at once.
    let mut history = History::new(3);
    let mut db = StateDb::in_memory();
    let changes = history.block(db.overlay().unwrap(), 10);
    commit(&mut db, &changes, 9).unwrap();
    assert_eq!((db.durable_block(), db.sync().unwrap()), (Some(9), Some(9)));
    // By time.
    let late = StateOptions { sync_time: Some(Duration::ZERO), ..no_checkpoints(u64::MAX) };
    let (_disk, mut db) = open_whole(Image::default(), late);
    let mut history = History::new(3);
    let changes = history.block(db.overlay().unwrap(), 10);
    commit(&mut db, &changes, 1).unwrap();
    assert_eq!(db.durable_block(), Some(1));
}

/// Some blocks in a log, and nothing of them in the store.
fn logged(seed: u64, blocks: u64) -> (Image, Flat) {
    let (disk, mut db) = open_whole(Image::default(), no_checkpoints(1));
    let mut history = History::new(seed);
    for number in 0..blocks {
        let changes = history.block(db.overlay().unwrap(), 20);
        commit(&mut db, &changes, number).unwrap();
    }
    drop(db);
    (disk.surviving_image(), history.flat)
}

fn error_of(image: Image) -> HistoryError {
    opening(image).err().unwrap()
}

fn opening(image: Image) -> Result<StateDb, HistoryError> {
    let opened = support::disk::open(image, Default::default(), every(1)).1;
    opened.map_err(|error| error.backend_error::<HistoryError>().unwrap_or_else(|| panic!("{error}")).clone())
}

#[test]
fn a_log_of_another_database_is_refused_with_a_sentence() {
    let (first, _) = logged(1, 3);
    let (second, _) = logged(2, 3);
    let checkpointed = |image: Image| {
        let (disk, mut db) = open_whole(image, no_checkpoints(1));
        db.checkpoint().unwrap();
        drop(db);
        disk.surviving_image()
    };
    // What the store holds already is skipped, if it is the same.
    let image = Image { segments: first.segments.clone(), ..checkpointed(first.clone()) };
    let (_, db) = open_whole(image, every(1));
    assert_eq!(db.block(), Some(2));
    let image = Image { segments: second.segments.clone(), ..checkpointed(first.clone()) };
    let error = error_of(image);
    assert_eq!(error, HistoryError::OtherLog { expected: 3, found: 2 });
    assert!(error.to_string().contains("bring the files of one copy together"), "{error}");
    // An older database, or none, beside the log of a newer one.
    let newer = {
        let (disk, mut db) = open_whole(checkpointed(first.clone()), no_checkpoints(1));
        let changes = History::new(9).block(db.overlay().unwrap(), 20);
        commit(&mut db, &changes, 3).unwrap();
        drop(db);
        disk.surviving_image()
    };
    let image = Image { store: Vec::new(), ..newer };
    assert_eq!(error_of(image), HistoryError::OtherLog { expected: 0, found: 3 });
}

#[test]
fn a_log_whose_records_do_not_hold_is_refused() {
    let (image, flat) = logged(1, 3);
    let records = |image: &Image| {
        let mut records = Vec::new();
        let (disk, _) = store(image.clone(), Default::default());
        BlockLog::open(Arc::new(disk) as Arc<dyn LogDisk>, |record| {
            records.push(record.to_vec());
            Ok::<(), StoreError>(())
        })
        .unwrap();
        records
    };
    let written = |records: &[Vec<u8>]| {
        let (disk, _) = store(Image::default(), Default::default());
        let mut log = BlockLog::open(Arc::new(disk.clone()), |_| Ok::<(), StoreError>(())).unwrap();
        records.iter().for_each(|record| log.append(record).unwrap());
        log.sync().unwrap();
        disk.surviving_image()
    };
    let good = records(&image);
    let (_, db) = open_whole(written(&good), every(1));
    assert_eq!(db.block(), Some(2));
    drop(db);
    let mut unknown = good.clone();
    unknown[1][0] = 2;
    assert_eq!(error_of(written(&unknown)), HistoryError::UnknownRecord);
    assert_eq!(error_of(written(&[Vec::new()])), HistoryError::UnknownRecord);
    assert_eq!(
        error_of(written(&[good[0].clone(), good[2].clone()])),
        HistoryError::OtherLog { expected: 1, found: 2 }
    );
    let of_another = records(&logged(2, 3).0).swap_remove(1);
    assert_eq!(error_of(written(&[good[0].clone(), of_another])), HistoryError::OtherLog { expected: 1, found: 1 });
    // A record that was written with something else in it does not lead to the root that it names.
    let (mut other_state, mut unknown) = (0, 0);
    for at in (1..good[0].len()).step_by(good[0].len() / 150) {
        let mut other = good.clone();
        other[0][at] ^= 1;
        match opening(written(&other)) {
            Err(HistoryError::OtherState { version: 1..=3 }) => other_state += 1,
            Err(HistoryError::UnknownRecord) => unknown += 1,
            Err(HistoryError::OtherLog { .. }) => {}
            Err(error) => panic!("byte {at}: {error}"),
            // A byte of code, whose hash stands beside it, or of the hash of the block.
            Ok(db) => assert_eq!(db.root(), flat.root(), "byte {at}"),
        }
    }
    assert!(other_state > 20 && unknown > 5, "{other_state} {unknown}");
    // A state is not read from a stream into a store with a log.
    let (_, db) = store(Image { store: Vec::new(), ..written(&good) }, Default::default());
    let mut stream = Vec::new();
    StateDb::in_memory().export(&mut stream).unwrap();
    let error = StateDb::import(db.unwrap(), hexapla_trie::EMPTY_ROOT, &stream[..]).err().unwrap();
    assert!(error.to_string().contains("delete it, or choose another file"), "{error}");
}

#[test]
fn a_snapshot_is_that_of_the_newest_block() {
    let mut history = History::new(5);
    let (disk, mut db) = open_whole(Image::default(), every(100));
    for number in 0..5 {
        let changes = history.block(db.overlay().unwrap(), 20);
        commit(&mut db, &changes, number).unwrap();
    }
    let mut stream = Vec::new();
    db.export(&mut stream).unwrap();
    assert!(db.fork().is_none());
    drop((db, disk));
    let (target, store) = store(Image::default(), Default::default());
    let mut read = StateDb::import(store.unwrap() as Arc<dyn KvStore>, history.flat.root(), &stream[..]).unwrap();
    check_values(&history.flat, &read);
    let changes = history.block(read.overlay().unwrap(), 20);
    assert_eq!(commit(&mut read, &changes, 5).unwrap(), history.flat.root());
    drop(read);
    let (_, again) = open_whole(target.surviving_image(), every(100));
    assert_eq!(again.root(), history.flat.root());
}
