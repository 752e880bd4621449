//! What a transaction did, in the words of the contracts' interfaces.
//!
//! - [`frame`]: the call tree, decoded
//! - [`crossing`]: calls between VMs whose ABIs differ, in the callee's terms
//! - [`transaction`]: transactions of Solana's lane, whose root is no call but has instructions
//! - [`value`]: values with names for addresses
//! - [`fault`]: failures as one line

pub(crate) mod crossing;
pub(crate) mod fault;
pub(crate) mod frame;
pub(crate) mod transaction;
pub(crate) mod value;
