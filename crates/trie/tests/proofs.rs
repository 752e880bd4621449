//! Proofs hold for two verifiers, damaged ones for neither, and hostile ones harm nobody.

mod common;

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_rlp::{Decodable, Encodable};
use alloy_trie::{Nibbles, proof::verify_proof};
use common::{Changes, Model, Random, Rows, apply_to_model, rebuilt};
use hexapla_trie::{
    AccountProof, EMPTY_ROOT, KECCAK_EMPTY, NoNodes, ProofError, StorageProof, Trie, TrieAccount, verify,
};
use proptest::prelude::*;

/// Tries of different shapes: hashed keys, crowded keys, a single key, and one in subtries.
fn examples() -> Vec<(Model, Trie)> {
    let mut random = Random(11);
    let mut models = vec![Model::from([(keccak256([1]), vec![7])])];
    for size in [2u64, 5, 20, 300, 12_000] {
        models.push((0..size).map(|_| (random.hashed_key(u64::MAX), random.value())).collect());
    }
    for _ in 0..20 {
        models.push((0..8).map(|_| (random.crowded_key(), random.value())).collect());
    }
    models.into_iter().map(|model| (model.clone(), rebuilt(&model))).collect()
}

/// Keys that are there, and keys near them that mostly are not.
fn probes(model: &Model) -> Vec<B256> {
    let mut probes = vec![B256::ZERO, B256::repeat_byte(0xff)];
    for key in model.keys().step_by(model.len().div_ceil(40)) {
        probes.push(*key);
        for at in [0usize, 1, 3, 31] {
            let mut near = *key;
            near.0[at] ^= 0x10;
            probes.push(near);
        }
    }
    probes
}

#[test]
fn proofs_of_presence_and_absence_hold_here_and_in_alloy_trie() {
    for (model, mut trie) in examples() {
        let root = trie.root();
        let mut rows = Rows::default();
        rows.save(&mut trie, &model);
        let mut reopened = Trie::at_root(root);
        for key in probes(&model) {
            let proof = trie.prove(&NoNodes, &key).unwrap();
            assert_eq!(reopened.prove(&rows, &key).unwrap(), proof, "a reopened trie proves the same");
            let value = model.get(&key);
            assert_eq!(verify(root, &key, value.map(Vec::as_slice), &proof), Ok(()));
            verify_proof(root, Nibbles::unpack(key), value.cloned(), &proof).unwrap();
            let other = if value.is_some() { None } else { Some([1].as_slice()) };
            assert!(matches!(verify(root, &key, other, &proof), Err(ProofError::OtherValue { .. })));
            assert!(verify(root, &key, Some(&[9, 9]), &proof).is_err());
        }
    }
}

#[test]
fn damaged_proofs_are_rejected() {
    for (model, mut trie) in examples().into_iter().skip(1) {
        let root = trie.root();
        for key in probes(&model).into_iter().take(12) {
            let proof = trie.prove(&NoNodes, &key).unwrap();
            let value = model.get(&key).map(Vec::as_slice);
            let rejects = |proof: &[Bytes]| assert!(verify(root, &key, value, proof).is_err());
            rejects(&proof[1..]);
            rejects(&proof[..proof.len() - 1]);
            rejects(&[&proof[..], &proof[..1]].concat());
            for index in 0..proof.len() {
                for at in 0..proof[index].len() {
                    let mut node = proof[index].to_vec();
                    node[at] ^= 1 << (at % 8);
                    let mut damaged = proof.clone();
                    damaged[index] = node.into();
                    rejects(&damaged);
                }
            }
        }
    }
}

#[test]
fn the_empty_trie_is_proved_by_nothing_or_by_the_empty_string() {
    let key = keccak256([1]);
    assert_eq!(Trie::empty().prove(&NoNodes, &key).unwrap(), Vec::<Bytes>::new());
    assert_eq!(verify(EMPTY_ROOT, &key, None, &[]), Ok(()));
    assert_eq!(verify(EMPTY_ROOT, &key, None, &[Bytes::from_static(&[0x80])]), Ok(()));
    assert!(verify(EMPTY_ROOT, &key, Some(&[1]), &[]).is_err());
    assert!(verify(B256::ZERO, &key, None, &[]).is_err());
    let unused = [Bytes::from_static(&[0x80]), Bytes::from_static(&[0x80])];
    assert_eq!(verify(EMPTY_ROOT, &key, None, &unused), Err(ProofError::UnusedNodes { nodes: 2, needed: 1 }));
}

