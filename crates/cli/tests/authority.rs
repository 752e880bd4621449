//! What a wallet may not write, no call from another VM may.

mod support;

use support::Sandbox;

const HEAD: &str = r#"[accounts]
alice = "100 ether"
[keys]
erin = { keypair = true, lamports = 10_000_000_000 }
state = { owner = "actor", space = 64, lamports = 100_000_000 }
[bytes]
pay = ["0x030000", { address = "system-program" }, { word = 0 }, "0xffffffffffffffff", { sized = { invoke = ["writable signer evm", "writable KEY"], data = ["0x02000000", { u64 = 2000000 }] } }]
[[step]]
deploy = "actor"
artefact = "{contracts}/svm/actor/actor.so"
[[step]]
deploy = "evm"
artefact = "{contracts}/evm/actor/Actor.json"
[[step]]
call = "system-program.transferSol"
args = ["evm", 10_000_000]
"#;
const REFUSED: &str = "expect = { reverts = \"instruction changed the balance of a read-only account\" }\n";
const RESERVED: [&str; 6] = [
    "Vote111111111111111111111111111111111111111",
    "Stake11111111111111111111111111111111111111",
    "SysvarC1ock11111111111111111111111111111111",
    "Config1111111111111111111111111111111111111",
    "BPFLoaderUpgradeab1e11111111111111111111111",
    "Feature111111111111111111111111111111111111",
];

#[test]
fn reserved_keys_are_read_only_for_wallets_users_and_contracts_alike() {
    for key in RESERVED {
        let mut text = HEAD.replace("KEY", key);
        for sender in ["erin", "alice"] {
            text += &format!(
                "[[step]]\nfrom = \"{sender}\"\ninvoke = \"system-program\"\n\
                 accounts = [\"writable signer {sender}\", \"writable {key}\"]\n\
                 data = [\"0x02000000\", {{ u64 = 2000000 }}]\n{REFUSED}"
            );
        }
        text += &format!("[[step]]\nfrom = \"alice\"\ncall = \"evm\"\nraw = \"$pay\"\nstatic = false\n{REFUSED}");
        let sandbox = Sandbox::new();
        sandbox.write("scenario.toml", &text);
        let ran = sandbox.hexapla(&["run", "."]);
        assert_eq!(ran.code, 0, "{key}: {}", ran.stdout);
    }
}

#[test]
fn a_program_that_is_called_is_read_only_unless_its_loader_is_there_in_both_lanes() {
    let mut text = HEAD.replace("KEY", RESERVED[0]);
    for sender in ["erin", "alice"] {
        for (loader, expect) in [("", REFUSED), (", \"BPFLoaderUpgradeab1e11111111111111111111111\"", "")] {
            text += &format!(
                "[[step]]\nfrom = \"{sender}\"\ninvoke = \"actor\"\naccounts = [\"writable state\", \"writable actor\"{loader}]\n\
                 data = [\"0x210001\", \"0x00000000000f4b00\"]\n{expect}"
            );
        }
    }
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", &text);
    let ran = sandbox.hexapla(&["run", "."]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}
