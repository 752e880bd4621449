//! A thread whose stack is big enough for the deepest nesting that the rules allow.

use std::{cell::Cell, thread};

/// Reserved, not committed: the kernel hands out pages as they are touched.
const STACK_BYTES: usize = 512 << 20;

thread_local! {
    static ON_BIG_STACK: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` on a big stack: here, if this thread has one, else on a new thread. A panic in `work` goes on here.
pub(crate) fn on_big_stack<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    if ON_BIG_STACK.get() {
        return work();
    }
    let run = || {
        ON_BIG_STACK.set(true);
        work()
    };
    thread::scope(|scope| {
        let worker = thread::Builder::new().name("hexapla-executor".into()).stack_size(STACK_BYTES);
        match worker.spawn_scoped(scope, run) {
            Ok(handle) => handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(error) => panic!("cannot start an executor thread with {} MiB of stack: {error}", STACK_BYTES >> 20),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_work_stays_on_the_same_thread() {
        let (outer, inner) = on_big_stack(|| (thread::current().id(), on_big_stack(|| thread::current().id())));
        assert_eq!(outer, inner);
        assert_ne!(outer, thread::current().id());
    }
}
