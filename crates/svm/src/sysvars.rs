//! The sysvars of a block.

use hexapla_vm::{Environment, Host, HostResult};
use solana_account::AccountSharedData;
use solana_clock::Clock;
use solana_epoch_schedule::EpochSchedule;
use solana_hash::Hash;
use solana_program_runtime::sysvar_cache::SysvarCache;
use solana_pubkey::Pubkey;
use solana_rent::Rent;
use solana_sdk_ids::sysvar;
use solana_slot_hashes::SlotHashes;
use std::sync::{Arc, Mutex, PoisonError};

/// A transaction may name a blockhash that is this many blocks older than the newest, at most.
pub(crate) const RECENT_BLOCKS: usize = 150;
/// Hashes of blocks that programs can see.
const SLOT_HASHES: u16 = 512;
/// Lamports for each signature, as nonce accounts record it.
pub(crate) const LAMPORTS_PER_SIGNATURE: u64 = 5_000;

/// The sysvars of a block, and the blockhashes that its transactions may name.
pub(crate) struct Sysvars {
    pub(crate) slot: u64,
    pub(crate) rent: Rent,
    pub(crate) cache: SysvarCache,
    /// Newest first.
    pub(crate) recent: Vec<(u64, Hash)>,
    accounts: Vec<(Pubkey, Vec<u8>)>,
}

impl Sysvars {
    fn of(environment: &Environment, recent: Vec<(u64, Hash)>) -> Self {
        let (slot, rent, schedule) = (environment.block.number, Rent::default(), EpochSchedule::without_warmup());
        let epoch = schedule.get_epoch(slot);
        let unix_timestamp = i64::try_from(environment.block.timestamp).unwrap_or(i64::MAX);
        let clock = Clock {
            slot,
            epoch_start_timestamp: unix_timestamp,
            epoch,
            leader_schedule_epoch: schedule.get_leader_schedule_epoch(slot),
            unix_timestamp,
        };
        let hashes = SlotHashes::new(&recent);
        let accounts = vec![
            (sysvar::clock::ID, encode(&clock)),
            (sysvar::rent::ID, encode(&rent)),
            (sysvar::epoch_schedule::ID, encode(&schedule)),
            (sysvar::slot_hashes::ID, padded(encode(&hashes), SLOT_HASHES_BYTES)),
            (sysvar::recent_blockhashes::ID, recent_blockhashes(&recent)),
            (sysvar::last_restart_slot::ID, encode(&0u64)),
            (sysvar::stake_history::ID, vec![0; STAKE_HISTORY_BYTES]),
            (sysvar::epoch_rewards::ID, vec![0; EPOCH_REWARDS_BYTES]),
        ];
        Self::with_accounts(slot, rent, recent, accounts)
    }

    /// The sysvars whose accounts hold this data.
    pub(crate) fn with_accounts(
        slot: u64,
        rent: Rent,
        recent: Vec<(u64, Hash)>,
        accounts: Vec<(Pubkey, Vec<u8>)>,
    ) -> Self {
        let mut cache = SysvarCache::default();
        cache.fill_missing_entries(|id, set| {
            if let Some((_, data)) = accounts.iter().find(|(known, _)| known == id) {
                set(data);
            }
        });
        Self { slot, rent, cache, recent, accounts }
    }

    /// The account of a sysvar.
    pub(crate) fn account(&self, id: &Pubkey) -> Option<AccountSharedData> {
        let (_, data) = self.accounts.iter().find(|(known, _)| known == id)?;
        Some(AccountSharedData::from(solana_account::Account {
            lamports: self.rent.minimum_balance(data.len()),
            data: data.clone(),
            owner: sysvar::ID,
            executable: false,
            rent_epoch: u64::MAX,
        }))
    }

    /// The newest blockhash.
    pub(crate) fn blockhash(&self) -> Hash {
        self.recent.first().map(|(_, hash)| *hash).unwrap_or_default()
    }
}

/// Lengths of the accounts of sysvars that are lists: as on Solana they have room for the longest list, and programs
/// that read the whole account rely on it.
const SLOT_HASHES_BYTES: usize = 8 + 512 * 40;
const RECENT_BLOCKHASHES_BYTES: usize = 8 + 150 * 40;
const STAKE_HISTORY_BYTES: usize = 8 + 512 * 32;
/// Length of the account of the `EpochRewards` sysvar, all zero where no rewards are paid out.
const EPOCH_REWARDS_BYTES: usize = 81;

fn encode(value: &impl serde::Serialize) -> Vec<u8> {
    bincode::serialize(value).unwrap_or_default()
}

fn padded(mut data: Vec<u8>, length: usize) -> Vec<u8> {
    data.resize(length, 0);
    data
}

/// The deprecated sysvar that nonce instructions ask for: a list of (hash, lamports per signature).
pub(crate) fn recent_blockhashes(recent: &[(u64, Hash)]) -> Vec<u8> {
    let entries: Vec<([u8; 32], u64)> =
        recent.iter().take(RECENT_BLOCKS).map(|(_, hash)| (hash.to_bytes(), LAMPORTS_PER_SIGNATURE)).collect();
    padded(encode(&entries), RECENT_BLOCKHASHES_BYTES)
}

/// What the sysvars of a block depend on.
type Key = (Environment, Hash);

/// The sysvars of the newest block.
pub(crate) struct BlockSysvars {
    newest: Mutex<Option<(Key, Arc<Sysvars>)>>,
    /// Or they are made anew for every entry.
    kept: bool,
}

impl BlockSysvars {
    /// Those of one block alone, whose parent has this hash.
    #[cfg(feature = "conformance")]
    pub(crate) fn fixed(environment: Environment, parent: Hash, sysvars: Sysvars) -> Self {
        Self { newest: Mutex::new(Some(((environment, parent), Arc::new(sysvars)))), kept: true }
    }

    pub(crate) fn new(kept: bool) -> Self {
        Self { newest: Mutex::default(), kept }
    }

    pub(crate) fn get(&self, host: &mut dyn Host) -> HostResult<Arc<Sysvars>> {
        let environment = Environment { tx: Default::default(), ..host.environment().clone() };
        let number = environment.block.number;
        let parent = Hash::new_from_array(host.ancestor(number.saturating_sub(1))?.0);
        let key = (environment, parent);
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, sysvars)) = newest.as_ref().filter(|(known, _)| *known == key) {
            return Ok(Arc::clone(sysvars));
        }
        let mut recent = Vec::new();
        for number in (number.saturating_sub(SLOT_HASHES.into())..number).rev() {
            // The block before knew the rest: a hash stands for everything before it.
            if let Some((_, before)) = newest.as_ref()
                && let Some(at) = before.recent.first().filter(|(slot, _)| *slot == number)
                && host.ancestor(number)?.0 == at.1.to_bytes()
            {
                let rest = usize::from(SLOT_HASHES).saturating_sub(recent.len());
                recent.extend(before.recent.iter().take(rest).copied());
                break;
            }
            let hash = host.ancestor(number)?;
            if hash.is_zero() {
                break;
            }
            recent.push((number, Hash::new_from_array(hash.0)));
        }
        let sysvars = Arc::new(Sysvars::of(&key.0, recent));
        if self.kept {
            *newest = Some((key, Arc::clone(&sysvars)));
        }
        Ok(sysvars)
    }
}
