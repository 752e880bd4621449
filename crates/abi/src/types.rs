//! The neutral types: one notation in which every type of every ABI has a place.
//!
//! Where the types of the ABIs go:
//!
//! | here | Solidity | Borsh/Anchor | Move | Cairo | Fuel |
//! |---|---|---|---|---|---|
//! | `Uint`, `Int` | `uintN`, `intN` | `u8`…`u256`, `i8`…`i256` | `u8`…`u256` | `u8`…`u256`, `i8`…`i128` | `u8`…`u256` |
//! | `Felt` | | | | `felt252`, `ClassHash` | |
//! | `Address` | `address`, contracts | `pubkey` | `address`, `Object<T>` | `ContractAddress` | `Address`, `ContractId`, `Identity` |
//! | `Bytes`, `FixedBytes` | `bytes`, `bytesN` | `bytes`, `[u8; N]`, `f32`, `f64` | `vector<u8>` | `bytes31` | `Bytes`, `b256` |
//! | `String`, `FixedString` | `string` | `string` | `String` | `ByteArray`, short string | `str`, `str[N]` |
//! | `Array`, `FixedArray` | `T[]`, `T[N]` | `vec`, `array` | `vector<T>` | `Array`, `Span`, `[T; N]` | `Vec`, `[T; N]` |
//! | `Option` | | `option`, `coption` | `Option<T>` | `Option<T>` | `Option<T>` |
//! | `Enum` | | enum | enum | enum, `Result` | enum, `Result` |
//! | `Map` | | `HashMap`, `BTreeMap` | `SimpleMap` | | |
//! | `Constant` | | bytes that tell what data is | | | |
//! | `Rest` | | texts, bytes and lists at the end, without a length | | | |
//! | `Function` | `function` | | | | |
//!
//! There are no floating-point numbers below the node: Borsh's are carried as their bits in `FixedBytes`. Generic types
//! are instantiated before they come here, and a type cannot contain itself.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{fmt, slice};

use alloy_primitives::Bytes;

/// What is shown of a constant, in characters.
const CONSTANT_CHARS_MAX: usize = 20;
/// The most bytes of a constant.
pub const CONSTANT_BYTES_MAX: usize = 256;

/// The deepest nesting of types that codecs and parsers accept. A scalar has depth 1.
pub const MAX_TYPE_DEPTH: usize = 32;

/// A type that belongs to no VM. See the [module](self) for where the types of each ABI go.
///
/// Names are shared (`Arc<str>`), so that a decoded array of a million structs holds each name once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// True or false.
    Bool,
    /// An unsigned integer of 8 to 256 bits, in steps of 8.
    Uint {
        /// Width in bits.
        bits: u16,
    },
    /// A signed integer (two's complement) of 8 to 256 bits, in steps of 8.
    Int {
        /// Width in bits.
        bits: u16,
    },
    /// An element of Cairo's prime field, below [`felt_prime`].
    Felt,
    /// An account of any VM.
    Address,
    /// Bytes of any length.
    Bytes,
    /// Exactly this many bytes.
    FixedBytes(usize),
    /// UTF-8 text of any length.
    String,
    /// UTF-8 text of exactly this many bytes.
    FixedString(usize),
    /// A list of any length.
    Array(Box<Type>),
    /// A list of exactly this length.
    FixedArray(Box<Type>, usize),
    /// A value or none.
    Option(Box<Type>),
    /// Values without names.
    Tuple(Vec<Type>),
    /// Values with names.
    Struct {
        /// The name, `Contract.Name` or a path in other ABIs; empty for an anonymous one.
        name: Arc<str>,
        /// The fields in the order of the encoding.
        fields: Vec<Field>,
    },
    /// One of several variants; the index of a variant is its place in the list.
    Enum {
        /// The name.
        name: Arc<str>,
        /// The variants in the order of their index.
        variants: Vec<Variant>,
    },
    /// Bytes, a text or a list that takes what remains of the data, without a length; nothing follows it. Its values are
    /// those of the type inside.
    Rest(Box<Type>),
    /// Exactly these bytes. They carry no value, and other bytes in their place are an error.
    Constant(Bytes),
    /// Keys with a value each.
    Map(Box<Type>, Box<Type>),
    /// Nothing.
    Unit,
    /// A function of a contract: 20 bytes of address, 4 bytes of selector (Solidity's `function`).
    Function,
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Field {
    /// The field's name.
    pub name: Arc<str>,
    /// The field's type.
    pub ty: Type,
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Variant {
    /// The variant's name.
    pub name: Arc<str>,
    /// What it carries: [`Type::Unit`] for nothing, a tuple or a struct for several values.
    pub payload: Type,
}

impl Field {
    /// A field.
    pub fn new(name: &str, ty: Type) -> Self {
        Self { name: name.into(), ty }
    }
}

impl Variant {
    /// A variant; `Type::Unit` where it carries nothing.
    pub fn new(name: &str, payload: Type) -> Self {
        Self { name: name.into(), payload }
    }
}

impl Type {
    /// `uint256` of Solidity, `u256` elsewhere.
    pub const U256: Self = Self::Uint { bits: 256 };

    /// A list of this type.
    pub fn array(element: Self) -> Self {
        Self::Array(Box::new(element))
    }

    /// A list of this type with a fixed length.
    pub fn fixed_array(element: Self, length: usize) -> Self {
        Self::FixedArray(Box::new(element), length)
    }

    /// A value of this type or none.
    pub fn option(inner: Self) -> Self {
        Self::Option(Box::new(inner))
    }

    /// What remains of the data, as bytes, a text or a list.
    pub fn rest(inner: Self) -> Self {
        Self::Rest(Box::new(inner))
    }

    /// The type whose values this one has: what is inside of a [`Rest`](Self::Rest), else the type itself.
    pub fn of_values(&self) -> &Self {
        match self {
            Self::Rest(inner) => inner,
            other => other,
        }
    }

    /// Whether a value takes what remains of the data, so that nothing can follow it.
    pub fn takes_rest(&self) -> bool {
        matches!(self, Self::Rest(_)) || self.children().any(Self::takes_rest)
    }

    /// How deep types are nested in this one; 1 for a scalar. Stops counting just above [`MAX_TYPE_DEPTH`].
    pub fn depth(&self) -> usize {
        self.depth_below(MAX_TYPE_DEPTH + 1)
    }

    fn depth_below(&self, left: usize) -> usize {
        let Some(left) = left.checked_sub(1) else { return 0 };
        1 + self.children().map(|child| child.depth_below(left)).max().unwrap_or(0)
    }

    /// The types directly inside this one.
    pub fn children(&self) -> Children<'_> {
        match self {
            Self::Array(inner) | Self::FixedArray(inner, _) | Self::Option(inner) | Self::Rest(inner) => {
                Children::Types(slice::from_ref(inner))
            }
            Self::Map(key, value) => Children::Pair(Some(key), Some(value)),
            Self::Tuple(types) => Children::Types(types),
            Self::Struct { fields, .. } => Children::Fields(fields),
            Self::Enum { variants, .. } => Children::Variants(variants),
            _ => Children::Types(&[]),
        }
    }
}

