//! Deployments of contracts whose constructor is a function.

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
