//! The neutral values.

use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use core::fmt::{self, Display as _};

use alloy_primitives::{Address, Bytes, Function, I256, U256, hex};

use crate::{
    error::CodecError,
    text::{brief, escape, group, group_signed, quote, shorten},
    types::{Type, felt_prime, is_integer_width, separated},
};

/// In the short form, bytes and texts longer than this are cut.
const SHORT_BYTES_MAX: usize = 64;
/// In the short form, lists longer than this are cut.
const SHORT_ITEMS_MAX: usize = 16;

/// A value of a [`Type`].
///
/// A value does not carry the width of its integers or the type of its elements; [`Value::check`] says whether it is a
/// value of a given type, and every codec checks before it encodes.
///
/// `{}` shows everything and is read back by [`parse_value`](crate::parse_value); `{:#}` cuts long bytes, texts and lists.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// Of [`Type::Bool`].
    Bool(bool),
    /// Of [`Type::Uint`].
    Uint(U256),
    /// Of [`Type::Int`].
    Int(I256),
    /// Of [`Type::Felt`].
    Felt(U256),
    /// Of [`Type::Address`]: the canonical address.
    Address(Address),
    /// Of [`Type::Bytes`] or [`Type::FixedBytes`].
    Bytes(Bytes),
    /// Of [`Type::String`] or [`Type::FixedString`].
    String(String),
    /// Of [`Type::Array`] or [`Type::FixedArray`].
    Array(Vec<Value>),
    /// Of [`Type::Option`].
    Option(Option<Box<Value>>),
    /// Of [`Type::Tuple`].
    Tuple(Vec<Value>),
    /// Of [`Type::Struct`].
    Struct {
        /// The struct's name; empty for an anonymous one.
        name: Arc<str>,
        /// Field names and values, in the order of the type.
        fields: Vec<(Arc<str>, Value)>,
    },
    /// Of [`Type::Enum`].
    Enum {
        /// The enum's name.
        name: Arc<str>,
        /// The variant's name.
        variant: Arc<str>,
        /// What the variant carries; [`Value::Unit`] for nothing.
        payload: Box<Value>,
    },
    /// Of [`Type::Map`]. The order is that of the encoding.
    Map(Vec<(Value, Value)>),
    /// Of [`Type::Unit`].
    Unit,
    /// Of [`Type::Function`].
    Function(Function),
}

macro_rules! values_from {
    ($($from:ty => |$value:ident| $made:expr),+ $(,)?) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $made
            }
        }
    )+};
}

values_from! {
    bool => |value| Self::Bool(value),
    u64 => |value| Self::Uint(U256::from(value)),
    U256 => |value| Self::Uint(value),
    Address => |value| Self::Address(value),
    Bytes => |value| Self::Bytes(value),
    &str => |value| Self::string(value),
}

impl Value {
    /// An unsigned integer that fits 128 bits; for larger ones there is [`Value::Uint`].
    pub fn uint(value: impl Into<u128>) -> Self {
        Self::Uint(U256::from(value.into()))
    }

    /// Text.
    pub fn string(value: impl Into<String>) -> Self {
        Self::String(value.into())
    }

    /// Bytes.
    pub fn bytes(value: impl Into<Bytes>) -> Self {
        Self::Bytes(value.into())
    }

    /// Whether this is a value of the type: same shape, numbers in range, lengths equal, names equal.
    ///
    /// # Errors
    ///
    /// [`CodecError::WrongValue`] or [`CodecError::OutOfRange`] for the innermost part that differs;
    /// [`CodecError::TooDeep`] for a type that is nested too deep.
    pub fn check(&self, ty: &Type) -> Result<(), CodecError> {
        if ty.depth() > crate::MAX_TYPE_DEPTH {
            return Err(CodecError::TooDeep { limit: crate::MAX_TYPE_DEPTH });
        }
        self.check_part(ty)
    }

