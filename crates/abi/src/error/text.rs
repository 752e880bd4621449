//! Errors about texts: interfaces, artefacts and arguments as files and people give them.

/// Why an interface could not be read.
#[derive(Debug, thiserror::Error)]
pub enum InterfaceError {
    /// The text is not JSON.
    #[error("the interface is not valid JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// The JSON is something else.
    #[error(
        "expected a Solidity ABI (a JSON array) or an artefact with the key `abi` (Foundry, Hardhat, solc), found {found}"
    )]
    NotAnAbi {
        /// What was found.
        found: String,
    },
    /// A part without which nothing of the file can be used.
    #[error("{part}: {reason}")]
    Part {
        /// Which part.
        part: String,
        /// What is wrong.
        reason: String,
    },
    /// The file is too long to be an interface.
    #[error("the file has {given} bytes, an interface may have {limit}")]
    TooLong {
        /// Bytes it has.
        given: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// The JSON is not of the format that was asked for.
    #[error("expected {expected}, found {found}")]
    OtherFormat {
        /// The format and its mark.
        expected: &'static str,
        /// What was found.
        found: String,
    },
    /// The JSON is of no format that is known.
    #[error(
        "no interface format has this shape: {found}; known are Solidity (an array, or an artefact with `abi`), Anchor \
         (`instructions`, with `metadata.spec` since 0.30), Codama (`standard`: `codama`), Cairo (an array, or a class \
         with `abi`, with Cairo's type paths) and Fuel (`specVersion`, `concreteTypes`)"
    )]
    UnknownFormat {
        /// What was found.
        found: String,
    },
    /// The file holds several contracts, or none of the name.
    #[error("{}", which(.wanted.as_deref(), .names))]
    Which {
        /// The name asked for.
        wanted: Option<String>,
        /// The names there are.
        names: Vec<String>,
    },
    /// A signature written by a human cannot be understood.
    #[error("{given:?} is not a function signature such as `transfer(address,uint256)(bool)`: {reason}")]
    Signature {
        /// The text.
        given: String,
        /// What is wrong.
        reason: String,
    },
}

