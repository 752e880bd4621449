//! What a transaction did, in the words of the contracts' interfaces.
//!
//! - [`frame`]: the call tree, decoded
//! - [`account`]: accounts that are objects of their VM
//! - `meaning`: what a call means
//! - `crossing`: calls between VMs whose ABIs differ, in the callee's terms
//! - `transaction`: transactions of a VM's own form, whose root is no call but has instructions
//! - `event`: logs by the interface of their emitter
//! - [`value`]: values with names for addresses
//! - [`fault`]: failures as one line

pub mod account;
mod crossing;
pub(crate) mod event;
pub mod fault;
pub mod frame;
mod meaning;
pub(crate) mod transaction;
pub mod value;
