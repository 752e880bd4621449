//! What a state still does after failures of its store.

mod support;

use hexapla_primitives::{Address, B256, ObjectKey, U256, VmId};
use hexapla_state::{AccountChange, BlockChanges};
use hexapla_statedb::{HistoryError, StateDb, StateOptions};
use hexapla_store::{
    KvStore, MemoryStore,
    faulty::{FaultyDisk, Image, Plan},
};
use revm::state::AccountInfo;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering::Relaxed},
};
use support::{
    Random,
    disk::commit,
    flaky::Flaky,
    history::{self, History},
    proofs,
    rows::state_rows,
};

fn transfers(random: &mut Random, count: u64) -> BlockChanges {
    let change = |_| {
        let address = Address::left_padding_from(&(300 + random.below(5_000)).to_be_bytes());
        let info = Some(AccountInfo::from_balance(U256::from(1 + random.below(1_000))));
        (address, AccountChange { info, ..AccountChange::default() })
    };
    BlockChanges { accounts: (0..count).map(change).collect(), ..BlockChanges::default() }
}

#[test]
fn after_a_failed_checkpoint_everything_is_read_and_proved_with_little_memory() {
    for failure in 0..4 {
        let store = Flaky::with_log(FaultyDisk::new());
        let options = StateOptions { memory_bytes: 0, checkpoint_blocks: u64::MAX, ..StateOptions::default() };
        let mut db = StateDb::open_with(store.clone(), options).unwrap();
        let mut random = Random(failure);
        let all = transfers(&mut random, 3_000);
        commit(&mut db, &all, 0).unwrap();
        db.checkpoint().unwrap();
        let changed = transfers(&mut random, 1_000);
        let root = commit(&mut db, &changed, 1).unwrap();
        let flag = [&store.fail_write, &store.panic_in_write, &store.fail_after_write, &store.fail_snapshot];
        flag[failure as usize].store(true, Relaxed);
        let error = db.checkpoint().unwrap_err();
        assert!(matches!(error.backend_error(), Some(HistoryError::Checkpoint { .. })), "{error}");
        // The proofs of other accounts need memory, so that something else must go.
        for address in all.accounts.keys().chain(changed.accounts.keys()) {
            db.account_proof(*address, &[]).unwrap().verify(root).unwrap();
        }
        let key = ObjectKey::new(VmId::SVM, vec![1]);
        db.object_proof(&key).unwrap().verify(root).unwrap();
        assert_eq!((db.root(), db.block(), db.durable_block()), (root, Some(1), Some(1)));
        // It opens again with nothing lost, twice.
        flag[failure as usize].store(false, Relaxed);
        for _ in 0..2 {
            drop(db);
            db = StateDb::open_with(store.clone(), options).unwrap();
            assert_eq!((db.root(), db.block(), db.durable_block()), (root, Some(1), Some(1)));
        }
        commit(&mut db, &transfers(&mut random, 10), 2).unwrap();
        db.checkpoint().unwrap();
    }
}

#[test]
fn a_block_that_is_committed_again_is_never_read_as_it_was_before() {
    let store = Arc::new(Flaky::default());
    let options = StateOptions { history_blocks: 10, ..StateOptions::default() };
    let mut db = StateDb::open_with(store.clone(), options).unwrap();
    let mut random = Random(1);
    for number in 0..5 {
        commit(&mut db, &transfers(&mut random, 50), number).unwrap();
    }
    let hash_of = |root| {
        store.fail_snapshot.store(true, Relaxed);
        root
    };
    let root = db.commit_block(&transfers(&mut random, 50), 3, hash_of).unwrap();
    store.fail_snapshot.store(false, Relaxed);
    assert_eq!(db.root(), root);
    assert!(db.root_at(2).is_ok() && db.root_at(3).is_err() && db.root_at(4).is_err());
}

