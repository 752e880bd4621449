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

mod cursor;
mod error;
mod io;
mod items;
mod read_types;
mod types;

use alloc::vec::Vec;

use alloy_primitives::{B256, keccak256};

use crate::{interface::Interface, limits};
pub use error::{WIRE_BYTES_MAX, WIRE_PARTS_MAX, WIRE_VERSION, WireError};
use io::{Reader, Wire, Writer};

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
