//! Signature checks as top-level instructions: Ed25519, ECDSA on secp256k1 and on secp256r1.
//!
//! A check's data says how many signatures there are, and of each where signature, key and message stand: in the data
//! of this or of any other instruction of the transaction.

mod ed25519;
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

/// Stands for the instruction itself where offsets name an instruction.
const THIS: u16 = u16::MAX;

/// Where a part of a signature stands.
#[derive(Clone, Copy)]
struct Place {
    instruction: u16,
    offset: u16,
    length: usize,
}

impl Place {
    fn find<'a>(self, own: &'a [u8], all: &[&'a [u8]]) -> Result<&'a [u8], PrecompileError> {
        let data = match self.instruction {
            THIS => own,
            index => all.get(usize::from(index)).copied().ok_or(PrecompileError::InvalidDataOffsets)?,
        };
        let start = usize::from(self.offset);
        data.get(start..start.saturating_add(self.length)).ok_or(PrecompileError::InvalidDataOffsets)
    }
}

/// What the offsets of Ed25519 and secp256r1 say of one signature.
struct Offsets {
    signature: Place,
    key: Place,
    message: Place,
}

/// Bytes of the offsets of one signature.
const OFFSETS_BYTES: usize = 14;
/// Their start: after the number of signatures and a byte of padding.
const OFFSETS_START: usize = 2;

/// The number of signatures in the form that Ed25519 and secp256r1 share.
fn count(data: &[u8]) -> Result<usize, PrecompileError> {
    match data {
        [count, _, ..] => Ok(usize::from(*count)),
        _ => Err(PrecompileError::InvalidInstructionDataSize),
    }
}

/// The offsets of all signatures in that form.
fn offsets(data: &[u8], count: usize, key_bytes: usize) -> Result<Vec<Offsets>, PrecompileError> {
    let end = OFFSETS_START.saturating_add(count.saturating_mul(OFFSETS_BYTES));
    let list = data.get(OFFSETS_START..end).ok_or(PrecompileError::InvalidInstructionDataSize)?;
    Ok(list
        .chunks_exact(OFFSETS_BYTES)
        .map(|entry| {
            let field = |index: usize| match entry.get(index * 2..index * 2 + 2) {
                Some([low, high]) => u16::from_le_bytes([*low, *high]),
                _ => 0,
            };
            Offsets {
                signature: Place { offset: field(0), instruction: field(1), length: 64 },
                key: Place { offset: field(2), instruction: field(3), length: key_bytes },
                message: Place { offset: field(4), length: usize::from(field(5)), instruction: field(6) },
            }
        })
        .collect())
}
