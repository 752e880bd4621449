//! Interfaces of whatever format a file is in.

use serde_json::Value as Json;

use crate::{
    anchor, cairo, codama,
    error::InterfaceError,
    fuel,
    interface::Interface,
    solidity::{chosen, contract_names, contracts_in, interface_of, text::is_source},
    source::{self, kind_of},
};

impl Interface {
    /// Reads an interface in any of the formats that are known: Solidity's JSON ABI, an artefact with it, or its source
    /// with `interface` blocks or one declaration after the other; Anchor's IDL of either form, Shank's, Codama's; the ABI
    /// of a Cairo class; Fuel's JSON ABI.
    ///
    /// An array or an `abi` without any mark of Cairo is Solidity's.
    ///
    /// # Errors
    ///
    /// [`InterfaceError::UnknownFormat`] for JSON of another shape, [`InterfaceError::Which`] for a file with several
    /// contracts, else those of the format that it is of.
    pub fn detect(text: &str) -> Result<Self, InterfaceError> {
        detect(text, None)
    }

    /// Reads the interface of the contract of this name from a file that may hold several: the output of a compiler,
    /// source with several interfaces, a Codama IDL with several programs. A file with one contract is read whatever the
    /// name is.
    ///
    /// # Errors
    ///
    /// Those of [`detect`](Self::detect).
    pub fn detect_named(text: &str, name: &str) -> Result<Self, InterfaceError> {
        detect(text, Some(name))
    }
}

fn detect(text: &str, name: Option<&str>) -> Result<Interface, InterfaceError> {
    if is_source(text) {
        return Interface::from_solidity_source(text, name);
    }
    let parsed = source::parse(text)?;
    if codama::is_codama(&parsed) {
        return match name {
            Some(name) => Interface::from_codama_program(text, name),
            None => Interface::from_codama_value(&parsed),
        };
    }
    if fuel::is_fuel(&parsed) {
        return Interface::from_fuel_value(&parsed);
    }
    if anchor::is_anchor(&parsed) {
        return Interface::from_anchor_value(&parsed);
    }
    if let Some(contracts) = contracts_in(&parsed) {
        return match chosen(&contracts, name) {
            Some((name, contract)) => interface_of(name, contract),
            None => Err(InterfaceError::Which { wanted: name.map(str::to_owned), names: contract_names(&contracts) }),
        };
    }
    match parsed.get("abi").unwrap_or(&parsed) {
        Json::Array(items) if cairo::is_cairo(items) || is_class(&parsed) => Interface::from_cairo_value(&parsed),
        Json::Array(_) => Interface::from_solidity_json(text),
        // Classes as nodes serve them have their ABI as text, and so does what old compilers of Solidity write.
        Json::String(_) if is_class(&parsed) => Interface::from_cairo_value(&parsed),
        Json::String(text) => detect(text, name),
        _ => Err(InterfaceError::UnknownFormat { found: kind_of(&parsed) }),
    }
}

/// Whether the JSON is a Cairo class, whose ABI may be empty.
fn is_class(json: &Json) -> bool {
    json.get("sierra_program").is_some() || json.get("entry_points_by_type").is_some()
}
