//! How a frame failed. A fault is data, never an `Err`.

use crate::VmId;
use alloc::string::String;
use alloy_primitives::{Address, Bytes};
use core::fmt;
use serde::{Deserialize, Serialize};

/// The kind of a failure, in words that hold for every VM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The contract refused by its own rule and gave back what was left of its gas.
    Revert,
    /// The gas cap was used up.
    OutOfGas,
    /// The contract did something its VM forbids: a bad jump, an out-of-bounds access, an `unreachable`.
    Trap,
    /// The VM's own stack budget was used up.
    StackOverflow,
    /// Calls were nested too deeply.
    CallDepth,
    /// The caller has not enough of the native coin.
    InsufficientBalance,
    /// A write was tried in a read-only frame.
    ReadOnly,
    /// A rule of the border forbids the call, e.g. a delegate call to another VM.
    Border,
    /// The code cannot run: it was never activated, or is not what it claims to be.
    InvalidCode,
    /// A contract could not be created: address taken, code too large, nonce exhausted.
    Create,
}

impl FaultKind {
    /// Short name for people and for `ForeignFault`, e.g. `out-of-gas`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revert => "revert",
            Self::OutOfGas => "out-of-gas",
            Self::Trap => "trap",
            Self::StackOverflow => "stack-overflow",
            Self::CallDepth => "call-depth",
            Self::InsufficientBalance => "insufficient-balance",
            Self::ReadOnly => "read-only",
            Self::Border => "border",
            Self::InvalidCode => "invalid-code",
            Self::Create => "create",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Which contract of which VM failed, how, and with what to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The VM in which the failure arose.
    pub vm: VmId,
    /// Canonical address of the contract that failed.
    pub contract: Address,
    /// What kind of failure it is.
    pub kind: FaultKind,
    /// The failure in the VM's own form: revert data of the EVM and of Stylus.
    pub data: Bytes,
    /// The failure's number, where the contract or its interface numbers its failures (Solana's custom codes).
    pub code: Option<u64>,
    /// One sentence for people. Empty for a plain revert, whose `data` says it.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {} contract {}", self.kind, self.vm, self.contract)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}
