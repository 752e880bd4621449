//! What Ethereum's transactions say beside their call, libraries, and durable nonces of Solana.

mod support;

use hexapla_primitives::keccak256;
use support::{Ran, Sandbox};

const HEAD: &str = r#"
[accounts]
alice = "100 ether"
bob = "1 ether"
[keys]
erin = { keypair = true, lamports = "10 sol" }
later = { keypair = true }
fresh = {}
[[step]]
deploy = "token"
artifact = "{contracts}/evm/token/Token.json"
args = ["Token", "T", "10e18"]
"#;

fn play(steps: &str) -> (Sandbox, Ran) {
    support::play(&format!("{HEAD}{steps}"))
}

#[test]
fn every_type_of_transaction_is_sent_by_what_the_step_says() {
    play(
        r#"
[[step]]
label = "An account delegates to the token and is the token from then on (EIP-7702)."
call = "token.transfer"
args = ["bob", 1]
delegate = { bob = "token", alice = "token" }
[[step]]
call = "bob"
raw = "0x95d89b41"
static = true
expect = { output = "0x00000000000000000000000000000000000000000000000000000000000000200000000000000000000000000000000000000000000000000000000000000000" }
[[step]]
call = "token.transfer"
args = ["bob", 1]
delegate = { bob = "none" }
[[step]]
check = "the nonces of both have gone on"
expect = {}
[[step]]
call = "token.transfer"
args = ["bob", 1]
nonce = 3
expect = { invalid = "NonceTooLow" }
[[step]]
call = "token.transfer"
args = ["bob", 1]
nonce = 9
expect = { invalid = "NonceTooHigh" }
[[step]]
label = "A list makes the first reading of a slot cheaper (EIP-2930)."
call = "token.transfer"
args = ["bob", 1]
access_list = { token = [0, "0x1"] }
[[step]]
label = "Three blobs are paid for (EIP-4844)."
call = "token.transfer"
from = "bob"
args = ["alice", 1]
blobs = 3
expect = { balance = { bob = 999_999_999_999_606_784 } }
[[step]]
call = "token.transfer"
args = ["bob", 1]
blobs = 7
expect = { invalid = "~blobs" }
[[step]]
label = "With a price, gas is paid (EIP-1559: at most the price, to the beneficiary the priority fee)."
call = "token.transfer"
from = "bob"
args = ["alice", 1]
gas = 100_000
gas_price = "2 gwei"
priority_fee = "1 gwei"
"#,
    )
    .1
    .exits(0);
}

#[test]
fn an_account_with_the_last_nonce_delegates_nothing_and_nothing_panics() {
    let steps = "[[step]]\nset = { nonce = { alice = \"0xffffffffffffffff\" } }\n[[step]]\ncall = \"token.transfer\"\nargs = [\"bob\", 1]\ndelegate = { alice = \"token\" }\nexpect = { invalid = \"NonceOverflowInTransaction\" }\n";
    play(steps).1.exits(0);
}

#[test]
fn words_of_ethereums_transactions_are_checked_before_anything_runs() {
    let call = "[[step]]\ncall = \"token.transfer\"\nargs = [\"bob\", 1]\n";
    for (words, message) in [
        ("delegate = { bob = \"tokn\" }", "did you mean `token`?"),
        ("access_list = { tokn = [] }", "did you mean `token`?"),
        ("access_list = { token = 5 }", "must be a list"),
        ("blobs = 0", "`blobs` goes from 1 to 64"),
        ("gas_price = \"1 sol\"", "counts another coin"),
    ] {
        play(&format!("{call}{words}\n")).1.exits(2).says(message);
    }
    let view = "[[step]]\ncall = \"token.decimals\"\n";
    for words in ["delegate = { bob = \"token\" }", "blobs = 1", "access_list = { token = [] }"] {
        play(&format!("{view}{words}\n")).1.exits(2).says("this step only looks");
    }
    let signed = "[[step]]\nfrom = \"erin\"\ninvoke = \"spl-memo\"\ndata = { text = \"x\" }\n";
    for words in ["nonce = 1", "blobs = 1", "access_list = { token = [] }", "delegate = { bob = \"none\" }"] {
        play(&format!("{signed}{words}\n")).1.exits(2).says("belongs to Ethereum's transactions");
    }
    play(&format!("{call}durable_nonce = \"erin\"\n")).1.exits(2).says("belongs to transactions that a keypair signs");
}

