//! Reads a log from its first segment on.

use std::{collections::BTreeMap, io};

use super::{
    LogDisk,
    format::{Checksum, HEADER_BYTES, Header, LOG_FORMAT, Record, decode_header, decode_records},
};
use crate::{Result, StoreError};

/// What is known of a log once it was read.
#[derive(Default)]
pub(super) struct Replayed {
    /// The checksum of the last record that counts.
    pub(super) checksum: Checksum,
    /// The segments that count, and their sizes in bytes.
    pub(super) segments: BTreeMap<u64, u64>,
    /// A newest segment whose header was not written to its end. It holds nothing.
    pub(super) unfinished: Option<u64>,
}

/// A segment with a whole header.
struct Whole {
    number: u64,
    bytes: Vec<u8>,
    continues: Checksum,
    records: Vec<Record>,
}

/// Visits the payloads of all records that count, in order.
pub(super) fn replay<E: From<StoreError>>(
    disk: &dyn LogDisk,
    mut visit: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<Replayed, E> {
    let mut replayed = Replayed::default();
    let mut last: Option<Whole> = None;
    for number in disk.segments().map_err(|error| io_error(disk, 1, error))? {
        if let Some(unfinished) = replayed.unfinished {
            return Err(corrupt(disk, unfinished, "its header is damaged, and another segment follows").into());
        }
        let Some(whole) = read(disk, number)? else {
            replayed.unfinished = Some(number);
            continue;
        };
        // Which records of a segment count is known when the next one is.
        if let Some(before) = last {
            before.visit(before.count_to(disk, &whole)?, &mut visit)?;
        }
        replayed.segments.insert(number, whole.bytes.len() as u64);
        last = Some(whole);
    }
    if let Some(last) = last {
        replayed.checksum = last.end();
        last.visit(last.records.len(), &mut visit)?;
    }
    Ok(replayed)
}

/// Reads a segment; `None` if its header was not written to its end, so that it holds nothing.
fn read(disk: &dyn LogDisk, number: u64) -> Result<Option<Whole>> {
    let bytes = disk.read(number).map_err(|error| io_error(disk, number, error))?;
    let format = |found| StoreError::Format { file: disk.path(number), found, understood: LOG_FORMAT };
    match decode_header(&bytes) {
        Header::Whole { segment, continues } if segment == number => {
            let records = decode_records(&bytes, &continues);
            Ok(Some(Whole { number, bytes, continues, records }))
        }
        Header::Whole { segment, .. } => Err(corrupt(disk, number, &format!("it was written as segment {segment}"))),
        Header::OtherFormat(found) => Err(format(found.to_string())),
        Header::Foreign => Err(format("of another program".into())),
        // A header is durable before the first record is written.
        Header::Partial if bytes.len() > HEADER_BYTES => Err(corrupt(disk, number, "its header is damaged")),
        Header::Partial => Ok(None),
    }
}

impl Whole {
    /// The checksum of its last whole record.
    fn end(&self) -> Checksum {
        self.records.last().map_or(self.continues, |record| record.checksum)
    }

    /// How many of the records count, given the segment behind: those up to the one that it continues from.
    fn count_to(&self, disk: &dyn LogDisk, next: &Self) -> Result<usize> {
        if next.continues == self.continues {
            return Ok(0);
        }
        let last = self.records.iter().position(|record| record.checksum == next.continues);
        last.map(|last| last + 1).ok_or_else(|| {
            corrupt(disk, self.number, &format!("segment {} continues from a record that is not in it", next.number))
        })
    }

    fn visit<E>(&self, count: usize, visit: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        self.records.iter().take(count).try_for_each(|record| visit(&self.bytes[record.payload.clone()]))
    }
}

/// Gives an error of the operating system its name here.
pub(super) fn io_error(disk: &dyn LogDisk, segment: u64, error: io::Error) -> StoreError {
    StoreError::from_io(disk.path(segment), error)
}

fn corrupt(disk: &dyn LogDisk, segment: u64, detail: &str) -> StoreError {
    StoreError::Corrupt { file: disk.path(segment), detail: detail.into() }
}
