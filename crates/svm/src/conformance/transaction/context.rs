//! The context of a transaction, as it is now and as it was in 2024.

use super::super::{
    fixture::Refusal,
    messages::{self, EarlierEpoch},
    scene,
};
use crate::{
    runtime::NATIVE_PROGRAMS,
    sysvars::{LAMPORTS_PER_SIGNATURE, Sysvars, recent_blockhashes},
};
use agave_feature_set::FeatureSet;
use prost::Message;
use protosol::protos::{self, AcctState, TransactionMessage, TxnContext};
use solana_account::Account;
use solana_clock::Clock;
use solana_epoch_schedule::EpochSchedule;
use solana_hash::Hash;
use solana_message::{
    MessageHeader, VersionedMessage,
    compiled_instruction::CompiledInstruction,
    legacy,
    v0::{self, MessageAddressTableLookup},
};
use solana_pubkey::Pubkey;
use solana_rent::Rent;
use solana_sdk_ids::{system_program, sysvar};
use solana_transaction::versioned::VersionedTransaction;

/// Slot where a fixture has none.
const DEFAULT_SLOT: u64 = 10;
/// The header where a fixture has none: one signature.
const DEFAULT_HEADER: MessageHeader =
    MessageHeader { num_required_signatures: 1, num_readonly_signed_accounts: 0, num_readonly_unsigned_accounts: 0 };
/// The sysvars that are taken from a fixture where it has them.
const SYSVARS: [Pubkey; 7] = [
    sysvar::clock::ID,
    sysvar::epoch_rewards::ID,
    sysvar::epoch_schedule::ID,
    sysvar::last_restart_slot::ID,
    sysvar::rent::ID,
    sysvar::slot_hashes::ID,
    sysvar::stake_history::ID,
];

/// Instructions of the System program that write to a nonce account: to advance it and to set it up.
const NONCE_TAGS: [u8; 2] = [4, 6];

/// The context of 2024.
#[derive(Clone, PartialEq, Message)]
struct EarlierContext {
    #[prost(message, optional, tag = "1")]
    tx: Option<EarlierTransaction>,
    #[prost(bytes = "vec", repeated, tag = "3")]
    queue: Vec<Vec<u8>>,
    #[prost(message, optional, tag = "4")]
    epoch: Option<EarlierEpoch>,
    #[prost(message, optional, tag = "5")]
    block: Option<EarlierBlock>,
}

#[derive(Clone, PartialEq, Message)]
struct EarlierBlock {
    #[prost(fixed64, tag = "1")]
    slot: u64,
}

/// The transaction; its message holds the accounts.
#[derive(Clone, PartialEq, Message)]
struct EarlierTransaction {
    #[prost(message, optional, tag = "1")]
    accounts: Option<EarlierAccounts>,
}

#[derive(Clone, PartialEq, Message)]
struct EarlierAccounts {
    #[prost(message, repeated, tag = "4")]
    states: Vec<AcctState>,
}

/// The transaction of a context of 2024, as it is now.
#[derive(Clone, PartialEq, Message)]
struct OnlyTransaction {
    #[prost(message, optional, tag = "1")]
    tx: Option<protos::SanitizedTransaction>,
}

/// A transaction and the block it is in.
#[derive(Debug)]
pub(super) struct Context {
    transaction: VersionedTransaction,
    /// The first of each key.
    pub(super) accounts: Vec<(Pubkey, Account)>,
    /// Recent blockhashes, newest first; never empty.
    pub(super) queue: Vec<Hash>,
    pub(super) slot: u64,
    pub(super) features: FeatureSet,
}

