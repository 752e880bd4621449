//! The linear memory behind the linker's `__heap_base`: the script, then the output up to the end.
//!
//! Nothing is ever freed and only the output grows, so no allocator is needed.

use crate::{hooks, Stop};
use core::arch::wasm32::{memory_grow, memory_size};
use core::{ptr, slice};

const PAGE_BYTES: usize = 65_536;

extern "C" {
    /// The first byte that the linker has not used. Only its address means anything.
    static __heap_base: u8;
}

/// Reads the calldata. `None` when there is no memory for it.
pub fn load_args(len: usize) -> Option<(&'static [u8], Output)> {
    let start = ptr::addr_of!(__heap_base) as usize;
    let end = start.checked_add(len)?;
    reserve(end).ok()?;
    // SAFETY: [start, end) is inside the memory now, and nobody else uses what is behind `__heap_base`.
    let script = unsafe {
        hooks::read_args(start as *mut u8);
        slice::from_raw_parts(start as *const u8, len)
    };
    Some((script, Output { start: end, end }))
}

/// Adds `pages` to the memory and touches the last byte, so that the growth is real.
pub fn grow(pages: usize) -> Result<(), Stop> {
    let old_pages = memory_grow(0, pages);
    if old_pages == usize::MAX {
        return Err(Stop::NoMemory);
    }
    if pages > 0 {
        // SAFETY: the byte is inside the pages that were added.
        unsafe { ptr::write_volatile(((old_pages + pages) * PAGE_BYTES - 1) as *mut u8, 1) };
    }
    Ok(())
}

/// Makes sure that the memory reaches up to `end`.
fn reserve(end: usize) -> Result<(), Stop> {
    let pages = end.div_ceil(PAGE_BYTES);
    let missing = pages.saturating_sub(memory_size(0));
    if missing > 0 && memory_grow(0, missing) == usize::MAX {
        return Err(Stop::NoMemory);
    }
    Ok(())
}

/// The bytes that the script has appended so far.
pub struct Output {
    start: usize,
    end: usize,
}

impl Output {
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let to = self.extend(bytes.len())?;
        // SAFETY: `extend` has made room at the end, and no live slice points there.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        Ok(())
    }

    /// Appends the `len` bytes that the last call returned.
    pub fn push_return_data(&mut self, len: usize) -> Result<(), Stop> {
        let to = self.extend(len)?;
        // SAFETY: `extend` has made room for `len` bytes.
        unsafe { hooks::read_return_data(to, 0, len) };
        Ok(())
    }

    pub fn since(&self, mark: usize) -> &[u8] {
        // SAFETY: `start..end` is memory that was written.
        unsafe { slice::from_raw_parts((self.start + mark) as *const u8, self.len() - mark) }
    }

    pub fn truncate(&mut self, len: usize) {
        self.end = self.start + len;
    }

    pub fn write_result(&self, from: usize) {
        let result = self.since(from);
        unsafe { hooks::write_result(result.as_ptr(), result.len()) };
    }

    fn extend(&mut self, len: usize) -> Result<*mut u8, Stop> {
        let at = self.end;
        let end = at.checked_add(len).ok_or(Stop::NoMemory)?;
        reserve(end)?;
        self.end = end;
        Ok(at as *mut u8)
    }
}
