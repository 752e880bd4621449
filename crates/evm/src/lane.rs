//! Executes transactions of other VMs' lanes.
//!
//! The machine is the same as for the EVM lane: one journal, one border, revm's frame stack for whatever EVM code such a
//! transaction reaches.

use crate::{
    foreign::Ended,
    handler::LaneHandler,
    host::FrameHost,
    machine::{ExecuteError, Executed, Machine},
};
use alloc::{format, string::ToString};
use hexapla_primitives::{Address, Bytes, FaultKind, U256, VmId};
use hexapla_vm::{Exit, Fatal, Frame, FrameEnd, HostError, LaneEnd, LaneError, LaneRejection, LaneTransaction, Tracer};
use revm::{
    context::{ContextTr, TxEnv, result::ResultGas},
    context_interface::{JournalTr, LocalContextTr as _, journaled_state::account::JournaledAccountTr as _},
    handler::Handler,
    interpreter::{Gas, SharedMemory},
    primitives::TxKind,
};

impl Machine {
    /// Executes a transaction of the lane of `vm` on the state as it is, and commits nothing.
    pub fn execute_lane(&mut self, vm: VmId, tx: &dyn LaneTransaction, trace: bool) -> Result<Executed, ExecuteError> {
        let payer = tx.payer();
        self.reset(TxEnv {
            caller: payer,
            kind: TxKind::Call(payer),
            gas_limit: tx.gas_limit(),
            chain_id: Some(self.environment.chain_id),
            ..TxEnv::default()
        });
        self.tracer = trace.then(Tracer::default);
        let mut frame = Frame::root(vm, payer, Bytes::copy_from_slice(tx.id()), tx.gas_limit());
        let ended = self.run_lane(&mut frame, tx);
        self.tell_state();
        let logs = self.evm.ctx.journal_mut().take_logs();
        self.evm.ctx.journal_mut().commit_tx();
        self.evm.ctx.local_mut().clear();
        self.evm.frame_stack.clear();
        let changes = self.evm.ctx.journaled_state.take_changes();
        let trace = self.tracer.take().and_then(Tracer::finish);
        if let Some(failure) = self.evm.ctx.journaled_state.take_failure() {
            return Err(failure.into());
        }
        let (end, gas_used) = ended?;
        let (output, fault) = match end.exit {
            Exit::Return(output) => (output, None),
            Exit::Fault(fault) => (fault.data.clone(), Some(fault)),
        };
        Ok(Executed {
            success: fault.is_none(),
            output,
            created: None,
            fault,
            gas: ResultGas::default().with_total_gas_spent(gas_used),
            logs,
            program_log: core::mem::take(&mut self.program_log),
            fee: self.fee,
            changes,
            trace,
        })
    }

    /// The end of the transaction, and the gas that it used.
    fn run_lane(&mut self, frame: &mut Frame, tx: &dyn LaneTransaction) -> Result<(FrameEnd, u64), ExecuteError> {
        LaneHandler.load_accounts(self)?;
        if let Err(Ended { end: FrameEnd { exit: Exit::Fault(fault), .. }, .. }) = self.enter_frame(frame, None, 0)? {
            return Err(ExecuteError::Rejected(LaneRejection::new(fault.kind.name(), fault.message)));
        }
        self.frame_begins(frame);
        let allowed = tx.validation_gas().min(frame.gas_limit);
        let mut host = self.lane_host(frame, Gas::new(allowed), Gas::new(tx.state_gas())).fees_pay();
        let validated = tx.validate(&mut host);
        let (gas, fee_gas) = host.into_gas_and_fee_gas();
        let validation = allowed.saturating_sub(gas.remaining());
        let gas = Gas::new(frame.gas_limit.saturating_sub(validation));
        let mut run = validated.map_err(|error| match error {
            LaneError::Rejected(refusal) => ExecuteError::Rejected(refusal),
            LaneError::Fatal(fatal) => ExecuteError::Fatal(fatal),
        })?;
        let checkpoint = self.evm.ctx.journal_mut().checkpoint();
        let mut host = self.lane_host(frame, gas, fee_gas);
        let ended = run.run(&mut host);
        let (gas, fee_gas) = host.into_gas_and_fee_gas();
        let LaneEnd { exit, gas_used, native_used } = ended?;
        let gas_used = gas_used.saturating_add(validation).min(frame.gas_limit);
        let gas_left = frame.gas_limit.saturating_sub(gas_used).min(gas.remaining());
        let Ended { end, translation, .. } = self.exit_frame(frame, FrameEnd { exit, gas_left, native_used })?;
        let fee_gas = if end.exit.is_success() {
            self.evm.ctx.journal_mut().checkpoint_commit();
            fee_gas
        } else {
            self.evm.ctx.journal_mut().checkpoint_revert(checkpoint);
            // Whatever the transaction has used before it failed, the fee pays for what stays.
            Gas::new(tx.state_gas())
        };
        let lane_end = LaneEnd { exit: end.exit.clone(), gas_used, native_used };
        // Without gas of its own: what is called now would be paid by nobody.
        let refund = run.settle(&lane_end, &mut self.lane_host(frame, Gas::new(0), fee_gas).fees_pay())?;
        self.refund_fee(tx.payer(), refund)?;
        self.frame_ends(&end, None);
        if let Some(tracer) = &mut self.tracer {
            tracer.translated(&end, translation);
        }
        Ok((end, gas_used))
    }

    fn lane_host<'a>(&'a mut self, frame: &'a Frame, gas: Gas, fee_gas: Gas) -> FrameHost<'a> {
        let memory = SharedMemory::new_with_buffer(self.evm.ctx.local().shared_memory_buffer().clone());
        FrameHost::new(self, frame, gas, memory).with_fee_gas(fee_gas)
    }

    /// Takes a fee from an account, for the beneficiary of the block.
    pub(crate) fn take_fee(&mut self, payer: Address, wei: U256) -> Result<(), HostError> {
        let fatal = |error: &dyn core::fmt::Display| HostError::Fatal(Fatal(error.to_string()));
        let mut account = self.evm.ctx.journal_mut().load_account_mut(payer).map_err(|error| fatal(&error))?.data;
        if !account.decr_balance(wei) {
            let message = format!("the account {payer} has less than the fee of {wei} wei");
            return Err(HostError::fault(FaultKind::InsufficientBalance, message));
        }
        self.fee = self.fee.saturating_add(wei);
        Ok(())
    }

    /// Gives the payer back a part of the fee that the running transaction has paid; never more than that.
    fn refund_fee(&mut self, payer: Address, wei: U256) -> Result<(), Fatal> {
        let refund = wei.min(self.fee);
        if refund.is_zero() {
            return Ok(());
        }
        let account = self.evm.ctx.journal_mut().load_account_mut(payer);
        let mut account = account.map_err(|error| Fatal(error.to_string()))?.data;
        if !account.incr_balance(refund) {
            return Err(Fatal(format!("the balance of {payer} overflows by a refund of {refund} wei")));
        }
        self.fee -= refund;
        Ok(())
    }
}
