//! What survives of a log when the disk breaks: everything synced, a beginning of the rest, nothing else.

use std::{collections::BTreeSet, sync::Arc};

use hexapla_store::{
    Batch, KvStore, RedbStore, StoreError, Table,
    faulty::{Cache, FaultyDisk, Image, Plan},
    log::BlockLog,
};

type Records = Vec<Vec<u8>>;

const CACHES: [Cache; 8] = [
    Cache::Lost,
    Cache::Kept,
    Cache::Scattered(1),
    Cache::Scattered(2),
    Cache::Scattered(3),
    Cache::Scattered(4),
    Cache::Scattered(5),
    Cache::Scattered(6),
];

const TORN_BYTES: [Option<usize>; 8] =
    [None, Some(0), Some(1), Some(5), Some(40), Some(83), Some(100), Some(usize::MAX)];

fn open(disk: &FaultyDisk) -> Result<(BlockLog, Records), StoreError> {
    let mut records = Records::new();
    let log = BlockLog::open(Arc::new(disk.clone()), |payload| {
        records.push(payload.to_vec());
        Ok::<(), StoreError>(())
    })?;
    Ok((log, records))
}

fn after(disk: &FaultyDisk) -> Result<Records, StoreError> {
    Ok(open(&FaultyDisk::with_image(disk.surviving_image(), Plan::default()))?.1)
}

fn record(number: usize) -> Vec<u8> {
    let mut payload = format!("record {number} ").into_bytes();
    payload.resize(10 + (number * 37) % 120, number as u8);
    payload
}

/// What a caller of the log knows.
#[derive(Default)]
struct Caller {
    /// What was visited, and appended with success.
    appended: Records,
    /// How many of them were synced.
    synced: usize,
    /// What was reported as failed, and whether the log has taken another record since.
    failed: Vec<(Vec<u8>, bool)>,
    /// The largest number of records that were removed.
    removed: usize,
}

impl Caller {
    fn append(&mut self, log: &mut BlockLog, payload: Vec<u8>) {
        match log.append(&payload) {
            Ok(()) => {
                self.appended.push(payload);
                self.failed.iter_mut().for_each(|(_, is_past)| *is_past = true);
            }
            Err(_) => self.failed.push((payload, false)),
        }
    }

    fn sync(&mut self, log: &mut BlockLog) {
        if log.sync().is_ok() {
            self.synced = self.appended.len();
        }
    }

    /// Checks what a later start found. At the end there may be the record whose append failed last.
    fn check(&self, found: &Records, plan: &Plan) {
        let mut expected = self.appended.clone();
        expected.extend(self.failed.iter().filter(|(_, is_past)| !is_past).map(|(payload, _)| payload.clone()).take(1));
        let is_part = |begin: usize| expected.get(begin..begin + found.len()).is_some_and(|part| part == found);
        let begin = (0..=self.removed).rev().find(|begin| is_part(*begin));
        let begin = begin.unwrap_or_else(|| panic!("other records after {plan:?}"));
        assert!(begin + found.len() >= self.synced, "a synced record is lost after {plan:?}");
        for (payload, is_past) in &self.failed {
            assert!(!is_past || !found.contains(payload), "a failed record is back after {plan:?}");
        }
    }
}

/// Opens a log, and appends, syncs, begins segments and removes some.
fn live(disk: &FaultyDisk) -> Caller {
    let appended = after(disk).unwrap();
    let mut caller = Caller { synced: appended.len(), appended, ..Caller::default() };
    let Ok((mut log, found)) = open(disk) else { return caller };
    assert_eq!(found, caller.appended);
    for number in 0..12 {
        caller.append(&mut log, record(number));
        if number % 3 == 1 {
            caller.sync(&mut log);
        }
        if number % 5 == 4 {
            caller.begin_segment_and_remove(&mut log, number == 9);
        }
    }
    caller
}

impl Caller {
    fn begin_segment_and_remove(&mut self, log: &mut BlockLog, removes: bool) {
        let Ok(segment) = log.begin_segment() else { return };
        self.synced = self.appended.len();
        if removes {
            self.removed = self.appended.len();
            let _ = log.remove_before(segment);
        }
    }
}

fn plans(kill_at: u64) -> impl Iterator<Item = Plan> {
    let all = CACHES.into_iter().flat_map(|cache| TORN_BYTES.map(|torn_bytes| (cache, torn_bytes)));
    all.map(move |(cache, torn_bytes)| Plan { kill_at: Some(kill_at), cache, torn_bytes, ..Plan::default() })
}

/// A log that an earlier life left: two segments, the newest with a record that was cut short.
fn left_behind() -> Image {
    let disk = FaultyDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    for number in 100..106 {
        log.append(&record(number)).unwrap();
    }
    log.begin_segment().unwrap();
    log.append(&record(106)).unwrap();
    log.append(&record(107)).unwrap();
    let mut image = disk.surviving_image();
    let newest = image.segments.get_mut(&2).unwrap();
    newest.truncate(newest.len() - 3);
    image
}

