//! Proofs: taken from a scenario or a file, accepted where they hold and refused where anything was changed.

mod support;

use serde_json::Value;
use support::{Sandbox, at_root, root};

/// A proof of the tour's end state in a sandbox, and its root.
fn proof(what: &[&str]) -> (Sandbox, Value, String) {
    let sandbox = Sandbox::new();
    let file = sandbox.path().join("proof.json");
    let file = file.to_str().unwrap();
    let ran = at_root(&[&["proof", "examples/tour", "-o", file], what].concat()).exits(0);
    assert_eq!(ran.stdout, "", "the proof went into the file");
    let proof: Value = serde_json::from_str(&sandbox.read("proof.json")).unwrap();
    let root = proof["stateRoot"].as_str().unwrap().to_owned();
    (sandbox, proof, root)
}

#[test]
fn account_and_slot_proofs_are_accepted_in_words() {
    let (sandbox, proof, root) = proof(&["account", "token", "--slot", "2", "--slot", "0x7"]);
    assert_eq!(proof["storageProof"].as_array().map(Vec::len), Some(2));
    let ran = sandbox.hexapla(&["verify-proof", "proof.json", "--root", &root]).exits(0);
    for what in ["proved", "has nonce 1", "its slot 0x2 holds 0x3635c9adc5dea00000 (1000e18)", "its slot 0x7 is empty"]
    {
        assert!(ran.stdout.contains(what), "{what}: {}", ran.stdout);
    }
    let json = sandbox.hexapla(&["verify-proof", "proof.json", "--root", &root, "--json"]).exits(0).json();
    assert_eq!(json["holds"], true);
}

#[test]
fn absent_accounts_and_objects_are_proved_too() {
    let nobody = "0x00000000000000000000000000000000000000ff";
    let (sandbox, _, root) = proof(&["account", nobody]);
    let ran = sandbox.hexapla(&["verify-proof", "proof.json", "--root", &root]).exits(0);
    assert!(ran.stdout.contains("no transactions, no coin and no code"), "{}", ran.stdout);
    let (sandbox, _, root) = proof(&["object", "wasm", "0x1234"]);
    let ran = sandbox.hexapla(&["verify-proof", "proof.json", "--root", &root]).exits(0);
    assert!(ran.stdout.contains("there is no wasm object 0x1234"), "{}", ran.stdout);
}

#[test]
fn what_nodes_answer_about_absent_accounts_is_stated_as_absence() {
    let cases = support::root().join("crates/cli/tests/cases/proofs");
    let root = std::fs::read_to_string(cases.join("root")).unwrap();
    let verified = |name: &str| {
        let file = cases.join(name).display().to_string();
        support::at_root(&["verify-proof", &file, "--root", root.trim()])
    };
    for absent in ["absent-geth-zero.json", "absent-erigon-null-proof.json", "storageproof-null.json"] {
        let ran = verified(absent).exits(0);
        assert!(ran.stdout.contains("there is no account 0x"), "{absent}: {}", ran.stdout);
        assert!(!ran.stdout.contains("has code") && !ran.stdout.contains("storage with"), "{absent}: {}", ran.stdout);
    }
    let ran = verified("value-null-nethermind-old.json").exits(0);
    assert!(ran.stdout.contains("its slot 0x9 is empty") && ran.stdout.contains("its slot 0x0 holds 0x2a"));
    verified("rpc-error.json").exits(2).says("an error of the node").says("block exceeds maximum");
}

#[test]
fn every_changed_field_and_node_is_refused_with_a_reason() {
    for what in [&["account", "token", "--slot", "2"][..], &["object", "wasm", "token"]] {
        let (sandbox, proof, root) = proof(what);
        sandbox.hexapla(&["verify-proof", "proof.json", "--root", &root]).exits(0);
        let mut tried = 0;
        for path in hex_fields(&proof, String::new()) {
            // The root in the file is not believed, so it may say anything.
            if path == "/stateRoot" {
                continue;
            }
            let mut changed = proof.clone();
            let field = changed.pointer_mut(&path).unwrap();
            *field = flipped(field.as_str().unwrap()).into();
            sandbox.write("changed.json", &changed.to_string());
            let ran = sandbox.hexapla(&["verify-proof", "changed.json", "--root", &root]).exits(1);
            assert_eq!(ran.stdout, "", "{path}");
            ran.says("hexapla::proof::wrong").says("help");
            tried += 1;
        }
        assert!(tried > 10, "{tried} fields");
    }
}

