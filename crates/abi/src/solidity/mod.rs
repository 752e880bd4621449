//! The Solidity contract ABI (specification: <https://docs.soliditylang.org/en/latest/abi-spec.html>).
//!
//! Signatures are read with `alloy-json-abi`, interfaces in JSON loosely, so that one odd item leaves the others. Encoding and decoding are our own, with `alloy-dyn-abi` as the oracle in
//! tests: at a border a codec must name the type and the place of what is wrong, bound its memory by the length of the
//! data, where alloy allows a gigabyte, and not copy each value into another model first.

#[cfg(feature = "std")]
mod artefact;
mod codec;
mod decode;
mod encode;
mod errors;
#[cfg(feature = "std")]
mod identifiers;
#[cfg(feature = "std")]
mod json;
#[cfg(feature = "std")]
mod known;
#[cfg(feature = "std")]
mod link;
mod names;
#[cfg(feature = "std")]
mod params;
#[cfg(feature = "std")]
mod signatures;
#[cfg(feature = "std")]
mod source;
#[cfg(feature = "std")]
pub(crate) mod text;
mod topic;

#[cfg(feature = "std")]
pub use artefact::Artefact;
#[cfg(feature = "std")]
pub(crate) use artefact::{chosen, contracts_in, interface_of, names as contract_names};
pub use codec::SolidityCodec;
pub use errors::{
    ForeignFault, PANIC_SELECTOR, REVERT_SELECTOR, foreign_fault_decode, foreign_fault_encode, foreign_fault_selector,
    panic_meaning, revert_encode,
};
#[cfg(feature = "std")]
pub use known::well_known_errors;
#[cfg(feature = "std")]
pub use link::link_libraries;
pub use names::{signature_of, type_name};

/// How many times its own length data may unfold to when it is decoded. An encoder that writes each value once stays
/// below 1; hand-made data may use a part (an empty array, say) a few times; a bomb uses it thousands of times.
pub const UNFOLD_MAX: usize = 4;

/// Parts (arguments, elements, fields) that decoded values may have for each word of the data, and those that any values
/// may have. Most parts take a word of their own; structs of one field around others take none.
const PARTS_PER_WORD: usize = 8;
const PARTS_FREE: usize = 256;

/// How many parts the values in this many bytes of the Solidity ABI may have together.
pub const fn parts_max(bytes: usize) -> usize {
    bytes.div_ceil(32).saturating_mul(PARTS_PER_WORD).saturating_add(PARTS_FREE)
}

/// Bytes of a Solidity selector.
pub const SELECTOR_BYTES: usize = 4;
