//! The return data of a program.

use crate::{copy, syscalls, Failure};

/// The most bytes that a program may return.
pub const RETURN_DATA_MAX: usize = 1024;

/// Bytes that become the return data.
#[repr(C)]
pub struct Output {
    len: usize,
    bytes: [u8; RETURN_DATA_MAX],
}

impl Output {
    /// Appends `len` bytes, zeros until the caller fills them.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` when there would be more than [`RETURN_DATA_MAX`].
    pub fn grow(&mut self, len: usize) -> Result<&mut [u8], Failure> {
        let start = self.len;
        let room = self.bytes.get_mut(start..).and_then(|rest| rest.get_mut(..len));
        let Some(room) = room else {
            crate::log(b"a program returns 1024 bytes at most");
            return Err(Failure::INVALID_ARGUMENT);
        };
        self.len = start + len;
        Ok(room)
    }

    /// Appends bytes.
    ///
    /// # Errors
    ///
    /// As [`Output::grow`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        copy(self.grow(bytes.len())?, bytes);
        Ok(())
    }

    /// Appends a number as a 32-byte big-endian word.
    ///
    /// # Errors
    ///
    /// As [`Output::grow`].
    pub fn push_word(&mut self, number: u64) -> Result<(), Failure> {
        self.push(&[0; 24])?;
        self.push(&number.to_be_bytes())
    }

    /// Appends what the last invocation returned.
    ///
    /// # Errors
    ///
    /// As [`Output::grow`].
    pub fn push_return_data(&mut self) -> Result<(), Failure> {
        let mut program = [0; 32];
        let len = syscalls::return_data(&mut [], &mut program);
        syscalls::return_data(self.grow(len)?, &mut program);
        Ok(())
    }

    /// Makes the bytes the program's return data. None at all leave it empty.
    pub fn set(&self) {
        syscalls::set_return_data(self.bytes.get(..self.len).unwrap_or_default());
    }
}
