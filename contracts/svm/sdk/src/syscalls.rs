//! The syscalls of Solana that the programs use, made safe.

use core::ptr::null;

/// A slice as the VM reads it: address and length.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Slice {
    at: *const u8,
    len: u64,
}

impl Slice {
    pub(crate) const EMPTY: Self = Self { at: null(), len: 0 };

    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { at: bytes.as_ptr(), len: bytes.len() as u64 }
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

/// Writes fields to the log, each in base64. At most five; more are left out.
pub fn log_data(fields: &[&[u8]]) {
    let mut slices = [Slice::EMPTY; 5];
    for (slice, field) in slices.iter_mut().zip(fields) {
        *slice = Slice::of(field);
    }
    // SAFETY: the syscall only reads the slices, of which there are five.
    unsafe { raw::sol_log_data(slices.as_ptr(), fields.len().min(5) as u64) }
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
