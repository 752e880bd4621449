//! Both stores behave as the same ordered map, and their snapshots never change.

use std::{collections::BTreeMap, sync::Arc};

use hexapla_store::{Batch, KvStore, MemoryStore, RedbStore, Snapshot, StoreError, Table, faulty::FaultyDisk};
use proptest::prelude::*;

const TABLES: [Table; 3] = [Table("accounts"), Table("slots"), Table("slots2")];

#[derive(Clone, Debug)]
enum Step {
    Put(usize, Vec<u8>, Vec<u8>),
    Delete(usize, Vec<u8>),
    DeletePrefix(usize, Vec<u8>),
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(0xff)], 0..5)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3usize, key(), proptest::collection::vec(any::<u8>(), 0..4)).prop_map(|(t, k, v)| Step::Put(t, k, v)),
        2 => (0..3usize, key()).prop_map(|(t, k)| Step::Delete(t, k)),
        1 => (0..3usize, key()).prop_map(|(t, k)| Step::DeletePrefix(t, k)),
    ]
}

type Model = BTreeMap<(usize, Vec<u8>), Vec<u8>>;

fn model_apply(model: &mut Model, step: &Step) {
    match step {
        Step::Put(table, key, value) => drop(model.insert((*table, key.clone()), value.clone())),
        Step::Delete(table, key) => drop(model.remove(&(*table, key.clone()))),
        Step::DeletePrefix(table, prefix) => model.retain(|(t, key), _| t != table || !key.starts_with(prefix)),
    }
}

fn batch(steps: &[Step]) -> Batch {
    let mut batch = Batch::default();
    for step in steps {
        match step.clone() {
            Step::Put(table, key, value) => batch.put(TABLES[table], key, value),
            Step::Delete(table, key) => batch.delete(TABLES[table], key),
            Step::DeletePrefix(table, prefix) => batch.delete_prefix(TABLES[table], prefix),
        }
    }
    assert_eq!(batch.len(), steps.len());
    batch
}

fn content(snapshot: &dyn Snapshot) -> Model {
    let mut found = Model::new();
    for (index, table) in TABLES.iter().enumerate() {
        let mut last: Option<Vec<u8>> = None;
        let mut visit = |key: &[u8], value: &[u8]| {
            assert!(last.as_deref().is_none_or(|last| last < key), "rows come in ascending order");
            last = Some(key.to_vec());
            found.insert((index, key.to_vec()), value.to_vec());
            true
        };
        snapshot.scan_prefix(*table, b"", &mut visit).unwrap();
    }
    found
}

fn rows_from(snapshot: &dyn Snapshot, table: Table, start: &[u8], limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    let mut visit = |key: &[u8], value: &[u8]| {
        found.push((key.to_vec(), value.to_vec()));
        found.len() < limit
    };
    snapshot.scan_from(table, start, &mut visit).unwrap();
    found
}

