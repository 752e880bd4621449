//! What `reverts` and `code` match: exact names and exact reasons, at any depth, and nothing less.

mod support;

use support::Sandbox;

const HEAD: &str = "[accounts]\nalice = \"100 ether\"\n[[step]]\ndeploy = \"rt\"\nartefact = \"{cases}/Rt.json\"\n";

/// The exit code of one call of `Rt` with an expectation.
fn tested(call: &str, expect: &str) -> (i32, String) {
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", &format!("{HEAD}[[step]]\n{call}\nexpect = {{ {expect} }}\n"));
    let ran = sandbox.hexapla(&["test", "."]);
    (ran.code, ran.stderr)
}

#[test]
fn a_reason_is_matched_whole_and_whatever_characters_it_has() {
    let why = |reason: &str| format!("call = \"rt.why\"\nargs = ['''{}''']", reason.replace('$', "$$"));
    for reason in ["insufficient funds", "say \"hi\" \\ and go", "", "Err", "a(b, c)", "$x", "ä→\u{1F980}", "0x12"] {
        assert_eq!(tested(&why(reason), &format!("reverts = '''{reason}'''")).0, 0, "{reason:?}");
    }
    for part in ["Err", "s", "insufficient", "insufficient funds.", "Error(\"insufficient\")", "(", "\"", ""] {
        let (code, stderr) = tested(&why("insufficient funds"), &format!("reverts = '''{part}'''"));
        assert_ne!(code, 0, "{part:?}: {stderr}");
    }
    assert_eq!(tested(&why("insufficient funds"), "reverts = \"~sufficient\"").0, 0);
    assert_eq!(tested(&why("insufficient funds"), "reverts = 'Error(\"insufficient funds\")'").0, 0);
    assert_eq!(tested(&why("insufficient funds"), "reverts = \"~deficient\"").0, 1);
    assert_eq!(tested(&why("insufficient funds"), "reverts = \"~\"").0, 2);
}

#[test]
fn an_error_is_matched_by_its_exact_name_and_arguments() {
    let err = "call = \"rt.err\"\nargs = [\"no\"]";
    for holds in ["Denied2", "Denied2(5, \"no\")", "Denied2(_, \"no\")", "~Denied2("] {
        assert_eq!(tested(err, &format!("reverts = '{holds}'")).0, 0, "{holds}");
    }
    for (wrong, code) in
        [("Denied", 1), ("Denied2(6, \"no\")", 1), ("Denied3", 1), ("Denied3(5)", 2), ("Denied2(5)", 2)]
    {
        assert_eq!(tested(err, &format!("reverts = '{wrong}'")).0, code, "{wrong}");
    }
    let (_, stderr) = tested(err, "reverts = \"Denied3\"");
    assert!(stderr.contains("no contract here declares an error `Denied3`"), "{stderr}");
    assert_eq!(tested("call = \"rt.nothing\"", "reverts = \"Denied2\"").0, 1);
}

const HOOK: &str = r#"[accounts]
alice = "100 ether"
[keys]
carol = { keypair = true, lamports = 10_000_000_000 }
coin = { owner = "spl-token-2022", space = 234 }
carol-coins = { owner = "spl-token-2022", space = 171 }
bob-coins = { owner = "spl-token-2022", space = 171 }
[[step]]
deploy = "hook"
artefact = "{contracts}/evm/hook/TransferHook.json"
args = ["spl-token-2022", 100]
[[step]]
call = "spl-token-2022.initializeTransferHook"
args = { mint = "coin", authority = "alice", programId = "hook" }
[[step]]
call = "spl-token-2022.initializeMint2"
args = { mint = "coin", decimals = 6, mintAuthority = "alice", freezeAuthority = [] }
[[step]]
call = "spl-token-2022.initializeAccount3"
args = { account = "carol-coins", mint = "coin", owner = "carol" }
[[step]]
call = "spl-token-2022.initializeAccount3"
args = { account = "bob-coins", mint = "coin", owner = "alice" }
[[step]]
call = "spl-token-2022.mintTo"
args = { mint = "coin", token = "carol-coins", amount = 500 }
"#;

