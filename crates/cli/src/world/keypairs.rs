//! Keys that can sign, and transactions that they sign.
//!
//! A keypair follows from its name, so that a scenario gives the same bytes everywhere. Anybody knows it.

use super::{World, names::base58_text};
use crate::problem::{Problem, Result};
use ed25519_dalek::{Signer as _, SigningKey};
use hexapla::svm::{Invocation, Pubkey, StoredAccount, spl};
use hexapla_primitives::{B256, keccak256};
use solana_hash::Hash;
use solana_message::{AddressLookupTableAccount, VersionedMessage, legacy, v0};
use solana_sdk_ids::compute_budget;
use solana_transaction::versioned::VersionedTransaction;
use std::collections::BTreeMap;

/// The secret of a keypair is keccak256 of this and the name.
const KEYPAIR_DOMAIN: &str = "hexapla/keypair/";
/// Bytes of a lookup table before its keys.
const TABLE_HEAD_BYTES: usize = 56;
const KEY_BYTES: usize = 32;

/// The keypairs of a scenario by their public keys.
#[derive(Default)]
pub(crate) struct Keypairs(BTreeMap<B256, SigningKey>);

/// A program and what it is invoked with.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) program: Pubkey,
    pub(crate) invocation: Invocation,
}

/// What a transaction asks of the machine beside its instructions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Terms {
    /// Most compute units.
    pub(crate) units: Option<u32>,
    /// In micro-lamports for each of these.
    pub(crate) unit_price: Option<u64>,
}

/// The public key of the keypair that a name gives.
pub(crate) fn key_of_keypair(name: &str) -> B256 {
    keypair(name).verifying_key().to_bytes().into()
}

fn keypair(name: &str) -> SigningKey {
    SigningKey::from_bytes(&keccak256(format!("{KEYPAIR_DOMAIN}{name}")))
}

impl Keypairs {
    /// Adds the keypair of a name, and gives its public key.
    pub(crate) fn add(&mut self, name: &str) -> Pubkey {
        let key = key_of_keypair(name);
        self.0.insert(key, keypair(name));
        Pubkey::new_from_array(key.0)
    }

    /// The keypair of a public key.
    fn of(&self, key: &Pubkey) -> Option<&SigningKey> {
        self.0.get(&B256::from(key.to_bytes()))
    }
}

impl Terms {
    /// The instructions that say it.
    pub(crate) fn calls(self) -> Vec<Call> {
        let units = self.units.map(|units| [&[2][..], &units.to_le_bytes()].concat());
        let price = self.unit_price.map(|price| [&[3][..], &price.to_le_bytes()].concat());
        let call = |data: Vec<u8>| Call { program: compute_budget::ID, invocation: Invocation::of_data(data.into()) };
        units.into_iter().chain(price).map(call).collect()
    }
}

impl World {
    /// The bytes of a transaction of these calls. `payer` pays and signs first; whoever else must sign does. With lookup
    /// tables it is one of version 0.
    pub(crate) fn signed(&self, payer: Pubkey, calls: &[Call], tables: &[Pubkey]) -> Result<Vec<u8>> {
        let instructions = calls.iter().map(|call| call.invocation.instruction(call.program)).collect::<Vec<_>>();
        let blockhash = Hash::new_from_array(self.chain.latest_blockhash()?.0);
        let message = if tables.is_empty() {
            VersionedMessage::Legacy(legacy::Message::new_with_blockhash(&instructions, Some(&payer), &blockhash))
        } else {
            let tables = tables.iter().map(|table| self.table(table)).collect::<Result<Vec<_>>>()?;
            let message = v0::Message::try_compile(&payer, &instructions, &tables, blockhash);
            VersionedMessage::V0(message.map_err(|error| cannot_be_written().because(error))?)
        };
        let bytes = serialized(&message)?;
        let signers = usize::from(message.header().num_required_signatures);
        let sign = |key: &Pubkey| match self.keypairs.of(key) {
            Some(keypair) => Ok(keypair.sign(&bytes).to_bytes().into()),
            None => Err(self.cannot_sign(key)),
        };
        let signatures = message.static_account_keys().iter().take(signers).map(sign).collect::<Result<_>>()?;
        serialized(&VersionedTransaction { signatures, message })
    }

    /// A lookup table with its keys.
    fn table(&self, table: &Pubkey) -> Result<AddressLookupTableAccount> {
        let stored = self.chain.object(&StoredAccount::key(table))?;
        let stored = StoredAccount::from_object(stored.as_ref())
            .map_err(|error| Problem::new("hexapla::scenario::state", error))?;
        let keys = stored.data.get(TABLE_HEAD_BYTES..).filter(|_| stored.owner == spl::ADDRESS_LOOKUP_TABLE);
        let keys = keys.ok_or_else(|| {
            let name = self.names.short_key(&table.to_bytes().into());
            Problem::new("hexapla::scenario::table", format!("`{name}` is no lookup table"))
                .with_help("its account belongs to `address-lookup-table`, which creates it")
        })?;
        let addresses = keys.chunks_exact(KEY_BYTES).filter_map(|key| Pubkey::try_from(key).ok()).collect();
        Ok(AddressLookupTableAccount { key: *table, addresses })
    }

    fn cannot_sign(&self, key: &Pubkey) -> Box<Problem> {
        let key = B256::from(key.to_bytes());
        let name = self.names.name_of_key(&key).map_or_else(|| base58_text(&key), str::to_owned);
        Problem::new("hexapla::scenario::signer", format!("`{name}` must sign and has no keypair"))
            .with_help(format!("only keypairs sign: `[keys]` with e.g. `{name} = {{ keypair = true }}`"))
    }
}

fn serialized(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    bincode::serialize(value).map_err(|error| cannot_be_written().because(error))
}

fn cannot_be_written() -> Box<Problem> {
    Problem::new("hexapla::scenario::transaction", "the transaction cannot be written down")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_the_same_keypair_each_time_and_another_than_other_names() {
        let mut keypairs = Keypairs::default();
        let key = keypairs.add("alice");
        assert_eq!(key.to_bytes(), key_of_keypair("alice").0);
        assert_ne!(key_of_keypair("alice"), key_of_keypair("bob"));
        let signature = keypairs.of(&key).unwrap().sign(b"x");
        assert!(keypair("alice").verify(b"x", &signature).is_ok());
    }
}
