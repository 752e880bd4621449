//! Messages, and transactions of them.

use super::{
    call::meta,
    options::{DURABLE_NONCE, TABLES, UNIT_PRICE},
};
use crate::{
    accounts::stored,
    address::{id_of, key_of},
};
use hexapla_primitives::{Bytes, NativeId};
use hexapla_svm_types::{Invocation, StoredAccount, table};
use hexapla_toolkit::{AccountUse, NativeCall, Payload, StateView, ToolError, TransactionRequest, UnsignedTransaction};
use solana_hash::Hash;
use solana_message::{AddressLookupTableAccount, VersionedMessage, legacy, v0};
use solana_sdk_ids::{compute_budget, system_program, sysvar::recent_blockhashes};
use solana_transaction::versioned::VersionedTransaction;

/// Instructions of the compute budget, by their tags.
const SET_UNIT_LIMIT: u8 = 2;
const SET_UNIT_PRICE: u8 = 3;
/// The System program's instruction that makes the next nonce.
const ADVANCE_NONCE: u32 = 4;
/// How the data of an initialized nonce account of the current version begins.
const NONCE_INITIALIZED: [u8; 8] = [1, 0, 0, 0, 1, 0, 0, 0];

/// A transaction of these calls. Its payer signs first; whoever else must sign does. With lookup tables it is one of
/// version 0.
pub(super) fn build(
    request: &TransactionRequest<'_>,
    state: &dyn StateView,
    names: &dyn Fn(&NativeId) -> String,
) -> Result<UnsignedTransaction, ToolError> {
    let nonce = request.options.id(DURABLE_NONCE).map(|account| durable_nonce(account, state, names)).transpose()?;
    let advance = nonce.as_ref().map(|nonce| nonce.advance.clone());
    let leading = advance.into_iter().chain(budget(request)).collect::<Vec<_>>();
    let calls = leading.iter().chain(request.calls);
    let instructions = calls.map(instruction).collect::<Result<Vec<_>, _>>()?;
    let blockhash = match &nonce {
        Some(nonce) => nonce.value,
        None => Hash::new_from_array(state.latest_block_hash()?.0),
    };
    let payer = key_of(request.payer)?;
    let tables = request.options.ids(TABLES);
    let message = if tables.is_empty() {
        VersionedMessage::Legacy(legacy::Message::new_with_blockhash(&instructions, Some(&payer), &blockhash))
    } else {
        let tables = tables.iter().map(|table| lookup_table(table, state, names)).collect::<Result<Vec<_>, _>>()?;
        let message = v0::Message::try_compile(&payer, &instructions, &tables, blockhash);
        VersionedMessage::V0(message.map_err(|error| cannot_be_written().because(error))?)
    };
    let body = serialized(&message)?;
    let signers = usize::from(message.header().num_required_signatures);
    let payload = |key| Payload { signer: id_of(key), bytes: body.clone() };
    let payloads = message.static_account_keys().iter().take(signers).map(payload).collect();
    Ok(UnsignedTransaction { payloads, leading_calls: leading.len(), body })
}

/// The transaction with its signatures.
pub(super) fn assemble(unsigned: &UnsignedTransaction, signatures: &[Bytes]) -> Result<Bytes, ToolError> {
    let message: VersionedMessage =
        bincode::deserialize(&unsigned.body).map_err(|error| cannot_be_written().because(error))?;
    let signature = |bytes: &Bytes| <[u8; 64]>::try_from(&bytes[..]).map(Into::into);
    let signatures = signatures.iter().map(signature).collect::<Result<Vec<_>, _>>();
    let signatures = signatures.map_err(|error| cannot_be_written().because(error))?;
    serialized(&VersionedTransaction { signatures, message })
}

/// The instructions that say what a transaction may use and what is paid for it.
fn budget(request: &TransactionRequest<'_>) -> Vec<NativeCall> {
    let units = request.limit.map(|units| u32::try_from(units).unwrap_or(u32::MAX));
    let units = units.map(|units| [&[SET_UNIT_LIMIT][..], &units.to_le_bytes()].concat());
    let price = request.options.number(UNIT_PRICE);
    let price = price.map(|price| [&[SET_UNIT_PRICE][..], &price.to_le_bytes()].concat());
    let call =
        |data: Vec<u8>| NativeCall { contract: id_of(&compute_budget::ID), accounts: Vec::new(), data: data.into() };
    units.into_iter().chain(price).map(call).collect()
}

/// A durable nonce, and the call that makes the next one of it: the first of its transaction.
struct DurableNonce {
    value: Hash,
    advance: NativeCall,
}

/// Reads an initialized nonce account: version 1 and state 1 in 4 bytes each, authority, nonce, and the fee of a signature
/// (`solana_nonce::versions::Versions`).
fn durable_nonce(
    id: &NativeId,
    state: &dyn StateView,
    names: &dyn Fn(&NativeId) -> String,
) -> Result<DurableNonce, ToolError> {
    let stored = stored(state.object(&StoredAccount::key(&key_of(id)?))?.as_ref())?;
    let initialized = stored.data.strip_prefix(&NONCE_INITIALIZED).filter(|_| stored.owner == system_program::ID);
    let parts = initialized.and_then(|data| Some((data.first_chunk::<32>()?, data.get(32..)?.first_chunk::<32>()?)));
    let (authority, value) = parts.ok_or_else(|| {
        ToolError::new("scenario::durable_nonce", format!("`{}` holds no durable nonce", names(id)))
            .with_help("`system-program.initialize_nonce_account` makes one of an account of 80 bytes")
    })?;
    let uses = |id: NativeId, writable, signer| AccountUse { id, signer, writable };
    let accounts = vec![
        uses(id.clone(), true, false),
        uses(id_of(&recent_blockhashes::ID), false, false),
        uses(id_of(&(*authority).into()), false, true),
    ];
    let data = ADVANCE_NONCE.to_le_bytes().to_vec().into();
    let advance = NativeCall { contract: id_of(&system_program::ID), accounts, data };
    Ok(DurableNonce { value: Hash::new_from_array(*value), advance })
}

fn instruction(call: &NativeCall) -> Result<solana_message::Instruction, ToolError> {
    let accounts = call.accounts.iter().map(meta).collect::<Result<_, _>>()?;
    let invocation = Invocation { accounts, ..Invocation::of_data(call.data.clone()) };
    Ok(invocation.instruction(key_of(&call.contract)?))
}

/// A lookup table with its keys.
fn lookup_table(
    id: &NativeId,
    state: &dyn StateView,
    names: &dyn Fn(&NativeId) -> String,
) -> Result<AddressLookupTableAccount, ToolError> {
    let key = key_of(id)?;
    let stored = stored(state.object(&StoredAccount::key(&key))?.as_ref())?;
    let addresses = table::keys_of(&stored).ok_or_else(|| {
        ToolError::new("scenario::table", format!("`{}` is no lookup table", names(id)))
            .with_help("its account belongs to `address-lookup-table`, which creates it")
    })?;
    Ok(AddressLookupTableAccount { key, addresses })
}

fn serialized(value: &impl serde::Serialize) -> Result<Bytes, ToolError> {
    bincode::serialize(value).map(Into::into).map_err(|error| cannot_be_written().because(error))
}

fn cannot_be_written() -> ToolError {
    ToolError::new("scenario::transaction", "the transaction cannot be written down")
}
