//! Values into their image and back.

use alloc::{boxed::Box, format, string::ToString, sync::Arc, vec::Vec};

use alloy_primitives::{Address, Function, I256, U256};

use super::{ImageError, table::WORD_BYTES};
use crate::{
    text::brief,
    types::felt_prime,
    value::{Value, int_fits, uint_fits},
};

/// Bytes of the address in a Solidity function value.
const ADDRESS_BYTES: usize = 20;

/// What is done with a value. Numbers are those of the source type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Same,
    Uint { bits: u16 },
    Int { bits: u16 },
    TwosComplement { bits: u16, wide: u16 },
    Felt,
    Word,
    Length(usize),
    False(Value),
    Function,
    Each(Box<Step>),
    Option(Box<Step>),
    List(Box<Step>),
    Items(Vec<Step>),
    Map(Box<(Step, Step)>),
    Entries { name: Arc<str>, steps: Box<(Step, Step)> },
    Index { name: Arc<str>, variants: Vec<Arc<str>> },
    Payloads(Vec<(Arc<str>, Step)>),
    Tagged { name: Arc<str>, cases: Vec<Case> },
}

/// A variant of an enum that is shown as a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) name: Arc<str>,
    /// What is done with what it carries, if it carries anything.
    pub(super) payload: Option<Step>,
}

type Translate = fn(&Step, Value) -> Result<Value, ImageError>;

impl Step {
    /// The step of a type with one part; nothing is done where nothing is done with the part.
    pub(super) fn one(part: Self, step: impl FnOnce(Box<Self>) -> Self) -> Self {
        if part == Self::Same { Self::Same } else { step(Box::new(part)) }
    }

    /// The step of a type with several parts.
    pub(super) fn several(parts: Vec<Self>, step: impl FnOnce(Vec<Self>) -> Self) -> Self {
        if parts.iter().all(|part| *part == Self::Same) { Self::Same } else { step(parts) }
    }

    /// Whether an image may have more parts than its value.
    pub(super) fn grows(&self) -> bool {
        match self {
            Self::Tagged { .. } => true,
            Self::Each(inner) | Self::Option(inner) | Self::List(inner) => inner.grows(),
            Self::Items(steps) => steps.iter().any(Self::grows),
            Self::Payloads(steps) => steps.iter().any(|(_, step)| step.grows()),
            Self::Map(steps) | Self::Entries { steps, .. } => steps.0.grows() || steps.1.grows(),
            _ => false,
        }
    }

    /// The image of a value.
    pub(super) fn show(&self, value: Value) -> Result<Value, ImageError> {
        match (self, value) {
            (Self::Uint { bits }, Value::Uint(n)) if uint_fits(n, *bits) => Ok(Value::Uint(n)),
            (Self::Int { bits }, Value::Int(n)) if int_fits(n, *bits) => Ok(Value::Int(n)),
            (Self::TwosComplement { bits, wide }, Value::Int(n)) if int_fits(n, *bits) => {
                Ok(Value::Uint(n.into_raw() & low_bits(*wide)))
            }
            (Self::Felt, Value::Felt(n)) if n < felt_prime() => Ok(Value::Uint(n)),
            (Self::Word, Value::Bytes(bytes)) if bytes.len() == WORD_BYTES => {
                Ok(Value::Uint(U256::from_be_slice(&bytes)))
            }
            (Self::False(only), value) if value == *only => Ok(Value::Bool(false)),
            (Self::Function, Value::Function(function)) => {
                let (contract, selector) = function.split_at(ADDRESS_BYTES);
                let contract = (Arc::from("contract"), Value::Address(Address::from_slice(contract)));
                let selector = (Arc::from("selector"), Value::bytes(selector.to_vec()));
                Ok(Value::Struct { name: "Function".into(), fields: [contract, selector].into() })
            }
            (Self::List(inner), Value::Option(value)) => {
                value.map(|value| inner.show(*value)).transpose().map(|value| Value::Array(value.into_iter().collect()))
            }
            (Self::Entries { name, steps }, Value::Map(entries)) => {
                let entries = entries.into_iter().map(|(key, value)| {
                    let key = (Arc::from("key"), steps.0.show(key)?);
                    let value = (Arc::from("value"), steps.1.show(value)?);
                    Ok(Value::Struct { name: name.clone(), fields: [key, value].into() })
                });
                entries.collect::<Result<_, _>>().map(Value::Array)
            }
            (Self::Index { variants, .. }, Value::Enum { variant, payload, .. }) if *payload == Value::Unit => {
                match position(variants, &variant, |name| name) {
                    Some(index) => Ok(index_value(index)),
                    None => Err(self.no_image(&Value::string(&*variant))),
                }
            }
            (Self::Tagged { name, cases }, Value::Enum { variant, payload, .. }) => {
                show_tagged(self, name, cases, &variant, *payload)
            }
            (_, value) => self.inside(value, Self::show),
        }
    }