impl Context {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let earlier = EarlierContext::decode(bytes)?;
        match earlier.epoch.is_some() || earlier.block.is_some() || !earlier.queue.is_empty() {
            true => Self::earlier(bytes, earlier),
            false => Self::current(TxnContext::decode(bytes)?),
        }
    }

    fn earlier(bytes: &[u8], context: EarlierContext) -> Result<Self, Refusal> {
        let states = context.tx.and_then(|tx| tx.accounts).unwrap_or_default().states;
        let features = context.epoch.and_then(|epoch| epoch.features).unwrap_or_default();
        let tx = OnlyTransaction::decode(bytes)?.tx.unwrap_or_default();
        let slot = context.block.map_or(DEFAULT_SLOT, |block| block.slot);
        let made = Self::new(tx, &states, context.queue.iter().map(Vec::as_slice), &features, Some(slot))?;
        let prices = made.data_of(&sysvar::recent_blockhashes::ID).and_then(|data| data.get(40..48));
        let price = prices.and_then(|price| price.try_into().ok()).map_or(0, u64::from_le_bytes);
        made.check_price(price)?;
        Ok(made)
    }

    fn current(context: TxnContext) -> Result<Self, Refusal> {
        let bank = context.bank.unwrap_or_default();
        let queue = bank.blockhash_queue.iter().map(|entry| entry.blockhash.as_slice());
        let features = bank.features.unwrap_or_default();
        let made = Self::new(context.tx.unwrap_or_default(), &context.account_shared_data, queue, &features, None)?;
        for entry in &bank.blockhash_queue {
            made.check_price(entry.lamports_per_signature)?;
        }
        Ok(made)
    }

    /// Without a slot it is that of the clock.
    fn new<'a>(
        tx: protos::SanitizedTransaction,
        states: &[AcctState],
        queue: impl Iterator<Item = &'a [u8]>,
        features: &protos::FeatureSet,
        slot: Option<u64>,
    ) -> Result<Self, Refusal> {
        let mut accounts: Vec<(Pubkey, Account)> = Vec::with_capacity(states.len());
        for state in states {
            let (key, account) = scene::account(state)?;
            if !accounts.iter().any(|(other, _)| *other == key) {
                accounts.push((key, account));
            }
        }
        let mut queue: Vec<Hash> = queue.map(hash).collect::<Result<_, _>>()?;
        queue.reverse();
        if queue.is_empty() {
            queue.push(Hash::default());
        }
        let mut signatures = Vec::with_capacity(tx.signatures.len().max(1));
        for signature in &tx.signatures {
            let bytes = <[u8; 64]>::try_from(&signature[..]);
            let bytes = bytes.map_err(|_| Refusal::Unreadable("a signature does not have 64 bytes".into()))?;
            signatures.push(bytes.into());
        }
        if signatures.is_empty() {
            signatures.push([0; 64].into());
        }
        let transaction = VersionedTransaction { signatures, message: message(&tx.message.unwrap_or_default())? };
        let features = messages::feature_set(features);
        let mut made = Self { transaction, accounts, queue, slot: slot.unwrap_or_default(), features };
        if slot.is_none() {
            made.slot = made.read::<Clock>(&sysvar::clock::ID).map_or(DEFAULT_SLOT, |clock| clock.slot);
        }
        Ok(made)
    }

    /// The bytes that a wallet would send.
    pub(super) fn raw(&self) -> Result<Vec<u8>, Refusal> {
        bincode::serialize(&self.transaction).map_err(|error| Refusal::Unreadable(error.to_string()))
    }

    /// The programs of the instructions, as far as the message itself names them.
    pub(super) fn programs(&self) -> impl Iterator<Item = &Pubkey> {
        let keys = self.transaction.message.static_account_keys();
        let instructions = self.transaction.message.instructions().iter();
        instructions.map(|instruction| keys.get(usize::from(instruction.program_id_index)).unwrap_or(&NO_PROGRAM))
    }

    /// Whether an account is shown to programs without standing in the state.
    pub(super) fn is_without_state(&self, key: &Pubkey) -> bool {
        SYSVARS.contains(key)
            || NATIVE_PROGRAMS.contains(key)
            || [sysvar::instructions::ID, sysvar::recent_blockhashes::ID].contains(key)
    }

    /// A signature has one price here. Another one is seen by nonce accounts, which keep it.
    fn check_price(&self, lamports: u64) -> Result<(), Refusal> {
        let instructions = self.transaction.message.instructions();
        let has_nonce = self.programs().zip(instructions).any(|(program, instruction)| {
            *program == system_program::ID && instruction.data.first().is_some_and(|tag| NONCE_TAGS.contains(tag))
        });
        if lamports == 0 || lamports == LAMPORTS_PER_SIGNATURE || !has_nonce {
            return Ok(());
        }
        let price = LAMPORTS_PER_SIGNATURE;
        Err(Refusal::Skipped(format!("nonce accounts keep the price of a signature, which is {price} lamports here")))
    }

    /// The data of an account that exists.
    fn data_of(&self, key: &Pubkey) -> Option<&[u8]> {
        let found = self.accounts.iter().find(|(other, account)| other == key && account.lamports > 0);
        found.map(|(_, account)| account.data.as_slice())
    }

    fn read<T: serde::de::DeserializeOwned>(&self, key: &Pubkey) -> Option<T> {
        bincode::deserialize(self.data_of(key)?).ok()
    }

    /// The sysvars: those of the fixture and, where it has none, those of the first block of its slot. The recent
    /// blockhashes are those of the queue.
    pub(super) fn sysvars(&self) -> Sysvars {
        let rent: Rent = self.read(&sysvar::rent::ID).unwrap_or_default();
        let schedule: EpochSchedule = self.read(&sysvar::epoch_schedule::ID).unwrap_or_default();
        let recent: Vec<(u64, Hash)> =
            self.queue.iter().zip(1..).map(|(hash, back)| (self.slot.saturating_sub(back), *hash)).collect();
        let clock = Clock {
            slot: self.slot,
            epoch: schedule.get_epoch(self.slot),
            leader_schedule_epoch: schedule.get_leader_schedule_epoch(self.slot),
            ..Clock::default()
        };
        let mut accounts: Vec<(Pubkey, Vec<u8>)> = SYSVARS
            .iter()
            .filter_map(|id| {
                let default = match *id {
                    sysvar::clock::ID => bincode::serialize(&clock),
                    sysvar::epoch_schedule::ID => bincode::serialize(&schedule),
                    sysvar::rent::ID => bincode::serialize(&rent),
                    sysvar::last_restart_slot::ID => bincode::serialize(&0u64),
                    _ => return self.data_of(id).map(|data| (*id, data.to_vec())),
                };
                Some((*id, self.data_of(id).map(<[u8]>::to_vec).or(default.ok())?))
            })
            .collect();
        accounts.push((sysvar::recent_blockhashes::ID, recent_blockhashes(&recent)));
        Sysvars::with_accounts(self.slot, rent, recent, accounts)
    }
}