/// Why an artefact (a compiled contract) could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ArtefactError {
    /// The text is not JSON.
    #[error("the artefact is not valid JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// The JSON is something else.
    #[error("expected an artefact of Foundry, Hardhat or solc, found {found}")]
    NotAnArtefact {
        /// What was found.
        found: String,
    },
    /// The file holds several contracts.
    #[error("the file holds {} contracts, say which one is meant: {}", .names.len(), .names.join(", "))]
    SeveralContracts {
        /// Their names.
        names: Vec<String>,
    },
    /// The file holds no contract of this name.
    #[error("the file holds no contract {name}; it has {}", .names.join(", "))]
    NoSuchContract {
        /// The name asked for.
        name: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// Addresses of libraries are missing in the bytecode.
    #[error(
        "the bytecode of {name} is not linked: at byte {at} it needs the address of the library {library}; \
         link it with the compiler first (`--libraries`)"
    )]
    Unlinked {
        /// The contract.
        name: String,
        /// The library, by name where the artefact says it, else its placeholder.
        library: String,
        /// The byte at which the address goes.
        at: usize,
    },
    /// No library, or more than one, has the name.
    #[error("no code waits for a library {library:?}; there are: {}", names.join(", "))]
    NoSuchLibrary {
        /// The name.
        library: String,
        /// The full names of those there are.
        names: Vec<String>,
    },
    /// The bytecode is not hex.
    #[error("the bytecode of {name} is not hex: {reason}")]
    NotHex {
        /// The contract.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The interface in it cannot be read.
    #[error(transparent)]
    Interface(#[from] InterfaceError),
}

/// Why what a human wrote is not a value, or names no function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// Something else was expected.
    #[error("expected {expected}, got {given}")]
    Expected {
        /// The type, with an example or a rule.
        expected: String,
        /// The text.
        given: String,
    },
    /// The number is not one of the type.
    #[error("{given} does not fit {ty}, which goes from {min} to {max}")]
    OutOfRange {
        /// The type.
        ty: String,
        /// The text.
        given: String,
        /// The smallest number of the type.
        min: String,
        /// The largest number of the type.
        max: String,
    },
    /// The unit behind a number is none, or one of another coin.
    #[error("{given} {because}")]
    Unit {
        /// The text.
        given: String,
        /// What is wrong with it, and what to write.
        because: String,
    },
    /// The letters of an address do not agree with its EIP-55 checksum.
    #[error("the address {given} has a wrong checksum (a typing error?); the checksummed form is {expected}")]
    Checksum {
        /// The text.
        given: String,
        /// The same address with the right checksum.
        expected: String,
    },
    /// The text is neither an address nor a known name.
    #[error("{given} is neither an address (0x and 40 hex digits) nor a known name")]
    UnknownName {
        /// The text.
        given: String,
    },
    /// The text cannot be read as a list, tuple or struct.
    #[error("cannot read {given} at character {at}: {reason}")]
    Syntax {
        /// The text.
        given: String,
        /// The character's place, from 1.
        at: usize,
        /// What is wrong.
        reason: String,
    },
    /// Wrong number of elements, fields or arguments.
    #[error("{what} takes {expected} {unit}, {given} given")]
    WrongCount {
        /// The type or the function's signature.
        what: String,
        /// `arguments`, `elements`, `fields`.
        unit: &'static str,
        /// How many are expected.
        expected: usize,
        /// How many there are.
        given: usize,
    },
    /// A struct has no such field, or an enum no such variant.
    #[error("{ty} has no {what} {name}{}", did_you_mean(.suggestions))]
    UnknownMember {
        /// The type.
        ty: String,
        /// `field` or `variant`.
        what: &'static str,
        /// The name given.
        name: String,
        /// Names that are near.
        suggestions: Vec<String>,
    },
    /// A struct lacks a field.
    #[error("the field {name} of {ty} is missing")]
    MissingField {
        /// The type.
        ty: String,
        /// The field.
        name: String,
    },
    /// The interface has no such function.
    #[error("{interface} has no function {name}{}", did_you_mean(.suggestions))]
    UnknownFunction {
        /// The interface's name.
        interface: String,
        /// The name or signature given.
        name: String,
        /// Signatures whose names are near.
        suggestions: Vec<String>,
    },
    /// The function is one that was left out when the interface was read.
    #[error("the {item} cannot be used: {reason}")]
    LeftOut {
        /// Kind and name.
        item: String,
        /// Why it was left out.
        reason: String,
    },
    /// Several functions have the name.
    #[error("{name} is overloaded, say which one is meant: {}", .candidates.join(", "))]
    Ambiguous {
        /// The name.
        name: String,
        /// The signatures that have it.
        candidates: Vec<String>,
    },
    /// An error in a part.
    #[error("{place}: {source}")]
    In {
        /// The part: ``argument 2 `amount` of transfer(address,uint256)``, `element 0`, `field owner`.
        place: String,
        /// What is wrong with it.
        source: Box<ArgumentError>,
    },
}

fn did_you_mean(suggestions: &[String]) -> String {
    if suggestions.is_empty() { String::new() } else { format!("; did you mean {}?", suggestions.join(" or ")) }
}

impl ArgumentError {
    /// This error, said to be in a part.
    pub(crate) fn within(self, place: impl Into<String>) -> Self {
        Self::In { place: place.into(), source: Box::new(self) }
    }
}

/// The most names that are listed.
const NAMES_MAX: usize = 20;

fn which(wanted: Option<&str>, names: &[String]) -> String {
    let count = names.len();
    let shown = names.iter().take(NAMES_MAX).map(|name| crate::text::escape(name)).collect::<Vec<_>>().join(", ");
    let more = if count > NAMES_MAX { ", …" } else { "" };
    match wanted {
        None => format!("the file holds {count} contracts, say which one is meant: {shown}{more}"),
        Some(wanted) => format!("the file holds no contract {}; it has {shown}{more}", crate::text::escape(wanted)),
    }
}
