//! Runs a frame of another VM inside the transaction.

use crate::{host::FrameHost, machine::Machine};
use hexapla_primitives::{Bytes, Fault, FaultKind, U256};
use hexapla_vm::{Exit, Fatal, Frame, FrameEnd};
use revm::{
    context::ContextTr,
    context_interface::JournalTr,
    interpreter::{Gas, SharedMemory},
    primitives::constants::CALL_STACK_LIMIT,
};

/// A call into another VM, ready to run.
pub(crate) struct ForeignCall {
    pub(crate) frame: Frame,
    /// Native coin that moves from the caller to the target.
    pub(crate) transfer: Option<U256>,
    /// State gas that may be used beside the gas limit (EIP-8037).
    pub(crate) reservoir: u64,
    /// The callee's view of the shared EVM memory, for the EVM frames it will call.
    pub(crate) memory: SharedMemory,
}

/// How it ended.
pub(crate) struct ForeignEnd {
    pub(crate) frame: Frame,
    pub(crate) end: FrameEnd,
    /// State gas and refunds; the remaining gas is in `end`.
    pub(crate) gas: Gas,
}

impl Machine {
    /// Runs a frame of another VM to its end: a checkpoint around it, the transfer, the rules and the record of the
    /// border. The order is that of an EVM call.
    pub(crate) fn run_foreign(&mut self, call: ForeignCall) -> Result<ForeignEnd, Fatal> {
        let ForeignCall { mut frame, transfer, reservoir, memory } = call;
        let mut gas = Gas::new_with_regular_gas_and_reservoir(frame.gas_limit, reservoir);
        if let Some(tracer) = &mut self.tracer {
            tracer.enter(&frame, self.evm.ctx.journaled_state.logs().len());
        }
        let end = match self.admit(&mut frame) {
            Err(fault) => {
                self.border.refuse(&frame, &fault);
                refused(&frame, fault)
            }
            Ok(()) => {
                let end = self.run_admitted(&frame, transfer, &mut gas, memory)?;
                self.border.leave(&frame, &end);
                end
            }
        };
        if let Some(tracer) = &mut self.tracer {
            tracer.exit(&end, self.evm.ctx.journaled_state.logs(), None);
        }
        Ok(ForeignEnd { frame, end, gas })
    }

    fn admit(&mut self, frame: &mut Frame) -> Result<(), Fault> {
        if frame.depth > CALL_STACK_LIMIT as usize {
            return Err(fault_in(frame, FaultKind::CallDepth, "calls are nested more than 1024 deep"));
        }
        self.border.enter(frame)
    }

    fn run_admitted(
        &mut self,
        frame: &Frame,
        transfer: Option<U256>,
        gas: &mut Gas,
        memory: SharedMemory,
    ) -> Result<FrameEnd, Fatal> {
        let Some(vm) = self.border.vm(frame.vm) else {
            return Err(Fatal(format!("code of {} was found, but that VM is not registered", frame.vm)));
        };
        let checkpoint = self.evm.ctx.journal_mut().checkpoint();
        if let Some(wei) = transfer
            && self.evm.ctx.journal_mut().transfer_loaded(frame.caller, frame.target, wei).is_some()
        {
            self.evm.ctx.journal_mut().checkpoint_revert(checkpoint);
            let message = "the caller has less than the value it sends";
            return Ok(refused(frame, fault_in(frame, FaultKind::InsufficientBalance, message)));
        }
        let mut host = FrameHost::new(self, frame, *gas, memory);
        let ended = vm.run(frame, &mut host);
        *gas = host.into_gas();
        let end = ended?;
        let journal = self.evm.ctx.journal_mut();
        if end.exit.is_success() {
            journal.checkpoint_commit();
        } else {
            journal.checkpoint_revert(checkpoint);
        }
        Ok(end)
    }
}

fn fault_in(frame: &Frame, kind: FaultKind, message: &str) -> Fault {
    Fault { vm: frame.vm, contract: frame.code_address, kind, data: Bytes::new(), message: message.into() }
}

/// A frame that never began gives all its gas back.
fn refused(frame: &Frame, fault: Fault) -> FrameEnd {
    FrameEnd { exit: Exit::Fault(fault), gas_left: frame.gas_limit, native_used: None }
}
