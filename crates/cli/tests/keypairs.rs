//! Scenarios whose steps keypairs sign: Solana's lane.

mod support;

use support::{Ran, Sandbox};

const KEYS: &str = r#"
[keys]
carol = { keypair = true, lamports = 10_000_000_000 }
dave = { keypair = true, lamports = 1_000_000_000 }
gold = { keypair = true }
carol-gold = { associated = "carol", mint = "gold" }
dave-gold = { associated = "dave", mint = "gold" }
"#;

/// A mint of Carol, with 100 on her account and none on Dave's.
const MINT: &str = r#"
[[step]]
from = "carol"
instructions = [
    { call = "system-program.create_account", accounts = { new_account = "gold" }, args = [1_461_600, 82, "spl-token"] },
    { call = "spl-token.initialize_mint2", accounts = { mint = "gold" }, args = [6, "carol", "none"] },
    { call = "spl-associated-token-account.create", accounts = { wallet = "carol", mint = "gold", token_program = "spl-token" } },
    { call = "spl-associated-token-account.create", accounts = { wallet = "dave", mint = "gold", token_program = "spl-token" } },
    { call = "spl-token.mint_to", accounts = { mint = "gold", token = "carol-gold" }, args = { amount = 100 } },
]
expect = { state = { gold = { decimals = 6, supply = 100 }, carol-gold = { amount = 100, owner = "carol" } } }
"#;

#[track_caller]
fn played(scenario: &str, code: i32) -> Ran {
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", scenario);
    sandbox.hexapla(&["run", ".", "--log"]).exits(code)
}

#[track_caller]
fn shows(ran: &Ran, texts: &[&str]) {
    for text in texts {
        assert!(ran.stdout.contains(text), "{text:?} is not in:\n{}", ran.stdout);
    }
}

#[test]
fn accounts_are_those_that_are_named_and_those_that_follow_from_the_interface() {
    let transfer = r#"
[[step]]
call = "spl-token.transfer_checked"
from = "carol"
accounts = { source = "carol-gold", mint = "gold", destination = "dave-gold" }
args = { amount = 30, decimals = 6 }
expect = { state = { dave-gold = { amount = 30, owner = "dave" } }, gas_used = 6172 }

[[step]]
from = "carol"
instructions = [
    { call = "spl-token.transfer", accounts = { source = "dave-gold", destination = "carol-gold", authority = "dave" }, args = [1] },
    { invoke = "spl-memo", accounts = ["signer dave"], data = { text = "back" } },
]
expect = { state = { dave-gold = { amount = 29 } } }

[[step]]
call = "spl-token.get_account_data_size"
from = "carol"
accounts = { mint = "gold" }
save = "size"
expect = { returns = 165, output = "0xa500000000000000" }

[[step]]
call = "system-program.transfer_sol"
from = "carol"
accounts = { destination = "dave" }
args = ["$size"]
expect = { lamports = { dave = 1_000_000_165 } }
"#;
    let ran = played(&[KEYS, MINT, transfer].concat(), 0);
    shows(
        &ran,
        &[
            "carol signs 5 instructions",
            "CU] spl-associated-token-account.create(payer: carol, associated_token: dave-gold, wallet: dave, mint: gold",
            "│  └─ [svm 4214 gas, 4214 CU] spl-token.initialize_account3(account: dave-gold, mint: gold, owner: dave)",
            "[svm 6172 gas, 6172 CU] carol: spl-token.transfer_checked(source: carol-gold, mint: gold, destination: dave-gold, authority: carol, amount: 30, decimals: 6)",
            "= 6172 gas: svm 6172 · fee 5000 lamports",
            "└─ [svm 500 gas, 500 CU] spl-memo.memo(memo: \"back\", further accounts: [dave])",
            "log │ Program log: back",
            "get_account_data_size(mint: gold) → 165",
        ],
    );
}

