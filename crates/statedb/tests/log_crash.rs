//! What survives when the disk fails anywhere while blocks go to the log and checkpoints to the store.

mod support;

use hexapla_primitives::B256;
use hexapla_state::{BlockChanges, StateError};
use hexapla_statedb::{HistoryError, StateDb, StateOptions};
use hexapla_store::{
    MemoryStore,
    faulty::{Cache, FaultyDisk, Image, Plan},
};
use std::sync::{Arc, atomic::Ordering};
use support::{
    Random,
    disk::{commit, no_checkpoints, open, open_whole},
    flaky::Flaky,
    flat::Flat,
    history::{self, History},
    proofs,
    rows::state_rows,
};

/// What a program does, and the states that it goes through.
struct Program {
    blocks: Vec<BlockChanges>,
    /// The state before the first block, after it, and so on.
    flats: Vec<Flat>,
    sync_blocks: u64,
    /// A disk with an empty state.
    start: Image,
}

/// A checkpoint comes before the blocks with these indices, and after the last one.
const CHECKPOINTS: [usize; 2] = [2, 4];

impl Program {
    fn new(seed: u64, sync_blocks: u64) -> Self {
        let mut history = History::new(seed);
        let mut db = StateDb::in_memory();
        let start = open_whole(Image::default(), no_checkpoints(1)).0.surviving_image();
        let mut program = Self { blocks: Vec::new(), flats: vec![history.flat.clone()], sync_blocks, start };
        for _ in 0..6 {
            let changes = history.block(db.overlay().unwrap(), 6);
            db.commit(&changes).unwrap();
            program.blocks.push(changes);
            program.flats.push(history.flat.clone());
        }
        program
    }

    /// Does as much of it as the disk allows; gives the number of blocks that are certain to be durable, and of those
    /// that were tried.
    fn run(&self, plan: Plan) -> (FaultyDisk, usize, usize) {
        let (disk, db) = open(self.start.clone(), plan, no_checkpoints(self.sync_blocks));
        let Ok(mut db) = db else { return (disk, 0, 0) };
        let mut durable = 0;
        for (index, changes) in self.blocks.iter().enumerate() {
            if CHECKPOINTS.contains(&index) {
                if db.checkpoint().is_err() {
                    return (disk, durable, index);
                }
                durable = index;
            }
            let committed = commit(&mut db, changes, index as u64);
            let done = if committed.is_ok() { index + 1 } else { index };
            self.check_values(&db, done);
            durable = durable.max(db.durable_block().map_or(0, |block| block as usize + 1));
            if committed.is_err() {
                return (disk, durable, index + 1);
            }
        }
        match db.checkpoint() {
            Ok(()) => (disk, self.blocks.len(), self.blocks.len()),
            Err(_) => (disk, durable, self.blocks.len()),
        }
    }

    fn check_values(&self, db: &StateDb, blocks: usize) {
        assert_eq!(db.root(), self.flats[blocks].root());
        self.flats[blocks].assert_read_by(db, &history::accounts(), &history::keys(), &history::objects());
    }

    /// What a disk holds is the state after one of these numbers of blocks, and the program goes on from there to its end.
    fn check(&self, image: Image, durable: usize, tried: usize, what: &str) -> usize {
        let (disk, mut db) = open_whole(image, no_checkpoints(1));
        let root = db.root();
        let found = (durable..=tried).find(|blocks| self.flats[*blocks].root() == root);
        let found = found.unwrap_or_else(|| panic!("{what}: neither of the states {durable} to {tried}"));
        assert_eq!(db.block(), (found as u64).checked_sub(1), "{what}");
        self.check_values(&db, found);
        for (index, changes) in self.blocks.iter().enumerate().skip(found) {
            assert_eq!(commit(&mut db, changes, index as u64).unwrap(), self.flats[index + 1].root(), "{what}");
        }
        db.checkpoint().unwrap();
        drop(db);
        self.check_rows(disk.surviving_image(), what);
        found
    }

    /// The store has the rows of a state that was committed without a log.
    fn check_rows(&self, image: Image, what: &str) {
        let expected = Arc::new(MemoryStore::new());
        let mut db = StateDb::open(expected.clone()).unwrap();
        for changes in &self.blocks {
            db.commit(changes).unwrap();
        }
        let (_, store) = support::disk::store(image, Plan::default());
        assert!(state_rows(&*store.unwrap()) == state_rows(&*expected), "{what}: other rows");
    }
}

