//! A log of any changes is replayed to the state that its blocks led to, one by one.

mod support;

use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256, VmId, identity::column_account, keccak256};
use hexapla_state::{AccountChange, BlockChanges};
use hexapla_statedb::{StateDb, StateOptions};
use hexapla_store::{MemoryStore, faulty::Image};
use revm::state::AccountInfo;
use std::sync::Arc;
use support::{
    Random,
    disk::{commit, no_checkpoints, open_whole, store},
    rows::state_rows,
};

const VMS: [VmId; 2] = [VmId::SVM, VmId(200)];

/// The accounts that change: those of two columns among them.
fn address(random: &mut Random) -> Address {
    match random.below(20) {
        at @ 0..2 => column_account(VMS[at as usize]),
        at => Address::left_padding_from(&(at % 3 + 256).to_be_bytes()),
    }
}

/// Changes that no execution need give.
fn any_block(random: &mut Random) -> BlockChanges {
    let mut changes = BlockChanges::default();
    for _ in 0..random.below(4) {
        let code = Bytes::from(vec![0x5f; 1 + random.below(3) as usize]);
        let code_hash = if random.below(2) == 0 { keccak256(&code) } else { keccak256([]) };
        let info = AccountInfo {
            nonce: random.below(3),
            balance: U256::from(random.below(2)),
            code_hash,
            ..AccountInfo::default()
        };
        let words = (0..random.below(5)).map(|_| (U256::from(random.below(6)), U256::from(random.below(3)))).collect();
        let info = (random.below(3) > 0).then_some(info);
        changes.accounts.insert(address(random), AccountChange { info, wiped: random.below(4) == 0, words });
        changes.codes.insert(keccak256(&code), code);
    }
    for _ in 0..random.below(3) {
        let key = ObjectKey::new(VMS[random.below(2) as usize], vec![0; random.below(3) as usize]);
        changes.objects.insert(key, (random.below(2) > 0).then(|| Bytes::from(random.bytes(random.0 % 3))));
    }
    changes
}

/// Commits blocks to a log, opens it again, and compares with a state without a log.
fn check(blocks: &[BlockChanges], random: &mut Random, what: &str) {
    let without_log = Arc::new(MemoryStore::new());
    let mut expected = StateDb::open(without_log.clone()).unwrap();
    let options = StateOptions { memory_bytes: [0, 1 << 20][random.below(2) as usize], ..no_checkpoints(1) };
    let options = StateOptions { checkpoint_blocks: [2, u64::MAX][random.below(2) as usize], ..options };
    let (mut disk, mut db) = open_whole(Image::default(), options);
    for (number, changes) in blocks.iter().enumerate() {
        let root = commit(&mut db, changes, number as u64).unwrap();
        assert_eq!(root, expected.commit(changes).unwrap(), "{what}, block {number}");
        if random.below(4) == 0 {
            db.checkpoint().unwrap();
        }
        if random.below(4) == 0 {
            drop(db);
            (disk, db) = open_whole(disk.surviving_image(), options);
            assert_eq!((db.root(), db.block()), (root, Some(number as u64)), "{what}");
            assert_same(&db, &expected);
        }
    }
    drop(db);
    let (disk, mut db) = open_whole(disk.surviving_image(), options);
    assert_eq!(db.root(), expected.root(), "{what}");
    assert_same(&db, &expected);
    db.checkpoint().unwrap();
    drop(db);
    let with_log = store(disk.surviving_image(), Default::default()).1.unwrap();
    assert!(state_rows(&*with_log) == state_rows(&*without_log), "{what}: other rows");
}

fn assert_same(db: &StateDb, expected: &StateDb) {
    let (found, expected) = (db.reader().unwrap(), expected.reader().unwrap());
    let columns = VMS.map(column_account);
    for address in (0..8u64).map(|at| Address::left_padding_from(&(at + 256).to_be_bytes())).chain(columns) {
        assert_eq!(found.account(address).unwrap(), expected.account(address).unwrap(), "{address}");
        for slot in (0..6).map(U256::from) {
            assert_eq!(found.word(address, slot).unwrap(), expected.word(address, slot).unwrap(), "{address} {slot}");
        }
    }
    for vm in VMS {
        for length in 0..3 {
            let key = ObjectKey::new(vm, vec![0; length]);
            assert_eq!(found.object(&key).unwrap(), expected.object(&key).unwrap(), "{key:?}");
        }
    }
}

#[test]
fn any_changes_are_replayed_to_the_same_state_and_rows() {
    for seed in 0..150 {
        let mut random = Random(seed);
        let blocks: Vec<BlockChanges> = (0..1 + random.below(12)).map(|_| any_block(&mut random)).collect();
        check(&blocks, &mut random, &format!("seed {seed}"));
    }
}

#[test]
fn a_column_that_lost_its_only_object_again_is_replayed() {
    let key = ObjectKey::new(VmId::SVM, vec![1]);
    let block = |object: Option<Bytes>| BlockChanges {
        objects: [(key.clone(), object)].into_iter().collect(),
        ..BlockChanges::default()
    };
    let (disk, mut db) = open_whole(Image::default(), no_checkpoints(1));
    commit(&mut db, &block(Some(Bytes::from_static(b"object"))), 0).unwrap();
    let root: B256 = commit(&mut db, &block(None), 1).unwrap();
    drop(db);
    let (_, db) = open_whole(disk.surviving_image(), no_checkpoints(1));
    assert_eq!((db.root(), db.block()), (root, Some(1)));
}
