//! An interface as bytes, as the registry of interfaces keeps it.
//!
//! ```text
//! version (1 byte) ‖ types ‖ interface
//! ```
//!
//! Every type is written once, in the order in which it is first met, parts before wholes; whoever uses it says its
//! number. Numbers and lengths are ULEB128, texts UTF-8 behind their length, records their fields in the order of their
//! declaration.
//!
//! There is one form for each interface: what [`Interface::from_bytes`](crate::Interface::from_bytes) reads,
//! [`Interface::to_bytes`](crate::Interface::to_bytes) writes, byte for byte, so that
//! [`interface_hash`](crate::interface_hash) names the interface. Reading is total on hostile bytes: memory and time are
//! linear in the bytes and in the parts that the types have when they are written out, which are bounded by
//! [`WIRE_BYTES_MAX`](crate::wire::WIRE_BYTES_MAX) and [`WIRE_PARTS_MAX`](crate::wire::WIRE_PARTS_MAX). What else an
//! interface may have at most stands in [`limits`](crate::limits); [`Interface::weight`](crate::Interface::weight) says
//! how much memory it takes.

mod io;
mod items;
mod read_types;
mod types;

use alloc::{string::String, vec::Vec};

use alloy_primitives::{B256, keccak256};

use crate::{interface::Interface, limits};
use io::{Reader, Wire, Writer};

/// The version of the form, its first byte.
pub const WIRE_VERSION: u8 = 1;
/// The longest form of an interface, in bytes (Drift: 103,615).
pub const WIRE_BYTES_MAX: usize = 256 * 1024;
/// Types (scalars and the parts of others among them) that an interface may have, where each is written out in full
/// (Drift, the largest one known, has 3,977).
pub const WIRE_PARTS_MAX: usize = 16 * 1024;

/// Why an interface has no form as bytes, or bytes are the form of none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Longer than an interface may be.
    #[error("the interface has {given} bytes; the registry takes up to {WIRE_BYTES_MAX}")]
    TooLong {
        /// Its length.
        given: usize,
    },
    /// The first byte is of another version.
    #[error("the interface is written in version {given} of its form; version {WIRE_VERSION} is known")]
    Version {
        /// The version.
        given: u8,
    },
    /// The bytes end too soon.
    #[error("the interface ends at byte {at} in the middle of {what}")]
    TooShort {
        /// Where the bytes end.
        at: usize,
        /// What was being read.
        what: &'static str,
    },
    /// Something has a value that it cannot have.
    #[error("{what} at byte {at} of the interface: {rule}")]
    Invalid {
        /// What it is.
        what: &'static str,
        /// Where it ends.
        at: usize,
        /// What it breaks.
        rule: &'static str,
    },
    /// A type of the interface has no place in the form.
    #[error("the interface has a type that cannot be written: {rule}")]
    Type {
        /// What it breaks.
        rule: &'static str,
    },
    /// The types of the interface are too large when they are written out in full.
    #[error("the types of the interface have more than {WIRE_PARTS_MAX} parts together")]
    TooManyParts,
    /// The interface has more of something than [`limits`] allow.
    #[error("{item} has {given} {what}; the registry takes up to {limit}")]
    Limit {
        /// What has too much.
        item: String,
        /// What it has too much of.
        what: &'static str,
        /// How much; counting ends one above the limit for parts of types.
        given: usize,
        /// The limit.
        limit: usize,
    },
    /// Bytes follow the interface.
    #[error("the interface ends at byte {end}, but {extra} more bytes follow")]
    Trailing {
        /// Where it ends.
        end: usize,
        /// Bytes that follow.
        extra: usize,
    },
}

impl Interface {
    /// The interface as bytes.
    ///
    /// # Errors
    ///
    /// [`WireError::TooLong`], [`WireError::TooManyParts`], [`WireError::Limit`] or [`WireError::Type`] for an interface
    /// beyond the limits.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WireError> {
        let mut writer = Writer::default();
        self.put(&mut writer)?;
        let bytes = writer.finish();
        if bytes.len() > WIRE_BYTES_MAX {
            return Err(WireError::TooLong { given: bytes.len() });
        }
        limits::check(self)?;
        Ok(bytes)
    }

    /// The interface that the bytes are the form of.
    ///
    /// # Errors
    ///
    /// A [`WireError`] that says where and why the bytes are no interface.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > WIRE_BYTES_MAX {
            return Err(WireError::TooLong { given: bytes.len() });
        }
        let mut reader = Reader::new(bytes)?;
        let interface = Self::take(&mut reader)?;
        reader.finish()?;
        limits::check(&interface)?;
        Ok(interface)
    }
}

/// The hash that names an interface: Keccak-256 of its bytes.
pub fn interface_hash(bytes: &[u8]) -> B256 {
    keccak256(bytes)
}
