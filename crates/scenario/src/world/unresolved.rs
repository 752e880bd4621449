//! What waits for names.

use crate::format::{IdEntry, Parts};

/// What waits for names.
#[derive(Debug, Default)]
pub(crate) struct Unresolved {
    pub(super) ids: Vec<IdEntry>,
    pub(super) bytes: Vec<(String, Parts)>,
}
