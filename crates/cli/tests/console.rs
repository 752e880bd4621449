//! Lines that contracts write to the console of Hardhat and Foundry.

mod support;

use support::Sandbox;

#[test]
fn what_contracts_say_to_the_console_stands_in_the_tree_even_if_they_fail() {
    let sandbox = Sandbox::new();
    let console = "000000000000000000636f6e736f6c652e6c6f67";
    // Hands its call data on to the console, and then fails.
    let tell = format!("0x3660006000376000600036600073{console}5afa60006000fd");
    let line = format!("0xb60e72cc{:064x}{:064x}{:064x}{:0<64}", 64, 41, 2, "6869");
    sandbox.write(
        "scenario.toml",
        &format!(
            r#"
[accounts]
alice = "1 ether"
console = 0
[[step]]
set = {{ code = {{ "0x0000000000000000000000000000000000000abc" = "{tell}" }} }}
[[step]]
call = "0x0000000000000000000000000000000000000abc"
raw = "{line}"
expect = {{ fault = "revert" }}
"#
        ),
    );
    let ran = sandbox.hexapla(&["run", "."]).exits(0);
    assert!(ran.stdout.contains("console.log(\"hi\", 41)"), "{}", ran.stdout);
    let trees = sandbox.hexapla(&["run", ".", "--json"]).json();
    assert_eq!(trees["steps"][1]["call"]["items"][0]["call"]["function"], "log(string,uint256)");
}
