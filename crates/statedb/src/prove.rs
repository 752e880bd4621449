//! Proofs from the tries.

use crate::{
    proof::ObjectProof,
    rows,
    source::{AccountSource, StorageSource},
    tries::Tries,
    view::View,
};
use hexapla_primitives::{Address, B256, ObjectKey, U256, VmId, identity::column_account, keccak256};
use hexapla_state::StateError;
use hexapla_trie::{AccountProof, EMPTY_ROOT, StorageProof};
use revm::primitives::KECCAK_EMPTY;

/// Proof of an account and of some of its slots, from the tries of this state.
pub(crate) fn account(
    tries: &mut Tries,
    view: &View,
    address: Address,
    slots: &[B256],
) -> Result<AccountProof, StateError> {
    tries.note_used(1 + slots.len());
    let owner = rows::account_key(address);
    let account = view.account(owner)?;
    let account_proof = tries.accounts.prove(&AccountSource(&*view.base), &owner).map_err(StateError::backend)?;
    let storage_hash = account.map_or(EMPTY_ROOT, |account| account.storage_root);
    let is_column = address == column_account(VmId(address.0[19]));
    let source = StorageSource { snapshot: &*view.base, owner, is_column };
    let trie = tries.storages.open(owner, storage_hash);
    let mut storage_proof = Vec::with_capacity(slots.len());
    for slot in slots {
        let key = keccak256(slot);
        let value = match trie.get(&source, &key).map_err(StateError::backend)? {
            Some(leaf) => {
                alloy_rlp::decode_exact(&leaf).map_err(|_| rows::corrupt(rows::STORAGE_NODE, slot.as_slice()))?
            }
            None => U256::ZERO,
        };
        let proof = trie.prove(&source, &key).map_err(StateError::backend)?;
        storage_proof.push(StorageProof { key: *slot, value, proof });
    }
    Ok(AccountProof {
        address,
        balance: account.map_or(U256::ZERO, |account| account.balance),
        code_hash: account.map_or(KECCAK_EMPTY, |account| account.code_hash),
        nonce: account.map_or(0, |account| account.nonce),
        storage_hash,
        account_proof,
        storage_proof,
    })
}

/// Proof of an object or of its absence, likewise.
pub(crate) fn object(tries: &mut Tries, view: &View, key: &ObjectKey) -> Result<ObjectProof, StateError> {
    let object = view.row(rows::OBJECT, &rows::object_key(key))?;
    let column = account(tries, view, column_account(key.vm), &[key.slot()])?;
    Ok(ObjectProof { key: key.clone(), object, column })
}
