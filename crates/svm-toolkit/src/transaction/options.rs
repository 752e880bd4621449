//! What transactions and deployments can say.

use hexapla_toolkit::{FieldKind, FieldSpec};

/// In micro-lamports for each compute unit.
pub(super) const UNIT_PRICE: &str = "unit_price";
/// Lookup tables.
pub(super) const TABLES: &str = "tables";
/// The account whose durable nonce stands in the place of a recent blockhash.
pub(super) const DURABLE_NONCE: &str = "durable_nonce";
/// Most bytes of code that upgrades may bring without more room being made; those of the code by default.
pub(super) const MAX_LEN: &str = "max_len";

/// What a transaction can say beside its calls.
pub(super) const OPTIONS: [FieldSpec; 3] = [
    FieldSpec::optional(UNIT_PRICE, FieldKind::Number),
    FieldSpec::optional(TABLES, FieldKind::Ids),
    FieldSpec::optional(DURABLE_NONCE, FieldKind::Id),
];
/// What a deployment can say beside its code.
pub(super) const DEPLOY_OPTIONS: [FieldSpec; 1] = [FieldSpec::optional(MAX_LEN, FieldKind::Number)];
