//! A disk that breaks on command, for tests of what survives.
//!
//! [`FaultyDisk`] holds a store's file and the segments of its log in memory, behind a volatile cache, as a
//! real disk has one: a write lands in the cache, and is certain to be on the platter only after the next
//! sync of its file. A [`Plan`] says when the power fails and what becomes of the cache then. One failure
//! takes all files. After that every operation fails, and [`FaultyDisk::surviving_image`] is what the next start
//! finds.
//!
//! The model leaves out reads that fail, and sectors: a torn write may end at any byte.

mod files;
mod image;
mod plan;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use image::Image;
pub use plan::{Cache, Plan};
use state::State;

/// A store's file and its log in memory, which fail as their [`Plan`] says. Clones are the same disk.
///
/// It is both what [`RedbStore::with_backend`](crate::RedbStore::with_backend) and what
/// [`RedbStore::with_log`](crate::RedbStore::with_log) ask for.
#[derive(Clone, Debug, Default)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

impl FaultyDisk {
    /// An empty disk that does not break.
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk with this content of the store's file, without a log, and with this plan.
    pub fn with_content(content: Vec<u8>, plan: Plan) -> Self {
        Self::with_image(Image { store: content, ..Image::default() }, plan)
    }

    /// A disk with these files and this plan.
    pub fn with_image(image: Image, plan: Plan) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(image, plan))) }
    }

    /// How many operations were asked for so far, counted as in [`Plan`].
    pub fn operations(&self) -> u64 {
        self.state().operations()
    }

    /// Whether the power has failed.
    pub fn is_dead(&self) -> bool {
        self.state().is_dead()
    }

    /// Makes the power fail now, if it has not failed yet.
    pub fn kill(&self) {
        self.state().die();
    }

    /// What the next start finds in the store's file: the platter if the power has failed, otherwise everything written.
    pub fn surviving(&self) -> Vec<u8> {
        self.surviving_image().store
    }

    /// What the next start finds in all files: the platter if the power has failed, otherwise everything written.
    pub fn surviving_image(&self) -> Image {
        self.state().surviving().clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Flips one bit of a file's content. Does nothing if the content is shorter.
pub fn flip_bit(content: &mut [u8], offset: usize, bit: u8) {
    if let Some(byte) = content.get_mut(offset) {
        *byte ^= 1 << (bit & 7);
    }
}
