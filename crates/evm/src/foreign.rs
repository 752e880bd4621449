//! Runs a frame of another VM inside the transaction.

use crate::{
    host::{FrameHost, JournalState, Metered},
    machine::Machine,
};
use alloc::{boxed::Box, format, string::ToString};
use hexapla_primitives::{Address, Bytes, Fault, FaultKind, U256};
use hexapla_vm::{Border, CallKind, CallerEnd, Exit, Fatal, Frame, FrameEnd, HostError, HostResult, Translation};
use revm::{
    context::ContextTr,
    context_interface::{Cfg, JournalTr},
    interpreter::{Gas, SharedMemory},
    primitives::constants::CALL_STACK_LIMIT,
};

/// A call into another VM, ready to run.
pub(crate) struct ForeignCall {
    pub(crate) frame: Frame,
    /// Bytes of call data that were copied out of the caller's memory: the frame pays for them. Where its gas does not
    /// suffice, they were not copied.
    pub(crate) copied: usize,
    /// Who pays for value that call data states, if not the caller.
    pub(crate) payer: Option<Address>,
    /// State gas that may be used beside the gas limit (EIP-8037).
    pub(crate) reservoir: u64,
    /// The callee's view of the shared EVM memory, for the EVM frames it will call.
    pub(crate) memory: SharedMemory,
}

/// How it ended.
pub(crate) struct ForeignEnd {
    pub(crate) end: FrameEnd,
    /// What the caller gets of it, in its own form.
    pub(crate) output: Bytes,
    /// State gas and refunds; the remaining gas is in `end`.
    pub(crate) gas: Gas,
}

impl Machine {
    /// Runs a frame of another VM to its end: a checkpoint around it, the transfer, the rules and the record of the
    /// border. The order is that of an EVM call.
    pub(crate) fn run_foreign(&mut self, call: ForeignCall) -> Result<ForeignEnd, Fatal> {
        let ForeignCall { mut frame, copied, payer, reservoir, memory } = call;
        if self.is_watched() {
            self.frame_begins(&frame);
        }
        let entered = self.enter_frame(&mut frame, payer, copied)?;
        let mut gas = Gas::new_with_regular_gas_and_reservoir(frame.gas_limit, reservoir);
        let ended = match entered {
            Err(refused) => refused,
            Ok(()) => {
                let transfer = (frame.kind != CallKind::Delegate).then_some(frame.value);
                self.run_entered(&frame, transfer, &mut gas, memory)?
            }
        };
        let Ended { end, output, translation } = ended;
        if self.is_watched() {
            self.frame_ends(&end, None);
        }
        if let Some(tracer) = &mut self.tracer {
            tracer.translated(&end, translation);
        }
        Ok(ForeignEnd { end, output, gas })
    }

    /// Asks the border to let a frame in; [`Frame::gas_limit`] is then what is left for the frame itself. A refusal is
    /// recorded. What was refused before any work was done costs nothing, work that was done is paid, and a frame that could
    /// not pay for it has nothing left.
    pub(crate) fn enter_frame(
        &mut self,
        frame: &mut Frame,
        payer: Option<Address>,
        copied: usize,
    ) -> Result<Result<(), Ended>, Fatal> {
        let given = frame.gas_limit;
        let mut gas = Gas::new(given);
        let copying = Metered { ctx: &mut self.evm.ctx, gas: &mut gas }.charge_copy(copied);
        let mut is_let_in = false;
        let entered = copying.and_then(|()| self.enter(frame, &mut gas)).and_then(|states_value| {
            is_let_in = true;
            if states_value { self.pay_stated_value(frame, payer, &mut gas) } else { Ok(()) }
        });
        frame.gas_limit = gas.remaining();
        let (kind, message) = match entered {
            Ok(()) => return Ok(Ok(())),
            Err(HostError::Fatal(fatal)) => return Err(fatal),
            Err(HostError::Fault { kind, message }) => (kind, message),
        };
        let end = refused(frame, fault_in(frame, kind, &message));
        if is_let_in {
            let ended = self.exit_frame(frame, end)?;
            return Ok(Err(Ended { translation: None, ..ended }));
        }
        let output = self.border.refuse(&Frame { gas_limit: given, ..frame.clone() }, &end);
        Ok(Err(Ended { end, output, translation: None }))
    }

    /// Whether typed call data states a value, which is to be paid.
    fn enter(&mut self, frame: &mut Frame, gas: &mut Gas) -> HostResult<bool> {
        if frame.depth as u64 > CALL_STACK_LIMIT {
            return Err(HostError::fault(FaultKind::CallDepth, "calls are nested more than 1024 deep"));
        }
        let stated = frame.value;
        let (border, mut state) = self.border_state(frame, gas);
        border.enter(frame, &mut state)?;
        Ok(frame.value != stated)
    }