#[test]
fn power_failure_at_any_step_leaves_a_whole_block_and_nothing_durable_is_lost() {
    for (seed, sync_blocks) in [(1, 1), (2, 3)] {
        let program = Program::new(seed, sync_blocks);
        let (disk, ..) = program.run(Plan::default());
        let steps = disk.operations();
        assert!(steps > 60, "{steps} steps");
        let mut seen = [false; 7];
        for k in 0..steps {
            let caches = [
                (Cache::Lost, None),
                (Cache::Kept, None),
                (Cache::Kept, Some(60)),
                (Cache::Scattered(k), None),
                (Cache::Scattered(!k), Some(300)),
            ];
            for (cache, torn_bytes) in caches {
                let plan = Plan { kill_at: Some(k), cache, torn_bytes, ..Plan::default() };
                let (disk, durable, tried) = program.run(plan);
                assert!(disk.is_dead());
                seen[program.check(disk.surviving_image(), durable, tried, &format!("{plan:?}"))] = true;
            }
        }
        assert_eq!(seen, [true; 7], "every state occurs");
    }
}

#[test]
fn power_failure_while_a_log_is_replayed_loses_nothing() {
    let program = Program::new(3, 1);
    let (disk, mut db) = open_whole(Image::default(), no_checkpoints(1));
    for (index, changes) in program.blocks.iter().enumerate() {
        commit(&mut db, changes, index as u64).unwrap();
    }
    drop(db);
    let image = disk.surviving_image();
    let (disk, db) = open(image.clone(), Plan::default(), no_checkpoints(1));
    drop(db.unwrap());
    let steps = disk.operations();
    for k in 0..steps {
        for cache in [Cache::Lost, Cache::Kept, Cache::Scattered(k)] {
            let plan = Plan { kill_at: Some(k), cache, ..Plan::default() };
            let (disk, _) = open(image.clone(), plan, no_checkpoints(1));
            assert_eq!(program.check(disk.surviving_image(), 6, 6, &format!("{plan:?}")), 6);
        }
    }
}

#[test]
fn a_step_that_fails_is_reported_and_nothing_is_lost() {
    let program = Program::new(4, 1);
    let (disk, ..) = program.run(Plan::default());
    let steps = disk.operations();
    for k in 0..steps {
        for torn_bytes in [None, Some(0), Some(50)] {
            let plan = Plan { fail_at: Some(k), torn_bytes, ..Plan::default() };
            let (disk, db) = open(program.start.clone(), plan, no_checkpoints(1));
            let Ok(mut db) = db else {
                program.check(disk.surviving_image(), 0, 0, &format!("{plan:?}"));
                continue;
            };
            // Whatever fails is tried again, on the same state if that goes, else on the same disk.
            let (mut done, mut opened) = (0, 0);
            while done < program.blocks.len() {
                let at_checkpoint = CHECKPOINTS.contains(&done);
                let step = if at_checkpoint { db.checkpoint() } else { Ok(()) };
                let step = step.and_then(|()| commit(&mut db, &program.blocks[done], done as u64));
                match step {
                    Ok(root) => {
                        done += 1;
                        assert_eq!(root, program.flats[done].root(), "{plan:?}");
                    }
                    Err(error) => {
                        assert!(!error.to_string().is_empty());
                        program.check_values(&db, done);
                        if let Ok(root) = commit(&mut db, &program.blocks[done], done as u64) {
                            done += 1;
                            assert_eq!(root, program.flats[done].root(), "{plan:?}");
                            continue;
                        }
                        drop(db);
                        opened += 1;
                        assert!(opened < 3, "{plan:?}: {error}");
                        db = open_whole(disk.surviving_image(), no_checkpoints(1)).1;
                        let found = db.block().map_or(0, |block| block as usize + 1);
                        assert!((done..=done + 1).contains(&found), "{plan:?}: {found} blocks of {done}");
                        done = found;
                    }
                }
                program.check_values(&db, done);
            }
        }
    }
}

