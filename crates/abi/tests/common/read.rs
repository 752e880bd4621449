//! Interface files, and what is said of them.

use hexapla_abi::Interface;

pub(crate) fn read(json: &str) -> Interface {
    Interface::detect(json).unwrap()
}

/// What is left out, and why.
pub(crate) fn refused(interface: &Interface) -> Vec<String> {
    interface.refused.iter().map(|refused| format!("{}: {}", refused.item, refused.reason)).collect()
}

pub(crate) fn signatures(interface: &Interface) -> Vec<&str> {
    interface.functions.iter().map(|function| function.signature.as_str()).collect()
}
