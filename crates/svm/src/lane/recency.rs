//! That a transaction is recent, and executed once.
//!
//! A message names a recent blockhash, and the hash of each executed message is kept for as long as its blockhash is
//! recent: in small lists, one for each slot of the blockhash (modulo 256) and first two bytes of the hash, so that the
//! lists are used again and the state does not grow with every transaction. Or a message names the hash in a nonce
//! account, which changes with every transaction that uses it.

use crate::{
    account::StoredAccount,
    sysvars::{LAMPORTS_PER_SIGNATURE, RECENT_BLOCKS, Sysvars},
};
use hexapla_primitives::{B256, Bytes, ObjectKey, VmId};
use hexapla_vm::{Fatal, Host, HostResult, LaneError, LaneRefusal};
use solana_hash::Hash;
use solana_message::SanitizedMessage;
use solana_nonce::{
    state::{Data, DurableNonce, State},
    versions::Versions,
};
use solana_pubkey::Pubkey;
use solana_sdk_ids::system_program;

/// First byte of the key of a list of executed messages; account keys are 32 bytes, these are 4.
const EXECUTED: u8 = 2;
/// Bytes of the slot at the head of a list.
const SLOT_BYTES: usize = 8;

/// A nonce account, as it is after the transaction that used it.
#[derive(Debug)]
pub(super) struct Nonce {
    account: Pubkey,
    advanced: Bytes,
}

/// Checks that a message is recent and new, and notes that it is executed. Gives the nonce account, if it uses one.
pub(super) fn check(
    host: &mut dyn Host,
    sysvars: &Sysvars,
    message: &SanitizedMessage,
    hash: B256,
) -> Result<Option<Nonce>, LaneError> {
    let named = message.recent_blockhash();
    // The newest has the age 0.
    let recent = sysvars.recent.iter().take(RECENT_BLOCKS as usize + 1).find(|(_, known)| known == named);
    if let Some((slot, _)) = recent {
        note(host, *slot, hash)?;
        return Ok(None);
    }
    match nonce(host, sysvars, message)? {
        Some(nonce) => Ok(Some(nonce)),
        None => {
            let message = format!(
                "the blockhash {named} is older than {RECENT_BLOCKS} blocks, nor is it that of a nonce account"
            );
            Err(LaneRefusal::new("BlockhashNotFound", message).into())
        }
    }
}

fn note(host: &mut dyn Host, slot: u64, hash: B256) -> Result<(), LaneError> {
    let mut free = u64::MAX;
    let [first, second, ..] = hash.0;
    let key = ObjectKey::new(VmId::SVM, [EXECUTED, slot as u8, first, second]);
    let list = host.object(&mut free, &key)?.unwrap_or_default();
    let known = list.strip_prefix(&slot.to_be_bytes()).unwrap_or_default();
    if known.chunks(B256::len_bytes()).any(|known| known == hash.as_slice()) {
        let message = "this transaction has been executed already";
        return Err(LaneRefusal::new("AlreadyProcessed", message).into());
    }
    let mut next = Vec::with_capacity(SLOT_BYTES + known.len() + B256::len_bytes());
    next.extend(slot.to_be_bytes());
    next.extend(known);
    next.extend(hash);
    Ok(host.set_object(&mut free, &key, Some(next.into()))?)
}

/// The nonce account of a message: its first instruction advances the nonce, the account's authority signs it, and the
/// account holds the hash that the message names.
fn nonce(host: &mut dyn Host, sysvars: &Sysvars, message: &SanitizedMessage) -> Result<Option<Nonce>, LaneError> {
    let Some(account) = message.get_durable_nonce() else { return Ok(None) };
    let next = DurableNonce::from_blockhash(&sysvars.blockhash());
    if message.recent_blockhash() == next.as_hash() {
        return Ok(None);
    }
    let object = host.object(&mut { u64::MAX }, &StoredAccount::key(account))?;
    let stored = StoredAccount::from_object(object.as_ref()).map_err(|error| Fatal(format!("{account}: {error}")))?;
    let Some(data) = data_of(&stored, message.recent_blockhash()) else { return Ok(None) };
    if !message.get_ix_signers(0).any(|signer| *signer == data.authority) {
        return Ok(None);
    }
    let state = State::Initialized(Data::new(data.authority, next, LAMPORTS_PER_SIGNATURE));
    let advanced = bincode::serialize(&Versions::new(state)).unwrap_or_default();
    let advanced = StoredAccount { data: advanced.into(), ..stored };
    Ok(advanced.to_object().map(|advanced| Nonce { account: *account, advanced }))
}

fn data_of(stored: &StoredAccount, blockhash: &Hash) -> Option<Data> {
    if stored.owner != system_program::ID {
        return None;
    }
    let versions: Versions = bincode::deserialize(&stored.data).ok()?;
    versions.verify_recent_blockhash(blockhash).cloned()
}

impl Nonce {
    /// Advances the nonce of a transaction that failed.
    pub(super) fn advance(&self, host: &mut dyn Host) -> HostResult<()> {
        host.set_object(&mut { u64::MAX }, &StoredAccount::key(&self.account), Some(self.advanced.clone()))
    }
}
