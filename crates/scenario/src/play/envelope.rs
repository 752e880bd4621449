//! Ethereum's transactions: what they say beside their call.

use super::Player;
use crate::{
    format::{At, Envelope, NO_AUTHORITY, Sending, Slots},
    problem::{Problem, Result},
};
use hexapla::{
    TxEnv,
    evm::{
        AccessList, AccessListItem, Authorization, Either, RecoveredAuthority, RecoveredAuthorization, TransactionType,
    },
};
use hexapla_abi::{Tree, Type};
use hexapla_primitives::{Address, B256, U256};

/// What the hash of a blob begins with (EIP-4844).
const BLOB_VERSION: u8 = 1;

impl Player<'_> {
    /// A transaction with what the step says about it.
    pub(super) fn with_terms(&self, mut tx: TxEnv, sending: &Sending) -> Result<TxEnv> {
        if let Some(value) = &sending.value {
            tx.value = self.number(value)?;
        }
        if let Some(gas) = &sending.gas {
            tx.gas_limit = gas.value;
        }
        self.in_envelope(tx, &sending.envelope)
    }

    /// What a call that leaves nothing cannot say.
    pub(super) fn looks_only(&self, sending: &Sending) -> Result<()> {
        let envelope = &sending.envelope;
        let delegate = envelope.delegate.first().map(|(name, _)| ("delegate", &name.span));
        let list = envelope.access_list.first().map(|(name, _)| ("access_list", &name.span));
        let blobs = envelope.blobs.as_ref().map(|blobs| ("blobs", &blobs.span));
        let Some((key, span)) = delegate.or(list).or(blobs) else { return Ok(()) };
        Err(Problem::new(
            "hexapla::scenario::static",
            format!("`{key}` belongs to transactions, and this step only looks"),
        )
        .at(&self.scenario.source, span, "without effect")
        .with_help("say `static = false` to send a transaction"))
    }

    /// Its type is the least that can say all of it.
    fn in_envelope(&self, mut tx: TxEnv, envelope: &Envelope) -> Result<TxEnv> {
        let mut kind = TransactionType::Legacy;
        if let Some(nonce) = &envelope.nonce {
            tx.nonce = self.of_bits(64, nonce)?.saturating_to();
        }
        if let Some(price) = &envelope.gas_price {
            tx.gas_price = self.of_bits(128, price)?.saturating_to();
        }
        if !envelope.access_list.is_empty() {
            kind = TransactionType::Eip2930;
            tx.access_list = self.access_list(envelope)?;
        }
        if let Some(fee) = &envelope.priority_fee {
            kind = TransactionType::Eip1559;
            tx.gas_priority_fee = Some(self.of_bits(128, fee)?.saturating_to());
        }
        if let Some(blobs) = &envelope.blobs {
            kind = TransactionType::Eip4844;
            let price = self.world.chain.next_block().blob_excess_gas_and_price;
            tx.max_fee_per_blob_gas = price.map_or(0, |blob| blob.blob_gasprice);
            tx.blob_hashes = (0..blobs.value).map(blob_hash).collect();
        }
        if !envelope.delegate.is_empty() {
            kind = TransactionType::Eip7702;
            tx.authorization_list = self.authorizations(envelope, tx.caller)?;
        }
        tx.tx_type = kind as u8;
        Ok(tx)
    }

    fn of_bits(&self, bits: u16, tree: &At<Tree>) -> Result<U256> {
        self.number_of(&Type::Uint { bits }, tree)
    }

    fn access_list(&self, envelope: &Envelope) -> Result<AccessList> {
        let entry = |(name, slots): &(At<String>, Slots)| {
            let slots = slots.value.iter().map(|slot| Ok(B256::from(self.number(slot)?)));
            Ok(AccessListItem { address: self.account(name)?, storage_keys: slots.collect::<Result<_>>()? })
        };
        Ok(AccessList(envelope.access_list.iter().map(entry).collect::<Result<_>>()?))
    }

    /// Signed by the accounts themselves, with the nonces that they have when the list is worked off.
    fn authorizations(
        &self,
        envelope: &Envelope,
        sender: Address,
    ) -> Result<Vec<Either<hexapla::evm::SignedAuthorization, RecoveredAuthorization>>> {
        let chain_id = U256::from(self.world.chain.executor().config().chain_id);
        let authorization = |(name, target): &(At<String>, At<String>)| {
            let authority = self.account(name)?;
            let address = if target.value == NO_AUTHORITY { Address::ZERO } else { self.account(target)? };
            let nonce = self.world.chain.account(authority)?.nonce.saturating_add(u64::from(authority == sender));
            let authorization = Authorization { chain_id, address, nonce };
            Ok(Either::Right(RecoveredAuthorization::new_unchecked(
                authorization,
                RecoveredAuthority::Valid(authority),
            )))
        };
        envelope.delegate.iter().map(authorization).collect()
    }
}

/// A hash that some blob could have.
fn blob_hash(index: u64) -> B256 {
    let mut hash = B256::from(U256::from(index));
    hash.0[0] = BLOB_VERSION;
    hash
}
