//! The store of a machine without files: it keeps nothing, and finds nothing.

use crate::config::{Config, SetupError};
use alloc::vec::Vec;
use core::convert::Infallible;
use hexapla_primitives::B256;

/// The bytes of a sound file, of which there are none.
pub(crate) struct Artefact(Infallible);

impl Artefact {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self.0 {}
    }
}

/// No files.
pub(crate) struct Store;

impl Store {
    pub(crate) fn new(_: &Config) -> Result<Self, SetupError> {
        Ok(Self)
    }

    /// Whether files outlive this process.
    pub(crate) fn is_kept(&self) -> bool {
        false
    }

    pub(crate) fn load(&self, _engine: B256, _instrumented: B256) -> Option<Artefact> {
        None
    }

    pub(crate) fn keep(&self, _engine: B256, _instrumented: B256, _artefact: impl FnOnce() -> Option<Vec<u8>>) {}

    pub(crate) fn forget(&self, _engine: B256, _instrumented: B256) {}
}
