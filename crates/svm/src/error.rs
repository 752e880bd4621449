//! How agave's failures look to the rest.

use hexapla_primitives::{Address, Bytes, Fault, FaultKind, VmId};
use hexapla_vm::{Fatal, HostError};
use solana_instruction::error::InstructionError;
use solana_transaction_error::TransactionError;

/// Why an entry into the SVM failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A program failed, or broke a rule.
    Instruction(InstructionError),
    /// A program used up its compute units between two syscalls. Solana's clients know that as a program that failed to
    /// complete, like a broken one.
    OutOfUnits,
    /// A contract of another VM failed, and as no program can catch that, so does the whole entry: the number that
    /// programs see, and the contract's own failure.
    Foreign(InstructionError, Fault),
    /// A rule about whole transactions, and a sentence.
    Transaction(TransactionError, String),
    /// A rule of the host.
    Fault(FaultKind, String),
    /// A fault of the host itself.
    Fatal(Fatal),
}

impl From<InstructionError> for Failure {
    fn from(error: InstructionError) -> Self {
        Self::Instruction(error)
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Fault { kind, message } => Self::Fault(kind, message.into()),
            HostError::Fatal(fatal) => Self::Fatal(fatal),
        }
    }
}

/// The fault of a frame of `contract`.
pub(crate) fn fault(contract: Address, failure: Failure) -> Result<Fault, Fatal> {
    let (kind, code, message) = match failure {
        Failure::Fatal(fatal) => return Err(fatal),
        Failure::Fault(kind, message) => (kind, None, message),
        Failure::Transaction(error, message) => (kind_of_transaction(&error), None, message),
        Failure::OutOfUnits => (FaultKind::OutOfGas, None, "the program used up its compute units".to_owned()),
        Failure::Instruction(error) => {
            let code = if let InstructionError::Custom(code) = error { Some(code) } else { None };
            (kind_of(&error), code, sentence(&error))
        }
        Failure::Foreign(_, fault) => return Ok(fault),
    };
    let data = code.map_or_else(Bytes::new, |code| code.to_le_bytes().into());
    Ok(Fault { vm: VmId::SVM, contract, kind, data, code: code.map(u64::from), message })
}

/// The failure of the instruction at `index` as Solana's clients know it.
pub(crate) fn transaction_error(index: usize, failure: &Failure) -> TransactionError {
    let error = match failure {
        Failure::Transaction(error, _) => return error.clone(),
        Failure::Instruction(error) | Failure::Foreign(error, _) => error.clone(),
        Failure::OutOfUnits => InstructionError::ProgramFailedToComplete,
        Failure::Fault(FaultKind::OutOfGas, _) => InstructionError::ComputationalBudgetExceeded,
        Failure::Fault(FaultKind::InsufficientBalance, _) => InstructionError::InsufficientFunds,
        Failure::Fault(..) | Failure::Fatal(_) => InstructionError::GenericError,
    };
    TransactionError::InstructionError(index_in_error(index), error)
}

/// The place of an instruction or an account as Solana's errors carry it: those that do not fit are the last.
pub(crate) fn index_in_error(index: usize) -> u8 {
    u8::try_from(index).unwrap_or(u8::MAX)
}

fn kind_of_transaction(error: &TransactionError) -> FaultKind {
    match error {
        TransactionError::InsufficientFundsForRent { .. } => FaultKind::InsufficientBalance,
        _ => FaultKind::InvalidCode,
    }
}

fn sentence(error: &InstructionError) -> String {
    match error {
        InstructionError::Custom(code) => format!("custom program error: {code:#x}"),
        error => error.to_string(),
    }
}

fn kind_of(error: &InstructionError) -> FaultKind {
    use InstructionError as E;
    match error {
        E::ComputationalBudgetExceeded => FaultKind::OutOfGas,
        E::CallDepth | E::MaxInstructionTraceLengthExceeded => FaultKind::CallDepth,
        E::InsufficientFunds => FaultKind::InsufficientBalance,
        E::ReentrancyNotAllowed | E::PrivilegeEscalation => FaultKind::Border,
        E::ProgramFailedToComplete | E::ProgramEnvironmentSetupFailure => FaultKind::Trap,
        E::UnsupportedProgramId | E::InvalidAccountData => FaultKind::InvalidCode,
        _ => FaultKind::Revert,
    }
}
