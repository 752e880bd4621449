//! Calls between programs inside one entry, as the call tree shows them.

use crate::{
    context::Entry,
    error::{Failure, fault},
    identity::canonical_of_key,
    invocation::Invocation,
    limits::ACCOUNTS_MAX,
};
use hexapla_primitives::{Bytes, NativeGas, VmId};
use hexapla_vm::{Exit, Frame, FrameEnd};
use solana_instruction::{AccountMeta, error::InstructionError};
use solana_program_runtime::invoke_context::InvokeContext;
use solana_sbpf::vm::ContextObject as _;

impl Entry<'_> {
    /// A program begins. Whether its end is to be told as well: the program that the entry itself stands for is not
    /// called inside it.
    pub(crate) fn call_begins(&mut self, agave: &InvokeContext<'_, '_>) -> bool {
        if !self.host.is_traced() || agave.get_stack_height() <= self.own_height {
            return false;
        }
        let Ok(frame) = self.frame_of(agave) else { return false };
        self.host.enter_inner(&frame);
        true
    }

    /// It has ended.
    pub(crate) fn call_ends(&mut self, agave: &InvokeContext<'_, '_>, given: u64, failure: Option<InstructionError>) {
        let gas_left = agave.get_remaining();
        let native_used = Some(NativeGas { amount: given.saturating_sub(gas_left), unit: "CU" });
        let context = &agave.transaction_context;
        let program = context.get_current_instruction_context().and_then(|instruction| instruction.get_program_key());
        let program = program.copied().unwrap_or_default();
        // A program cannot catch the failure of one that it calls, so a reason that is known by now is its reason as well.
        let failure = failure.map(|error| match &self.failure {
            Some(Failure::OutOfUnits) => Failure::OutOfUnits,
            Some(Failure::Foreign(error, fault)) => Failure::Foreign(error.clone(), fault.clone()),
            _ => Failure::Instruction(error),
        });
        let exit = match failure.map(|failure| fault(canonical_of_key(&program), failure)) {
            Some(Ok(fault)) => Exit::Fault(fault),
            _ => match context.get_return_data() {
                (by, data) if *by == program => Exit::Return(Bytes::copy_from_slice(data)),
                _ => Exit::Return(Bytes::new()),
            },
        };
        self.host.exit_inner(&FrameEnd { exit, gas_left, native_used });
    }

    fn frame_of(&self, agave: &InvokeContext<'_, '_>) -> Result<Frame, InstructionError> {
        let context = &agave.transaction_context;
        let instruction = context.get_current_instruction_context()?;
        let accounts = instruction.instruction_accounts().iter().map(|account| {
            let pubkey = *context.get_key_of_account_at_index(account.index_in_transaction)?;
            Ok(AccountMeta { pubkey, is_signer: account.is_signer(), is_writable: account.is_writable() })
        });
        // A message can name the same accounts any number of times; the tree shows as many as a program can take.
        let accounts = accounts.take(ACCOUNTS_MAX).collect::<Result<_, InstructionError>>()?;
        let data = Bytes::copy_from_slice(instruction.get_instruction_data());
        let target = canonical_of_key(instruction.get_program_key()?);
        let input = Invocation { accounts, ..Invocation::of_data(data) }.to_bytes().unwrap_or_default();
        let caller = canonical_of_key(&self.caller(agave)?.unwrap_or(self.payer));
        Ok(Frame::inner(VmId::SVM, caller, target, input, agave.get_remaining(), agave.get_stack_height()))
    }
}
