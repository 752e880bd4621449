//! Address lookup tables.
//!
//! A table is an account of the Address Lookup Table program: its state in 56 bytes, then keys of 32 bytes each.

use crate::{account::StoredAccount, spl::ADDRESS_LOOKUP_TABLE};
use solana_pubkey::Pubkey;

/// Bytes before the keys.
pub const HEAD_BYTES: usize = 56;
/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// The tag of a table in bincode.
const TABLE: u32 = 1;

/// What the head of a table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupTable {
    /// `u64::MAX` while it is in use.
    pub deactivation_slot: u64,
    /// The slot in which keys were added last.
    pub last_extended_slot: u64,
    /// Number of keys before that extension.
    pub keys_before: u8,
}

impl LookupTable {
    /// Reads the head of a table's data. `None` where it is no table.
    pub fn read(data: &[u8]) -> Option<Self> {
        let tag = data.first_chunk().map(|tag| u32::from_le_bytes(*tag))?;
        let word = |at: usize| data.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
        let head = Self { deactivation_slot: word(4)?, last_extended_slot: word(12)?, keys_before: *data.get(20)? };
        // Who may change the table is an option in bincode; and no key stands there in part.
        let has_authority = matches!(data.get(21)?, 0 | 1);
        let is_whole = data.len().checked_sub(HEAD_BYTES)?.is_multiple_of(KEY_BYTES);
        (tag == TABLE && has_authority && is_whole).then_some(head)
    }

    /// The keys that can be used in a slot: those that were added in it cannot yet.
    pub fn usable_keys<'a>(&self, data: &'a [u8], slot: u64) -> &'a [u8] {
        let keys = data.get(HEAD_BYTES..).unwrap_or_default();
        let active =
            if slot > self.last_extended_slot { keys.len() } else { usize::from(self.keys_before) * KEY_BYTES };
        keys.get(..active).unwrap_or_default()
    }
}

/// All keys of a table, by its account. `None` where the account is no table's.
pub fn keys_of(stored: &StoredAccount) -> Option<Vec<Pubkey>> {
    let keys = stored.data.get(HEAD_BYTES..).filter(|_| stored.owner == ADDRESS_LOOKUP_TABLE)?;
    Some(keys.chunks_exact(KEY_BYTES).filter_map(|key| Pubkey::try_from(key).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_last_extension_can_be_used_in_later_slots_only() {
        let mut data = vec![0; HEAD_BYTES];
        data[0] = 1;
        data[4..12].fill(0xff);
        data[12] = 7;
        data[20] = 1;
        data.extend([[1; 32], [2; 32]].concat());
        let table = LookupTable::read(&data).unwrap();
        assert_eq!(table, LookupTable { deactivation_slot: u64::MAX, last_extended_slot: 7, keys_before: 1 });
        assert_eq!((table.usable_keys(&data, 7).len(), table.usable_keys(&data, 8).len()), (32, 64));
        let stored = StoredAccount { owner: ADDRESS_LOOKUP_TABLE, executable: false, data: data.clone().into() };
        assert_eq!(keys_of(&stored).unwrap(), [[1; 32], [2; 32]].map(Pubkey::new_from_array));
        assert_eq!(keys_of(&StoredAccount { owner: Pubkey::default(), ..stored }), None);
        data.pop();
        assert_eq!(LookupTable::read(&data), None);
    }
}