/// Something that looks like RLP more often than random bytes do.
fn node_like() -> impl Strategy<Value = Vec<u8>> {
    let item = prop_oneof![
        Just(vec![0x80]),
        any::<u8>().prop_map(|byte| vec![byte]),
        any::<[u8; 32]>().prop_map(|hash| [&[0xa0][..], &hash].concat()),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(|path| [&[0x80 + path.len() as u8][..], &path].concat()),
        proptest::collection::vec(any::<u8>(), 0..30).prop_map(|list| [&[0xc0 + list.len() as u8][..], &list].concat()),
    ];
    let count = prop_oneof![Just(2usize), Just(17), 0..20usize];
    let list = count.prop_flat_map(move |count| proptest::collection::vec(item.clone(), count)).prop_map(|items| {
        let mut out = Vec::new();
        alloy_rlp::Header { list: true, payload_length: items.concat().len() }.encode(&mut out);
        out.extend(items.concat());
        out
    });
    prop_oneof![3 => list, 1 => proptest::collection::vec(any::<u8>(), 0..700)]
}

proptest! {
    /// The root is the hash of the first node, so that the node is read at all.
    #[test]
    fn hostile_proofs_never_panic(nodes in proptest::collection::vec(node_like(), 1..4), key: [u8; 32]) {
        let proof: Vec<Bytes> = nodes.into_iter().map(Bytes::from).collect();
        let _ = verify(keccak256(&proof[0]), &B256::from(key), None, &proof);
        let _ = verify(keccak256(&proof[0]), &B256::from(key), Some(&[1]), &proof);
    }

    /// The same bytes as the nodes of a trie: an error, or a trie, and no panic.
    #[test]
    fn hostile_stored_nodes_never_panic(node in node_like(), keys: u32, key: [u8; 32]) {
        let root = keccak256(&node);
        let mut rows = Rows::default();
        rows.rows.insert(Vec::new(), [&keys.to_be_bytes()[..], &node].concat());
        let mut trie = Trie::at_root(root);
        let _ = trie.get(&rows, &B256::from(key));
        let _ = trie.prove(&rows, &B256::from(key));
        let _ = trie.apply(&rows, &[(B256::from(key), None)]);
    }

    #[test]
    fn accounts_survive_their_rlp_and_junk_is_refused(
        nonce: u64, balance: [u8; 32], roots: [[u8; 32]; 2], junk in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        let account = TrieAccount {
            nonce, balance: U256::from_be_bytes(balance), storage_root: roots[0].into(), code_hash: roots[1].into(),
        };
        let rlp = alloy_rlp::encode(account);
        prop_assert_eq!(rlp.len(), account.length());
        let other = alloy_trie::TrieAccount {
            nonce, balance: account.balance, storage_root: account.storage_root, code_hash: account.code_hash,
        };
        prop_assert_eq!(&alloy_rlp::encode(other), &rlp);
        prop_assert_eq!(alloy_rlp::decode_exact::<TrieAccount>(&rlp).unwrap(), account);
        if let Ok(account) = TrieAccount::decode(&mut junk.as_slice()) {
            prop_assert!(junk.starts_with(&alloy_rlp::encode(account)), "only canonical RLP is read");
        }
    }
}

const ALICE: Address = address!("a11ce00000000000000000000000000000000001");

/// A state with Alice among others, and her storage.
fn state() -> (Trie, Trie, TrieAccount) {
    let slot = |n: u64, value: u64| (keccak256(B256::from(U256::from(n))), Some(alloy_rlp::encode(U256::from(value))));
    let mut storage = Trie::empty();
    storage.apply(&NoNodes, &[slot(0, 5), slot(1, u64::MAX), slot(7, 1)]).unwrap();
    let alice = TrieAccount {
        nonce: 17,
        balance: U256::from(10).pow(U256::from(18)),
        storage_root: storage.root(),
        code_hash: KECCAK_EMPTY,
    };
    let mut changes: Changes = (0..200u8)
        .map(|n| (keccak256(Address::repeat_byte(n)), Some(alloy_rlp::encode(TrieAccount::default()))))
        .collect();
    changes.push((keccak256(ALICE), Some(alloy_rlp::encode(alice))));
    let mut model = Model::new();
    apply_to_model(&mut model, &changes);
    (rebuilt(&model), storage, alice)
}

