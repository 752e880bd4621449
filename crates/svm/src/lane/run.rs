//! The instructions of a transaction, in one entry into agave.

use super::{budget::Budget, recency::Nonce};
use crate::{
    context::{self, AccountUse, BlockContext, LoadLimit, Plan, TopInstruction},
    error::{Failure, fault, transaction_error},
    identity::canonical_of_key,
    sysvars::Sysvars,
    vm::SvmVm,
};
use hexapla_primitives::{Bytes, Fault, NativeGas, U256};
use hexapla_vm::{Exit, Fatal, Host, HostError, LaneEnd, LaneRun};
use solana_instruction::error::InstructionError;
use solana_message::SanitizedMessage;
use solana_pubkey::Pubkey;
use solana_sdk_ids::sysvar;
use solana_transaction_context::instruction_accounts::InstructionAccount;
use solana_transaction_error::TransactionError;
use std::{borrow::Cow, sync::Arc};

/// Bytes that a lookup table counts in the size of what a transaction loads (SIMD-0186).
const TABLE_BYTES: u64 = 8248;

/// A transaction that has been paid for.
pub(super) struct Run<'a> {
    pub(super) vm: &'a SvmVm,
    pub(super) sysvars: Arc<Sysvars>,
    pub(super) message: Cow<'a, SanitizedMessage>,
    pub(super) budget: Budget,
    pub(super) nonce: Option<Nonce>,
}

impl LaneRun for Run<'_> {
    fn run(&mut self, host: &mut dyn Host) -> Result<LaneEnd, Fatal> {
        let ground = BlockContext { runtime: &self.vm.runtime, programs: &self.vm.programs, sysvars: &self.sysvars };
        // The fee pays for state.
        let outcome = context::run(ground, host, self.plan())?;
        let gas_used = outcome.compute_units_used;
        let exit = match outcome.result {
            Ok(()) => Exit::Return(self.returned(outcome.return_data)),
            Err((index, failure)) => Exit::Fault(self.fault(index, failure)?),
        };
        Ok(LaneEnd { exit, gas_used, native_used: Some(NativeGas { amount: gas_used, unit: "CU" }) })
    }

    /// The fee is the same whatever was used. A failed transaction still advances its nonce, which a successful one does by
    /// its first instruction.
    fn settle(&mut self, end: &LaneEnd, host: &mut dyn Host) -> Result<U256, Fatal> {
        let nonce = self.nonce.as_ref().filter(|_| !end.exit.is_success());
        match nonce.map(|nonce| nonce.advance(host)) {
            None | Some(Ok(())) => Ok(U256::ZERO),
            Some(Err(HostError::Fatal(fatal))) => Err(fatal),
            Some(Err(HostError::Fault { message, .. })) => Err(Fatal(format!("a nonce was not advanced: {message}"))),
        }
    }
}

impl Run<'_> {
    /// What the transaction returns: the return data of its last instruction's program. What a program that it called has
    /// left behind carries another id.
    fn returned(&self, (setter, data): (Pubkey, Vec<u8>)) -> Bytes {
        let last = self.message.instructions().len().saturating_sub(1);
        if self.program(last) == setter { data.into() } else { Bytes::new() }
    }

    /// The program of the instruction at `index`.
    fn program(&self, index: usize) -> Pubkey {
        let place = self.message.instructions().get(index).map(|instruction| usize::from(instruction.program_id_index));
        place.and_then(|place| self.message.account_keys().get(place)).copied().unwrap_or_default()
    }

    /// The fault of the instruction at `index`. Its data is the `TransactionError` in bincode, as Solana records it; behind
    /// it stands what a contract of another VM that failed has said itself. Its code is the number that Solana sees.
    fn fault(&self, index: usize, failure: Failure) -> Result<Fault, Fatal> {
        let error = transaction_error(index, &failure);
        let is_foreign = matches!(failure, Failure::Foreign(..));
        let fault = fault(canonical_of_key(&self.program(index)), failure)?;
        let mut data = bincode::serialize(&error).unwrap_or_default();
        let mut code = fault.code;
        if is_foreign {
            data.extend_from_slice(&fault.data);
            code = match error {
                TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(code.into()),
                _ => code,
            };
        }
        Ok(Fault { data: data.into(), code, ..fault })
    }

    fn plan(&self) -> Plan {
        let message = &*self.message;
        let keys = message.account_keys();
        let accounts: Vec<AccountUse> = keys
            .iter()
            .enumerate()
            .map(|(index, key)| AccountUse { key: *key, writable: message.is_writable(index) })
            .collect();
        let instructions = message
            .instructions()
            .iter()
            .map(|instruction| TopInstruction {
                program: instruction.program_id_index.into(),
                accounts: instruction
                    .accounts
                    .iter()
                    .map(|index| {
                        let (place, index) = (u16::from(*index), usize::from(*index));
                        InstructionAccount::new(place, message.is_signer(index), message.is_writable(index))
                    })
                    .collect(),
                data: instruction.data.clone(),
            })
            .collect();
        let asks = keys.iter().any(|key| *key == sysvar::instructions::ID);
        let instructions_sysvar = asks
            .then(|| solana_instructions_sysvar::construct_instructions_data(&message.decompile_instructions()).ok())
            .flatten();
        let tables = message.message_address_table_lookups().len() as u64;
        Plan {
            accounts,
            instructions,
            outbound: None,
            payer: *message.fee_payer(),
            own_height: 0,
            instructions_sysvar,
            compute_units: self.budget.compute_units.into(),
            heap_bytes: self.budget.heap_bytes,
            load_limit: Some(LoadLimit { bytes: tables * TABLE_BYTES, bytes_max: self.budget.loaded_bytes.into() }),
        }
    }
}
