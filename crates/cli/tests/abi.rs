//! `hexapla abi`: interfaces, values and calls in every ABI.

mod support;

use support::Sandbox;

const IDL: &str = r#"{
  "address": "Stake11111111111111111111111111111111111111",
  "metadata": {"name": "stake", "version": "1.0.0", "spec": "0.1.0"},
  "instructions": [{
    "name": "add_stake",
    "discriminator": [1, 2, 3, 4, 5, 6, 7, 8],
    "accounts": [{"name": "pool", "writable": true}, {"name": "owner", "signer": true}],
    "args": [{"name": "amount", "type": "u64"}]
  }],
  "errors": [{"code": 6000, "name": "TooMuch", "msg": "The pool is full"}]
}"#;

#[test]
fn an_interface_is_shown_as_it_is_and_as_others_see_it() {
    let sandbox = Sandbox::new();
    sandbox.write("stake.json", IDL);
    let own = sandbox.hexapla(&["abi", "inspect", "stake.json"]).exits(0).stdout;
    assert!(own.contains("add_stake") && own.contains("account pool, writable"), "{own}");
    let shown = sandbox.hexapla(&["abi", "inspect", "stake.json", "--as", "solidity"]).exits(0).stdout;
    assert!(shown.contains("addStake(bytes32,uint64)"), "{shown}");
    let json = sandbox.hexapla(&["abi", "inspect", "stake.json", "--as", "solidity", "--json"]).exits(0).stdout;
    assert!(json.contains(r#""addStake""#), "{json}");
    let explained = sandbox.hexapla(&["abi", "explain", "stake.json", "addStake", "--as", "solidity"]).exits(0).stdout;
    assert!(explained.contains("amount"), "{explained}");
}

#[test]
fn a_call_is_encoded_decoded_and_translated() {
    let sandbox = Sandbox::new();
    sandbox.write("stake.json", IDL);
    let pool = format!("0x{}", "07".repeat(32));
    let encode = ["abi", "encode", "stake.json", "addStake", &pool, "9", "--as", "solidity"];
    let call = sandbox.hexapla(&encode).exits(0).stdout;
    let call = call.trim();
    let decoded = sandbox.hexapla(&["abi", "decode", "stake.json", call, "--as", "solidity"]).exits(0).stdout;
    assert!(decoded.contains("addStake(bytes32,uint64)") && decoded.contains('9'), "{decoded}");
    let translated = sandbox.hexapla(&["abi", "translate", "stake.json", call, "--from", "solidity"]).exits(0).stdout;
    assert!(translated.contains(&format!("account {pool}")), "{translated}");
    assert!(translated.trim().ends_with("0x01020304050607080900000000000000"), "{translated}");
    let own = sandbox.hexapla(&["abi", "decode", "stake.json", "0x01020304050607080900000000000000"]).exits(0).stdout;
    assert!(own.contains("add_stake"), "{own}");
    let error = sandbox.hexapla(&["abi", "decode", "stake.json", "0x70170000", "--error"]).exits(0).stdout;
    assert!(error.contains("TooMuch"), "{error}");
}

#[test]
fn input_that_cannot_be_used_is_explained() {
    let sandbox = Sandbox::new();
    sandbox.write("stake.json", IDL);
    sandbox.write("none.json", "{}");
    sandbox.hexapla(&["abi", "inspect", "none.json"]).exits(2).says("no interface");
    sandbox.hexapla(&["abi", "inspect", "missing.json"]).exits(2).says("missing.json");
    sandbox.hexapla(&["abi", "encode", "stake.json", "add_steak", "1"]).exits(2).says("add_stake");
    sandbox.hexapla(&["abi", "encode", "stake.json", "add_stake", "-1"]).exits(2);
    sandbox.hexapla(&["abi", "decode", "stake.json", "0x0102"]).exits(2);
    sandbox.hexapla(&["abi", "translate", "stake.json", "0xffffffff", "--from", "solidity"]).exits(2);
    sandbox.hexapla(&["abi", "explain", "stake.json", "nothing", "--as", "solidity"]).exits(2).says("addStake");
}
