//! The [`Codec`] of every [`Form`].

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::{fmt, marker::PhantomData};

use alloy_primitives::{B256, Bytes, LogData};

use super::{
    decode::{decode_first, decode_sequence},
    encode::{encode_sequence, room},
    form::Form,
    support::check_type,
};
use crate::{
    address::AddressBook,
    codec::{Codec, DecodedEvent, EventValue},
    error::CodecError,
    interface::{Constructor, CustomError, Event, EventParam, Function, Interface, Param},
    text::brief,
    types::{MAX_TYPE_DEPTH, Type},
    value::Value,
};

/// Bytes of a topic.
const TOPIC: usize = 32;

/// The codec of an ABI that writes values one after the other.
pub struct StreamCodec<'a, F> {
    book: &'a dyn AddressBook,
    form: PhantomData<F>,
}

impl<F> Clone for StreamCodec<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for StreamCodec<'_, F> {}

impl<F: Form> fmt::Debug for StreamCodec<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Codec", F::NAME)
    }
}

impl<'a, F: Form> StreamCodec<'a, F> {
    /// The codec with a way between canonical addresses and this ABI's.
    pub const fn new(book: &'a dyn AddressBook) -> Self {
        Self { book, form: PhantomData }
    }

    /// Whether the ABI has a form for the type and all that is inside it.
    ///
    /// # Errors
    ///
    /// [`CodecError::Unsupported`] for the part that has none, [`CodecError::TooDeep`] for a type nested too deep.
    pub fn check_type(ty: &Type) -> Result<(), CodecError> {
        check_type::<F>(ty, MAX_TYPE_DEPTH)
    }

    /// Encodes values one after the other, without a selector.
    ///
    /// # Errors
    ///
    /// A [`CodecError`] for a wrong number of values, a value that is not of its type, a type without a form, an address
    /// that has none.
    pub fn encode_values(&self, types: &[Type], values: &[Value]) -> Result<Bytes, CodecError> {
        self.encode(Vec::new(), &|| "the list".to_owned(), types.iter(), values).map(Into::into)
    }

    /// Decodes values that stand one after the other and are all of the data.
    ///
    /// # Errors
    ///
    /// A [`CodecError`] that names the type, the place and the rule or limit.
    pub fn decode_values(&self, types: &[Type], data: &[u8]) -> Result<Vec<Value>, CodecError> {
        decode_sequence::<F>(self.book, types.iter(), data)
    }

    /// Encodes one value.
    ///
    /// # Errors
    ///
    /// Those of [`encode_values`](Self::encode_values).
    pub fn encode_value(&self, ty: &Type, value: &Value) -> Result<Bytes, CodecError> {
        self.encode_values(core::slice::from_ref(ty), core::slice::from_ref(value))
    }

    /// Decodes one value that is all of the data.
    ///
    /// # Errors
    ///
    /// Those of [`decode_values`](Self::decode_values).
    pub fn decode_value(&self, ty: &Type, data: &[u8]) -> Result<Value, CodecError> {
        let values = self.decode_values(core::slice::from_ref(ty), data)?;
        Ok(values.into_iter().next().unwrap_or(Value::Unit))
    }

    /// Decodes the value with which the data begins, whatever follows.
    ///
    /// # Errors
    ///
    /// Those of [`decode_values`](Self::decode_values).
    pub fn decode_first(&self, ty: &Type, data: &[u8]) -> Result<Value, CodecError> {
        decode_first::<F>(self.book, ty, data)
    }

    fn encode<'t>(
        &self,
        out: Vec<u8>,
        what: &dyn Fn() -> String,
        types: impl ExactSizeIterator<Item = &'t Type> + Clone,
        values: &[Value],
    ) -> Result<Vec<u8>, CodecError> {
        encode_sequence::<F>(self.book, out, what, types, values)
    }

    fn decode_params(&self, params: &[Param], data: &[u8]) -> Result<Vec<Value>, CodecError> {
        decode_sequence::<F>(self.book, params.iter().map(|param| &param.ty), data)
    }

    fn decode_log<'i>(&self, event: &'i Event, topics: &[B256], data: &[u8]) -> Result<DecodedEvent<'i>, CodecError> {
        let keys = topics.get(usize::from(event.topic.is_some())..).unwrap_or_default();
        if !F::KEYS_IN_TOPICS && !keys.is_empty() {
            let expected = usize::from(event.topic.is_some());
            return Err(CodecError::WrongTopics { event: brief(&event.signature), expected, given: topics.len() });
        }
        let types = |keys| event.fields.iter().filter(move |field| is_key::<F>(field) == keys).map(|field| &field.ty);
        let keys = keys.iter().flat_map(|key| key.0).collect::<Vec<_>>();
        let mut key_values =
            decode_sequence::<F>(self.book, types(true).collect::<Vec<_>>().into_iter(), &keys)?.into_iter();
        let mut values =
            decode_sequence::<F>(self.book, types(false).collect::<Vec<_>>().into_iter(), data)?.into_iter();
        let in_order = event.fields.iter().filter_map(|field| match is_key::<F>(field) {
            true => key_values.next(),
            false => values.next(),
        });
        Ok(DecodedEvent { event, values: in_order.map(EventValue::Plain).collect() })
    }
}

