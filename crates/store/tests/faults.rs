//! What survives when the disk breaks: the whole old content or the whole new, or a named error.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hexapla_store::{
    Batch, KvStore, RedbStore, StoreError, Table,
    faulty::{Cache, FaultyDisk, Plan, flip_bit},
};

const ROWS: Table = Table("rows");
const OTHER: Table = Table("other");

type Content = BTreeMap<Vec<u8>, Vec<u8>>;

/// The batch that takes generation `n - 1` to generation `n`: it changes, adds and deletes rows.
fn generation(n: u32) -> Batch {
    let mut batch = Batch::new();
    for i in 0..40u32 {
        let key = (i * 7 + n).to_be_bytes();
        if (i + n).is_multiple_of(4) {
            batch.delete(ROWS, key);
        } else {
            batch.put(ROWS, key, vec![n as u8; 30 + (i as usize * 37) % 400]);
        }
    }
    batch.put(OTHER, b"generation", n.to_be_bytes().to_vec());
    batch
}

fn content(store: &RedbStore) -> Result<Content, StoreError> {
    let snapshot = store.snapshot()?;
    let mut found = Content::new();
    for table in [ROWS, OTHER] {
        snapshot.scan_prefix(table, b"", &mut |key, value| {
            found.insert(key.to_vec(), value.to_vec());
            true
        })?;
    }
    Ok(found)
}

fn open(content: Vec<u8>, plan: Plan) -> (FaultyDisk, Result<RedbStore, StoreError>) {
    let disk = FaultyDisk::with_content(content, plan);
    let store = RedbStore::with_backend(disk.clone(), "disk");
    (disk, store)
}

/// A cleanly closed disk with `generations` batches, and the content after each.
fn prepared(generations: u32) -> (Vec<u8>, Vec<Content>) {
    let (disk, store) = open(Vec::new(), Plan::default());
    let store = store.unwrap();
    let mut history = vec![content(&store).unwrap()];
    for n in 1..=generations {
        store.write(generation(n)).unwrap();
        history.push(content(&store).unwrap());
    }
    drop(store);
    (disk.surviving(), history)
}

const CACHES: [Cache; 6] =
    [Cache::Lost, Cache::Kept, Cache::Scattered(1), Cache::Scattered(2), Cache::Scattered(3), Cache::Scattered(4)];

/// The plans that kill an honest disk at operation `k`.
fn honest_deaths(k: u64) -> Vec<Plan> {
    let mut plans = Vec::new();
    for cache in CACHES {
        for torn_bytes in [None, Some(0), Some(1), Some(100), Some(300), Some(4000)] {
            plans.push(Plan { kill_at: Some(k), cache, torn_bytes, ..Plan::default() });
        }
    }
    plans
}

#[test]
fn power_failure_at_any_step_of_a_commit_leaves_the_old_or_the_new_batch() {
    let (image, history) = prepared(3);
    let old = history.last().unwrap();
    let (disk, store) = open(image.clone(), Plan::default());
    let store = store.unwrap();
    store.write(generation(4)).unwrap();
    let new = content(&store).unwrap();
    drop(store);
    let steps = disk.operations();
    assert!(steps > 4, "a commit takes several steps");
    let (mut saw_old, mut saw_new) = (0, 0);
    for k in 0..steps {
        for plan in honest_deaths(k) {
            let (disk, store) = open(image.clone(), plan);
            let committed = store.and_then(|store| store.write(generation(4))).is_ok();
            assert!(disk.is_dead());
            let (_, store) = open(disk.surviving(), Plan::default());
            let found = content(&store.unwrap().checked().unwrap()).unwrap();
            assert!(found == *old || found == new, "a third state after {plan:?}");
            assert!(!committed || found == new, "a batch reported as written is lost after {plan:?}");
            if found == new { saw_new += 1 } else { saw_old += 1 }
        }
    }
    assert!(saw_old > 0 && saw_new > 0, "both outcomes occur");
}

#[test]
fn a_store_needs_no_repair_after_a_crash() {
    let (disk, store) = open(Vec::new(), Plan::default());
    let store = store.unwrap();
    store.write(generation(1)).unwrap();
    disk.kill();
    drop(store);
    let repairs = Arc::new(AtomicUsize::new(0));
    let counted = repairs.clone();
    let disk = FaultyDisk::with_content(disk.surviving(), Plan::default());
    // redb calls this whenever it has to read the whole file.
    redb::Builder::new()
        .set_repair_callback(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        })
        .create_with_backend(disk)
        .unwrap();
    assert_eq!(repairs.load(Ordering::Relaxed), 0);
}

