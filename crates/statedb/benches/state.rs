//! What a block costs the state, by the size of the state; and what blocks of one transaction cost, by their number.
//!
//! `cargo bench -p hexapla-statedb` prints lines `bench <name> <value> <unit>`; `-- <slots>` takes another size than a
//! million. A block of the first part is what 1,000 transfers of a token write: 2,000 slots of one contract, half of
//! them new. Nothing is executed. Every commit is durable. The blocks end with a checkpoint. CPU time is that of all threads, with that of the system.

use hexapla_primitives::{Address, ObjectKey, U256, VmId};
use hexapla_state::{AccountChange, BlockChanges};
use hexapla_statedb::StateDb;
use hexapla_store::{KvStore, MemoryStore, RedbStore};
use revm::state::AccountInfo;
use rustix::time::{ClockId, clock_gettime};
use std::{collections::BTreeMap, os::unix::fs::MetadataExt as _, path::Path, sync::Arc, time::Instant};

const TOKEN: Address = Address::repeat_byte(0x70);
const SLOTS_PER_BLOCK: u64 = 2_000;
/// Blocks that are measured at each size.
const BLOCKS: u64 = 100;
/// Bytes of an SPL token account.
const OBJECT_BYTES: usize = 165;
/// Blocks of one transaction.
const SMALL_BLOCKS: u64 = 20_000;

fn main() {
    let slots = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    sizes(slots);
    objects(slots);
    for (name, folder) in [("memory", None), ("redb", Some(tempfile::tempdir().expect("a temporary folder")))] {
        let store: Arc<dyn KvStore> = match &folder {
            Some(folder) => Arc::new(RedbStore::open(folder.path().join("state")).expect("a new store")),
            None => Arc::new(MemoryStore::new()),
        };
        small_blocks(name, store);
    }
}

fn cpu_ms() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

fn print(name: &str, value: f64, unit: &str) {
    println!("bench state_{name} {value:.3} {unit}");
}

fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 20
}

fn change_of(words: BTreeMap<U256, U256>) -> BlockChanges {
    let info = Some(AccountInfo::from_balance(U256::ONE));
    let change = AccountChange { info, words, ..AccountChange::default() };
    BlockChanges { accounts: [(TOKEN, change)].into(), ..BlockChanges::default() }
}

/// So many new slots behind those that are there.
fn fill(known: u64, new: u64, seed: &mut u64) -> BlockChanges {
    change_of((known..known + new).map(|slot| (U256::from(slot), U256::from(random(seed) + 1))).collect())
}

/// So many new slots, and as many of those that are there: the first `known`, of which random ones are chosen.
fn block(known: u64, new: u64, seed: &mut u64) -> BlockChanges {
    let mut words = BTreeMap::new();
    for slot in known..known + new {
        words.insert(U256::from(slot), U256::from(random(seed) + 1));
        words.insert(U256::from(random(seed) % known.max(1)), U256::from(random(seed) + 1));
    }
    change_of(words)
}

/// Fills a state in a file to a tenth of the size, and to the size, and measures blocks there.
fn sizes(slots: u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("state");
    let (mut filled, mut seed) = (0, 7);
    let mut db = open(&path);
    for size in [slots / 10, slots] {
        while filled < size {
            let count = (size - filled).min(100_000);
            commit(&mut db, &fill(filled, count, &mut seed));
            filled += count;
        }
        db.checkpoint().expect("a checkpoint");
        print(&format!("file_bytes_per_slot_at_{size}"), file_bytes(&path) / filled as f64, "B");
        let before = cpu_ms();
        let start = Instant::now();
        for _ in 0..BLOCKS {
            commit(&mut db, &block(filled, SLOTS_PER_BLOCK / 2, &mut seed));
            filled += SLOTS_PER_BLOCK / 2;
        }
        db.checkpoint().expect("a checkpoint");
        print(&format!("block_cpu_at_{size}_slots"), (cpu_ms() - before) / BLOCKS as f64, "ms");
        print(&format!("block_wall_at_{size}_slots"), start.elapsed().as_secs_f64() * 1e3 / BLOCKS as f64, "ms");
    }
    drop(db);
    proofs(&mut open(&path), filled, &mut seed);
}

