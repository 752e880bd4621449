//! Fixtures and helpers that the tests of several crates share.
//!
//! - [`Script`]: what an actor contract shall do; the same script runs on every VM
//! - [`contracts`]: the committed artefacts in `contracts/`
//! - [`Stage`]: a chain in memory with two actors on each VM
//! - [`Chain`]: a chain in memory that can execute each transaction in all [`modes`]
//! - [`SvmActor`]: an actor on Solana, with its state account
//! - [`crossings`]: the calls between VMs in a call tree
//! - [`program_of`]: a WASM program of any size that looks like compiled code
//! - [`fixtures`]: test data from outside, where there is any
//!
//! Helpers panic with a sentence where something is wrong: they run in tests only.

mod chain;
pub mod contracts;
pub mod fixtures;
pub mod modes;
mod script;
mod solana;
mod stage;
mod synthetic;

use hexapla::{CallNode, Receipt};

/// The calls between VMs of a transaction that was traced, in the order in which they began.
pub fn crossings(receipt: &Receipt) -> Vec<&CallNode> {
    let tree = receipt.trace.as_ref().expect("the transaction was traced");
    tree.walk().filter(|call| call.is_crossing()).collect()
}

pub use chain::{Chain, all_modes};
pub use script::{CallMode, Script, ScriptCall};
pub use solana::SvmActor;
pub use stage::{Side, Stage, USER};
pub use synthetic::program_of;
