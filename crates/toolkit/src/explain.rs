//! Calls and failures in a VM's own terms.

use crate::AccountUse;
use hexapla_primitives::{Bytes, Fault};

/// What the call tree shows of one VM.
pub trait Explainer: Send + Sync {
    /// Accounts and data of a call, in the form in which a frame of this VM carries it.
    fn frame_call(&self, input: &Bytes) -> Option<(Vec<AccountUse>, Bytes)>;

    /// The same from call data with which a contract of the EVM makes a raw call; `None` where it is none.
    fn raw_call(&self, input: &Bytes) -> Option<(Vec<AccountUse>, Bytes)>;

    /// The call of a transaction with which it failed, counted from zero; `None` where it broke a rule about whole
    /// transactions.
    fn failed_call(&self, fault: &Fault) -> Option<usize>;

    /// What a contract of another VM said when it failed and a transaction of this VM's form with it: in its own form, out
    /// of the fault of the transaction.
    fn foreign_data(&self, fault: &Fault) -> Option<Bytes> {
        let _ = fault;
        None
    }

    /// Whether failures of contracts are numbers, whose names stand in interfaces.
    fn numbers_failures(&self) -> bool;
}
