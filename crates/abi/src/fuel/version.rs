//! Versions of the specification and of the encoding.

use serde_json::Value as Json;

use crate::{
    error::InterfaceError,
    source::Problem,
    text::{quote, shorten},
};

/// A version, which must be a known one where it is said.
pub(super) fn version(json: &Json, key: &str, known: &[&str]) -> Result<Option<String>, InterfaceError> {
    let given = json.get(key).map(|given| given.as_str().map_or_else(|| given.to_string(), str::to_owned));
    match given {
        Some(given) if !known.contains(&given.as_str()) => {
            let (given, known) = (quote(&shorten(&given, 20)), known.join(", "));
            let reason = format!(
                "`{key}` is {given}, versions that are read are {known}; rebuild the contract with another forc (0.64 or \
                 later writes encoding version 1)"
            );
            Err(Problem::malformed(reason).at("ABI"))
        }
        given => Ok(given),
    }
}