/// Stands for a program that the message does not name itself. It is nobody's.
const NO_PROGRAM: Pubkey = Pubkey::new_from_array([0xff; 32]);

fn hash(bytes: &[u8]) -> Result<Hash, Refusal> {
    let bytes = <[u8; 32]>::try_from(bytes);
    let bytes = bytes.map_err(|_| Refusal::Unreadable("a blockhash does not have 32 bytes".into()))?;
    Ok(Hash::new_from_array(bytes))
}

fn message(given: &TransactionMessage) -> Result<VersionedMessage, Refusal> {
    let header = match &given.header {
        None => DEFAULT_HEADER,
        Some(header) => MessageHeader {
            // There is always who pays.
            num_required_signatures: byte(header.num_required_signatures).max(1),
            num_readonly_signed_accounts: byte(header.num_readonly_signed_accounts),
            num_readonly_unsigned_accounts: byte(header.num_readonly_unsigned_accounts),
        },
    };
    let keys = given.account_keys.iter().map(|key| messages::key(key, "a key of the message"));
    let account_keys = keys.collect::<Result<_, _>>()?;
    let recent_blockhash = match given.recent_blockhash.is_empty() {
        true => Hash::default(),
        false => hash(&given.recent_blockhash)?,
    };
    let instructions = given.instructions.iter().map(instruction).collect();
    if given.is_legacy {
        let message = legacy::Message { header, account_keys, recent_blockhash, instructions };
        return Ok(VersionedMessage::Legacy(message));
    }
    let address_table_lookups = given.address_table_lookups.iter().map(lookup).collect::<Result<_, _>>()?;
    let message = v0::Message { header, account_keys, recent_blockhash, instructions, address_table_lookups };
    Ok(VersionedMessage::V0(message))
}

fn instruction(given: &protos::CompiledInstruction) -> CompiledInstruction {
    CompiledInstruction {
        program_id_index: byte(given.program_id_index),
        accounts: places(&given.accounts),
        data: given.data.clone(),
    }
}

fn lookup(given: &protos::MessageAddressTableLookup) -> Result<MessageAddressTableLookup, Refusal> {
    Ok(MessageAddressTableLookup {
        account_key: messages::key(&given.account_key, "the key of a lookup table")?,
        writable_indexes: places(&given.writable_indexes),
        readonly_indexes: places(&given.readonly_indexes),
    })
}

fn places(given: &[u32]) -> Vec<u8> {
    given.iter().map(|place| byte(*place)).collect()
}

/// What a message has of a number: the lowest byte, as for all who run fixtures.
fn byte(number: u32) -> u8 {
    let [lowest, ..] = number.to_le_bytes();
    lowest
}
