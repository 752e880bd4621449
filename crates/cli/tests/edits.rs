//! Steps that change the chain without a transaction, and transactions that are not accepted.

mod support;

use support::{Ran, Sandbox};

const HEAD: &str = r#"
[accounts]
alice = "100 ether"
bob = 0
[keys]
erin = { keypair = true, lamports = 10_000_000_000 }
poor = { keypair = true, lamports = 4_999 }
fresh = {}
gold = { owner = "spl-token", space = 82 }
[[step]]
deploy = "token"
artefact = "{contracts}/evm/token/Token.json"
args = ["Token", "T", "10e18"]
"#;

/// Plays steps behind a token's deployment.
fn play(steps: &str) -> (Sandbox, Ran) {
    support::play(&format!("{HEAD}{steps}"))
}

#[test]
fn state_is_set_without_a_transaction() {
    play(
        r#"
[[step]]
set = { balance = { bob = "5 ether" }, nonce = { bob = 7 }, storage = { token = { 9 = 42 } } }
expect = { balance = { bob = "5 ether" }, storage = { token = { 9 = 42 } } }
[[step]]
set = { lamports = { fresh = 3_000_000 }, keys = { gold = { owner = "spl-token", data = ["0x01", { u16 = 2 }] } } }
expect = { lamports = { fresh = 3_000_000 }, state = { gold = "0x010200" } }
[[step]]
set = { code = { "0x0000000000000000000000000000000000000abc" = "0x602a60005260206000f3" } }
[[step]]
call = "0x0000000000000000000000000000000000000abc"
raw = "0x"
expect = { output = "0x000000000000000000000000000000000000000000000000000000000000002a" }
[[step]]
prove = "bob"
save = "p"
[[step]]
attach = "nonces"
address = "0x0000000000000000000000000000000000000abc"
like = "token"
[[step]]
call = "nonces.totalSupply"
expect = { returns = 42 }
[[step]]
call = "token.balanceOf"
from = "bob"
args = ["bob"]
expect = { returns = 0 }
"#,
    )
    .1
    .exits(0);
}

#[test]
fn what_cannot_be_set_is_an_error_with_its_place() {
    for (step, message) in [
        ("set = { balanc = { bob = 1 } }", "did you mean `balance`?"),
        ("set = { balance = { bob = -1 } }", "does not fit u256"),
        ("set = { nonce = { bob = \"0x10000000000000000\" } }", "does not fit u64"),
        ("set = { lamports = { fresh = \"1e77\" } }", "does not fit u64"),
        ("set = { code = { bob = \"0xeff00000\" } }", "code of the EVM does not begin with 0xef"),
        ("set = { keys = { nobody = { space = 5 } } }", "there is no account, contract or key `nobody`"),
        ("set = { keys = { gold = { spac = 5 } } }", "did you mean `space`?"),
        ("set = 5", "`set` must be a table"),
        ("attach = \"pair\"\naddress = \"0x00000000000000000000000000000000000000aa\"", "there is no contract at 0x"),
        ("attach = \"pair\"\naddress = \"token\"\nabi = \"x\"\nlike = \"token\"", "`abi` and `like` both say"),
        ("attach = \"token\"\naddress = \"token\"", "the name `token` is taken"),
    ] {
        play(&format!("[[step]]\n{step}\n")).1.exits(2).says(message);
    }
}

#[test]
fn time_and_blocks_go_on_and_never_back() {
    let (_, ran) = play(
        r#"
[[step]]
warp = "+1 day"
[[step]]
warp = 2_000_000_000
[[step]]
roll = "+1_000"
[[step]]
roll = 20_000_000
[[step]]
set = { code = { "0x0000000000000000000000000000000000000abc" = "0x436000524260205260014303401560405260606000f3" } }
[[step]]
call = "0x0000000000000000000000000000000000000abc"
raw = "0x"
expect = { output = "0x0000000000000000000000000000000000000000000000000000000001312d00000000000000000000000000000000000000000000000000000000007866c0fe0000000000000000000000000000000000000000000000000000000000000000" }
[[step]]
from = "erin"
invoke = "spl-memo"
data = { text = "the hash of the newest block is there" }
"#,
    );
    let ran = ran.exits(0);
    assert!(ran.stdout.contains("19_998_998 empty blocks; the next is block 20_000_000"), "{}", ran.stdout);
    for (step, message) in [
        ("warp = 5", "a chain never goes back"),
        ("roll = 1", "a chain never goes back"),
        ("roll = \"+1 day\"", "`roll` cannot be read"),
        ("warp = \"tomorrow\"", "`warp` cannot be read"),
        ("warp = \"+99999999999999999999 days\"", "`warp` cannot be read"),
        ("warp = 18_446_744_073_709_551_615", "at most 9223372036854775807"),
        ("roll = 9_223_372_036_854_775_807", "there are not so many blocks"),
    ] {
        play(&format!("[[step]]\n{step}\n")).1.exits(2).says(message);
    }
}

