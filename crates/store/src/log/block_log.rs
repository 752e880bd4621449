//! The log that is being written.

use std::{collections::BTreeMap, fmt, io, path::PathBuf, sync::Arc};

use super::{
    LogDisk, RECORD_BYTES_MAX, Segment,
    format::{Checksum, HEADER_BYTES, encode_header, encode_record},
    replay::{Replayed, io_error, replay},
};
use crate::{Result, StoreError};

/// A sequence of records that is made durable by [`BlockLog::sync`] and visited again when the log is opened.
/// The module says how, and what it can find out about damage.
///
/// A disk has at most one open log. For a [`FileLog`](super::FileLog) the lock of the store beside it sees to that,
/// so a log is dropped before its store.
pub struct BlockLog {
    disk: Arc<dyn LogDisk>,
    /// The checksum of the last record that was appended.
    checksum: Checksum,
    /// The segments of the log, and their sizes in bytes.
    segments: BTreeMap<u64, u64>,
    /// The segment that takes records; none before the first append.
    tail: Option<Tail>,
    /// A segment whose creation failed. It may be there, and goes before anything else is written.
    unfinished: Option<u64>,
    is_closed: bool,
}

struct Tail {
    number: u64,
    segment: Box<dyn Segment>,
    is_synced: bool,
    /// Whether a failed append may have left bytes behind the last record.
    is_broken: bool,
}

impl BlockLog {
    /// Opens the log and visits the payloads of its records in order.
    ///
    /// What was visited is durable. The records that follow go to a new segment, which the first append creates.
    ///
    /// # Errors
    ///
    /// The first error of `visit`; [`StoreError::Corrupt`] where records are certainly lost; [`StoreError::Format`]
    /// for a segment that another version or another program wrote; [`StoreError::Io`] for one that cannot be read.
    /// None of them changes the log.
    pub fn open<E: From<StoreError>>(
        disk: Arc<dyn LogDisk>,
        visit: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let Replayed { checksum, segments, unfinished } = replay(&*disk, visit)?;
        let mut log = Self { disk, checksum, segments, tail: None, unfinished, is_closed: false };
        log.remove_unfinished()?;
        Ok(log)
    }

    /// Writes a record behind the others. It is durable after the next [`BlockLog::sync`].
    ///
    /// After an error other than [`StoreError::Closed`] the log goes on without the record. If the record reached
    /// the disk all the same, it counts until the next append or [`BlockLog::begin_segment`] succeeds, and never
    /// after that. The log tries to begin a segment at once for that reason.
    ///
    /// # Errors
    ///
    /// [`StoreError::RecordTooLarge`] beyond [`RECORD_BYTES_MAX`], [`StoreError::DiskFull`], [`StoreError::Io`], and
    /// [`StoreError::Closed`] after a failed sync.
    pub fn append(&mut self, payload: &[u8]) -> Result<()> {
        self.check_open()?;
        if payload.len() > RECORD_BYTES_MAX {
            let file = self.newest_path();
            return Err(StoreError::RecordTooLarge { file, size: payload.len(), limit: RECORD_BYTES_MAX });
        }
        // A segment that continues from here must not be found once there are records behind here.
        self.remove_unfinished()?;
        let (bytes, checksum) = encode_record(&self.checksum, payload);
        let tail = self.writable_tail()?;
        let number = tail.number;
        if let Err(error) = tail.append(&bytes) {
            // Should it fail, the next append tries again.
            let _ = self.begin_segment();
            return Err(self.error(number, error));
        }
        self.checksum = checksum;
        *self.segments.entry(number).or_default() += bytes.len() as u64;
        Ok(())
    }

    /// Makes every record appended so far durable.
    ///
    /// # Errors
    ///
    /// After any error the log is closed: what is durable is unknown until it is opened again.
    pub fn sync(&mut self) -> Result<()> {
        self.check_open()?;
        let Some(tail) = self.tail.as_mut().filter(|tail| !tail.is_synced) else {
            return Ok(());
        };
        let number = tail.number;
        if let Err(error) = tail.sync() {
            self.is_closed = true;
            return Err(self.error(number, error));
        }
        Ok(())
    }

