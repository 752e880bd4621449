//! The errors that any contract may raise without declaring them: Solidity's own and hexapla's `ForeignFault`.

use alloc::{string::String, vec::Vec};

use alloy_primitives::{Address, Bytes, U256, keccak256};

use super::{SELECTOR_BYTES, decode::decode_sequence, encode::encode_sequence};
use crate::{error::CodecError, types::Type, value::Value};

/// The selector of `Error(string)`, which `require(condition, "text")` and `revert("text")` raise.
pub const REVERT_SELECTOR: [u8; SELECTOR_BYTES] = [0x08, 0xc3, 0x79, 0xa0];

/// The selector of `Panic(uint256)`, which the compiler's own checks raise.
pub const PANIC_SELECTOR: [u8; SELECTOR_BYTES] = [0x4e, 0x48, 0x7b, 0x71];

/// How a call into another VM failed, in the form in which a Solidity contract can catch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignFault {
    /// The name of the VM in which it failed.
    pub vm: String,
    /// The canonical address of the contract that failed.
    pub at: Address,
    /// The kind of fault: `revert`, `abort`, `out of gas` …
    pub kind: String,
    /// The native data of the fault, in the failing VM's own form.
    pub data: Bytes,
    /// A sentence for humans.
    pub message: String,
}

impl ForeignFault {
    /// The Solidity declaration is `error ForeignFault(string vm, address at, string kind, bytes data, string message)`.
    pub const SIGNATURE: &'static str = "ForeignFault(string,address,string,bytes,string)";

    const TYPES: [Type; 5] = [Type::String, Type::Address, Type::String, Type::Bytes, Type::String];
}

/// The selector of [`ForeignFault::SIGNATURE`].
pub fn foreign_fault_selector() -> [u8; SELECTOR_BYTES] {
    let [a, b, c, d, ..] = keccak256(ForeignFault::SIGNATURE).0;
    [a, b, c, d]
}

/// The revert data of a foreign fault.
pub fn foreign_fault_encode(fault: &ForeignFault) -> Bytes {
    let values = [
        Value::String(fault.vm.clone()),
        Value::Address(fault.at),
        Value::String(fault.kind.clone()),
        Value::Bytes(fault.data.clone()),
        Value::String(fault.message.clone()),
    ];
    with_selector(foreign_fault_selector(), &ForeignFault::TYPES, &values)
}

/// The foreign fault in revert data; `None` where the data is no `ForeignFault` at all.
///
/// # Errors
///
/// A [`CodecError`] where the data has the selector of `ForeignFault` but not its form.
pub fn foreign_fault_decode(data: &[u8]) -> Option<Result<ForeignFault, CodecError>> {
    let body = data.strip_prefix(&foreign_fault_selector())?;
    Some(decode_sequence(ForeignFault::TYPES.iter(), body).and_then(|values| {
        let values: [Value; 5] = values.try_into().map_err(|values: Vec<_>| CodecError::WrongCount {
            what: ForeignFault::SIGNATURE.into(),
            expected: 5,
            given: values.len(),
        })?;
        match values {
            [
                Value::String(vm),
                Value::Address(at),
                Value::String(kind),
                Value::Bytes(data),
                Value::String(message),
            ] => Ok(ForeignFault { vm, at, kind, data, message }),
            _ => Err(CodecError::NotCanonical),
        }
    }))
}

/// The revert data of `Error(string)`.
pub fn revert_encode(message: &str) -> Bytes {
    with_selector(REVERT_SELECTOR, &[Type::String], &[Value::string(message)])
}

/// What a panic code of Solidity means; `None` for a code that Solidity does not define.
pub fn panic_meaning(code: U256) -> Option<&'static str> {
    Some(match u8::try_from(code).ok()? {
        0x00 => "generic compiler panic",
        0x01 => "assertion failed",
        0x11 => "arithmetic overflow",
        0x12 => "division or modulo by zero",
        0x21 => "value is no variant of the enum",
        0x22 => "incorrectly encoded storage byte array",
        0x31 => "pop on an empty array",
        0x32 => "index out of bounds",
        0x41 => "too much memory allocated",
        0x51 => "call of an uninitialised internal function",
        _ => return None,
    })
}

/// Encodes values that are of the types by construction.
fn with_selector(selector: [u8; SELECTOR_BYTES], types: &[Type], values: &[Value]) -> Bytes {
    let body = encode_sequence("the error", types.iter(), values).unwrap_or_default();
    [selector.as_slice(), &body].concat().into()
}