/// The types directly inside a type, in their order.
#[derive(Clone, Debug)]
pub enum Children<'t> {
    /// Those of a list, an option or a tuple, or none.
    Types(&'t [Type]),
    /// Those of a map that are still to come.
    Pair(Option<&'t Type>, Option<&'t Type>),
    /// Those of a struct.
    Fields(&'t [Field]),
    /// Those of an enum.
    Variants(&'t [Variant]),
}

impl<'t> Iterator for Children<'t> {
    type Item = &'t Type;

    fn next(&mut self) -> Option<&'t Type> {
        match self {
            Self::Types(types) => types.split_off_first(),
            Self::Pair(key, value) => key.take().or_else(|| value.take()),
            Self::Fields(fields) => fields.split_off_first().map(|field| &field.ty),
            Self::Variants(variants) => variants.split_off_first().map(|variant| &variant.payload),
        }
    }
}

impl fmt::Display for Type {
    /// `u256`, `bytes32`, `[u8]`, `[u8; 4]`, `address?`, `(bool, u8)`, `Position{owner: address}`, `Side{Buy, Sell(u64)}`,
    /// `{string: u64}`, `string…`, `()`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Uint { bits } => write!(f, "u{bits}"),
            Self::Int { bits } => write!(f, "i{bits}"),
            Self::Felt => f.write_str("felt"),
            Self::Address => f.write_str("address"),
            Self::Bytes => f.write_str("bytes"),
            Self::FixedBytes(n) => write!(f, "bytes{n}"),
            Self::String => f.write_str("string"),
            Self::FixedString(n) => write!(f, "string{n}"),
            Self::Array(inner) => write!(f, "[{inner}]"),
            Self::FixedArray(inner, n) => write!(f, "[{inner}; {n}]"),
            Self::Option(inner) => write!(f, "{inner}?"),
            Self::Tuple(types) => {
                f.write_str("(")?;
                separated(f, types, |f, ty| ty.fmt(f))?;
                f.write_str(if types.len() == 1 { ",)" } else { ")" })
            }
            Self::Struct { name, fields } => {
                write!(f, "{}{{", crate::text::escape(name))?;
                separated(f, fields, |f, field| write!(f, "{}: {}", crate::text::escape(&field.name), field.ty))?;
                f.write_str("}")
            }
            Self::Enum { name, variants } => {
                write!(f, "{}{{", crate::text::escape(name))?;
                separated(f, variants, |f, variant| variant.fmt(f))?;
                f.write_str("}")
            }
            Self::Rest(inner) => write!(f, "{inner}…"),
            Self::Constant(bytes) => {
                write!(f, "={}", crate::text::shorten(&alloc::format!("{bytes}"), CONSTANT_CHARS_MAX))
            }
            Self::Map(key, value) => write!(f, "{{{key}: {value}}}"),
            Self::Unit => f.write_str("()"),
            Self::Function => f.write_str("function"),
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = crate::text::escape(&self.name);
        match &self.payload {
            Type::Unit => f.write_str(&name),
            tuple @ Type::Tuple(_) => write!(f, "{name}{tuple}"),
            payload => write!(f, "{name}({payload})"),
        }
    }
}

/// Writes `items` with `, ` between them.
pub(crate) fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write(f, item)?;
    }
    Ok(())
}

/// The prime of Cairo's field, 2²⁵¹ + 17·2¹⁹² + 1: a felt is below it.
pub const fn felt_prime() -> alloy_primitives::U256 {
    alloy_primitives::U256::from_limbs([1, 0, 0, (1 << 59) + 17])
}

/// Whether an integer of this width is one the model knows: 8 to 256 in steps of 8.
pub(crate) const fn is_integer_width(bits: u16) -> bool {
    bits >= 8 && bits <= 256 && bits.is_multiple_of(8)
}