#[test]
fn power_failure_at_any_operation_leaves_everything_synced_and_a_beginning_of_the_rest() {
    for image in [Image::default(), left_behind()] {
        let disk = FaultyDisk::with_image(image.clone(), Plan::default());
        let caller = live(&disk);
        assert!(caller.failed.is_empty() && caller.appended.len() >= 12);
        assert_eq!(after(&disk).unwrap(), caller.appended[caller.removed..]);
        assert!(disk.operations() > 25, "a life takes many operations");
        let mut lengths = BTreeSet::new();
        for kill_at in 0..disk.operations() {
            for plan in plans(kill_at) {
                let disk = FaultyDisk::with_image(image.clone(), plan);
                let caller = live(&disk);
                assert!(disk.is_dead());
                let found = after(&disk).unwrap_or_else(|error| panic!("{error} after {plan:?}"));
                lengths.insert(found.len());
                caller.check(&found, &plan);
                // And the log goes on: a second life on what is left, and a third reads it.
                let second = FaultyDisk::with_image(disk.surviving_image(), Plan::default());
                let caller = live(&second);
                second.kill();
                caller.check(&after(&second).unwrap(), &plan);
            }
        }
        assert!(lengths.len() > 5, "many outcomes occur: {lengths:?}");
    }
}

#[test]
fn a_second_power_failure_while_the_log_is_opened_loses_nothing() {
    let disk = FaultyDisk::with_image(left_behind(), Plan::default());
    let expected = open(&disk).unwrap().1;
    let mut image = left_behind();
    // A creation that was cut short.
    image.segments.insert(3, b"hexap".to_vec());
    for kill_at in 0..4 {
        for plan in plans(kill_at) {
            let disk = FaultyDisk::with_image(image.clone(), plan);
            drop(open(&disk));
            assert_eq!(disk.is_dead(), kill_at < 4);
            assert_eq!(after(&disk).unwrap(), expected, "{plan:?}");
        }
    }
}

/// A process can end while the machine goes on: what the next one reads is then in the cache only.
#[test]
fn what_was_read_at_the_opening_is_durable() {
    for cache in CACHES {
        let disk = FaultyDisk::with_image(Image::default(), Plan { cache, ..Plan::default() });
        let (mut log, _) = open(&disk).unwrap();
        log.append(&record(0)).unwrap();
        drop(log);
        let (mut log, found) = open(&disk).unwrap();
        assert_eq!(found, [record(0)]);
        log.append(&record(1)).unwrap();
        log.sync().unwrap();
        disk.kill();
        assert_eq!(after(&disk).unwrap(), [record(0), record(1)]);
    }
}

#[test]
fn after_any_failed_operation_the_log_goes_on_or_says_that_it_is_closed() {
    let disk = FaultyDisk::new();
    live(&disk);
    let (mut went_on, mut closed) = (0, 0);
    for fail_at in 0..disk.operations() {
        for plan in plans(u64::MAX) {
            let plan = Plan { fail_at: Some(fail_at), kill_at: None, ..plan };
            let disk = FaultyDisk::with_image(Image::default(), plan);
            let caller = live(&disk);
            if caller.failed.len() > 1 {
                closed += 1
            } else {
                went_on += 1
            }
            // The process ends, or the machine.
            caller.check(&after(&disk).unwrap(), &plan);
            disk.kill();
            caller.check(&after(&disk).unwrap(), &plan);
        }
    }
    assert!(went_on > 0 && closed > 0, "both outcomes occur: {went_on} went on, {closed} closed");
}

#[test]
fn a_record_whose_append_failed_never_comes_back_although_all_of_it_reached_the_disk() {
    for torn_bytes in TORN_BYTES {
        // The creation, header and sync of the first segment, then two appends.
        let plan = Plan { fail_at: Some(4), torn_bytes, ..Plan::default() };
        let disk = FaultyDisk::with_image(Image::default(), plan);
        let (mut log, _) = open(&disk).unwrap();
        log.append(&record(0)).unwrap();
        let error = log.append(&record(1)).unwrap_err();
        assert!(matches!(error, StoreError::Io { .. }), "{error}");
        assert_eq!(after(&disk).unwrap(), [record(0)], "without another append");
        log.append(&record(2)).unwrap();
        log.sync().unwrap();
        log.append(&record(3)).unwrap();
        disk.kill();
        assert_eq!(after(&disk).unwrap(), [record(0), record(2)]);
    }
}

#[test]
fn a_log_whose_sync_failed_is_closed_and_opens_again() {
    let disk = FaultyDisk::with_image(Image::default(), Plan { fail_at: Some(4), ..Plan::default() });
    let (mut log, _) = open(&disk).unwrap();
    log.append(&record(0)).unwrap();
    assert!(matches!(log.sync().unwrap_err(), StoreError::Io { .. }));
    let results = [log.append(&record(1)), log.sync(), log.begin_segment().map(drop), log.remove_before(9)];
    for result in results {
        let error = result.unwrap_err();
        assert!(matches!(error, StoreError::Closed { .. }), "{error}");
        assert!(error.to_string().contains("disk.log.0000000001"), "{error}");
    }
    let (mut log, found) = open(&disk).unwrap();
    assert_eq!(found, [record(0)]);
    log.append(&record(1)).unwrap();
    log.sync().unwrap();
    disk.kill();
    assert_eq!(after(&disk).unwrap(), [record(0), record(1)]);
}

