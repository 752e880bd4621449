//! The failures of other multi-VM systems (f01 … f25), as tests for EVM → WASM, WASM → EVM and longer chains.
//!
//! Every test runs actor contracts that exist on both VMs, so that the same claim is checked for every ordered pair.

mod atomicity;
mod checks;
mod faults;
mod gas;
mod helpers;
mod reentrancy;
mod rules;
mod solana;
