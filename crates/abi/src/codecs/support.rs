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
    ty.children().try_for_each(|child| check_type::<F>(child, depth_left))
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
