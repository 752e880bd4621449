//! Why a type or a value has no image.

use alloc::string::String;

use crate::{derive::DerivationError, error::CodecError, interface::Abi};

/// Why a type or a value of one ABI cannot be shown in another, or cannot be read back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The type has no image.
    #[error("{ty} has no image in the {} ABI: {reason}", .abi.name())]
    NoImage {
        /// The type.
        ty: String,
        /// The ABI in which it was to be shown.
        abi: Abi,
        /// Why, as a sentence.
        reason: &'static str,
    },
    /// The type is none of the ABI that it is said to be of, or its image is nested too deep.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The accounts of a function cannot be derived.
    #[error(transparent)]
    Derivation(#[from] DerivationError),
    /// Several accounts must sign, which the caller would all be.
    #[error(
        "{accounts} must sign, each as itself, and a caller of another VM signs as one account; call it with raw accounts, \
         `invoke` or `invokeSigned`"
    )]
    SeveralSigners {
        /// The names of the accounts.
        accounts: String,
    },
    /// The value is not one that stands for a value of the source type.
    #[error("{value} stands for no value of {ty}: {rule}")]
    NotAnImage {
        /// The source type.
        ty: String,
        /// The value, shortened.
        value: String,
        /// The rule that it breaks, as a sentence.
        rule: &'static str,
    },
    /// The image is far larger than the value (enums of many variants, shown as structs, many times over).
    #[error("the values would be shown with more than {limit} parts, which is too much for what they hold")]
    TooManyParts {
        /// Parts that the image of such a value may have.
        limit: usize,
    },
    /// Wrong number of values.
    #[error("{what} takes {expected} values, {given} were given")]
    WrongCount {
        /// The item.
        what: String,
        /// Values expected.
        expected: usize,
        /// Values given.
        given: usize,
    },
    /// A required account was left out.
    #[error("the account {account} of {function} is required, but zero was given; pass its 32-byte id")]
    AccountMissing {
        /// The function.
        function: String,
        /// The account.
        account: String,
    },
    /// The projection has no item with this index.
    #[error("the projection has no {what} with the index {index}")]
    NoItem {
        /// `function`, `error`, `event` or `reader`.
        what: &'static str,
        /// The index, from 0.
        index: usize,
    },
}
