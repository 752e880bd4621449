//! The syscalls of Solana that the programs use, made safe.

use core::marker::PhantomData;
use core::ptr::null;

/// A slice as the VM reads it: address and length.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Slice<'a> {
    at: *const u8,
    len: u64,
    lent: PhantomData<&'a [u8]>,
}

impl<'a> Slice<'a> {
    /// No bytes.
    pub const EMPTY: Self = Self { at: null(), len: 0, lent: PhantomData };

    /// These bytes.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { at: bytes.as_ptr(), len: bytes.len() as u64, lent: PhantomData }
    }
}

mod raw {
    use super::Slice;

    extern "C" {
        pub fn sol_log_(message: *const u8, len: u64);
        pub fn sol_log_data(fields: *const Slice, count: u64);
        pub fn sol_sha256(parts: *const Slice, count: u64, digest: *mut u8) -> u64;
        pub fn sol_set_return_data(data: *const u8, len: u64);
        pub fn sol_get_return_data(data: *mut u8, len: u64, program: *mut [u8; 32]) -> u64;
        pub fn sol_get_stack_height() -> u64;
        pub fn sol_remaining_compute_units() -> u64;
        pub fn abort() -> !;
    }
}

/// Writes a line to the log of the transaction. The text must be UTF-8, else the VM fails the program.
pub fn log(text: &[u8]) {
    // SAFETY: the syscall only reads the slice.
    unsafe { raw::sol_log_(text.as_ptr(), text.len() as u64) }
}

/// Writes fields to the log, each in base64.
pub fn log_data(fields: &[Slice]) {
    // SAFETY: the syscall only reads the slices, and they are alive.
    unsafe { raw::sol_log_data(fields.as_ptr(), fields.len() as u64) }
}

/// Replaces a word by its SHA-256 digest.
pub fn sha256_in_place(word: &mut [u8; 32]) {
    let input = *word;
    let parts = [Slice::of(&input)];
    // SAFETY: one slice is read, 32 bytes are written. The result says nothing: it is zero or the VM has ended us.
    unsafe { raw::sol_sha256(parts.as_ptr(), 1, word.as_mut_ptr()) };
}

pub(crate) fn set_return_data(data: &[u8]) {
    // SAFETY: the syscall only reads the slice.
    unsafe { raw::sol_set_return_data(data.as_ptr(), data.len() as u64) }
}

/// Copies the current return data, as much as fits, and the key of the program that set it. Gives its whole length in
/// bytes.
pub fn return_data(out: &mut [u8], program: &mut [u8; 32]) -> usize {
    // SAFETY: the syscall writes at most `out.len()` bytes, and the key.
    unsafe { raw::sol_get_return_data(out.as_mut_ptr(), out.len() as u64, program) as usize }
}

/// How deep the running instruction is: 1 for one of the transaction itself.
pub fn stack_height() -> u64 {
    // SAFETY: takes nothing.
    unsafe { raw::sol_get_stack_height() }
}

/// The compute units left.
pub fn remaining_units() -> u64 {
    // SAFETY: takes nothing.
    unsafe { raw::sol_remaining_compute_units() }
}

/// Ends the program as a bug would.
pub fn trap() -> ! {
    // SAFETY: takes nothing and does not return.
    unsafe { raw::abort() }
}
