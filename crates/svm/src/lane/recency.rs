//! That a transaction is recent, and executed once.
//!
//! A message names a recent blockhash, and the hash of each executed message is kept for as long as its blockhash is
//! recent: in lists of at most 64, one for each slot of the blockhash (modulo 256) and first two bytes of the hash, so that
//! the lists are used again and the state does not grow with every transaction. Or a message names the hash in a nonce
//! account, which changes with every transaction that uses it.
//!
//! A hash whose list is full goes to the list of its next two bytes, on a level of its own, and so on. Lists grow only while
//! their slot is recent; so a hash stands in the first list on its way that has had room, and where a list has room now, the
//! search ends. Whoever grinds messages to fill lists gets little: a transaction writes one list, 2 KiB, whatever stands
//! there. That it reads a second list takes 64 transactions whose hashes agree in 16 bits, 2²² tries; a third list
//! another 64 that agree in 32 bits as well, 2³⁸ tries; a fourth 2⁵⁴, all within the minute in which a blockhash is recent.
//! And each level has 2²⁴ lists at most, as the first has.

use crate::{
    account::StoredAccount,
    sysvars::{LAMPORTS_PER_SIGNATURE, RECENT_BLOCKS, Sysvars},
};
use hexapla_primitives::{B256, Bytes, ObjectKey, VmId};
use hexapla_vm::{Fatal, Host, HostResult, LaneError, LaneRejection};
use solana_hash::Hash;
use solana_message::SanitizedMessage;
use solana_nonce::{
    state::{Data, DurableNonce, State},
    versions::Versions,
};
use solana_pubkey::Pubkey;
use solana_sdk_ids::system_program;

/// First byte of the key of a list of executed messages; account keys are 32 bytes, these are 4 or 5.
const EXECUTED: u8 = 2;
/// Most hashes in a list, which has a slot of 8 bytes at its head.
const LIST_MAX: usize = 64;

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
    let recent = sysvars.recent.iter().take(RECENT_BLOCKS + 1).find(|(_, known)| known == named);
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
            Err(LaneRejection::new("BlockhashNotFound", message).into())
        }
    }
}

fn note(host: &mut dyn Host, slot: u64, hash: B256) -> Result<(), LaneError> {
    match place(slot, hash, |key| host.object(key))? {
        Some((key, list)) => Ok(host.set_object(&key, Some(list))?),
        None => {
            let message = "this transaction has been executed already";
            Err(LaneRejection::new("AlreadyProcessed", message).into())
        }
    }
}

/// The list in which a new hash is noted, with it; `None` for a hash that is known.
fn place(
    slot: u64,
    hash: B256,
    mut read: impl FnMut(&ObjectKey) -> HostResult<Option<Bytes>>,
) -> HostResult<Option<(ObjectKey, Bytes)>> {
    for (level, bytes) in (0u8..).zip(hash.0.chunks(2)) {
        let key = list_key(slot, level, bytes);
        let list = read(&key)?.unwrap_or_default();
        // A list of an older slot is empty now.
        let known = list.strip_prefix(&slot.to_be_bytes()).unwrap_or_default();
        if known.chunks(B256::len_bytes()).any(|known| known == hash.as_slice()) {
            return Ok(None);
        }
        if known.len() < LIST_MAX * B256::len_bytes() {
            let list = [&slot.to_be_bytes(), known, hash.as_slice()].concat();
            return Ok(Some((key, list.into())));
        }
    }
    // Each of the hash's 16 lists is full: nobody finds such a message, and it is not taken.
    Ok(None)
}

/// The key of a list: of the first level 4 bytes, of the others 5.
fn list_key(slot: u64, level: u8, bytes: &[u8]) -> ObjectKey {
    let [ring, ..] = slot.to_le_bytes();
    let level = if level == 0 { Vec::new() } else { vec![level] };
    ObjectKey::new(VmId::SVM, [&[EXECUTED, ring], &level[..], bytes].concat())
}

