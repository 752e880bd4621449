//! The seam between interfaces and the bytes of one ABI.

use alloc::vec::Vec;
use core::fmt;

use alloy_primitives::{B256, Bytes, LogData};

use crate::{
    error::CodecError,
    interface::{Constructor, CustomError, Event, Function, Interface},
    types::separated,
    value::Value,
};

/// One ABI: values of an interface into bytes and back.
///
/// Whatever a VM passes beside the data (Fuel's selector pointer, Cairo's selector felt, Move's function name) is part of
/// the call bytes here: the adapter splits them. Logs are in the form that all VMs share, topics and data.
///
/// Encoding checks each value against its type first. Decoding is total: any bytes give a value or an error, without a
/// panic.
///
/// Work and memory are linear, so that whoever pays for the bytes pays for them. Decoding makes at most
/// [`Abi::parts_max`](crate::Abi::parts_max) parts (arguments, elements, fields, entries, payloads) of the data, and takes
/// work in proportion to these and the data, whatever it holds; encoding takes work in proportion to the values and the
/// bytes that it writes. To both comes going once through the types of the item, which
/// [`limits::ITEM_PARTS_MAX`](crate::limits::ITEM_PARTS_MAX) bounds for an interface that was read from bytes. Addresses
/// cost what the address book costs.
pub trait Codec {
    /// The ABI's name, as error messages and crossings show it: `solidity`, `borsh`, `bcs` …
    fn name(&self) -> &'static str;

    /// The bytes of a call.
    fn encode_call(&self, function: &Function, args: &[Value]) -> Result<Bytes, CodecError>;

    /// The function that a call means, and its arguments.
    fn decode_call<'i>(&self, interface: &'i Interface, data: &[u8]) -> Result<(&'i Function, Vec<Value>), CodecError>;

    /// The arguments of a call of this function, which the data names.
    fn decode_arguments(&self, function: &Function, data: &[u8]) -> Result<Vec<Value>, CodecError>;

    /// The error for call data that names none of the interface's functions.
    fn unknown_function(&self, interface: &Interface, data: &[u8]) -> CodecError;

    /// The bytes that a function returns.
    fn encode_output(&self, function: &Function, values: &[Value]) -> Result<Bytes, CodecError>;

    /// What a function returned.
    fn decode_output(&self, function: &Function, data: &[u8]) -> Result<Vec<Value>, CodecError>;

    /// The bytes of a constructor's arguments, without the code.
    fn encode_constructor(&self, constructor: &Constructor, args: &[Value]) -> Result<Bytes, CodecError>;

    /// The bytes of a custom error.
    fn encode_error(&self, error: &CustomError, values: &[Value]) -> Result<Bytes, CodecError>;

    /// The custom error that a contract raised, and its values.
    fn decode_error<'i>(
        &self,
        interface: &'i Interface,
        data: &[u8],
    ) -> Result<(&'i CustomError, Vec<Value>), CodecError>;

    /// The log of an event.
    fn encode_event(&self, event: &Event, values: &[Value]) -> Result<LogData, CodecError>;

    /// The event that a log means, and its values.
    fn decode_event<'i>(
        &self,
        interface: &'i Interface,
        topics: &[B256],
        data: &[u8],
    ) -> Result<DecodedEvent<'i>, CodecError>;
}

/// A log that an interface explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedEvent<'i> {
    /// The event.
    pub event: &'i Event,
    /// The values, in the order of the event's fields.
    pub values: Vec<EventValue>,
}

/// A field of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventValue {
    /// The value itself.
    Plain(Value),
    /// Only the hash of the value: Solidity stores no more of an indexed string, array or struct.
    Hash(B256),
}

impl fmt::Display for DecodedEvent<'_> {
    /// `Transfer(from: 0x…, to: 0x…, value: 5_000_000)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", crate::text::escape(&self.event.name))?;
        separated(f, self.event.fields.iter().zip(&self.values), |f, (field, value)| {
            write_named(f, &field.name, value)
        })?;
        f.write_str(")")
    }
}

impl fmt::Display for EventValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(value) => value.fmt(f),
            Self::Hash(hash) => write!(f, "hash {hash}"),
        }
    }
}

/// Writes `name: value`, or the value alone where it has no name.
pub(crate) fn write_named(f: &mut fmt::Formatter<'_>, name: &str, value: &dyn fmt::Display) -> fmt::Result {
    if !name.is_empty() {
        write!(f, "{}: ", crate::text::escape(name))?;
    }
    value.fmt(f)
}
