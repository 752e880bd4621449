//! `hexapla address`: every form of an account leads to all others.

mod support;

use support::at_root;

const EVM: &str = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

/// The first account that is said of a text.
fn account(text: &str) -> serde_json::Value {
    at_root(&["address", text, "--json"]).exits(0).json()[0].clone()
}

/// Its forms, without the text that was given.
fn forms(text: &str) -> serde_json::Value {
    account(text)["forms"].clone()
}

#[test]
fn each_form_of_an_account_leads_to_all_forms() {
    let own = account(EVM);
    assert_eq!((&own["vm"], &own["address"]), (&"evm".into(), &EVM.into()));
    let (home, alias) = (&own["forms"][0], &own["forms"][1]);
    assert_eq!((&home["home"], &home["text"]), (&true.into(), &EVM.into()));
    assert_eq!(home["vms"], serde_json::json!(["evm", "wasm"]));
    assert_eq!(alias["hex"], format!("0x00686578{}{}", "61706c612d65766d", &EVM[2..].to_lowercase()));
    for same in [&EVM.to_lowercase(), alias["text"].as_str().unwrap(), alias["hex"].as_str().unwrap()] {
        assert_eq!(forms(same), own["forms"], "{same}");
    }
}

#[test]
fn ids_of_other_vms_have_an_address_and_known_names() {
    let token = account("spl-token");
    assert_eq!(token["names"], serde_json::json!(["spl-token", "token-program"]));
    assert_eq!((&token["vm"], &token["forms"][0]["text"]), (&"svm".into(), &TOKEN.into()));
    let (hex, address) = (token["forms"][0]["hex"].as_str().unwrap(), token["address"].as_str().unwrap());
    for same in ["token-program", TOKEN, hex, address] {
        let found = account(same);
        assert_eq!((&found["forms"], &found["names"]), (&token["forms"], &token["names"]), "{same}");
    }
    assert_eq!(account("system-program")["forms"][0]["text"], "1".repeat(32));
    assert_eq!(account("hexapla")["address"], "0x00000000000000000000000068657861706C61FF");
}

#[test]
fn zero_is_zero_on_every_vm() {
    let zero = account(&format!("0x{}", "0".repeat(40)));
    assert_eq!((&zero["vm"], &zero["forms"][1]["text"]), (&"evm".into(), &"1".repeat(32).into()));
}

#[test]
fn a_wrong_checksum_is_refused_with_the_right_spelling() {
    let wrong = EVM.replace("FbD", "fbD");
    at_root(&["address", &wrong]).exits(2).says("hexapla::address::checksum").says(EVM);
    at_root(&["address", &EVM[2..].to_uppercase().replace("0X", "0x")]).exits(2).says("hex begins with 0x");
    at_root(&["address", &format!("0x{}", EVM[2..].to_uppercase())]).exits(0);
}

#[test]
fn what_is_no_account_is_refused_with_what_is_one() {
    let refused = |text: &str, what: &str| drop(at_root(&["address", text]).exits(2).says(what));
    refused("0x12", "has 2 hex digits");
    refused("0x5FbDB2315678afecb367f032d93F642f64180aaz", "is no hex digit");
    refused("token-progam", "did you mean `token-program`?");
    refused(&format!("0x00{}{}", "68657861706c612d65766d", "0".repeat(40)), "has none behind that");
    refused("Tokenkeg", "is no address");
}

#[test]
fn several_texts_are_several_accounts_and_text_says_what_json_says() {
    let ran = at_root(&["address", EVM, "memo-program"]).exits(0);
    for line in [EVM, "evm, wasm", "known as   spl-memo, memo-program", "svm (Solana)"] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
}

#[test]
fn no_text_does_anything_to_a_terminal() {
    for ran in [at_root(&["address", "--name", "a\u{1b}[2J"]).exits(0), at_root(&["address", "a\u{1b}[2J"]).exits(2)] {
        assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_name_gives_the_accounts_that_scenarios_make_of_it() {
    let run = at_root(&["run", "examples/price-reader", "--json"]).exits(0).json();
    let shown = at_root(&["address", "--name", "carol", "alice", "--json"]).exits(0).json();
    let addresses: Vec<&str> =
        shown.as_array().unwrap().iter().filter_map(|account| account["address"].as_str()).collect();
    for name in ["carol", "alice"] {
        let address = run["names"][name].as_str().unwrap();
        assert!(addresses.contains(&address), "{name}: {address} is none of {addresses:?}");
    }
}
