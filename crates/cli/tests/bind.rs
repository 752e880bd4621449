//! `hexapla bind`: files and streams, addresses in both forms, and what is said about input that cannot be used.

mod support;

use support::{Sandbox, at_root};

const ABI: &str = r#"[{"type":"function","name":"depositFor","stateMutability":"payable",
    "inputs":[{"name":"owner","type":"address"}],"outputs":[{"name":"shares","type":"uint256"}]}]"#;

#[test]
fn each_language_goes_to_a_file_or_a_folder() {
    let sandbox = Sandbox::new();
    sandbox.write("Bank.json", ABI);
    let bind = |args: &[&str]| sandbox.hexapla(&[&["bind", "Bank.json", "--to"], args].concat()).exits(0);
    assert!(bind(&["solidity"]).stdout.contains("interface IBank {"));
    assert!(bind(&["typescript", "--name", "Safe"]).stdout.contains("export const safeAbi = ["));
    bind(&["anchor", "--out", "bank.json"]).says("wrote bank.json");
    assert!(sandbox.read("bank.json").contains(r#""name": "deposit_for""#));
    bind(&["rust", "--out", "cpi"]);
    assert!(sandbox.read("cpi/Cargo.toml").contains("bank-cpi"));
    assert!(sandbox.read("cpi/src/lib.rs").contains("pub mod deposit_for {"));
    // What was generated is an interface again.
    let again = sandbox.hexapla(&["bind", "bank.json", "--to", "solidity"]).exits(0);
    assert!(again.stdout.contains("function depositFor("), "{}", again.stdout);
}

#[test]
fn an_address_is_written_in_the_form_of_the_language() {
    let sandbox = Sandbox::new();
    sandbox.write("Bank.json", ABI);
    let (canonical, id) = (format!("0x{}", "11".repeat(20)), format!("0x{}", "22".repeat(32)));
    let bind = |to, address: &str| sandbox.hexapla(&["bind", "Bank.json", "--to", to, "--address", address]);
    assert!(bind("solidity", &canonical).exits(0).stdout.contains(&format!("address constant BANK = {canonical};")));
    bind("anchor", &id).exits(0);
    bind("solidity", &id).exits(2).says("give the canonical address");
    bind("solidity", "0x12").exits(2).says("0x12 is no address");
}

#[test]
fn input_that_cannot_be_used_is_explained() {
    let sandbox = Sandbox::new();
    sandbox.write("Bank.json", ABI);
    sandbox.write("x.json", "{}");
    sandbox.hexapla(&["bind", "Bank.json", "--to", "rust"]).exits(2).says("name a folder with --out");
    sandbox.hexapla(&["bind", "x.json", "--to", "rust"]).exits(2).says("x.json is no interface that can be used");
    sandbox.hexapla(&["bind", "gone.json", "--to", "rust"]).exits(2).says("gone.json");
}

#[test]
fn where_a_contract_stands_is_checked_and_known_ids_are_kept() {
    let bind = |address: &str, to: &str| {
        at_root(&["bind", "contracts/svm/idl/spl-token.json", "--to", to, "--address", address])
    };
    let wrong = "0x5FbDB2315678afecb367f032d93F642f64180aA3";
    bind(wrong, "solidity").exits(2).says("wrong checksum");
    let program = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
    for address in [program, "0x0CaF53CBb5439310EbAe2FfA995B1De76a882485"] {
        assert!(bind(address, "anchor").exits(0).stdout.contains(program), "{address}");
    }
}