#[test]
fn a_key_without_a_name_is_passed_as_it_is() {
    const KEY: &str = "GhtQ6m4fDtxeZ9KZH4JPCkPTaRAqXXtNKD2rWwgoXhxN";
    // Mint, owner, amount; no delegate, initialised, neither native nor delegated, nobody to close it.
    let rest = format!("0x{}01{}", "00".repeat(36), "00".repeat(56));
    let held = format!("[bytes]\nheld = [\"gold\", \"{KEY}\", {{ u64 = 0 }}, \"{rest}\"]\n");
    let step = format!(
        "[[step]]\ncall = \"spl-token.set_authority\"\nfrom = \"dave\"\naccounts = {{ owned = \"dave-gold\" }}\n\
         args = [\"AccountOwner\", \"{KEY}\"]\nexpect = {{ state = {{ dave-gold = \"$held\" }} }}\n"
    );
    played(&[&held, KEYS, MINT, &step].concat(), 0);
}

#[test]
fn a_failed_transaction_leaves_its_fee_and_says_which_instruction_it_was() {
    let step = r#"
[[step]]
from = "carol"
instructions = [
    { call = "system-program.transfer_sol", accounts = { destination = "dave" }, args = [1_000_000] },
    { call = "spl-token.transfer", accounts = { source = "carol-gold", destination = "dave-gold" }, args = [101] },
    { invoke = "spl-memo", data = { text = "never" } },
]
[step.expect]
reverts = "InsufficientFunds"
code = 1
lamports = { dave = 1_000_000_000 }
"#;
    let ran = played(&[KEYS, MINT, step].concat(), 0);
    shows(
        &ran,
        &[
            "carol signs 3 instructions ✗ InsufficientFunds (1): The account holds too few tokens",
            "├─ [svm 150 gas, 150 CU] system-program.transfer_sol(source: carol, destination: dave, lamports: 1_000_000)  ↶ undone",
            "CU] spl-token.transfer(source: carol-gold, destination: dave-gold, authority: carol, amount: 101) ✗ InsufficientFunds (1)",
            "└─ spl-memo.memo(memo: \"never\")  not reached",
        ],
    );
}

#[test]
fn units_are_bounded_and_priced_and_a_static_step_leaves_nothing() {
    let steps = r#"
[[step]]
invoke = "spl-memo"
from = "dave"
gas = 400
unit_price = 1_000_000
data = { text = "hi" }
expect = { fault = "out-of-gas", gas_used = 400, lamports = { dave = 999_994_600 } }

[[step]]
call = "system-program.transfer_sol"
from = "dave"
static = true
accounts = { destination = "carol" }
args = [5]
expect = { lamports = { dave = 999_994_600, carol = 10_000_000_000 } }

[[step]]
label = "Where there are no accounts, the first keypair sends."
invoke = "system-program"
accounts = ["writable signer carol", "writable dave"]
data = [{ u32 = 2 }, { u64 = 5 }]
expect = { lamports = { dave = 999_994_605, carol = 9_999_994_995 } }

[[step]]
invoke = "system-program"
accounts = ["writable signer carol"]
data = { u32 = 200 }
expect = { reverts = "invalid instruction data" }
"#;
    shows(
        &played(&[KEYS, steps].concat(), 0),
        &["system-program.transfer_sol(source: carol, destination: dave, lamports: 5)"],
    );
}

#[test]
fn a_wallet_calls_a_solidity_contract_by_its_interface() {
    let head = "[accounts]\nalice = \"1 ether\"\n";
    let steps = r#"
[[step]]
deploy = "token"
artefact = "{contracts}/evm/token/Token.json"
interface = true
args = ["Gold", "AU", "5000e18"]

[[step]]
call = "token.transfer"
args = ["carol", "10e18"]

[[step]]
call = "token.transfer"
from = "carol"
args = ["alice", "1e18"]
expect = { returns = true, events = ["Transfer(carol, alice, 1e18)"], views = { "token.balanceOf(carol)" = "9e18" } }

[[step]]
call = "token.balance_of"
from = "carol"
args = { account = "carol" }
save = "balance"
expect = { returns = "9e18" }

[[step]]
call = "token.transfer"
from = "carol"
args = ["alice", "10e18"]
expect = { reverts = "ERC20InsufficientBalance(carol, 9e18, 10e18)", code = 6001 }
"#;
    let ran = played(&[head, KEYS, steps].concat(), 0);
    shows(
        &ran,
        &[
            "token.balance_of(account: carol) → 9e18\n    └─ [evm 2582 gas] ⇄ token.balanceOf(account: carol) → 9e18",
            "token.transfer(to: alice, value: 10e18) ✗ ERC20InsufficientBalance(sender: carol, balance: 9e18, needed: 10e18)\n",
        ],
    );
}

