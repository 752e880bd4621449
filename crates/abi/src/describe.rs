//! Revert data as a sentence.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use alloy_primitives::{U256, hex};

use crate::{
    codec::{Codec, write_named},
    interface::{Abi, CustomError, Interface},
    solidity::{
        ForeignFault, PANIC_SELECTOR, REVERT_SELECTOR, SELECTOR_BYTES, SolidityCodec, foreign_fault_decode,
        panic_meaning,
    },
    text::{quote, shorten},
    types::{Type, separated},
    value::Value,
};

/// A sentence shows at most this many characters of a reason.
const REASON_CHARS_MAX: usize = 1024;

/// What revert data in the Solidity ABI says. `{}` is one line, safe for a terminal, of bounded length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revert<'a> {
    /// No data: `revert()`, or a failure that gives no reason.
    Empty,
    /// `Error(string)`.
    Reason(String),
    /// `Panic(uint256)`.
    Panic(U256),
    /// hexapla's own: a call into another VM failed.
    ForeignFault(ForeignFault),
    /// An error that one of the interfaces declares.
    Custom(&'a CustomError, Vec<Value>),
    /// Anything else, malformed data included.
    Unknown(&'a [u8]),
}

impl<'a> Revert<'a> {
    /// Reads revert data. The built-in errors come first, then the errors of the interfaces in their order.
    pub fn decode(data: &'a [u8], interfaces: impl IntoIterator<Item = &'a Interface>) -> Self {
        if data.is_empty() {
            return Self::Empty;
        }
        if let Some(revert) = built_in(data) {
            return revert;
        }
        let codec = SolidityCodec::default();
        let declared = interfaces.into_iter().find_map(|interface| codec.decode_error(interface, data).ok());
        declared.map_or(Self::Unknown(data), |(error, values)| Self::Custom(error, values))
    }
}

fn built_in(data: &[u8]) -> Option<Revert<'static>> {
    let codec = SolidityCodec::default();
    let one = |ty: Type, body: &[u8]| codec.decode_values(&[ty], body).ok()?.pop();
    if let Some(body) = data.strip_prefix(&REVERT_SELECTOR) {
        let Value::String(reason) = one(Type::String, body)? else {
            return None;
        };
        return Some(Revert::Reason(reason));
    }
    if let Some(body) = data.strip_prefix(&PANIC_SELECTOR) {
        let Value::Uint(code) = one(Type::U256, body)? else {
            return None;
        };
        return Some(Revert::Panic(code));
    }
    foreign_fault_decode(data)?.ok().map(Revert::ForeignFault)
}

/// Revert data as one line, with the custom errors of the interfaces (none is fine).
///
/// `TooRisky(score: 900, limit: 500)`, `Error("ERC20: …")`, `Panic(0x11): arithmetic overflow`,
/// `0x12345678… (68 bytes, unknown custom error)`, `no reason given`.
pub fn describe_revert<'a>(data: &'a [u8], interfaces: impl IntoIterator<Item = &'a Interface>) -> String {
    Revert::decode(data, interfaces).to_string()
}

/// A failure by the error that its contract's interface declares for it: with its fields where the ABI has such, else by
/// its number and what the interface says about it.
pub fn describe_error(interface: &Interface, error: &CustomError, data: &[u8], number: Option<u64>) -> String {
    if interface.abi == Abi::Solidity {
        return describe_revert(data, [interface]);
    }
    let number = number.map(|number| format!(" ({number})")).unwrap_or_default();
    let meaning = if error.message.is_empty() { String::new() } else { format!(": {}", error.message) };
    format!("{}{number}{meaning}", error.name)
}

impl fmt::Display for Revert<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no reason given"),
            Self::Reason(reason) => write!(f, "Error({})", quote(&shorten(reason, REASON_CHARS_MAX))),
            Self::Panic(code) => {
                let meaning = panic_meaning(*code).unwrap_or("not a code that Solidity defines");
                write!(f, "Panic(0x{code:02x}): {meaning}")
            }
            Self::ForeignFault(fault) => write_foreign_fault(f, fault),
            Self::Custom(error, values) => {
                write!(f, "{}(", crate::text::escape(&error.name))?;
                separated(f, error.inputs.iter().zip(values), |f, (param, value)| {
                    write_named(f, &param.name, &format_args!("{value:#}"))
                })?;
                f.write_str(")")
            }
            Self::Unknown(data) => write_unknown(f, data),
        }
    }
}

fn write_foreign_fault(f: &mut fmt::Formatter<'_>, fault: &ForeignFault) -> fmt::Result {
    let text = |text: &str| quote(&shorten(text, REASON_CHARS_MAX));
    let data = Value::Bytes(fault.data.clone());
    write!(
        f,
        "ForeignFault(vm: {}, at: {}, kind: {}, data: {data:#}, message: {})",
        text(&fault.vm),
        fault.at,
        text(&fault.kind),
        text(&fault.message)
    )
}

fn write_unknown(f: &mut fmt::Formatter<'_>, data: &[u8]) -> fmt::Result {
    let (head, rest) = data.split_at_checked(SELECTOR_BYTES).unwrap_or((data, &[]));
    let what = if head.len() < SELECTOR_BYTES { "too short for a custom error" } else { "unknown custom error" };
    let (dots, unit) = (if rest.is_empty() { "" } else { "…" }, if data.len() == 1 { "byte" } else { "bytes" });
    write!(f, "{}{dots} ({} {unit}, {what})", hex::encode_prefixed(head), data.len())
}
