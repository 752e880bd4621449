//! The selectors of functions, libraries' among them.
//!
//! The signature of a contract's function is made of the types' ABI names; that of a library's function of the names
//! that enums, structs and contracts have in the source: `next(Plain.Light)`. An ABI does not say which it is of, and
//! writes structs in the same way in both. The compiler's own list of selectors, `methodIdentifiers`, decides.

use alloy_primitives::{Bytes, hex, keccak256};
use serde_json::{Map, Value as Json};

use super::{SELECTOR_BYTES, params::Input, signature_of, type_name};
use crate::{source::Problem, text::escape};

/// Where compilers and frameworks write selectors by signature: Foundry and Ape, solc, `--combined-json`, Remix, Vyper.
const PLACES: [&str; 5] =
    ["methodIdentifiers", "evm/methodIdentifiers", "hashes", "data/methodIdentifiers", "method_identifiers"];
/// Where they write bytecode.
const BYTECODE: [&str; 9] = [
    "bytecode/object",
    "deployedBytecode/object",
    "bytecode",
    "deployedBytecode",
    "evm/bytecode/object",
    "evm/deployedBytecode/object",
    "data/bytecode/object",
    "bin",
    "bin-runtime",
];
/// How the code of a library with public functions begins: it compares its own address with the one that it was deployed
/// at, which the compiler writes as zeros.
const LIBRARY: &str = "73000000000000000000000000000000000000000030146080";

/// What a file says about selectors.
pub(super) struct Identifiers<'j> {
    known: Option<&'j Map<String, Json>>,
    is_library: bool,
}

impl Identifiers<'_> {
    /// Those of signatures alone, which are of no library.
    pub(super) const NONE: Self = Self { known: None, is_library: false };
}

impl<'j> Identifiers<'j> {
    /// What the file says around these items.
    pub(super) fn of(file: &'j Json, items: &[Json]) -> Self {
        let at = |place: &str| file.pointer(&format!("/{place}"));
        let known = PLACES.iter().find_map(|place| at(place).and_then(Json::as_object));
        let is_library = BYTECODE.iter().filter_map(|place| at(place)?.as_str()).any(|code| code.contains(LIBRARY));
        let written = || items.iter().any(writes_names);
        Self { known, is_library: is_library || written() }
    }

    /// The signature and the selector of a function.
    pub(super) fn of_function(&self, name: &str, inputs: &[Input]) -> Result<(String, Bytes), Problem> {
        let signature = signature_of(name, inputs.iter().map(|input| &input.ty))?;
        let ordinary = selector_of(&signature);
        let is_written = inputs.iter().any(|input| input.is_of_library);
        if inputs.iter().all(|input| input.in_library.is_none()) && !is_written {
            return Ok((signature, ordinary));
        }
        let Some(known) = self.known else {
            if !self.is_library {
                return Ok((signature, ordinary));
            }
            return Err(Problem::inexpressible(
                "it is of a library, whose selectors are made of the names of enums, structs and contracts, and the file \
                 does not have them; give an artefact with `methodIdentifiers`, as Foundry and solc write",
            ));
        };
        let in_library = signature_in_library(name, inputs)?;
        let candidates = [(&signature, !is_written), (&in_library, true)];
        let found = candidates.into_iter().filter(|(_, possible)| *possible);
        let found = found.filter_map(|(signature, _)| Some((signature, known.get(signature)?))).next();
        let Some((signature, selector)) = found else {
            let reason = format!("`methodIdentifiers` of the file have neither {signature} nor {in_library}");
            return Err(Problem::malformed(escape(&reason)));
        };
        let selector = selector.as_str().and_then(|digits| hex::decode(digits).ok()).map(Bytes::from);
        let expected = selector_of(signature);
        match selector {
            Some(selector) if selector == expected => Ok((signature.clone(), selector)),
            _ => {
                let signature = escape(signature);
                let reason =
                    format!("`methodIdentifiers` of the file have another selector for {signature} than {expected}");
                Err(Problem::malformed(reason))
            }
        }
    }
}

/// Whether an item writes a type by a name of the source, as only libraries do.
fn writes_names(item: &Json) -> bool {
    let inputs = ["inputs", "outputs"].iter().filter_map(|key| item.get(key)?.as_array()).flatten();
    inputs.filter_map(|input| Some((input.get("type")?.as_str()?, input.get("internalType")?.as_str()?))).any(
        |(ty, internal)| {
            let base = |text: &str| text.split('[').next().unwrap_or_default().trim().to_owned();
            let named = ["enum ", "contract "].iter().find_map(|kind| internal.strip_prefix(kind));
            named.is_some_and(|named| base(named) == base(ty))
        },
    )
}

/// The signature that a library has for the function.
fn signature_in_library(name: &str, inputs: &[Input]) -> Result<String, Problem> {
    let names = inputs.iter().map(|input| match &input.in_library {
        Some(name) => Ok(name.clone()),
        None => type_name(&input.ty),
    });
    Ok(format!("{name}({})", names.collect::<Result<Vec<_>, _>>()?.join(",")))
}

/// The first 4 bytes of the hash of the signature.
pub(super) fn selector_of(signature: &str) -> Bytes {
    keccak256(signature).iter().copied().take(SELECTOR_BYTES).collect::<Vec<_>>().into()
}
