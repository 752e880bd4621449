//! ECDSA on secp256r1 over SHA-256 (SIMD-0075), with the lower form of a signature only.

use super::places::{count, offsets};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use solana_precompile_error::PrecompileError;

/// Most signatures of one instruction.
const SIGNATURES_MAX: usize = 8;

/// Checks all signatures of an instruction with `data`; `all` are the data of the transaction's instructions.
pub(super) fn verify(data: &[u8], all: &[&[u8]]) -> Result<(), PrecompileError> {
    let count = count(data)?;
    if count == 0 || count > SIGNATURES_MAX {
        return Err(PrecompileError::InvalidInstructionDataSize);
    }
    for place in offsets(data, count, 33)? {
        let signature = place.signature.find(data, all)?;
        let key = place.key.find(data, all)?;
        let message = place.message.find(data, all)?;
        let signature = Signature::from_slice(signature).map_err(|_| PrecompileError::InvalidSignature)?;
        if signature.normalize_s().is_some() {
            return Err(PrecompileError::InvalidSignature);
        }
        if !matches!(key.first(), Some(2 | 3)) {
            return Err(PrecompileError::InvalidPublicKey);
        }
        let key = VerifyingKey::from_sec1_bytes(key).map_err(|_| PrecompileError::InvalidPublicKey)?;
        key.verify(message, &signature).map_err(|_| PrecompileError::InvalidSignature)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use p256::{
        ecdsa::{SigningKey, signature::Signer},
        elliptic_curve::ops::Neg,
    };

    fn instruction(key: &[u8], signature: &[u8], message: &[u8]) -> Vec<u8> {
        let mut data = vec![1, 0];
        for field in [49u16, u16::MAX, 16, u16::MAX, 113, u16::try_from(message.len()).unwrap(), u16::MAX] {
            data.extend(field.to_le_bytes());
        }
        data.extend(key);
        data.extend(signature);
        data.extend(message);
        data
    }

    fn signed(message: &[u8]) -> (Vec<u8>, Signature) {
        let key = SigningKey::from_slice(&[5; 32]).unwrap();
        let signature: Signature = key.sign(message);
        let low = signature.normalize_s().unwrap_or(signature);
        (key.verifying_key().to_encoded_point(true).as_bytes().to_vec(), low)
    }

    #[test]
    fn a_signature_holds_in_its_lower_form_only() {
        let (key, low) = signed(b"passkey");
        let data = instruction(&key, &low.to_bytes(), b"passkey");
        assert_eq!(verify(&data, &[&data]), Ok(()));
        let high = Signature::from_scalars(low.r().to_bytes(), low.s().neg().to_bytes()).unwrap();
        let data = instruction(&key, &high.to_bytes(), b"passkey");
        assert_eq!(verify(&data, &[&data]), Err(PrecompileError::InvalidSignature));
    }

    #[test]
    fn what_was_not_signed_is_refused() {
        let (key, low) = signed(b"passkey");
        let data = instruction(&key, &low.to_bytes(), b"passkeY");
        assert_eq!(verify(&data, &[&data]), Err(PrecompileError::InvalidSignature));
        let mut broken = key.clone();
        broken[0] = 4;
        let data = instruction(&broken, &low.to_bytes(), b"passkey");
        assert_eq!(verify(&data, &[&data]), Err(PrecompileError::InvalidPublicKey));
        let data = instruction(&key, &[0; 64], b"passkey");
        assert_eq!(verify(&data, &[&data]), Err(PrecompileError::InvalidSignature));
    }

    #[test]
    fn malformed_data_is_refused() {
        for data in [&[][..], &[1], &[0, 0], &[9, 0], &[1, 0, 0]] {
            assert_eq!(verify(data, &[data]), Err(PrecompileError::InvalidInstructionDataSize), "{data:?}");
        }
    }
}
