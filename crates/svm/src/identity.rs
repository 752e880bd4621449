//! Whose account a key stands for, and what it holds: aliases of contracts of other VMs, the border's own program.

use crate::account::{WEI_PER_LAMPORT, canonical};
use hexapla_primitives::{Address, B256, U256, identity::canonical_of_alias};
use solana_pubkey::Pubkey;

/// The program in whose frame a contract of another VM makes its calls, so that the called program sees a program below
/// itself, as in any call between programs. It is not the contract's alias: that may be called again from above.
pub const BORDER: Pubkey = Pubkey::new_from_array(*b"\0hexapla-border\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");

/// The account of another VM whose alias a key is.
pub(crate) fn behind_alias(key: &Pubkey) -> Option<Address> {
    canonical_of_alias(B256::from(key.to_bytes()))
}

/// The canonical address of any key that programs may use for an account.
pub(crate) fn canonical_of_key(key: &Pubkey) -> Address {
    behind_alias(key).unwrap_or_else(|| canonical(key))
}

/// Lamports in a balance. More than an account of Solana can hold is shown as the most it can.
pub(crate) fn lamports_in(wei: U256) -> u64 {
    (wei / U256::from(WEI_PER_LAMPORT)).saturating_to()
}

/// Whether a key is the alias of an account of another VM.
pub(crate) fn is_alias(key: &Pubkey) -> bool {
    behind_alias(key).is_some()
}