#[test]
fn a_changed_field_is_named_with_what_the_proof_says() {
    let (sandbox, proof, root) = proof(&["account", "token", "--slot", "2"]);
    let changed = |path: &str, value: &str, what: &str| {
        let mut changed = proof.clone();
        *changed.pointer_mut(path).unwrap() = value.into();
        sandbox.write("changed.json", &changed.to_string());
        sandbox.hexapla(&["verify-proof", "changed.json", "--root", &root]).exits(1).says(what);
    };
    changed("/nonce", "0x5", "the file says nonce 5, the proof says 1");
    changed("/balance", "0xffff", "the file says balance 65535, the proof says 0");
    changed("/storageProof/0/value", "0x5", "the slot 0x2 holds 0x5, the proof says 0x3635c9adc5dea00000");
    sandbox.hexapla(&["verify-proof", "proof.json", "--root", "0x12"]).exits(2).says("a root has 32 bytes");
}

#[test]
fn another_root_is_refused_whatever_the_file_says() {
    let (sandbox, _, root) = proof(&["account", "alice"]);
    let ran = sandbox.hexapla(&["verify-proof", "proof.json", "--root", &flipped(&root)]).exits(1);
    ran.says("proves nothing under the root");
}

#[test]
fn what_is_no_proof_is_unusable() {
    let sandbox = Sandbox::new();
    let root = format!("0x{}", "00".repeat(32));
    sandbox.write("x.json", "{}");
    sandbox.hexapla(&["verify-proof", "x.json", "--root", &root]).exits(2).says("x.json is not a proof");
    sandbox.write("x.json", "\0");
    sandbox.hexapla(&["verify-proof", "x.json", "--root", &root]).exits(2).says("x.json is not a proof");
    sandbox.hexapla(&["verify-proof", "x.json", "--root", "0x12"]).exits(2);
    sandbox.hexapla(&["verify-proof", "gone.json", "--root", &root]).exits(2).says("gone.json");
}

#[test]
fn unknown_names_vms_and_slots_are_explained() {
    let proof = |what: &[&str]| at_root(&[&["proof", "examples/counter-as"], what].concat()).exits(2);
    proof(&["account", "countre"]).says("did you mean `counter`?");
    proof(&["account", "counter", "--slot", "zero"]).says("slots are numbers");
    proof(&["object", "wsam", "counter"]).says("did you mean `wasm`?");
    proof(&["object", "wasm", "alice"]).says("not a WASM contract");
}

#[test]
fn a_kept_state_gives_the_same_proofs_by_name() {
    let sandbox = Sandbox::new();
    let tour = root().join("examples/tour");
    let tour = tour.to_str().unwrap();
    sandbox.hexapla(&["run", tour, "--db", "state.redb"]).exits(0);
    for what in [&["account", "vault", "--slot", "2"][..], &["object", "wasm", "token"]] {
        let kept = sandbox.hexapla(&[&["proof", "--db", "state.redb"], what].concat()).exits(0);
        let fresh = sandbox.hexapla(&[&["proof", tour], what].concat()).exits(0);
        assert_eq!(kept.stdout, fresh.stdout);
    }
    sandbox.hexapla(&["run", tour, "--db", "state.redb"]).exits(2).says("holds a state already");
}

