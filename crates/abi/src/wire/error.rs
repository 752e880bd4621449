//! The limits of the form, and what is wrong with bytes that are the form of no interface.

use alloc::string::String;

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
    /// The interface has more of something than [`limits`](crate::limits) allow.
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
