//! JSON artifacts of Solidity's tools, and creation code in hex.

use hexapla_abi::{Artefact, ArtefactError, Interface};
use hexapla_primitives::{Bytes, hex};
use hexapla_toolkit::{Artifact, ArtifactFile, ArtifactLoader, Deployable, Recognition, ToolError};
use std::path::Path;

/// Artifacts of Foundry, Hardhat and solc, and creation code in hex.
#[derive(Clone, Copy, Debug, Default)]
pub struct SolidityArtifacts;

impl ArtifactLoader for SolidityArtifacts {
    fn forms(&self) -> &'static [&'static str] {
        &["JSON of Foundry, Hardhat or solc", "creation code in hex"]
    }

    fn recognise(&self, file: &ArtifactFile<'_>) -> Recognition {
        if matches!(file.extension(), "hex" | "bin") { Recognition::ByName } else { Recognition::Perhaps }
    }

    fn load(&self, file: &ArtifactFile<'_>, forms: &str) -> Result<Artifact, ToolError> {
        match self.recognise(file) {
            Recognition::ByName => from_hex(file, forms),
            _ if is_hex(file.bytes) => from_hex(file, forms),
            _ if SOURCES.contains(&file.extension()) => Err(source_code(file, forms)),
            _ => from_json(file, forms),
        }
    }

    fn interface_extension(&self) -> &'static str {
        "abi.json"
    }
}

/// Extensions of source code that people name in place of what was compiled from it.
const SOURCES: [&str; 8] = ["sol", "vy", "yul", "huff", "rs", "ts", "wat", "move"];

fn source_code(file: &ArtifactFile<'_>, forms: &str) -> ToolError {
    let message = format!("{} is source code, not a compiled contract", file.path.display());
    ToolError::new("artefact::source", message)
        .with_help(format!("compile it, and name the result; artefacts are {forms}"))
}

/// Whether a file of any name has nothing but hex digits in it.
fn is_hex(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii();
    let digits = text.strip_prefix(b"0x").unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit)
}

/// Whether bytes are no text at all. Compiled code begins with `PUSH1 0x80` or the like, and has zeros.
fn is_binary(bytes: &[u8]) -> bool {
    bytes.contains(&0) || std::str::from_utf8(bytes).is_err()
}

fn from_hex(file: &ArtifactFile<'_>, forms: &str) -> Result<Artifact, ToolError> {
    if file.extension() == "bin" && is_binary(file.bytes) {
        return Ok(Artifact { code: Deployable::Creation(file.bytes.clone()), interface: beside(file.path)? });
    }
    let text = String::from_utf8_lossy(file.bytes);
    let digits = text.trim();
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let code: Bytes = hex::decode(digits).map_err(|error| not_a_contract(file, forms).because(error))?.into();
    if code.is_empty() {
        return Err(not_a_contract(file, forms).with_help("the file is empty"));
    }
    Ok(Artifact { code: Deployable::Creation(code), interface: beside(file.path)? })
}

/// The interface in `Name.abi`, which solc writes beside `Name.bin`.
fn beside(file: &Path) -> Result<Option<Interface>, ToolError> {
    let abi = file.with_extension("abi");
    if file.extension().is_none_or(|extension| extension != "bin") || !abi.is_file() {
        return Ok(None);
    }
    let not_read = || ToolError::new("artefact::interface", format!("{} is not an interface", abi.display()));
    let text = std::fs::read_to_string(&abi).map_err(|error| not_read().because(error))?;
    let mut interface = Interface::detect(&text).map_err(|error| not_read().because(error))?;
    if interface.name.is_empty() {
        interface.name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    }
    Ok(Some(interface))
}

fn from_json(file: &ArtifactFile<'_>, forms: &str) -> Result<Artifact, ToolError> {
    let text = std::str::from_utf8(file.bytes).map_err(|error| not_a_contract(file, forms).because(error))?;
    let read = match file.contract {
        Some(name) => Artefact::from_json_named(text, name),
        None => Artefact::from_json(text),
    };
    let artefact = read.map_err(|error| cannot_be_deployed(file, error, forms))?;
    let Some(init_code) = artefact.bytecode else {
        let message = format!("{} has no creation bytecode", file.path.display());
        let help = "it is an interface or an abstract contract; name the artefact of a contract that can be deployed";
        return Err(ToolError::new("artefact::no_code", message).with_help(help));
    };
    Ok(Artifact { code: Deployable::Creation(init_code), interface: artefact.interface })
}