#[test]
fn a_hash_that_panics_leaves_the_state_as_it_was() {
    for store in [Flaky::with_log(FaultyDisk::new()), Arc::new(Flaky::default())] {
        let mut db = StateDb::open(store as Arc<dyn KvStore>).unwrap();
        let (mut history, mut random) = (History::new(4), Random(4));
        let changes = history.block(db.overlay().unwrap(), 30);
        commit(&mut db, &changes, 0).unwrap();
        let before = history.flat.clone();
        let changes = history.block(db.overlay().unwrap(), 30);
        let panicking = |_| panic!("a hash that panics");
        catch_unwind(AssertUnwindSafe(|| drop(db.commit_block(&changes, 1, panicking)))).unwrap_err();
        for address in history::accounts() {
            proofs::check_account(&mut db, &before, &mut random, address, &history::keys());
        }
        assert_eq!(commit(&mut db, &changes, 1).unwrap(), history.flat.root());
    }
}

/// The rows of a state that was committed without a log.
fn check_rows(store: &Flaky, blocks: &[&BlockChanges]) {
    let expected = Arc::new(MemoryStore::new());
    let mut db = StateDb::open(expected.clone()).unwrap();
    blocks.iter().for_each(|changes| assert_ne!(db.commit(changes).unwrap(), B256::ZERO));
    assert!(state_rows(&store.store) == state_rows(&*expected));
}

/// Removes most of the accounts that a block made, so that nodes which had rows have none any more.
fn removal(of: &BlockChanges) -> BlockChanges {
    let accounts = of.accounts.keys().skip(20).map(|address| (*address, AccountChange::default()));
    BlockChanges { accounts: accounts.collect(), ..BlockChanges::default() }
}

#[test]
fn a_commit_that_failed_during_a_checkpoint_leaves_no_rows_behind() {
    let store = Flaky::with_log(FaultyDisk::new());
    let options = StateOptions { checkpoint_blocks: 1, ..StateOptions::default() };
    let mut db = StateDb::open_with(store.clone(), options).unwrap();
    let made = transfers(&mut Random(2), 3_000);
    commit(&mut db, &made, 0).unwrap();
    let mut removed = removal(&made);
    // An account of which only the store can say that it is not there.
    let change = AccountChange { info: Some(AccountInfo::from_balance(U256::ONE)), ..AccountChange::default() };
    removed.accounts.insert(Address::repeat_byte(9), change);
    let gate = store.gate.lock().unwrap();
    store.fail_read.store(true, Relaxed);
    commit(&mut db, &removed, 1).unwrap_err();
    std::thread::scope(|scope| {
        let again = scope.spawn(|| commit(&mut db, &removed, 1).unwrap());
        std::thread::sleep(std::time::Duration::from_millis(50));
        drop(gate);
        again.join().unwrap();
    });
    db.checkpoint().unwrap();
    check_rows(&store, &[&made, &removed]);
}

#[test]
fn a_log_that_failed_at_a_checkpoint_leaves_no_rows_out() {
    let made = transfers(&mut Random(3), 3_000);
    let removed = removal(&made);
    let mut failures = 0;
    for fail_at in 0..20 {
        let plan = Plan { fail_at: Some(fail_at), ..Plan::default() };
        let store = Flaky::with_log(FaultyDisk::with_image(Image::default(), plan));
        let options = StateOptions { checkpoint_blocks: u64::MAX, ..StateOptions::default() };
        let mut db = StateDb::open_with(store.clone(), options).unwrap();
        for (number, changes) in (0..).zip([&made, &removed]) {
            while db.block() != Some(number) {
                if commit(&mut db, changes, number).is_err() && commit(&mut db, changes, number).is_err() {
                    drop(db);
                    db = StateDb::open_with(store.clone(), options).unwrap();
                }
            }
            if db.checkpoint().is_err() {
                failures += 1;
                if db.checkpoint().is_err() {
                    drop(db);
                    db = StateDb::open_with(store.clone(), options).unwrap();
                    db.checkpoint().unwrap();
                }
            }
        }
        check_rows(&store, &[&made, &removed]);
    }
    assert!(failures > 2, "{failures}");
}
