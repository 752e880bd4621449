//! Keys that stand in address lookup tables.
//!
//! A table is an account of the Address Lookup Table program: its state in 56 bytes, then keys of 32 bytes each.

use crate::{
    account::{StoredAccount, canonical},
    identity::lamports_in,
    runtime::NATIVE_PROGRAMS,
    spl::ADDRESS_LOOKUP_TABLE,
    sysvars::Sysvars,
};
use hexapla_vm::{Fatal, Host, LaneError, LaneRejection};
use solana_message::v0::{LoadedAddresses, MessageAddressTableLookup};
use solana_pubkey::Pubkey;

/// Bytes before the keys.
const HEAD_BYTES: usize = 56;
const KEY_BYTES: usize = 32;
/// The tag of a table in bincode.
const TABLE: u32 = 1;

/// What the head of a table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    /// `u64::MAX` while it is in use.
    deactivation_slot: u64,
    last_extended_slot: u64,
    /// Number of keys before that extension.
    keys_before: u8,
}

impl Head {
    fn read(data: &[u8]) -> Option<Self> {
        let tag = data.first_chunk().map(|tag| u32::from_le_bytes(*tag))?;
        let word = |at: usize| data.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
        let head = Self { deactivation_slot: word(4)?, last_extended_slot: word(12)?, keys_before: *data.get(20)? };
        // Who may change the table is an option in bincode; and no key stands there in part.
        let has_authority = matches!(data.get(21)?, 0 | 1);
        let is_whole = data.len().checked_sub(HEAD_BYTES)?.is_multiple_of(KEY_BYTES);
        (tag == TABLE && has_authority && is_whole).then_some(head)
    }

    /// A table that was deactivated can be used until its slot has left the slot hashes.
    fn is_active(&self, sysvars: &Sysvars) -> bool {
        let slot = self.deactivation_slot;
        slot == u64::MAX || slot == sysvars.slot || sysvars.recent.iter().any(|(known, _)| *known == slot)
    }

    /// The keys that can be used: those that were added in this slot cannot yet.
    fn keys<'a>(&self, data: &'a [u8], slot: u64) -> &'a [u8] {
        let keys = data.get(HEAD_BYTES..).unwrap_or_default();
        let active =
            if slot > self.last_extended_slot { keys.len() } else { usize::from(self.keys_before) * KEY_BYTES };
        keys.get(..active).unwrap_or_default()
    }
}

/// The keys that `lookups` name.
pub(super) fn load(
    host: &mut dyn Host,
    sysvars: &Sysvars,
    lookups: &[MessageAddressTableLookup],
) -> Result<LoadedAddresses, LaneError> {
    let mut loaded = LoadedAddresses::default();
    for lookup in lookups {
        let table = &lookup.account_key;
        let object = host.object(&StoredAccount::key(table))?;
        let stored = StoredAccount::from_object(object.as_ref()).map_err(|error| Fatal(format!("{table}: {error}")))?;
        if object.is_none() && !exists(host, sysvars, table)? {
            return Err(refused("AddressLookupTableNotFound", table, "does not exist"));
        }
        if stored.owner != ADDRESS_LOOKUP_TABLE {
            return Err(refused("InvalidAddressLookupTableOwner", table, "is no lookup table"));
        }
        let Some(head) = Head::read(&stored.data) else {
            return Err(refused("InvalidAddressLookupTableData", table, "holds no lookup table"));
        };
        if !head.is_active(sysvars) {
            return Err(refused("AddressLookupTableNotFound", table, "was deactivated"));
        }
        let keys = head.keys(&stored.data, sysvars.slot);
        let key = |index: &u8| {
            let start = usize::from(*index) * KEY_BYTES;
            let key = keys.get(start..start + KEY_BYTES).and_then(|key| Pubkey::try_from(key).ok());
            let missing =
                || refused("InvalidAddressLookupTableIndex", table, &format!("has no key {index} in this slot"));
            key.ok_or_else(missing)
        };
        for index in &lookup.writable_indexes {
            loaded.writable.push(key(index)?);
        }
        for index in &lookup.readonly_indexes {
            loaded.readonly.push(key(index)?);
        }
    }
    Ok(loaded)
}

/// Whether there is an account without an object: a wallet, a native program or a sysvar.
fn exists(host: &mut dyn Host, sysvars: &Sysvars, key: &Pubkey) -> Result<bool, LaneError> {
    if NATIVE_PROGRAMS.contains(key) || sysvars.account(key).is_some() {
        return Ok(true);
    }
    Ok(lamports_in(host.balance(canonical(key))?) > 0)
}

fn refused(name: &'static str, table: &Pubkey, what: &str) -> LaneError {
    LaneRejection::new(name, format!("the lookup table {table} {what}")).into()
}
