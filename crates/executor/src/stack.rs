//! A thread whose stack is big enough for the deepest nesting that the rules allow.

use std::{cell::Cell, thread};

thread_local! {
    /// Stack of this thread, if it is one of ours.
    static STACK_BYTES: Cell<usize> = const { Cell::new(0) };
}

/// Runs `work` on a stack of `bytes`: here, if this thread has one, else on a new thread. A panic in `work` goes on
/// here. The bytes are reserved, not committed: the kernel hands out pages as they are touched.
pub(crate) fn on_big_stack<R: Send>(bytes: usize, work: impl FnOnce() -> R + Send) -> R {
    if STACK_BYTES.get() >= bytes {
        return work();
    }
    let run = || {
        STACK_BYTES.set(bytes);
        work()
    };
    thread::scope(|scope| {
        let worker = thread::Builder::new().name("hexapla-executor".into()).stack_size(bytes);
        match worker.spawn_scoped(scope, run) {
            Ok(handle) => handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(error) => panic!("cannot start an executor thread with {} MiB of stack: {error}", bytes >> 20),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_work_stays_on_the_same_thread() {
        let inner = || on_big_stack(1 << 20, || thread::current().id());
        let (outer, inner) = on_big_stack(1 << 20, || (thread::current().id(), inner()));
        assert_eq!(outer, inner);
        assert_ne!(outer, thread::current().id());
    }
}
