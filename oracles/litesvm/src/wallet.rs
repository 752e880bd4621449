//! Key pairs that sign transactions.

use ed25519_dalek::{Signer, SigningKey};
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_message::{VersionedMessage, legacy};
use solana_pubkey::Pubkey;
use solana_transaction::versioned::VersionedTransaction;

/// A key pair.
#[derive(Clone)]
pub struct Wallet(SigningKey);

impl Wallet {
    /// The wallet of a number.
    pub fn new(seed: u32) -> Self {
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&seed.to_le_bytes());
        Self(SigningKey::from_bytes(&bytes))
    }

    /// Its public key.
    pub fn key(&self) -> Pubkey {
        Pubkey::new_from_array(self.0.verifying_key().to_bytes())
    }
}

/// A transaction that the first wallet pays. Signers without a wallet sign with zeros.
pub fn sign(instructions: &[Instruction], wallets: &[&Wallet], blockhash: Hash) -> VersionedTransaction {
    let payer = wallets[0].key();
    let message = VersionedMessage::Legacy(legacy::Message::new_with_blockhash(instructions, Some(&payer), &blockhash));
    let bytes = bincode::serialize(&message).expect("a message is written");
    let required = usize::from(message.header().num_required_signatures);
    let signature = |key: &Pubkey| {
        let wallet = wallets.iter().find(|wallet| wallet.key() == *key);
        wallet.map_or([0; 64], |wallet| wallet.0.sign(&bytes).to_bytes()).into()
    };
    let signatures = message.static_account_keys()[..required].iter().map(signature).collect();
    VersionedTransaction { signatures, message }
}
