//! What the readers of all interface formats share: JSON with sentences for errors, limits on types, the last checks.

mod finish;
mod guard;
mod json;

pub(crate) use finish::{Apart, Draft, signature};
pub(crate) use guard::Guard;
pub(crate) use json::{
    byte_list, child, flag, items, kind_of, label, label_of, length, list, parse, text, text_or_empty, type_text,
};

use crate::error::InterfaceError;

/// A codec's error names the whole type, which may be long.
const REASON_CHARS_MAX: usize = 400;

pub(crate) use crate::limits::{ACCOUNTS_MAX, SEEDS_MAX};

/// What is wrong with an item of an interface's source. The item is left out, and the others are read.
#[derive(Debug)]
pub(crate) enum Problem {
    /// It is not what the format says.
    Malformed(String),
    /// It is sound, but has no place in the model.
    Inexpressible(String),
}

impl Problem {
    /// A [`Problem::Malformed`].
    pub(crate) fn malformed(reason: impl Into<String>) -> Self {
        Self::Malformed(reason.into())
    }

    /// A [`Problem::Inexpressible`].
    pub(crate) fn inexpressible(reason: impl Into<String>) -> Self {
        Self::Inexpressible(reason.into())
    }

    /// A [`Problem::Inexpressible`] for an instruction with too many accounts or seeds.
    pub(crate) fn too_many(what: &str, given: usize, limit: usize) -> Self {
        Self::Inexpressible(format!("it has {given} {what}, Solana allows {limit}"))
    }

    /// Why, as a sentence.
    pub(crate) fn into_reason(self) -> String {
        let (Self::Malformed(reason) | Self::Inexpressible(reason)) = self;
        reason
    }

    /// The error of the whole file, for a part without which nothing of it can be used.
    pub(crate) fn at(self, part: &str) -> InterfaceError {
        InterfaceError::Part { part: crate::text::escape(part), reason: self.into_reason() }
    }
}

impl From<crate::CodecError> for Problem {
    fn from(error: crate::CodecError) -> Self {
        Self::Inexpressible(crate::text::shorten(&error.to_string(), REASON_CHARS_MAX))
    }
}
