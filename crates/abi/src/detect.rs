//! Interfaces of whatever format a file is in.

use serde_json::Value as Json;

use crate::{anchor, cairo, codama, error::InterfaceError, fuel, interface::Interface, solidity::kind_of, source};

impl Interface {
    /// Reads an interface in any of the formats that are known: Solidity's JSON ABI or an artefact with it, Anchor's IDL of
    /// either form, Codama's, the ABI of a Cairo class, Fuel's JSON ABI.
    ///
    /// An array or an `abi` without any mark of Cairo is Solidity's.
    ///
    /// # Errors
    ///
    /// [`InterfaceError::UnknownFormat`] for JSON of another shape, else those of the format that it is of.
    pub fn detect(json: &str) -> Result<Self, InterfaceError> {
        let parsed = source::parse(json)?;
        if codama::is_codama(&parsed) {
            return Self::from_codama_value(&parsed);
        }
        if fuel::is_fuel(&parsed) {
            return Self::from_fuel_value(&parsed);
        }
        match parsed.get("abi").unwrap_or(&parsed) {
            Json::Array(items) if cairo::is_cairo(items) || is_class(&parsed) => Self::from_cairo_value(&parsed),
            Json::Array(_) => Self::from_solidity_json(json),
            // Classes as nodes serve them have their ABI as text, and so does what old compilers of Solidity write.
            Json::String(_) if is_class(&parsed) => Self::from_cairo_value(&parsed),
            Json::String(text) => Self::detect(text),
            _ if anchor::is_anchor(&parsed) => Self::from_anchor_value(&parsed),
            _ => Err(InterfaceError::UnknownFormat { found: kind_of(&parsed) }),
        }
    }
}

/// Whether the JSON is a Cairo class, whose ABI may be empty.
fn is_class(json: &Json) -> bool {
    json.get("sierra_program").is_some() || json.get("entry_points_by_type").is_some()
}
