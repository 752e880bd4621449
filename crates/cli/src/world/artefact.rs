//! Compiled contracts from files: JSON artefacts of Solidity tools, WASM modules, plain hex.

use crate::problem::{Problem, Result};
use alloy_primitives::hex;
use hexapla_abi::{Artefact, ArtefactError, Interface};
use hexapla_executor::wasm;
use hexapla_primitives::{Bytes, keccak256};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How a WASM module begins.
const WASM_MAGIC: &[u8] = b"\0asm";

/// Another version may pack a module into other bytes.
const PACKER: &str = env!("CARGO_PKG_VERSION");

/// A contract that can be deployed.
#[derive(Clone, Debug)]
pub(crate) struct Contract {
    /// Creation code without constructor arguments.
    pub(crate) init_code: Bytes,
    pub(crate) interface: Option<Arc<Interface>>,
}

/// Which file, and what of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'r> {
    pub(crate) file: &'r Path,
    /// The contract of a file with several.
    pub(crate) contract: Option<&'r str>,
    /// A file with the interface.
    pub(crate) abi: Option<&'r Path>,
    /// Where packed WASM modules are kept.
    pub(crate) cache: Option<&'r Path>,
}

/// Reads a contract.
pub(crate) fn load(request: Request<'_>) -> Result<Contract> {
    let bytes = fs::read(request.file).map_err(|error| Problem::file(request.file, "read the artefact", error))?;
    let extension = request.file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let mut contract = match extension {
        "wasm" => from_wasm(&bytes, request)?,
        "hex" | "bin" => Contract { init_code: from_hex(&bytes, request.file)?, interface: None },
        _ if bytes.starts_with(WASM_MAGIC) => from_wasm(&bytes, request)?,
        _ => from_json(&bytes, request)?,
    };
    if let Some(abi) = interface_file(request, extension) {
        contract.interface = Some(Arc::new(read_interface(&abi)?));
    }
    Ok(contract)
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
    Interface::from_solidity_json(&text).map_err(|error| {
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
    Ok(Contract { init_code, interface: artefact.interface.map(Arc::new) })
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
        _ => (
            "hexapla::artefact::form",
            "artefacts are JSON of Foundry, Hardhat or solc, `.wasm` modules, or `.hex` creation code",
        ),
    };
    Problem::new(code, format!("{} cannot be deployed", file.display())).because(error).with_help(help)
}

fn not_a_contract(file: &Path) -> Box<Problem> {
    let help = "artefacts are JSON of Foundry, Hardhat or solc, `.wasm` modules, or `.hex` creation code";
    Problem::new("hexapla::artefact::form", format!("{} is not a compiled contract", file.display())).with_help(help)
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
    Ok(Contract { init_code: wasm::program::init_code(&program), interface: None })
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
