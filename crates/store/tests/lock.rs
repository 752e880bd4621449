//! One file has one store, also across processes.

use std::{env, path::Path, process::Command};

use hexapla_store::{Batch, KvStore, RedbStore, StoreError, Table};

/// Set for the second process: the file that it opens.
const FILE: &str = "HEXAPLA_TEST_STORE_FILE";

fn refused(path: &Path) -> String {
    let error = RedbStore::open(path).unwrap_err();
    assert!(matches!(&error, StoreError::Locked { file } if file == path), "{error}");
    error.to_string()
}

#[test]
fn a_second_store_on_one_file_is_refused_in_this_process_and_in_another() {
    if let Some(path) = env::var_os(FILE) {
        println!("refused: {}", refused(path.as_ref()));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let store = RedbStore::open(&path).unwrap();
    let sentence = format!("the store {} is in use by another process; stop that process", path.display());
    assert!(refused(&path).starts_with(&sentence));
    let name = "a_second_store_on_one_file_is_refused_in_this_process_and_in_another";
    let mut other = Command::new(env::current_exe().unwrap());
    let output = other.args(["--exact", name, "--nocapture"]).env(FILE, &path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains(&format!("refused: {sentence}")), "{text}");
    // The first store noticed nothing.
    let mut batch = Batch::new();
    batch.put(Table("rows"), b"key", b"value".as_slice());
    store.write(batch).unwrap();
    drop(store);
    RedbStore::open(&path).unwrap();
}