#[test]
fn a_contracts_failure_reads_and_matches_in_solanas_lane_as_in_the_evms() {
    let sandbox = Sandbox::new();
    let transfer = "[[step]]\ncall = \"spl-token-2022.transfer_checked\"\nfrom = \"carol\"\n\
                    accounts = { source = \"carol-coins\", mint = \"coin\", destination = \"bob-coins\" }\n\
                    remaining_accounts = [\"hook\"]\nargs = { amount = 101, decimals = 6 }\n";
    let expect = "expect = { reverts = \"LimitExceeded(101, 100)\", code = 0x68657861 }\n";
    sandbox.write("scenario.toml", &format!("{HOOK}{transfer}{expect}"));
    let ran = sandbox.hexapla(&["run", "."]).exits(0);
    let root = ran.stdout.lines().find(|line| line.contains("transfer_checked(")).unwrap_or_default();
    assert!(root.contains("✗ LimitExceeded(amount: 101, limit: 100)"), "{}", ran.stdout);
    sandbox.write("scenario.toml", &format!("{HOOK}{transfer}expect = {{ reverts = \"x\" }}\n"));
    sandbox.hexapla(&["test", ".", "--update"]).exits(1);
    assert!(sandbox.read("scenario.toml").contains("reverts = \"LimitExceeded(101, 100)\""));
    sandbox.hexapla(&["test", "."]).exits(0);
}

const RAW: &str = r#"[accounts]
alice = "100 ether"
[keys]
usd = { owner = "spl-token", data = ["0x01000000", "alice", { u64 = 0 }, { u8 = 6 }, "0x01", { u32 = 0 }, { word = 0 }] }
a = { owner = "spl-token", space = 165 }
b = { owner = "spl-token", space = 165 }
[bytes]
pay = ["0x030000", { address = "spl-token" }, { word = 0 }, "0xffffffffffffffff", { sized = { invoke = ["writable a", "writable b", "signer evm"], data = ["0x03", { u64 = 7 }] } }]
[[step]]
deploy = "evm"
artefact = "{contracts}/evm/actor/Actor.json"
[[step]]
call = "spl-token.initializeAccount3"
args = ["a", "usd", "evm"]
[[step]]
call = "spl-token.initializeAccount3"
args = ["b", "usd", "evm"]
[[step]]
call = "evm"
raw = "$pay"
static = false
"#;

#[test]
fn a_foreign_failure_is_matched_by_its_name_and_number_inside_of_others() {
    for (expect, code) in [
        ("reverts = \"InsufficientFunds\", code = 1", 0),
        ("reverts = \"ForeignFault\"", 0),
        ("reverts = \"InsufficientFund\"", 1),
        ("code = 2, fault = \"revert\"", 1),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("scenario.toml", &format!("{RAW}expect = {{ {expect} }}\n"));
        sandbox.hexapla(&["test", "."]).exits(code);
    }
}

#[test]
fn a_program_that_sets_no_return_data_returns_nothing_in_both_lanes() {
    let sandbox = Sandbox::new();
    let head = r#"[accounts]
alice = "100 ether"
bob = { balance = 0 }
[keys]
carol = { keypair = true, lamports = 10_000_000_000 }
[[step]]
deploy = "gold"
artefact = "{contracts}/evm/token/Token.json"
interface = true
args = ["Gold", "AU", "5000e18"]
[[step]]
deploy = "gate"
artefact = "{cases}/gatekeeper.so"
[[step]]
call = "gold.transfer"
args = ["gate", 1000]
"#;
    let untyped = head.replace("interface = true\n", "");
    let call = "[[step]]\ncall = \"gate.payIfRich\"\n\
                args = { token = \"gold\", holder = \"alice\", to = \"bob\", minimum = 100, amount = 10 }\n";
    sandbox.write("scenario.toml", &format!("{untyped}{call}"));
    let ran = sandbox.hexapla(&["run", "."]).exits(1);
    assert!(ran.stdout.contains("gold has no interface on this chain: say `interface = true`"), "{}", ran.stdout);
    let evm = "[[step]]\ncall = \"gate.payIfRich\"\n\
               args = { token = \"gold\", holder = \"alice\", to = \"bob\", minimum = 100, amount = 10 }\n\
               expect = { returns = [], views = { \"gold.balanceOf(bob)\" = 10 } }\n";
    let solana = "[[step]]\ncall = \"gate.pay_if_rich\"\nfrom = \"carol\"\naccounts = { token = \"gold\" }\n\
                  args = { holder = \"alice\", to = \"bob\", minimum = 100, amount = 10 }\n\
                  expect = { returns = [], output = \"0x\", views = { \"gold.balanceOf(bob)\" = 20 } }\n";
    sandbox.write("scenario.toml", &format!("{head}{evm}{solana}"));
    let ran = sandbox.hexapla(&["run", "."]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let calls = ran.stdout.lines().filter(|line| line.contains("pay_if_rich("));
    assert!(calls.clone().count() == 2 && calls.clone().all(|line| !line.contains('→')), "{}", ran.stdout);
}
