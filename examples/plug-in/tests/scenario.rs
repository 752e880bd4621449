//! The scenario of the calculator holds: its toolkit serves whatever a scenario asks.

use calc_vm::{toolkits, vms};
use hexapla::VmConfig;
use hexapla_scenario::{CheckOptions, Engine, check_dir};
use std::path::Path;

#[test]
fn a_wallet_deploys_and_calls_and_solidity_calls_the_same_contract() {
    let engine = Engine::new(vms(VmConfig::default()).unwrap(), toolkits());
    let options = CheckOptions { engine: Some(engine), ..CheckOptions::default() };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/calc.toml");
    let summary = check_dir(file, &options).unwrap();
    assert!(summary.is_success(), "{summary}");
    assert_eq!(summary.passed, 1);
}

/// Without the toolkit the words of the file mean nothing: the test above cannot pass by chance.
#[test]
fn without_the_toolkit_the_scenario_is_not_understood() {
    let engine = Engine::new(vms(VmConfig::default()).unwrap(), hexapla::toolkits());
    let options = CheckOptions { engine: Some(engine), ..CheckOptions::default() };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/calc.toml");
    let summary = check_dir(file, &options).unwrap();
    let [failure] = &summary.failed[..] else { panic!("{summary}") };
    assert!(failure.reasons.iter().any(|reason| reason.contains("wallets")), "{summary}");
}
