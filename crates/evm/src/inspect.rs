//! Watching a transaction while it runs: the call tree, and inspectors.

use crate::machine::Machine;
use alloc::boxed::Box;
use hexapla_primitives::Address;
use hexapla_state::StateEvent;
use hexapla_vm::{Frame, FrameEnd};
use revm::context_interface::JournalTr as _;

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

impl Machine {
    /// Tells `inspector` what the next transactions do, until [`Machine::take_inspector`].
    pub fn set_inspector(&mut self, inspector: Box<dyn Inspector>) {
        self.evm.ctx.journaled_state.watch(true);
        self.inspector = Some(inspector);
    }

    /// Gives the inspector back.
    pub fn take_inspector(&mut self) -> Option<Box<dyn Inspector>> {
        self.evm.ctx.journaled_state.watch(false);
        self.inspector.take()
    }

    /// Whether anybody wants to know of calls.
    pub(crate) fn is_watched(&self) -> bool {
        self.tracer.is_some() || self.inspector.is_some()
    }

    /// A frame begins.
    pub(crate) fn frame_begins(&mut self, frame: &Frame) {
        self.tell_state();
        if let Some(inspector) = &mut self.inspector {
            inspector.call_begins(frame);
        }
        if let Some(tracer) = &mut self.tracer {
            tracer.enter(frame, self.evm.ctx.journaled_state.logs().len());
        }
    }

    /// The innermost frame ends.
    pub(crate) fn frame_ends(&mut self, end: &FrameEnd, created: Option<Address>) {
        self.tell_state();
        if let Some(inspector) = &mut self.inspector {
            inspector.call_ends(end, created);
        }
        if let Some(tracer) = &mut self.tracer {
            tracer.exit(end, self.evm.ctx.journaled_state.logs(), created);
        }
    }

    /// Tells what has happened to state since the last time.
    pub(crate) fn tell_state(&mut self) {
        if let Some(inspector) = &mut self.inspector {
            for event in self.evm.ctx.journaled_state.take_events() {
                inspector.state(&event);
            }
        }
    }
}
