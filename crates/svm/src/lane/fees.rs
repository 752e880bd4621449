//! What a transaction pays, and who can pay.

use super::{budget::Budget, refusal::refused};
use crate::{
    account::{StoredAccount, WEI_PER_LAMPORT, canonical},
    identity::lamports_in,
    sysvars::{LAMPORTS_PER_SIGNATURE, Sysvars},
};
use hexapla_primitives::U256;
use hexapla_vm::{Fatal, LaneError, LaneHost};
use solana_message::SanitizedMessage;
use solana_nonce::{state::State, versions::Versions};
use solana_sdk_ids::system_program;
use solana_transaction_error::TransactionError;

/// The fee of a transaction, in lamports: for each signature, those that precompiled programs check included, and for
/// its priority.
fn fee(message: &SanitizedMessage, budget: &Budget) -> u64 {
    let signatures = message.num_total_signatures().saturating_mul(LAMPORTS_PER_SIGNATURE);
    signatures.saturating_add(budget.priority_fee())
}

/// Takes the fee from the first signer: an account of the System program, which must stay rent-exempt or end empty.
pub(super) fn charge(
    host: &mut dyn LaneHost,
    sysvars: &Sysvars,
    message: &SanitizedMessage,
    budget: &Budget,
) -> Result<(), LaneError> {
    let (fee, payer) = (fee(message, budget), message.fee_payer());
    let address = canonical(payer);
    let lamports = lamports_in(host.balance(address)?);
    if lamports == 0 {
        return Err(refused(TransactionError::AccountNotFound).into());
    }
    let object = host.object(&StoredAccount::key(payer))?;
    let stored = StoredAccount::from_object(object.as_ref()).map_err(|error| Fatal(format!("{payer}: {error}")))?;
    let kept = match minimum_balance(sysvars, &stored) {
        Some(kept) => kept,
        None => return Err(refused(TransactionError::InvalidAccountForFee).into()),
    };
    let Some(left) = lamports.checked_sub(fee).filter(|left| *left >= kept) else {
        return Err(refused(TransactionError::InsufficientFundsForFee).into());
    };
    // An account that was below before may go on paying.
    let (rent, length) = (&sysvars.rent, stored.data.len());
    if left > 0 && !rent.is_exempt(left, length) && rent.is_exempt(lamports, length) {
        return Err(refused(TransactionError::InsufficientFundsForRent { account_index: 0 }).into());
    }
    // From now on other VMs can say which key stands behind the account.
    if host.home_of(address)?.is_none() {
        host.register_native_id(payer.as_ref())?;
    }
    Ok(host.pay_fee(U256::from(fee) * U256::from(WEI_PER_LAMPORT))?)
}

/// What must stay on an account that pays: nothing on a wallet, the rent of a nonce account. `None` where the account
/// cannot pay at all.
fn minimum_balance(sysvars: &Sysvars, stored: &StoredAccount) -> Option<u64> {
    if stored.owner != system_program::ID {
        return None;
    }
    if stored.data.is_empty() {
        return Some(0);
    }
    if stored.data.len() != State::size() {
        return None;
    }
    let versions: Versions = bincode::deserialize(&stored.data).ok()?;
    matches!(versions.state(), State::Initialized(_)).then(|| sysvars.rent.minimum_balance(State::size()))
}
