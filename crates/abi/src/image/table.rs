//! The table: what becomes of every kind of type in every ABI.

use Rule::{
    Bytes, Entries, False, Function, Index, List, Refused, Rest, Same, Tagged, Text, TwosComplement, U256, Wider, Word,
};

use crate::{
    interface::Abi,
    types::{Type, Variant},
};

/// The most variants that fit an index of one byte.
pub(super) const VARIANTS_MAX: usize = 256;
/// Bytes that one felt holds.
const FELT_BYTES: usize = 31;
/// Bytes of an EVM word.
pub(super) const WORD_BYTES: usize = 32;

/// How a type of one kind is shown. The rule for the parts inside of it is found for each part in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// As it is; only its parts change, where they do.
    Same,
    /// The next wider integer that the ABI has; checked on the way back.
    Wider,
    /// The unsigned integer of the same or the next wider width, in two's complement; checked on the way back.
    TwosComplement,
    /// `u256`, which on the way back must be below the prime of the field.
    U256,
    /// `u256`, the bytes being its big-endian form.
    Word,
    /// Bytes of any length; the length is checked on the way back.
    Bytes,
    /// Text of any length; the length is checked on the way back.
    Text,
    /// A list of no or one element.
    List,
    /// The index of the variant in eight bits; checked on the way back.
    Index,
    /// A struct: the index of the variant, then a list for each variant that carries something, of which only the chosen
    /// variant's holds an element.
    Tagged,
    /// A list of structs `{key, value}`. The order is free; the codec of the map's ABI refuses a key that comes twice.
    Entries,
    /// The type inside, which has a length of its own.
    Rest,
    /// A bool that is always false: the type has one value only.
    False,
    /// A struct of the contract's address and the selector's four bytes.
    Function,
    /// Not at all, with the reason as a sentence.
    Refused(&'static str),
}

impl Rule {
    /// The rule in words, as tools and the table in the documentation write it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Same => "as it is",
            Self::Wider => "the next wider integer; must fit on the way back",
            Self::TwosComplement => "unsigned, in two's complement; must fit on the way back",
            Self::U256 => "u256; below the field's prime on the way back",
            Self::Word => "u256, big-endian",
            Self::Bytes => "bytes; exactly as many on the way back",
            Self::Text => "string; exactly as many bytes on the way back",
            Self::List => "list of no or one element",
            Self::Index => "u8, the variant's index; below their number on the way back",
            Self::Tagged => {
                "struct of the variant's index as u8 and a list of no or one element per variant with a payload"
            }
            Self::Entries => "list of structs {key, value} in any order; no key twice",
            Self::Rest => "what is inside of it, with a length",
            Self::False => "bool, always false",
            Self::Function => "struct {contract: address, selector: bytes4}",
            Self::Refused(reason) => reason,
        }
    }
}

/// The kinds of types, as far as rules differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "IMAGE_TABLE describes each in words")]
pub enum Kind {
    Bool,
    Uint,
    OddUint,
    Int,
    OddInt,
    WideInt,
    OddWideInt,
    Felt,
    Address,
    Bytes,
    FixedBytes,
    Bytes32,
    LongFixedBytes,
    String,
    FixedString,
    LongFixedString,
    Array,
    FixedArray,
    EmptyArray,
    Option,
    Tuple,
    Struct,
    Empty,
    Enum,
    SumType,
    LargeEnum,
    Map,
    OtherMap,
    Rest,
    Constant,
    Function,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The kind of type.
    pub kind: Kind,
    /// The kind in words.
    pub name: &'static str,
    /// The rule in each ABI, in the order of [`Abi::ALL`].
    pub rules: [Rule; 5],
}

const LARGE: Rule = Refused("an index of one byte names 256 variants at most; split the enum");

/// Every kind with its rule in every ABI: Solidity, Borsh, BCS, Cairo, Fuel.
pub const IMAGE_TABLE: &[Row] = &[
    row(Kind::Bool, "bool", [Same; 5]),
    row(Kind::Uint, "unsigned integer of 8, 16, 32, 64, 128 or 256 bits", [Same; 5]),
    row(Kind::OddUint, "unsigned integer of another width", [Same, Wider, Wider, Wider, Wider]),
    row(Kind::Int, "signed integer of 8, 16, 32, 64 or 128 bits", [Same, Same, Same, Same, TwosComplement]),
    row(Kind::OddInt, "signed integer of another width below 128 bits", [Same, Wider, Wider, Wider, TwosComplement]),
    row(Kind::WideInt, "signed integer of 256 bits", [Same, Same, Same, TwosComplement, TwosComplement]),
    row(Kind::OddWideInt, "signed integer of 136 to 248 bits", [Same, Wider, Wider, TwosComplement, TwosComplement]),
    row(Kind::Felt, "felt", [U256, U256, U256, Same, U256]),
    row(Kind::Address, "address", [Same; 5]),
    row(Kind::Bytes, "bytes", [Same; 5]),
    row(Kind::FixedBytes, "1 to 31 bytes", [Same; 5]),
    row(Kind::Bytes32, "32 bytes", [Same, Same, Same, Word, Same]),
    row(Kind::LongFixedBytes, "more than 32 bytes, the number fixed", [Bytes, Same, Same, Bytes, Same]),
    row(Kind::String, "string", [Same; 5]),
    row(Kind::FixedString, "text of 1 to 31 bytes, the number fixed", [Text, Same, Same, Same, Same]),
    row(Kind::LongFixedString, "text of more than 31 bytes, the number fixed", [Text, Same, Same, Text, Same]),
    row(Kind::Array, "list", [Same; 5]),
    row(Kind::FixedArray, "list of fixed length", [Same; 5]),
    row(Kind::EmptyArray, "list of the fixed length 0", [False, Same, Same, Same, Same]),
    row(Kind::Option, "option", [List, Same, Same, Same, Same]),
    row(Kind::Tuple, "tuple", [Same; 5]),
    row(Kind::Struct, "struct", [Same; 5]),
    row(
        Kind::Empty,
        "unit, empty tuple, empty struct, bytes or text of the fixed length 0",
        [False, Same, Same, Same, Same],
    ),
    row(Kind::Enum, "enum whose variants carry nothing", [Index, Same, Same, Same, Same]),
    row(Kind::SumType, "enum with a variant that carries something", [Tagged, Same, Same, Same, Same]),
    row(Kind::LargeEnum, "enum of more than 256 variants", [LARGE, LARGE, Same, Same, Same]),
    row(
        Kind::Map,
        "map whose keys are numbers, bools, addresses, bytes or texts",
        [Entries, Same, Same, Entries, Entries],
    ),
    row(Kind::OtherMap, "map with other keys", [Entries, Entries, Same, Entries, Entries]),
    row(
        Kind::Rest,
        "bytes, text or list that takes what remains of the data, without a length",
        [Rest, Same, Rest, Rest, Rest],
    ),
    row(Kind::Constant, "bytes that are always the same", [False, Same, False, False, False]),
    row(Kind::Function, "function of a contract", [Same, Function, Function, Function, Function]),
];

