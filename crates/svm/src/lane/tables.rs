//! Keys that stand in address lookup tables.

use crate::{
    account::{StoredAccount, canonical},
    identity::lamports_in,
    runtime::NATIVE_PROGRAMS,
    spl::ADDRESS_LOOKUP_TABLE,
    sysvars::Sysvars,
};
use hexapla_svm_types::table::{KEY_BYTES, LookupTable};
use hexapla_vm::{Fatal, Host, LaneError, LaneRejection};
use solana_message::v0::{LoadedAddresses, MessageAddressTableLookup};
use solana_pubkey::Pubkey;

/// A table that was deactivated can be used until its slot has left the slot hashes.
fn is_active(table: &LookupTable, sysvars: &Sysvars) -> bool {
    let slot = table.deactivation_slot;
    slot == u64::MAX || slot == sysvars.slot || sysvars.recent.iter().any(|(known, _)| *known == slot)
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
        let Some(head) = LookupTable::read(&stored.data) else {
            return Err(refused("InvalidAddressLookupTableData", table, "holds no lookup table"));
        };
        if !is_active(&head, sysvars) {
            return Err(refused("AddressLookupTableNotFound", table, "was deactivated"));
        }
        let keys = head.usable_keys(&stored.data, sysvars.slot);
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
