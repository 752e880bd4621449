//! A log: records that are made durable cheaply, and are read again after a crash.
//!
//! A [`BlockLog`] is a sequence of records in numbered files, its segments. A record is one write, and
//! [`BlockLog::sync`] is one `fdatasync`, where a batch of a store is several of each. So a node can
//! log every block at once, and write many of them to its store together later.
//!
//! Every record carries a SHA-256 checksum over the checksum before it and its own bytes. Strangers choose
//! the payloads, so a weaker checksum would not do; and since the checksums are chained, an old, moved or
//! foreign record never passes.
//!
//! # What is read after a crash
//!
//! A disk may write its cache in any order. So in the newest segment the records end at the first that is
//! not whole, whatever stands behind it: a later record can have reached the disk before an earlier one.
//!
//! A new segment begins only when everything before it is durable, and takes its first record only when
//! its own header is. From that follows which damage is certain, and is [`StoreError::Corrupt`]:
//!
//! - a segment continues from a checksum that the segment before it does not contain, because that one
//!   is damaged or missing;
//! - a segment holds more than a header, and its header is damaged;
//! - a segment without a whole header is followed by another one.
//!
//! **What cannot be told:** a bit that flips in the newest segment looks as a write that was cut short
//! does. The log then ends before that record, and the records behind it are lost without an error. The
//! content of the later records cannot decide it either: they may be there without the earlier ones ever having
//! been durable, and strangers could write payloads that look like records. Beginning segments often makes the
//! newest one short.
//!
//! # Failures
//!
//! After a failed append the log goes on in a new segment. Its header names the last record that succeeded, and
//! what the segment before holds behind that record does not count, even if it reached the disk whole.
//!
//! After a failed sync nobody knows what is durable, and the log is closed. A log that is opened again at once may
//! read records from the memory of the operating system that the disk has refused. If such a record is lost
//! later and others follow it, the log is found corrupt, and not shortened.
//!
//! What is left out: the log knows nothing of the store. A missing oldest segment looks like one that
//! was removed, and a log can be older or newer than the store beside it. So the records say themselves which state
//! they continue from.

mod block_log;
mod file;
mod format;
mod replay;

use std::{io, path::PathBuf};

#[cfg(doc)]
use crate::StoreError;
pub use block_log::BlockLog;
pub use file::FileLog;
pub(crate) use file::sync_folder_of;
pub use format::{LOG_FORMAT, RECORD_BYTES_MAX};

/// What a log needs of a disk: a directory of numbered segments.
pub trait LogDisk: Send + Sync + 'static {
    /// The numbers of all segments, ascending. A power failure takes none of them away.
    fn segments(&self) -> io::Result<Vec<u64>>;

    /// What a segment holds. A power failure takes nothing of it away: what was written and not synced
    /// before is made durable first.
    fn read(&self, segment: u64) -> io::Result<Vec<u8>>;

    /// A new, empty segment, whose name is durable. Fails with [`io::ErrorKind::AlreadyExists`] if there is one
    /// with this number; after another error there may be one.
    fn create(&self, segment: u64) -> io::Result<Box<dyn Segment>>;

    /// Removes a segment durably, if it is there.
    fn remove(&self, segment: u64) -> io::Result<()>;

    /// The name of a segment in errors.
    fn path(&self, segment: u64) -> PathBuf;
}

/// A segment that is being written.
pub trait Segment: Send + Sync {
    /// Writes behind everything written so far, into the cache of the operating system. After an error any part of
    /// the bytes may have been written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes everything written so far durable.
    fn sync(&mut self) -> io::Result<()>;
}
