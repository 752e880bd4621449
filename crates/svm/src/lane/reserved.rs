//! Keys that nobody may write to, neither a transaction, whatever its message says, nor a call from another VM.

use crate::{identity::BORDER, spl::ADDRESS_LOOKUP_TABLE};
use solana_pubkey::Pubkey;
use solana_sdk_ids::{
    bpf_loader, bpf_loader_deprecated, bpf_loader_upgradeable, compute_budget, config, ed25519_program, feature,
    loader_v4, native_loader, secp256k1_program, secp256r1_program, stake, system_program, sysvar, vote,
    zk_elgamal_proof_program, zk_token_proof_program,
};
use std::{collections::HashSet, sync::LazyLock};

/// Whether nobody may write to an account.
fn is_reserved(key: &Pubkey) -> bool {
    KEYS.contains(key)
}

/// Whether an account can be written to by a call of `program`: none that is reserved, and no program that is called,
/// unless its loader stands among the accounts and can change it. Messages follow the same rule, by agave.
pub(crate) fn may_be_written(key: &Pubkey, program: &Pubkey, has_loader: bool) -> bool {
    !is_reserved(key) && (key != program || has_loader)
}

/// Whether the loader of programs that can be upgraded stands among the keys of a call.
pub(crate) fn is_loader(key: &Pubkey) -> bool {
    *key == bpf_loader_upgradeable::ID
}

/// The keys, as agave reserves them, and the border's.
pub(super) static KEYS: LazyLock<HashSet<Pubkey>> = LazyLock::new(|| {
    HashSet::from([
        ADDRESS_LOOKUP_TABLE,
        BORDER,
        bpf_loader::ID,
        bpf_loader_deprecated::ID,
        bpf_loader_upgradeable::ID,
        compute_budget::ID,
        config::ID,
        ed25519_program::ID,
        feature::ID,
        loader_v4::ID,
        native_loader::ID,
        secp256k1_program::ID,
        secp256r1_program::ID,
        stake::ID,
        stake::config::ID,
        system_program::ID,
        vote::ID,
        zk_elgamal_proof_program::ID,
        zk_token_proof_program::ID,
        sysvar::ID,
        sysvar::clock::ID,
        sysvar::epoch_rewards::ID,
        sysvar::epoch_schedule::ID,
        sysvar::fees::ID,
        sysvar::instructions::ID,
        sysvar::last_restart_slot::ID,
        sysvar::recent_blockhashes::ID,
        sysvar::rent::ID,
        sysvar::rewards::ID,
        sysvar::slot_hashes::ID,
        sysvar::slot_history::ID,
        sysvar::stake_history::ID,
    ])
});
