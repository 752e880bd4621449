//! Transactions of Solana's own form.
//!
//! - `decode`: bytes into a message whose signatures hold
//! - `budget`: what the compute-budget instructions ask for
//! - `tables`: keys that stand in address lookup tables
//! - `reserved`: keys that no transaction may write to
//! - `recency`: recent blockhashes, durable nonces, and that no transaction is executed twice
//! - `fees`: what a transaction pays, and who can pay
//! - `refusal`: why a transaction is not executed, as agave names it
//! - `run`: the instructions, in one entry into agave

mod budget;
mod decode;
mod fees;
mod recency;
mod refusal;
mod reserved;
mod run;
mod tables;

use crate::{account::canonical, sysvars::Sysvars, vm::SvmVm};
use budget::Budget;
use hexapla_primitives::{Address, B256};
use hexapla_vm::{Host, Lane, LaneChecks, LaneError, LaneHost, LaneRejection, LaneRun, LaneTransaction};
#[cfg(feature = "conformance")]
pub(crate) use refusal::name_of;
use refusal::refused;
pub(crate) use reserved::{is_loader, may_be_written};
use run::Run;
use solana_message::{MessageHeader, SanitizedMessage, SanitizedVersionedMessage, SimpleAddressLoader};
use solana_transaction_error::TransactionError;
use std::borrow::Cow;

/// Most accounts of a transaction (SIMD-0339's companion limit of account locks).
const ACCOUNTS_MAX: usize = 128;

/// Gas of all accesses to one account: two cold objects and an account, written with a home record, a code record and a
/// designator.
const ACCOUNT_GAS: u64 = 200_000;
/// Gas of reading, hashing and writing the bytes that a transaction may load, by words of 32 bytes.
const LOADED_GAS: u64 = (64 << 20) / 32 * 12;
/// Gas of the bytes by which the accounts of a transaction may grow, for which rent is paid.
const GROWTH_GAS: u64 = (20 << 20) * 200;
/// Most gas of the state that a transaction's fee pays for; accounts are written back at each call of another VM.
const STATE_GAS: u64 = 64 * (ACCOUNTS_MAX as u64 * ACCOUNT_GAS + LOADED_GAS) + GROWTH_GAS;

impl Lane for SvmVm {
    fn decode(&self, raw: &[u8], checks: LaneChecks) -> Result<Box<dyn LaneTransaction>, LaneRejection> {
        Ok(Box::new(Transaction::decode(self.clone(), raw, checks)?))
    }
}

/// A Solana transaction whose signatures hold.
struct Transaction {
    vm: SvmVm,
    checks: LaneChecks,
    signature: [u8; 64],
    /// Hash of its message.
    hash: B256,
    message: Form,
    /// Canonical address of who pays.
    payer: Address,
    budget: Budget,
}

/// A message, with all its keys or not.
enum Form {
    /// All keys stand in it.
    Whole(SanitizedMessage),
    /// Some stand in lookup tables.
    WithTables(SanitizedVersionedMessage),
}

impl Transaction {
    fn decode(vm: SvmVm, raw: &[u8], checks: LaneChecks) -> Result<Self, LaneRejection> {
        let decoded = decode::decode(raw, checks.signatures)?;
        let budget = Budget::of(decoded.message.program_instructions_iter()).map_err(refused)?;
        let tables = decoded.message.message.address_table_lookups().is_some_and(|lookups| !lookups.is_empty());
        let message = match tables {
            true => Form::WithTables(decoded.message),
            false => {
                let none = SimpleAddressLoader::Enabled(Default::default());
                let whole = SanitizedMessage::try_new(decoded.message, none, &reserved::KEYS);
                Form::Whole(whole.map_err(|error| LaneRejection::new("SanitizeFailure", error.to_string()))?)
            }
        };
        if let Form::Whole(message) = &message {
            check_accounts(message).map_err(refused)?;
        }
        let payer = canonical(&match &message {
            Form::Whole(message) => *message.fee_payer(),
            Form::WithTables(message) => message.message.static_account_keys().first().copied().unwrap_or_default(),
        });
        Ok(Self { vm, checks, signature: decoded.signature, hash: decoded.hash, message, payer, budget })
    }

    fn whole(&self, host: &mut dyn Host, sysvars: &Sysvars) -> Result<Cow<'_, SanitizedMessage>, LaneError> {
        let message = match &self.message {
            Form::Whole(message) => return Ok(Cow::Borrowed(message)),
            Form::WithTables(message) => message,
        };
        let lookups = message.message.address_table_lookups().unwrap_or_default();
        let loaded = SimpleAddressLoader::Enabled(tables::load(host, sysvars, lookups)?);
        let whole = SanitizedMessage::try_new(message.clone(), loaded, &reserved::KEYS)
            .map_err(|error| LaneRejection::new("SanitizeFailure", error.to_string()))?;
        check_accounts(&whole).map_err(refused)?;
        Ok(Cow::Owned(whole))
    }
}

fn check_accounts(message: &SanitizedMessage) -> Result<(), TransactionError> {
    if message.account_keys().len() > ACCOUNTS_MAX {
        return Err(TransactionError::TooManyAccountLocks);
    }
    if message.has_duplicates() {
        return Err(TransactionError::AccountLoadedTwice);
    }
    Ok(())
}

/// Signers stand first among the keys.
fn signer_count(header: &MessageHeader) -> usize {
    header.num_required_signatures.into()
}

impl LaneTransaction for Transaction {
    /// The first signature.
    fn id(&self) -> &[u8] {
        &self.signature
    }

    fn payer(&self) -> Address {
        self.payer
    }

    fn signers(&self) -> Vec<Address> {
        let keys = match &self.message {
            Form::Whole(message) => message.account_keys().iter().take(signer_count(message.header())).collect(),
            Form::WithTables(message) => {
                let message = &message.message;
                message.static_account_keys().iter().take(signer_count(message.header())).collect::<Vec<_>>()
            }
        };
        keys.into_iter().map(canonical).collect()
    }

    fn gas_limit(&self) -> u64 {
        self.budget.compute_units.into()
    }

    /// What the limits of a transaction allow: accounts to load, with their records; bytes to load; accounts to write, with
    /// the bytes by which they may grow, for which rent is paid.
    fn state_gas(&self) -> u64 {
        STATE_GAS
    }

    fn validate(&self, host: &mut dyn LaneHost) -> Result<Box<dyn LaneRun + '_>, LaneError> {
        let sysvars = self.vm.sysvars.get(host)?;
        let message = self.whole(host, &sysvars)?;
        let nonce = match self.checks.recency {
            true => recency::check(host, &sysvars, &message, self.hash)?,
            false => None,
        };
        fees::charge(host, &sysvars, &message, &self.budget)?;
        Ok(Box::new(Run { vm: &self.vm, sysvars, message, budget: self.budget, nonce }))
    }
}
