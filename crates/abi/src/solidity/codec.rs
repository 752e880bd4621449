//! The [`Codec`] of the Solidity ABI.

use alloc::vec::Vec;

use alloy_primitives::{B256, Bytes, LogData};

use super::{
    SELECTOR_BYTES,
    decode::{decode_sequence, decode_word, is_dynamic},
    encode::{append_sequence, encode_sequence},
    topic::encode_topic,
};
use crate::{
    codec::{Codec, DecodedEvent, EventValue},
    error::CodecError,
    interface::{Constructor, CustomError, Event, Function, Interface},
    text::brief,
    types::Type,
    value::Value,
};

/// Topics that a log of the EVM has at most.
const TOPICS_MAX: usize = 4;

/// The Solidity ABI. EVM contracts and Stylus contracts speak it.
///
/// [`SolidityCodec::default`] decodes what `solc`'s ABI decoder v2 decodes: among that, bytes after the last value are
/// ignored (ERC-2771 forwarders append some). [`SolidityCodec::canonical`] takes only the one encoding that an encoder
/// would write, where two byte strings must never mean the same (hashes, proofs, deduplication).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SolidityCodec {
    canonical: bool,
}

impl SolidityCodec {
    /// A codec that refuses every encoding but the canonical one.
    pub const fn canonical() -> Self {
        Self { canonical: true }
    }

    /// Encodes values as a parameter list, without a selector.
    ///
    /// # Errors
    ///
    /// A [`CodecError`] for a wrong number of values, a value that is not of its type, a type without a Solidity form.
    pub fn encode_values(&self, types: &[Type], values: &[Value]) -> Result<Bytes, CodecError> {
        encode_sequence("the list", types.iter(), values).map(Into::into)
    }

    /// Decodes a parameter list, without a selector.
    ///
    /// # Errors
    ///
    /// A [`CodecError`] that names the type, the place and the rule or limit.
    pub fn decode_values(&self, types: &[Type], data: &[u8]) -> Result<Vec<Value>, CodecError> {
        self.decode(types.iter(), data)
    }

    fn decode<'t>(&self, types: impl Iterator<Item = &'t Type> + Clone, data: &[u8]) -> Result<Vec<Value>, CodecError> {
        let values = decode_sequence(types.clone(), data)?;
        if self.canonical && encode_sequence("the list", types, &values)? != data {
            return Err(CodecError::NotCanonical);
        }
        Ok(values)
    }

    fn decode_log<'i>(&self, event: &'i Event, topics: &[B256], data: &[u8]) -> Result<DecodedEvent<'i>, CodecError> {
        let mut topics = topics.iter().skip(usize::from(event.topic.is_some()));
        let plain = event.fields.iter().filter(|field| !field.indexed).map(|field| &field.ty);
        let mut plain_values = self.decode(plain, data)?.into_iter();
        let missing =
            || CodecError::WrongTopics { event: brief(&event.signature), expected: topic_count(event), given: 0 };
        let values = event.fields.iter().map(|field| match field.indexed {
            true => topic_value(&field.ty, *topics.next().ok_or_else(missing)?),
            false => plain_values.next().map(EventValue::Plain).ok_or_else(missing),
        });
        let values = values.collect::<Result<_, _>>()?;
        Ok(DecodedEvent { event, values })
    }
}

