//! Writing and reading of numbers and runs of bytes.

use alloc::vec::Vec;

use super::WireError;

/// Writes a number as ULEB128.
pub(super) fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Writes bytes behind their length.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Bytes and how far they have been read.
pub(super) struct Cursor<'d> {
    data: &'d [u8],
    at: usize,
}

impl<'d> Cursor<'d> {
    pub(super) const fn new(data: &'d [u8]) -> Self {
        Self { data, at: 0 }
    }

    /// That all bytes were read.
    pub(super) const fn finish(&self) -> Result<(), WireError> {
        match self.data.len().saturating_sub(self.at) {
            0 => Ok(()),
            extra => Err(WireError::Trailing { end: self.at, extra }),
        }
    }

    /// The position of the next byte.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// The bytes from a position on up to the next one.
    pub(super) fn since(&self, from: usize) -> &'d [u8] {
        self.data.get(from..self.at).unwrap_or_default()
    }

    pub(super) const fn invalid(&self, what: &'static str, rule: &'static str) -> WireError {
        WireError::Invalid { what, at: self.at, rule }
    }

    pub(super) fn byte(&mut self, what: &'static str) -> Result<u8, WireError> {
        self.bytes(1, what).map(|bytes| bytes.first().copied().unwrap_or_default())
    }

    pub(super) fn bytes(&mut self, count: usize, what: &'static str) -> Result<&'d [u8], WireError> {
        let rest = self.data.get(self.at..).unwrap_or_default();
        let bytes = rest.get(..count).ok_or(WireError::TooShort { at: self.data.len(), what })?;
        self.at = self.at.saturating_add(count);
        Ok(bytes)
    }

    /// A number of at most 32 bits in the shortest form.
    pub(super) fn number(&mut self, what: &'static str) -> Result<usize, WireError> {
        let mut number = 0_u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte(what)?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte == 0 && shift > 0 {
                return Err(self.invalid(what, "a number has the shortest form"));
            }
            if byte < 0x80 {
                let number = u32::try_from(number).map_err(|_| self.invalid(what, "a number has at most 32 bits"))?;
                return Ok(number as usize);
            }
        }
        Err(self.invalid(what, "a number has at most 32 bits"))
    }

    pub(super) fn text(&mut self, what: &'static str) -> Result<&'d str, WireError> {
        let length = self.number(what)?;
        let bytes = self.bytes(length, what)?;
        core::str::from_utf8(bytes).map_err(|_| self.invalid(what, "a text is UTF-8"))
    }

    /// Room to reserve for a list: each element takes a byte at least.
    pub(super) fn room_for(&self, count: usize) -> usize {
        count.min(self.data.len().saturating_sub(self.at))
    }
}
