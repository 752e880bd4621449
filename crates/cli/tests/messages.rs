//! What messages say to people who made a common mistake.

mod support;

use support::Sandbox;

const HEAD: &str = r#"
[accounts]
alice = "100 ether"
[keys]
erin = { keypair = true, lamports = "10 sol" }
usd = { keypair = true }
[[step]]
deploy = "token"
artifact = "{contracts}/evm/token/Token.json"
args = ["Token", "T", "10e18"]
"#;

#[track_caller]
fn says(steps: &str, messages: &[&str]) {
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", &format!("{HEAD}[[step]]\n{steps}\n"));
    sandbox.write("Token.sol", "contract Token {}");
    sandbox.write("token.hex", "6000");
    let ran = sandbox.hexapla(&["run", "."]);
    // Long lines are broken, within words too where nothing else helps.
    let seen = format!("{}{}", ran.stdout, ran.stderr).replace(['\n', '│'], " ");
    let seen = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_ne!(ran.code, 0, "{seen}");
    for message in messages {
        assert!(seen.contains(message), "{message:?} is not in:\n{seen}");
    }
}

#[test]
fn a_name_that_is_nearly_right_is_suggested() {
    says("call = \"token.transfer\"\nargs = [\"alise\", 1]", &["nor a known name", "did you mean `alice`?"]);
    let mint = "from = \"erin\"\ncall = \"spl-token.initialize_mint2\"\naccounts = { mint = \"usd\" }\nargs = { decimals = 6, mintAuthority = \"erinn\", freezeAuthority = \"none\" }";
    says(mint, &["\"erinn\"", "did you mean `erin`"]);
    says(
        "call = \"spl-token.readAccount\"\nargs = [\"usdd\"]",
        &["no key is called `usdd`", "did you mean `usd`", "base58"],
    );
}

#[test]
fn what_is_missing_or_given_twice_is_named() {
    let call = |args: &str| format!("call = \"token.transfer\"\nargs = {args}");
    says(&call("{ to = \"alice\" }"), &["the argument `value` of transfer(address,uint256) is missing"]);
    says(&call("{ to = \"alice\", To = \"alice\" }"), &["is given twice"]);
    says(&call("{ to = \"alice\", valu = 1 }"), &["has no argument `valu`", "did you mean `value`?"]);
    says(
        "deploy = \"b\"\nartifact = \"token.hex\"\nargs = [1]",
        &["nothing is known about the constructor", "`abi = \"FILE\"`"],
    );
}

#[test]
fn units_coin_and_gas_are_explained() {
    says(
        "call = \"token.transfer\"\nargs = [\"alice\", \"1.5 eth\"]",
        &["\"1.5 eth\" is no number with a unit", "\"1.5 ether\""],
    );
    says("call = \"token.transfer\"\nargs = [\"alice\", 1]\nvalue = 1", &["transfer is not payable"]);
    says(
        "call = \"token.transfer\"\nargs = [\"alice\", 1]\nvalue = \"1000 ether\"",
        &["the sender has 100 ether and needs 1000 ether"],
    );
    says("call = \"token.transfer\"\nargs = [\"alice\", 1]\ngas = 999_999_999", &["raise `tx_gas_cap` in `[chain]`"]);
}

#[test]
fn files_of_the_wrong_kind_are_recognised() {
    says("deploy = \"b\"\nartifact = \"Token.sol\"", &["Token.sol is source code", "compile it, and name the result"]);
    says("deploy = \"b\"\nartifact = \"token.hex\"\nartefact = \"token.hex\"", &["has no key `artefact`"]);
}

#[test]
fn types_of_arguments_are_checked_before_anything_runs() {
    let sandbox = Sandbox::new();
    let steps = "[[step]]\ncall = \"token.transfer\"\nargs = [\"alice\", 1]\n[[step]]\ncall = \"token.transfer\"\nargs = [\"alice\", true]\n";
    sandbox.write("scenario.toml", &format!("{HEAD}{steps}"));
    let ran = sandbox.hexapla(&["run", "."]).exits(2);
    assert_eq!(ran.stdout, "");
    ran.says("argument 2 `value` of transfer(address,uint256)");
}
