//! Instructions and failures of transactions.

use crate::address::id_of;
use hexapla_primitives::{Bytes, Fault, VmId};
use hexapla_svm_types::Invocation;
use hexapla_toolkit::{AccountUse, Explainer};
use solana_transaction_error::TransactionError;

/// Instructions as the call tree has them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Instructions;

impl Explainer for Instructions {
    fn frame_call(&self, input: &Bytes) -> Option<(Vec<AccountUse>, Bytes)> {
        Invocation::from_bytes(input).map(shown)
    }

    fn raw_call(&self, input: &Bytes) -> Option<(Vec<AccountUse>, Bytes)> {
        Invocation::is_invoke(input).then(|| Invocation::from_solidity(input).ok()).flatten().map(shown)
    }

    fn failed_call(&self, fault: &Fault) -> Option<usize> {
        match bincode::deserialize(&fault.data) {
            Ok(TransactionError::InstructionError(index, _)) => Some(index.into()),
            _ => None,
        }
    }

    /// It stands behind the `TransactionError`.
    fn foreign_data(&self, fault: &Fault) -> Option<Bytes> {
        let error = bincode::deserialize::<TransactionError>(&fault.data).ok()?;
        let length = usize::try_from(bincode::serialized_size(&error).ok()?).ok()?;
        let data = fault.data.get(length..)?;
        (fault.vm != VmId::SVM || !data.is_empty()).then(|| fault.data.slice(length..))
    }

    fn numbers_failures(&self) -> bool {
        true
    }
}

fn shown(invocation: Invocation) -> (Vec<AccountUse>, Bytes) {
    let account = |meta: &hexapla_svm_types::AccountMeta| AccountUse {
        id: id_of(&meta.pubkey),
        signer: meta.is_signer,
        writable: meta.is_writable,
    };
    (invocation.accounts.iter().map(account).collect(), invocation.data)
}
