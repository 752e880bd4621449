//! Wrapped SOL, Token-2022 and its extensions, memos: from both lanes.

mod support;

use support::Sandbox;

#[track_caller]
fn passes(scenario: &str) {
    let sandbox = Sandbox::new();
    sandbox.write("s.toml", scenario);
    sandbox.hexapla(&["test", "s.toml"]).exits(0);
}

#[test]
fn sol_is_wrapped_sent_and_unwrapped() {
    let wsol = "So11111111111111111111111111111111111111112";
    passes(&format!(
        r#"title = "Wrapped SOL"
[accounts]
alice = "100 ether"
[keys]
erin = {{ keypair = true, lamports = 10_000_000_000 }}
dave = {{ keypair = true, lamports = 10_000_000_000 }}
erin-wsol = {{ associated = "erin", mint = "{wsol}" }}
alice-wsol = {{ associated = "alice", mint = "{wsol}" }}
plain = {{ owner = "spl-token", space = 165 }}
rich = {{ owner = "spl-token", space = 165, lamports = 5_000_000 }}
[[step]]
from = "erin"
call = "spl-token.initialize_account3"
accounts = {{ account = "plain", mint = "{wsol}" }}
args = {{ owner = "erin" }}
expect = {{ state = {{ plain = {{ amount = 0 }}, "{wsol}" = {{ decimals = 9, supply = 0, is_initialized = true }} }} }}
[[step]]
label = "what is more than rent is wrapped at once"
from = "erin"
call = "spl-token.initialize_account3"
accounts = {{ account = "rich", mint = "{wsol}" }}
args = {{ owner = "erin" }}
expect = {{ state = {{ rich = {{ amount = 2_960_720 }} }} }}
[[step]]
label = "wrap"
from = "erin"
instructions = [
 {{ call = "system-program.transfer_sol", accounts = {{ destination = "plain" }}, args = [1_000_000] }},
 {{ call = "spl-token.sync_native", accounts = {{ account = "plain" }} }},
]
expect = {{ state = {{ plain = {{ amount = 1_000_000 }} }} }}
[[step]]
from = "erin"
call = "spl-token.transfer_checked"
accounts = {{ source = "plain", mint = "{wsol}", destination = "rich" }}
args = {{ amount = 5, decimals = 9 }}
[[step]]
label = "unwrap"
from = "erin"
call = "spl-token.close_account"
accounts = {{ account = "plain", destination = "dave" }}
expect = {{ state = {{ plain = "none" }} }}
[[step]]
from = "erin"
call = "spl-associated-token-account.create_idempotent"
accounts = {{ wallet = "erin", mint = "{wsol}", associated_token = "erin-wsol", token_program = "spl-token" }}
expect = {{ state = {{ erin-wsol = {{ amount = 0, is_native = {{ tag = 1 }} }} }} }}
[[step]]
label = "a wallet of the EVM wraps as well"
from = "alice"
call = "spl-associated-token-account.createIdempotent"
args = ["alice", "{wsol}", "spl-token"]
[[step]]
from = "alice"
call = "system-program.transferSol"
args = ["alice-wsol", 7]
[[step]]
from = "alice"
call = "spl-token.syncNative"
args = ["alice-wsol"]
expect = {{ state = {{ alice-wsol = {{ amount = 7, owner = "alice" }} }} }}
"#
    ));
}

const FEES: &str = r#"title = "Fees of Token-2022"
[accounts]
alice = "100 ether"
[keys]
erin = { keypair = true, lamports = 10_000_000_000 }
coin = { owner = "spl-token-2022", space = 278 }
erin-coin = { associated = "erin", mint = "coin", token_program = "spl-token-2022" }
alice-coin = { associated = "alice", mint = "coin", token_program = "spl-token-2022" }
[[step]]
from = "alice"
call = "spl-token-2022.initializeTransferFeeConfig"
args = ["coin", ["alice"], ["erin"], 500, 1_000]
[[step]]
from = "erin"
call = "spl-token-2022.initialize_mint2"
accounts = { mint = "coin" }
args = { decimals = 0, mint_authority = "erin", freeze_authority = "none" }
[step.expect.state]
coin = { supply = 0, transfer_fee_config = { withheld_amount = 0, withdraw_withheld_authority = "erin", newer_transfer_fee = { transfer_fee_basis_points = 500, maximum_fee = 1_000 } } }
[[step]]
from = "erin"
call = "spl-associated-token-account.create_idempotent"
accounts = { wallet = "erin", mint = "coin", token_program = "spl-token-2022" }
[[step]]
from = "alice"
call = "spl-associated-token-account.createIdempotent"
args = ["alice", "coin", "spl-token-2022"]
expect = { state = { alice-coin = { immutable_owner = [] } } }
[[step]]
from = "erin"
call = "spl-token-2022.mint_to"
accounts = { mint = "coin", token = "erin-coin" }
args = [1_000]
[[step]]
from = "erin"
call = "spl-token-2022.transfer_checked_with_fee"
accounts = { source = "erin-coin", mint = "coin", destination = "alice-coin" }
args = { amount = 100, decimals = 0, fee = 5 }
expect = { state = { alice-coin = { amount = 95, transfer_fee_amount = { withheld_amount = 5 } } } }
[[step]]
label = "anybody may move what is withheld to the mint"
from = "alice"
call = "spl-token-2022.harvestWithheldTokensToMint"
args = ["coin", "alice-coin"]
[step.expect.state]
alice-coin = { amount = 95, transfer_fee_amount = { withheld_amount = 0 } }
coin = { transfer_fee_config = { withheld_amount = 5 } }
[[step]]
label = "contracts read accounts with extensions, and no account of another kind"
from = "alice"
call = "spl-token-2022.readMintWithExtensions"
args = ["coin"]
[[step]]
from = "alice"
call = "spl-token-2022.readAccountWithExtensions"
args = ["alice-coin"]
[[step]]
from = "alice"
call = "spl-token-2022.readMintWithExtensions"
args = ["alice-coin"]
expect = { fault = "border" }
[[step]]
from = "alice"
call = "spl-token-2022.readMint"
args = ["coin"]
expect = { fault = "border" }
"#;

