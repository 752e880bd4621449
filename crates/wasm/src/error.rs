//! Why a module or a program is refused.

use crate::limits;
use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
};

/// What modules may use; ends the sentence of a refusal.
pub(crate) const ALLOWED: &str = "allowed are i32 and i64 arithmetic with sign extension, mutable globals, multiple \
     results, one table for call_indirect, memory.copy and memory.fill";

/// A WASM module that cannot become a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WasmError {
    /// The module is malformed or uses a proposal that is switched off.
    #[error("the module is not valid at byte {offset}: {reason}; {ALLOWED}")]
    Invalid {
        /// Byte of the module.
        offset: u64,
        /// What the validator says.
        reason: String,
    },
    /// An operator outside the allowed set.
    #[error("the operator {name} at byte {offset} is not allowed; {ALLOWED}")]
    Operator {
        /// Its text form, e.g. `f32.add`.
        name: String,
        /// Byte of the module.
        offset: u64,
    },
    /// A value type that is not a number.
    #[error("the type {found} {place} is not allowed; {ALLOWED}")]
    ValueType {
        /// The type.
        found: String,
        /// Where it stands.
        place: &'static str,
    },
    /// A limit is exceeded.
    #[error("{what}: {found}; the limit is {limit}")]
    Limit {
        /// What was counted.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much there may be.
        limit: u64,
    },
    /// A part of a module that programs may not have.
    #[error("{what} is not allowed: {instead}")]
    Forbidden {
        /// The part.
        what: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// An import that is not a host function.
    #[error("the import {module}.{name} does not exist: programs import only functions of the module vm_hooks")]
    UnknownImport {
        /// Its module.
        module: String,
        /// Its name.
        name: String,
    },
    /// A host function imported with another signature.
    #[error("the import vm_hooks.{name} has the signature {found}; expected is {expected}")]
    ImportSignature {
        /// The host function.
        name: String,
        /// Its signature in the module.
        found: String,
        /// Its signature.
        expected: String,
    },
    /// A required export is missing or something else.
    #[error("the export {name} must be {expected}, but is {found}")]
    Export {
        /// The export.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// An export with a name that is kept for the host.
    #[error("the export {name:?} is not allowed: names that begin with {prefix:?} are kept for the host")]
    ReservedExport {
        /// Its name.
        name: String,
        /// The reserved prefix.
        prefix: &'static str,
    },
    /// The interpreter, which is part of the protocol, does not take the instrumented module: a gap in the limits.
    #[error("the interpreter does not take the instrumented module: {0}")]
    Engine(String),
    /// The instrumented module could not be encoded: a bug of the instrumenter.
    #[error("the module could not be instrumented: {0}")]
    Instrumenter(String),
}

/// Code that is not a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// The code does not begin as a program does.
    #[error("the code is not a program: it must begin with 0xEFF000 and a dictionary byte")]
    Prefix,
    /// An unknown compression dictionary.
    #[error("the program is compressed with the dictionary {0:#04x}, but only 0x00 (none) is known")]
    Dictionary(u8),
    /// The compressed bytes end too early.
    #[error("the program's brotli stream is truncated")]
    Truncated,
    /// The compressed bytes are not brotli.
    #[error("the program's brotli stream is corrupt")]
    Corrupt,
    /// Bytes after the end of the compressed module.
    #[error("{0} bytes follow the end of the program's brotli stream")]
    Trailing(usize),
    /// The module is too large.
    #[error("the program's module is larger than {} bytes", limits::MAX_WASM_BYTES)]
    TooLarge,
    /// The module is refused.
    #[error(transparent)]
    Wasm(#[from] WasmError),
}

impl WasmError {
    /// A limit check.
    pub(crate) fn limit(what: &'static str, found: u64, limit: u64) -> Result<(), Self> {
        if found > limit {
            return Err(Self::Limit { what, found, limit });
        }
        Ok(())
    }
}

impl From<wasmparser::BinaryReaderError> for WasmError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Invalid { offset: offset(error.offset()), reason: error.message().to_owned() }
    }
}

impl<E: core::fmt::Display> From<wasm_encoder::reencode::Error<E>> for WasmError {
    fn from(error: wasm_encoder::reencode::Error<E>) -> Self {
        Self::Instrumenter(error.to_string())
    }
}

/// A parser's offset in the width of our errors.
pub(crate) fn offset(offset: impl TryInto<u64>) -> u64 {
    offset.try_into().unwrap_or(u64::MAX)
}
