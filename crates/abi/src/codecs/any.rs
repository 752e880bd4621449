//! The codec of whatever ABI a contract has.

use alloc::{string::ToString, vec::Vec};

use alloy_primitives::{B256, Bytes, LogData};

use super::{Bcs, BcsCodec, BorshCodec, CairoCodec, Form as _, Fuel, FuelCodec, only_the_last_takes_rest};
use crate::{
    address::AddressBook,
    codec::{Codec, DecodedEvent},
    error::CodecError,
    interface::{Abi, AccountLayout, Constructor, CustomError, Event, Function, Interface},
    solidity::{SELECTOR_BYTES, SolidityCodec, type_name},
    types::Type,
    value::Value,
};

/// The codec of an [`Abi`] that is known at run time only.
#[derive(Clone, Copy, Debug)]
pub enum AnyCodec<'a> {
    /// Solidity's.
    Solidity(SolidityCodec),
    /// Borsh.
    Borsh(BorshCodec<'a>),
    /// BCS.
    Bcs(BcsCodec<'a>),
    /// Cairo's felts.
    Cairo(CairoCodec<'a>),
    /// Fuel's.
    Fuel(FuelCodec<'a>),
}

/// Calls the method of the codec that it is.
macro_rules! of_each {
    ($self:expr, $codec:ident => $call:expr) => {
        match $self {
            Self::Solidity($codec) => $call,
            Self::Borsh($codec) => $call,
            Self::Bcs($codec) => $call,
            Self::Cairo($codec) => $call,
            Self::Fuel($codec) => $call,
        }
    };
}

impl<'a> AnyCodec<'a> {
    /// The codec of the ABI. Solidity's, whose addresses are the canonical ones, needs no book and does not ask it.
    pub fn new(abi: Abi, book: &'a dyn AddressBook) -> Self {
        match abi {
            Abi::Solidity => Self::Solidity(SolidityCodec::default()),
            Abi::Borsh => Self::Borsh(BorshCodec::new(book)),
            Abi::Bcs => Self::Bcs(BcsCodec::new(book)),
            Abi::Cairo => Self::Cairo(CairoCodec::new(book)),
            Abi::Fuel => Self::Fuel(FuelCodec::new(book)),
        }
    }

    /// Encodes values as a parameter list, without a selector.
    ///
    /// # Errors
    ///
    /// A [`CodecError`] for a wrong number of values, a value that is not of its type, a type without a form.
    pub fn encode_values(&self, types: &[Type], values: &[Value]) -> Result<Bytes, CodecError> {
        of_each!(self, codec => codec.encode_values(types, values))
    }

    /// Decodes a parameter list, without a selector.
    ///
    /// # Errors
    ///
    /// A [`CodecError`] that names the type, the place and the rule or limit.
    pub fn decode_values(&self, types: &[Type], data: &[u8]) -> Result<Vec<Value>, CodecError> {
        of_each!(self, codec => codec.decode_values(types, data))
    }

    /// Decodes the data of an account.
    ///
    /// Behind a layout with a discriminator other bytes may follow: accounts are opened with room to grow. A layout
    /// without one must take all of the data, as nothing but its length tells it from others.
    ///
    /// # Errors
    ///
    /// [`CodecError::WrongValue`] for data with another discriminator, else those of
    /// [`decode_values`](Self::decode_values).
    pub fn decode_account(&self, layout: &AccountLayout, data: &[u8]) -> Result<Value, CodecError> {
        let body = data.strip_prefix(&layout.discriminator[..]).ok_or_else(|| CodecError::WrongValue {
            expected: layout.name.clone(),
            // What is wrong is how the data begins; there may be megabytes of it.
            value: Value::Bytes(Bytes::copy_from_slice(data.get(..layout.discriminator.len()).unwrap_or(data)))
                .to_string(),
        })?;
        if !layout.discriminator.is_empty() {
            return self.decode_first(&layout.ty, body);
        }
        let values = self.decode_values(core::slice::from_ref(&layout.ty), body)?;
        Ok(values.into_iter().next().unwrap_or(Value::Unit))
    }

    /// Decodes the value with which the data begins, whatever follows.
    ///
    /// # Errors
    ///
    /// Those of [`decode_values`](Self::decode_values).
    pub fn decode_first(&self, ty: &Type, data: &[u8]) -> Result<Value, CodecError> {
        match self {
            // It never looks at what follows.
            Self::Solidity(codec) => {
                let values = codec.decode_values(core::slice::from_ref(ty), data)?;
                Ok(values.into_iter().next().unwrap_or(Value::Unit))
            }
            Self::Borsh(codec) => codec.decode_first(ty, data),
            Self::Bcs(codec) => codec.decode_first(ty, data),
            Self::Cairo(codec) => codec.decode_first(ty, data),
            Self::Fuel(codec) => codec.decode_first(ty, data),
        }
    }
}

impl Abi {
    /// The most parts (arguments, elements, fields, entries, payloads) that decoding makes of this many bytes.
    pub const fn parts_max(self, bytes: usize) -> usize {
        match self {
            Self::Solidity => crate::solidity::parts_max(bytes),
            Self::Borsh | Self::Bcs | Self::Cairo | Self::Fuel => super::parts_max(bytes),
        }
    }

    /// What stands in a call where the function is named: all of the data where selectors have any length, `None` where
    /// the data is too short.
    pub(crate) fn function_named(self, call: &[u8]) -> Option<&[u8]> {
        match self {
            Self::Solidity => call.get(..SELECTOR_BYTES),
            Self::Borsh | Self::Cairo => Some(call),
            Self::Bcs => Bcs::name_of(call).map(|(name, _)| name),
            Self::Fuel => Fuel::name_of(call).map(|(name, _)| name),
        }
    }

    /// The arguments in a call of the function with this selector.
    pub(crate) fn arguments_in<'d>(self, call: &'d [u8], selector: &[u8]) -> Option<&'d [u8]> {
        match self {
            Self::Solidity | Self::Borsh | Self::Cairo => call.strip_prefix(selector),
            Self::Bcs => Bcs::strip_selector(call, selector),
            Self::Fuel => Fuel::strip_selector(call, selector),
        }
    }

    /// Whether the ABI has a form for the type and all that is inside it.
    ///
    /// # Errors
    ///
    /// [`CodecError::Unsupported`] for the part that has none, [`CodecError::TooDeep`] for a type nested too deep.
    pub fn check_type(self, ty: &Type) -> Result<(), CodecError> {
        match self {
            Self::Solidity => type_name(ty).map(drop),
            Self::Borsh => BorshCodec::check_type(ty),
            Self::Bcs => BcsCodec::check_type(ty),
            Self::Cairo => CairoCodec::check_type(ty),
            Self::Fuel => FuelCodec::check_type(ty),
        }
    }
}

impl Interface {
    /// Whether the interface's ABI has a form for every type that its items use. Whoever keeps interfaces for later
    /// checks them once; a codec finds the same only when it meets a value.
    ///
    /// # Errors
    ///
    /// [`CodecError::Unsupported`] for the first part that has none, [`CodecError::TooDeep`] for a type nested too deep,
    /// [`CodecError::RestIsFollowed`] where something follows what takes all that remains.
    pub fn check_types(&self) -> Result<(), CodecError> {
        self.used_types().try_for_each(|ty| self.abi.check_type(ty))?;
        self.functions.iter().try_for_each(|function| {
            only_the_last_takes_rest(function.input_types())?;
            only_the_last_takes_rest(function.output_types())
        })?;
        self.errors
            .iter()
            .try_for_each(|error| only_the_last_takes_rest(error.inputs.iter().map(|input| &input.ty)))?;
        self.events.iter().try_for_each(|event| only_the_last_takes_rest(event.fields.iter().map(|field| &field.ty)))
    }
}

impl Codec for AnyCodec<'_> {
    fn name(&self) -> &'static str {
        of_each!(self, codec => codec.name())
    }

    fn encode_call(&self, function: &Function, args: &[Value]) -> Result<Bytes, CodecError> {
        of_each!(self, codec => codec.encode_call(function, args))
    }

    fn decode_call<'i>(&self, interface: &'i Interface, data: &[u8]) -> Result<(&'i Function, Vec<Value>), CodecError> {
        of_each!(self, codec => codec.decode_call(interface, data))
    }

    fn decode_arguments(&self, function: &Function, data: &[u8]) -> Result<Vec<Value>, CodecError> {
        of_each!(self, codec => codec.decode_arguments(function, data))
    }

    fn unknown_function(&self, interface: &Interface, data: &[u8]) -> CodecError {
        of_each!(self, codec => codec.unknown_function(interface, data))
    }

    fn encode_output(&self, function: &Function, values: &[Value]) -> Result<Bytes, CodecError> {
        of_each!(self, codec => codec.encode_output(function, values))
    }

    fn decode_output(&self, function: &Function, data: &[u8]) -> Result<Vec<Value>, CodecError> {
        of_each!(self, codec => codec.decode_output(function, data))
    }

    fn encode_constructor(&self, constructor: &Constructor, args: &[Value]) -> Result<Bytes, CodecError> {
        of_each!(self, codec => codec.encode_constructor(constructor, args))
    }

    fn encode_error(&self, error: &CustomError, values: &[Value]) -> Result<Bytes, CodecError> {
        of_each!(self, codec => codec.encode_error(error, values))
    }

    fn decode_error<'i>(
        &self,
        interface: &'i Interface,
        data: &[u8],
    ) -> Result<(&'i CustomError, Vec<Value>), CodecError> {
        of_each!(self, codec => codec.decode_error(interface, data))
    }

    fn encode_event(&self, event: &Event, values: &[Value]) -> Result<LogData, CodecError> {
        of_each!(self, codec => codec.encode_event(event, values))
    }

    fn decode_event<'i>(
        &self,
        interface: &'i Interface,
        topics: &[B256],
        data: &[u8],
    ) -> Result<DecodedEvent<'i>, CodecError> {
        of_each!(self, codec => codec.decode_event(interface, topics, data))
    }
}
