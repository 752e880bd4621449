//! The bytes of a segment. All numbers are little endian.
//!
//! ```text
//! segment = header record*
//! header  = magic (8) ‖ format (4) ‖ number of the segment (8) ‖ checksum to continue from (32)
//!           ‖ SHA-256 of all that (32)
//! record  = length of the payload (4) ‖ payload
//!           ‖ SHA-256 of the checksum before, the length and the payload (32)
//! ```
//!
//! The first segment of a new log continues from 32 zero bytes.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

/// The format that this version reads and writes. It changes when the meaning of the bytes does.
pub const LOG_FORMAT: u32 = 1;

/// The largest payload of a record, in bytes: 1 GiB.
pub const RECORD_BYTES_MAX: usize = 1 << 30;

const MAGIC: [u8; 8] = *b"hexaplog";

/// Where the checksum of a header begins, in bytes.
const HEADER_SUM_AT: usize = 52;

/// The length of a header in bytes.
pub(super) const HEADER_BYTES: usize = HEADER_SUM_AT + 32;

/// The checksum of a record, which stands for all records up to it.
pub(super) type Checksum = [u8; 32];

/// The header of a segment that continues from a checksum.
pub(super) fn encode_header(segment: u64, continues: &Checksum) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&LOG_FORMAT.to_le_bytes());
    bytes.extend_from_slice(&segment.to_le_bytes());
    bytes.extend_from_slice(continues);
    let sum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

/// What the first bytes of a segment are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// A whole header.
    Whole {
        /// The number of the segment.
        segment: u64,
        /// The checksum that the segment continues from.
        continues: Checksum,
    },
    /// A header that was not written to its end, or is damaged.
    Partial,
    /// A header of another format, with its number.
    OtherFormat(u32),
    /// Bytes that no log writes.
    Foreign,
}

/// Reads the first bytes of a segment.
pub(super) fn decode_header(bytes: &[u8]) -> Header {
    // Of a header that was not written to its end, bytes may be absent or zero.
    if bytes.iter().zip(MAGIC).any(|(found, expected)| *found != expected && *found != 0) {
        return Header::Foreign;
    }
    match format_of(bytes) {
        Some(format) if format != LOG_FORMAT && format != 0 && bytes.starts_with(&MAGIC) => Header::OtherFormat(format),
        _ => decode_whole(bytes).unwrap_or(Header::Partial),
    }
}

fn format_of(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(MAGIC.len()..)?.first_chunk()?))
}

fn decode_whole(bytes: &[u8]) -> Option<Header> {
    let (summed, sum) = bytes.get(..HEADER_BYTES)?.split_at(HEADER_SUM_AT);
    if Sha256::digest(summed).as_slice() != sum {
        return None;
    }
    let (segment, rest) = summed.get(12..)?.split_first_chunk()?;
    Some(Header::Whole { segment: u64::from_le_bytes(*segment), continues: *rest.first_chunk()? })
}

/// A record behind the checksum `before`, and its own checksum. The payload has at most [`RECORD_BYTES_MAX`] bytes.
pub(super) fn encode_record(before: &Checksum, payload: &[u8]) -> (Vec<u8>, Checksum) {
    let length = length_bytes(payload);
    let checksum = record_checksum(before, payload);
    let mut bytes = Vec::with_capacity(length.len() + payload.len() + checksum.len());
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(payload);
    bytes.extend_from_slice(&checksum);
    (bytes, checksum)
}

fn record_checksum(before: &Checksum, payload: &[u8]) -> Checksum {
    Sha256::new().chain_update(before).chain_update(length_bytes(payload)).chain_update(payload).finalize().into()
}

fn length_bytes(payload: &[u8]) -> [u8; 4] {
    debug_assert!(payload.len() <= RECORD_BYTES_MAX, "a record over the limit");
    (payload.len() as u32).to_le_bytes()
}

/// A whole record in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Where its payload is.
    pub(super) payload: Range<usize>,
    /// Its checksum.
    pub(super) checksum: Checksum,
}

/// The records of a segment up to the first that is not whole. Nothing is allocated by a length that is read.
pub(super) fn decode_records(bytes: &[u8], continues: &Checksum) -> Vec<Record> {
    let mut records = Vec::new();
    let (mut at, mut before) = (HEADER_BYTES, *continues);
    while let Some(record) = decode_record(bytes, at, &before) {
        at = record.payload.end + record.checksum.len();
        before = record.checksum;
        records.push(record);
    }
    records
}

fn decode_record(bytes: &[u8], at: usize, before: &Checksum) -> Option<Record> {
    let (length, rest) = bytes.get(at..)?.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= RECORD_BYTES_MAX)?;
    let (payload, rest) = rest.split_at_checked(length)?;
    let checksum = *rest.first_chunk()?;
    let start = at + 4;
    (record_checksum(before, payload) == checksum).then(|| Record { payload: start..start + length, checksum })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_of_a_segment_is_what_it_was() {
        let mut segment = encode_header(7, &[3; 32]);
        let mut before = [3; 32];
        for payload in [b"".as_slice(), b"one", &[0xff; 300]] {
            let (record, checksum) = encode_record(&before, payload);
            segment.extend_from_slice(&record);
            before = checksum;
        }
        let hash: String = Sha256::digest(&segment).iter().map(|byte| format!("{byte:02x}")).collect();
        // A change here is a new LOG_FORMAT.
        assert_eq!(hash, "481e01b958811d1c01ef53d868a8e2df4f80aa9cfb947da40bb25168d40d0007");
    }

    #[test]
    fn a_header_that_was_cut_short_is_partial_and_another_format_is_named() {
        let header = encode_header(1, &[0; 32]);
        for length in 0..header.len() {
            assert_eq!(decode_header(&header[..length]), Header::Partial, "{length} bytes");
        }
        assert_eq!(decode_header(&[0; 200]), Header::Partial);
        let mut newer = header.clone();
        newer[8] = 2;
        assert_eq!(decode_header(&newer), Header::OtherFormat(2));
        assert_eq!(decode_header(b"a text"), Header::Foreign);
        assert_eq!(decode_header(&header), Header::Whole { segment: 1, continues: [0; 32] });
    }
}
