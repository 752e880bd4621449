//! `hexapla check`: contracts of all VMs, accepted with their price or refused by the rule they break.

mod support;

use support::{Sandbox, at_root};

fn cost(document: &serde_json::Value, what: &str) -> Option<u64> {
    let costs = document["costs"].as_array().expect("costs");
    costs.iter().find(|cost| cost["what"].as_str().is_some_and(|known| known.starts_with(what)))?["gas"].as_u64()
}

#[test]
fn committed_contracts_of_every_vm_are_accepted_with_their_price() {
    for (file, vm) in [
        ("contracts/evm/vault4626/Vault4626.json", "evm"),
        ("contracts/wasm/compute/compute.wasm", "wasm"),
        ("contracts/svm/price-reader/price-reader.so", "svm"),
    ] {
        let document = at_root(&["check", file, "--json"]);
        if vm == "evm" {
            // Its constructor takes arguments.
            assert!(document.exits(0).json()["doubt"].as_str().is_some_and(|why| why.contains("constructor takes")));
            continue;
        }
        let document = document.exits(0).json();
        assert_eq!((&document["vm"], &document["accepted"]), (&vm.into(), &true.into()), "{file}");
        assert!(document["deployment"]["gas"].as_u64().is_some_and(|gas| gas > 21_000), "{file}: {document}");
        assert!(document["counts"].as_array().is_some_and(|counts| counts.len() > 2), "{file}");
    }
}

#[test]
fn what_debuggers_need_of_a_module_is_not_deployed() {
    let sandbox = Sandbox::new();
    let module = std::fs::read(support::root().join("contracts/wasm/erc20/erc20.wasm")).unwrap();
    // A custom section of 300,002 bytes, with a name of one.
    let section = [&[0, 0xe2, 0xa7, 0x12, 1, b'x'][..], &[7; 300_000]].concat();
    std::fs::write(sandbox.path().join("big.wasm"), [module, section].concat()).unwrap();
    let big = sandbox.hexapla(&["check", "big.wasm", "--json"]).exits(0).json();
    let small = at_root(&["check", "contracts/wasm/erc20/erc20.wasm", "--json"]).exits(0).json();
    assert_eq!((&big["counts"], &big["deployment"]), (&small["counts"], &small["deployment"]));
}

#[test]
fn the_price_of_activation_is_part_of_what_the_deployment_costs() {
    let document = at_root(&["check", "contracts/wasm/erc20/erc20.wasm", "--json"]).exits(0).json();
    let (activation, all) = (cost(&document, "activation"), document["deployment"]["gas"].as_u64());
    assert!(activation.is_some_and(|gas| gas > 100_000) && all > activation, "{document}");
}

#[test]
fn limits_stand_beside_those_of_the_chains_that_the_vm_comes_from() {
    let document = at_root(&["check", "contracts/wasm/erc20/erc20.wasm", "--json"]).exits(0).json();
    let count = |what: &str| {
        let counts = document["counts"].as_array().expect("counts");
        counts.iter().find(|count| count["what"] == what).cloned().unwrap_or_else(|| panic!("{what}: {document}"))
    };
    assert_eq!((&count("globals")["limit"], &count("globals")["limitAtHome"]), (&1_024.into(), &32_768.into()));
    assert_eq!(count("bytes of code in the state")["limit"], 24_576);
    assert_eq!(count("gas of its transaction")["limit"], 1 << 24);
    assert!(count("bytes of the module")["found"] == 42_522 && count("imports")["limitAtHome"].is_null());
    let text = at_root(&["check", "contracts/wasm/erc20/erc20.wasm"]).exits(0).stdout;
    assert!(text.contains("on Stylus") && text.contains("42_522     262_144       262_144"), "{text}");
}

#[test]
fn what_a_deployment_takes_is_told_apart_into_fee_and_deposit() {
    let document = at_root(&["check", "contracts/svm/price-reader/price-reader.so", "--json"]).exits(0).json();
    let deployment = &document["deployment"];
    // 18 signatures and one of the program of 5000 lamports each; rent for 12,400 + 45 and 36 bytes, and 128 for each account.
    let rent = (12_445 + 128 + 36 + 128) * 6_960;
    assert_eq!(deployment["deposit"], format!("{} lamports", hexapla_abi::text::group(rent.try_into().unwrap())));
    assert!(deployment["fee"].as_str().is_some_and(|fee| fee.ends_with(" lamports")), "{deployment}");
    let evm = at_root(&["check", "contracts/evm/token/Token.json", "A", "B", "5", "--json"]).exits(0).json();
    assert!(evm["deployment"]["deposit"].is_null() && evm["deployment"]["fee"].is_null(), "{evm}");
}

