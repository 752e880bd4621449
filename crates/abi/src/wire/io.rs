//! What has a form: numbers, texts, lists and types.

use alloc::{borrow::ToOwned, string::String, sync::Arc, vec::Vec};

use alloy_primitives::{B256, Bytes};

use super::{
    WIRE_VERSION, WireError,
    cursor::{Cursor, put_bytes, put_number},
    read_types::TypeReader,
    types::TypeWriter,
};
use crate::types::{MAX_TYPE_DEPTH, Type};

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

/// What is being read: the bytes behind the version and the types, and the types.
pub(super) struct Reader<'d> {
    pub(super) cursor: Cursor<'d>,
    pub(super) types: TypeReader,
}

impl<'d> Reader<'d> {
    /// Behind the version and the types.
    pub(super) fn new(data: &'d [u8]) -> Result<Self, WireError> {
        let mut cursor = Cursor::new(data);
        let types = match cursor.byte("its version")? {
            WIRE_VERSION => TypeReader::read(&mut cursor)?,
            given => return Err(WireError::Version { given }),
        };
        Ok(Self { cursor, types })
    }

    /// That everything was read: all bytes, and each type by somebody.
    pub(super) fn finish(&self) -> Result<(), WireError> {
        self.cursor.finish()?;
        match self.types.all_met() {
            true => Ok(()),
            false => Err(self.invalid("the list of types", "a type is used by nobody")),
        }
    }

    pub(super) const fn invalid(&self, what: &'static str, rule: &'static str) -> WireError {
        self.cursor.invalid(what, rule)
    }

    pub(super) fn byte(&mut self, what: &'static str) -> Result<u8, WireError> {
        self.cursor.byte(what)
    }

    pub(super) fn number(&mut self, what: &'static str) -> Result<usize, WireError> {
        self.cursor.number(what)
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
        reader.cursor.text("a text").map(str::to_owned)
    }
}

impl Wire for Arc<str> {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        put_bytes(&mut writer.out, self.as_bytes());
        Ok(())
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        reader.cursor.text("a name").map(Self::from)
    }
}

impl Wire for Bytes {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        put_bytes(&mut writer.out, self);
        Ok(())
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let length = reader.number("bytes")?;
        reader.cursor.bytes(length, "bytes").map(Self::copy_from_slice)
    }
}

impl Wire for B256 {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.out.extend_from_slice(self.as_slice());
        Ok(())
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        reader.cursor.bytes(32, "32 bytes").map(Self::from_slice)
    }
}

impl Wire for Type {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        let number = writer.types.number(self, MAX_TYPE_DEPTH)?;
        put_number(&mut writer.out, number);
        Ok(())
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        reader.types.take(&mut reader.cursor)
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
        let mut items = Self::with_capacity(reader.cursor.room_for(count).min(1024));
        for _ in 0..count {
            items.push(T::take(reader)?);
        }
        Ok(items)
    }
}
