//! Compiled contracts from files: JSON artefacts of Solidity tools, WASM modules, Solana programs, plain hex.

use super::solana;
use crate::problem::{Problem, Result};
use alloy_primitives::hex;
use hexapla::wasm;
use hexapla_abi::{Artefact, ArtefactError, Interface};
use hexapla_primitives::{B256, Bytes, keccak256};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How a WASM module begins.
const WASM_MAGIC: &[u8] = b"\0asm";
/// How a Solana program begins: it is an ELF file.
const ELF_MAGIC: &[u8] = b"\x7fELF";

/// What can be deployed.
const FORMS: &str = "artefacts are JSON of Foundry, Hardhat or solc, `.wasm` modules, Solana programs in `.so` files, or \
                     `.hex` creation code";

/// Another version may pack a module into other bytes.
const PACKER: &str = env!("CARGO_PKG_VERSION");

/// A contract that can be deployed.
#[derive(Clone, Debug)]
pub(crate) struct Contract {
    pub(crate) code: Code,
    /// As callers of the EVM lane see it.
    pub(crate) interface: Option<Arc<Interface>>,
    /// What the chain is told, in the contract's own terms.
    pub(crate) registered: Option<Arc<Interface>>,
    /// The id of a Solana program.
    pub(crate) id: Option<B256>,
}

/// What is deployed.
#[derive(Clone, Debug)]
pub(crate) enum Code {
    /// Creation code without constructor arguments.
    Creation(Bytes),
    /// The ELF file of a Solana program.
    Program(Bytes),
}

