#![doc = include_str!("../README.md")]
//!
//! Solana's outer side: keys, programs as artifacts, accounts, transactions, deployments, explanations.
//!
//! - `address`: keys in base58, keys that follow from names, seeds and wallets
//! - `artifact`: programs
//! - `accounts`, `programs`, `names`: stored accounts, the programs that are there from the beginning, and names that
//!   everybody knows
//! - `extensions`: what stands behind the data of Token-2022's accounts
//! - `transaction`: calls, messages, signers, the transactions of the loader
//! - `explain`: instructions and failures
//!
//! Nothing here runs a program: agave's runtime is not in the tree.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unreachable)
)]

mod accounts;
mod address;
mod artifact;
mod explain;
mod extensions;
mod names;
mod programs;
mod transaction;

pub use accounts::Accounts;
pub use address::{Keys, id_of, key_of};
pub use artifact::Programs;
pub use explain::Instructions;
pub use transaction::Transactions;

use hexapla_abi::Abi;
use hexapla_primitives::VmId;
use hexapla_svm_types::WEI_PER_LAMPORT;
use hexapla_toolkit::{
    AccountCodec, AddressFormat, ArtifactLoader, BindingTarget, Currency, Explainer, Toolkit, TransactionFormat, Words,
};

/// Solana's toolkit.
#[derive(Clone, Copy, Debug, Default)]
pub struct SvmToolkit;

static WORDS: Words = Words {
    ecosystem: "Solana",
    contract: "Solana program",
    short_contract: "program",
    article: "a",
    signer: "keypair",
    section: Some("keys"),
    signer_help: "keypairs stand in `[keys]`, e.g. `carol = { keypair = true, lamports = 10_000_000_000 }`",
    value_help: "send coin with `system-program.transfer_sol`",
    calls_example: r#"instructions = [{ invoke = "spl-memo", data = { text = "hi" } }]"#,
    artifact: "`.so`",
    interface: "an IDL",
    colour: (0x3f, 0xd6, 0xa8),
};

const TARGETS: [BindingTarget; 2] = [
    BindingTarget { name: "anchor", about: "An Anchor IDL", by_native_id: true },
    BindingTarget {
        name: "rust",
        about: "A no_std crate for Solana programs that call the contract",
        by_native_id: true,
    },
];

impl Toolkit for SvmToolkit {
    fn vm(&self) -> VmId {
        VmId::SVM
    }

    fn words(&self) -> &'static Words {
        &WORDS
    }

    fn abi(&self) -> Abi {
        Abi::Borsh
    }

    fn currency(&self) -> Currency {
        Currency { unit: "lamports", wei: WEI_PER_LAMPORT }
    }

    fn addresses(&self) -> &dyn AddressFormat {
        &Keys
    }

    fn artifacts(&self) -> Option<&dyn ArtifactLoader> {
        Some(&Programs)
    }

    fn accounts(&self) -> Option<&dyn AccountCodec> {
        Some(&Accounts)
    }

    fn transactions(&self) -> Option<&dyn TransactionFormat> {
        Some(&Transactions)
    }

    fn explainer(&self) -> Option<&dyn Explainer> {
        Some(&Instructions)
    }

    fn binding_targets(&self) -> &'static [BindingTarget] {
        &TARGETS
    }
}