#[test]
fn extensions_of_token_2022_are_set_used_and_expected_by_name() {
    passes(FEES);
}

#[test]
fn a_wrong_field_of_an_extension_fails_and_an_unknown_one_is_named() {
    let sandbox = Sandbox::new();
    sandbox.write("s.toml", &FEES.replace("withheld_amount = 5 } } } }", "withheld_amount = 6 } } } }"));
    let failed = sandbox.hexapla(&["run", "s.toml"]).exits(1);
    assert!(failed.stdout.contains("alice-coin.transfer_fee_amount.withheld_amount"), "{}", failed.stdout);
    sandbox.write(
        "s.toml",
        &FEES.replace("coin = { transfer_fee_config = { withheld_amount = 5 } }", "coin = { fees = 5 }"),
    );
    sandbox.hexapla(&["test", "s.toml"]).exits(2).says("transfer_fee_config");
}

#[test]
fn metadata_of_any_length_are_read_from_the_mint() {
    passes(
        r#"title = "Metadata"
[accounts]
alice = "100 ether"
[keys]
erin = { keypair = true, lamports = 10_000_000_000 }
coin = { owner = "spl-token-2022", space = 234, lamports = 100_000_000 }
[[step]]
from = "erin"
instructions = [
 { call = "spl-token-2022.initialize_metadata_pointer", accounts = { mint = "coin" }, args = { authority = "erin", metadata_address = "coin" } },
 { call = "spl-token-2022.initialize_mint2", accounts = { mint = "coin" }, args = { decimals = 0, mint_authority = "erin", freeze_authority = "none" } },
 { call = "spl-token-2022.initialize_token_metadata", accounts = { metadata = "coin", update_authority = "erin", mint = "coin" }, args = { name = "Coin", symbol = "CN", uri = "" } },
]
[step.expect.state]
coin = { metadata_pointer = { metadata_address = "coin" }, token_metadata = { name = "Coin", symbol = "CN", update_authority = "erin", additional_metadata = [] } }
[[step]]
from = "erin"
call = "spl-token-2022.update_token_metadata_field"
accounts = { metadata = "coin" }
args = { field = { Key = "site" }, value = "hexapla" }
expect = { state = { coin = { token_metadata = { additional_metadata = [{ key = "site", value = "hexapla" }] } } } }
"#,
    );
}

#[test]
fn memos_and_texts_without_a_length_are_typed_calls_from_both_lanes() {
    passes(
        r#"title = "Memos"
[accounts]
alice = "100 ether"
[keys]
erin = { keypair = true, lamports = 10_000_000_000 }
coin = { owner = "spl-token-2022", space = 82 }
[[step]]
from = "erin"
call = "spl-memo.memo"
args = ["paid"]
[[step]]
from = "alice"
call = "spl-memo.memo"
args = ["paid"]
[[step]]
from = "erin"
call = "spl-token-2022.initialize_mint2"
accounts = { mint = "coin" }
args = { decimals = 2, mint_authority = "erin", freeze_authority = "none" }
[[step]]
from = "alice"
call = "spl-token-2022.uiAmountToAmount"
args = ["coin", "1.5"]
expect = { returns = 150 }
[[step]]
from = "alice"
call = "spl-token-2022.amountToUiAmount"
args = ["coin", 150]
expect = { returns = "1.5" }
"#,
    );
}

#[test]
fn options_of_token_accounts_are_written_as_all_options_are() {
    let scenario = |authority: &str, frozen: &str| {
        let sandbox = Sandbox::new();
        sandbox.write(
            "scenario.toml",
            &format!(
                r#"
[keys]
erin = {{ keypair = true, lamports = "10 sol" }}
gold = {{ keypair = true }}
[[step]]
from = "erin"
instructions = [
    {{ call = "system-program.create_account", accounts = {{ newAccount = "gold" }}, args = {{ lamports = 2_000_000, space = 82, programAddress = "spl-token" }} }},
    {{ call = "spl-token.initialize_mint2", accounts = {{ mint = "gold" }}, args = {{ decimals = 6, mintAuthority = "erin", freezeAuthority = "none" }} }},
]
expect = {{ state = {{ gold = {{ mint_authority = {authority}, freeze_authority = {frozen}, decimals = 6 }} }} }}
"#
            ),
        );
        sandbox.hexapla(&["run", "."])
    };
    scenario("\"erin\"", "\"none\"").exits(0);
    scenario("{ tag = 1, value = \"erin\" }", "\"none\"").exits(0);
    scenario("\"none\"", "\"erin\"").exits(1).says("gold.mint_authority is not as expected");
}
