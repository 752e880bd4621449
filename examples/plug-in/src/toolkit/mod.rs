//! The VM's outer side: ids as text, artifacts, accounts, transactions, explanations.
//!
//! - [`ids`]: names of contracts and keys of wallets
//! - [`accounts`]: contracts and wallets as they are stored and as a chain begins with them
//! - [`transactions`]: signers of tests, calls, transactions, deployments
//!
//! Nothing here runs a contract.

pub mod accounts;
pub mod ids;
pub mod transactions;

use crate::{CALC, interface::interface_of, program::Program};
use accounts::Accounts;
use hexapla_abi::Abi;
use hexapla_primitives::{Bytes, Fault, VmId};
use hexapla_toolkit::{
    AccountCodec, AccountUse, AddressFormat, Artifact, ArtifactFile, ArtifactLoader, Currency, Deployable, Explainer,
    Recognition, ToolError, Toolkit, TransactionFormat, Words,
};
use ids::Ids;
use transactions::Transactions;

/// The calculator's toolkit.
#[derive(Clone, Copy, Debug, Default)]
pub struct CalcToolkit;

static WORDS: Words = Words {
    ecosystem: "calc",
    contract: "calc contract",
    short_contract: "contract",
    article: "a",
    signer: "wallet",
    section: Some("wallets"),
    signer_help: "wallets stand in `[wallets]`, e.g. `carol = { wallet = true, balance = 1_000_000_000_000_000_000 }`",
    value_help: "send coin from an account of `[accounts]`",
    calls_example: r#"instructions = [{ call = "meter.double", args = [21] }]"#,
    artifact: "`.calc`",
    interface: "an interface",
    colour: (0xd6, 0x8a, 0x3f),
};

impl Toolkit for CalcToolkit {
    fn vm(&self) -> VmId {
        CALC
    }

    fn words(&self) -> &'static Words {
        &WORDS
    }

    fn abi(&self) -> Abi {
        Abi::Bcs
    }

    fn currency(&self) -> Currency {
        Currency { unit: "wei", wei: 1 }
    }

    fn addresses(&self) -> &dyn AddressFormat {
        &Ids
    }

    fn artifacts(&self) -> Option<&dyn ArtifactLoader> {
        Some(self)
    }

    fn accounts(&self) -> Option<&dyn AccountCodec> {
        Some(&Accounts)
    }

    fn transactions(&self) -> Option<&dyn TransactionFormat> {
        Some(&Transactions)
    }

    fn explainer(&self) -> Option<&dyn Explainer> {
        Some(self)
    }
}

/// Programs are texts in `.calc` files; the interface follows from the text.
impl ArtifactLoader for CalcToolkit {
    fn forms(&self) -> &'static [&'static str] {
        &["calc programs in `.calc` files"]
    }

    fn recognise(&self, file: &ArtifactFile<'_>) -> Recognition {
        if file.extension() == "calc" { Recognition::ByName } else { Recognition::No }
    }

    fn load(&self, file: &ArtifactFile<'_>, _: &str) -> Result<Artifact, ToolError> {
        let program = Program::parse(file.bytes).map_err(|error| {
            ToolError::new("artefact::form", format!("{} cannot run as a contract", file.path.display()))
                .because(error)
                .with_help("a line for each function, e.g. `double: 2 *`")
        })?;
        let name = file.path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let interface = Some(interface_of(name, &program));
        Ok(Artifact { code: Deployable::Native(file.bytes.clone()), interface })
    }

    fn interface_extension(&self) -> &'static str {
        "calc.json"
    }
}

/// Calls are texts already, and failures numbers.
impl Explainer for CalcToolkit {
    fn frame_call(&self, input: &Bytes) -> Option<(Vec<AccountUse>, Bytes)> {
        Some((Vec::new(), input.clone()))
    }

    fn raw_call(&self, input: &Bytes) -> Option<(Vec<AccountUse>, Bytes)> {
        let text = input.strip_prefix(crate::convention::RAW)?;
        Some((Vec::new(), Bytes::copy_from_slice(text)))
    }

    /// A transaction makes one call.
    fn failed_call(&self, _: &Fault) -> Option<usize> {
        Some(0)
    }

    fn numbers_failures(&self) -> bool {
        true
    }
}
