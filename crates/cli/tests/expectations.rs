//! Expectations that do not hold: exit code 1, expected and observed, and `--update`.

mod support;

use support::Sandbox;

const SCENARIO: &str = r#"# A comment that stays.
[accounts]
alice = "1 ether"
bob = 0

[[step]]
deploy = "token"
artefact = "{contracts}/evm/token/Token.json"
args = ["Token", "T", "10e18"]

[[step]]
label = "a transfer" # why
call = "token.transfer"
args = ["bob", "1e18"]
[step.expect]
returns = false # really?
events = ["Transfer(bob, alice, _)"]
gas_used = 1
views = { "token.balanceOf(bob)" = 7 } # too little
balance = { alice = 0 }
storage = { token = { 2 = 1 } }

[[step]]
call = "token.transfer"
args = ["bob", "100e18"]

[[step]]
call = "token.transfer"
args = ["bob", 1]
expect = { reverts = "ERC20InvalidReceiver" }

[[step]]
call = "token.transfer"
args = ["bob", "100e18"]
expect = { reverts = "ERC20InsufficientBalance(bob, 1, _)" }

[[step]]
check = "the state"
expect = { balance = { bob = 5 } }
"#;

#[test]
fn what_does_not_hold_is_shown_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", SCENARIO);
    let ran = sandbox.hexapla(&["run", "."]).exits(1);
    for what in [
        "step 2: returns is not as expected",
        "step 2: events is not as expected",
        "step 2: gas used is not as expected",
        "step 2: token.balanceOf(bob) is not as expected",
        "step 2: balance of alice is not as expected",
        "step 2: slot 2 of token is not as expected",
        "step 3: status is not as expected",
        "step 4: status is not as expected",
        "step 5: reverts is not as expected",
        "step 6: balance of bob is not as expected",
        "observed true",
        "observed failure: ERC20InsufficientBalance(sender: alice, balance: 9e18, needed: 100e18)",
        "scenario.toml:16:11",
    ] {
        assert!(ran.stderr.contains(what), "{what:?} is not in:\n{}", ran.stderr);
    }
    assert!(ran.stdout.contains("10 of 13 checks do not hold"), "{}", ran.stdout);
    assert!(ran.stdout.contains("expected  false\n"), "{}", ran.stdout);
}

#[test]
fn json_stays_a_document_when_expectations_fail() {
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", SCENARIO);
    let document = sandbox.hexapla(&["run", ".", "--json"]).exits(1).json();
    assert_eq!(document["ok"], false);
    let tests = sandbox.hexapla(&["test", ".", "--json"]).exits(1).json();
    assert_eq!(tests[0]["failures"].as_array().map(Vec::len), Some(10));
}

#[test]
fn update_writes_what_was_observed_and_keeps_the_rest() {
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", SCENARIO);
    sandbox.hexapla(&["test", ".", "--update"]).exits(1).says("10 expectations updated");
    let updated = sandbox.read("scenario.toml");
    for kept in ["# A comment that stays.", "label = \"a transfer\" # why", "# really?", "# too little"] {
        assert!(updated.contains(kept), "{kept}:\n{updated}");
    }
    for new in [
        "returns = [true] # really?",
        "events = [\"token.Transfer(alice, bob, 1e18)\"]",
        "\"token.balanceOf(bob)\" = \"1e18\"",
        "expect = { reverts = \"ERC20InsufficientBalance(alice, 9e18, 100e18)\" }",
    ] {
        assert!(updated.contains(new), "{new}:\n{updated}");
    }
    let ran = sandbox.hexapla(&["test", "."]).exits(0);
    assert!(ran.stdout.contains("1 passed"), "{}", ran.stdout);
    sandbox.hexapla(&["test", ".", "--update"]).exits(0);
    assert_eq!(sandbox.read("scenario.toml"), updated, "what holds is left alone");
}

#[test]
fn a_failed_deployment_ends_the_scenario() {
    let sandbox = Sandbox::new();
    sandbox.write("revert.hex", "5f5ffd");
    let scenario = "[accounts]\nalice = 1\n[[step]]\ndeploy = \"x\"\nartefact = \"revert.hex\"\n[[step]]\ncall = \"x\"\nraw = \"0x\"\n";
    sandbox.write("scenario.toml", scenario);
    let ran = sandbox.hexapla(&["run", "."]).exits(1);
    assert!(ran.stdout.contains("stopped at step 1"), "{}", ran.stdout);
    ran.says("observed failure: reverts without a reason");
}

#[test]
fn an_unusable_scenario_does_not_hide_the_others() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "a/scenario.toml",
        "[accounts]\nalice = 5\n[[step]]\ncheck = \"x\"\nexpect = { balance = { alice = 5 } }\n",
    );
    sandbox.write("b.scenario.toml", "nonsense");
    let ran = sandbox.hexapla(&["test", "."]).exits(2);
    assert!(ran.stdout.contains("pass  ./a"), "{}", ran.stdout);
    assert!(ran.stdout.contains("FAIL  ./b.scenario.toml"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 passed, 1 failed"), "{}", ran.stdout);
    ran.says("not valid TOML");
}
