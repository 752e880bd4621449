//! Runs a frame of another VM inside the transaction.

use crate::{
    host::{FrameHost, JournalState, charge},
    machine::Machine,
};
use hexapla_primitives::{Address, Bytes, Fault, FaultKind, U256};
use hexapla_vm::{CallKind, Exit, Fatal, Frame, FrameEnd, HostError, HostResult};
use revm::{
    context::ContextTr,
    context_interface::{Cfg, JournalTr},
    interpreter::{Gas, SharedMemory},
    primitives::constants::CALL_STACK_LIMIT,
};

/// A call into another VM, ready to run.
pub(crate) struct ForeignCall {
    pub(crate) frame: Frame,
    /// Who pays for value that call data states, if not the caller.
    pub(crate) payer: Option<Address>,
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
        let ForeignCall { mut frame, payer, reservoir, memory } = call;
        let mut gas = Gas::new_with_regular_gas_and_reservoir(frame.gas_limit, reservoir);
        if let Some(tracer) = &mut self.tracer {
            tracer.enter(&frame, self.evm.ctx.journaled_state.logs().len());
        }
        let end = match self.admit(&mut frame, payer)? {
            Err(fault) => refused(&frame, fault),
            Ok(()) => {
                let transfer = (frame.kind != CallKind::Delegate).then_some(frame.value);
                self.run_admitted(&frame, transfer, &mut gas, memory)?
            }
        };
        if let Some(tracer) = &mut self.tracer {
            tracer.exit(&end, self.evm.ctx.journaled_state.logs(), None);
        }
        Ok(ForeignEnd { frame, end, gas })
    }

    /// Asks the border to let a frame in. A refusal is recorded, and no gas is used up by it.
    pub(crate) fn admit(&mut self, frame: &mut Frame, payer: Option<Address>) -> Result<Result<(), Fault>, Fatal> {
        let given = frame.gas_limit;
        let entered = self.enter(frame, payer);
        let (kind, message) = match entered {
            Ok(()) => return Ok(Ok(())),
            Err(HostError::Fatal(fatal)) => return Err(fatal),
            Err(HostError::Fault { kind, message }) => (kind, message),
        };
        frame.gas_limit = given;
        let fault = fault_in(frame, kind, &message);
        self.border.refuse(frame, &fault);
        Ok(Err(fault))
    }

    fn enter(&mut self, frame: &mut Frame, payer: Option<Address>) -> HostResult<()> {
        if frame.depth > CALL_STACK_LIMIT as usize {
            return Err(HostError::fault(FaultKind::CallDepth, "calls are nested more than 1024 deep"));
        }
        let stated = frame.value;
        self.border.enter(frame, &mut JournalState(&mut self.evm.ctx.journaled_state))?;
        if frame.value == stated {
            return Ok(());
        }
        let paid = self.pay_stated_value(frame, payer);
        if paid.is_err() {
            let fault = fault_in(frame, FaultKind::InsufficientBalance, "the value was not paid");
            let mut end = refused(frame, fault);
            self.border.leave(frame, &mut end, &mut JournalState(&mut self.evm.ctx.journaled_state))?;
        }
        paid
    }

    /// Typed call data states a value: the payer gives it to the caller, who sends it along.
    fn pay_stated_value(&mut self, frame: &mut Frame, payer: Option<Address>) -> HostResult<()> {
        if frame.read_only {
            return Err(HostError::READ_ONLY);
        }
        charge(&mut frame.gas_limit, self.evm.ctx.cfg.gas_params().transfer_value_cost())?;
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

    /// Tells the border that a frame has ended, which turns its result into the caller's form.
    pub(crate) fn dismiss(&mut self, frame: &Frame, end: &mut FrameEnd) -> Result<(), Fatal> {
        self.border.leave(frame, end, &mut JournalState(&mut self.evm.ctx.journaled_state))
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
            let mut end = refused(frame, fault_in(frame, FaultKind::InsufficientBalance, message));
            self.dismiss(frame, &mut end)?;
            return Ok(end);
        }
        let mut host = FrameHost::new(self, frame, *gas, memory);
        let ended = vm.run(frame, &mut host);
        *gas = host.into_gas();
        let mut end = ended?;
        self.dismiss(frame, &mut end)?;
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
    Fault { vm: frame.vm, contract: frame.code_address, kind, data: Bytes::new(), code: None, message: message.into() }
}

/// A frame that never began gives all its gas back.
pub(crate) fn refused(frame: &Frame, fault: Fault) -> FrameEnd {
    FrameEnd { exit: Exit::Fault(fault), gas_left: frame.gas_limit, native_used: None }
}
