//! What stands in the tables of a store.

use hexapla_store::{KvStore, Table};
use std::collections::BTreeMap;

/// The tables whose content follows from the state. Code stays when the last account with it goes.
pub(crate) const OF_STATE: [&str; 7] =
    ["account", "word", "object", "object-hash", "account-node", "storage-node", "meta"];

pub(crate) type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

pub(crate) fn rows(store: &dyn KvStore, table: &'static str) -> Rows {
    let mut rows = Rows::new();
    let visit = &mut |key: &[u8], value: &[u8]| {
        rows.insert(key.to_vec(), value.to_vec());
        true
    };
    store.snapshot().unwrap().scan_prefix(Table(table), b"", visit).unwrap();
    rows
}

/// The rows of several tables, without those that say by how many commits the state came about.
pub(crate) fn content(store: &dyn KvStore, tables: &[&'static str]) -> BTreeMap<&'static str, Rows> {
    let mut content: BTreeMap<_, _> = tables.iter().map(|table| (*table, rows(store, table))).collect();
    if let Some(meta) = content.get_mut("meta") {
        meta.retain(|key, _| key != b"version" && key != b"block");
    }
    content
}

/// Those of the state.
pub(crate) fn state_rows(store: &dyn KvStore) -> BTreeMap<&'static str, Rows> {
    content(store, &OF_STATE)
}
