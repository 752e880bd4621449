//! The committed examples: they hold, they look as they should, and no engine or number of threads makes a difference.

mod support;

use snapbox::{Assert, Redactions, file};
use support::at_root;

/// Scenarios below `examples`.
const EXAMPLES: usize = 9;

#[test]
fn all_examples_hold() {
    let ran = at_root(&["test", "examples"]).exits(0);
    assert!(ran.stdout.contains(&format!("{EXAMPLES} passed in")), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
}

#[test]
fn the_tour_reads_like_a_story() {
    let ran = at_root(&["run", "examples/tour"]).exits(0);
    assert_eq!(ran.stderr, "");
    let mut redactions = Redactions::new();
    redactions.insert("[TIME]", regex_free_time(&ran.stdout)).expect("a valid redaction");
    Assert::new().redact_with(redactions).action_env("UPDATE_EXPECT").eq(ran.stdout, file!["snapshots/tour.txt"]);
}

#[test]
fn the_readme_shows_what_the_tour_prints() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let tour = include_str!("snapshots/tour-80.txt");
    let excerpts: Vec<&str> = readme.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(excerpts.len(), 2);
    for excerpt in excerpts {
        assert!(tour.contains(excerpt), "the tour prints something else by now:\n{excerpt}");
    }
}

/// The only thing in the text that differs from run to run: the last line's time.
fn regex_free_time(stdout: &str) -> String {
    stdout.lines().rev().find_map(|line| line.strip_prefix("time ")).expect("a time").to_owned()
}

#[test]
fn text_is_plain_in_pipes_and_coloured_on_request() {
    let plain = at_root(&["run", "examples/counter-as"]).exits(0);
    assert!(!plain.stdout.contains('\u{1b}'));
    let coloured = at_root(&["run", "examples/counter-as", "--color", "always"]).exits(0);
    assert!(coloured.stdout.contains("\u{1b}[38;2;187;154;247m[wasm"), "WASM has its colour");
}

#[test]
fn json_is_the_same_with_every_engine_and_without_caches_and_says_what_the_text_says() {
    for example in ["tour", "trie-proof", "tokens", "counter-as", "spl-vault", "price-reader", "eight-crossings"] {
        let path = format!("examples/{example}");
        let native = at_root(&["run", &path, "--json", "--engine", "wasmtime"]).exits(0);
        let interpreted = at_root(&[
            "run",
            &path,
            "--json",
            "--engine",
            "wasmi",
            "--svm-engine",
            "interpreter",
            "--no-cache",
            "--no-memory-cache",
        ])
        .exits(0);
        assert_eq!(native.stdout, interpreted.stdout, "{example}");
        assert_eq!(native.stderr, "", "{example}");
        let document = native.json();
        assert_eq!(document["ok"], true, "{example}");
        assert!(document["root"].as_str().is_some_and(|root| root.len() == 66), "{example}");
    }
}

#[test]
fn one_thread_and_several_give_the_same() {
    let one = at_root(&["test", "examples", "--json", "--threads", "1"]).exits(0);
    let several = at_root(&["test", "examples", "--json", "--threads", "4"]).exits(0);
    assert_eq!(one.stdout, several.stdout);
    assert_eq!(one.json().as_array().map(Vec::len), Some(EXAMPLES));
}

#[test]
fn the_tour_crosses_the_border_both_ways_and_says_who_caught_what() {
    let document = at_root(&["run", "examples/tour", "--json"]).exits(0).json();
    let steps = document["steps"].as_array().expect("steps");
    let appraise = &steps[6]["call"];
    let engine = &appraise["items"][0]["call"];
    assert_eq!((&engine["vm"], &engine["crossing"]), (&"wasm".into(), &true.into()));
    let back = &engine["items"][0]["call"];
    assert_eq!((&back["vm"], &back["crossing"]), (&"evm".into(), &true.into()));
    let leg = &steps[8]["call"]["items"][0]["call"]["fate"];
    assert_eq!(leg["why"]["caughtBy"], "vault");
    assert_eq!(leg["why"]["text"], "TooRisky(score: 8756, limit: 5000)");
}

#[test]
fn a_diff_shows_what_changed_from_what_to_what() {
    let ran = at_root(&["run", "examples/counter-as", "--diff"]).exits(0);
    assert!(ran.stdout.contains("± counter [0x0]  0x29 → 0x2a"), "{}", ran.stdout);
    assert!(ran.stdout.contains("± alice nonce  0 → 1"), "{}", ran.stdout);
    assert!(ran.stdout.contains("± wasm object 0x7374796c"), "the activation record: {}", ran.stdout);
}

#[test]
fn a_diff_shows_accounts_of_other_vms_field_by_field() {
    let ran = at_root(&["run", "examples/spl-vault", "--diff"]).exits(0);
    for line in [
        "± alice-gold.amount  0 → 1000",
        "± gold.supply  0 → 1000",
        "± vault-gold owner  nothing → spl-token",
        "± vault-gold data  nothing → 165 bytes",
        "± vault-gold.owner  nothing → vault",
        "± alice-gold.state  Uninitialized → Initialized",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("svm object"), "no account is shown as a hash: {}", ran.stdout);
}

#[test]
fn verbose_runs_say_how_much_memory_they_took() {
    let ran = at_root(&["run", "examples/counter-as", "-v"]).exits(0);
    ran.says("peak memory").says("ready after");
}

#[test]
fn a_translated_call_is_shown_in_the_callees_terms_and_with_the_bytes_of_both_sides() {
    let ran = at_root(&["run", "examples/spl-vault", "-v", "--log"]).exits(0);
    for text in [
        "⇄ spl-token.transfer_checked(source: vault-gold, mint: gold, destination: bob-gold, authority: vault, amount: 20",
        "✗ InsufficientFunds (1): The account holds too few tokens",
        "input, callee: 0x",
        "log │ Program spl-token invoke",
    ] {
        assert!(ran.stdout.contains(text), "{text:?} is not in:\n{}", ran.stdout);
    }
    let plain = at_root(&["run", "examples/spl-vault"]).exits(0);
    assert!(!plain.stdout.contains("input, callee") && !plain.stdout.contains("log │"));
    let document = at_root(&["run", "examples/spl-vault", "--json"]).exits(0).json();
    let pay = document["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .find(|step| step["call"]["function"] == "pay(bytes32,uint64)");
    let pay = pay.expect("the payment");
    let call = &pay["call"]["items"][0]["call"];
    assert_eq!((&call["accounts"]["source"], &call["args"]["amount"]), (&"vault-gold".into(), &20.into()));
    let crossing = &pay["receipt"]["crossings"][0];
    assert!(crossing["interface"].as_str().is_some_and(|hash| hash.starts_with("0x")), "{crossing}");
    assert!(!pay["receipt"]["programLog"].as_array().expect("a log").is_empty());
}

#[test]
fn a_hooks_refusal_is_read_on_both_sides() {
    let ran = at_root(&["run", "examples/transfer-hook", "--log"]).exits(0);
    assert!(ran.stdout.contains("✗ LimitExceeded(amount: 101, limit: 100)"), "{}", ran.stdout);
    assert!(ran.stdout.contains("log │ Program hook failed with data: 0x"), "{}", ran.stdout);
}
