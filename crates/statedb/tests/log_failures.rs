//! What a state still does after failures of its store.

mod support;

use hexapla_primitives::{Address, ObjectKey, U256, VmId};
use hexapla_state::{AccountChange, BlockChanges};
use hexapla_statedb::{HistoryError, StateDb, StateOptions};
use hexapla_store::{Batch, KvStore, MemoryStore, Result, Snapshot, StoreError, faulty::FaultyDisk, log::LogDisk};
use revm::state::AccountInfo;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};
use support::{
    Random,
    disk::commit,
    history::{self, History},
    proofs,
};

/// A store in memory, with a log or without one, whose writes or snapshots fail on command.
#[derive(Default)]
struct Breaking {
    store: MemoryStore,
    log: Option<FaultyDisk>,
    fail_write: AtomicBool,
    panic_in_write: AtomicBool,
    /// Writes and fails then.
    fail_after_write: AtomicBool,
    fail_snapshot: AtomicBool,
}

fn refused() -> StoreError {
    StoreError::DiskFull { file: "breaking".into() }
}

impl KvStore for Breaking {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        if self.fail_snapshot.load(Relaxed) { Err(refused()) } else { self.store.snapshot() }
    }

    fn write(&self, batch: Batch) -> Result<()> {
        assert!(!self.panic_in_write.load(Relaxed), "a store that panics");
        if self.fail_write.load(Relaxed) {
            return Err(refused());
        }
        self.store.write(batch)?;
        if self.fail_after_write.load(Relaxed) { Err(refused()) } else { Ok(()) }
    }

    fn log_disk(&self) -> Option<Arc<dyn LogDisk>> {
        self.log.clone().map(|disk| Arc::new(disk) as Arc<dyn LogDisk>)
    }
}

fn with_log() -> Arc<Breaking> {
    Arc::new(Breaking { log: Some(FaultyDisk::new()), ..Breaking::default() })
}

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
        let store = with_log();
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
    let store = Arc::new(Breaking::default());
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
    for store in [with_log(), Arc::new(Breaking::default())] {
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
