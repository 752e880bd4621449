//! Compiled contracts as Foundry, Hardhat, Truffle, Remix, Ape, `solc` and Vyper write them.

use alloy_primitives::{Bytes, hex, keccak256};
use serde_json::Value as Json;

use crate::{
    error::{ArtefactError, InterfaceError},
    interface::Interface,
    source::{self, kind_of},
};

/// Hex digits of a library's placeholder in unlinked bytecode, underscores included.
pub(super) const PLACEHOLDER_CHARS: usize = 40;

/// A compiled contract: interface and creation bytecode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Artefact {
    /// The contract's name; empty where the file does not say it.
    pub name: String,
    /// The interface, where the file has an ABI.
    pub interface: Option<Interface>,
    /// The creation bytecode, without constructor arguments; `None` for an interface or an abstract contract.
    pub bytecode: Option<Bytes>,
}

impl Artefact {
    /// Reads a file with one contract: an artefact of Foundry, Hardhat, Truffle, Remix or Ape, the output of
    /// `solc --standard-json` or `--combined-json` or of Vyper for one contract, or a plain ABI array.
    ///
    /// # Errors
    ///
    /// An [`ArtefactError`]; for a file with several contracts it lists their names.
    pub fn from_json(json: &str) -> Result<Self, ArtefactError> {
        let json: Json = serde_json::from_str(json)?;
        match contracts_in(&json) {
            None => read(&json, name_of(&json).unwrap_or_default()),
            Some(contracts) => match chosen(&contracts, None) {
                Some((name, contract)) => read(contract, name.clone()),
                None => Err(ArtefactError::SeveralContracts { names: names(&contracts) }),
            },
        }
    }

    /// Reads the contract of this name (`Vault`, or `src/Vault.sol:Vault`) from a file that may hold several.
    ///
    /// # Errors
    ///
    /// An [`ArtefactError`]; for a name that is not there it lists those that are, for one that several have their names
    /// in full.
    pub fn from_json_named(json: &str, name: &str) -> Result<Self, ArtefactError> {
        let json: Json = serde_json::from_str(json)?;
        let Some(contracts) = contracts_in(&json) else {
            return match name_of(&json).filter(|own| name.rsplit(':').next() != Some(own)) {
                Some(own) => Err(ArtefactError::NoSuchContract { name: name.to_owned(), names: vec![own] }),
                None => read(&json, name.to_owned()),
            };
        };
        if let Some((full, contract)) = chosen(&contracts, Some(name)) {
            return read(contract, full.clone());
        }
        let short = |full: &str| full.rsplit(':').next().unwrap_or(full) == name;
        let found = contracts.iter().filter(|(full, _)| short(full)).cloned().collect::<Vec<_>>();
        match found.as_slice() {
            [] => Err(ArtefactError::NoSuchContract { name: name.to_owned(), names: names(&contracts) }),
            several => Err(ArtefactError::SeveralContracts { names: names(several) }),
        }
    }
}

pub(crate) fn names(contracts: &[(String, &Json)]) -> Vec<String> {
    contracts.iter().map(|(name, _)| name.clone()).collect()
}

/// Where files with several contracts have them: the output of `solc`, build infos of Hardhat and Foundry, manifests of Ape.
const SEVERAL: [&str; 3] = ["contracts", "output/contracts", "contractTypes"];

/// The contracts of a file with several: by file and name (standard JSON), by `file:name` (combined JSON) or by name. Vyper
/// writes the files beside the compiler's version, without a key around them.
pub(crate) fn contracts_in(json: &Json) -> Option<Vec<(String, &Json)>> {
    let named = SEVERAL.iter().find_map(|place| json.pointer(&format!("/{place}"))?.as_object());
    let beside = || {
        let files = json.as_object()?;
        let others = |key: &str| matches!(key, "version" | "compiler");
        let all = files.iter().all(|(key, file)| others(key) || is_named_contract(file));
        (all && json.get("abi").is_none() && files.keys().any(|key| !others(key))).then_some(files)
    };
    let files = named.or_else(beside)?;
    let mut contracts = Vec::new();
    for (file, content) in files.iter().filter(|(_, content)| content.is_object()) {
        match content.as_object() {
            Some(fields) if !is_contract(content) => {
                contracts.extend(fields.iter().map(|(name, contract)| (format!("{file}:{name}"), contract)));
            }
            _ => contracts.push((file.clone(), content)),
        }
    }
    Some(contracts)
}

/// The contract of this name, or the only one. The name is `Vault`, or `src/Vault.sol:Vault`.
pub(crate) fn chosen<'c, 'j>(
    contracts: &'c [(String, &'j Json)],
    name: Option<&str>,
) -> Option<&'c (String, &'j Json)> {
    let Some(name) = name else { return contracts.first().filter(|_| contracts.len() == 1) };
    let mut exact = contracts.iter().filter(|(full, _)| full == name);
    let mut short = contracts.iter().filter(|(full, _)| full.rsplit(':').next().unwrap_or(full) == name);
    exact.next().or_else(|| short.next().filter(|_| short.next().is_none()))
}