#[test]
fn programs_come_by_their_loader_and_are_upgraded_by_their_authority() {
    let steps = r#"
[[step]]
deploy = "memo"
artefact = "{contracts}/svm/programs/spl_memo-4.0.0.so"
from = "carol"
authority = "dave"
max_len = 5_000

[[step]]
invoke = "memo"
data = { text = "hi" }

[[step]]
upgrade = "memo"
artefact = "{contracts}/svm/price-reader/price-reader.so"
from = "carol"
expect = { reverts = "Incorrect authority provided" }

[[step]]
upgrade = "memo"
artefact = "{contracts}/svm/price-reader/price-reader.so"
from = "carol"
authority = "dave"
unit_price = 1_000_000

[[step]]
call = "memo.value_of"
accounts = { state = "dave", token = "dave", oracle = "dave" }
args = ["dave"]
expect = { code = 3007 }

[[step]]
upgrade = "memo"
artefact = "{contracts}/svm/programs/spl_memo-4.0.0.so"
from = "dave"
authority = "none"

[[step]]
upgrade = "memo"
artefact = "{contracts}/svm/programs/spl_memo-4.0.0.so"
from = "dave"
expect = { reverts = "Account is immutable" }
"#;
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", &[KEYS, steps].concat());
    let ran = sandbox.hexapla(&["run", "."]).exits(0);
    shows(
        &ran,
        &[
            "memo is the program ",
            ", without an interface; dave can upgrade it\n    = 5 transactions by carol, ",
            "the loader's transaction 18 of 18 ✗ Incorrect authority provided",
            "memo has new code; dave can upgrade it\n    = 17 transactions by carol, ",
            "memo has new code; nobody can upgrade it\n    = 6 transactions by dave, ",
        ],
    );
    let document = sandbox.hexapla(&["run", ".", "--json"]).exits(0).json();
    let loaded = &document["steps"][0]["loaded"];
    assert_eq!((&loaded["transactions"], &loaded["planned"]), (&5.into(), &5.into()), "{loaded}");
    assert_eq!(loaded["fee"], "0x3205af767000", "11 signatures of 5000 lamports: {loaded}");
}

#[test]
fn keys_may_stand_in_lookup_tables() {
    // Tag, never deactivated, extended in slot 0 from key 0 on, no authority; then the keys.
    let head = r#"{ u32 = 1 }, { u64 = "0xffffffffffffffff" }, { u64 = 0 }, { u8 = 0 }, { u8 = 0 }"#;
    let table = format!(
        "table = {{ owner = \"address-lookup-table\", data = [{head}, \"0x{}\", \"dave\"] }}\n",
        "00".repeat(34)
    );
    let step = "[[step]]\ncall = \"system-program.transfer_sol\"\nfrom = \"carol\"\ntables = [\"table\"]\n\
                accounts = { destination = \"dave\" }\nargs = [5]\nexpect = { lamports = { dave = 1_000_000_005 } }\n";
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", &[KEYS, &table, step].concat());
    sandbox.hexapla(&["run", "."]).exits(0);
    sandbox.write("scenario.toml", &[KEYS, step].concat().replace("[\"table\"]", "[\"dave\"]"));
    sandbox.hexapla(&["run", "."]).exits(2).says("`dave` is no lookup table");
}

#[test]
fn a_transaction_that_nobody_can_pay_is_no_transaction() {
    let ran = played(&[KEYS, "[[step]]\ninvoke = \"spl-memo\"\nfrom = \"gold\"\n"].concat(), 1);
    for text in ["not accepted: AccountNotFound", "debit an account", "no fee was paid", "scenario.toml:9:10"] {
        assert!(ran.stderr.contains(text), "{text:?} is not in:\n{}", ran.stderr);
    }
}
