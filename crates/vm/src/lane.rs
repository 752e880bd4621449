//! The path of a VM's own transactions.
//!
//! A VM whose users sign transactions of its own form has a [`Lane`]. What a transaction needs of no state (decoding,
//! sanitising, signatures) happens once, in [`Lane::decode`]. The rest is in three steps: [`LaneTransaction::begin`]
//! checks it against the state and charges the fee, [`LaneRun::run`] does what it says, and where that fails and is
//! undone, [`LaneRun::fail`] does what a failed transaction still leaves behind.

use crate::{Exit, Fatal, Host, HostError};
use alloc::{borrow::Cow, boxed::Box, string::String};
use hexapla_primitives::{Address, NativeGas};

/// What is checked of a transaction. A transaction that is to be committed needs all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneChecks {
    /// Whether its signatures are verified.
    pub signatures: bool,
    /// Whether it must be recent and new.
    pub recency: bool,
}

impl LaneChecks {
    /// Everything is checked.
    pub const ALL: Self = Self { signatures: true, recency: true };
    /// Nothing is checked that a simulation can do without.
    pub const NONE: Self = Self { signatures: false, recency: false };
}

/// A transaction is not executed; nothing was charged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LaneRefusal {
    /// The name of the reason, as clients of the VM know it.
    pub name: Cow<'static, str>,
    /// One sentence for people.
    pub message: String,
}

impl LaneRefusal {
    /// A refusal.
    pub fn new(name: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { name: name.into(), message: message.into() }
    }
}

/// Why a transaction did not begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LaneError {
    /// It is invalid.
    #[error(transparent)]
    Refused(#[from] LaneRefusal),
    /// A fault of the host.
    #[error(transparent)]
    Fatal(#[from] Fatal),
}

impl From<HostError> for LaneError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Fatal(fatal) => Self::Fatal(fatal),
            HostError::Fault { kind, message } => Self::Refused(LaneRefusal::new(kind.name(), message)),
        }
    }
}

/// Transactions of a VM's own form.
pub trait Lane {
    /// Reads a transaction and checks what can be checked without state.
    fn decode(&self, raw: &[u8], checks: LaneChecks) -> Result<Box<dyn LaneTransaction>, LaneRefusal>;
}

/// A transaction that was decoded.
pub trait LaneTransaction: Send + Sync {
    /// What identifies it, as clients of the VM know it.
    fn id(&self) -> &[u8];

    /// Canonical address of the account that pays the fee and stands behind the transaction.
    fn payer(&self) -> Address;

    /// Most gas that it can use.
    fn gas_limit(&self) -> u64;

    /// Gas that bounds the work on state which its fee pays for, by the host's price list: the sum of what the limits of its
    /// VM allow. Requests are metered against it while [`Host::fee_pays`] is on.
    fn state_gas(&self) -> u64;

    /// Checks it against the state and charges the fee; the fee pays for the requests. What this does stays, whatever
    /// happens later.
    fn begin(&self, host: &mut dyn Host) -> Result<Box<dyn LaneRun + '_>, LaneError>;
}

/// A transaction that has begun.
pub trait LaneRun {
    /// Does what the transaction says, its gas in the host. Everything is undone if it ends in a fault.
    fn run(&mut self, host: &mut dyn Host) -> Result<LaneEnd, Fatal>;

    /// Does what stays of a transaction that failed, beside the fee, which pays for it.
    fn fail(&mut self, host: &mut dyn Host) -> Result<(), Fatal>;
}

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneEnd {
    /// Result or fault.
    pub exit: Exit,
    /// Gas that it used.
    pub gas_used: u64,
    /// The same on the VM's own meter.
    pub native_used: Option<NativeGas>,
}
