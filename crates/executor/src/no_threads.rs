//! The stack of a machine without threads: the one there is. Whoever builds for such a machine makes it big enough.

/// Runs `work` here.
pub(crate) fn on_big_stack<R: Send>(_bytes: usize, work: impl FnOnce() -> R + Send) -> R {
    work()
}
