//! A lock with and without an operating system.

/// A mutual exclusion lock that a panic does not poison: the standard library's, or without it a spin lock, for machines
/// with one thread. Whoever locks it leaves nothing half done.
#[derive(Debug, Default)]
pub struct Lock<T> {
    #[cfg(feature = "std")]
    inner: std::sync::Mutex<T>,
    #[cfg(not(feature = "std"))]
    inner: spin::Mutex<T>,
}

/// Access to the value of a [`Lock`] until it is dropped.
#[cfg(feature = "std")]
pub type LockGuard<'a, T> = std::sync::MutexGuard<'a, T>;
/// Access to the value of a [`Lock`] until it is dropped.
#[cfg(not(feature = "std"))]
pub type LockGuard<'a, T> = spin::MutexGuard<'a, T>;

impl<T> Lock<T> {
    /// An open lock.
    pub const fn new(value: T) -> Self {
        #[cfg(feature = "std")]
        return Self { inner: std::sync::Mutex::new(value) };
        #[cfg(not(feature = "std"))]
        return Self { inner: spin::Mutex::new(value) };
    }

    /// Waits until nobody else has the value. Not reentrant.
    pub fn lock(&self) -> LockGuard<'_, T> {
        #[cfg(feature = "std")]
        return self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        #[cfg(not(feature = "std"))]
        return self.inner.lock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_does_not_poison_it() {
        let lock = Lock::new(1);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            *lock.lock() += 1;
            panic!("with the lock held");
        }));
        assert!(panicked.is_err());
        assert_eq!(*lock.lock(), 2);
    }
}
