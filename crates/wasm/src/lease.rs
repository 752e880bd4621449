//! The host of a frame, lent to an engine for the duration of one run.
//!
//! Engines keep the data of a running instance behind types that must not borrow, but the host of a frame is a
//! borrow. This module is the one place that bridges the two. Whoever holds a [`HostLease`] after the run has ended,
//! or uses it while it is in use, gets an error.

#![allow(unsafe_code, reason = "the lifetime of the borrow is checked at run time")]

use alloc::rc::Rc;
use core::{cell::Cell, ptr::NonNull};
use hexapla_vm::{Fatal, Host};

/// Access to the host while the run it was lent for lasts.
pub(crate) struct HostLease(Rc<Cell<Option<NonNull<dyn Host>>>>);

/// Lends `host` while `body` runs.
pub(crate) fn lend<R>(host: &mut dyn Host, body: impl FnOnce(HostLease) -> R) -> R {
    let host: NonNull<dyn Host + '_> = NonNull::from(host);
    // SAFETY: only the lifetime of the trait object changes. The pointer is used by `HostLease::with` alone, which
    // finds it only until `body` has ended, by return or by unwinding, and the borrow lasts longer than that.
    let host: NonNull<dyn Host + 'static> = unsafe { core::mem::transmute(host) };
    let slot = Rc::new(Cell::new(Some(host)));
    let _end = Clear(&slot);
    body(HostLease(Rc::clone(&slot)))
}

struct Clear<'a>(&'a Cell<Option<NonNull<dyn Host>>>);

impl Drop for Clear<'_> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

struct PutBack<'a>(&'a Cell<Option<NonNull<dyn Host>>>, NonNull<dyn Host>);

impl Drop for PutBack<'_> {
    fn drop(&mut self) {
        self.0.set(Some(self.1));
    }
}

impl HostLease {
    /// Asks the host.
    pub(crate) fn with<R>(&self, request: impl FnOnce(&mut dyn Host) -> R) -> Result<R, Fatal> {
        let Some(mut host) = self.0.take() else {
            return Err(Fatal("the host of a WASM frame is gone or in use".into()));
        };
        let _back = PutBack(&self.0, host);
        // SAFETY: the pointer was in the cell, so `lend` has not ended: it cannot end before this call does, because
        // the lease is neither `Send` nor `Sync` and calls nest. Taking the pointer out of the cell makes this the
        // only use of the host at this moment.
        Ok(request(unsafe { host.as_mut() }))
    }
}
