//! The heaps of programs.
//!
//! agave keeps the memory of frames in a pool of each thread, and fills all of it with zeros when a frame ends: 256 KiB
//! of heap among it, the most that a transaction can ask for. A program reaches only what its transaction has asked for,
//! 32 KiB where it says nothing. So there is a second pool with heaps of that size, and for each transaction the one that
//! suffices is in place.

use solana_program_runtime::{
    execution_budget::MIN_HEAP_FRAME_BYTES, mem_pool::VmMemoryPool, solana_sbpf::aligned_memory::AlignedMemory,
    vm::MEMORY_POOL,
};
use std::cell::{Cell, RefCell};

thread_local! {
    /// Whether agave's own pool, with the largest heaps, is in place, as at the beginning.
    static LARGE: Cell<bool> = const { Cell::new(true) };
    /// The one that is not.
    static OTHER: RefCell<Option<VmMemoryPool>> = const { RefCell::new(None) };
}

/// Puts the pool in place whose heaps have `bytes`, on this thread, which is one of an executor. No program may be running
/// on it: one that asked for more would not get it.
pub(crate) fn provide(bytes: u32) {
    let large = bytes > MIN_HEAP_FRAME_BYTES;
    if LARGE.replace(large) == large {
        return;
    }
    OTHER.with_borrow_mut(|other| {
        let other = other.get_or_insert_with(small);
        MEMORY_POOL.with_borrow_mut(|pool| std::mem::swap(pool, other));
    });
}

/// A pool with heaps of the least size.
fn small() -> VmMemoryPool {
    let mut pool = VmMemoryPool::new();
    let large: Vec<_> = (0..pool.heap_len()).map(|_| pool.get_heap(MIN_HEAP_FRAME_BYTES)).collect();
    for _ in large {
        pool.put_heap(AlignedMemory::zero_filled(MIN_HEAP_FRAME_BYTES as usize));
    }
    pool
}

#[cfg(test)]
mod tests {
    use super::*;
    use solana_program_runtime::execution_budget::MAX_HEAP_FRAME_BYTES;

    #[test]
    fn heaps_suffice_for_what_was_asked_and_are_no_larger_than_the_next_size() {
        let lengths = |asked: u32| {
            provide(asked);
            MEMORY_POOL.with_borrow_mut(|pool| {
                let heaps: Vec<_> = (0..pool.heap_len()).map(|_| pool.get_heap(asked)).collect();
                let lengths: Vec<usize> = heaps.iter().map(AlignedMemory::len).collect();
                heaps.into_iter().for_each(|heap| assert!(pool.put_heap(heap)));
                lengths
            })
        };
        let (least, most) = (MIN_HEAP_FRAME_BYTES, MAX_HEAP_FRAME_BYTES);
        for (asked, length) in [(least, least), (most, most), (least + 1024, most), (least, least), (least, least)] {
            assert_eq!(lengths(asked), vec![length as usize; lengths(asked).len()], "{asked}");
        }
    }
}
