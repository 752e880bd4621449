//! Which types an ABI has a form for.

use alloc::collections::BTreeSet;

use super::form::Form;
use crate::{
    error::CodecError,
    text::brief,
    types::{MAX_TYPE_DEPTH, Type},
};

/// Whether the ABI has a form for the type and everything inside it.
pub(super) fn check_type<F: Form>(ty: &Type, depth_left: usize) -> Result<(), CodecError> {
    let Some(depth_left) = depth_left.checked_sub(1) else {
        return Err(CodecError::TooDeep { limit: MAX_TYPE_DEPTH });
    };
    if !F::has_form(ty) || !names_differ(ty) {
        return Err(unsupported::<F>(ty));
    }
    rest_is_last(ty)?;
    ty.children().try_for_each(|child| check_type::<F>(child, depth_left))
}

/// Whether nothing follows a part that takes what remains of the data.
fn rest_is_last(ty: &Type) -> Result<(), CodecError> {
    match ty {
        // A variant ends with what it carries, and so does an option.
        Type::Enum { .. } | Type::Option(_) => Ok(()),
        Type::Tuple(_) | Type::Struct { .. } => only_the_last_takes_rest(ty.children()),
        // Lists and maps: one element follows the other. A rest ends with the data; what is in it does not.
        _ if ty.children().any(Type::takes_rest) => Err(CodecError::RestIsFollowed { ty: brief(ty) }),
        _ => Ok(()),
    }
}

/// Whether at most the last of the types takes what remains of the data.
pub(crate) fn only_the_last_takes_rest<'t>(types: impl Iterator<Item = &'t Type>) -> Result<(), CodecError> {
    let mut before = None;
    for ty in types {
        if let Some(taking) = before {
            return Err(CodecError::RestIsFollowed { ty: brief(taking) });
        }
        before = ty.takes_rest().then_some(ty);
    }
    Ok(())
}

/// The error for a type without a form.
#[cold]
pub(super) fn unsupported<F: Form>(ty: &Type) -> CodecError {
    CodecError::Unsupported { codec: F::NAME, ty: brief(ty) }
}

/// A variant is found by its name, so that each name may stand for one variant only.
fn names_differ(ty: &Type) -> bool {
    let Type::Enum { variants, .. } = ty else { return true };
    let mut names = BTreeSet::new();
    variants.iter().all(|variant| names.insert(&variant.name))
}