    /// The border, and state as it sees it, paid from `gas`.
    fn border_state<'a>(&'a mut self, frame: &Frame, gas: &'a mut Gas) -> (&'a mut dyn Border, JournalState<'a>) {
        let metered = Metered { ctx: &mut self.evm.ctx, gas };
        let state = JournalState { metered, read_only: frame.read_only, is_traced: self.tracer.is_some() };
        (&mut *self.border, state)
    }

    /// Typed call data states a value: the payer gives it to the caller, who sends it along.
    fn pay_stated_value(&mut self, frame: &Frame, payer: Option<Address>, gas: &mut Gas) -> HostResult<()> {
        if frame.read_only {
            return Err(HostError::READ_ONLY);
        }
        let cost = self.evm.ctx.cfg.gas_params().transfer_value_cost();
        Metered { ctx: &mut self.evm.ctx, gas }.charge(cost)?;
        let Some(payer) = payer else {
            let message = "the call states a value, but no account that signed and may be changed pays for it";
            return Err(HostError::fault(FaultKind::InsufficientBalance, message));
        };
        let moved = self.evm.ctx.journal_mut().transfer(payer, frame.caller, frame.value);
        match moved.map_err(|error| Fatal(error.to_string()))? {
            None => Ok(()),
            Some(_) => {
                let message = format!("the payer {payer} has less than the {} wei of the call", frame.value);
                Err(HostError::fault(FaultKind::InsufficientBalance, message))
            }
        }
    }

    /// Tells the border that a frame has ended, which turns its end into the caller's form, paid from what the frame has
    /// left.
    pub(crate) fn exit_frame(&mut self, frame: &Frame, mut end: FrameEnd) -> Result<Ended, Fatal> {
        let mut gas = Gas::new(end.gas_left);
        let (border, mut state) = self.border_state(frame, &mut gas);
        let CallerEnd { output, translation } = border.leave(frame, &mut end, &mut state)?;
        Ok(Ended { end, output, translation })
    }

    fn run_entered(
        &mut self,
        frame: &Frame,
        transfer: Option<U256>,
        gas: &mut Gas,
        memory: SharedMemory,
    ) -> Result<Ended, Fatal> {
        let Some(vm) = self.border.vm(frame.vm) else {
            return Err(Fatal(format!("code of {} was found, but that VM is not registered", frame.vm)));
        };
        let checkpoint = self.evm.ctx.journal_mut().checkpoint();
        if let Some(wei) = transfer
            && self.evm.ctx.journal_mut().transfer_loaded(frame.caller, frame.target, wei).is_some()
        {
            self.evm.ctx.journal_mut().checkpoint_revert(checkpoint);
            let message = "the caller has less than the value it sends";
            return self.exit_frame(frame, refused(frame, fault_in(frame, FaultKind::InsufficientBalance, message)));
        }
        let mut host = FrameHost::new(self, frame, *gas, memory);
        let ended = vm.run(frame, &mut host);
        *gas = host.into_gas();
        let mut end = ended?;
        // What the host was paid is gone, whatever the adapter says.
        end.gas_left = end.gas_left.min(gas.remaining());
        let ended = self.exit_frame(frame, end)?;
        let journal = self.evm.ctx.journal_mut();
        if ended.end.exit.is_success() {
            journal.checkpoint_commit();
        } else {
            journal.checkpoint_revert(checkpoint);
        }
        Ok(ended)
    }

    /// A refused call is a node of the call tree as well.
    pub(crate) fn trace_refused(&mut self, frame: &Frame, end: &FrameEnd) {
        if self.is_watched() {
            self.frame_begins(frame);
            self.frame_ends(end, None);
        }
    }
}

/// How a frame ended, what its caller gets of that, and how it was translated.
pub(crate) struct Ended {
    pub(crate) end: FrameEnd,
    pub(crate) output: Bytes,
    pub(crate) translation: Option<Box<Translation>>,
}

fn fault_in(frame: &Frame, kind: FaultKind, message: &str) -> Fault {
    Fault { vm: frame.vm, contract: frame.code_address, kind, data: Bytes::new(), code: None, message: message.into() }
}

/// The end of a frame that never began: what its gas has not paid for goes back.
fn refused(frame: &Frame, fault: Fault) -> FrameEnd {
    FrameEnd { exit: Exit::Fault(fault), gas_left: frame.gas_limit, native_used: None }
}
