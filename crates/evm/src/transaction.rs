//! Transactions as Ethereum's wallets sign them (EIP-2718).

use alloc::{format, vec::Vec};
use alloy_consensus::{
    EthereumTxEnvelope, Transaction as _, TxEip4844, Typed2718 as _, transaction::SignerRecoverable as _,
};
use alloy_eips::Decodable2718 as _;
use alloy_primitives::B256;
use hexapla_vm::LaneRejection;
use revm::{context::TxEnv, context_interface::either::Either};

/// Most bytes of a raw transaction, as clients accept them: 128 KiB.
pub const TRANSACTION_BYTES_MAX: usize = 128 << 10;

/// Decodes a signed transaction of any type up to EIP-7702 and recovers its sender (EIP-2, EIP-155). Gives what revm
/// executes and the transaction's hash.
///
/// A blob transaction comes without its blobs, as it stands in a block.
pub fn decode_transaction(raw: &[u8]) -> Result<(TxEnv, B256), LaneRejection> {
    if raw.len() > TRANSACTION_BYTES_MAX {
        let message = format!("the transaction has {} bytes; at most {TRANSACTION_BYTES_MAX} are accepted", raw.len());
        return Err(LaneRejection::new("OversizedData", message));
    }
    let envelope = EthereumTxEnvelope::<TxEip4844>::decode_2718_exact(raw).map_err(|error| {
        let message = format!("these are not the bytes of a signed Ethereum transaction: {error}");
        LaneRejection::new("Decode", message)
    })?;
    let caller = envelope.recover_signer().map_err(|error| {
        LaneRejection::new("InvalidSender", format!("the sender cannot be recovered from the signature: {error}"))
    })?;
    let authorizations = envelope.authorization_list().unwrap_or_default().iter().cloned();
    let env = TxEnv {
        tx_type: envelope.ty(),
        caller,
        gas_limit: envelope.gas_limit(),
        gas_price: envelope.max_fee_per_gas(),
        kind: envelope.kind(),
        value: envelope.value(),
        data: envelope.input().clone(),
        nonce: envelope.nonce(),
        chain_id: envelope.chain_id(),
        access_list: envelope.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: envelope.max_priority_fee_per_gas(),
        blob_hashes: envelope.blob_versioned_hashes().map(<[B256]>::to_vec).unwrap_or_default(),
        max_fee_per_blob_gas: envelope.max_fee_per_blob_gas().unwrap_or_default(),
        authorization_list: authorizations.map(Either::Left).collect::<Vec<_>>(),
    };
    Ok((env, *envelope.tx_hash()))
}
