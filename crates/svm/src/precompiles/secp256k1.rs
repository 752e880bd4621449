//! ECDSA on secp256k1 over Keccak-256, against the Ethereum address of the key.

use super::places::Place;
use hexapla_primitives::keccak256;
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use solana_precompile_error::PrecompileError;

/// Bytes of the offsets of one signature.
const OFFSETS_BYTES: usize = 11;

/// Checks all signatures of an instruction with `data`; `all` are the data of the transaction's instructions.
pub(super) fn verify(data: &[u8], all: &[&[u8]]) -> Result<(), PrecompileError> {
    let (count, rest) = data.split_first().ok_or(PrecompileError::InvalidInstructionDataSize)?;
    if *count == 0 && !rest.is_empty() {
        return Err(PrecompileError::InvalidInstructionDataSize);
    }
    let list = rest.get(..usize::from(*count) * OFFSETS_BYTES).ok_or(PrecompileError::InvalidInstructionDataSize)?;
    list.chunks_exact(OFFSETS_BYTES).try_for_each(|entry| verify_one(entry, all))
}

fn verify_one(entry: &[u8], all: &[&[u8]]) -> Result<(), PrecompileError> {
    let &[s0, s1, signature_in, a0, a1, address_in, m0, m1, l0, l1, message_in] = entry else {
        return Err(PrecompileError::InvalidInstructionDataSize);
    };
    let find = |instruction: u8, offset: [u8; 2], length: usize| {
        let place = Place { instruction: instruction.into(), offset: u16::from_le_bytes(offset), length };
        match all.get(usize::from(instruction)) {
            None => Err(PrecompileError::InvalidDataOffsets),
            Some(_) => place.find(&[], all).map_err(|_| PrecompileError::InvalidSignature),
        }
    };
    let signed = match find(signature_in, [s0, s1], 65) {
        Err(PrecompileError::InvalidDataOffsets) => return Err(PrecompileError::InvalidInstructionDataSize),
        signed => signed?,
    };
    let (signature, recovery) = signed.split_at_checked(64).ok_or(PrecompileError::InvalidSignature)?;
    let signature = Signature::from_slice(signature).map_err(|_| PrecompileError::InvalidSignature)?;
    let recovery = recovery.first().and_then(|id| RecoveryId::from_byte(*id));
    let recovery = recovery.ok_or(PrecompileError::InvalidRecoveryId)?;
    let address = find(address_in, [a0, a1], 20)?;
    let message = find(message_in, [m0, m1], usize::from(u16::from_le_bytes([l0, l1])))?;
    // Both forms of a signature are good here; the library takes the lower one only.
    let (signature, recovery) = match signature.normalize_s() {
        Some(low) => (low, RecoveryId::new(!recovery.is_y_odd(), recovery.is_x_reduced())),
        None => (signature, recovery),
    };
    let key = VerifyingKey::recover_from_prehash(keccak256(message).as_slice(), &signature, recovery);
    let point = key.map_err(|_| PrecompileError::InvalidSignature)?.to_encoded_point(false);
    let hash = keccak256(point.as_bytes().get(1..).unwrap_or_default());
    if hash.get(12..) == Some(address) { Ok(()) } else { Err(PrecompileError::InvalidSignature) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k256::{ecdsa::SigningKey, elliptic_curve::ops::Neg};

    const MESSAGE: &[u8] = b"of Origen";

    fn key() -> (SigningKey, [u8; 20]) {
        let key = SigningKey::from_slice(&[3; 32]).unwrap();
        let point = key.verifying_key().to_encoded_point(false);
        (key, keccak256(&point.as_bytes()[1..])[12..].try_into().unwrap())
    }

    fn instruction(signature: &[u8], recovery: u8, address: &[u8; 20], message: &[u8]) -> Vec<u8> {
        let mut data = vec![1];
        for (offset, length) in [(12u16, None), (77, None), (97, Some(u16::try_from(message.len()).unwrap()))] {
            data.extend(offset.to_le_bytes());
            data.extend(length.map(u16::to_le_bytes).into_iter().flatten());
            data.push(0);
        }
        data.extend(signature);
        data.push(recovery);
        data.extend(address);
        data.extend(message);
        data
    }

    #[test]
    fn both_forms_of_a_signature_give_the_address() {
        let (key, address) = key();
        let (signature, recovery) = key.sign_prehash_recoverable(keccak256(MESSAGE).as_slice()).unwrap();
        let low = instruction(&signature.to_bytes(), recovery.to_byte(), &address, MESSAGE);
        assert_eq!(verify(&low, &[&low]), Ok(()));
        let high = Signature::from_scalars(signature.r().to_bytes(), signature.s().neg().to_bytes()).unwrap();
        let high = instruction(&high.to_bytes(), recovery.to_byte() ^ 1, &address, MESSAGE);
        assert_eq!(verify(&high, &[&high]), Ok(()));
    }

    #[test]
    fn what_was_not_signed_is_refused() {
        let (key, address) = key();
        let (signature, recovery) = key.sign_prehash_recoverable(keccak256(MESSAGE).as_slice()).unwrap();
        let (bytes, recovery) = (signature.to_bytes(), recovery.to_byte());
        let other = instruction(&bytes, recovery, &address, b"of origen");
        assert_eq!(verify(&other, &[&other]), Err(PrecompileError::InvalidSignature));
        let stranger = instruction(&bytes, recovery, &[1; 20], MESSAGE);
        assert_eq!(verify(&stranger, &[&stranger]), Err(PrecompileError::InvalidSignature));
        let id = instruction(&bytes, 4, &address, MESSAGE);
        assert_eq!(verify(&id, &[&id]), Err(PrecompileError::InvalidRecoveryId));
        let zero = instruction(&[0; 64], recovery, &address, MESSAGE);
        assert_eq!(verify(&zero, &[&zero]), Err(PrecompileError::InvalidSignature));
    }

    #[test]
    fn malformed_data_is_refused() {
        for data in [&[][..], &[0, 0], &[1, 2], &[2; 12]] {
            assert_eq!(verify(data, &[data]), Err(PrecompileError::InvalidInstructionDataSize), "{data:?}");
        }
        let (_, address) = key();
        let nowhere = instruction(&[1; 64], 0, &address, MESSAGE);
        assert_eq!(verify(&nowhere, &[]), Err(PrecompileError::InvalidInstructionDataSize));
        assert_eq!(verify(&[0], &[]), Ok(()));
    }
}