#[test]
fn a_constructor_runs_with_the_arguments_behind_the_file() {
    let token = |arguments: &[&str]| at_root(&[&["check", "contracts/evm/token/Token.json"], arguments].concat());
    let ran = token(&["Gold", "AU", "5000e18"]).exits(0);
    assert!(ran.stdout.contains("bytes of code in the state") && ran.stdout.ends_with("accepted\n"), "{}", ran.stdout);
    token(&["Gold"]).exits(2).says("cannot be deployed like this").says("behind the file");
}

#[test]
fn what_is_refused_says_by_which_rule_and_exits_with_one() {
    let sandbox = Sandbox::new();
    let refused = |file: &str, rule: &str| {
        let json = sandbox.hexapla(&["check", file, "--json"]).exits(1).json();
        assert_eq!((&json["accepted"], &json["refusal"]["rule"]), (&false.into(), &rule.into()), "{file}");
        let ran = sandbox.hexapla(&["check", file]).exits(1);
        assert!(ran.stdout.contains(&format!("refused by {rule}: ")), "{}", ran.stdout);
    };
    std::fs::write(sandbox.path().join("empty.wasm"), b"\0asm\x01\0\0\0").expect("a file");
    refused("empty.wasm", "wasm::export");
    std::fs::write(sandbox.path().join("cut.so"), b"\x7fELF\x02\x01\x01").expect("a file");
    refused("cut.so", "svm::elf");
    // PUSH0 PUSH0 REVERT; 24,577 zeros as code; creation code above the limit; code that begins with 0xEF.
    sandbox.write("revert.hex", "5f5ffd");
    refused("revert.hex", "evm::revert");
    sandbox.write("large.hex", "6160015ff3");
    refused("large.hex", "evm::create");
    sandbox.write("creation.hex", &"00".repeat(49_153));
    refused("creation.hex", "evm::creation-size");
    sandbox.write("ef.hex", "60ef5f5360015ff3");
    refused("ef.hex", "evm::create");
    // JUMPDEST PUSH0 JUMP: for ever.
    sandbox.write("loop.hex", "5b5f56");
    refused("loop.hex", "evm::out-of-gas");
    let ran = sandbox.hexapla(&["check", "loop.hex"]).exits(1);
    assert!(ran.stdout.contains("at most 16_777_216 gas"), "{}", ran.stdout);
}

#[test]
fn bytecode_is_read_as_hex_under_any_name_and_as_bytes() {
    let sandbox = Sandbox::new();
    for (name, bytes) in
        [("code", &b"0x60015ff3\n"[..]), ("code.hex", b"60015ff3"), ("code.bin", &[0x60, 1, 0x5f, 0xf3, 0])]
    {
        std::fs::write(sandbox.path().join(name), bytes).expect("a file");
        assert_eq!(sandbox.hexapla(&["check", name, "--json"]).exits(0).json()["accepted"], true, "{name}");
    }
}

#[test]
fn code_that_leaves_none_is_no_contract_and_says_so() {
    let sandbox = Sandbox::new();
    let json = std::fs::read_to_string(support::root().join("contracts/evm/lender/Lender.json")).expect("an artefact");
    let artefact: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    sandbox.write("stop.hex", "00");
    assert!(sandbox.hexapla(&["check", "stop.hex"]).exits(0).stdout.contains("not refused, but deployed without code"));
    sandbox.write("runtime.hex", artefact["deployedBytecode"]["object"].as_str().expect("code"));
    sandbox.hexapla(&["check", "runtime.hex"]).exits(1);
}

#[test]
fn what_is_no_contract_is_unusable() {
    let sandbox = Sandbox::new();
    sandbox.hexapla(&["check", "gone.so"]).exits(2).says("gone.so");
    sandbox.write("Vault.sol", "contract Vault {}");
    sandbox.hexapla(&["check", "Vault.sol"]).exits(2).says("is source code").says("compile it");
    sandbox.write("text.json", "hello");
    sandbox.hexapla(&["check", "text.json"]).exits(2);
}

#[test]
fn what_to_do_is_said_in_options_of_this_command() {
    let sandbox = Sandbox::new();
    let contract = r#"{"abi":[],"evm":{"bytecode":{"object":"6000"}}}"#;
    sandbox.write("two.json", &format!(r#"{{"contracts":{{"a.sol":{{"A":{contract},"B":{contract}}}}}}}"#));
    sandbox.hexapla(&["check", "two.json"]).exits(2).says("`--contract NAME`");
    let placeholder = format!("__${}$__", "a".repeat(34));
    sandbox.write("unlinked.json", &format!(r#"{{"abi":[],"bytecode":"0x73{placeholder}"}}"#));
    sandbox.hexapla(&["check", "unlinked.json"]).exits(2).says("forge build --libraries");
}