#[test]
fn what_is_set_takes_the_place_of_all_that_was_there() {
    play(
        r#"
[[step]]
set = { keys = { gold = { owner = "spl-memo", data = "0x0102" } } }
expect = { state = { gold = "0x0102" } }
[[step]]
set = { keys = { gold = { owner = "system-program", lamports = "1 sol" } } }
expect = { state = { gold = "none" }, lamports = { gold = "1 sol" } }
"#,
    )
    .1
    .exits(0);
    let empty = "[[step]]\nset = { storage = { bob = { 0 = 1 } } }\n";
    play(empty).1.exits(2).says("`bob` is an empty account, which keeps no storage");
    let known = "[[step]]\nattach = \"q\"\naddress = \"token\"\n";
    play(known).1.exits(2).says("is `token` already");
}

#[test]
fn names_of_what_was_taken_back_are_free_again() {
    let deploy =
        "[[step]]\ndeploy = \"second\"\nartifact = \"{contracts}/evm/token/Token.json\"\nargs = [\"B\", \"B\", 7]\n";
    let supply = "[[step]]\ncall = \"second.totalSupply\"\nexpect = { returns = 7 }\n";
    let back = "[[step]]\nrollback = \"before\"\n";
    let snapshot = "[[step]]\nsnapshot = \"before\"\n";
    play(&format!("{snapshot}{deploy}{supply}{back}{deploy}{supply}")).1.exits(0);
    play(&format!("{snapshot}{deploy}{back}{supply}")).1.exits(2).says("no account or contract `second` here");
}

#[test]
fn a_snapshot_takes_everything_back_any_number_of_times() {
    let pay = "[[step]]\ncall = \"token.transfer\"\nargs = [\"bob\", 5]\nexpect = { views = { \"token.balanceOf(bob)\" = 5 } }\n";
    let back = "[[step]]\nrollback = \"before\"\nexpect = { views = { \"token.balanceOf(bob)\" = 0 } }\n";
    play(&format!("[[step]]\nsnapshot = \"before\"\n{pay}{back}{pay}{back}")).1.exits(0);
    play("[[step]]\nrollback = \"befor\"\n[[step]]\nsnapshot = \"before\"\n")
        .1
        .exits(2)
        .says("no snapshot is called `befor`");
}

#[test]
fn who_cannot_sign_is_impersonated() {
    play(
        r#"
[[step]]
call = "token.transfer"
args = ["token", 5]
[[step]]
call = "token.transfer"
from = "token"
impersonate = true
args = ["bob", 3]
expect = { events = ["Transfer(token, bob, 3)"] }
[[step]]
set = { lamports = { fresh = 3_000_000 } }
[[step]]
from = "erin"
call = "system-program.transfer_sol"
accounts = { source = "fresh", destination = "poor" }
args = [1_000_000]
impersonate = true
expect = { lamports = { fresh = 2_000_000 } }
[[step]]
call = "token.balanceOf"
from = "token"
args = ["token"]
expect = { returns = 2 }
"#,
    )
    .1
    .exits(0);
    let unsigned = "[[step]]\nfrom = \"erin\"\ncall = \"system-program.transfer_sol\"\naccounts = { source = \"fresh\", destination = \"poor\" }\nargs = [1]\n";
    play(unsigned).1.exits(2).says("`fresh` cannot sign: it is no keypair");
    let contract = "[[step]]\ncall = \"token.transfer\"\nfrom = \"token\"\nargs = [\"bob\", 0]\n";
    play(contract).1.exits(1).says("`impersonate = true` sends in their name");
}