const fn row(kind: Kind, name: &'static str, rules: [Rule; 5]) -> Row {
    Row { kind, name, rules }
}

impl Abi {
    /// Every ABI, in the order of the columns of [`IMAGE_TABLE`].
    pub const ALL: [Self; 5] = [Self::Solidity, Self::Borsh, Self::Bcs, Self::Cairo, Self::Fuel];

    /// Whose it is, in a few words.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Solidity => "Solidity's: EVM and Stylus",
            Self::Borsh => "Borsh: Solana programs",
            Self::Bcs => "BCS: Move",
            Self::Cairo => "Serde felts: Cairo",
            Self::Fuel => "Fuel's, version 1",
        }
    }

    /// The ABI's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Solidity => "Solidity",
            Self::Borsh => "Borsh",
            Self::Bcs => "BCS",
            Self::Cairo => "Cairo",
            Self::Fuel => "Fuel",
        }
    }
}

impl Row {
    /// The rule in this ABI.
    pub fn rule(&self, abi: Abi) -> Rule {
        let [solidity, borsh, bcs, cairo, fuel] = self.rules;
        match abi {
            Abi::Solidity => solidity,
            Abi::Borsh => borsh,
            Abi::Bcs => bcs,
            Abi::Cairo => cairo,
            Abi::Fuel => fuel,
        }
    }
}

impl Kind {
    /// The kind of a type. What is inside does not count, except in enums and the keys of maps.
    pub fn of(ty: &Type) -> Self {
        match ty {
            Type::Bool => Self::Bool,
            Type::Uint { bits } if usual(*bits) => Self::Uint,
            Type::Uint { .. } => Self::OddUint,
            Type::Int { bits: 256 } => Self::WideInt,
            Type::Int { bits } if usual(*bits) => Self::Int,
            Type::Int { bits } if *bits < 128 => Self::OddInt,
            Type::Int { .. } => Self::OddWideInt,
            Type::Felt => Self::Felt,
            Type::Address => Self::Address,
            Type::Bytes => Self::Bytes,
            Type::FixedBytes(0) | Type::FixedString(0) | Type::Unit => Self::Empty,
            Type::FixedBytes(WORD_BYTES) => Self::Bytes32,
            Type::FixedBytes(n) if *n < WORD_BYTES => Self::FixedBytes,
            Type::FixedBytes(_) => Self::LongFixedBytes,
            Type::String => Self::String,
            Type::FixedString(n) if *n <= FELT_BYTES => Self::FixedString,
            Type::FixedString(_) => Self::LongFixedString,
            Type::Array(_) => Self::Array,
            Type::FixedArray(_, 0) => Self::EmptyArray,
            Type::FixedArray(..) => Self::FixedArray,
            Type::Option(_) => Self::Option,
            Type::Tuple(types) if types.is_empty() => Self::Empty,
            Type::Tuple(_) => Self::Tuple,
            Type::Struct { fields, .. } if fields.is_empty() => Self::Empty,
            Type::Struct { .. } => Self::Struct,
            Type::Enum { variants, .. } if variants.len() > VARIANTS_MAX => Self::LargeEnum,
            Type::Enum { variants, .. } if variants.iter().all(carries_nothing) => Self::Enum,
            Type::Enum { .. } => Self::SumType,
            Type::Map(key, _) if simple_key(key) => Self::Map,
            Type::Map(..) => Self::OtherMap,
            Type::Rest(_) => Self::Rest,
            Type::Constant(_) => Self::Constant,
            Type::Function => Self::Function,
        }
    }

    /// The kind's rule in an ABI.
    pub fn rule(self, abi: Abi) -> Rule {
        let row = IMAGE_TABLE.iter().find(|row| row.kind == self);
        row.map_or(Refused("the table has no row for this kind"), |row| row.rule(abi))
    }
}

pub(super) fn carries_nothing(variant: &Variant) -> bool {
    variant.payload == Type::Unit
}

const fn usual(bits: u16) -> bool {
    matches!(bits, 8 | 16 | 32 | 64 | 128 | 256)
}

/// What can be a key in Borsh, itself or by its image.
fn simple_key(key: &Type) -> bool {
    matches!(
        key,
        Type::Bool
            | Type::Uint { .. }
            | Type::Int { .. }
            | Type::Felt
            | Type::Address
            | Type::Bytes
            | Type::FixedBytes(_)
            | Type::String
            | Type::FixedString(_)
    )
}