fn proof_of_alice() -> (B256, AccountProof) {
    let (mut accounts, mut storage, alice) = state();
    let mut slot = |n: u64, value: u64| {
        let key = B256::from(U256::from(n));
        StorageProof { key, value: U256::from(value), proof: storage.prove(&NoNodes, &keccak256(key)).unwrap() }
    };
    let storage_proof = vec![slot(1, u64::MAX), slot(2, 0)];
    let proof = AccountProof {
        address: ALICE,
        balance: alice.balance,
        code_hash: alice.code_hash,
        nonce: alice.nonce,
        storage_hash: alice.storage_root,
        account_proof: accounts.prove(&NoNodes, &keccak256(ALICE)).unwrap(),
        storage_proof,
    };
    (accounts.root(), proof)
}

#[test]
fn account_proofs_have_the_json_form_of_eth_get_proof() {
    let (root, proof) = proof_of_alice();
    proof.verify(root).unwrap();
    let json = serde_json::to_value(&proof).unwrap();
    let mut keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["accountProof", "address", "balance", "codeHash", "nonce", "storageHash", "storageProof"]);
    assert_eq!(json["nonce"], "0x11");
    assert_eq!(json["balance"], "0xde0b6b3a7640000");
    assert_eq!(json["address"], "0xa11ce00000000000000000000000000000000001");
    assert_eq!(json["codeHash"], KECCAK_EMPTY.to_string());
    assert_eq!(json["storageProof"][0]["value"], "0xffffffffffffffff");
    assert_eq!(json["storageProof"][0]["key"], B256::from(U256::from(1)).to_string());
    assert_eq!(json["storageProof"][1]["value"], "0x0");
    assert_eq!(json["accountProof"][0], proof.account_proof[0].to_string());
    assert_eq!(serde_json::from_value::<AccountProof>(json.clone()).unwrap(), proof);
    let mut short = json;
    short["storageProof"][0]["key"] = "0x1".into();
    assert_eq!(serde_json::from_value::<AccountProof>(short).unwrap(), proof, "a slot may be a short number");
}

#[test]
fn account_proofs_of_other_content_are_rejected() {
    let (root, proof) = proof_of_alice();
    let rejects = |change: fn(&mut AccountProof)| {
        let mut changed = proof.clone();
        change(&mut changed);
        assert!(changed.verify(root).is_err());
    };
    rejects(|proof| proof.nonce += 1);
    rejects(|proof| proof.balance += U256::ONE);
    rejects(|proof| proof.code_hash = B256::ZERO);
    rejects(|proof| proof.storage_hash = EMPTY_ROOT);
    rejects(|proof| proof.address = Address::repeat_byte(3));
    rejects(|proof| proof.storage_proof[0].value = U256::ZERO);
    rejects(|proof| proof.storage_proof[1].value = U256::ONE);
    rejects(|proof| proof.storage_proof[0].key = B256::ZERO);
    assert!(proof.verify(B256::ZERO).is_err());
}

#[test]
fn absent_accounts_are_proved_as_geth_and_as_older_nodes_report_them() {
    let (mut accounts, ..) = state();
    let root = accounts.root();
    let address = Address::repeat_byte(0xee);
    let mut proof = AccountProof {
        address,
        balance: U256::ZERO,
        code_hash: KECCAK_EMPTY,
        nonce: 0,
        storage_hash: EMPTY_ROOT,
        account_proof: accounts.prove(&NoNodes, &keccak256(address)).unwrap(),
        storage_proof: vec![StorageProof { key: B256::ZERO, value: U256::ZERO, proof: Vec::new() }],
    };
    proof.verify(root).unwrap();
    (proof.code_hash, proof.storage_hash) = (B256::ZERO, B256::ZERO);
    proof.verify(root).unwrap();
    proof.balance = U256::ONE;
    assert!(proof.verify(root).is_err());
}