#[test]
fn a_transaction_that_is_not_accepted_can_be_expected() {
    play(
        r#"
[[step]]
call = "token.transfer"
from = "token"
args = ["bob", 0]
expect = { invalid = "RejectCallerWithCode" }
[[step]]
call = "token.transfer"
value = "1000 ether"
args = ["bob", 0]
expect = { invalid = "~lack of funds", balance = { alice = "100 ether" } }
[[step]]
from = "poor"
invoke = "spl-memo"
data = { text = "one lamport less than the fee" }
expect = { invalid = "InsufficientFundsForFee", lamports = { poor = 4_999 } }
[[step]]
deploy = "second"
artefact = "{contracts}/evm/token/Token.json"
args = ["Token", "T", "10e18"]
gas = 60_000_000_000
expect = { invalid = "TxGasLimitGreaterThanCap" }
[[step]]
call = "token.transfer"
args = ["bob", 1]
"#,
    )
    .1
    .exits(0);
}

#[test]
fn what_is_accepted_or_refused_for_another_reason_does_not_hold_and_is_updated() {
    let wrong = "[[step]]\ncall = \"token.transfer\"\nvalue = \"1000 ether\"\nargs = [\"bob\", 0]\nexpect = { invalid = \"NonceTooLow\" }\n";
    let accepted = "[[step]]\ncall = \"token.transfer\"\nargs = [\"bob\", 0]\nexpect = { invalid = \"NonceTooLow\" }\n";
    let (sandbox, ran) = play(&format!("{wrong}{accepted}"));
    let ran = ran.exits(1);
    ran.says("observed LackOfFundForMaxFee").says("observed the transaction was accepted");
    sandbox.hexapla(&["test", ".", "--update"]);
    sandbox.hexapla(&["test", "."]).exits(0);
    assert!(sandbox.read("scenario.toml").contains("invalid = \"LackOfFundForMaxFee\""));
    let call = "[[step]]\ncall = \"token.transfer\"\nargs = [\"bob\", 0]\n";
    let both = format!("{call}expect = {{ invalid = \"x\", returns = true }}\n");
    play(&both).1.exits(2).says("`returns` is compared where a step succeeds");
    for dead in ["reverts = \"x\"", "fault = \"trap\"", "code = 5", "gas_used = 5", "events = []", "output = \"0x\""] {
        let both = format!("{call}nonce = 7\nexpect = {{ invalid = \"NonceTooHigh\", {dead} }}\n");
        play(&both).1.exits(2).says("this one shall not be accepted");
    }
    // Executed, and failed: what then holds is written at once.
    let failed = call.replace(", 0]", ", \"1e30\"]");
    let steps = [
        format!("{failed}expect = {{ invalid = \"~q\" }}\n"),
        format!("{call}nonce = 9\nexpect = {{ reverts = \"x\" }}\n"),
        format!("{failed}expect = {{ code = 3 }}\n"),
    ];
    let (sandbox, ran) = play(&steps.concat());
    ran.exits(1).says("observed not accepted: NonceTooHigh");
    sandbox.hexapla(&["test", ".", "--update"]);
    sandbox.hexapla(&["test", "."]).exits(0);
    let host = "[[step]]\ncall = \"token.transfer\"\nargs = [\"bob\"]\nexpect = { invalid = \"~\" }\n";
    play(host).1.exits(2).says("takes 2 arguments, 1 given");
}

#[test]
fn owners_and_creators_register_interfaces_by_a_transaction() {
    let (_, ran) = play(
        r#"
[[step]]
label = "Alice has created the token, and says how others call it."
register = "token"
interface = "{contracts}/evm/token/Token.json"
[[step]]
label = "A wallet of Solana calls it typed."
from = "erin"
call = "token.balanceOf"
args = ["alice"]
expect = { returns = "10e18" }
"#,
    );
    let ran = ran.exits(0);
    assert!(ran.stdout.contains("hexapla.setInterfaceOfCreated(account: token, nonce: 0"), "{}", ran.stdout);
    let stranger = "[[step]]\nregister = \"token\"\nfrom = \"bob\"\ninterface = \"{contracts}/evm/token/Token.json\"\nexpect = { reverts = \"~it has no owner\" }\n";
    play(stranger).1.exits(0);
    let none = "[[step]]\nregister = \"token\"\ninterface = \"none.json\"\n";
    play(none).1.exits(2).says("none.json");
    play("[[step]]\nregister = \"tokn\"\ninterface = \"none.json\"\n").1.exits(2).says("did you mean `token`?");
}
