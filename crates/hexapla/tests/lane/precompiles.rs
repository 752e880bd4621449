//! Signature checks inside transactions.

use super::support::*;
use solana_instruction::{Instruction, error::InstructionError};
use solana_sdk_ids::ed25519_program;
use solana_transaction_error::TransactionError;

/// A check whose parts stand in the data of the instruction at `place`, from byte 0: key, signature, message.
fn check(place: u16, message_bytes: u16) -> Instruction {
    let mut data = vec![1, 0];
    for field in [32, place, 0, place, 96, message_bytes, place] {
        data.extend(field.to_le_bytes());
    }
    Instruction { program_id: ed25519_program::ID, accounts: Vec::new(), data }
}

#[test]
fn a_check_reads_the_data_of_another_instruction_and_is_paid_as_a_signature() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    // The parts stand behind the offsets of a check of their own, and a second check reads them there.
    let message = b"attested";
    let mut carrier = check(1, message.len() as u16);
    let parts = [bob.key().as_ref(), &bob.sign(message), message].concat();
    for (at, field) in [(2usize, 16u16 + 32), (6, 16), (10, 16 + 96)] {
        carrier.data[at..at + 2].copy_from_slice(&field.to_le_bytes());
    }
    carrier.data.extend(&parts);
    let mut reader = check(1, message.len() as u16);
    reader.data[..16].copy_from_slice(&carrier.data[..16]);
    let sent = succeed(&mut chain, &[reader.clone(), carrier.clone(), memo("ok")], &[&alice]);
    assert_eq!(sent.receipt.fee, lamports(3 * 5_000));
    *carrier.data.last_mut().unwrap() ^= 1;
    let failed = send(&mut chain, &[reader, carrier, memo("never")], &[&alice]);
    let TransactionError::InstructionError(0, InstructionError::Custom(_)) = error(&failed) else {
        panic!("{:?}", error(&failed))
    };
    assert_eq!(balance(&chain, &alice.key()), 10 * LAMPORTS - 30_000);
}
