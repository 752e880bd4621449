//! Ed25519, strict: no small-order keys, no signatures that can be changed.

use super::places::{OFFSETS_START, count, offsets};
use ed25519_dalek::{Signature, VerifyingKey};
use solana_precompile_error::PrecompileError;

/// Checks all signatures of an instruction with `data`; `all` are the data of the transaction's instructions.
pub(super) fn verify(data: &[u8], all: &[&[u8]]) -> Result<(), PrecompileError> {
    let count = count(data)?;
    if count == 0 && data.len() > OFFSETS_START {
        return Err(PrecompileError::InvalidInstructionDataSize);
    }
    for place in offsets(data, count, 32)? {
        let signature = place.signature.find(data, all)?;
        let signature = Signature::from_slice(signature).map_err(|_| PrecompileError::InvalidSignature)?;
        let key = place.key.find(data, all)?.try_into().map_err(|_| PrecompileError::InvalidPublicKey)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| PrecompileError::InvalidPublicKey)?;
        let message = place.message.find(data, all)?;
        key.verify_strict(message, &signature).map_err(|_| PrecompileError::InvalidSignature)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};

    /// Data of a check whose parts all stand in itself.
    fn instruction(key: &[u8; 32], signature: &[u8; 64], message: &[u8]) -> Vec<u8> {
        let (key_at, signature_at, message_at) = (16u16, 48u16, 112u16);
        let mut data = vec![1, 0];
        for field in
            [signature_at, u16::MAX, key_at, u16::MAX, message_at, u16::try_from(message.len()).unwrap(), u16::MAX]
        {
            data.extend(field.to_le_bytes());
        }
        data.extend(key);
        data.extend(signature);
        data.extend(message);
        data
    }

    #[test]
    fn a_signature_holds_for_its_message_and_key_only() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = key.verifying_key().to_bytes();
        let signature = key.sign(b"sextuple").to_bytes();
        let good = instruction(&public, &signature, b"sextuple");
        assert_eq!(verify(&good, &[&good]), Ok(()));
        let other = instruction(&public, &signature, b"sextuplE");
        assert_eq!(verify(&other, &[&other]), Err(PrecompileError::InvalidSignature));
        let stranger = SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes();
        let stranger = instruction(&stranger, &signature, b"sextuple");
        assert_eq!(verify(&stranger, &[&stranger]), Err(PrecompileError::InvalidSignature));
    }

    #[test]
    fn parts_may_stand_in_other_instructions() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let parts = [&key.verifying_key().to_bytes()[..], &key.sign(b"m").to_bytes(), b"m"].concat();
        let mut data = vec![1, 0];
        for field in [32u16, 1, 0, 1, 96, 1, 1] {
            data.extend(field.to_le_bytes());
        }
        assert_eq!(verify(&data, &[&data, &parts]), Ok(()));
        assert_eq!(verify(&data, &[&data]), Err(PrecompileError::InvalidDataOffsets));
        assert_eq!(verify(&data, &[&data, &parts[..96]]), Err(PrecompileError::InvalidDataOffsets));
    }

    #[test]
    fn a_key_of_small_order_signs_nothing() {
        // The neutral element: with R = neutral and s = 0 the plain equation holds for every message.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&neutral);
        let data = instruction(&neutral, &signature, b"anything");
        assert_eq!(verify(&data, &[&data]), Err(PrecompileError::InvalidSignature));
    }

    #[test]
    fn malformed_data_is_refused() {
        for data in [&[][..], &[1], &[0, 0, 0], &[1, 0, 0], &[255; 20]] {
            assert_eq!(verify(data, &[data]), Err(PrecompileError::InvalidInstructionDataSize), "{data:?}");
        }
        assert_eq!(verify(&[0, 0], &[]), Ok(()));
    }
}
