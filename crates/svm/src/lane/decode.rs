//! Bytes into a message whose signatures hold.

use ed25519_dalek::{Signature, VerifyingKey};
use hexapla_primitives::{B256, keccak256};
use hexapla_vm::LaneRejection;
use solana_message::{SanitizedVersionedMessage, VersionedMessage};
use solana_transaction::versioned::VersionedTransaction;

/// Most bytes of a transaction: what an IPv6 packet of minimal size holds.
const BYTES_MAX: usize = 1232;
/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;

/// A transaction in its parts.
pub(super) struct Decoded {
    pub(super) signature: [u8; SIGNATURE_BYTES],
    /// keccak256 of the message: a signature can have more than one form, the message cannot.
    pub(super) hash: B256,
    pub(super) message: SanitizedVersionedMessage,
}

/// Reads a transaction, checks its form, and its signatures if `verify`.
pub(super) fn decode(raw: &[u8], verify: bool) -> Result<Decoded, LaneRejection> {
    use bincode::Options;
    let refused = |message: String| LaneRejection::new("SanitizeFailure", message);
    if raw.len() > BYTES_MAX {
        return Err(refused(format!("the transaction has {} bytes; at most {BYTES_MAX} are allowed", raw.len())));
    }
    let format = bincode::options().with_limit(BYTES_MAX as u64).with_fixint_encoding().reject_trailing_bytes();
    let tx: VersionedTransaction =
        format.deserialize(raw).map_err(|error| refused(format!("the transaction cannot be read: {error}")))?;
    if matches!(tx.message, VersionedMessage::V1(_)) {
        let message = "messages are taken in the legacy form and in version 0";
        return Err(LaneRejection::new("UnsupportedVersion", message));
    }
    tx.sanitize().map_err(|error| refused(format!("the transaction is malformed: {error}")))?;
    let first = tx.signatures.first().ok_or_else(|| refused("the transaction has no signature".into()))?;
    let signature = <[u8; SIGNATURE_BYTES]>::from(*first);
    let signatures: Vec<[u8; SIGNATURE_BYTES]> = tx.signatures.iter().map(|signature| (*signature).into()).collect();
    // One byte holds the number of signatures, as a packet has room for less than 20.
    let message = raw.get(1 + signatures.len() * SIGNATURE_BYTES..).unwrap_or_default();
    if verify {
        check_signatures(&signatures, &tx.message, message)?;
    }
    let hash = keccak256(message);
    let message = SanitizedVersionedMessage::try_new(tx.message)
        .map_err(|error| refused(format!("the message is malformed: {error}")))?;
    Ok(Decoded { signature, hash, message })
}

fn check_signatures(
    signatures: &[[u8; SIGNATURE_BYTES]],
    message: &VersionedMessage,
    bytes: &[u8],
) -> Result<(), LaneRejection> {
    for (signature, signer) in signatures.iter().zip(message.static_account_keys()) {
        let key = VerifyingKey::from_bytes(&signer.to_bytes());
        let holds = key.is_ok_and(|key| key.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok());
        if !holds {
            let message = format!("the signature of {signer} does not hold for this message");
            return Err(LaneRejection::new("SignatureFailure", message));
        }
    }
    Ok(())
}
