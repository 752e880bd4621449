//! Solidity's own names of types and the signatures made of them.

use alloc::{format, string::String, vec::Vec};

use crate::{
    error::CodecError,
    text::brief,
    types::{MAX_TYPE_DEPTH, Type, is_integer_width},
};

/// Solidity's canonical name of the type, as selectors hash it: `uint256`, `(address,bool)[2]`.
///
/// # Errors
///
/// [`CodecError::Unsupported`] for a type that the Solidity ABI has no form for (among them empty tuples and arrays of
/// length 0, which `solc` refuses as well), [`CodecError::TooDeep`] for one nested too deep.
pub fn type_name(ty: &Type) -> Result<String, CodecError> {
    check_supported(ty)?;
    let mut name = String::new();
    write_name(ty, &mut name);
    Ok(name)
}

/// The canonical signature, the text whose hash is the selector: `transfer(address,uint256)`.
///
/// # Errors
///
/// Those of [`type_name`].
pub fn signature_of<'t>(name: &str, types: impl IntoIterator<Item = &'t Type>) -> Result<String, CodecError> {
    let names = types.into_iter().map(type_name).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("{name}({})", names.join(",")))
}

/// Whether the Solidity ABI has a form for the type.
pub(super) fn check_supported(ty: &Type) -> Result<(), CodecError> {
    check_below(ty, MAX_TYPE_DEPTH)
}

fn check_below(ty: &Type, depth_left: usize) -> Result<(), CodecError> {
    let Some(depth_left) = depth_left.checked_sub(1) else {
        return Err(CodecError::TooDeep { limit: MAX_TYPE_DEPTH });
    };
    if !has_form(ty) {
        return Err(CodecError::Unsupported { codec: "Solidity", ty: brief(ty) });
    }
    match ty {
        Type::Array(inner) | Type::FixedArray(inner, _) => check_below(inner, depth_left),
        Type::Tuple(types) => types.iter().try_for_each(|ty| check_below(ty, depth_left)),
        Type::Struct { fields, .. } => fields.iter().try_for_each(|field| check_below(&field.ty, depth_left)),
        _ => Ok(()),
    }
}

/// Whether there is a form for the type itself, whatever is inside it.
fn has_form(ty: &Type) -> bool {
    match ty {
        Type::Bool | Type::Address | Type::Bytes | Type::String | Type::Function | Type::Array(_) => true,
        Type::Uint { bits } | Type::Int { bits } => is_integer_width(*bits),
        Type::FixedBytes(n) => (1..=32).contains(n),
        Type::FixedArray(_, n) => *n > 0,
        Type::Tuple(types) => !types.is_empty(),
        Type::Struct { fields, .. } => !fields.is_empty(),
        Type::Felt | Type::FixedString(_) | Type::Option(_) | Type::Enum { .. } | Type::Map(..) => false,
        Type::Rest(_) | Type::Constant(_) | Type::Unit => false,
    }
}

fn write_name(ty: &Type, out: &mut String) {
    match ty {
        Type::Bool => out.push_str("bool"),
        Type::Uint { bits } => out.push_str(&format!("uint{bits}")),
        Type::Int { bits } => out.push_str(&format!("int{bits}")),
        Type::Address => out.push_str("address"),
        Type::Bytes => out.push_str("bytes"),
        Type::FixedBytes(n) => out.push_str(&format!("bytes{n}")),
        Type::String => out.push_str("string"),
        Type::Function => out.push_str("function"),
        Type::Array(inner) => {
            write_name(inner, out);
            out.push_str("[]");
        }
        Type::FixedArray(inner, n) => {
            write_name(inner, out);
            out.push_str(&format!("[{n}]"));
        }
        composite => {
            out.push('(');
            for (index, child) in composite.children().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_name(child, out);
            }
            out.push(')');
        }
    }
}