#[test]
fn accounts_of_other_vms_are_proved_by_name_and_id_and_decoded() {
    let sandbox = Sandbox::new();
    let example = root().join("examples/spl-vault");
    let prove = |key: &str| {
        sandbox.hexapla(&["proof", example.to_str().unwrap(), "object", "svm", key, "-o", "proof.json"]).exits(0)
    };
    let ran =
        prove("bob-gold").says("the svm account bob-gold (").says("belongs to spl-token (").says("  amount = 100");
    assert_eq!(ran.stdout, "");
    let proof: Value = serde_json::from_str(&sandbox.read("proof.json")).unwrap();
    let root = proof["stateRoot"].as_str().unwrap();
    let ran = sandbox.hexapla(&["verify-proof", "proof.json", "--root", root]).exits(0);
    assert!(ran.stdout.contains("  delegate = none"), "{}", ran.stdout);
    // Without names an id is shown as its VM writes it.
    for text in
        ["belongs to spl-token (TokenkegQ", "holds 165 bytes, by the layout Account:", "  amount = 100", "  mint = "]
    {
        assert!(ran.stdout.contains(text), "{text}: {}", ran.stdout);
    }
    let line =
        ran.stdout.lines().find_map(|line| line.trim_start().strip_prefix("the svm account ")).unwrap().to_owned();
    let by_name = sandbox.read("proof.json");
    prove(&line);
    assert_eq!(sandbox.read("proof.json"), by_name, "the id says the same as the name");
    let stated = |what: &[&str], code| {
        sandbox.hexapla(&[&["verify-proof", "proof.json", "--root", root], what].concat()).exits(code)
    };
    stated(&["--account", &line], 0);
    // The interface of another program says nothing about it.
    let system = support::root().join("contracts/svm/idl/system.json");
    let ran = stated(&["--interface", system.to_str().unwrap()], 0);
    assert!(!ran.stdout.contains("by the layout"), "{}", ran.stdout);
    sandbox.hexapla(&[
        "proof",
        example.to_str().unwrap(),
        "account",
        "alice",
        "--slot",
        "0",
        "--slot",
        "1",
        "-o",
        "two.json",
    ]);
    let two: Value = serde_json::from_str(&sandbox.read("two.json")).unwrap();
    let two_root = two["stateRoot"].as_str().unwrap();
    let two = ["verify-proof", "two.json", "--root", two_root, "--slot", "0", "--slot", "1", "--value", "0"];
    sandbox.hexapla(&two).exits(2).says("1 values are stated for 2 slots");
    stated(&["--account", "spl-token"], 1).says("it is about the svm object");
    stated(&["--value", "0x00"], 1).says("the object is");
    prove("spl-token").says("the svm account spl-token");
    let ran = sandbox.hexapla(&["proof", example.to_str().unwrap(), "account", "bob-gold"]).exits(0);
    ran.says("what it holds is proved by `object svm bob-gold`");
}

