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
    let in_base58 = "US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx";
    assert!(translated.contains(&format!("account {in_base58}")), "{translated}");
    assert!(translated.trim().ends_with("0x01020304050607080900000000000000"), "{translated}");
    let own = sandbox.hexapla(&["abi", "decode", "stake.json", "0x01020304050607080900000000000000"]).exits(0).stdout;
    assert!(own.contains("add_stake"), "{own}");
    let error = sandbox.hexapla(&["abi", "decode", "stake.json", "0x70170000", "--error"]).exits(0).stdout;
    assert!(error.contains("TooMuch"), "{error}");
}

#[test]
fn an_interface_is_printed_as_the_bytes_that_a_chain_keeps() {
    let sandbox = Sandbox::new();
    sandbox.write("stake.json", IDL);
    let bytes = sandbox.hexapla(&["abi", "wire", "stake.json"]).exits(0).stdout;
    let bytes = hexapla_primitives::hex::decode(bytes.trim()).unwrap();
    assert_eq!(hexapla_abi::Interface::from_bytes(&bytes).unwrap(), hexapla_abi::Interface::detect(IDL).unwrap());
    sandbox.hexapla(&["abi", "wire", "none.json"]).exits(2).says("none.json");
}

#[test]
fn failures_that_no_interface_declares_are_decoded_too() {
    let sandbox = Sandbox::new();
    sandbox.write("bank.json", r#"[{"type": "function", "name": "f", "inputs": [], "outputs": []}]"#);
    sandbox.write("stake.json", IDL);
    let word = |number: u64| format!("{number:064x}");
    let reason = format!("0x08c379a0{}{}{:0<64}", word(0x20), word(2), "6e6f");
    let panic = format!("0x4e487b71{}", word(0x11));
    let decoded = |data: &str| sandbox.hexapla(&["abi", "decode", "bank.json", data, "--error"]);
    assert_eq!(decoded(&reason).exits(0).stdout, "Error(string)\n  \"no\"\n");
    assert_eq!(decoded(&panic).exits(0).stdout, "Panic(uint256): arithmetic overflow\n  17\n");
    decoded("0x12345678").exits(2).says("0x12345678");
    sandbox.hexapla(&["abi", "decode", "stake.json", &panic, "--error"]).exits(2);
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

/// The one line of a command's result.
fn line(sandbox: &Sandbox, args: &[&str]) -> String {
    sandbox.hexapla(args).exits(0).stdout.trim().to_owned()
}

#[test]
fn keys_are_read_and_shown_as_their_users_write_them() {
    let sandbox = Sandbox::new();
    let idl = |ty: &str| {
        IDL.replace(
            r#""args": [{"name": "amount", "type": "u64"}]"#,
            &format!(r#""args": [{{"name": "to", "type": {ty}}}]"#),
        )
    };
    sandbox.write("one.json", &idl(r#""pubkey""#));
    sandbox.write("many.json", &idl(r#"{"vec": {"option": "pubkey"}}"#));
    let key = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
    let hex = "06ddf6e1d765a193d9cbe146ceeb79ac1cb485ed5f5b37913a8cf5857eff00a9";
    let call = line(&sandbox, &["abi", "encode", "one.json", "add_stake", key]);
    assert_eq!(call, format!("0x0102030405060708{hex}"));
    assert_eq!(line(&sandbox, &["abi", "encode", "one.json", "add_stake", &format!("0x{hex}")]), call);
    assert!(line(&sandbox, &["abi", "decode", "one.json", &call]).ends_with(key));
    let json = line(&sandbox, &["abi", "decode", "one.json", &call, "--json"]);
    assert!(json.contains(&format!("\"{key}\"")), "{json}");
    let call = line(&sandbox, &["abi", "encode", "many.json", "add_stake", &format!("[some({key}), none]")]);
    assert!(line(&sandbox, &["abi", "decode", "many.json", &call]).ends_with(&format!("[some({key}), none]")));
    // In another ABI an account is 32 bytes and a key in the data an address; both may be said as keys.
    let call = line(&sandbox, &["abi", "encode", "one.json", "addStake", key, key, "--as", "solidity"]);
    assert!(call[10..].starts_with(hex), "{call}");
    sandbox.hexapla(&["abi", "encode", "one.json", "add_stake", "nobody"]).exits(2).says("nobody");
}

#[test]
fn ids_of_starknet_and_fuel_are_read_and_shown_as_their_users_write_them() {
    let sandbox = Sandbox::new();
    let cairo = r#"[{"type": "function", "name": "balance_of", "inputs": [{"name": "account",
        "type": "core::starknet::contract_address::ContractAddress"}], "outputs": [], "state_mutability": "view"}]"#;
    sandbox.write("cairo.json", cairo);
    let digits = "49d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7";
    let call = line(&sandbox, &["abi", "encode", "cairo.json", "balance_of", &format!("0x{digits}")]);
    assert!(call.ends_with(&format!("0{digits}")), "{call}");
    let shown = line(&sandbox, &["abi", "decode", "cairo.json", &call]);
    assert!(shown.ends_with(&format!("0x0{digits}")), "{shown}");
    let fuel = r#"{"programType": "contract", "specVersion": "1", "encodingVersion": "1",
        "concreteTypes": [{"type": "()", "concreteTypeId": "0"}, {"type": "struct std::contract_id::ContractId",
        "concreteTypeId": "1", "metadataTypeId": 0}, {"type": "b256", "concreteTypeId": "2"}],
        "metadataTypes": [{"type": "struct std::contract_id::ContractId", "metadataTypeId": 0,
        "components": [{"name": "bits", "typeId": "2"}]}],
        "functions": [{"name": "mint", "inputs": [{"name": "id", "concreteTypeId": "1"}], "output": "0"}]}"#;
    sandbox.write("fuel.json", fuel);
    let id = "0xf8f8b6283d7fa5b672b530cbb84fcccb4ff8dc40f8176ef4544ddb1f1952ad07";
    let call = line(&sandbox, &["abi", "encode", "fuel.json", "mint", id]);
    assert!(call.ends_with(&id[2..]), "{call}");
    assert!(line(&sandbox, &["abi", "decode", "fuel.json", &call]).ends_with(id));
}

#[test]
fn what_a_file_leaves_open_is_said_with_what_is_made_of_it() {
    let sandbox = Sandbox::new();
    let old = r#"{"types": [{"typeId": 0, "type": "u64"}, {"typeId": 1, "type": "()"}], "functions": [{"name": "f",
        "inputs": [{"name": "x", "type": 0}], "output": {"name": "", "type": 1}}]}"#;
    sandbox.write("old.json", old);
    sandbox.hexapla(&["abi", "encode", "old.json", "f", "7"]).exits(0).says("`encoding`: the file does not say it");
    sandbox.write("new.json", &old.replacen('{', r#"{"encoding": "1", "#, 1));
    let ran = sandbox.hexapla(&["abi", "encode", "new.json", "f", "7"]).exits(0);
    assert_eq!(ran.stderr, "");
}

#[test]
fn failures_that_no_interface_declares_are_known() {
    let sandbox = Sandbox::new();
    sandbox.write("bank.json", r#"[{"type": "function", "name": "f", "inputs": [], "outputs": []}]"#);
    let failure = |data: &str| line(&sandbox, &["abi", "decode", "bank.json", data, "--error"]);
    let word = |text: &str| format!("{text:0>64}");
    let reason = format!("0x08c379a0{}{}{:0<64}", word("20"), word("2"), "6869");
    assert_eq!(failure(&reason), "Error(string)\n  \"hi\"");
    assert_eq!(failure(&format!("0x4e487b71{}", word("11"))), "Panic(uint256): arithmetic overflow\n  17");
    assert_eq!(
        failure(&format!("0x4e487b71{}", word("77"))),
        "Panic(uint256): not a code that Solidity defines\n  119"
    );
    let balance = format!("0xe450d38c{}{}{}", word("5"), word("1"), word("2"));
    let shown = failure(&balance);
    let head = "ERC20InsufficientBalance(address,uint256,uint256): the sender has too few tokens\n";
    assert!(shown.starts_with(head), "{shown}");
    let json = line(&sandbox, &["abi", "decode", "bank.json", &balance, "--error", "--json"]);
    assert!(json.contains(r#""meaning""#), "{json}");
    sandbox.hexapla(&["abi", "decode", "bank.json", "0x12345678", "--error"]).exits(2).says("0x12345678");
    sandbox.hexapla(&["abi", "decode", "bank.json", "0x", "--error"]).exits(2);
}

#[test]
fn texts_of_a_file_cannot_forge_lines_or_reach_the_terminal() {
    let sandbox = Sandbox::new();
    let message = r#""one\n  error Good() 0x00\u001b[32m green\u202e""#;
    sandbox
        .write("n.json", &IDL.replace(r#""The pool is full""#, message).replace(r#""stake""#, r#""n\u001b[31mame""#));
    let shown = sandbox.hexapla(&["abi", "inspect", "n.json"]).exits(0).stdout;
    let line = r"  error TooMuch() one\n  error Good() 0x00\u{1b}[32m green\u{202e}";
    assert!(shown.starts_with(r"n\u{1b}[31mame (Borsh)") && shown.lines().any(|shown| shown == line), "{shown}");
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
}

#[test]
fn one_contract_of_a_file_with_several_is_chosen() {
    let sandbox = Sandbox::new();
    let contract = |name: &str| format!(r#"{{"abi":[{{"type":"function","name":"{name}","inputs":[]}}]}}"#);
    let output = format!(r#"{{"contracts":{{"A.sol":{{"A":{}}},"B.sol":{{"B":{}}}}}}}"#, contract("a"), contract("b"));
    sandbox.write("out.json", &output);
    let refused = sandbox.hexapla(&["bind", "out.json", "--to", "solidity"]).exits(2).stderr;
    assert!(refused.contains("A.sol:A, B.sol:B") && refused.contains("--contract NAME"), "{refused}");
    let bound = sandbox.hexapla(&["bind", "out.json", "--to", "solidity", "--contract", "B"]).exits(0).stdout;
    assert!(bound.contains("interface IB {") && bound.contains("function b()"), "{bound}");
    let shown = sandbox.hexapla(&["abi", "inspect", "out.json", "--contract", "A.sol:A"]).exits(0).stdout;
    assert!(shown.starts_with("A (Solidity)\n  a()"), "{shown}");
}
