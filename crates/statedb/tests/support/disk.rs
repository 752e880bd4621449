//! States on disks that break.

use hexapla_primitives::B256;
use hexapla_state::{BlockChanges, StateError};
use hexapla_statedb::{StateDb, StateOptions};
use hexapla_store::{
    RedbStore, StoreError,
    faulty::{FaultyDisk, Image, Plan},
};
use std::sync::Arc;

/// A store with a log on a disk with these files.
pub(crate) fn store(image: Image, plan: Plan) -> (FaultyDisk, Result<Arc<RedbStore>, StoreError>) {
    let disk = FaultyDisk::with_image(image, plan);
    let store = RedbStore::with_backend(disk.clone(), "disk").map(|store| store.with_log(Arc::new(disk.clone())));
    (disk, store.map(Arc::new))
}

/// The state in it.
pub(crate) fn open(image: Image, plan: Plan, options: StateOptions) -> (FaultyDisk, Result<StateDb, StateError>) {
    let (disk, store) = store(image, plan);
    (disk, store.map_err(StateError::backend).and_then(|store| StateDb::open_with(store, options)))
}

/// One on a disk that does not break.
pub(crate) fn open_whole(image: Image, options: StateOptions) -> (FaultyDisk, StateDb) {
    let (disk, db) = open(image, Plan::default(), options);
    (disk, db.unwrap())
}

/// Checkpoints are only made where they are asked for.
pub(crate) fn no_checkpoints(sync_blocks: u64) -> StateOptions {
    StateOptions { sync_blocks, checkpoint_blocks: u64::MAX, ..StateOptions::default() }
}

/// Commits a block whose hash is its root.
pub(crate) fn commit(db: &mut StateDb, changes: &BlockChanges, number: u64) -> Result<B256, StateError> {
    db.commit_block(changes, number, |root| root)
}