fn check_against_model(snapshot: &dyn Snapshot, model: &Model, probe: &[u8]) {
    assert_eq!(&content(snapshot), model);
    for (index, table) in TABLES.iter().enumerate() {
        let expected = model.get(&(index, probe.to_vec()));
        assert_eq!(snapshot.get(*table, probe).unwrap().as_deref(), expected.map(Vec::as_slice));
        let mut with_prefix = Vec::new();
        let mut visit = |key: &[u8], _: &[u8]| {
            with_prefix.push(key.to_vec());
            with_prefix.len() < 2
        };
        snapshot.scan_prefix(*table, probe, &mut visit).unwrap();
        let expected: Vec<_> = model.keys().filter(|(t, key)| *t == index && key.starts_with(probe)).take(2).collect();
        assert_eq!(with_prefix.iter().collect::<Vec<_>>(), expected.iter().map(|(_, key)| key).collect::<Vec<_>>());
        for limit in [3, usize::MAX] {
            let from_here = model.range((index, probe.to_vec())..).take_while(|((t, _), _)| *t == index);
            let expected: Vec<_> = from_here.take(limit).map(|((_, key), row)| (key.clone(), row.clone())).collect();
            assert_eq!(rows_from(snapshot, *table, probe, limit), expected);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn both_stores_agree_with_a_map_and_snapshots_isolate(
        batches in proptest::collection::vec(proptest::collection::vec(step(), 0..12), 1..6),
        probe in key(),
    ) {
        let stores: [Box<dyn KvStore>; 2] = [
            Box::new(MemoryStore::default()),
            Box::new(RedbStore::with_backend(FaultyDisk::new(), "disk").unwrap()),
        ];
        let mut model = Model::new();
        let mut history: Vec<(Vec<Arc<dyn Snapshot>>, Model)> = Vec::new();
        for steps in &batches {
            steps.iter().for_each(|step| model_apply(&mut model, step));
            stores.iter().for_each(|store| store.write(batch(steps)).unwrap());
            history.push((stores.iter().map(|store| store.snapshot().unwrap()).collect(), model.clone()));
        }
        for (snapshots, model) in &history {
            snapshots.iter().for_each(|snapshot| check_against_model(snapshot.as_ref(), model, &probe));
        }
    }
}

#[test]
fn memory_store_keeps_order_with_many_rows() {
    let store = MemoryStore::new();
    let mut expected = BTreeMap::new();
    for round in 0..4u32 {
        let frozen = store.snapshot().unwrap();
        let before = content(frozen.as_ref());
        let mut batch = Batch::new();
        for i in 0..3000u32 {
            let key = i.wrapping_mul(2_654_435_761).rotate_left(round).to_be_bytes();
            if (i + round).is_multiple_of(5) {
                batch.delete(TABLES[0], key);
                expected.remove(key.as_slice());
            } else {
                batch.put(TABLES[0], key, round.to_be_bytes().to_vec());
                expected.insert(key.to_vec(), round.to_be_bytes().to_vec());
            }
        }
        batch.delete_prefix(TABLES[0], [round as u8 * 60]);
        expected.retain(|key, _| key[0] != round as u8 * 60);
        store.write(batch).unwrap();
        assert_eq!(content(frozen.as_ref()), before, "the snapshot does not change");
        let found: BTreeMap<_, _> =
            content(store.snapshot().unwrap().as_ref()).into_iter().map(|((_, key), value)| (key, value)).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn clones_of_the_memory_store_share_their_content() {
    let store = MemoryStore::new();
    let mut batch = Batch::new();
    batch.put(TABLES[0], b"key", b"value".as_slice());
    store.clone().write(batch).unwrap();
    assert_eq!(store.snapshot().unwrap().get(TABLES[0], b"key").unwrap().as_deref(), Some(b"value".as_slice()));
}

#[test]
fn a_file_is_locked_while_open_and_keeps_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let store = RedbStore::open(&path).unwrap();
    let error = RedbStore::open(&path).unwrap_err();
    assert!(matches!(&error, StoreError::Locked { file } if *file == path), "{error}");
    assert!(error.to_string().contains("in use by another process"));
    let mut batch = Batch::new();
    batch.put(TABLES[1], b"key", b"value".as_slice());
    store.write(batch).unwrap();
    drop(store);
    let store = RedbStore::open_checked(&path).unwrap();
    assert_eq!(store.snapshot().unwrap().get(TABLES[1], b"key").unwrap().as_deref(), Some(b"value".as_slice()));
}

#[test]
fn a_store_that_cannot_be_opened_says_which_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no such folder").join("state.redb");
    let error = RedbStore::open(&missing).unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }), "{error}");
    assert!(error.to_string().contains("no such folder"), "{error}");
}

#[test]
fn another_format_is_refused_by_name() {
    const META: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("\0hexapla");
    const OTHER: redb::TableDefinition<'_, u64, u64> = redb::TableDefinition::new("other");
    let folder = tempfile::tempdir().unwrap();

    let newer = folder.path().join("newer.redb");
    drop(RedbStore::open(&newer).unwrap());
    let database = redb::Database::create(&newer).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert(b"format".as_slice(), 7u32.to_le_bytes().as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = RedbStore::open(&newer).unwrap_err();
    assert!(matches!(&error, StoreError::Format { found, .. } if found == "7"), "{error}");

    let foreign = folder.path().join("foreign.redb");
    let database = redb::Database::create(&foreign).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(OTHER).unwrap().insert(1, 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = RedbStore::open(&foreign).unwrap_err();
    assert!(matches!(error, StoreError::Format { .. }), "{error}");
}