fn cannot_be_deployed(file: &ArtifactFile<'_>, error: ArtefactError, forms: &str) -> ToolError {
    let forms = format!("artefacts are {forms}");
    let (topic, help) = match &error {
        ArtefactError::Unlinked { .. } => {
            ("artefact::unlinked", "deploy the library first and say it here: `libraries = { NAME = \"library\" }`")
        }
        ArtefactError::SeveralContracts { .. } | ArtefactError::NoSuchContract { .. } => {
            ("artefact::which", "say which one with `contract = \"Name\"`")
        }
        _ => ("artefact::form", forms.as_str()),
    };
    let help = help.to_owned();
    ToolError::new(topic, format!("{} cannot be deployed", file.path.display())).because(error).with_help(help)
}

fn not_a_contract(file: &ArtifactFile<'_>, forms: &str) -> ToolError {
    let message = format!("{} is not a compiled contract", file.path.display());
    ToolError::new("artefact::form", message).with_help(format!("artefacts are {forms}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(name: &str, bytes: &'static [u8]) -> Result<Artifact, ToolError> {
        let bytes = Bytes::from_static(bytes);
        let file = ArtifactFile { path: Path::new(name), bytes: &bytes, contract: None, cache: None };
        SolidityArtifacts.load(&file, "some")
    }

    #[test]
    fn creation_code_comes_in_hex_and_in_json() {
        let code = Deployable::Creation(Bytes::from_static(&[0x60, 0]));
        assert_eq!(loaded("a.hex", b" 0x6000\n").unwrap().code, code);
        assert_eq!(loaded("code", b"0x6000").unwrap().code, code, "whatever the file is called");
        assert_eq!(loaded("a.bin", &[0x60, 0]).unwrap().code, code, "as bytes");
        let json = br#"{ "abi": [], "bytecode": "0x6000" }"#;
        let artifact = loaded("a.json", json).unwrap();
        assert!(artifact.code == code && artifact.interface.is_some());
    }

    #[test]
    fn the_interface_of_a_bin_is_the_abi_beside_it() {
        let folder = std::env::temp_dir().join(format!("hexapla-bin-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("Vault.bin");
        let load = || {
            let bytes = Bytes::from_static(b"6000");
            let file = ArtifactFile { path: &path, bytes: &bytes, contract: None, cache: None };
            SolidityArtifacts.load(&file, "some").map(|artifact| artifact.interface)
        };
        assert_eq!(load().unwrap(), None);
        std::fs::write(folder.join("Vault.abi"), r#"[{"type":"function","name":"f","inputs":[]}]"#).unwrap();
        let interface = load().unwrap().unwrap();
        assert_eq!((interface.name.as_str(), interface.functions.len()), ("Vault", 1));
        std::fs::write(folder.join("Vault.abi"), "{").unwrap();
        let error = load().unwrap_err();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(error.topic, "artefact::interface");
    }

    #[test]
    fn source_code_is_called_so() {
        let error = loaded("Vault.sol", b"contract Vault {}").unwrap_err();
        assert_eq!(error.to_string(), "Vault.sol is source code, not a compiled contract");
        assert_eq!(error.help.as_deref(), Some("compile it, and name the result; artefacts are some"));
    }

    #[test]
    fn what_is_no_contract_is_said_with_the_forms_that_are() {
        let error = loaded("a.hex", b"xyz").unwrap_err();
        assert_eq!(error.to_string(), "a.hex is not a compiled contract");
        assert_eq!(error.help.as_deref(), Some("artefacts are some"));
        assert_eq!(loaded("a.bin", b"").unwrap_err().help.as_deref(), Some("the file is empty"));
        assert_eq!(loaded("a.json", br#"{ "abi": [] }"#).unwrap_err().topic, "artefact::no_code");
    }
}
