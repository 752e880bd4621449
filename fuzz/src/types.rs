//! Types of any shape, hostile ones among them.

use arbitrary::{Result, Unstructured};
use hexapla_abi::{Field, Type, Variant};

/// Levels that a type made here has at most.
const LEVELS: usize = 6;
/// Members of a tuple, a struct or an enum.
const MEMBERS_MAX: usize = 4;

/// A type that the bytes say.
pub(crate) fn any(bytes: &mut Unstructured<'_>) -> Result<Type> {
    below(bytes, LEVELS)
}

fn below(bytes: &mut Unstructured<'_>, levels: usize) -> Result<Type> {
    let kinds = if levels > 1 { 18 } else { 11 };
    Ok(match bytes.int_in_range(0..=kinds - 1)? {
        0 => Type::Bool,
        1 => Type::Uint { bits: width(bytes)? },
        2 => Type::Int { bits: width(bytes)? },
        3 => Type::Felt,
        4 => Type::Address,
        5 => Type::Bytes,
        6 => Type::FixedBytes(length(bytes)?),
        7 => Type::String,
        8 => Type::FixedString(length(bytes)?),
        9 => Type::Unit,
        10 => Type::Function,
        11 => Type::array(below(bytes, levels - 1)?),
        12 => Type::fixed_array(below(bytes, levels - 1)?, length(bytes)?),
        13 => Type::option(below(bytes, levels - 1)?),
        14 => Type::Tuple(members(bytes, levels)?),
        15 => {
            let members = members(bytes, levels)?.into_iter().enumerate();
            let fields = members.map(|(index, ty)| Field::new(&format!("f{index}"), ty)).collect();
            Type::Struct { name: "S".into(), fields }
        }
        16 => {
            let members = members(bytes, levels)?.into_iter().enumerate();
            let variants = members.map(|(index, ty)| Variant::new(&format!("V{index}"), ty)).collect();
            Type::Enum { name: "E".into(), variants }
        }
        _ => Type::Map(Box::new(below(bytes, levels - 1)?), Box::new(below(bytes, levels - 1)?)),
    })
}

fn members(bytes: &mut Unstructured<'_>, levels: usize) -> Result<Vec<Type>> {
    let count = bytes.int_in_range(0..=MEMBERS_MAX)?;
    (0..count).map(|_| below(bytes, levels - 1)).collect()
}

/// Mostly a width that ABIs have.
fn width(bytes: &mut Unstructured<'_>) -> Result<u16> {
    Ok(match bytes.int_in_range(0..=7)? {
        0 => 8,
        1 => 16,
        2 => 32,
        3 => 64,
        4 => 128,
        5 => 256,
        _ => bytes.arbitrary()?,
    })
}

/// Mostly a small length, sometimes one that no memory holds.
fn length(bytes: &mut Unstructured<'_>) -> Result<usize> {
    Ok(match bytes.arbitrary::<u8>()? {
        255 => usize::MAX,
        254 => 1 << 32,
        253 => 1 << 20,
        small => usize::from(small) % 40,
    })
}
