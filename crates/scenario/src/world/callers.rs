//! Interfaces as contracts of the EVM see them.

use hexapla_abi::{Abi, Interface, Projection};
use std::sync::Arc;

/// An interface as callers of the EVM's lane see it: functions, and for each layout a function that reads such an account.
pub(crate) fn for_callers(source: &Arc<Interface>) -> Interface {
    let abi = Abi::default();
    if source.abi == abi {
        return (**source).clone();
    }
    let projection = Projection::new(Arc::clone(source), abi);
    let mut shown = projection.interface().clone();
    shown.functions.extend(projection.readers().iter().map(|reader| reader.function.clone()));
    shown
}
