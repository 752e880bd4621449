//! Compiled contracts from files, each by the toolkit that knows its form.

use super::for_callers;
use crate::{
    files::{self, BYTES_MAX},
    problem::{Problem, Result},
};
use hexapla_abi::{Interface, interface::Constructor, link_libraries};
use hexapla_primitives::{Address, Bytes, NativeId, VmId};
use hexapla_toolkit::{ArtifactFile, ArtifactLoader, Deployable, Toolkits};
use std::{path::Path, sync::Arc};

/// A contract that can be deployed.
#[derive(Clone, Debug)]
pub(crate) struct Contract {
    pub(crate) vm: VmId,
    pub(crate) code: Deployable,
    /// As callers of the EVM's lane see it.
    pub(crate) interface: Option<Arc<Interface>>,
    /// What the chain is told, in the contract's own terms.
    pub(crate) registered: Option<Arc<Interface>>,
    /// Its id, where that does not follow from who creates it.
    pub(crate) id: Option<NativeId>,
}

impl Contract {
    /// Its constructor, where its interface has one.
    pub(crate) fn constructor(&self) -> Option<&Constructor> {
        self.interface.as_ref()?.constructor.as_ref()
    }

    /// Whether it stands under an id of its VM.
    pub(crate) const fn is_native(&self) -> bool {
        matches!(self.code, Deployable::Native(_))
    }
}

/// Which file, and what of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'r> {
    pub(crate) file: &'r Path,
    /// The contract of a file with several.
    pub(crate) contract: Option<&'r str>,
    /// A file with the interface.
    pub(crate) abi: Option<&'r Path>,
    /// The interface that the chain is told; `None` where the step does not say.
    pub(crate) interface: Option<InterfaceSource<'r>>,
    /// Libraries with their addresses, where its code waits for some.
    pub(crate) libraries: &'r [(&'r str, Address)],
    /// Where packed modules are kept.
    pub(crate) cache: Option<&'r Path>,
}

/// Which interface the chain is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum InterfaceSource<'r> {
    /// That of the artifact.
    Own,
    /// That of a file.
    File(&'r Path),
    /// None.
    Nothing,
}

/// Reads a contract.
pub(crate) fn load(toolkits: &Toolkits, request: Request<'_>) -> Result<Contract> {
    let bytes = files::read(request.file, "read the artefact", BYTES_MAX)?;
    let bytes = linked(bytes, request.libraries)?;
    let (path, contract, cache) = (request.file, request.contract, request.cache);
    let file = ArtifactFile { path, bytes: &bytes, contract, cache };
    let (toolkit, loader) = toolkits.owner_of(&file).ok_or_else(|| no_loader(path))?;
    let loaded = loader.load(&file, &toolkits.artifact_forms())?;
    let contract = Contract {
        vm: toolkit.vm(),
        code: loaded.code,
        interface: loaded.interface.map(Arc::new),
        registered: None,
        id: None,
    };
    match contract.is_native() {
        true => with_native_interface(contract, loader, request),
        false => with_interface(contract, loader, request),
    }
}

/// A file with the addresses of libraries in it.
fn linked(file: Vec<u8>, libraries: &[(&str, Address)]) -> Result<Bytes> {
    if libraries.is_empty() {
        return Ok(file.into());
    }
    let text = String::from_utf8_lossy(&file);
    let linked = link_libraries(&text, libraries).map_err(|error| {
        Problem::new("hexapla::artefact::library", error.to_string())
            .with_help("write a library's name as its source has it, or with its file and a colon before it")
    })?;
    Ok(linked.into_bytes().into())
}

fn no_loader(file: &Path) -> Box<Problem> {
    Problem::new("hexapla::artefact::form", format!("{} is not a compiled contract", file.display()))
}

/// The interface that callers use, and the one that the chain is told where the step says so.
fn with_interface(mut contract: Contract, loader: &dyn ArtifactLoader, request: Request<'_>) -> Result<Contract> {
    let extension = loader.interface_extension();
    let beside = request.file.with_extension(extension);
    let has_own = request.file.extension().is_some_and(|own| own == "json");
    let beside = Some(beside.as_path()).filter(|beside| !has_own && beside.is_file());
    if let Some(file) = request.abi.or(beside) {
        contract.interface = Some(Arc::new(read_interface(file)?));
    }
    contract.registered = match request.interface {
        None | Some(InterfaceSource::Nothing) => None,
        Some(InterfaceSource::File(file)) => Some(Arc::new(read_interface(file)?)),
        Some(InterfaceSource::Own) => Some(contract.interface.clone().ok_or_else(|| no_interface(request.file))?),
    };
    if contract.interface.is_none() {
        contract.interface = contract.registered.as_ref().map(|told| Arc::new(for_callers(told)));
    }
    Ok(contract)
}

/// The interface of a contract with its own ABI: the one beside it, unless the step says otherwise. The chain is told it.
fn with_native_interface(contract: Contract, loader: &dyn ArtifactLoader, request: Request<'_>) -> Result<Contract> {
    let beside = request.file.with_extension(loader.interface_extension());
    let file = match (request.interface, request.abi) {
        (Some(InterfaceSource::Nothing), _) => None,
        (Some(InterfaceSource::File(file)), _) | (_, Some(file)) => Some(file),
        (Some(InterfaceSource::Own), None) if contract.interface.is_some() => None,
        (Some(InterfaceSource::Own), None) if !beside.is_file() => return Err(no_interface(request.file)),
        (_, None) => Some(beside.as_path()).filter(|file| file.is_file()),
    };
    let wants_none = matches!(request.interface, Some(InterfaceSource::Nothing));
    let carried = contract.interface.clone().filter(|_| !wants_none);
    let registered = file.map(read_interface).transpose()?.map(Arc::new).or(carried);
    let interface = registered.as_ref().map(|told| Arc::new(for_callers(told)));
    Ok(Contract { interface, registered, ..contract })
}

fn no_interface(file: &Path) -> Box<Problem> {
    let message = format!("{} comes without an interface", file.display());
    Problem::new("hexapla::artefact::interface", message).with_help("name a file with it: `interface = \"FILE\"`")
}

/// The interface in a file of any known form.
pub(crate) fn read_interface(file: &Path) -> Result<Interface> {
    let text = files::read_text(file, "read the interface", BYTES_MAX)?;
    Interface::detect(&text).map_err(|error| {
        Problem::new("hexapla::artefact::interface", format!("{} is not an interface", file.display())).because(error)
    })
}