impl Code {
    fn creation(bytes: Bytes) -> Contract {
        Contract { code: Self::Creation(bytes), interface: None, registered: None, id: None }
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
    pub(crate) interface: Option<Told<'r>>,
    /// Where packed WASM modules are kept.
    pub(crate) cache: Option<&'r Path>,
}

/// Which interface the chain is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told<'r> {
    /// That of the artefact.
    Own,
    /// That of a file.
    File(&'r Path),
    /// None.
    Nothing,
}

/// Reads a contract.
pub(crate) fn load(request: Request<'_>) -> Result<Contract> {
    let bytes = fs::read(request.file).map_err(|error| Problem::file(request.file, "read the artefact", error))?;
    let extension = request.file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let mut contract = match extension {
        "wasm" => from_wasm(&bytes, request)?,
        "so" => return from_elf(bytes, request),
        "hex" | "bin" => Code::creation(from_hex(&bytes, request.file)?),
        _ if bytes.starts_with(WASM_MAGIC) => from_wasm(&bytes, request)?,
        _ if bytes.starts_with(ELF_MAGIC) => return from_elf(bytes, request),
        _ => from_json(&bytes, request)?,
    };
    if let Some(abi) = interface_file(request, extension) {
        contract.interface = Some(Arc::new(read_interface(&abi)?));
    }
    contract.registered = match request.interface {
        None | Some(Told::Nothing) => None,
        Some(Told::File(file)) => Some(Arc::new(read_interface(file)?)),
        Some(Told::Own) => Some(contract.interface.clone().ok_or_else(|| no_interface(request.file))?),
    };
    if contract.interface.is_none() {
        contract.interface = contract.registered.as_ref().map(|told| Arc::new(solana::for_solidity(told)));
    }
    Ok(contract)
}

fn no_interface(file: &Path) -> Box<Problem> {
    let message = format!("{} comes without an interface", file.display());
    Problem::new("hexapla::artefact::interface", message).with_help("name a file with it: `interface = \"FILE\"`")
}

/// A Solana program. Its interface is the IDL beside it, unless the step says otherwise.
fn from_elf(bytes: Vec<u8>, request: Request<'_>) -> Result<Contract> {
    if !bytes.starts_with(ELF_MAGIC) {
        return Err(not_a_contract(request.file).with_help("a `.so` file begins with \\x7fELF; this one does not"));
    }
    let beside = request.file.with_extension("json");
    let file = match (request.interface, request.abi) {
        (Some(Told::Nothing), _) => None,
        (Some(Told::File(file)), _) | (_, Some(file)) => Some(file),
        (Some(Told::Own), None) if !beside.is_file() => return Err(no_interface(request.file)),
        (_, None) => Some(beside.as_path()).filter(|file| file.is_file()),
    };
    let registered = file.map(read_interface).transpose()?.map(Arc::new);
    let interface = registered.as_ref().map(|told| Arc::new(solana::for_solidity(told)));
    Ok(Contract { code: Code::Program(bytes.into()), interface, registered, id: None })
}

/// The interface's file: the one named, or `name.abi.json` beside `name.wasm`.
fn interface_file(request: Request<'_>, extension: &str) -> Option<PathBuf> {
    if let Some(abi) = request.abi {
        return Some(abi.to_owned());
    }
    let beside = request.file.with_extension("abi.json");
    (extension != "json" && beside.is_file()).then_some(beside)
}

fn read_interface(file: &Path) -> Result<Interface> {
    let text = fs::read_to_string(file).map_err(|error| Problem::file(file, "read the interface", error))?;
    Interface::detect(&text).map_err(|error| {
        Problem::new("hexapla::artefact::interface", format!("{} is not an interface", file.display())).because(error)
    })
}

fn from_json(bytes: &[u8], request: Request<'_>) -> Result<Contract> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_a_contract(request.file).because(error))?;
    let read = match request.contract {
        Some(name) => Artefact::from_json_named(text, name),
        None => Artefact::from_json(text),
    };
    let artefact = read.map_err(|error| artefact_problem(request.file, error))?;
    let Some(init_code) = artefact.bytecode else {
        let message = format!("{} has no creation bytecode", request.file.display());
        let help = "it is an interface or an abstract contract; name the artefact of a contract that can be deployed";
        return Err(Problem::new("hexapla::artefact::no_code", message).with_help(help));
    };
    Ok(Contract { interface: artefact.interface.map(Arc::new), ..Code::creation(init_code) })
}

fn artefact_problem(file: &Path, error: ArtefactError) -> Box<Problem> {
    let (code, help) = match &error {
        ArtefactError::Unlinked { .. } => (
            "hexapla::artefact::unlinked",
            "deploy the library first and link its address: forge build --libraries FILE:NAME:ADDRESS",
        ),
        ArtefactError::SeveralContracts { .. } | ArtefactError::NoSuchContract { .. } => {
            ("hexapla::artefact::which", "say which one with `contract = \"Name\"`")
        }
        _ => ("hexapla::artefact::form", FORMS),
    };
    Problem::new(code, format!("{} cannot be deployed", file.display())).because(error).with_help(help)
}

fn not_a_contract(file: &Path) -> Box<Problem> {
    Problem::new("hexapla::artefact::form", format!("{} is not a compiled contract", file.display())).with_help(FORMS)
}

fn from_hex(bytes: &[u8], file: &Path) -> Result<Bytes> {
    let text = String::from_utf8_lossy(bytes);
    let digits = text.trim();
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let code = hex::decode(digits).map_err(|error| not_a_contract(file).because(error))?;
    if code.is_empty() {
        return Err(not_a_contract(file).with_help("the file is empty"));
    }
    Ok(code.into())
}

fn from_wasm(bytes: &[u8], request: Request<'_>) -> Result<Contract> {
    if !bytes.starts_with(WASM_MAGIC) {
        let problem = not_a_contract(request.file).with_help("a `.wasm` file begins with \\0asm; this one does not");
        return Err(problem);
    }
    let file = request.cache.map(|folder| folder.join(format!("{}-{PACKER}.program", hex::encode(keccak256(bytes)))));
    let program = match file.as_deref().and_then(|file| kept(file, bytes)) {
        Some(program) => program,
        None => pack(bytes, request.file, file.as_deref())?,
    };
    Ok(Code::creation(wasm::program::init_code(&program)))
}

/// The program of a module: checked, since what activation would refuse is better said before anything is deployed.
fn pack(module: &[u8], from: &Path, keep_in: Option<&Path>) -> Result<Bytes> {
    wasm::StylusVm::inspect(module).map_err(|error| {
        Problem::new("hexapla::artefact::wasm", format!("{} cannot run as a contract", from.display()))
            .because(error)
            .with_help("Stylus contracts are plain WASM modules that import functions of `vm_hooks` only")
    })?;
    let program = wasm::encode_program(module);
    if let Some(file) = keep_in {
        keep(file, &program);
    }
    Ok(program)
}

/// The packed module that [`keep`] wrote, if it is whole and of this module.
fn kept(file: &Path, module: &[u8]) -> Option<Bytes> {
    let program = fs::read(file).ok()?;
    let same = wasm::program::decode_program(&program).is_ok_and(|unpacked| unpacked == module);
    same.then(|| program.into())
}

/// Packing a module takes longer than running most scenarios. Failing to keep the result costs the next run some time
/// and nothing else.
fn keep(file: &Path, program: &[u8]) {
    let unfinished = file.with_extension(format!("{}.tmp", std::process::id()));
    let written = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&unfinished, program));
    if written.and_then(|()| fs::rename(&unfinished, file)).is_err() {
        let _ = fs::remove_file(&unfinished);
    }
}
