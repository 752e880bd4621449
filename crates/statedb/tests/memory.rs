//! What stays in memory between blocks has no influence on roots, rows and proofs.

mod support;

use hexapla_primitives::{Address, Bytes, ObjectKey, U256, VmId};
use hexapla_state::{AccountChange, BlockChanges};
use hexapla_statedb::{StateDb, StateOptions};
use hexapla_store::{Batch, KvStore, MemoryStore, Snapshot, StoreError, Table};
use revm::state::AccountInfo;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use support::{Random, rows::state_rows};

/// Accounts of which two have thousands of slots, so that the tries have rows and are split.
const ACCOUNTS: u64 = 14_000;
const SLOTS: u64 = 20_000;
const LARGE: u64 = 2;

fn address(index: u64) -> Address {
    Address::left_padding_from(&(index + 1_000).to_be_bytes())
}

/// A block of changes: coin, words of the large accounts, objects, removals, and now and then a whole storage that goes.
fn block(random: &mut Random, count: u64) -> BlockChanges {
    let mut changes = BlockChanges::default();
    let info = |random: &mut Random| Some(AccountInfo::from_balance(U256::from(random.below(u64::MAX))));
    for _ in 0..count {
        let index = LARGE + random.below(ACCOUNTS);
        let info = if random.below(5) == 0 { None } else { info(random) };
        changes.accounts.insert(address(index), AccountChange { info, ..AccountChange::default() });
        let key = ObjectKey::new(VmId::SVM, random.below(ACCOUNTS).to_be_bytes().to_vec());
        let object = (random.below(4) > 0).then(|| Bytes::from(random.bytes(40)));
        changes.objects.insert(key, object);
    }
    for index in 0..LARGE {
        let word = |random: &mut Random| U256::from(random.below(4) * random.below(u64::MAX / 4));
        let words = (0..count).map(|_| (U256::from(random.below(SLOTS)), word(random))).collect();
        let wiped = random.below(7) == 0;
        changes.accounts.insert(address(index), AccountChange { info: info(random), wiped, words });
    }
    changes
}

#[test]
fn roots_rows_and_proofs_are_the_same_with_any_memory() {
    for seed in 0..2 {
        let stores: [Arc<MemoryStore>; 4] = Default::default();
        let open = |at: usize, memory_bytes| {
            StateDb::open_with(stores[at].clone(), StateOptions { memory_bytes, ..StateOptions::default() }).unwrap()
        };
        let budgets = [usize::MAX, 0, 1_000_000, 4_000_000];
        let mut dbs: Vec<StateDb> = (0..).zip(budgets).map(|(at, budget)| open(at, budget)).collect();
        let mut random = Random(seed);
        for round in 0..12 {
            let count = [9_000, 20, 300, 1][round % 4];
            let changes = block(&mut random, count);
            let root = dbs[0].commit(&changes).unwrap();
            let probe = address(random.below(LARGE + 20));
            let slots = [U256::from(random.below(SLOTS)).into(), U256::from(random.below(2 * SLOTS)).into()];
            let proof = dbs[0].account_proof(probe, &slots).unwrap();
            proof.verify(root).unwrap();
            let key = ObjectKey::new(VmId::SVM, random.below(ACCOUNTS).to_be_bytes().to_vec());
            let object = dbs[0].object_proof(&key).unwrap();
            object.verify(root).unwrap();
            for (at, db) in dbs.iter_mut().enumerate().skip(1) {
                assert_eq!(db.commit(&changes).unwrap(), root, "seed {seed}, round {round}");
                assert_eq!(db.account_proof(probe, &slots).unwrap(), proof);
                assert_eq!(db.object_proof(&key).unwrap(), object);
                assert!(
                    db.memory().total() <= budgets[at].max(600_000),
                    "{} bytes of {}",
                    db.memory().total(),
                    budgets[at]
                );
            }
            // What was never dropped and what is always dropped have the same rows; and a start finds them.
            assert!(state_rows(&*stores[0]) == state_rows(&*stores[1]), "seed {seed}, round {round}");
            assert!(state_rows(&*stores[0]) == state_rows(&*stores[2]), "seed {seed}, round {round}");
            // A state that was written at once has the same rows: none was left behind, and all say how many keys they have.
            let (fresh, mut stream) = (Arc::new(MemoryStore::new()), Vec::new());
            dbs[0].export(&mut stream).unwrap();
            StateDb::import(fresh.clone(), root, &stream[..]).unwrap();
            assert!(state_rows(&*stores[0]) == state_rows(&*fresh), "seed {seed}, round {round}");
            dbs[3] = open(3, budgets[3]);
            assert_eq!(dbs[3].root(), root);
        }
        for (table, rows) in state_rows(&*stores[0]) {
            assert!(!rows.is_empty(), "no rows in {table}");
        }
    }
}

/// A store of whose reads one fails, once so many have succeeded.
struct FailsOnce {
    store: MemoryStore,
    reads_left: Arc<AtomicU64>,
}

/// What a [`FailsOnce`] is read by.
struct FailingSnapshot {
    snapshot: Arc<dyn Snapshot>,
    reads_left: Arc<AtomicU64>,
}

impl FailingSnapshot {
    fn read(&self) -> hexapla_store::Result<()> {
        // Below zero it wraps, so that it fails once.
        if self.reads_left.fetch_sub(1, Ordering::Relaxed) == 0 {
            return Err(StoreError::Closed { file: "fails".into() });
        }
        Ok(())
    }
}

impl KvStore for FailsOnce {
    fn snapshot(&self) -> hexapla_store::Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(FailingSnapshot { snapshot: self.store.snapshot()?, reads_left: self.reads_left.clone() }))
    }

    fn write(&self, batch: Batch) -> hexapla_store::Result<()> {
        self.store.write(batch)
    }
}

impl Snapshot for FailingSnapshot {
    fn get(&self, table: Table, key: &[u8]) -> hexapla_store::Result<Option<bytes::Bytes>> {
        self.read()?;
        self.snapshot.get(table, key)
    }

    fn scan_from(
        &self,
        table: Table,
        start: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> hexapla_store::Result<()> {
        self.read()?;
        self.snapshot.scan_from(table, start, visit)
    }
}

#[test]
fn a_read_that_fails_anywhere_in_a_commit_changes_nothing() {
    let reads_left = Arc::new(AtomicU64::new(u64::MAX));
    let store = Arc::new(FailsOnce { store: MemoryStore::new(), reads_left: reads_left.clone() });
    let whole = Arc::new(MemoryStore::new());
    let mut db =
        StateDb::open_with(store.clone(), StateOptions { memory_bytes: 100_000, ..StateOptions::default() }).unwrap();
    let mut expected = StateDb::open(whole.clone()).unwrap();
    let mut random = Random(11);
    let mut failures = 0;
    for round in 0..60 {
        let changes = block(&mut random, [4_000, 30, 200][round % 3]);
        let before = db.root();
        reads_left.store(random.below(400), Ordering::Relaxed);
        let first = db.commit(&changes);
        reads_left.store(u64::MAX, Ordering::Relaxed);
        let root = expected.commit(&changes).unwrap();
        match first {
            Ok(first) => assert_eq!(first, root),
            Err(_) => {
                failures += 1;
                assert_eq!(db.root(), before);
                assert_eq!(db.commit(&changes).unwrap(), root, "round {round}");
            }
        }
        assert!(state_rows(&*store) == state_rows(&*whole), "round {round}");
    }
    assert!(failures > 20, "{failures} commits failed");
}
