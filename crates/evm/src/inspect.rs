//! Watching a transaction while it runs.

use hexapla_primitives::Address;
use hexapla_state::StateEvent;
use hexapla_vm::{Frame, FrameEnd};

/// Is told what a transaction does, over all VMs, in the order in which it happens. State is told at the next beginning or
/// end of a call.
///
/// An inspector changes nothing: gas, results and roots are the same with and without one.
pub trait Inspector: Send {
    /// A call begins: of another contract, or of the transaction itself.
    fn call_begins(&mut self, _frame: &Frame) {}

    /// The innermost call that has begun ends. `created` is the new contract where it was a creation.
    fn call_ends(&mut self, _end: &FrameEnd, _created: Option<Address>) {}

    /// Something has happened to state, in the innermost call.
    fn state(&mut self, _event: &StateEvent) {}
}
