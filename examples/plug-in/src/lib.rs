//! A VM of one's own beside the EVM, Stylus and Solana: a calculator for reverse Polish notation.
//!
//! A contract is a text with a function on each line, `double: 2 *`. It keeps one word, calls contracts of all VMs and is
//! called by them; its wallets sign transactions of its own form. `docs/adding-a-vm.md` walks through it.
//!
//! The VM, in the order in which one writes it:
//!
//! - [`program`]: contracts as text
//! - [`store`]: ids, and the objects in which contracts and wallets are kept
//! - [`fault`]: how contracts fail
//! - [`interface`]: what callers of other VMs see of a program
//! - [`machine`]: runs a function, and pays for each step
//! - [`convention`]: how contracts are called, and what they get of failures
//! - [`vm`]: all of this as a [`Vm`](hexapla_vm::Vm)
//! - [`transaction`], `lane`: transactions of its own form
//! - [`toolkit`]: ids as text, artifacts, accounts, signers, explanations
//!
//! and [`vms`] and [`toolkits`], which register it.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unreachable)
)]
#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

pub mod convention;
pub mod fault;
pub mod interface;
mod lane;
pub mod machine;
pub mod program;
pub mod store;
pub mod toolkit;
pub mod transaction;
pub mod vm;

pub use lane::{BASE_GAS, GAS_LIMIT_MAX};
pub use toolkit::CalcToolkit;
pub use vm::CalcVm;

use hexapla::{SetupError, VmConfig, VmSet};
use hexapla_primitives::VmId;
use hexapla_toolkit::Toolkits;
use std::sync::Arc;

/// The VM's tag. Those from 128 up are free for everybody.
pub const CALC: VmId = VmId(200);

/// All VMs of hexapla, and this one.
///
/// # Errors
///
/// A VM cannot start.
pub fn vms(config: VmConfig) -> Result<VmSet, SetupError> {
    Ok(hexapla::standard_vms(config)?.with(CalcVm)?)
}

/// The toolkits of all VMs of hexapla, and of this one.
pub fn toolkits() -> Toolkits {
    hexapla::toolkits().with(Arc::new(CalcToolkit))
}
