//! A log gives back what was appended, in order, and says what it cannot read.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use hexapla_store::{
    KvStore, MemoryStore, RedbStore, StoreError,
    faulty::{FaultyDisk, Image, Plan, flip_bit},
    log::{BlockLog, FileLog, LogDisk, RECORD_BYTES_MAX},
};
use proptest::prelude::*;

type Records = Vec<Vec<u8>>;

fn open(disk: Arc<dyn LogDisk>) -> Result<(BlockLog, Records), StoreError> {
    let mut records = Records::new();
    let log = BlockLog::open(disk, |payload| {
        records.push(payload.to_vec());
        Ok::<(), StoreError>(())
    })?;
    Ok((log, records))
}

fn read(disk: &FaultyDisk) -> Result<Records, StoreError> {
    Ok(open(Arc::new(disk.clone()))?.1)
}

fn read_image(segments: BTreeMap<u64, Vec<u8>>) -> Result<Records, StoreError> {
    read(&FaultyDisk::with_image(Image { segments, ..Image::default() }, Plan::default()))
}

fn record(number: usize) -> Vec<u8> {
    vec![number as u8; (number * 37) % 90]
}

fn records(count: usize) -> Records {
    (0..count).map(record).collect()
}

/// A log of nine records in three segments, all synced.
fn three_segments() -> BTreeMap<u64, Vec<u8>> {
    let disk = FaultyDisk::new();
    let mut log = open(Arc::new(disk.clone())).unwrap().0;
    for number in 0..9 {
        if number > 0 && number % 3 == 0 {
            log.begin_segment().unwrap();
        }
        log.append(&record(number)).unwrap();
    }
    log.sync().unwrap();
    disk.surviving_image().segments
}

#[test]
fn records_come_back_in_order_after_each_of_several_starts() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Arc::new(FileLog::beside(folder.path().join("state.redb")));
    for start in 0..4 {
        let (mut log, found) = open(disk.clone()).unwrap();
        assert_eq!(found, records(start * 3));
        for number in start * 3..start * 3 + 3 {
            log.append(&record(number)).unwrap();
        }
        if start == 2 {
            log.begin_segment().unwrap();
        }
        log.sync().unwrap();
        let files = disk.segments().unwrap().into_iter().map(|segment| fs::metadata(disk.path(segment)).unwrap().len());
        assert_eq!(log.bytes(), files.sum::<u64>());
    }
    assert_eq!(disk.segments().unwrap(), [1, 2, 3, 4, 5]);
    assert!(folder.path().join("state.redb.log.0000000005").exists());
}

#[test]
fn old_segments_are_removed_and_the_newest_stays() {
    let disk = FaultyDisk::with_image(Image { segments: three_segments(), ..Image::default() }, Plan::default());
    let mut log = open(Arc::new(disk.clone())).unwrap().0;
    log.remove_before(2).unwrap();
    assert_eq!(read(&disk).unwrap(), records(9)[3..]);
    let newest = log.begin_segment().unwrap();
    log.remove_before(u64::MAX).unwrap();
    assert_eq!(disk.segments().unwrap(), [newest]);
    log.append(&record(9)).unwrap();
    assert_eq!(read(&disk).unwrap(), records(10)[9..]);
}

#[test]
fn the_error_of_a_visitor_ends_the_opening() {
    let disk = FaultyDisk::with_image(Image { segments: three_segments(), ..Image::default() }, Plan::default());
    let before = disk.surviving_image();
    let mut visited = 0;
    let error = BlockLog::open(Arc::new(disk.clone()), |_| {
        visited += 1;
        if visited == 5 { Err(StoreError::TooLarge { file: "mine".into(), size: 5 }) } else { Ok(()) }
    });
    assert!(matches!(error.unwrap_err(), StoreError::TooLarge { size: 5, .. }));
    assert_eq!(disk.surviving_image(), before);
}

#[test]
fn a_record_over_the_limit_is_refused_and_the_limit_named() {
    let disk = FaultyDisk::new();
    let mut log = open(Arc::new(disk.clone())).unwrap().0;
    let error = log.append(&vec![0; RECORD_BYTES_MAX + 1]).unwrap_err();
    assert!(matches!(error, StoreError::RecordTooLarge { limit: RECORD_BYTES_MAX, .. }), "{error}");
    assert!(error.to_string().contains("which takes 1073741824 bytes at most"), "{error}");
    log.append(b"small").unwrap();
    assert_eq!(read(&disk).unwrap(), [b"small".to_vec()]);
}

#[test]
fn files_of_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "state.redb",
        "state.redb.log",
        "state.redb.log.1",
        "state.redb.log.000000000x",
        "state.redb.log.00000000001",
        "state.redb.log.+000000001",
        "other.log.0000000001",
    ];
    names.iter().for_each(|name| fs::write(folder.path().join(name), "theirs").unwrap());
    let disk = Arc::new(FileLog::beside(folder.path().join("state.redb")));
    let (mut log, found) = open(disk.clone()).unwrap();
    assert!(found.is_empty());
    log.append(b"ours").unwrap();
    assert_eq!(disk.segments().unwrap(), [1]);
    names.iter().for_each(|name| assert_eq!(fs::read(folder.path().join(name)).unwrap(), b"theirs", "{name}"));
}