/// The nonce account of a message: its first instruction advances the nonce, the account's authority signs it, and the
/// account holds the hash that the message names.
fn nonce(host: &mut dyn Host, sysvars: &Sysvars, message: &SanitizedMessage) -> Result<Option<Nonce>, LaneError> {
    let Some(account) = message.get_durable_nonce() else { return Ok(None) };
    let next = DurableNonce::from_blockhash(&sysvars.blockhash());
    if message.recent_blockhash() == next.as_hash() {
        return Ok(None);
    }
    let object = host.object(&StoredAccount::key(account))?;
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
        host.set_object(&StoredAccount::key(&self.account), Some(self.advanced.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hexapla_primitives::keccak256;
    use std::collections::HashMap;

    /// Lists as the state holds them, and what a transaction reads and writes.
    #[derive(Default)]
    struct Lists {
        objects: HashMap<ObjectKey, Bytes>,
        /// Most lists that a transaction has read, and most bytes that one has written.
        most: (usize, usize),
    }

    impl Lists {
        /// Whether the hash was new.
        fn note(&mut self, slot: u64, hash: B256) -> bool {
            let mut reads = 0;
            let placed = place(slot, hash, |key| {
                reads += 1;
                Ok(self.objects.get(key).cloned())
            });
            let placed = placed.unwrap();
            let written = placed.as_ref().map_or(0, |(_, list)| list.len());
            self.most = (self.most.0.max(reads), self.most.1.max(written));
            placed.map(|(key, list)| self.objects.insert(key, list)).is_some()
        }
    }

    /// A hash that begins as it was ground to, the `n`-th of its kind.
    fn ground(start: &[u8], n: u32) -> B256 {
        let mut hash = keccak256(n.to_be_bytes()).0;
        hash[..start.len()].copy_from_slice(start);
        hash.into()
    }

    #[test]
    fn hashes_that_were_ground_to_one_list_cost_each_transaction_no_more_than_two_lists() {
        let mut lists = Lists::default();
        for n in 0..4_000 {
            assert!(lists.note(7, ground(&[0xab, 0xcd], n)), "{n} is new");
        }
        assert_eq!(lists.most, (2, 8 + 64 * 32));
        assert!((0..4_000).all(|n| !lists.note(7, ground(&[0xab, 0xcd], n))), "each is known");
        // With 32 bits in common it is one list more, not one for every 64.
        let mut lists = Lists::default();
        assert!((0..200).all(|n| lists.note(7, ground(&[0xab, 0xcd, 1, 2], n))));
        assert_eq!(lists.most, (3, 8 + 64 * 32));
        assert!((0..200).all(|n| !lists.note(7, ground(&[0xab, 0xcd, 1, 2], n))));
    }

    #[test]
    fn lists_are_used_again_by_later_slots_and_hold_nothing_of_the_old_ones() {
        let mut lists = Lists::default();
        assert!((0..300).all(|n| lists.note(7, ground(&[1, 1], n))));
        let keys = lists.objects.len();
        assert!((0..300).all(|n| lists.note(7 + 256, ground(&[1, 1], n))), "they are new in another slot");
        assert_eq!(lists.objects.len(), keys);
        assert!((0..300).all(|n| !lists.note(7 + 256, ground(&[1, 1], n))));
    }

    #[test]
    fn the_stored_form_of_the_lists_is_fixed() {
        let hash = B256::from(std::array::from_fn(|index| index.to_le_bytes()[0]));
        let (key, list) = place(0x0102, hash, |_| Ok(None)).unwrap().unwrap();
        assert_eq!(key.key[..], [2, 2, 0, 1]);
        assert_eq!(list[..], [&[0, 0, 0, 0, 0, 0, 1, 2], &hash[..]].concat());
        assert_eq!(list_key(0x0102, 1, &hash[2..4]).key[..], [2, 2, 1, 2, 3]);
    }
}