    fn check_part(&self, ty: &Type) -> Result<(), CodecError> {
        match (self, ty) {
            (value, Type::Rest(inner)) => value.check_part(inner),
            (Self::Bool(_), Type::Bool)
            | (Self::Address(_), Type::Address)
            | (Self::Bytes(_), Type::Bytes)
            | (Self::String(_), Type::String)
            | (Self::Unit, Type::Unit | Type::Constant(_))
            | (Self::Function(_), Type::Function)
            | (Self::Option(None), Type::Option(_)) => Ok(()),
            (Self::Uint(n), Type::Uint { bits }) => self.in_range(ty, is_integer_width(*bits) && uint_fits(*n, *bits)),
            (Self::Int(n), Type::Int { bits }) => self.in_range(ty, is_integer_width(*bits) && int_fits(*n, *bits)),
            (Self::Felt(n), Type::Felt) => self.in_range(ty, *n < felt_prime()),
            (Self::Bytes(bytes), Type::FixedBytes(n)) => self.matches(ty, bytes.len() == *n),
            (Self::String(text), Type::FixedString(n)) => self.matches(ty, text.len() == *n),
            (Self::Array(items), Type::Array(inner)) => items.iter().try_for_each(|item| item.check_part(inner)),
            (Self::Array(items), Type::FixedArray(inner, n)) => {
                self.matches(ty, items.len() == *n)?;
                items.iter().try_for_each(|item| item.check_part(inner))
            }
            (Self::Option(Some(value)), Type::Option(inner)) => value.check_part(inner),
            (Self::Tuple(values), Type::Tuple(types)) => {
                self.matches(ty, values.len() == types.len())?;
                values.iter().zip(types).try_for_each(|(value, ty)| value.check_part(ty))
            }
            (Self::Struct { name, fields: values }, Type::Struct { name: expected, fields }) => {
                self.matches(ty, name == expected && values.len() == fields.len())?;
                values.iter().zip(fields).try_for_each(|((name, value), field)| {
                    self.matches(ty, *name == field.name)?;
                    value.check_part(&field.ty)
                })
            }
            (Self::Enum { name, variant, payload }, Type::Enum { name: expected, variants }) => {
                self.matches(ty, name == expected)?;
                match variants.iter().find(|known| known.name == *variant) {
                    Some(known) => payload.check_part(&known.payload),
                    None => self.matches(ty, false),
                }
            }
            (Self::Map(entries), Type::Map(key_type, value_type)) => entries.iter().try_for_each(|(key, value)| {
                key.check_part(key_type)?;
                value.check_part(value_type)
            }),
            _ => self.matches(ty, false),
        }
    }

    fn matches(&self, ty: &Type, holds: bool) -> Result<(), CodecError> {
        if holds {
            return Ok(());
        }
        Err(CodecError::WrongValue { expected: brief(ty), value: brief(&format_args!("{self:#}")) })
    }

    fn in_range(&self, ty: &Type, holds: bool) -> Result<(), CodecError> {
        if holds {
            return Ok(());
        }
        let (min, max) = range_of(ty).unwrap_or_default();
        Err(CodecError::OutOfRange { ty: brief(ty), value: self.to_string(), min, max })
    }
}

/// Whether the number needs at most this many bits.
pub(crate) fn uint_fits(number: U256, bits: u16) -> bool {
    number.bit_len() <= usize::from(bits)
}

/// Whether the number is one of a signed integer of this many bits.
pub(crate) fn int_fits(number: I256, bits: u16) -> bool {
    // A negative number fits where its complement does: -128 is !127.
    let magnitude = if number.is_negative() { !number } else { number };
    magnitude.into_raw().bit_len() < usize::from(bits)
}

