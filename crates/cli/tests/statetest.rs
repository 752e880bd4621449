//! `hexapla statetest` on small cases of our own, and on the real ones where there are any.

mod support;

use std::path::Path;
use support::Sandbox;

/// A transfer of 1 wei on Cancun; `hash` is the expected root.
fn case(hash: &str) -> String {
    serde_json::json!({ "transfer": {
        "env": {
            "currentCoinbase": "0x2adc25665018aa1fe0e6bc666dac8fc2697ff9ba", "currentDifficulty": "0x20000",
            "currentGasLimit": "0x5f5e100", "currentNumber": "0x1", "currentTimestamp": "0x3e8", "currentBaseFee": "0x0",
            "currentRandom": format!("0x{}", "00".repeat(32)), "currentExcessBlobGas": "0x0",
        },
        "pre": { "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b": { "balance": "0xde0b6b3a7640000", "code": "0x", "nonce": "0x0", "storage": {} } },
        "transaction": {
            "data": ["0x"], "gasLimit": ["0x5208"], "gasPrice": "0x0", "nonce": "0x0", "value": ["0x1"],
            "sender": "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b", "to": "0x1000000000000000000000000000000000000000",
            "secretKey": "0x45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8",
        },
        "post": { "Cancun": [{
            "indexes": { "data": 0, "gas": 0, "value": 0 }, "hash": hash, "txbytes": "0x",
            "logs": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
        }] },
    } })
    .to_string()
}

#[test]
fn a_wrong_root_fails_with_both_roots_and_the_right_one_passes() {
    let sandbox = Sandbox::new();
    sandbox.write("tests/transfer.json", &case(&format!("0x{}", "11".repeat(32))));
    let wrong = sandbox.hexapla(&["statetest", "tests"]).exits(1);
    assert!(wrong.stdout.contains("0 pass, 1 fail") && wrong.stdout.contains("transfer [Cancun d0 g0 v0]"));
    let root = wrong.stdout.split("state root is ").nth(1).and_then(|rest| rest.split(',').next()).unwrap();

    sandbox.write("tests/transfer.json", &case(root));
    assert!(sandbox.hexapla(&["statetest", "tests"]).exits(0).stdout.contains("1 pass, 0 fail"));
    let json = sandbox.hexapla(&["statetest", "tests", "--json"]).exits(0).json();
    assert_eq!((json["passed"].as_u64(), json["failed"].as_u64()), (Some(1), Some(0)));
    sandbox.hexapla(&["statetest", "tests", "--filter", "nothing of this name"]).exits(2).says("lets no case through");

    sandbox.write("list", "[[failure]]\nfile = \"transfer.json\"\nreason = \"it is listed although it passes\"\n");
    let listed = sandbox.hexapla(&["statetest", "tests", "--expected-failures", "list"]).exits(1);
    assert!(listed.stdout.contains("1 pass unexpectedly"));
}

#[test]
fn bad_input_says_what_is_wrong() {
    let sandbox = Sandbox::new();
    sandbox.hexapla(&["statetest", "."]).exits(2).says("no state tests");
    sandbox.hexapla(&["statetest", "missing"]).exits(2).says("missing");
    sandbox.write("broken.json", "{ \"transfer\": 7 }");
    assert!(sandbox.hexapla(&["statetest", "."]).exits(1).stdout.contains("not a state test"));
    sandbox.write("list", "[[failure]]\nfiel = \"x\"\nreason = \"y\"\n");
    sandbox.hexapla(&["statetest", ".", "--expected-failures", "list"]).exits(2).says("fiel");
}

#[test]
fn a_file_without_cases_and_a_fork_that_nobody_knows_fail() {
    let sandbox = Sandbox::new();
    for (name, text) in
        [("empty", "{}".to_owned()), ("none", case("0x00").replace("\"Cancun\":[", "\"Cancun\":[],\"London\":[]}}}//"))]
    {
        let text = text.split("//").next().unwrap_or_default().to_owned();
        sandbox.write(&format!("{name}.json"), &text);
        let ran = sandbox.hexapla(&["statetest", &format!("{name}.json")]).exits(1);
        assert!(ran.stdout.contains("the file has no cases"), "{}", ran.stdout);
    }
    let fork = case(&format!("0x{}", "11".repeat(32))).replace("Cancun", "Atlantis");
    sandbox.write("fork.json", &fork);
    let ran = sandbox.hexapla(&["statetest", "fork.json"]).exits(1);
    assert!(ran.stdout.contains("the fork is not one of mainnet's"), "{}", ran.stdout);
}

#[test]
fn a_fee_that_no_transaction_can_have_is_refused_with_a_sentence() {
    let sandbox = Sandbox::new();
    let fees = format!("\"maxFeePerGas\":\"0x{0}\",\"maxPriorityFeePerGas\":\"0x{0}\"", "ff".repeat(32));
    let text = case(&format!("0x{}", "11".repeat(32))).replace("\"gasPrice\":\"0x0\"", &fees);
    sandbox.write("fee.json", &text);
    let ran = sandbox.hexapla(&["statetest", "fee.json"]).exits(1);
    assert!(ran.stdout.contains("maxPriorityFeePerGas is larger than 2^128 - 1 wei"), "{}", ran.stdout);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

#[test]
fn ethereums_own_tests_pass() {
    let Some(root) = std::env::var_os("HEXAPLA_FIXTURES") else {
        eprintln!("skipped ethereums_own_tests_pass: HEXAPLA_FIXTURES is not set");
        return;
    };
    // A part of them; `cargo xtask ci` runs all with the release binary.
    for part in ["stCreate2", "stRevertTest", "stSStoreTest", "Cancun"] {
        let folder = Path::new(&root).join("ethereum-state-tests").join(part);
        let folder = folder.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        support::at_root(&["statetest", &folder.display().to_string()]).exits(0);
    }
}
