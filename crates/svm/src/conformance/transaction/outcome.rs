//! How a transaction ended, here and in the fixture.

use crate::lane::name_of;
use hexapla_primitives::Fault;
use hexapla_vm::{Fatal, LaneRejection};
use protosol::protos::TxnResult;
use solana_transaction_error::TransactionError;
use std::fmt;

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    /// Whether it is in the block: it paid.
    pub(super) executed: bool,
    /// `None` is a success.
    pub(super) error: Option<TransactionError>,
}

impl Outcome {
    pub(super) const SUCCESS: Self = Self { executed: true, error: None };

    /// It was refused. Of an error that has parts only the name is known.
    pub(super) fn refused(refusal: &LaneRejection) -> Self {
        let numbers = 0..NUMBERS_MAX;
        let error = numbers.map_while(|number| error_of(number, 0, 0, 0)).find(|error| name_of(error) == refusal.name);
        // No fixture says that it was this one.
        Self { executed: false, error: Some(error.unwrap_or(TransactionError::ClusterMaintenance)) }
    }

    /// It failed with what the lane says in the fault's data.
    pub(super) fn failed(fault: &Fault) -> Result<Self, Fatal> {
        let error = bincode::deserialize(&fault.data);
        let error = error.map_err(|error| Fatal(format!("the data of a fault is no error: {error}")))?;
        Ok(Self { executed: true, error: Some(error) })
    }

    /// What the fixture says. Numbers are one more than in bincode; zero is none.
    pub(super) fn expected(result: &TxnResult) -> Self {
        let error = result.status.checked_sub(1).map(|number| {
            let instruction = result.instruction_error.saturating_sub(1);
            let place = u8::try_from(result.instruction_error_index).unwrap_or(u8::MAX);
            let error = error_of(number, place, instruction, result.custom_error);
            error.unwrap_or(TransactionError::CommitCancelled)
        });
        let refused = (!result.executed && error.is_none()).then_some(TransactionError::SanitizeFailure);
        Self { executed: result.executed, error: error.or(refused) }
    }

    /// Whether the fixture says the same. Of a refusal it does not record all parts.
    pub(super) fn agrees(&self, expected: &Self) -> bool {
        use TransactionError as E;
        let same = match (&self.error, &expected.error) {
            (Some(E::InstructionError(..)), Some(E::InstructionError(..))) if !self.executed => true,
            (Some(E::DuplicateInstruction(_)), Some(E::DuplicateInstruction(_))) => true,
            (Some(E::InsufficientFundsForRent { .. }), Some(E::InsufficientFundsForRent { .. })) => true,
            (got, expected) => got == expected,
        };
        self.executed == expected.executed && same
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            None => f.write_str("success"),
            Some(error) if self.executed => write!(f, "failed with {error:?}"),
            Some(error) => write!(f, "refused with {}", name_of(error)),
        }
    }
}

/// More than there are errors.
const NUMBERS_MAX: u32 = 256;

/// The error of a number and its parts, as bincode has it.
fn error_of(number: u32, place: u8, instruction: u32, code: u32) -> Option<TransactionError> {
    bincode::deserialize(&bincode::serialize(&(number, place, instruction, code)).ok()?).ok()
}
