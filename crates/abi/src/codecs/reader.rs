//! A cursor over untrusted bytes that also counts what is made of them.

use alloc::string::ToString;

use crate::{error::CodecError, text::brief, types::Type};

/// Parts that a value may have for each byte of its encoding, and those that any value may have.
const PARTS_PER_BYTE: usize = 4;
const PARTS_FREE: usize = 256;

/// How many parts (elements, fields, entries, payloads) the values in this many bytes may have together.
///
/// Most parts take bytes of their own. The limit is for those that take none, such as units and empty tuples: without it,
/// four bytes of a length would make four thousand million values.
pub const fn parts_max(bytes: usize) -> usize {
    bytes.saturating_mul(PARTS_PER_BYTE).saturating_add(PARTS_FREE)
}

/// A cursor over untrusted bytes.
#[derive(Debug)]
pub struct Reader<'d> {
    data: &'d [u8],
    at: usize,
    parts_left: usize,
}

impl<'d> Reader<'d> {
    /// At the first byte.
    pub(super) const fn new(data: &'d [u8]) -> Self {
        Self { data, at: 0, parts_left: parts_max(data.len()) }
    }

    /// The position of the next byte.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Bytes that follow.
    pub(super) const fn remaining(&self) -> usize {
        self.data.len().saturating_sub(self.at)
    }

    /// The next `count` bytes, which are (part of) a value of the type.
    pub(super) fn take(&mut self, ty: &Type, count: usize) -> Result<&'d [u8], CodecError> {
        let Some(bytes) = self.rest().get(..count) else {
            return Err(self.too_short(ty, count));
        };
        self.at = self.at.saturating_add(count);
        Ok(bytes)
    }

    /// The next `N` bytes, which are (part of) a value of the type.
    pub(super) fn array<const N: usize>(&mut self, ty: &Type) -> Result<[u8; N], CodecError> {
        let Some(bytes) = self.rest().first_chunk::<N>() else {
            return Err(self.too_short(ty, N));
        };
        self.at = self.at.saturating_add(N);
        Ok(*bytes)
    }

    /// The bytes from a position behind which this reader already is.
    pub(super) fn since(&self, from: usize) -> &'d [u8] {
        self.data.get(from..self.at).unwrap_or_default()
    }

    /// The bytes that follow.
    pub(super) fn rest(&self) -> &'d [u8] {
        self.data.get(self.at..).unwrap_or_default()
    }

    /// Counts parts, before they are made.
    pub(super) fn spend(&mut self, parts: usize) -> Result<(), CodecError> {
        match self.parts_left.checked_sub(parts) {
            Some(left) => {
                self.parts_left = left;
                Ok(())
            }
            None => Err(self.too_many_parts()),
        }
    }

    /// Counts the parts of a list whose length stood at `at`, `each` for one element.
    pub(super) fn spend_length(&mut self, ty: &Type, at: usize, length: usize, each: usize) -> Result<(), CodecError> {
        let parts = length.saturating_mul(each);
        if parts <= self.parts_left {
            return self.spend(parts);
        }
        Err(CodecError::LengthOutOfBounds {
            ty: brief(ty),
            at,
            length: length.to_string(),
            available: self.remaining(),
        })
    }

    /// That nothing follows.
    pub(super) fn finish(&self) -> Result<(), CodecError> {
        match self.remaining() {
            0 => Ok(()),
            extra => Err(CodecError::Trailing { end: self.at, extra }),
        }
    }

    #[cold]
    fn too_short(&self, ty: &Type, needed: usize) -> CodecError {
        CodecError::TooShort { ty: brief(ty), at: self.at, needed, available: self.data.len() }
    }

    #[cold]
    pub(super) fn too_many_parts(&self) -> CodecError {
        CodecError::TooManyParts { limit: parts_max(self.data.len()), bytes: self.data.len() }
    }
}
