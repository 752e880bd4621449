//! The calculator among the other VMs.
//!
//! - [`stage`]: a chain with contracts of all VMs
//! - [`calls`]: Solidity, Stylus and Solana call the calculator, and it calls them
//! - [`failures`]: failures on both sides, and running out of gas
//! - [`hostile`]: bytes that nobody sane sends
//! - [`lane`]: transactions of its own form

#![allow(clippy::result_large_err, reason = "a failure is the receipt that a test looks at")]

mod calls;
mod failures;
mod hostile;
mod lane;
mod stage;