    /// The value whose image this is.
    pub(super) fn read(&self, image: Value) -> Result<Value, ImageError> {
        match (self, image) {
            (Self::Uint { bits }, Value::Uint(n)) if uint_fits(n, *bits) => Ok(Value::Uint(n)),
            (Self::Int { bits }, Value::Int(n)) if int_fits(n, *bits) => Ok(Value::Int(n)),
            (Self::TwosComplement { bits, wide }, Value::Uint(n)) if uint_fits(n, *wide) => {
                let unused = 256 - usize::from(*wide);
                let number = I256::from_raw(n << unused).asr(unused);
                if int_fits(number, *bits) { Ok(Value::Int(number)) } else { Err(self.no_image(&Value::Uint(n))) }
            }
            (Self::Felt, Value::Uint(n)) if n < felt_prime() => Ok(Value::Felt(n)),
            (Self::Word, Value::Uint(n)) => Ok(Value::bytes(n.to_be_bytes::<WORD_BYTES>().to_vec())),
            (Self::False(only), Value::Bool(false)) => Ok(only.clone()),
            (Self::Function, Value::Struct { fields, .. }) => match fields.as_slice() {
                [(_, Value::Address(contract)), (_, Value::Bytes(selector))] if selector.len() == 4 => {
                    let bytes = [contract.as_slice(), selector].concat();
                    Ok(Value::Function(Function::from_slice(&bytes)))
                }
                _ => Err(self.no_image(&Value::Struct { name: "Function".into(), fields })),
            },
            (Self::List(inner), Value::Array(items)) if items.len() <= 1 => {
                let value = items.into_iter().next().map(|item| inner.read(item)).transpose()?;
                Ok(Value::Option(value.map(boxed)))
            }
            (Self::Entries { name, steps }, Value::Array(items)) => {
                let entries = items.into_iter().map(|item| match item {
                    Value::Struct { fields, .. } => match <[_; 2]>::try_from(fields) {
                        Ok([(_, key), (_, value)]) => Ok((steps.0.read(key)?, steps.1.read(value)?)),
                        Err(fields) => Err(self.no_image(&Value::Struct { name: name.clone(), fields })),
                    },
                    other => Err(self.no_image(&other)),
                });
                entries.collect::<Result<_, _>>().map(Value::Map)
            }
            (Self::Index { name, variants }, Value::Uint(n)) => match at(variants, n) {
                Some(variant) => {
                    Ok(Value::Enum { name: name.clone(), variant: variant.clone(), payload: boxed(Value::Unit) })
                }
                None => Err(self.no_image(&Value::Uint(n))),
            },
            (Self::Tagged { name, cases }, Value::Struct { fields, .. }) => read_tagged(self, name, cases, fields),
            (_, image) => self.inside(image, Self::read),
        }
    }