#[test]
fn a_segment_of_another_program_or_version_is_named_and_stays() {
    let mut newer = three_segments();
    newer.get_mut(&3).unwrap()[8] = 7;
    let mut foreign = three_segments();
    foreign.insert(4, b"letters".to_vec());
    for (segments, expected) in [(newer, "has the format 7"), (foreign, "has the format of another program")] {
        let disk = FaultyDisk::with_image(Image { segments, ..Image::default() }, Plan::default());
        let before = disk.surviving_image();
        let error = read(&disk).unwrap_err();
        assert!(matches!(error, StoreError::Format { understood: 1, .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(disk.surviving_image(), before);
    }
}

#[test]
fn segments_that_are_missing_moved_or_of_another_log_are_corrupt() {
    let whole = three_segments();
    let (mut missing, mut moved, mut swapped, mut other) = (whole.clone(), whole.clone(), whole.clone(), whole.clone());
    missing.remove(&2);
    moved.insert(4, whole[&2].clone());
    swapped.insert(2, whole[&3].clone());
    let disk = FaultyDisk::with_image(Image { segments: BTreeMap::new(), ..Image::default() }, Plan::default());
    let mut log = open(Arc::new(disk.clone())).unwrap().0;
    log.append(b"of another log").unwrap();
    log.begin_segment().unwrap();
    other.insert(2, disk.surviving_image().segments[&2].clone());
    for segments in [missing, moved, swapped, other] {
        let error = read_image(segments).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
        assert!(error.to_string().contains("disk.log.000000000"), "{error}");
    }
}

#[test]
fn a_segment_that_cannot_be_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Arc::new(FileLog::beside(folder.path().join("state.redb")));
    fs::create_dir(disk.path(1)).unwrap();
    let error = open(disk).unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }), "{error}");
    assert!(error.to_string().contains("state.redb.log.0000000001"), "{error}");
}

/// Where a record is torn, the log ends, whatever stands behind it: it need not have been durable.
#[test]
fn a_newest_segment_that_is_cut_anywhere_gives_the_records_before() {
    let whole = three_segments();
    let mut counts = Vec::new();
    for length in 0..whole[&3].len() {
        let mut cut = whole.clone();
        cut.get_mut(&3).unwrap().truncate(length);
        let found = read_image(cut).unwrap();
        assert_eq!(found, records(9)[..found.len()]);
        counts.push(found.len());
    }
    assert!(counts.is_sorted() && counts[0] == 6 && counts.last() == Some(&8), "{counts:?}");
    // Bytes that were allocated and never written.
    let mut padded = whole.clone();
    padded.get_mut(&3).unwrap().extend([0; 100]);
    assert_eq!(read_image(padded).unwrap(), records(9));
}

#[test]
fn a_length_that_is_not_true_ends_the_log() {
    for length in [1 << 20, RECORD_BYTES_MAX as u32, RECORD_BYTES_MAX as u32 + 1, u32::MAX] {
        let mut segments = three_segments();
        segments.get_mut(&3).unwrap().extend(length.to_le_bytes());
        segments.get_mut(&3).unwrap().extend([1; 50]);
        assert_eq!(read_image(segments).unwrap(), records(9));
    }
}

#[test]
fn every_flipped_bit_gives_a_beginning_of_the_log_or_an_error() {
    let whole = three_segments();
    for (segment, content) in &whole {
        for (offset, bit) in (0..content.len()).flat_map(|offset| (0..8).map(move |bit| (offset, bit))) {
            let mut damaged = whole.clone();
            flip_bit(damaged.get_mut(segment).unwrap(), offset, bit);
            match read_image(damaged) {
                // Only the newest segment can lose records without an error.
                Ok(found) => assert!(*segment == 3 && found.len() >= 6 && found == records(9)[..found.len()]),
                Err(StoreError::Corrupt { .. } | StoreError::Format { .. }) => {}
                Err(error) => panic!("bit {bit} at {offset} of segment {segment}: {error}"),
            }
        }
    }
}

proptest! {
    #[test]
    fn damage_of_any_kind_never_changes_a_record(
        flips in proptest::collection::vec((1..4u64, any::<prop::sample::Index>(), 0..8u8), 1..6),
        cut in proptest::option::of((1..4u64, any::<prop::sample::Index>())),
    ) {
        let mut segments = three_segments();
        if let Some((segment, at)) = cut {
            let content = segments.get_mut(&segment).unwrap();
            content.truncate(at.index(content.len()));
        }
        for (segment, at, bit) in flips {
            let content = segments.get_mut(&segment).unwrap();
            if !content.is_empty() {
                let offset = at.index(content.len());
                flip_bit(content, offset, bit);
            }
        }
        match read_image(segments) {
            Ok(found) => prop_assert_eq!(&found[..], &records(9)[..found.len()]),
            Err(StoreError::Corrupt { .. } | StoreError::Format { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_store_in_a_file_has_its_log_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path().join("state.redb")).unwrap();
    let disk = store.log_disk().unwrap();
    assert_eq!(disk.path(1), folder.path().join("state.redb.log.0000000001"));
    assert_eq!(FileLog::beside("state.redb").path(1), Path::new("./state.redb.log.0000000001"));
    assert!(MemoryStore::new().log_disk().is_none());
    let disk = FaultyDisk::new();
    let store = RedbStore::with_backend(disk.clone(), "disk").unwrap();
    assert!(store.log_disk().is_none());
    assert!(store.with_log(Arc::new(disk)).log_disk().is_some());
}
