//! The state account: 8-byte little-endian words, found by their index.

use svm_sdk::{Account, Failure};

use crate::script::number;

const WORD_BYTES: u64 = 8;

/// Stores the low 8 bytes of a big-endian value.
pub fn store(accounts: &[Account], key: &[u8; 32], value: &[u8; 32]) -> Result<(), Failure> {
    if state(accounts)?.write(offset(key), &number(value).to_le_bytes()) {
        Ok(())
    } else {
        Err(Failure::ACCOUNT_DATA_TOO_SMALL)
    }
}

pub fn load(accounts: &[Account], key: &[u8; 32]) -> Result<u64, Failure> {
    let mut word = [0; WORD_BYTES as usize];
    if state(accounts)?.read(offset(key), &mut word) {
        Ok(u64::from_le_bytes(word))
    } else {
        Err(Failure::ACCOUNT_DATA_TOO_SMALL)
    }
}

fn state(accounts: &[Account]) -> Result<Account, Failure> {
    accounts.first().copied().ok_or(Failure::NOT_ENOUGH_ACCOUNTS)
}

/// Where the word of a big-endian key starts; beyond the end of any account for a key of more than 64 bits.
fn offset(key: &[u8; 32]) -> u64 {
    let key = key.iter().fold(0u64, |key, byte| key.saturating_mul(256).saturating_add(u64::from(*byte)));
    key.saturating_mul(WORD_BYTES)
}
