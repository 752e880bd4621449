//! Why a transaction is not executed, as agave names it.

use hexapla_vm::LaneRejection;
use solana_transaction_error::TransactionError;

/// A transaction that agave would not include in a block.
pub(super) fn refused(error: TransactionError) -> LaneRejection {
    LaneRejection::new(name_of(&error), error.to_string())
}

/// The name of an error's variant, which clients match on.
pub(crate) fn name_of(error: &TransactionError) -> String {
    let text = format!("{error:?}");
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}
