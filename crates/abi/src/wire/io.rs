//! Writing and reading of numbers, texts and lists.

use alloc::{borrow::ToOwned, string::String, sync::Arc, vec::Vec};

use alloy_primitives::{B256, Bytes};

use super::{WIRE_VERSION, WireError, read_types::TypeReader, types::TypeWriter};

/// Something that has a form.
pub(super) trait Wire: Sized {
    /// Writes it.
    fn put(&self, writer: &mut Writer) -> Result<(), WireError>;
    /// Reads it.
    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError>;
}

/// What is being written: the types apart, since they are known only in the end.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) types: TypeWriter,
    pub(super) out: Vec<u8>,
}

impl Writer {
    pub(super) fn finish(self) -> Vec<u8> {
        let mut bytes = Vec::from([WIRE_VERSION]);
        self.types.finish(&mut bytes);
        bytes.extend_from_slice(&self.out);
        bytes
    }
}

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

/// What is being read.
pub(super) struct Reader<'d> {
    data: &'d [u8],
    at: usize,
    pub(super) types: TypeReader,
}

impl<'d> Reader<'d> {
    /// Behind the version and the types.
    pub(super) fn new(data: &'d [u8]) -> Result<Self, WireError> {
        let mut reader = Self { data, at: 0, types: TypeReader::default() };
        match reader.byte("its version")? {
            WIRE_VERSION => reader.types = TypeReader::read(&mut reader)?,
            given => return Err(WireError::Version { given }),
        }
        Ok(reader)
    }

    /// That everything was read: all bytes, and each type by somebody.
    pub(super) fn finish(&self) -> Result<(), WireError> {
        let extra = self.data.len().saturating_sub(self.at);
        if extra > 0 {
            return Err(WireError::Trailing { end: self.at, extra });
        }
        match self.types.all_met() {
            true => Ok(()),
            false => Err(self.invalid("the list of types", "a type is used by nobody")),
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

impl Wire for bool {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.out.push(u8::from(*self));
        Ok(())
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        match reader.byte("a bool")? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(reader.invalid("a bool", "it must be 0 or 1")),
        }
    }
}

impl Wire for String {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        put_bytes(&mut writer.out, self.as_bytes());
        Ok(())
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        reader.text("a text").map(str::to_owned)
    }
}

impl Wire for Arc<str> {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        put_bytes(&mut writer.out, self.as_bytes());
        Ok(())
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        reader.text("a name").map(Self::from)
    }
}

impl Wire for Bytes {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        put_bytes(&mut writer.out, self);
        Ok(())
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let length = reader.number("bytes")?;
        reader.bytes(length, "bytes").map(Self::copy_from_slice)
    }
}

impl Wire for B256 {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.out.extend_from_slice(self.as_slice());
        Ok(())
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        reader.bytes(32, "32 bytes").map(Self::from_slice)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        self.is_some().put(writer)?;
        self.as_ref().map_or(Ok(()), |value| value.put(writer))
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        if bool::take(reader)? { T::take(reader).map(Some) } else { Ok(None) }
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        put_number(&mut writer.out, self.len());
        self.iter().try_for_each(|item| item.put(writer))
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let count = reader.number("the length of a list")?;
        let mut items = Self::with_capacity(reader.room_for(count).min(1024));
        for _ in 0..count {
            items.push(T::take(reader)?);
        }
        Ok(items)
    }
}
