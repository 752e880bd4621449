//! Compiled contracts from files.

use crate::ToolError;
use hexapla_abi::Interface;
use hexapla_primitives::Bytes;
use std::path::Path;

/// Whether a file is one of a VM's artifacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recognition {
    /// It is not.
    No,
    /// It may be, where nobody else knows it.
    Perhaps,
    /// Its content says so.
    ByContent,
    /// Its name says so.
    ByName,
}

/// A file that was read, and what of it is wanted.
#[derive(Clone, Copy, Debug)]
pub struct ArtifactFile<'a> {
    /// Where it is, for messages.
    pub path: &'a Path,
    /// What it holds.
    pub bytes: &'a Bytes,
    /// The contract of a file with several.
    pub contract: Option<&'a str>,
    /// A folder in which results of long work may be kept.
    pub cache: Option<&'a Path>,
}

impl ArtifactFile<'_> {
    /// The extension of its name.
    pub fn extension(&self) -> &str {
        self.path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
    }
}

/// What is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deployable {
    /// Creation code without constructor arguments: a transaction of the EVM's lane creates the contract.
    Creation(Bytes),
    /// Code that stands under an id of the VM: put into the state as it is, or deployed by the VM's own transactions.
    Native(Bytes),
}

impl Deployable {
    /// The bytes.
    pub const fn bytes(&self) -> &Bytes {
        let (Self::Creation(bytes) | Self::Native(bytes)) = self;
        bytes
    }
}

/// A contract that can be deployed.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// What is deployed.
    pub code: Deployable,
    /// The interface, where the file carries it.
    pub interface: Option<Interface>,
}

/// The compiled contracts of one VM.
pub trait ArtifactLoader: Send + Sync {
    /// The forms of files, for a list in a message.
    fn forms(&self) -> &'static [&'static str];

    /// Whether a file is an artifact of this VM.
    fn recognise(&self, file: &ArtifactFile<'_>) -> Recognition;

    /// What of the bytes of a file is deployed, before it is packed: not what is for debuggers.
    fn deployed(&self, bytes: &Bytes) -> Bytes {
        bytes.clone()
    }

    /// Loads it. `forms` says which forms of files all VMs have, for messages.
    ///
    /// # Errors
    ///
    /// A sentence that names the file and says why it cannot be deployed.
    fn load(&self, file: &ArtifactFile<'_>, forms: &str) -> Result<Artifact, ToolError>;

    /// With what the call data of a constructor begin, where that is a function of the contract. Else creation code runs
    /// the constructor itself, with the arguments that stand behind it.
    fn constructor_selector(&self) -> Option<[u8; 4]> {
        None
    }

    /// Whether creation code creates a contract whose constructor is a function.
    fn calls_constructor(&self, creation: &Bytes) -> bool {
        let _ = creation;
        false
    }

    /// Creation code that creates the contract and calls its constructor in the same transaction, and fails where either
    /// does. The contract is the first one that the created account creates.
    fn creation_with_call(&self, creation: &Bytes, call: &Bytes) -> Bytes {
        [&creation[..], call].concat().into()
    }

    /// The extension of the file with the interface that stands beside an artifact.
    fn interface_extension(&self) -> &'static str;
}
