//! The host interface `vm_hooks`, written once for all engines.
//!
//! - [`table`]: names and signatures
//! - [`memory`]: access to the program's memory, call data and result
//! - [`storage`], [`calls`], [`accounts`], [`environment`], [`math`]: the functions, by subject
//!
//! An engine binds each function with [`table::for_each_hook`]: it reads the ink global into the session, calls the
//! method of [`Hooks`] with the same name, and writes the ink back. Each method charges before it does anything whose
//! cost depends on the program's wishes, and checks every pointer.

mod accounts;
mod calls;
mod environment;
mod math;
mod memory;
mod storage;
mod table;

pub use table::{HOOKS, HookSignature, HookType};
pub(crate) use table::{PAY_FOR_MEMORY_GROW, find, for_each_hook};

use crate::session::{HookCall, Session, Stop};

/// A call of a host function: the program's memory and the frame's session.
pub(crate) struct Hooks<'a> {
    pub(crate) memory: &'a mut [u8],
    pub(crate) session: &'a mut Session,
}

/// Result of a host function.
pub(crate) type Hook<T> = Result<T, Stop>;

impl<'a> Hooks<'a> {
    /// Begins a call with so much ink left.
    pub(crate) fn begin(memory: &'a mut [u8], session: &'a mut Session, ink: u64, name: &'static str) -> Self {
        session.ink = ink;
        if let Some(trace) = &mut session.trace {
            trace.push(HookCall { name, ink });
        }
        Self { memory, session }
    }
}
