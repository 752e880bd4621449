#![doc = include_str!("../README.md")]
//!
//! The outer side of WASM contracts: modules as artifacts.
//!
//! Their accounts, calls and transactions are the EVM's.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unreachable)
)]

mod artifact;

pub use artifact::Modules;

use hexapla_abi::Abi;
use hexapla_primitives::{ObjectKey, VmId, keccak256};
use hexapla_toolkit::{AddressFormat, ArtifactLoader, Currency, SharedAddresses, Toolkit, Words};

/// The toolkit of WASM contracts.
#[derive(Clone, Copy, Debug, Default)]
pub struct WasmToolkit;

static WORDS: Words = Words {
    ecosystem: "Stylus",
    contract: "WASM contract",
    short_contract: "contract",
    article: "a",
    signer: "account",
    section: None,
    signer_help: "name an account of `[accounts]` in `from`",
    value_help: "say `value`",
    calls_example: "",
    artifact: "`.wasm`",
    interface: "an ABI",
    colour: (0xbb, 0x9a, 0xf7),
};

impl Toolkit for WasmToolkit {
    fn vm(&self) -> VmId {
        VmId::WASM
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
        Some(&Modules)
    }

    /// The record of the activation.
    fn object_of_code(&self, code: &[u8]) -> Option<ObjectKey> {
        hexapla_wasm::is_program(code).then(|| hexapla_wasm::ActivationRecord::key(keccak256(code)))
    }

    fn contract_with_object(&self) -> Option<&'static str> {
        Some("a WASM contract")
    }
}
