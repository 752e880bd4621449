//! The path of a VM's own transactions.
//!
//! A VM whose users sign transactions of its own form has a [`Lane`]. What a transaction needs of no state (decoding,
//! sanitising, signatures) happens once, in [`Lane::decode`]. The rest is in three steps: [`LaneTransaction::validate`]
//! checks it against the state, which may run code of accounts, and charges the fee; [`LaneRun::run`] does what it says;
//! [`LaneRun::settle`] does what stays whether that succeeded or failed and was undone: it may refund, and write what the
//! transaction leaves behind.

use crate::{Exit, Fatal, Host, HostError, HostResult};
use alloc::{borrow::Cow, boxed::Box, string::String, vec, vec::Vec};
use hexapla_primitives::{Address, NativeGas, U256};

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
pub struct LaneRejection {
    /// The name of the reason, as clients of the VM know it.
    pub name: Cow<'static, str>,
    /// One sentence for people.
    pub message: String,
}

impl LaneRejection {
    /// A rejection.
    pub fn new(name: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { name: name.into(), message: message.into() }
    }
}

/// Why a transaction did not begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LaneError {
    /// It is invalid.
    #[error(transparent)]
    Rejected(#[from] LaneRejection),
    /// A fault of the host.
    #[error(transparent)]
    Fatal(#[from] Fatal),
}

impl From<HostError> for LaneError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Fatal(fatal) => Self::Fatal(fatal),
            HostError::Fault { kind, message } => Self::Rejected(LaneRejection::new(kind.name(), message)),
        }
    }
}

/// Transactions of a VM's own form.
pub trait Lane {
    /// Reads a transaction and checks what can be checked without state.
    fn decode(&self, raw: &[u8], checks: LaneChecks) -> Result<Box<dyn LaneTransaction>, LaneRejection>;
}

/// A transaction that was decoded.
pub trait LaneTransaction: Send + Sync {
    /// What identifies it, as clients of the VM know it.
    fn id(&self) -> &[u8];

    /// Canonical address of the account that pays the fee and stands behind the transaction.
    fn payer(&self) -> Address;

    /// Canonical addresses of all accounts that signed it, where it knows them without state. The payer comes first.
    fn signers(&self) -> Vec<Address> {
        vec![self.payer()]
    }

    /// Most gas that it can use.
    fn gas_limit(&self) -> u64;

    /// Gas that bounds the work on state which its fee pays for, by the host's price list: the sum of what the limits of its
    /// VM allow. Requests are metered against it while [`Host::fee_pays`] is on.
    fn state_gas(&self) -> u64;

    /// Most of its gas that code of accounts may use while it is validated. A transaction that is then rejected has paid for
    /// nothing, so this bounds what it costs everybody who tries it. Zero where validation runs no code.
    fn validation_gas(&self) -> u64 {
        0
    }

    /// Checks it against the state and charges the fee; the fee pays for the requests. What this does stays, whatever
    /// happens later. Calls that it makes run code of accounts (Cairo's `__validate__`): they are paid by the transaction's
    /// gas up to [`validation_gas`](Self::validation_gas), stand in its call tree, and take from what [`LaneRun::run`] has.
    fn validate(&self, host: &mut dyn LaneHost) -> Result<Box<dyn LaneRun + '_>, LaneError>;
}

/// What a lane may ask for when it validates: the fee, beside what every frame may. The type says who may charge:
/// [`LaneRun::run`] may not, because what it does can be undone, and [`LaneRun::settle`] may not, because by then the payer
/// may have nothing left. A lane that charges by usage takes the most in [`LaneTransaction::validate`] and gives back the
/// rest.
pub trait LaneHost: Host {
    /// Takes a fee from the transaction's payer. It never passes through the journal of anyone who gets it: the block's
    /// beneficiary is credited when the transaction commits.
    fn pay_fee(&mut self, wei: U256) -> HostResult<()>;
}

/// A transaction that was validated.
pub trait LaneRun {
    /// Does what the transaction says, its gas in the host. Everything is undone if it ends in a fault.
    fn run(&mut self, host: &mut dyn Host) -> Result<LaneEnd, Fatal>;

    /// Does what stays, however the transaction has ended; where it failed, what it did is undone by now. The fee pays for
    /// it, and it calls nobody. `end` says what the transaction used in all. Gives the part of the fee, in wei, that goes
    /// back to the payer.
    fn settle(&mut self, end: &LaneEnd, host: &mut dyn Host) -> Result<U256, Fatal>;
}

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneEnd {
    /// Result or fault.
    pub exit: Exit,
    /// Gas that it used: of [`LaneRun::run`] alone where that gives it, in all where [`LaneRun::settle`] gets it.
    pub gas_used: u64,
    /// The same on the VM's own meter.
    pub native_used: Option<NativeGas>,
}
