//! Every error of this crate: sentences that name the thing, the place and the limit.

#[cfg(feature = "std")]
mod text;

use alloc::{borrow::ToOwned, format, string::String};

use alloy_primitives::{B256, Bytes};

use crate::{address::AddressError, interface::Interface, limits::SELECTOR_BYTES_MAX, text::brief};
#[cfg(feature = "std")]
pub use text::{ArgumentError, ArtefactError, InterfaceError};

/// Why values could not be encoded or bytes not decoded.
///
/// `at` is a byte position counted from the first byte after the selector (for outputs and events: from the first byte).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The data is too short to name a function or an error.
    #[error("expected a selector of {expected} bytes, but the data has only {given}")]
    NoSelector {
        /// The selector's length.
        expected: usize,
        /// The data's length.
        given: usize,
    },
    /// No function or error has this selector.
    #[error("{interface} has no {what} with the selector {selector}")]
    UnknownSelector {
        /// `function` or `error`.
        what: &'static str,
        /// The interface's name.
        interface: String,
        /// The selector that was looked up.
        selector: Bytes,
    },
    /// The call data does not name the function as whose call it is to be decoded.
    #[error("the data is no call of {signature}, whose selector is {selector}")]
    OtherFunction {
        /// The function's signature.
        signature: String,
        /// Its selector.
        selector: Bytes,
    },
    /// No event has this first topic.
    #[error("{interface} has no event that fits a log with {} and {data_len} bytes of data", topic_text(.topic))]
    UnknownEvent {
        /// The interface's name.
        interface: String,
        /// The log's first topic.
        topic: Option<B256>,
        /// The length of the log's data.
        data_len: usize,
    },
    /// A log has another number of topics than its event has indexed fields.
    #[error("a log of {event} has {expected} topics, this one has {given}")]
    WrongTopics {
        /// The event's signature.
        event: String,
        /// Topics expected, the one with the signature included.
        expected: usize,
        /// Topics given.
        given: usize,
    },
    /// Wrong number of values.
    #[error("{what} takes {expected} values, {given} were given")]
    WrongCount {
        /// The item's signature.
        what: String,
        /// Values expected.
        expected: usize,
        /// Values given.
        given: usize,
    },
    /// The value is of another shape than the type.
    #[error("expected a value of type {expected}, got {value}")]
    WrongValue {
        /// The type.
        expected: String,
        /// The value.
        value: String,
    },
    /// The number is not one of the type.
    #[error("{value} does not fit {ty}, which goes from {min} to {max}")]
    OutOfRange {
        /// The type.
        ty: String,
        /// The number.
        value: String,
        /// The smallest number of the type.
        min: String,
        /// The largest number of the type.
        max: String,
    },
    /// The ABI has no form for the type.
    #[error("the {codec} ABI has no form for the type {ty}")]
    Unsupported {
        /// The ABI.
        codec: &'static str,
        /// The type.
        ty: String,
    },
    /// Something stands behind a part that takes what remains of the data.
    #[error("{ty} takes what remains of the data, but something follows it")]
    RestIsFollowed {
        /// The type, or the one that holds it.
        ty: String,
    },
    /// The type is nested deeper than any codec follows.
    #[error("the type is nested deeper than {limit} levels")]
    TooDeep {
        /// The deepest nesting that is accepted.
        limit: usize,
    },
    /// The data ends before the value does.
    #[error("{ty} at byte {at} needs {needed} bytes, but the data ends after {available}")]
    TooShort {
        /// The type.
        ty: String,
        /// Where it begins.
        at: usize,
        /// Bytes it needs.
        needed: usize,
        /// Bytes there are.
        available: usize,
    },
    /// An offset points outside of the data.
    #[error("the offset of {ty} at byte {at} is {offset}, beyond the {available} bytes that it can point to")]
    OffsetOutOfBounds {
        /// The type.
        ty: String,
        /// Where the offset stands.
        at: usize,
        /// The offset, in decimal.
        offset: String,
        /// Bytes from the offset's base to the end of the data.
        available: usize,
    },
    /// A length promises more than the data holds.
    #[error("the length of {ty} at byte {at} is {length}, but only {available} bytes follow")]
    LengthOutOfBounds {
        /// The type.
        ty: String,
        /// Where the length stands.
        at: usize,
        /// The length, in decimal.
        length: String,
        /// Bytes that follow it.
        available: usize,
    },
    /// A word is not the encoding of any value of the type.
    #[error("the word {word} at byte {at} is no {ty}: {rule}")]
    InvalidWord {
        /// The type.
        ty: String,
        /// Where the word stands.
        at: usize,
        /// The word.
        word: B256,
        /// What it breaks.
        rule: &'static str,
    },
    /// A string is not UTF-8.
    #[error("the string at byte {at} is not UTF-8")]
    InvalidUtf8 {
        /// Where its bytes begin.
        at: usize,
    },
    /// The data unfolds to far more than its own length (parts of it are used many times over).
    #[error("the data unfolds to more than {limit} words, {} times its own length", crate::solidity::UNFOLD_MAX)]
    UnfoldsTooFar {
        /// Words that data of this length may unfold to.
        limit: usize,
    },
    /// A tag, a bool, a length or a number stands for nothing of its type.
    #[error("{word} at byte {at} is no {ty}: {rule}")]
    InvalidPart {
        /// The type.
        ty: String,
        /// Where the part stands.
        at: usize,
        /// The part: a number in decimal or bytes in hex.
        word: String,
        /// What it breaks.
        rule: &'static str,
    },
    /// Bytes are left behind the last value.
    #[error("the values end at byte {end}, but {extra} more bytes follow")]
    Trailing {
        /// Where the values end.
        end: usize,
        /// Bytes that follow.
        extra: usize,
    },
    /// The keys of an encoded map are not in the one order that its ABI writes.
    #[error("the key at byte {at} of {ty} is not greater than the key before it: keys are sorted and never repeat")]
    UnsortedKeys {
        /// The map's type.
        ty: String,
        /// Where the key begins.
        at: usize,
    },
    /// A map to be encoded has a key twice.
    #[error("{ty} has the key {key} twice")]
    RepeatedKey {
        /// The map's type.
        ty: String,
        /// The key.
        key: String,
    },
    /// A list, text or map is longer than the ABI can say.
    #[error("{ty} has a length of {length}; the {codec} ABI goes up to {limit}")]
    TooLong {
        /// The ABI.
        codec: &'static str,
        /// The type.
        ty: String,
        /// Its length.
        length: usize,
        /// The largest length.
        limit: usize,
    },
    /// The values have far more parts than bytes (parts that take no bytes, many times over).
    #[error("the values have more than {limit} parts in {bytes} bytes of data")]
    TooManyParts {
        /// Parts that data of this length may have.
        limit: usize,
        /// The length of the data.
        bytes: usize,
    },
    /// An address has no form on the other side.
    #[error("the address {address} cannot be translated: {source}")]
    Address {
        /// The address, canonical or native.
        address: Bytes,
        /// Why.
        source: AddressError,
    },
    /// The bytes mean the same as, but are not, the one canonical encoding.
    #[error("the data is not the canonical encoding of its values (overlaps, gaps, dirty padding or trailing bytes)")]
    NotCanonical,
}

impl CodecError {
    /// No function or error has this selector, of which no more is shown than a selector can have.
    #[cold]
    pub(crate) fn unknown(what: &'static str, interface: &Interface, selector: &[u8]) -> Self {
        let selector = selector.get(..SELECTOR_BYTES_MAX).unwrap_or(selector);
        let interface = brief(&interface.display_name());
        Self::UnknownSelector { what, interface, selector: Bytes::copy_from_slice(selector) }
    }
}

fn topic_text(topic: &Option<B256>) -> String {
    topic.map_or_else(|| "no topics".to_owned(), |topic| format!("the first topic {topic}"))
}
