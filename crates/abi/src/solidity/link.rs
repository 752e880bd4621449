//! Addresses of libraries in compiled code.

use super::artefact::PLACEHOLDER_CHARS;
use crate::error::ArtefactError;
use alloy_primitives::{Address, hex, keccak256};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The text of a compiled contract with the addresses of libraries in the place of their placeholders. A library is named
/// `Math` or `src/Math.sol:Math`; the placeholders are solc's: `__$…$__` with the beginning of keccak256(file:name), or before
/// version 0.5 the name itself between underscores.
///
/// # Errors
///
/// [`ArtefactError::NoSuchLibrary`]: nothing waits for a library of this name, or several do.
pub fn link_libraries(text: &str, libraries: &[(&str, Address)]) -> Result<String, ArtefactError> {
    let mut known = BTreeSet::new();
    if let Ok(json) = serde_json::from_str::<Json>(text) {
        references(&json, &mut known);
    }
    let mut linked = text.to_owned();
    for (name, address) in libraries {
        let full = known.iter().filter(|full| *full == name || full.rsplit(':').next() == Some(name));
        let full = full.map(String::as_str).collect::<Vec<_>>();
        let missing =
            || ArtefactError::NoSuchLibrary { library: (*name).to_owned(), names: known.iter().cloned().collect() };
        if full.len() > 1 {
            return Err(missing());
        }
        let full = full.first().copied().unwrap_or(name);
        let found = placeholders(full, name).into_iter().find(|placeholder| linked.contains(placeholder));
        linked = linked.replace(&found.ok_or_else(missing)?, &hex::encode(address));
    }
    Ok(linked)
}

/// What may stand for a library.
fn placeholders(full: &str, short: &str) -> Vec<String> {
    let hash = hex::encode(keccak256(full));
    let hashed = format!("__${}$__", hash.get(..PLACEHOLDER_CHARS - 6).unwrap_or_default());
    // Names that are too long are cut.
    let named = |name: &str| {
        let name = name.chars().take(PLACEHOLDER_CHARS - 4).collect::<String>();
        format!("{:_<width$}", format!("__{name}"), width = PLACEHOLDER_CHARS)
    };
    vec![hashed, named(full), named(short)]
}

/// The full names of all libraries for which code of a file waits.
fn references(json: &Json, known: &mut BTreeSet<String>) {
    match json {
        Json::Object(fields) => {
            for (key, value) in fields {
                let files = value.as_object().filter(|_| key == "linkReferences");
                for (file, libraries) in files.into_iter().flatten() {
                    let libraries = libraries.as_object().into_iter().flatten();
                    known.extend(libraries.map(|(library, _)| format!("{file}:{library}")));
                }
                references(value, known);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| references(item, known)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Artefact;

    const LIBRARY: Address = Address::repeat_byte(0xab);

    #[test]
    fn placeholders_of_every_age_are_replaced_and_wrong_names_are_errors() {
        let hash = hex::encode(keccak256("src/Math.sol:Math"));
        let placeholder = format!("__${}$__", &hash[..34]);
        let references = r#"{"src/Math.sol":{"Math":[{"start":1,"length":20}]}}"#;
        let json = format!(
            r#"{{"abi":[],"bytecode":{{"object":"0x73{placeholder}73{placeholder}","linkReferences":{references}}}}}"#
        );
        let code = format!("73{0}73{0}", "ab".repeat(20));
        for name in ["Math", "src/Math.sol:Math"] {
            let linked = link_libraries(&json, &[(name, LIBRARY)]).unwrap();
            let artefact = Artefact::from_json(&linked).unwrap();
            assert_eq!(hex::encode(artefact.bytecode.unwrap()), code);
        }
        let old = format!("6073{:_<40}00", "__Math");
        assert_eq!(link_libraries(&old, &[("Math", LIBRARY)]).unwrap(), format!("6073{}00", "ab".repeat(20)));
        assert_eq!(link_libraries(&json, &[]).unwrap(), json);
        let error = link_libraries(&json, &[("Maths", LIBRARY)]).unwrap_err().to_string();
        assert_eq!(error, "no code waits for a library \"Maths\"; there are: src/Math.sol:Math");
        let twice = json.replace(references, r#"{"a.sol":{"Math":[]},"b.sol":{"Math":[]}}"#);
        let error = link_libraries(&twice, &[("Math", LIBRARY)]).unwrap_err().to_string();
        assert_eq!(error, "no code waits for a library \"Math\"; there are: a.sol:Math, b.sol:Math");
    }
}
