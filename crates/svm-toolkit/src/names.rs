//! Names that everybody knows for accounts of Solana.

use hexapla_svm_types::{Pubkey, pubkey, spl};
use solana_sdk_ids::{
    bpf_loader, bpf_loader_deprecated, bpf_loader_upgradeable, compute_budget, ed25519_program, incinerator,
    secp256k1_program, secp256r1_program, sysvar,
};

/// The name of the System program.
pub(crate) const SYSTEM: &str = "system-program";

/// The programs with which a chain begins, by the names that scenarios have for them.
pub(crate) fn programs() -> impl Iterator<Item = (&'static str, Pubkey)> {
    let spl = spl::PROGRAMS.iter().map(|program| (program.name, program.id));
    std::iter::once((SYSTEM, Pubkey::default())).chain(spl)
}

/// All accounts that people know by a name. Some have two: the second is the one in Solana's documentation.
pub(crate) fn accounts() -> impl Iterator<Item = (&'static str, Pubkey)> {
    programs().chain(OTHERS)
}

const OTHERS: [(&str, Pubkey); 24] = [
    ("token-program", spl::TOKEN),
    ("token-2022-program", spl::TOKEN_2022),
    ("associated-token-program", spl::ASSOCIATED_TOKEN),
    ("memo-program", spl::MEMO),
    ("native-mint", pubkey!("So11111111111111111111111111111111111111112")),
    ("bpf-loader-upgradeable", bpf_loader_upgradeable::ID),
    ("bpf-loader", bpf_loader::ID),
    ("bpf-loader-deprecated", bpf_loader_deprecated::ID),
    ("compute-budget", compute_budget::ID),
    ("ed25519-program", ed25519_program::ID),
    ("secp256k1-program", secp256k1_program::ID),
    ("secp256r1-program", secp256r1_program::ID),
    ("incinerator", incinerator::ID),
    ("sysvar-clock", sysvar::clock::ID),
    ("sysvar-epoch-rewards", sysvar::epoch_rewards::ID),
    ("sysvar-epoch-schedule", sysvar::epoch_schedule::ID),
    ("sysvar-fees", sysvar::fees::ID),
    ("sysvar-instructions", sysvar::instructions::ID),
    ("sysvar-last-restart-slot", sysvar::last_restart_slot::ID),
    ("sysvar-recent-blockhashes", sysvar::recent_blockhashes::ID),
    ("sysvar-rent", sysvar::rent::ID),
    ("sysvar-slot-hashes", sysvar::slot_hashes::ID),
    ("sysvar-slot-history", sysvar::slot_history::ID),
    ("sysvar-stake-history", sysvar::stake_history::ID),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_name_means_one_account() {
        let names: Vec<_> = accounts().map(|(name, _)| name).collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        let of = |wanted: &str| accounts().find(|(name, _)| *name == wanted).map(|(_, key)| key);
        assert_eq!((of("token-program"), of("spl-token")), (Some(spl::TOKEN), Some(spl::TOKEN)));
        assert_eq!(of(SYSTEM), Some(Pubkey::default()));
    }
}