/// Whether the field stands in the topics.
fn is_key<F: Form>(field: &EventParam) -> bool {
    F::KEYS_IN_TOPICS && field.indexed
}

impl<F: Form> Codec for StreamCodec<'_, F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn encode_call(&self, function: &Function, args: &[Value]) -> Result<Bytes, CodecError> {
        let types = function.inputs.iter().map(|param| &param.ty);
        let mut out = Vec::with_capacity(function.selector.len().saturating_add(room(types.clone(), args)));
        F::put_selector(&mut out, &function.selector);
        self.encode(out, &|| brief(&function.signature), types, args).map(Into::into)
    }

    fn decode_call<'i>(&self, interface: &'i Interface, data: &[u8]) -> Result<(&'i Function, Vec<Value>), CodecError> {
        let fitting = interface.functions.iter().filter_map(|function| {
            let body = F::strip_selector(data, &function.selector)?;
            Some((function, body))
        });
        let (function, body) = fitting
            .max_by_key(|(function, _)| function.selector.len())
            .ok_or_else(|| self.unknown_function(interface, data))?;
        Ok((function, self.decode_params(&function.inputs, body)?))
    }

    fn decode_arguments(&self, function: &Function, data: &[u8]) -> Result<Vec<Value>, CodecError> {
        let body = F::strip_selector(data, &function.selector).ok_or_else(|| CodecError::OtherFunction {
            signature: brief(&function.signature),
            selector: function.selector.clone(),
        })?;
        self.decode_params(&function.inputs, body)
    }

    fn unknown_function(&self, interface: &Interface, data: &[u8]) -> CodecError {
        unknown("function", interface, F::shown_selector(data))
    }

    fn encode_output(&self, function: &Function, values: &[Value]) -> Result<Bytes, CodecError> {
        let what = || brief(&format_args!("the result of {}", function.signature));
        let types = function.outputs.iter().map(|param| &param.ty);
        self.encode(Vec::new(), &what, types, values).map(Into::into)
    }

    fn decode_output(&self, function: &Function, data: &[u8]) -> Result<Vec<Value>, CodecError> {
        self.decode_params(&function.outputs, data)
    }

    fn encode_constructor(&self, constructor: &Constructor, args: &[Value]) -> Result<Bytes, CodecError> {
        let types = constructor.inputs.iter().map(|param| &param.ty);
        self.encode(Vec::new(), &|| "the constructor".to_owned(), types, args).map(Into::into)
    }

    fn encode_error(&self, error: &CustomError, values: &[Value]) -> Result<Bytes, CodecError> {
        let types = error.inputs.iter().map(|param| &param.ty);
        self.encode(error.selector.to_vec(), &|| brief(&error.signature), types, values).map(Into::into)
    }

    fn decode_error<'i>(
        &self,
        interface: &'i Interface,
        data: &[u8],
    ) -> Result<(&'i CustomError, Vec<Value>), CodecError> {
        let data = F::own_error(data);
        let fitting =
            interface.errors.iter().filter_map(|error| Some((error, data.strip_prefix(&error.selector[..])?)));
        let (error, body) = fitting
            .max_by_key(|(error, _)| error.selector.len())
            .ok_or_else(|| unknown("error", interface, data.get(..TOPIC).unwrap_or(&data)))?;
        Ok((error, self.decode_params(&error.inputs, body)?))
    }

    fn encode_event(&self, event: &Event, values: &[Value]) -> Result<LogData, CodecError> {
        let (expected, given) = (event.fields.len(), values.len());
        if expected != given {
            return Err(CodecError::WrongCount { what: brief(&event.signature), expected, given });
        }
        let part = |keys| {
            let fields = event.fields.iter().zip(values).filter(move |(field, _)| is_key::<F>(field) == keys);
            let (types, values): (Vec<_>, Vec<_>) = fields.map(|(field, value)| (&field.ty, value.clone())).unzip();
            self.encode(Vec::new(), &|| brief(&event.signature), types.into_iter(), &values)
        };
        let (keys, data) = (part(true)?, part(false)?);
        let keys = keys.as_chunks::<TOPIC>().0.iter().map(|key| B256::new(*key));
        Ok(LogData::new_unchecked(event.topic.into_iter().chain(keys).collect(), data.into()))
    }

    /// The event that the first topic names; if there is none, the first anonymous one that the log fits.
    fn decode_event<'i>(
        &self,
        interface: &'i Interface,
        topics: &[B256],
        data: &[u8],
    ) -> Result<DecodedEvent<'i>, CodecError> {
        let named = |event: &&Event| event.topic.is_some() && event.topic.as_ref() == topics.first();
        if let Some(event) = interface.events.iter().find(named) {
            return self.decode_log(event, topics, data);
        }
        let anonymous = interface.events.iter().filter(|event| event.topic.is_none());
        anonymous.filter_map(|event| self.decode_log(event, topics, data).ok()).next().ok_or_else(|| {
            CodecError::UnknownEvent {
                interface: brief(&interface.display_name()),
                topic: topics.first().copied(),
                data_len: data.len(),
            }
        })
    }
}

#[cold]
fn unknown(what: &'static str, interface: &Interface, selector: &[u8]) -> CodecError {
    CodecError::unknown(what, interface, selector)
}