#[test]
fn power_failure_during_creation_leaves_a_store_that_opens() {
    let (disk, store) = open(Vec::new(), Plan::default());
    drop(store.unwrap());
    for k in 0..disk.operations() {
        for plan in honest_deaths(k) {
            let (disk, store) = open(Vec::new(), plan);
            drop(store);
            // A file that was never completely created holds nothing, and may have to be created anew.
            match open(disk.surviving(), Plan::default()).1 {
                Ok(store) => assert!(content(&store).unwrap().is_empty()),
                Err(error) => assert!(matches!(error, StoreError::Corrupt { .. }), "{error} after {plan:?}"),
            }
        }
    }
}

/// A disk whose sync lies loses what it called durable. The claim left to check is that nobody
/// reads a mixture: the next start finds some whole generation, or says that the store is corrupt.
#[test]
fn a_disk_that_lies_about_syncs_yields_a_whole_generation_or_corrupt() {
    let (image, mut history) = prepared(2);
    let (disk, store) = open(image.clone(), Plan::default());
    let store = store.unwrap();
    for n in 3..=4 {
        store.write(generation(n)).unwrap();
        history.push(content(&store).unwrap());
    }
    drop(store);
    let (mut whole, mut corrupt) = (0, 0);
    for k in 1..disk.operations() {
        for cache in CACHES {
            let plan = Plan { kill_at: Some(k), cache, syncs_lie_from: Some(0), ..Plan::default() };
            let (disk, store) = open(image.clone(), plan);
            if let Ok(store) = store {
                let _ = store.write(generation(3)).and_then(|()| store.write(generation(4)));
            }
            let reopened = open(disk.surviving(), Plan::default()).1.and_then(RedbStore::checked);
            match reopened.and_then(|store| content(&store)) {
                Ok(found) => {
                    assert!(history.contains(&found), "a mixture after {plan:?}");
                    whole += 1;
                }
                Err(StoreError::Corrupt { .. }) => corrupt += 1,
                Err(error) => panic!("{error} after {plan:?}"),
            }
        }
    }
    println!("{whole} starts found a whole generation, {corrupt} found a corrupt store");
    assert!(whole > 0);
}

#[test]
fn a_full_disk_is_named_and_the_old_content_stays() {
    let (image, history) = prepared(2);
    let plan = Plan { space_bytes_max: Some(image.len() as u64), ..Plan::default() };
    let (disk, store) = open(image, plan);
    let store = store.unwrap();
    let mut large = generation(3);
    for i in 0..2000u32 {
        large.put(ROWS, i.to_be_bytes(), vec![9; 4000]);
    }
    let error = store.write(large).unwrap_err();
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
    assert!(error.to_string().contains("no space left"), "{error}");
    let error = store.write(generation(3)).unwrap_err();
    assert!(matches!(error, StoreError::Closed { .. }), "{error}");
    println!("reads after a full disk: {:?}", content(&store).map(|found| found.len()));
    drop(store);
    let (_, store) = open(disk.surviving(), Plan::default());
    let store = store.unwrap();
    assert_eq!(&content(&store).unwrap(), history.last().unwrap());
    store.write(generation(3)).unwrap();
}

#[test]
fn flipped_bits_are_reported_or_harmless_when_the_store_is_checked() {
    let (image, history) = prepared(3);
    let (mut corrupt, mut harmless) = (0, 0);
    // Every bit of the file header, then one bit in every 61 bytes of the file.
    let offsets = (0..512).flat_map(|offset| (0..8).map(move |bit| (offset, bit)));
    let sampled = (512..image.len().min(512 * 1024)).step_by(61).map(|offset| (offset, (offset % 8) as u8));
    for (offset, bit) in offsets.chain(sampled) {
        let mut damaged = image.clone();
        flip_bit(&mut damaged, offset, bit);
        let checked = open(damaged, Plan::default()).1.and_then(RedbStore::checked);
        match checked.and_then(|store| content(&store)) {
            Ok(found) => {
                assert!(history.contains(&found), "bit {bit} at {offset} yields content nobody wrote");
                harmless += 1;
            }
            Err(StoreError::Corrupt { .. } | StoreError::Format { .. }) => corrupt += 1,
            Err(error) => panic!("bit {bit} at {offset}: {error}"),
        }
    }
    println!("{corrupt} flips reported, {harmless} harmless");
    assert!(corrupt > 0);
}

#[test]
fn a_file_of_something_else_or_a_truncated_one_is_corrupt() {
    let (image, _) = prepared(1);
    let junk = (0..5000u32).map(|i| (i * 31) as u8).collect::<Vec<_>>();
    let truncated = [1, 9, 64, 320, 4096, image.len() / 2].map(|length| image[..length].to_vec());
    for content in truncated.into_iter().chain([junk]) {
        let length = content.len();
        let error = open(content, Plan::default()).1.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{length} bytes: {error}");
        assert!(error.to_string().contains("disk is corrupt"), "{error}");
    }
}
