//! The functions that compilers call on their own, made of syscalls. That is smaller and cheaper than loops over bytes.

extern "C" {
    fn sol_memmove_(to: *mut u8, from: *const u8, len: u64);
    fn sol_memset_(to: *mut u8, byte: u8, len: u64);
    fn sol_memcmp_(left: *const u8, right: *const u8, len: u64, order: *mut i32);
}

/// Copies as many bytes as both have, by one syscall; a compiler would spell out a short copy byte by byte.
#[inline(never)]
pub fn copy(to: &mut [u8], from: &[u8]) {
    // SAFETY: within both slices.
    unsafe { sol_memmove_(to.as_mut_ptr(), from.as_ptr(), to.len().min(from.len()) as u64) }
}

/// C's `memcpy`. Compilers may copy a place onto itself, which the syscall of this name refuses; `sol_memmove_` does not.
#[no_mangle]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    sol_memmove_(to, from, len as u64);
    to
}

/// C's `memmove`.
#[no_mangle]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    sol_memmove_(to, from, len as u64);
    to
}

/// C's `memset`.
#[no_mangle]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    sol_memset_(to, byte as u8, len as u64);
    to
}

/// C's `memcmp`.
#[no_mangle]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    let mut order = 0;
    sol_memcmp_(left, right, len as u64, &mut order);
    order
}

/// BSD's `bcmp`.
#[no_mangle]
unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    memcmp(left, right, len)
}
