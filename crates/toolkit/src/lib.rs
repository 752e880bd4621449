#![doc = include_str!("../README.md")]
//!
//! The outer side of a VM: what wallets, tools and people need of it, as traits.
//!
//! A VM's adapter runs contracts; its [`Toolkit`] knows how people write its ids, sign and build its transactions, load
//! its artifacts and read its accounts. Scenarios, the command line and services use toolkits by these traits and know no
//! VM by name. Toolkits of several VMs live in one process, so the traits are object-safe and ids are [`NativeId`]s.
//!
//! - [`Toolkit`]: one VM's toolkit, with its parts; [`Toolkits`]: those that are there, in order
//! - [`AddressFormat`]: ids as text, and ids that follow from names and seeds
//! - [`ArtifactLoader`]: compiled contracts
//! - [`AccountCodec`]: accounts as they are stored, at genesis too
//! - [`TransactionFormat`]: signers of tests, calls, transactions, deployments
//! - [`Explainer`]: calls and failures in the VM's own terms
//! - [`FieldSpec`], [`Fields`]: options that a toolkit declares, and values for them
//! - [`ToolError`]: what is wrong, at which option, and what to do
//!
//! Left out: execution. Nothing here depends on the executor, an adapter, or a store.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unreachable)
)]

mod accounts;
mod address;
mod artifact;
mod error;
mod explain;
mod field;
mod set;
mod transaction;

pub use accounts::{AccountCodec, AccountPart, DecodedAccount, Predeployed, WellKnown};
pub use address::{AddressFormat, DerivationSpec, IdBook, SharedAddresses};
pub use artifact::{Artifact, ArtifactFile, ArtifactLoader, Deployable, Recognition};
pub use error::ToolError;
pub use explain::Explainer;
pub use field::{FieldKind, FieldSpec, FieldValue, Fields};
pub use hexapla_primitives::NativeId;
pub use set::Toolkits;
pub use transaction::{
    AccountUse, CallTarget, Deployment, DeploymentPlan, NativeCall, Payload, StateView, TestSigner, TransactionFormat,
    TransactionRequest, TypedNativeCall, UnsignedTransaction,
};

use hexapla_abi::Abi;
use hexapla_primitives::{ObjectKey, U256, VmId};

/// The native coin as the VM counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency {
    /// The name of its unit, in the plural.
    pub unit: &'static str,
    /// Wei in a unit.
    pub wei: u64,
}

impl Currency {
    /// Whole units in so much wei.
    pub fn of_wei(self, wei: U256) -> U256 {
        wei.checked_div(U256::from(self.wei)).unwrap_or_default()
    }
}

/// Words with which people speak of a VM. They stand in messages and in scenario files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// The ecosystem: `Starknet`.
    pub ecosystem: &'static str,
    /// A contract at home on the VM, without an article: `Starknet contract`.
    pub contract: &'static str,
    /// The same in short: `contract`, `program`.
    pub short_contract: &'static str,
    /// An article for both: `a`, `an`.
    pub article: &'static str,
    /// What signs a transaction: `keypair`.
    pub signer: &'static str,
    /// The section of a scenario in which ids of the VM are named; `None` where they are addresses like all others.
    pub section: Option<&'static str>,
    /// How to name a signer in a scenario: a sentence with an example.
    pub signer_help: &'static str,
    /// How to send coin, where a transaction carries no value: a sentence.
    pub value_help: &'static str,
    /// How to write the calls of a transaction in a scenario, as an example.
    pub calls_example: &'static str,
    /// A file that new code comes from: `.so` for example.
    pub artifact: &'static str,
    /// What an interface is called: `ABI`, `IDL`.
    pub interface: &'static str,
    /// The colour in which the VM is shown: red, green, blue.
    pub colour: (u8, u8, u8),
}

/// A language for which interfaces are written down as source code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BindingTarget {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is generated, as a sentence.
    pub about: &'static str,
    /// Whether generated code names a contract by its id on this VM in place of its address.
    pub by_native_id: bool,
}

/// One VM's outer side. Parts that the VM does not have are `None`.
pub trait Toolkit: Send + Sync {
    /// The VM.
    fn vm(&self) -> VmId;

    /// How people speak of it.
    fn words(&self) -> &'static Words;

    /// The ABI in which its contracts are called.
    fn abi(&self) -> Abi;

    /// The native coin as the VM counts it.
    fn currency(&self) -> Currency;

    /// Its ids.
    fn addresses(&self) -> &dyn AddressFormat;

    /// Its compiled contracts.
    fn artifacts(&self) -> Option<&dyn ArtifactLoader> {
        None
    }

    /// Addresses that its developers call on every chain, although the chain need not know them.
    fn well_known(&self) -> Vec<WellKnown> {
        Vec::new()
    }

    /// Its accounts, where they are objects of its own.
    fn accounts(&self) -> Option<&dyn AccountCodec> {
        None
    }

    /// Its own transactions, where it has such.
    fn transactions(&self) -> Option<&dyn TransactionFormat> {
        None
    }

    /// Its calls and failures, where they are not those of the EVM.
    fn explainer(&self) -> Option<&dyn Explainer> {
        None
    }

    /// The languages in which its developers call contracts.
    fn binding_targets(&self) -> &'static [BindingTarget] {
        &[]
    }

    /// The object in which the VM remembers that this code may run; `None` where it keeps none.
    fn object_of_code(&self, code: &[u8]) -> Option<ObjectKey> {
        let _ = code;
        None
    }

    /// A contract that has such an object, with an article; `None` where the VM keeps none.
    fn contract_with_object(&self) -> Option<&'static str> {
        None
    }
}
