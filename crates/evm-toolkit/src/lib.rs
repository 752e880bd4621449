#![doc = include_str!("../README.md")]
//!
//! The EVM's outer side: addresses, and the artifacts of Solidity's tools.
//!
//! The EVM's transactions are those that every part of the engine knows; they are no part of this toolkit yet.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unreachable)
)]

mod artifact;
mod console;

pub use artifact::SolidityArtifacts;

use hexapla_abi::Abi;
use hexapla_primitives::VmId;
use hexapla_toolkit::{
    AddressFormat, ArtifactLoader, BindingTarget, Currency, SharedAddresses, Toolkit, WellKnown, Words,
};

/// The EVM's toolkit.
#[derive(Clone, Copy, Debug, Default)]
pub struct EvmToolkit;

static WORDS: Words = Words {
    ecosystem: "Ethereum",
    contract: "contract",
    short_contract: "contract",
    article: "a",
    signer: "account",
    section: None,
    signer_help: "name an account of `[accounts]` in `from`",
    value_help: "say `value`",
    calls_example: "",
    artifact: "`.json`",
    interface: "an ABI",
    colour: (0x7a, 0xa2, 0xf7),
};

const TARGETS: [BindingTarget; 2] = [
    BindingTarget { name: "solidity", about: "An interface for Solidity contracts", by_native_id: false },
    BindingTarget { name: "typescript", about: "A TypeScript module for viem", by_native_id: false },
];

impl Toolkit for EvmToolkit {
    fn vm(&self) -> VmId {
        VmId::EVM
    }

    fn words(&self) -> &'static Words {
        &WORDS
    }

    fn abi(&self) -> Abi {
        Abi::Solidity
    }

    fn currency(&self) -> Currency {
        Currency { unit: "wei", wei: 1 }
    }

    fn addresses(&self) -> &dyn AddressFormat {
        &SharedAddresses
    }

    fn artifacts(&self) -> Option<&dyn ArtifactLoader> {
        Some(&SolidityArtifacts)
    }

    fn well_known(&self) -> Vec<WellKnown> {
        vec![console::console()]
    }

    fn binding_targets(&self) -> &'static [BindingTarget] {
        &TARGETS
    }
}