/// The same for objects in the column of one VM, of the size of an SPL token account.
fn objects(count: u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("state");
    let (mut filled, mut seed) = (0, 11);
    let mut db = open(&path);
    for size in [count / 10, count] {
        while filled < size {
            let next = (filled + 100_000).min(size);
            commit(&mut db, &objects_of(filled..next, &mut seed));
            filled = next;
        }
        db.checkpoint().expect("a checkpoint");
        print(&format!("file_bytes_per_object_at_{size}"), file_bytes(&path) / filled as f64, "B");
        let before = cpu_ms();
        for _ in 0..BLOCKS {
            let new = SLOTS_PER_BLOCK / 2;
            let known = (0..new).map(|_| random(&mut seed) % filled).collect::<Vec<_>>();
            commit(&mut db, &objects_of((filled..filled + new).chain(known), &mut seed));
            filled += new;
        }
        db.checkpoint().expect("a checkpoint");
        print(&format!("block_cpu_at_{size}_objects"), (cpu_ms() - before) / BLOCKS as f64, "ms");
        print(&format!("memory_at_{size}_objects"), db.memory().total() as f64 / f64::from(1 << 20), "MiB");
    }
}

/// Objects with these numbers, of random bytes.
fn objects_of(numbers: impl IntoIterator<Item = u64>, seed: &mut u64) -> BlockChanges {
    let mut object = |number: u64| {
        let bytes = std::iter::repeat_with(|| random(seed).to_le_bytes()).flatten().take(OBJECT_BYTES).collect();
        let key = U256::from(number).to_be_bytes::<32>().to_vec().into();
        (ObjectKey { vm: VmId::SVM, key }, Some(bytes))
    };
    BlockChanges { objects: numbers.into_iter().map(&mut object).collect(), ..BlockChanges::default() }
}

fn commit(db: &mut StateDb, changes: &BlockChanges) {
    let before = db.root();
    assert_ne!(db.commit(changes).expect("a commit"), before, "every block changes the state");
}

fn open(path: &Path) -> StateDb {
    StateDb::open(Arc::new(RedbStore::open(path).expect("a store"))).expect("a state")
}

fn file_bytes(path: &Path) -> f64 {
    // Of what the file has grown by ahead of need the disk holds nothing.
    (path.metadata().expect("a file").blocks() * 512) as f64
}

/// Proofs of a slot and its account, each of which is new to a state that has just been opened, and the same again.
fn proofs(db: &mut StateDb, known: u64, seed: &mut u64) {
    let slots: Vec<u64> = (0..1_000).map(|_| random(seed) % known).collect();
    for round in ["cold", "warm"] {
        let mut times: Vec<f64> = slots.iter().map(|slot| proof_us(db, *slot)).collect();
        times.sort_by(f64::total_cmp);
        print(&format!("proof_{round}_p50"), times[times.len() / 2], "us");
        print(&format!("proof_{round}_p99"), times[times.len() * 99 / 100], "us");
    }
}

fn proof_us(db: &mut StateDb, slot: u64) -> f64 {
    let start = Instant::now();
    let proof = db.account_proof(TOKEN, &[U256::from(slot).into()]).expect("a proof");
    let time = start.elapsed().as_secs_f64() * 1e6;
    proof.verify(db.root()).expect("a proof that holds");
    assert!(!proof.storage_proof[0].value.is_zero(), "the slot is there");
    time
}

/// Blocks that each write two slots, one of them new: the last tenth against the first.
fn small_blocks(name: &str, store: Arc<dyn KvStore>) {
    let mut db = StateDb::open(store).expect("a state");
    let mut seed = 9;
    let mut tenths = Vec::new();
    for tenth in 0..10 {
        let start = Instant::now();
        for number in 0..SMALL_BLOCKS / 10 {
            commit(&mut db, &block(tenth * SMALL_BLOCKS / 10 + number, 1, &mut seed));
        }
        tenths.push(SMALL_BLOCKS as f64 / 10.0 / start.elapsed().as_secs_f64());
    }
    print(&format!("{name}_one_transaction_blocks_first_tenth"), tenths[0], "blocks/s");
    print(&format!("{name}_one_transaction_blocks_last_tenth"), tenths[9], "blocks/s");
    print(&format!("{name}_one_transaction_blocks_last_over_first"), tenths[9] / tenths[0], "x");
}
