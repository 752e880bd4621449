#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! The EVM (revm) over the world journal, with calls to other VMs intercepted.
//!
//! - [`Machine`]: executes transactions of the EVM lane over an [`Overlay`](hexapla_state::Overlay)
//! - `frames`: revm's frame hooks: where a call leaves the EVM, and where Stylus code is created
//! - `foreign`: runs a frame of another VM inside the transaction
//! - `host`: what such a frame may ask for
//! - [`Inspector`]: is told what a transaction does, over all VMs
//! - `lane`: executes transactions of other VMs' lanes
//! - `fault`: revm's results as faults
//! - [`predeploys()`]: the contracts that blocks call themselves
//! - [`decode_transaction`]: transactions as Ethereum's wallets sign them
//!
//! One revm instance serves all nested calls: a foreign VM that calls back runs a segment of revm's loop on the same
//! frame stack and the same journal. Rules of the border are not here but behind [`hexapla_vm::Border`].
//!
//! Without the feature `std` the crate is `no_std`.

#![cfg_attr(not(feature = "std"), no_std)]
// Lengths and numbers of guests are never cut.
#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

extern crate alloc;

mod fault;
mod foreign;
mod frames;
mod handler;
mod host;
mod inspect;
mod lane;
mod machine;
mod predeploys;
mod transaction;

pub use inspect::Inspector;
pub use machine::{ExecuteError, Executed, Machine};
pub use predeploys::{Predeploy, PredeployRole, predeploys};
pub use transaction::{TRANSACTION_BYTES_MAX, decode_transaction};

pub use revm::{
    bytecode::Bytecode,
    context::{BlockEnv, CfgEnv, TxEnv},
    context_interface::{
        block::BlobExcessGasAndPrice,
        either::Either,
        result::{InvalidTransaction, ResultGas},
        transaction::{
            AccessList, AccessListItem, Authorization, RecoveredAuthority, RecoveredAuthorization, SignedAuthorization,
            TransactionType,
        },
    },
    primitives::{TxKind, hardfork::SpecId},
    state::AccountInfo,
};

/// Most bytes of code that creates a contract, and of the code that it leaves (EIP-3860, EIP-170, EIP-7954). Before Shanghai
/// creation code has no limit of its own.
pub fn code_limits(spec: SpecId) -> (usize, usize) {
    use revm::context_interface::Cfg as _;
    let cfg: CfgEnv = CfgEnv::new_with_spec(spec);
    let creation = if spec.is_enabled_in(SpecId::SHANGHAI) { cfg.max_initcode_size() } else { usize::MAX };
    (creation, cfg.max_code_size())
}

/// Code as revm runs it. Bytes that only look like an EIP-7702 delegation are ordinary code.
pub fn bytecode(code: &hexapla_primitives::Bytes) -> Bytecode {
    Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code.clone()))
}