#[test]
fn a_full_disk_is_named_and_the_log_goes_on_when_there_is_room() {
    for space_bytes_max in 0..700 {
        let plan = Plan { space_bytes_max: Some(space_bytes_max), ..Plan::default() };
        let disk = FaultyDisk::with_image(Image::default(), plan);
        let mut caller = Caller::default();
        let (mut log, _) = open(&disk).unwrap();
        for number in 0..12 {
            match log.append(&record(number)) {
                Ok(()) => caller.appended.push(record(number)),
                Err(error) => {
                    assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
                    caller.failed.push((record(number), true));
                }
            }
        }
        assert!(!caller.failed.is_empty());
        caller.sync(&mut log);
        assert_eq!(after(&disk).unwrap(), caller.appended);
        disk.kill();
        assert_eq!(after(&disk).unwrap(), caller.appended, "all of it was synced");
    }
}

#[test]
fn a_disk_that_lies_about_syncs_yields_a_beginning_or_corrupt() {
    let disk = FaultyDisk::new();
    live(&disk);
    let (mut whole, mut corrupt) = (0, 0);
    for kill_at in 0..disk.operations() {
        for plan in plans(kill_at) {
            let plan = Plan { syncs_lie_from: Some(0), ..plan };
            let disk = FaultyDisk::with_image(Image::default(), plan);
            let caller = live(&disk);
            match after(&disk) {
                Ok(found) => {
                    // Where all began is lost too, so the log may begin with any segment.
                    let caller = Caller { synced: 0, removed: caller.appended.len(), ..caller };
                    caller.check(&found, &plan);
                    whole += 1;
                }
                Err(StoreError::Corrupt { .. }) => corrupt += 1,
                Err(error) => panic!("{error} after {plan:?}"),
            }
        }
    }
    println!("{whole} starts found a part of the log, {corrupt} found it corrupt");
    assert!(whole > 0 && corrupt > 0);
}

const ROWS: Table = Table("rows");

/// Logs blocks, and writes them to the store in batches: the store then says from where the log counts.
fn live_with_store(disk: &FaultyDisk) -> Result<u8, StoreError> {
    let store = RedbStore::with_backend(disk.clone(), "disk")?.with_log(Arc::new(disk.clone()));
    let mut blocks = blocks_of(&store)?;
    let mut log = BlockLog::open(store.log_disk().unwrap(), |payload| {
        blocks = blocks.max(payload[0]);
        Ok::<(), StoreError>(())
    })?;
    let mut durable = blocks;
    let mut run = || -> Result<(), StoreError> {
        for number in blocks + 1..=blocks + 6 {
            log.append(&[number; 50])?;
            log.sync()?;
            durable = number;
            if number % 3 == 0 {
                let segment = log.begin_segment()?;
                let mut batch = Batch::new();
                batch.put(ROWS, b"blocks", vec![number]);
                store.write(batch)?;
                log.remove_before(segment)?;
            }
        }
        Ok(())
    };
    let _ = run();
    Ok(durable)
}

fn blocks_of(store: &RedbStore) -> Result<u8, StoreError> {
    Ok(store.snapshot()?.get(ROWS, b"blocks")?.map_or(0, |row| row[0]))
}

#[test]
fn one_power_failure_takes_store_and_log_and_no_synced_block_is_lost() {
    let first = FaultyDisk::new();
    assert_eq!(live_with_store(&first).unwrap(), 6);
    let image = first.surviving_image();
    let disk = FaultyDisk::with_image(image.clone(), Plan::default());
    assert_eq!(live_with_store(&disk).unwrap(), 12);
    for kill_at in 0..disk.operations() {
        for cache in CACHES {
            let plan = Plan { kill_at: Some(kill_at), cache, ..Plan::default() };
            let disk = FaultyDisk::with_image(image.clone(), plan);
            let durable = live_with_store(&disk).unwrap_or(6);
            let next = FaultyDisk::with_image(disk.surviving_image(), Plan::default());
            let store = RedbStore::with_backend(next.clone(), "disk").unwrap().with_log(Arc::new(next));
            let mut blocks = blocks_of(&store).unwrap();
            BlockLog::open(store.log_disk().unwrap(), |payload| {
                assert!(payload[0] <= blocks + 1, "a block is missing after {plan:?}");
                blocks = blocks.max(payload[0]);
                Ok::<(), StoreError>(())
            })
            .unwrap();
            assert!(blocks >= durable, "a synced block is lost after {plan:?}");
        }
    }
}
