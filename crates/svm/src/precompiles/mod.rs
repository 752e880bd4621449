//! Signature checks as top-level instructions: Ed25519, ECDSA on secp256k1 and on secp256r1.
//!
//! A check's data says how many signatures there are, and of each where signature, key and message stand: in the data
//! of this or of any other instruction of the transaction.

mod ed25519;
mod places;
mod secp256k1;
mod secp256r1;

use solana_precompile_error::PrecompileError;
use solana_pubkey::Pubkey;
use solana_sdk_ids::{ed25519_program, secp256k1_program, secp256r1_program};
use solana_svm_callback::InvokeContextCallback;

/// How agave finds the checks.
pub(crate) struct Precompiles;

type Check = fn(&[u8], &[&[u8]]) -> Result<(), PrecompileError>;

fn check_of(program: &Pubkey) -> Option<Check> {
    match *program {
        ed25519_program::ID => Some(ed25519::verify),
        secp256k1_program::ID => Some(secp256k1::verify),
        secp256r1_program::ID => Some(secp256r1::verify),
        _ => None,
    }
}

/// Whether a program is one of the checks.
pub(crate) fn is_precompile(program: &Pubkey) -> bool {
    check_of(program).is_some()
}

impl InvokeContextCallback for Precompiles {
    fn is_precompile(&self, program: &Pubkey) -> bool {
        is_precompile(program)
    }

    fn process_precompile(&self, program: &Pubkey, data: &[u8], all: Vec<&[u8]>) -> Result<(), PrecompileError> {
        check_of(program).map_or(Err(PrecompileError::InvalidPublicKey), |check| check(data, &all))
    }
}
