//! Stored accounts as agave holds them.

use hexapla_primitives::Bytes;
pub use hexapla_svm_types::account::*;
use solana_account::{AccountSharedData, ReadableAccount};

/// The object of an account as agave holds it.
pub(crate) fn to_object(account: &impl ReadableAccount) -> Option<Bytes> {
    object_of(account.owner(), account.executable(), account.data())
}

/// The account as agave takes it.
pub(crate) fn shared(lamports: u64, stored: StoredAccount) -> AccountSharedData {
    AccountSharedData::from(solana_account::Account {
        lamports,
        data: stored.data.into(),
        owner: stored.owner,
        executable: stored.executable,
        rent_epoch: u64::MAX,
    })
}