    /// Makes every record so far durable, and lets those that follow go to a new segment; gives its number. The segment
    /// itself is durable as well.
    ///
    /// # Errors
    ///
    /// As [`BlockLog::sync`] where the records so far cannot be made durable. After another error the log goes on as
    /// it was.
    pub fn begin_segment(&mut self) -> Result<u64> {
        let tail = self.create_segment()?;
        Ok(self.tail.insert(tail).number)
    }

    /// Removes the segments with smaller numbers, oldest first, and their records. The newest segment always stays.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] where a segment cannot be removed; it and the later ones then stay.
    pub fn remove_before(&mut self, segment: u64) -> Result<()> {
        self.check_open()?;
        let old: Vec<u64> = self.segments.range(..segment.min(self.newest())).map(|(number, _)| *number).collect();
        for number in old {
            self.disk.remove(number).map_err(|error| self.error(number, error))?;
            self.segments.remove(&number);
        }
        Ok(())
    }

    /// The size of all segments in bytes, without what failed appends may have left.
    pub fn bytes(&self) -> u64 {
        self.segments.values().sum()
    }

    fn check_open(&self) -> Result<()> {
        if self.is_closed { Err(StoreError::Closed { file: self.newest_path() }) } else { Ok(()) }
    }

    /// The number of the newest segment; 0 if there is none.
    fn newest(&self) -> u64 {
        self.segments.last_key_value().map_or(0, |(number, _)| *number)
    }

    /// The name in errors that belong to no segment.
    fn newest_path(&self) -> PathBuf {
        self.disk.path(self.newest().max(1))
    }

    /// The segment that the next record goes to.
    fn writable_tail(&mut self) -> Result<&mut Tail> {
        let tail = match self.tail.take() {
            Some(tail) if !tail.is_broken => tail,
            other => {
                self.tail = other;
                self.create_segment()?
            }
        };
        Ok(self.tail.insert(tail))
    }

    /// A new segment with a durable header. Its presence says that everything before it is durable.
    fn create_segment(&mut self) -> Result<Tail> {
        self.sync()?;
        self.remove_unfinished()?;
        let number = self.newest().saturating_add(1);
        let created = self.disk.create(number);
        // A segment that somebody else made is not ours to remove.
        let is_foreign = matches!(&created, Err(error) if error.kind() == io::ErrorKind::AlreadyExists);
        self.unfinished = (!is_foreign).then_some(number);
        let segment = created.and_then(|segment| with_header(segment, &encode_header(number, &self.checksum)));
        let segment = segment.map_err(|error| self.error(number, error))?;
        self.unfinished = None;
        self.segments.insert(number, HEADER_BYTES as u64);
        Ok(Tail { number, segment, is_synced: true, is_broken: false })
    }

    fn remove_unfinished(&mut self) -> Result<()> {
        if let Some(number) = self.unfinished {
            self.disk.remove(number).map_err(|error| self.error(number, error))?;
            self.unfinished = None;
        }
        Ok(())
    }

    fn error(&self, segment: u64, error: io::Error) -> StoreError {
        io_error(&*self.disk, segment, error)
    }
}

fn with_header(mut segment: Box<dyn Segment>, header: &[u8]) -> io::Result<Box<dyn Segment>> {
    segment.append(header)?;
    segment.sync()?;
    Ok(segment)
}

impl Tail {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.segment.append(bytes);
        self.is_broken = written.is_err();
        self.is_synced &= written.is_err();
        written
    }

    fn sync(&mut self) -> io::Result<()> {
        self.segment.sync()?;
        self.is_synced = true;
        Ok(())
    }
}

impl fmt::Debug for BlockLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockLog").field("segments", &self.segments).field("is_closed", &self.is_closed).finish()
    }
}
