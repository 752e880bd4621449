//! The heaps of programs.
//!
//! agave keeps the memory of frames in a pool of each thread, and fills all of it with zeros when a frame ends: 256 KiB
//! of heap among it, the most that a transaction can ask for. A program reaches only what its transaction has asked for,
//! 32 KiB where it says nothing. So the pool is given heaps of that size.

use solana_program_runtime::{
    execution_budget::MAX_HEAP_FRAME_BYTES, solana_sbpf::aligned_memory::AlignedMemory, vm::MEMORY_POOL,
};
use std::cell::Cell;

thread_local! {
    static BYTES: Cell<u32> = const { Cell::new(MAX_HEAP_FRAME_BYTES) };
}

/// Makes the heaps of this thread, which is one of an executor, `bytes` long. No program may be running on it: one that asked for more would not get
/// it.
pub(crate) fn resize(bytes: u32) {
    if BYTES.replace(bytes) == bytes {
        return;
    }
    MEMORY_POOL.with_borrow_mut(|pool| {
        let length = bytes.min(MAX_HEAP_FRAME_BYTES) as usize;
        let heaps: Vec<_> = (0..pool.heap_len()).map(|_| pool.get_heap(bytes)).collect();
        for _ in heaps {
            pool.put_heap(AlignedMemory::zero_filled(length));
        }
    });
}