    /// The steps that are the same both ways, but for their parts.
    fn inside(&self, value: Value, translate: Translate) -> Result<Value, ImageError> {
        match (self, value) {
            (Self::Same, value) => Ok(value),
            (Self::Length(length), Value::Bytes(bytes)) if bytes.len() == *length => Ok(Value::Bytes(bytes)),
            (Self::Length(length), Value::String(text)) if text.len() == *length => Ok(Value::String(text)),
            (Self::Each(inner), Value::Array(items)) => {
                let items = items.into_iter().map(|item| translate(inner, item));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            (Self::Option(_), Value::Option(None)) => Ok(Value::Option(None)),
            (Self::Option(inner), Value::Option(Some(value))) => {
                translate(inner, *value).map(|value| Value::Option(Some(boxed(value))))
            }
            (Self::Items(steps), Value::Tuple(items)) if items.len() == steps.len() => {
                let items = items.into_iter().zip(steps).map(|(item, step)| translate(step, item));
                items.collect::<Result<_, _>>().map(Value::Tuple)
            }
            (Self::Items(steps), Value::Struct { name, fields }) if fields.len() == steps.len() => {
                let fields = fields.into_iter().zip(steps);
                let fields = fields.map(|((name, value), step)| Ok::<_, ImageError>((name, translate(step, value)?)));
                Ok(Value::Struct { name, fields: fields.collect::<Result<_, ImageError>>()? })
            }
            (Self::Map(steps), Value::Map(entries)) => {
                let entries = entries.into_iter();
                let entries = entries.map(|(key, value)| Ok((translate(&steps.0, key)?, translate(&steps.1, value)?)));
                entries.collect::<Result<_, _>>().map(Value::Map)
            }
            (Self::Payloads(steps), Value::Enum { name, variant, payload }) => {
                match position(steps, &variant, |(known, _)| known).and_then(|index| steps.get(index)) {
                    Some((_, step)) => Ok(Value::Enum { name, variant, payload: boxed(translate(step, *payload)?) }),
                    None => Err(self.no_image(&Value::Enum { name, variant, payload })),
                }
            }
            (_, value) => Err(self.no_image(&value)),
        }
    }

    #[cold]
    fn no_image(&self, value: &Value) -> ImageError {
        let (ty, rule) = match self {
            Self::Uint { bits } => (format!("u{bits}"), "the number must fit"),
            Self::Int { bits } => (format!("i{bits}"), "the number must fit"),
            Self::TwosComplement { bits, .. } => (format!("i{bits}"), "the number in two's complement must fit"),
            Self::Felt => ("felt".to_string(), "it must be below the prime of Cairo's field"),
            Self::Word => ("bytes32".to_string(), "it must have 32 bytes"),
            Self::Length(length) => (format!("{length} bytes"), "the length must be exactly this"),
            Self::False(_) => ("a type with one value".to_string(), "it must be false"),
            Self::Function => ("function".to_string(), "it must be an address and four bytes"),
            Self::List(_) => ("an option".to_string(), "the list must have no or one element"),
            Self::Index { name, variants } => (
                format!("the enum {} of {} variants", crate::text::escape(name), variants.len()),
                "the index must be below",
            ),
            Self::Tagged { name, cases } => (
                format!("the enum {} of {} variants", crate::text::escape(name), cases.len()),
                "the index must be below, and of the lists only the chosen variant's may and must hold one element",
            ),
            _ => ("the type".to_string(), "it must have the type's shape"),
        };
        ImageError::NotAnImage { ty, value: brief(&format_args!("{value:#}")), rule }
    }
}

fn show_tagged(
    step: &Step,
    name: &Arc<str>,
    cases: &[Case],
    variant: &Arc<str>,
    payload: Value,
) -> Result<Value, ImageError> {
    let Some(index) = position(cases, variant, |case| &case.name) else {
        return Err(step.no_image(&Value::string(&**variant)));
    };
    let mut payload = Some(payload);
    let mut fields = Vec::from([(Arc::from("variant"), index_value(index))]);
    for (at, case) in cases.iter().enumerate() {
        let Some(inner) = &case.payload else { continue };
        let carried = if at == index { payload.take() } else { None };
        let list = carried.map(|value| inner.show(value)).transpose()?.into_iter().collect();
        fields.push((case.name.clone(), Value::Array(list)));
    }
    match payload {
        None | Some(Value::Unit) => Ok(Value::Struct { name: name.clone(), fields }),
        Some(other) => Err(step.no_image(&other)),
    }
}

fn read_tagged(
    step: &Step,
    name: &Arc<str>,
    cases: &[Case],
    fields: Vec<(Arc<str>, Value)>,
) -> Result<Value, ImageError> {
    let mut fields = fields.into_iter().map(|(_, value)| value);
    let index = fields.next().unwrap_or(Value::Unit);
    let chosen = if let Value::Uint(n) = &index { usize::try_from(*n).ok() } else { None };
    let Some((chosen, case)) = chosen.and_then(|chosen| Some((chosen, cases.get(chosen)?))) else {
        return Err(step.no_image(&index));
    };
    let mut payload = Value::Unit;
    for (at, case) in cases.iter().enumerate() {
        let Some(inner) = &case.payload else { continue };
        match fields.next() {
            Some(Value::Array(items)) if items.is_empty() && at != chosen => {}
            Some(Value::Array(mut items)) if items.len() == 1 && at == chosen => {
                payload = inner.read(items.pop().unwrap_or(Value::Unit))?;
            }
            other => return Err(step.no_image(&other.unwrap_or(Value::Unit))),
        }
    }
    if let Some(extra) = fields.next() {
        return Err(step.no_image(&extra));
    }
    Ok(Value::Enum { name: name.clone(), variant: case.name.clone(), payload: boxed(payload) })
}

/// The place of the item with this name. A decoded value shares the name with its type, so that hardly any text is
/// compared.
pub(super) fn position<T>(items: &[T], name: &Arc<str>, name_of: fn(&T) -> &Arc<str>) -> Option<usize> {
    let shared = items.iter().position(|item| Arc::ptr_eq(name_of(item), name));
    shared.or_else(|| items.iter().position(|item| name_of(item) == name))
}

fn at<T>(items: &[T], index: U256) -> Option<&T> {
    items.get(usize::try_from(index).ok()?)
}

fn index_value(index: usize) -> Value {
    Value::Uint(U256::from(index))
}

fn low_bits(bits: u16) -> U256 {
    U256::MAX >> 256_usize.saturating_sub(usize::from(bits))
}

fn boxed(value: Value) -> Box<Value> {
    Box::new(value)
}
