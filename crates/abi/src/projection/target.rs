//! Selectors, discriminators, codes and topics of each ABI.

use alloc::{format, string::String, vec::Vec};

use alloy_primitives::{B256, Bytes, keccak256};
use sha2::{Digest, Sha256};

use crate::{
    codecs::starknet_selector,
    error::CodecError,
    interface::{Abi, CustomError},
    solidity::signature_of,
    types::{Type, separated},
};

/// The number of the first custom error of an Anchor program.
pub(super) const FIRST_ERROR: u64 = 6000;
/// Bytes of a text that fits a felt.
const SHORT_TEXT: usize = 31;

/// The text that names an item in the ABI.
pub(super) fn signature(abi: Abi, name: &str, types: &[&Type]) -> Result<String, CodecError> {
    match abi {
        Abi::Solidity => signature_of(name, types.iter().copied()),
        _ => Ok(format!("{name}({})", List(types))),
    }
}

/// What names a function in a call.
pub(crate) fn selector(abi: Abi, name: &str, signature: &str) -> Bytes {
    match abi {
        Abi::Solidity => head::<4>(keccak256(signature).as_slice()),
        Abi::Borsh => head::<8>(&sha256(&format!("global:{name}"))),
        Abi::Cairo => starknet_selector(name).into(),
        Abi::Bcs | Abi::Fuel => Bytes::copy_from_slice(name.as_bytes()),
    }
}

/// The first topic of an event.
pub(crate) fn topic(abi: Abi, name: &str, signature: &str) -> B256 {
    match abi {
        Abi::Solidity => keccak256(signature),
        Abi::Borsh => B256::right_padding_from(&head::<8>(&sha256(&format!("event:{name}")))),
        Abi::Bcs => keccak256(name),
        Abi::Cairo => starknet_selector(name),
        Abi::Fuel => B256::left_padding_from(&head::<8>(&sha256(name))),
    }
}

/// Whether errors of the ABI are numbers and nothing else.
pub(super) const fn errors_are_numbers(abi: Abi) -> bool {
    matches!(abi, Abi::Borsh | Abi::Bcs | Abi::Fuel)
}

/// What names an error. A number of the source stays; where there was none, they are numbered from 6000.
pub(super) fn error_selector(source: Abi, target: Abi, error: &CustomError, index: usize, shown: [&str; 2]) -> Bytes {
    let [name, signature] = shown;
    let number = number(source, &error.selector).unwrap_or(FIRST_ERROR.saturating_add(index as u64));
    match target {
        Abi::Solidity => head::<4>(keccak256(signature).as_slice()),
        Abi::Borsh => head::<4>(&number.to_le_bytes()),
        Abi::Bcs => head::<8>(&number.to_le_bytes()),
        Abi::Fuel => head::<8>(&number.to_be_bytes()),
        Abi::Cairo if name.len() <= SHORT_TEXT => B256::left_padding_from(name.as_bytes()).into(),
        Abi::Cairo => starknet_selector(name).into(),
    }
}

/// The number of an error, where it is one of 32 bits, which every ABI has room for.
fn number(abi: Abi, selector: &[u8]) -> Option<u64> {
    abi.error_number(selector).filter(|number| u32::try_from(*number).is_ok())
}

impl Abi {
    /// The number that names an error, by the error's selector; `None` in ABIs whose errors are no numbers.
    pub fn error_number(self, selector: &[u8]) -> Option<u64> {
        Some(match self {
            Self::Borsh => u64::from(u32::from_le_bytes(selector.try_into().ok()?)),
            Self::Bcs => u64::from_le_bytes(selector.try_into().ok()?),
            Self::Fuel => u64::from_be_bytes(selector.try_into().ok()?),
            Self::Solidity | Self::Cairo => return None,
        })
    }
}

fn sha256(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

fn head<const N: usize>(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes.get(..N).unwrap_or(bytes))
}

/// Types with commas between them.
struct List<'t>(&'t [&'t Type]);

impl core::fmt::Display for List<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        separated(f, self.0, |f, ty| match ty {
            Type::Struct { name, .. } | Type::Enum { name, .. } if !name.is_empty() => f.write_str(name),
            ty => core::fmt::Display::fmt(ty, f),
        })
    }
}
