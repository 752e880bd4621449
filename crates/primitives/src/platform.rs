//! Locks, lazy values and panics, with and without an operating system.
//!
//! With the feature `std` these are the standard library's. Without it they are for a machine with one thread, on which a
//! panic ends everything.

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

/// A value that is made when it is first used.
#[cfg(not(feature = "std"))]
pub use spin::Lazy;
/// A value that is made when it is first used.
#[cfg(feature = "std")]
pub use std::sync::LazyLock as Lazy;

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

/// A panic that was caught. Without the feature `std` none is.
#[derive(Debug)]
pub struct Panic(
    #[cfg(feature = "std")] Box<dyn core::any::Any + Send>,
    #[cfg(not(feature = "std"))] core::convert::Infallible,
);

impl Panic {
    /// What it said.
    pub fn message(&self) -> &str {
        #[cfg(feature = "std")]
        {
            let text = self.0.downcast_ref::<String>().map(String::as_str);
            text.or_else(|| self.0.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message")
        }
        #[cfg(not(feature = "std"))]
        match self.0 {}
    }

    /// Goes on with it here.
    pub fn resume(self) -> ! {
        #[cfg(feature = "std")]
        std::panic::resume_unwind(self.0);
        #[cfg(not(feature = "std"))]
        match self.0 {}
    }
}

/// Runs `work` and catches its panic. Whoever goes on after one uses nothing that `work` may have left half done.
pub fn catch_panic<R>(work: impl FnOnce() -> R) -> Result<R, Panic> {
    #[cfg(feature = "std")]
    return std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(Panic);
    #[cfg(not(feature = "std"))]
    return Ok(work());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_does_not_poison_it() {
        let lock = Lock::new(1);
        let panicked = catch_panic(|| {
            *lock.lock() += 1;
            panic!("with the lock held");
        });
        assert_eq!(panicked.unwrap_err().message(), "with the lock held");
        assert_eq!(*lock.lock(), 2);
    }

    #[test]
    fn a_panic_that_was_caught_goes_on_with_what_it_carries() {
        let number = 7;
        let caught = catch_panic(|| panic!("number {number}")).unwrap_err();
        assert_eq!(caught.message(), "number 7");
        let again = catch_panic(|| caught.resume()).unwrap_err();
        assert_eq!(again.message(), "number 7");
        assert_eq!(catch_panic(|| number).unwrap(), 7);
    }
}
