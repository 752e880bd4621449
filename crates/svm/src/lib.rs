#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! Solana programs as a VM of hexapla: unmodified sBPF on agave's runtime.
//!
//! - [`SvmVm`]: the adapter: programs are contracts, accounts are objects of the SVM's column, lamports are a view of the
//!   balance in wei
//! - [`invocation`]: a call of a program by a contract of another VM: accounts, data, seeds
//! - [`limits`]: what such a call may hold
//! - [`account`]: a Solana account as it is stored
//! - `context`: one entry into agave's `InvokeContext`, its accounts loaded from the host and written back
//! - [`SvmConvention`]: how programs are called and what they get of a failure
//! - `foreign`: a program calls an alias: out of the SVM, into another VM, and back
//! - `calls`: calls of programs by programs, as the call tree shows them
//! - `guard`: what the host adds to agave's native programs: re-entrancy over nested contexts, aliases that pay
//! - `identity`: whose account a key stands for
//! - `lane`: transactions of Solana's own form
//! - `examine`: what the loader sees in a program that is not deployed yet
//! - `precompiles`: signature checks as instructions
//! - `programs`, `runtime`, `sysvars`, `heaps`: compiled programs, the rules of the chain, the sysvars of a block, the
//!   memory of programs
//!
//! - [`genesis`], [`spl`], of `hexapla-svm-types`: accounts and programs that are there from the beginning
//! - `conformance`, with the feature of this name: the fixtures by which Solana's clients are compared
//!
//! Nothing outside this crate imports agave.

#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

pub mod account;
mod calls;
#[cfg(feature = "conformance")]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]
pub mod conformance;
mod context;
mod convention;
mod error;
mod examine;
mod foreign;
mod guard;
mod heaps;
mod identity;
pub mod invocation;
mod lane;
mod precompiles;
mod programs;
mod runtime;
mod session;
mod sysvars;
mod vm;

pub use convention::SvmConvention;
pub use foreign::CALL_WITH_VALUE;
pub use hexapla_svm_types::{
    AccountMeta, Invocation, InvocationError, Mode, Pubkey, StoredAccount, WEI_PER_LAMPORT, alias, canonical, genesis,
    limits, pubkey, spl,
};
pub use identity::BORDER;
pub use runtime::SetupError;
pub use vm::{Config, SvmVm};