#[test]
fn a_full_disk_is_named_and_the_state_goes_on_when_there_is_room() {
    let program = Program::new(5, 1);
    let (mut named, mut stops) = (0, [0; 7]);
    for room in (0..40).map(|part| part * 400) {
        let space = program.start.store.len() as u64 + room;
        let plan = Plan { space_bytes_max: Some(space), ..Plan::default() };
        let (disk, db) = open(program.start.clone(), plan, no_checkpoints(1));
        let mut db = db.unwrap();
        let mut done = 0;
        let stopped = loop {
            if done == program.blocks.len() {
                break db.checkpoint().err();
            }
            match commit(&mut db, &program.blocks[done], done as u64) {
                Ok(_) => done += 1,
                Err(error) => break Some(error),
            }
        };
        program.check_values(&db, done);
        if let Some(error) = stopped {
            stops[done] += 1;
            named += u32::from(error.to_string().contains("no space left"));
        }
        drop(db);
        program.check(disk.surviving_image(), done, (done + 1).min(program.blocks.len()), &format!("{plan:?}"));
    }
    assert!(named > 4 && stops[0] > 0 && stops[5] > 0, "{named} {stops:?}");
}

#[test]
fn a_commit_whose_read_failed_can_be_done_again_between_and_during_checkpoints() {
    let mut failures = 0;
    for seed in 0..12 {
        let store = Flaky::with_log(FaultyDisk::new());
        let options = StateOptions { memory_bytes: [0, 1 << 20][seed as usize % 2], ..no_checkpoints(1) };
        let options = StateOptions { checkpoint_blocks: 2 + seed % 3, ..options };
        let mut db = StateDb::open_with(store.clone(), options).unwrap();
        let expected = Arc::new(MemoryStore::new());
        let mut other = StateDb::open(expected.clone()).unwrap();
        let (mut history, mut random) = (History::new(seed), Random(seed));
        for number in 0..16 {
            let before = history.flat.clone();
            let changes = history.block(db.overlay().unwrap(), 20);
            store.fail_read.store(random.below(2) == 0, Ordering::Relaxed);
            let first = commit(&mut db, &changes, number);
            store.fail_read.store(false, Ordering::Relaxed);
            if let Err(error) = first {
                failures += 1;
                assert!(error.to_string().contains("no space left"), "{error}");
                assert_eq!(db.root(), before.root());
                before.assert_read_by(&db, &history::accounts(), &history::keys(), &history::objects());
                let address = history::accounts()[random.below(24) as usize];
                proofs::check_account(&mut db, &before, &mut random, address, &history::keys());
                commit(&mut db, &changes, number).unwrap();
            }
            assert_eq!(db.root(), other.commit(&changes).unwrap(), "seed {seed}, block {number}");
        }
        db.checkpoint().unwrap();
        assert!(state_rows(&store.store) == state_rows(&*expected), "seed {seed}");
    }
    assert!(failures > 20, "{failures}");
}

#[test]
fn a_checkpoint_that_failed_stops_the_state_and_loses_nothing() {
    let store = Flaky::with_log(FaultyDisk::new());
    let mut history = History::new(7);
    let mut db = StateDb::open_with(store.clone(), no_checkpoints(1)).unwrap();
    let mut blocks = Vec::new();
    for number in 0..4 {
        let changes = history.block(db.overlay().unwrap(), 20);
        commit(&mut db, &changes, number).unwrap();
        blocks.push(changes);
    }
    store.fail_write.store(true, Ordering::Relaxed);
    let stopped = |error: StateError| {
        let error: &HistoryError = error.backend_error().unwrap();
        assert!(matches!(error, HistoryError::Checkpoint { .. }), "{error}");
        assert!(error.to_string().contains("no space left") && error.to_string().contains("open it again"), "{error}");
    };
    stopped(db.checkpoint().unwrap_err());
    let root: B256 = history.flat.root();
    stopped(db.checkpoint().unwrap_err());
    stopped(db.commit(&blocks[0]).unwrap_err());
    // It is still read and proved.
    assert_eq!((db.root(), db.durable_block()), (root, Some(3)));
    history.flat.assert_read_by(&db, &history::accounts(), &history::keys(), &history::objects());
    proofs::check_account(&mut db, &history.flat, &mut Random(1), history::accounts()[0], &history::keys());
    drop(db);
    let mut db = StateDb::open_with(store.clone(), no_checkpoints(1)).unwrap();
    assert_eq!((db.root(), db.block()), (root, Some(3)));
    db.checkpoint().unwrap();
    drop(db);
    let expected = Arc::new(MemoryStore::new());
    let mut other = StateDb::open(expected.clone()).unwrap();
    blocks.iter().for_each(|changes| assert_ne!(other.commit(changes).unwrap(), B256::ZERO));
    assert!(state_rows(&store.store) == state_rows(&*expected));
}