/// The smallest and the largest number of a numeric type, as text; long ones as powers.
pub(crate) fn range_of(ty: &Type) -> Option<(String, String)> {
    match ty {
        Type::Uint { bits: bits @ 65.. } if is_integer_width(*bits) => Some(("0".into(), format!("2^{bits} - 1"))),
        Type::Int { bits: bits @ 65.. } if is_integer_width(*bits) => {
            Some((format!("-2^{}", bits - 1), format!("2^{} - 1", bits - 1)))
        }
        Type::Uint { bits } if is_integer_width(*bits) => {
            Some(("0".into(), group(U256::MAX.wrapping_shr(256 - usize::from(*bits)))))
        }
        Type::Int { bits } if is_integer_width(*bits) => {
            let max = U256::MAX.wrapping_shr(257 - usize::from(*bits));
            Some((format!("-{}", group(max + U256::ONE)), group(max)))
        }
        Type::Felt => Some(("0".into(), group(felt_prime() - U256::ONE))),
        _ => None,
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Uint(value) => f.write_str(&group(*value)),
            Self::Int(value) => f.write_str(&group_signed(*value)),
            // A large felt is a hash or packed text: hex says more than 76 digits.
            Self::Felt(value) if value.bit_len() > 64 => write!(f, "{value:#x}"),
            Self::Felt(value) => f.write_str(&group(*value)),
            Self::Address(value) => write!(f, "{}", value.to_checksum(None)),
            Self::Bytes(bytes) => write_bytes(f, bytes),
            Self::String(text) if f.alternate() => f.write_str(&quote(&shorten(text, SHORT_BYTES_MAX))),
            Self::String(text) => f.write_str(&quote(text)),
            Self::Array(items) => write_list(f, "[", items, "]"),
            Self::Option(None) => f.write_str("none"),
            Self::Option(Some(value)) => {
                f.write_str("some(")?;
                value.fmt(f)?;
                f.write_str(")")
            }
            Self::Tuple(values) => write_list(f, "(", values, if values.len() == 1 { ",)" } else { ")" }),
            Self::Struct { name, fields } => write_struct(f, name, fields),
            Self::Enum { variant, payload, .. } => write_variant(f, variant, payload),
            Self::Map(entries) => {
                f.write_str("{")?;
                separated(f, entries, |f, (key, value)| {
                    key.fmt(f)?;
                    f.write_str(": ")?;
                    value.fmt(f)
                })?;
                f.write_str("}")
            }
            Self::Unit => f.write_str("()"),
            Self::Function(function) => f.write_str(&hex::encode_prefixed(function)),
        }
    }
}

fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    match bytes.get(..SHORT_BYTES_MAX / 2) {
        Some(head) if f.alternate() && bytes.len() > SHORT_BYTES_MAX => {
            write!(f, "{}… ({} bytes)", hex::encode_prefixed(head), bytes.len())
        }
        _ => f.write_str(&hex::encode_prefixed(bytes)),
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, open: &str, items: &[Value], close: &str) -> fmt::Result {
    f.write_str(open)?;
    let shown = if f.alternate() { SHORT_ITEMS_MAX } else { usize::MAX };
    separated(f, items.iter().take(shown), |f, item| item.fmt(f))?;
    if items.len() > shown {
        write!(f, ", … {} more", items.len() - shown)?;
    }
    f.write_str(close)
}

fn write_struct(f: &mut fmt::Formatter<'_>, name: &str, fields: &[(Arc<str>, Value)]) -> fmt::Result {
    if !name.is_empty() {
        write!(f, "{} ", escape(name))?;
    }
    f.write_str("{")?;
    separated(f, fields, |f, (name, value)| {
        write!(f, "{}: ", escape(name))?;
        value.fmt(f)
    })?;
    f.write_str("}")
}

fn write_variant(f: &mut fmt::Formatter<'_>, variant: &str, payload: &Value) -> fmt::Result {
    f.write_str(&escape(variant))?;
    match payload {
        Value::Unit => Ok(()),
        Value::Tuple(values) => write_list(f, "(", values, ")"),
        payload => {
            f.write_str("(")?;
            payload.fmt(f)?;
            f.write_str(")")
        }
    }
}
