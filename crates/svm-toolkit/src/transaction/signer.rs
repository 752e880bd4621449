//! Keypairs of tests.
//!
//! A keypair follows from its name, so that a scenario gives the same bytes everywhere. Anybody knows it.

use crate::address::id_of;
use ed25519_dalek::{Signer as _, SigningKey};
use hexapla_primitives::{Bytes, NativeId, keccak256};
use hexapla_svm_types::Pubkey;
use hexapla_toolkit::TestSigner;

/// The secret of a keypair is keccak256 of this and the name.
const KEYPAIR_DOMAIN: &str = "hexapla/keypair/";

/// A keypair that anybody knows.
pub(crate) struct Keypair {
    secret: SigningKey,
    id: NativeId,
}

impl Keypair {
    /// The keypair that a name gives.
    pub(crate) fn of_name(name: &str) -> Self {
        let secret = SigningKey::from_bytes(&keccak256(format!("{KEYPAIR_DOMAIN}{name}")));
        let id = id_of(&Pubkey::new_from_array(secret.verifying_key().to_bytes()));
        Self { secret, id }
    }

    /// The public key.
    pub(crate) fn key(&self) -> Pubkey {
        Pubkey::new_from_array(self.secret.verifying_key().to_bytes())
    }
}

impl TestSigner for Keypair {
    fn id(&self) -> &NativeId {
        &self.id
    }

    fn sign(&self, payload: &[u8]) -> Bytes {
        self.secret.sign(payload).to_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_the_same_keypair_each_time_and_another_than_other_names() {
        let (alice, again, bob) = (Keypair::of_name("alice"), Keypair::of_name("alice"), Keypair::of_name("bob"));
        assert_eq!(alice.id(), again.id());
        assert_ne!(alice.id(), bob.id());
        assert_eq!(alice.id().bytes[..], alice.key().to_bytes());
        let signature = ed25519_dalek::Signature::from_slice(&alice.sign(b"x")).unwrap();
        assert!(again.secret.verify(b"x", &signature).is_ok());
        assert!(bob.secret.verify(b"x", &signature).is_err());
    }
}