#[test]
fn an_account_of_ones_own_program_is_decoded_by_its_interface() {
    let sandbox = Sandbox::new();
    sandbox.hexapla(&["init"]).exits(0);
    let prove = ["proof", "lending.scenario.toml", "object", "svm", "valuation", "-o", "proof.json"];
    sandbox.hexapla(&prove).exits(0).says("by the layout Valuation:").says("  holder = alice");
    let proof: Value = serde_json::from_str(&sandbox.read("proof.json")).unwrap();
    let verify = ["verify-proof", "proof.json", "--root", proof["stateRoot"].as_str().unwrap()];
    let plain = sandbox.hexapla(&verify).exits(0).stdout;
    assert!(plain.contains("holds 96 bytes: 0x"), "{plain}");
    let with = |file: &'static str| sandbox.hexapla(&[&verify[..], &["--interface", file]].concat());
    let decoded = with("contracts/price-reader.json").exits(0).stdout;
    assert!(decoded.contains("by the layout Valuation:") && decoded.contains("  value = 150e18"), "{decoded}");
    with("README.md").exits(2).says("README.md is no interface");
    let hostile = sandbox.read("contracts/price-reader.json").replace("\"balance\"", "\"bal\\u001b[2J\"");
    sandbox.write("hostile.json", &hostile);
    let ran = with("hostile.json");
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn what_is_stated_must_be_what_is_proved() {
    let (sandbox, proof, root) = proof(&["account", "token", "--slot", "2", "--slot", "0x7"]);
    let address = proof["address"].as_str().unwrap();
    let stated = |what: &[&str], code| {
        sandbox.hexapla(&[&["verify-proof", "proof.json", "--root", &root], what].concat()).exits(code)
    };
    stated(&["--account", address, "--slot", "2", "--value", "1000e18", "--slot", "7", "--value", "0"], 0);
    stated(&["--slot", "7"], 0);
    stated(&["--account", "0x00000000000000000000000000000000000000ff"], 1).says("it is about the account 0x");
    stated(&["--slot", "3"], 1).says("it says nothing about the slot 0x3");
    let ran =
        stated(&["--slot", "2", "--value", "5"], 1).says("its slot 0x2 holds 0x3635c9adc5dea00000 (1000e18), not 5");
    assert_eq!(ran.stdout, "");
    stated(&["--value", "5"], 1).says("it proves 2 slots");
    stated(&["--slot", "2", "--value", "1", "--value", "2"], 2).says("2 values are stated for 1 slots");
    stated(&["--slot", "two"], 2).says("slots are numbers");
    let json = stated(&["--slot", "3", "--json"], 1).json();
    assert_eq!((&json["holds"], json["proved"].as_array().map(Vec::len)), (&false.into(), Some(0)));
}

#[test]
fn damaged_and_foreign_database_files_are_refused() {
    let sandbox = Sandbox::new();
    let counter = root().join("examples/counter-as");
    let counter = counter.to_str().unwrap();
    sandbox.hexapla(&["run", counter, "--db", "state.redb"]).exits(0);
    let whole = std::fs::read(sandbox.path().join("state.redb")).unwrap();
    let prove = || sandbox.hexapla(&["proof", "--db", "state.redb", "account", "counter"]);
    let expected = prove().exits(0).stdout;
    // Cut off, as after a copy that was interrupted.
    std::fs::write(sandbox.path().join("state.redb"), &whole[..whole.len() / 3]).unwrap();
    prove().exits(2).says("state.redb");
    // Another program's.
    std::fs::write(sandbox.path().join("state.redb"), "just some text").unwrap();
    prove().exits(2).says("state.redb");
    sandbox.hexapla(&["run", counter, "--db", "state.redb"]).exits(2).says("state.redb");
    sandbox.hexapla(&["proof", "--db", "gone.redb", "account", "counter"]).exits(2).says("gone.redb");
    // Flipped bits are found, or hit nothing that matters.
    let mut found = 0;
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        std::fs::write(sandbox.path().join("state.redb"), &damaged).unwrap();
        let ran = prove();
        match ran.code {
            0 => assert_eq!(ran.stdout, expected, "byte {at}"),
            2 => found += 1,
            other => panic!("byte {at}: exit code {other}\n{}", ran.stderr),
        }
    }
    println!("{found} flips were found");
}

/// JSON pointers of all hex texts.
fn hex_fields(value: &Value, path: String) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            fields.iter().flat_map(|(key, value)| hex_fields(value, format!("{path}/{key}"))).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, value)| hex_fields(value, format!("{path}/{index}"))).collect()
        }
        Value::String(text) if text.starts_with("0x") => vec![path],
        _ => Vec::new(),
    }
}

/// The last hex digit changed.
fn flipped(hex: &str) -> String {
    let (head, last) = hex.split_at(hex.len() - 1);
    format!("{head}{}", if last == "1" { "2" } else { "1" })
}

#[test]
fn a_killed_run_leaves_a_database_that_opens_or_none() {
    let tour = root().join("examples/tour");
    for milliseconds in [2, 10, 20, 30, 50] {
        let sandbox = Sandbox::new();
        sandbox.kill_after(milliseconds, &["run", tour.to_str().unwrap(), "--db", "state.redb"]);
        let nobody = "0x00000000000000000000000000000000000000ff";
        let ran = sandbox.hexapla(&["proof", "--db", "state.redb", "account", nobody]);
        match ran.code {
            0 => assert!(ran.json()["stateRoot"].is_string()),
            2 => drop(ran.says("state.redb")),
            other => panic!("after {milliseconds} ms: exit code {other}\n{}", ran.stderr),
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported() {
    let ran = at_root(&["proof", "examples/counter-as", "-o", "/dev/full", "account", "alice"]).exits(2);
    ran.says("/dev/full").says("free some space");
}
