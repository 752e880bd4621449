//! What a build may contain, from `cargo tree`: a dependency of a dependency weighs as much as one's own.

use crate::root;
use std::{collections::BTreeSet, process::Command};

/// A package with features, and the beginnings of the names of packages that must not be in its tree.
struct Tree {
    arguments: &'static str,
    forbidden: &'static [&'static str],
}

const TREES: &[Tree] = &[
    Tree {
        arguments: "--package hexapla-executor",
        forbidden: &[
            "hexapla-store",
            "hexapla-statedb",
            "hexapla-trie",
            "redb",
            "wasmi",
            "wasmtime",
            "cranelift-",
            "solana-",
            "agave-",
        ],
    },
    Tree {
        arguments: "--package hexapla --no-default-features --features wasm",
        forbidden: &["solana-", "agave-", "bincode", "wasmtime", "cranelift-", "rayon"],
    },
    Tree {
        arguments: "--package hexapla-wasm --no-default-features",
        forbidden: &["wasmtime", "cranelift-", "hexapla-state", "revm", "solana-"],
    },
    Tree { arguments: "--package hexapla-svm", forbidden: &["hexapla-state", "revm", "wasmtime", "prost", "openssl"] },
    Tree { arguments: "--package hexapla-evm --no-default-features", forbidden: &["secp256k1-sys", "keccak-asm"] },
    Tree { arguments: "--package hexapla-trie --no-default-features", forbidden: &["rayon", "keccak-asm", "redb"] },
    Tree { arguments: "--package hexapla-abi --no-default-features", forbidden: &["serde_json", "hexapla-primitives"] },
];

/// What is in a tree all the same, with the reason. This list may only shrink.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// The names of all packages that are built for this one, without those that only its tests need.
fn tree(arguments: &str) -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["tree", "--offline", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
    let output = command.args(arguments.split(' ')).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// Which of the forbidden beginnings are in the tree.
fn found<'a>(names: &BTreeSet<String>, forbidden: &'a [&'a str]) -> Vec<&'a str> {
    let is_there = |begin: &&str| names.iter().any(|name| name.starts_with(begin));
    forbidden.iter().copied().filter(is_there).collect()
}

#[test]
fn builds_contain_nothing_that_they_must_not() {
    let mut all: BTreeSet<(&str, &str)> = BTreeSet::new();
    for Tree { arguments, forbidden } in TREES {
        let names = tree(arguments);
        assert!(names.len() > 5, "{arguments}: {names:?}");
        all.extend(found(&names, forbidden).into_iter().map(|begin| (*arguments, begin)));
    }
    let excepted: BTreeSet<(&str, &str)> =
        EXCEPTIONS.iter().map(|(arguments, begin, _)| (*arguments, *begin)).collect();
    let (new, gone): (Vec<_>, Vec<_>) = (all.difference(&excepted).collect(), excepted.difference(&all).collect());
    assert!(new.is_empty(), "cargo tree holds what it must not; `cargo tree -i NAME` says by whom: {new:#?}");
    assert!(gone.is_empty(), "no exceptions any more, take them off the list: {gone:#?}");
}

#[test]
fn the_rule_of_trees_can_object() {
    let names = tree("--package hexapla-wasm");
    assert_eq!(found(&names, &["wasmtime", "solana-"]), ["wasmtime"]);
}
