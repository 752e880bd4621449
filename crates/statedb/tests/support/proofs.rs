//! Proofs, checked by our verifier and by alloy-trie's, whole and tampered with.

use super::{Random, flat::Flat};
use alloy_trie::{Nibbles, TrieAccount, proof::verify_proof};
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256, VmId, identity::column_account, keccak256};
use hexapla_statedb::{ObjectProof, StateDb};
use hexapla_trie::AccountProof;

/// Proves an account with slots, and checks that the proof says what the model says and that no tampered one holds.
pub(crate) fn check_account(db: &mut StateDb, flat: &Flat, random: &mut Random, address: Address, keys: &[U256]) {
    let slots: Vec<B256> = keys.iter().map(|key| B256::from(*key)).collect();
    let proof = db.account_proof(address, &slots).unwrap();
    let root = flat.root();
    assert_eq!(db.root(), root);
    proof.verify(root).unwrap();
    let info = flat.accounts.get(&address);
    let expected = info.cloned().unwrap_or_default();
    assert_eq!((proof.address, proof.nonce, proof.balance), (address, expected.nonce, expected.balance));
    assert_eq!((proof.code_hash, proof.storage_hash), (keccak256(&expected.code), flat.storage_root(address)));
    check_with_alloy(&proof, root, info.is_some());
    for (slot, key) in proof.storage_proof.iter().zip(keys) {
        assert_eq!((slot.key, slot.value), (B256::from(*key), flat.word(address, *key)));
    }
    for (what, tampered) in tampered_accounts(&proof, info.is_some(), random) {
        assert!(tampered.verify(root).is_err(), "{what} of the proof of {address} was tampered with");
    }
}

/// Proves an object or its absence, likewise.
pub(crate) fn check_object(db: &mut StateDb, flat: &Flat, random: &mut Random, key: &ObjectKey) {
    let proof = db.object_proof(key).unwrap();
    let root = flat.root();
    proof.verify(root).unwrap();
    assert_eq!(proof.object.as_ref(), flat.objects.get(key));
    let column = column_account(key.vm);
    assert_eq!(proof.column.address, column);
    check_with_alloy(&proof.column, root, flat.accounts.contains_key(&column));
    for (what, tampered) in tampered_objects(&proof, random) {
        assert!(tampered.verify(root).is_err(), "{what} of the proof of {key:?} was tampered with");
    }
}

fn check_with_alloy(proof: &AccountProof, root: B256, exists: bool) {
    let leaf = exists.then(|| {
        alloy_rlp::encode(TrieAccount {
            nonce: proof.nonce,
            balance: proof.balance,
            storage_root: proof.storage_hash,
            code_hash: proof.code_hash,
        })
    });
    verify_proof(root, Nibbles::unpack(keccak256(proof.address)), leaf, &proof.account_proof).unwrap();
    for slot in &proof.storage_proof {
        let leaf = (!slot.value.is_zero()).then(|| alloy_rlp::encode(slot.value));
        verify_proof(proof.storage_hash, Nibbles::unpack(keccak256(slot.key)), leaf, &slot.proof).unwrap();
    }
}

type Tampered<T> = Vec<(&'static str, T)>;

fn with<T: Clone>(all: &mut Tampered<T>, what: &'static str, proof: &T, change: impl FnOnce(&mut T)) {
    let mut proof = proof.clone();
    change(&mut proof);
    all.push((what, proof));
}

fn tampered_accounts(proof: &AccountProof, exists: bool, random: &mut Random) -> Tampered<AccountProof> {
    let mut all = Tampered::new();
    with(&mut all, "the nonce", proof, |proof| proof.nonce += 1);
    with(&mut all, "the balance", proof, |proof| proof.balance ^= U256::from(1));
    with(&mut all, "the code hash", proof, |proof| proof.code_hash.0[31] ^= 1);
    with(&mut all, "the storage root", proof, |proof| proof.storage_hash.0[0] ^= 1);
    // Another absent account may well be proved absent by the same nodes.
    if exists {
        with(&mut all, "the address", proof, |proof| proof.address.0[19] ^= 1);
        with(&mut all, "existence", proof, |proof| {
            *proof = AccountProof { account_proof: proof.account_proof.clone(), ..absent(proof.address) }
        });
    }
    if !proof.account_proof.is_empty() {
        with(&mut all, "a node", proof, |proof| flip(&mut proof.account_proof, random));
        with(&mut all, "the last node", proof, |proof| drop(proof.account_proof.pop()));
    }
    with(&mut all, "the number of nodes", proof, |proof| proof.account_proof.push(Bytes::from_static(&[0xc0])));
    for (index, slot) in proof.storage_proof.iter().enumerate() {
        with(&mut all, "a value", proof, |proof| proof.storage_proof[index].value ^= U256::from(1));
        if !slot.value.is_zero() {
            with(&mut all, "a slot", proof, |proof| proof.storage_proof[index].key.0[31] ^= 1);
            with(&mut all, "presence", proof, |proof| proof.storage_proof[index].value = U256::ZERO);
        }
        if !slot.proof.is_empty() {
            with(&mut all, "a storage node", proof, |proof| flip(&mut proof.storage_proof[index].proof, random));
        }
    }
    all
}

fn tampered_objects(proof: &ObjectProof, random: &mut Random) -> Tampered<ObjectProof> {
    let mut all = Tampered::new();
    match &proof.object {
        Some(object) => {
            with(&mut all, "presence", proof, |proof| proof.object = None);
            with(&mut all, "the length", proof, |proof| proof.object = Some([object, [0].as_slice()].concat().into()));
            let mut bytes = object.to_vec();
            if let Some(byte) = bytes.first_mut() {
                *byte ^= 1;
                with(&mut all, "the object", proof, |proof| proof.object = Some(bytes.into()));
            }
        }
        None => with(&mut all, "absence", proof, |proof| proof.object = Some(Bytes::new())),
    }
    with(&mut all, "the key", proof, |proof| proof.key.key = [&proof.key.key, [1].as_slice()].concat().into());
    with(&mut all, "the column", proof, |proof| proof.key.vm = VmId(proof.key.vm.0 ^ 1));
    with(&mut all, "the slot", proof, |proof| proof.column.storage_proof.clear());
    with(&mut all, "the number of slots", proof, |proof| {
        proof.column.storage_proof.push(proof.column.storage_proof[0].clone());
    });
    if !proof.column.account_proof.is_empty() {
        with(&mut all, "a node", proof, |proof| flip(&mut proof.column.account_proof, random));
    }
    all
}

/// What is reported for an account that does not exist.
fn absent(address: Address) -> AccountProof {
    AccountProof {
        address,
        balance: U256::ZERO,
        code_hash: keccak256([]),
        nonce: 0,
        storage_hash: alloy_trie::EMPTY_ROOT_HASH,
        account_proof: Vec::new(),
        storage_proof: Vec::new(),
    }
}

/// Flips one bit of one node.
fn flip(nodes: &mut [Bytes], random: &mut Random) {
    let node = &mut nodes[random.below(nodes.len() as u64) as usize];
    let mut bytes = node.to_vec();
    let at = random.below(bytes.len() as u64) as usize;
    bytes[at] ^= 1 << random.below(8);
    *node = bytes.into();
}
