//! Names of one language as names of another, and back.

use std::collections::BTreeSet;

use hexapla_abi::names::{Language, Of, distinct, original, translated};
use proptest::{prelude::*, sample::select};

/// Names as people write them, the irregular ones that lie between the rules, and junk.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,5}(_[a-z0-9]{1,4}){0,3}",
        "[a-zA-Z]{1,4}([A-Z][a-z0-9]{0,3}){0,3}_{0,2}",
        "_{0,2}[a-zA-Z0-9_]{0,8}",
        "(hx_|hh_)[0-9a-f_]{0,6}",
        select(vec!["type", "self", "Self", "function", "mapping", "signer", "uint24", "move", "yield", ""])
            .prop_flat_map(|word| "_{0,2}".prop_map(move |end| format!("{word}{end}"))),
        any::<String>().prop_filter("hashed", |name| name.len() <= 512),
    ]
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn a_translation_is_an_identifier_and_can_be_undone(
        name in name(),
        of in select(vec![Of::Item, Of::Type]),
        from in select(Language::ALL.to_vec()),
        to in select(Language::ALL.to_vec()),
    ) {
        let translation = translated(&name, of, from, to);
        prop_assert!(is_identifier(&translation), "{translation:?}");
        prop_assert!(!to.reserves(&translation), "{translation:?}");
        prop_assert_eq!(original(&translation, of, from, to), Some(name));
    }

    #[test]
    fn distinct_names_differ_and_the_first_of_each_stays(names in prop::collection::vec("[ab](_[23])?", 0..12)) {
        let out = distinct(names.clone());
        prop_assert_eq!(out.len(), names.len());
        prop_assert_eq!(out.iter().collect::<BTreeSet<_>>().len(), names.len());
        if let (Some(name), Some(first)) = (names.first(), out.first()) {
            prop_assert_eq!(name, first);
        }
    }
}

#[test]
fn names_as_developers_expect_them() {
    for (solidity, rust) in [
        ("transfer", "transfer"),
        ("balanceOf", "balance_of"),
        ("swapV2Exact", "swap_v2_exact"),
        ("swapAToB", "swap_a_to_b"),
        ("tokenURI", "tokenURI"),
        ("DOMAIN_SEPARATOR", "DOMAIN_SEPARATOR"),
        ("total_supply", "total_supply_"),
        ("_burn", "_burn"),
        ("safe__transfer", "safe__transfer"),
        ("match", "match_"),
        ("self", "self_"),
    ] {
        assert_eq!(translated(solidity, Of::Item, Language::Solidity, Language::Rust), rust);
    }
    for (rust, solidity) in
        [("mint_to", "mintTo"), ("swap_2", "swap_2"), ("get_a_b", "get_a_b"), ("mapping", "mapping_")]
    {
        assert_eq!(translated(rust, Of::Item, Language::Rust, Language::Solidity), solidity);
    }
    assert_eq!(translated("TooRisky", Of::Type, Language::Solidity, Language::Move), "TooRisky");
    assert_eq!(translated("naïve", Of::Item, Language::Rust, Language::Move), "hx_6e61c3af7665");
}

#[test]
fn a_very_long_name_becomes_its_hash() {
    let (one, other) = ("x".repeat(100_000), "x".repeat(100_001));
    let translation = |name: &str| translated(name, Of::Item, Language::Rust, Language::Solidity);
    assert!(translation(&one).len() < 80);
    assert_ne!(translation(&one), translation(&other));
    assert_eq!(original(&translation(&one), Of::Item, Language::Rust, Language::Solidity), None);
}
