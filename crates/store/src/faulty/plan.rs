//! When and how a disk breaks.

/// What becomes, when the power fails, of the writes since the last sync of their file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// None reaches the disk.
    Lost,
    /// All reach the disk.
    Kept,
    /// Each reaches the disk or not, by a sequence of random bits that begins at this seed: a disk may
    /// write its cache in any order.
    Scattered(u64),
}

/// When and how a [`FaultyDisk`](super::FaultyDisk) breaks. The default plan never breaks.
///
/// Operations are counted from 0 over all files: writes, syncs, changes of length, creations and removals. Reading
/// a segment is one too, because it syncs.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The power fails at this operation. The operation itself fails; if it changes something, that is in the cache.
    pub kill_at: Option<u64>,
    /// This operation fails, and the disk goes on. If it changes something, that is done all the same, a write as
    /// far as `torn_bytes` says.
    pub fail_at: Option<u64>,
    /// What becomes of the cache when the power fails.
    pub cache: Cache,
    /// The write at which the power fails, or that fails, is torn: exactly this many of its bytes reach the disk.
    pub torn_bytes: Option<usize>,
    /// From this operation on, a sync, a creation and a removal report success, and stay in the cache.
    ///
    /// No database survives such a disk with all it promised: what it was told is durable is lost.
    /// What can be asked for is that the next start finds a whole old content, or says that it is corrupt.
    pub syncs_lie_from: Option<u64>,
    /// All files together cannot grow beyond this many bytes; more is "no space left on device". Of a record for a
    /// log the part that fits is written.
    pub space_bytes_max: Option<u64>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            kill_at: None,
            fail_at: None,
            cache: Cache::Lost,
            torn_bytes: None,
            syncs_lie_from: None,
            space_bytes_max: None,
        }
    }
}