impl Codec for SolidityCodec {
    fn name(&self) -> &'static str {
        "solidity"
    }

    fn encode_call(&self, function: &Function, args: &[Value]) -> Result<Bytes, CodecError> {
        let types = function.inputs.iter().map(|param| &param.ty);
        append_sequence(&function.selector, &function.signature, types, args).map(Into::into)
    }

    fn decode_call<'i>(&self, interface: &'i Interface, data: &[u8]) -> Result<(&'i Function, Vec<Value>), CodecError> {
        let (selector, body) = split_selector(data)?;
        let function = interface
            .function_by_selector(selector)
            .ok_or_else(|| CodecError::unknown("function", interface, selector))?;
        Ok((function, self.decode(function.inputs.iter().map(|param| &param.ty), body)?))
    }

    fn decode_arguments(&self, function: &Function, data: &[u8]) -> Result<Vec<Value>, CodecError> {
        let body = data.strip_prefix(&function.selector[..]).ok_or_else(|| CodecError::OtherFunction {
            signature: brief(&function.signature),
            selector: function.selector.clone(),
        })?;
        self.decode(function.inputs.iter().map(|param| &param.ty), body)
    }

    fn unknown_function(&self, interface: &Interface, data: &[u8]) -> CodecError {
        match split_selector(data) {
            Ok((selector, _)) => CodecError::unknown("function", interface, selector),
            Err(error) => error,
        }
    }

    fn encode_output(&self, function: &Function, values: &[Value]) -> Result<Bytes, CodecError> {
        // Named by its function's signature: a name of its own would be made on each call.
        encode_sequence(&function.signature, function.outputs.iter().map(|param| &param.ty), values).map(Into::into)
    }

    fn decode_output(&self, function: &Function, data: &[u8]) -> Result<Vec<Value>, CodecError> {
        self.decode(function.outputs.iter().map(|param| &param.ty), data)
    }

    fn encode_constructor(&self, constructor: &Constructor, args: &[Value]) -> Result<Bytes, CodecError> {
        encode_sequence("the constructor", constructor.inputs.iter().map(|param| &param.ty), args).map(Into::into)
    }

    fn encode_error(&self, error: &CustomError, values: &[Value]) -> Result<Bytes, CodecError> {
        let types = error.inputs.iter().map(|param| &param.ty);
        append_sequence(&error.selector, &error.signature, types, values).map(Into::into)
    }

    fn decode_error<'i>(
        &self,
        interface: &'i Interface,
        data: &[u8],
    ) -> Result<(&'i CustomError, Vec<Value>), CodecError> {
        let (selector, body) = split_selector(data)?;
        let error =
            interface.error_by_selector(selector).ok_or_else(|| CodecError::unknown("error", interface, selector))?;
        Ok((error, self.decode(error.inputs.iter().map(|param| &param.ty), body)?))
    }

    fn encode_event(&self, event: &Event, values: &[Value]) -> Result<LogData, CodecError> {
        if event.fields.len() != values.len() {
            let (expected, given) = (event.fields.len(), values.len());
            return Err(CodecError::WrongCount { what: brief(&event.signature), expected, given });
        }
        if topic_count(event) > TOPICS_MAX {
            let (expected, given) = (TOPICS_MAX, topic_count(event));
            return Err(CodecError::WrongTopics { event: brief(&event.signature), expected, given });
        }
        let mut topics = event.topic.into_iter().collect::<Vec<_>>();
        let (mut types, mut plain) = (Vec::new(), Vec::new());
        for (field, value) in event.fields.iter().zip(values) {
            if field.indexed {
                topics.push(encode_topic(&field.ty, value)?);
            } else {
                types.push(&field.ty);
                plain.push(value.clone());
            }
        }
        let data = encode_sequence(&event.signature, types.into_iter(), &plain)?;
        Ok(LogData::new_unchecked(topics, data.into()))
    }

    /// Two events may share a first topic and differ in what is indexed (`Transfer` of ERC-20 and ERC-721): the number of
    /// topics tells them apart. A log that no named event fits is tried with the anonymous ones.
    fn decode_event<'i>(
        &self,
        interface: &'i Interface,
        topics: &[B256],
        data: &[u8],
    ) -> Result<DecodedEvent<'i>, CodecError> {
        let named = |event: &&Event| event.topic.is_some() && event.topic.as_ref() == topics.first();
        let fits = |event: &&Event| topic_count(event) == topics.len();
        if let Some(event) = interface.events.iter().filter(named).find(fits) {
            return self.decode_log(event, topics, data);
        }
        if let Some(event) = interface.events.iter().find(named) {
            let (expected, given) = (topic_count(event), topics.len());
            return Err(CodecError::WrongTopics { event: brief(&event.signature), expected, given });
        }
        let anonymous = interface.events.iter().filter(|event| event.topic.is_none());
        anonymous.filter(fits).find_map(|event| self.decode_log(event, topics, data).ok()).ok_or_else(|| {
            CodecError::UnknownEvent {
                interface: brief(&interface.display_name()),
                topic: topics.first().copied(),
                data_len: data.len(),
            }
        })
    }
}

/// Splits call or revert data into selector and body.
fn split_selector(data: &[u8]) -> Result<(&[u8], &[u8]), CodecError> {
    data.split_at_checked(SELECTOR_BYTES).ok_or(CodecError::NoSelector { expected: SELECTOR_BYTES, given: data.len() })
}

/// Topics of the event's logs.
fn topic_count(event: &Event) -> usize {
    usize::from(event.topic.is_some()) + event.fields.iter().filter(|field| field.indexed).count()
}

/// A topic holds a value that fits a word, and the hash of any other.
fn topic_value(ty: &Type, topic: B256) -> Result<EventValue, CodecError> {
    let composite = matches!(ty, Type::FixedArray(..) | Type::Tuple(_) | Type::Struct { .. });
    if composite || is_dynamic(ty) {
        return Ok(EventValue::Hash(topic));
    }
    decode_word(ty, topic).map(EventValue::Plain)
}
