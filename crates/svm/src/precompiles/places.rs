//! Where the parts of signatures stand.

use solana_precompile_error::PrecompileError;

/// Stands for the instruction itself where offsets name an instruction.
const THIS: u16 = u16::MAX;

/// Where a part of a signature stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) instruction: u16,
    pub(super) offset: u16,
    pub(super) length: usize,
}

impl Place {
    pub(super) fn find<'a>(self, own: &'a [u8], all: &[&'a [u8]]) -> Result<&'a [u8], PrecompileError> {
        let data = match self.instruction {
            THIS => own,
            index => all.get(usize::from(index)).copied().ok_or(PrecompileError::InvalidDataOffsets)?,
        };
        let start = usize::from(self.offset);
        data.get(start..start.saturating_add(self.length)).ok_or(PrecompileError::InvalidDataOffsets)
    }
}

/// What the offsets of Ed25519 and secp256r1 say of one signature.
pub(super) struct Offsets {
    pub(super) signature: Place,
    pub(super) key: Place,
    pub(super) message: Place,
}

/// Bytes of the offsets of one signature.
const OFFSETS_BYTES: usize = 14;
/// Their start: after the number of signatures and a byte of padding.
pub(super) const OFFSETS_START: usize = 2;

/// The number of signatures in the form that Ed25519 and secp256r1 share.
pub(super) fn count(data: &[u8]) -> Result<usize, PrecompileError> {
    match data {
        [count, _, ..] => Ok(usize::from(*count)),
        _ => Err(PrecompileError::InvalidInstructionDataSize),
    }
}

/// The offsets of all signatures in that form.
pub(super) fn offsets(data: &[u8], count: usize, key_bytes: usize) -> Result<Vec<Offsets>, PrecompileError> {
    let end = OFFSETS_START.saturating_add(count.saturating_mul(OFFSETS_BYTES));
    let list = data.get(OFFSETS_START..end).ok_or(PrecompileError::InvalidInstructionDataSize)?;
    Ok(list
        .chunks_exact(OFFSETS_BYTES)
        .map(|entry| {
            let field = |index: usize| match entry.get(index * 2..index * 2 + 2) {
                Some([low, high]) => u16::from_le_bytes([*low, *high]),
                _ => 0,
            };
            Offsets {
                signature: Place { offset: field(0), instruction: field(1), length: 64 },
                key: Place { offset: field(2), instruction: field(3), length: key_bytes },
                message: Place { offset: field(4), length: usize::from(field(5)), instruction: field(6) },
            }
        })
        .collect())
}