/// The interface of a contract in a file with several.
pub(crate) fn interface_of(name: &str, contract: &Json) -> Result<Interface, InterfaceError> {
    let interface = Interface::from_solidity_value(abi_of(contract)?, contract)?;
    Ok(Interface { name: name.rsplit(':').next().unwrap_or(name).to_owned(), ..interface })
}

fn is_contract(json: &Json) -> bool {
    ["abi", "bin", "bytecode", "evm"].iter().any(|key| json.get(key).is_some_and(|value| !is_named_contract(value)))
}

/// A contract may be called `abi` or `evm` itself.
fn is_named_contract(json: &Json) -> bool {
    json.get("abi").is_some()
}

fn read(json: &Json, name: String) -> Result<Artefact, ArtefactError> {
    let short = name.rsplit(':').next().unwrap_or(&name).to_owned();
    let interface = match json {
        Json::Array(_) => Some(Interface::from_solidity_value(json, json)?),
        _ => match json.get("abi") {
            // `solc --combined-json` of old versions has the ABI as text.
            Some(Json::String(text)) => Some(Interface::from_solidity_value(&source::parse(text)?, json)?),
            Some(abi) => Some(Interface::from_solidity_value(abi, json)?),
            None => None,
        },
    };
    let interface = interface.map(|interface| Interface { name: short.clone(), ..interface });
    let bytecode = bytecode_of(json, &short)?;
    if interface.is_none() && bytecode.is_none() {
        return Err(ArtefactError::NotAnArtefact { found: kind_of(json) });
    }
    Ok(Artefact { name: short, interface, bytecode })
}

/// The creation bytecode: `bytecode.object` (Foundry), `bytecode` (Hardhat, Truffle, Vyper), `evm.bytecode.object` (`solc`),
/// `bin`, `data.bytecode.object` (Remix), `deploymentBytecode.bytecode` (Ape).
fn bytecode_of(json: &Json, name: &str) -> Result<Option<Bytes>, ArtefactError> {
    let places = [
        "/bytecode/object",
        "/bytecode",
        "/evm/bytecode/object",
        "/bin",
        "/data/bytecode/object",
        "/deploymentBytecode/bytecode",
    ];
    let Some(text) = places.iter().find_map(|place| json.pointer(place).and_then(Json::as_str)) else {
        return Ok(None);
    };
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if let Some(start) = digits.find("__") {
        let placeholder = digits.get(start..).unwrap_or_default().chars().take(PLACEHOLDER_CHARS).collect::<String>();
        return Err(ArtefactError::Unlinked {
            name: display_name(name),
            library: library_name(json, &placeholder).unwrap_or(placeholder),
            at: start / 2,
        });
    }
    let bytes = hex::decode(digits)
        .map_err(|error| ArtefactError::NotHex { name: display_name(name), reason: error.to_string() })?;
    Ok((!bytes.is_empty()).then(|| bytes.into()))
}

fn display_name(name: &str) -> String {
    if name.is_empty() { "the contract".to_owned() } else { name.to_owned() }
}

/// The `file:Library` whose hash the placeholder `__$…$__` is, with the placeholder behind it.
fn library_name(json: &Json, placeholder: &str) -> Option<String> {
    let places = [
        "/bytecode/linkReferences",
        "/linkReferences",
        "/evm/bytecode/linkReferences",
        "/data/bytecode/linkReferences",
    ];
    let references = places.iter().find_map(|place| json.pointer(place).and_then(Json::as_object))?;
    let full_names = references.iter().flat_map(|(file, libraries)| {
        libraries.as_object().into_iter().flatten().map(move |(library, _)| format!("{file}:{library}"))
    });
    let hash = placeholder.trim_matches(['_', '$']);
    full_names
        .into_iter()
        .find(|name| hash.len() == 34 && hex::encode(keccak256(name)).starts_with(hash))
        .map(|name| format!("{name} ({placeholder})"))
}

/// The ABI array of a plain ABI or of an artefact.
pub(super) fn abi_of(json: &Json) -> Result<&Json, InterfaceError> {
    match json {
        Json::Array(_) => Ok(json),
        _ => json
            .get("abi")
            .filter(|abi| abi.is_array())
            .ok_or_else(|| InterfaceError::NotAnAbi { found: kind_of(json) }),
    }
}

/// The contract's name: `contractName` (Hardhat, Truffle), else Foundry's compilation target.
pub(super) fn name_of(json: &Json) -> Option<String> {
    let hardhat = json.get("contractName").and_then(Json::as_str);
    let foundry = || {
        let target = json.pointer("/metadata/settings/compilationTarget")?.as_object()?;
        target.values().next()?.as_str()
    };
    hardhat.or_else(foundry).map(str::to_owned)
}
