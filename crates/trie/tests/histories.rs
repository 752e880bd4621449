//! Random histories: roots equal to two oracles, and a node store that holds exactly the live nodes.

mod common;

use std::sync::Arc;

use alloy_primitives::{B256, keccak256};
use common::{Changes, Model, Random, Rows, apply_to_model, oracle_root, rebuilt};
use eth_trie::{EthTrie, MemoryDB, Trie as _};
use hexapla_trie::{EMPTY_ROOT, NoNodes, Trie, TrieError};
use proptest::prelude::*;

/// What a history's keys look like.
#[derive(Clone, Copy, Debug)]
enum Keys {
    Hashed(u64),
    Crowded,
}

fn random_changes(random: &mut Random, keys: Keys, count: u64, deletions_in_8: u64) -> Changes {
    (0..count)
        .map(|_| {
            let key = match keys {
                Keys::Hashed(pool) => random.hashed_key(pool),
                Keys::Crowded => random.crowded_key(),
            };
            let value = if random.below(8) < deletions_in_8 { None } else { Some(random.value()) };
            (key, value)
        })
        .collect()
}

/// Plays a history on a trie in memory, and on one that forgets and reopens; compares both with the oracle.
fn check_history(seed: u64, keys: Keys, rounds: u64, count_max: u64) {
    let mut random = Random(seed);
    let mut model = Model::new();
    let mut in_memory = Trie::empty();
    let mut forgetful = Trie::empty();
    let mut rows = Rows::above([0, 1, 3, 20][random.below(4) as usize], random.below(2) == 0);
    let mut all_rows = Rows::default();
    for _ in 0..rounds {
        let deletions = random.below(9);
        let count = random.below(count_max + 1);
        let changes = random_changes(&mut random, keys, count, deletions);
        apply_to_model(&mut model, &changes);
        in_memory.apply(&NoNodes, &changes).unwrap();
        forgetful.apply(&rows, &changes).unwrap();
        let root = oracle_root(&model);
        assert_eq!(in_memory.root(), root, "seed {seed}");
        assert_eq!(forgetful.root(), root, "seed {seed}");
        let is_stored = random.below(3) > 0;
        if is_stored {
            rows.save(&mut forgetful, &model);
            all_rows.save(&mut in_memory, &model);
            assert_eq!(rows.rows, rows.of(&model), "the store holds exactly the live nodes, seed {seed}");
            assert_eq!(all_rows.rows, all_rows.of(&model), "the store holds exactly the live nodes, seed {seed}");
        }
        // Nothing that was not handed out may be dropped.
        match random.below(7) {
            0 if is_stored => forgetful = Trie::at_root(root),
            1 => forgetful.blind(random.below(6) as usize),
            2 => forgetful.blind(0),
            3 => forgetful.shrink(random.below(10_000) as usize),
            4 | 5 => forgetful.drop_leaves(),
            _ => {}
        }
        assert_eq!(forgetful.root(), root, "seed {seed}");
        let probe = random_changes(&mut random, keys, 3, 8);
        for key in probe.iter().map(|(key, _)| key).chain(model.keys().take(3)) {
            assert_eq!(in_memory.get(&NoNodes, key).unwrap().as_ref(), model.get(key));
            assert_eq!(forgetful.get(&rows, key).unwrap().as_ref(), model.get(key));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]
    #[test]
    fn histories_of_hashed_keys_agree_with_the_oracle(seed: u64, pool in 1u64..200) {
        check_history(seed, Keys::Hashed(pool), 8, 40);
    }

    #[test]
    fn histories_of_crowded_keys_agree_with_the_oracle(seed: u64) {
        check_history(seed, Keys::Crowded, 10, 12);
    }
}

/// Large enough to be split into subtries, and emptied so that it is joined again.
#[test]
fn large_histories_cross_every_change_of_form() {
    for seed in 0..3 {
        let mut random = Random(seed);
        let mut model = Model::new();
        let mut trie = Trie::empty();
        let mut rows = Rows::above([0, 5, 128][seed as usize], seed == 1);
        let phases =
            [(3000, 0), (6000, 0), (300, 4), (9000, 7), (6000, 1), (20_000, 8), (5000, 0), (40_000, 8), (10, 0)];
        for (phase, (count, deletions)) in phases.into_iter().enumerate() {
            let changes = random_changes(&mut random, Keys::Hashed(8000), count, deletions);
            apply_to_model(&mut model, &changes);
            trie.apply(&rows, &changes).unwrap();
            assert_eq!(trie.root(), oracle_root(&model), "seed {seed}, phase {phase}");
            rows.save(&mut trie, &model);
            assert!(rows.rows == rows.of(&model), "the store holds exactly the live nodes, seed {seed}, phase {phase}");
            match (phase as u64 + seed) % 4 {
                0 => trie.blind(random.below(5) as usize),
                1 => trie.drop_leaves(),
                2 => trie.shrink(trie.memory() / 2),
                _ => {}
            }
            assert_eq!(trie.root(), oracle_root(&model));
        }
    }
}

/// Deletes by first nibble and first byte, so that the two top levels lose their branches.
#[test]
fn top_levels_collapse_as_in_a_rebuilt_trie() {
    for (blind, keys) in [(None, 0), (Some(0), 0), (Some(1), 0), (Some(2), 128), (Some(3), 0), (Some(0), 20)] {
        let mut random = Random(9);
        let mut rows = Rows::above(keys, false);
        let changes = random_changes(&mut random, Keys::Hashed(6000), 20_000, 0);
        let mut model = Model::new();
        apply_to_model(&mut model, &changes);
        let mut trie = rebuilt(&model);
        rows.save(&mut trie, &model);
        let keeps: [fn(&B256) -> bool; 5] = [
            |key| key[0] >> 4 != 3,                     // A child of the root goes.
            |key| key[0] >> 4 != 5 || key[0] == 0x57,   // A child of the root has one child left.
            |key| key[0] >> 4 == 7 || key[0] >> 4 == 8, // The root has two children left.
            |key| key[0] >> 4 == 7,                     // The root is an extension.
            |_| false,
        ];
        for keep in keeps {
            if let Some(depth) = blind {
                trie.blind(depth);
            }
            let changes: Changes = model.keys().filter(|key| !keep(key)).map(|key| (*key, None)).collect();
            apply_to_model(&mut model, &changes);
            trie.apply(&rows, &changes).unwrap();
            assert_eq!(trie.root(), oracle_root(&model));
            rows.save(&mut trie, &model);
            assert!(rows.rows == rows.of(&model));
        }
        assert_eq!(trie.root(), EMPTY_ROOT);
        assert!(rows.rows.is_empty());
        assert_eq!(trie.node_count(), 0);
    }
}

/// `eth_trie` is built anew from what is left, since its own deletion (0.6.1) yields other roots than
/// alloy-trie and a rebuilt `eth_trie` do.
#[test]
fn eth_trie_agrees_as_a_second_oracle() {
    for seed in 0..4 {
        let mut random = Random(seed);
        let mut model = Model::new();
        let mut trie = Trie::empty();
        for _ in 0..8 {
            let changes = random_changes(&mut random, Keys::Hashed(500), 150, 3);
            apply_to_model(&mut model, &changes);
            trie.apply(&NoNodes, &changes).unwrap();
            let mut other = EthTrie::new(Arc::new(MemoryDB::new(false)));
            for (key, value) in &model {
                other.insert(key.as_slice(), value).unwrap();
            }
            assert_eq!(trie.root().0, other.root_hash().unwrap().0);
        }
    }
}

#[test]
fn later_changes_of_a_key_win_and_order_does_not_matter() {
    let key = |n: u8| keccak256([n]);
    let changes =
        vec![(key(2), Some(vec![1])), (key(1), Some(vec![2])), (key(2), None), (key(1), Some(vec![3])), (key(3), None)];
    let mut trie = Trie::empty();
    trie.apply(&NoNodes, &changes).unwrap();
    assert_eq!(trie.root(), oracle_root(&Model::from([(key(1), vec![3])])));
    assert_eq!(trie.get(&NoNodes, &key(2)).unwrap(), None);
}

#[test]
fn changes_that_change_nothing_store_nothing() {
    let mut random = Random(3);
    let mut model = Model::new();
    apply_to_model(&mut model, &random_changes(&mut random, Keys::Hashed(300), 400, 0));
    let mut trie = rebuilt(&model);
    assert!(!trie.take_node_updates(0).is_empty());
    let same: Changes = model.iter().map(|(key, value)| (*key, Some(value.clone()))).collect();
    let absent: Changes = (0..100u64).map(|n| (keccak256((n + 1000).to_be_bytes()), None)).collect();
    trie.apply(&NoNodes, &same).unwrap();
    trie.apply(&NoNodes, &absent).unwrap();
    assert_eq!(trie.take_node_updates(0), []);
}

#[test]
fn empty_values_are_refused_before_anything_changes() {
    let mut trie = Trie::empty();
    let changes = vec![(keccak256([1]), Some(vec![1])), (keccak256([2]), Some(Vec::new()))];
    let error = trie.apply(&NoNodes, &changes).unwrap_err();
    assert!(matches!(error, TrieError::EmptyValue { key } if key == keccak256([2])), "{error}");
    assert_eq!(trie.root(), EMPTY_ROOT);
}

#[test]
fn missing_and_corrupt_nodes_are_named_by_path() {
    let mut random = Random(4);
    let mut model = Model::new();
    apply_to_model(&mut model, &random_changes(&mut random, Keys::Hashed(300), 400, 0));
    let mut rows = Rows::default();
    let root = {
        let mut trie = rebuilt(&model);
        rows.save(&mut trie, &model);
        trie.root()
    };
    let key = *model.keys().nth(50).unwrap();
    let first = key[0] >> 4;
    let mut damaged = rows.clone();
    damaged.rows.get_mut(&vec![first]).unwrap()[9] ^= 1;
    let error = Trie::at_root(root).get(&damaged, &key).unwrap_err();
    assert!(matches!(&error, TrieError::CorruptNode { path, .. } if *path == [first]), "{error}");
    damaged.rows.remove(&vec![first]);
    let error = Trie::at_root(root).get(&damaged, &key).unwrap_err();
    assert!(matches!(&error, TrieError::MissingNode { path, .. } if *path == [first]), "{error}");
    assert!(error.to_string().contains("is missing"), "{error}");
    // A failed change leaves a trie on which the change can be made once the source works.
    let mut trie = Trie::at_root(root);
    let changes: Changes = model.keys().map(|key| (*key, None)).collect();
    trie.apply(&damaged, &changes).unwrap_err();
    trie.apply(&rows, &changes).unwrap();
    assert_eq!(trie.root(), EMPTY_ROOT);
}

#[cfg(feature = "parallel")]
#[test]
fn any_number_of_threads_gives_the_same_root_and_rows() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut random = Random(5);
            let mut trie = Trie::empty();
            let mut outcome = Vec::new();
            for (count, deletions) in [(9000, 0), (3000, 4), (100, 1), (6000, 2)] {
                let changes = random_changes(&mut random, Keys::Hashed(9000), count, deletions);
                trie.apply(&NoNodes, &changes).unwrap();
                outcome.push((trie.root(), trie.take_node_updates(0)));
            }
            outcome
        })
    };
    let one = run(1);
    assert!(one == run(2) && one == run(4));
}

