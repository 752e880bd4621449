//! How contracts fail: with a number of 64 bits.

use crate::CALC;
use hexapla_primitives::{Address, Bytes, Fault, FaultKind};
use hexapla_vm::{Fatal, HostError};

/// A failure of a contract's own, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Code {
    /// A number was divided by zero.
    DivisionByZero = 1,
    /// A result is negative or needs more than 64 bits.
    Overflow = 2,
    /// A step found too few numbers: the call had too few arguments.
    StackEmpty = 3,
    /// The contract has no such function.
    NoSuchFunction = 4,
    /// The call is not one, or has too many arguments.
    MalformedCall = 5,
    /// The called contract does not exist.
    NoContract = 6,
    /// The called contract returned something that is not a number of 64 or 256 bits.
    UnreadableResult = 7,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::DivisionByZero,
        Self::Overflow,
        Self::StackEmpty,
        Self::NoSuchFunction,
        Self::MalformedCall,
        Self::NoContract,
        Self::UnreadableResult,
    ];

    /// Its number.
    pub const fn number(self) -> u64 {
        self as u64
    }

    /// Its name, as interfaces have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DivisionByZero => "DivisionByZero",
            Self::Overflow => "Overflow",
            Self::StackEmpty => "StackEmpty",
            Self::NoSuchFunction => "NoSuchFunction",
            Self::MalformedCall => "MalformedCall",
            Self::NoContract => "NoContract",
            Self::UnreadableResult => "UnreadableResult",
        }
    }

    /// A sentence for people.
    pub const fn message(self) -> &'static str {
        match self {
            Self::DivisionByZero => "a number was divided by zero",
            Self::Overflow => "a result is negative or needs more than 64 bits",
            Self::StackEmpty => "the call has too few arguments",
            Self::NoSuchFunction => "the contract has no such function",
            Self::MalformedCall => "the call is malformed or has too many arguments",
            Self::NoContract => "the called contract does not exist",
            Self::UnreadableResult => "the called contract returned what is not a number",
        }
    }
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The contract failed.
    Own(Code),
    /// A contract that it called failed, and it passes that on.
    Callee(Fault),
    /// The host did not serve a request: out of gas, a write in a read-only frame, a rule of the border.
    Host(HostError),
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Self::Own(code)
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Self::Host(error)
    }
}

impl Failure {
    /// Something about the code or the call that has nothing to do with the program's steps.
    pub fn of_kind(kind: FaultKind, message: impl Into<String>) -> Self {
        Self::Host(HostError::fault(kind, message.into()))
    }

    /// The fault of a frame of `contract`.
    ///
    /// # Errors
    ///
    /// The host itself has failed.
    pub fn into_fault(self, contract: Address) -> Result<Fault, Fatal> {
        let vm = CALC;
        match self {
            Self::Own(code) => Ok(Fault {
                vm,
                contract,
                kind: FaultKind::Revert,
                data: data_of(code.number()),
                code: Some(code.number()),
                message: code.message().to_owned(),
            }),
            Self::Callee(fault) => Ok(fault),
            Self::Host(HostError::Fatal(fatal)) => Err(fatal),
            Self::Host(HostError::Fault { kind, message }) => {
                Ok(Fault { vm, contract, kind, data: Bytes::new(), code: None, message: message.into() })
            }
        }
    }
}

/// A failure's number in the form in which callers get it: 8 bytes, little-endian.
pub fn data_of(number: u64) -> Bytes {
    number.to_le_bytes().into()
}
