//! Deployments: constructors that are functions, interfaces of which items are left out.

mod support;

use support::Sandbox;

const HEAD: &str = "[accounts]\nalice = \"100 ether\"\n";
const PROGRAM: &str = "[[step]]\ndeploy = \"c\"\nartefact = \"{cases}/ctor.wasm\"\nabi = \"{cases}/ctor2.abi.json\"\n";

fn scenario(steps: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", &format!("{HEAD}{steps}"));
    sandbox
}

#[test]
fn a_constructor_of_a_stylus_program_runs_in_its_deployment_and_never_again() {
    let again = "[[step]]\ncall = \"c\"\nraw = \"0x5585258d000000000000000000000000000000000000000000000000000000000000030a\"\n\
                 expect = { reverts = \"\" }\n";
    let look = "[[step]]\ncall = \"c.totalSupply\"\nexpect = { returns = 777 }\n";
    let ran = scenario(&format!("{PROGRAM}args = [777]\n{look}{again}{look}")).hexapla(&["run", "."]).exits(0);
    assert!(ran.stdout.contains("deploys c"), "{}", ran.stdout);
    assert!(ran.stdout.contains("⇄ c.constructor(supply: 777)"), "{}", ran.stdout);
}

#[test]
fn a_constructor_that_refuses_fails_the_deployment() {
    let refuses_coin = format!("{PROGRAM}args = [777]\nvalue = 1\nexpect = {{ fault = \"revert\" }}\n");
    let check = "[[step]]\ncheck = \"nothing was sent\"\nexpect = { balance = { alice = \"100 ether\" } }\n";
    scenario(&format!("{refuses_coin}{check}")).hexapla(&["run", "."]).exits(0);
    let ran = scenario(&format!("{PROGRAM}args = [777]\nvalue = 1\n")).hexapla(&["run", "."]).exits(1);
    assert!(ran.stdout.contains("stopped at step 1") || ran.stderr.contains("status"), "{}", ran.stdout);
}

#[test]
fn arguments_and_coin_for_a_program_without_a_constructor_are_refused() {
    let plain = "[[step]]\ndeploy = \"c\"\nartefact = \"{contracts}/wasm/erc20/erc20.wasm\"\n";
    scenario(&format!("{plain}args = [7]\n")).hexapla(&["run", "."]).exits(2).says("constructor");
    let ran = scenario(&format!("{plain}value = 7\n")).hexapla(&["run", "."]).exits(2);
    assert!(ran.stderr.contains("`c` has no constructor that could take coin"), "{}", ran.stderr);
    let none = format!("{}args = []\n", PROGRAM);
    scenario(&none).hexapla(&["run", "."]).exits(2).says("constructor(u256 supply) takes 1 argument, 0 given");
}

#[test]
fn a_program_that_is_put_into_the_state_takes_neither_coin_nor_gas_nor_arguments() {
    let program = "[[step]]\ndeploy = \"p\"\nartefact = \"{contracts}/svm/actor/actor.so\"\n";
    for (more, says) in [("value = 5", "no `value`"), ("gas = 5", "no `gas`"), ("args = [1]", "takes 0 arguments")] {
        scenario(&format!("{program}{more}\n")).hexapla(&["run", "."]).exits(2).says(says);
    }
}

#[test]
fn a_deployment_says_what_is_left_out_of_the_interface() {
    let program = "[[step]]\ndeploy = \"p\"\nartefact = \"{contracts}/svm/actor/actor.so\"\nabi = \"idl.json\"\n";
    let sandbox = scenario(program);
    let instruction = |name: &str| {
        format!(r#"{{"name":"{name}","accounts":[],"args":[{{"name":"x","type":{{"defined":"Nothing"}}}}]}}"#)
    };
    let idl = |names: &[&str]| {
        let all = names.iter().map(|name| instruction(name)).collect::<Vec<_>>().join(",");
        format!(r#"{{"version":"0.1.0","name":"p","instructions":[{all}],"accounts":[]}}"#)
    };
    sandbox.write("idl.json", &idl(&["one"]));
    let reason = "left out of its interface: instruction `one` (the IDL does not define the type \"Nothing\")";
    let ran = sandbox.hexapla(&["run", ".", "--json"]).exits(0);
    assert!(ran.stdout.contains(&reason.replace('"', "\\\"")), "{}", ran.stdout);
    sandbox.write("idl.json", &idl(&["a", "b", "c", "d", "e"]));
    let ran = sandbox.hexapla(&["run", ".", "--json"]).exits(0);
    assert!(ran.stdout.contains("instruction `c`") && ran.stdout.contains("and 2 more"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("instruction `d`"), "{}", ran.stdout);
}

#[test]
fn the_value_alone_is_expected_of_a_struct_with_one_field() {
    let steps = r#"[keys]
p = { owner = "feed", data = ["0x693673f63ad842b2", { u64 = 42 }], lamports = 2_000_000 }
[[step]]
deploy = "feed"
artefact = "{contracts}/svm/actor/actor.so"
abi = "idl.json"
[[step]]
call = "feed.readPriceUpdate"
args = ["p"]
expect = { returns = 42 }
[[step]]
call = "feed.readPriceUpdate"
args = ["p"]
expect = { returns = { price = 42 } }
"#;
    let idl = r#"{"version":"0.1.0","name":"feed","instructions":[{"name":"noop","accounts":[],"args":[]}],
        "accounts":[{"name":"priceUpdate","type":{"kind":"struct","fields":[{"name":"price","type":"i64"}]}}]}"#;
    let sandbox = scenario(steps);
    sandbox.write("idl.json", idl);
    sandbox.hexapla(&["test", "."]).exits(0);
    let sandbox = scenario(&steps.replace("returns = 42 }", "returns = 43 }"));
    sandbox.write("idl.json", idl);
    sandbox.hexapla(&["test", "."]).exits(1);
}