#[test]
fn blinding_bounds_the_memory_of_a_large_trie() {
    let mut random = Random(6);
    let mut rows = Rows::default();
    let mut trie = Trie::empty();
    let changes = random_changes(&mut random, Keys::Hashed(50_000), 60_000, 0);
    trie.apply(&rows, &changes).unwrap();
    let root = trie.root();
    let all = trie.node_count();
    trie.blind(2);
    assert_eq!(trie.node_count(), all, "nothing is stored yet, so nothing may go");
    rows.save(&mut trie, &Model::new());
    trie.blind(3);
    assert_eq!(trie.node_count(), 1 + 16 + 256);
    trie.blind(0);
    assert_eq!(trie.node_count(), 0);
    assert_eq!(trie.root(), root);
    assert!(trie.get(&rows, &changes[7].0).unwrap().is_some());
    assert!(trie.node_count() < 10);
}

/// The number of keys decides which nodes have rows, and not how deep they stand: who finds keys with a common beginning
/// gets rows there, and each load reads few leaves.
#[test]
fn a_subtree_that_somebody_made_deep_has_rows() {
    const KEYS: u32 = 128;
    let mut random = Random(8);
    let mut model = Model::new();
    for at in 0..30_000 {
        let mut key = random.hashed_key(u64::MAX);
        if at % 3 > 0 {
            key.0[..4].copy_from_slice(&[0xab; 4]);
        }
        model.insert(key, random.value());
    }
    let mut rows = Rows::above(KEYS, false);
    let mut trie = rebuilt(&model);
    let root = trie.root();
    rows.save(&mut trie, &model);
    assert!(rows.rows.len() < model.len() / 40, "{} rows", rows.rows.len());
    // `Rows` fails if more than so many leaves are asked for.
    let mut cold = Trie::at_root(root);
    for key in model.keys().step_by(41) {
        assert_eq!(cold.get(&rows, key).unwrap().as_ref(), model.get(key));
    }
    let changes: Changes = model.keys().filter(|key| key.0[0] == 0xab).map(|key| (*key, None)).collect();
    apply_to_model(&mut model, &changes);
    cold.apply(&rows, &changes).unwrap();
    assert_eq!(cold.root(), oracle_root(&model));
    rows.save(&mut cold, &model);
    assert!(rows.rows == rows.of(&model));
}

#[test]
fn leaves_that_are_not_those_of_the_root_are_refused() {
    let mut random = Random(7);
    let mut model = Model::new();
    apply_to_model(&mut model, &random_changes(&mut random, Keys::Hashed(300), 400, 0));
    let mut rows = Rows::above(20, true);
    let mut trie = rebuilt(&model);
    rows.save(&mut trie, &model);
    let key = *model.keys().nth(50).unwrap();
    let mut other = model.clone();
    other.insert(key, vec![9; 40]);
    let mut damaged = rows.clone();
    damaged.save(&mut Trie::empty(), &other);
    let error = Trie::at_root(trie.root()).get(&damaged, &key).unwrap_err();
    assert!(matches!(&error, TrieError::CorruptNode { path, .. } if !path.is_empty()), "{error}");
    other.remove(&key);
    damaged.save(&mut Trie::empty(), &other);
    let error = Trie::at_root(trie.root()).get(&damaged, &key).unwrap_err();
    assert!(matches!(&error, TrieError::CorruptNode { .. } | TrieError::MissingNode { .. }), "{error}");
}