#[test]
fn a_durable_nonce_stands_in_the_place_of_a_blockhash_and_is_used_once() {
    let create = r#"
[[step]]
from = "erin"
instructions = [
    { call = "system-program.create_account", accounts = { newAccount = "later" }, args = { lamports = 2_000_000, space = 80, programAddress = "system-program" } },
    { call = "system-program.initialize_nonce_account", accounts = { nonceAccount = "later" }, args = { nonceAuthority = "erin" } },
]
[[step]]
roll = "+300"
[[step]]
from = "erin"
call = "system-program.transfer_sol"
accounts = { destination = "fresh" }
args = ["1 sol"]
durable_nonce = "later"
expect = { lamports = { fresh = "1 sol" } }
[[step]]
from = "erin"
call = "system-program.transfer_sol"
accounts = { destination = "fresh" }
args = ["1 sol"]
durable_nonce = "later"
expect = { lamports = { fresh = "2 sol" } }
"#;
    play(create).1.exits(0);
    let none = "[[step]]\nfrom = \"erin\"\ninvoke = \"spl-memo\"\ndata = { text = \"x\" }\ndurable_nonce = \"erin\"\n";
    play(none).1.exits(2).says("`erin` holds no durable nonce");
}

/// A library of one function and a contract that calls it, as solc writes them.
#[test]
fn libraries_are_linked_to_contracts_of_earlier_steps() {
    let sandbox = Sandbox::new();
    // Runtime code that returns 42 whatever it is asked, and one that returns what the library returns.
    sandbox.write("Answer.json", r#"{"abi":[],"bytecode":"0x69602a60005260206000f3600052600a6016f3"}"#);
    let hash = keccak256("src/Answer.sol:Answer").to_string();
    let placeholder = format!("__${}$__", &hash[2..36]);
    let runtime = format!("602060006000600073{placeholder}5af45060206000f3");
    let size = runtime.len() / 2;
    let creation = format!("60{size:02x}600c60003960{size:02x}6000f3{runtime}");
    let references = r#"{"src/Answer.sol":{"Answer":[{"start":21,"length":20}]}}"#;
    let abi = r#"[{"type":"function","name":"ask","inputs":[],"outputs":[{"type":"uint256","name":""}],"stateMutability":"view"}]"#;
    sandbox.write(
        "Asker.json",
        &format!(r#"{{"abi":{abi},"bytecode":{{"object":"0x{creation}","linkReferences":{references}}}}}"#),
    );
    let scenario = r#"
[accounts]
alice = "1 ether"
[[step]]
deploy = "answer"
artifact = "Answer.json"
[[step]]
deploy = "asker"
artifact = "Asker.json"
libraries = { Answer = "answer" }
[[step]]
call = "asker.ask"
expect = { returns = 42 }
"#;
    sandbox.write("scenario.toml", scenario);
    sandbox.hexapla(&["run", "."]).exits(0);
    for (from, to, message) in [
        ("{ Answer = \"answer\" }", "{ Answr = \"answer\" }", "there are: src/Answer.sol:Answer"),
        ("{ Answer = \"answer\" }", "{ Answer = \"answr\" }", "did you mean `answer`?"),
        ("libraries = { Answer = \"answer\" }", "", "`libraries = { NAME = \"library\" }`"),
    ] {
        sandbox.write("scenario.toml", &scenario.replace(from, to));
        sandbox.hexapla(&["run", "."]).exits(2).says(message);
    }
}
