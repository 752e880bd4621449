//! No result depends on a cache, a trace or what a node has done before.

use crate::{call, contract, stage};
use hexapla::{
    TxEnv,
    estimate::Estimate,
    svm::{canonical, genesis, spl},
    system,
};
use hexapla_abi::{Codec, SolidityCodec, Value};
use hexapla_primitives::{Address, B256, Bytes, address, keccak256};
use hexapla_testing::{Script, ScriptCall, Side, Stage, contracts};

/// Digest, gas and root of a transaction on a node that has simulated another one before, or has not.
fn on_both_nodes(
    stage: fn() -> Stage,
    before: fn(&Stage) -> Script,
    script: fn(&Stage) -> Script,
) -> [(u64, B256, B256); 2] {
    [false, true].map(|warmed| {
        let mut stage = stage();
        let actor = stage.actor(Side::Evm);
        if warmed {
            let first = stage.try_run(actor, before(&stage));
            assert!(first.is_success(), "{:?}", first.fault);
        }
        let script = script(&stage);
        let receipt = stage.run(actor, script);
        assert!(receipt.is_success(), "{:?}", receipt.fault);
        (receipt.gas_used, receipt.digest(), stage.chain.root())
    })
}

#[test]
fn s02_gas_does_not_depend_on_programs_that_a_node_has_run_before() {
    let run = |stage: &Stage| {
        let actor = stage.svm()[0].address();
        Script::new().call(ScriptCall::to(actor, stage.data(actor, Script::new())))
    };
    let [cold, warm] = on_both_nodes(Stage::new, run, |stage| {
        let program = stage.svm()[0];
        let mut account = keccak256("account(bytes32)")[..4].to_vec();
        account.extend(genesis::programdata_of(&program.program).as_array());
        let data = stage.data(program.address(), Script::new());
        Script::new()
            .call(ScriptCall::to(program.address(), data))
            .call(ScriptCall::to(program.address(), account).catch())
    });
    assert_eq!(cold, warm);
}

fn with_interface() -> Stage {
    let mut stage = stage();
    let text = std::fs::read(contracts::root().join("svm/idl/spl-token.json")).unwrap();
    let interface = hexapla_abi::Interface::detect(&String::from_utf8(text).unwrap()).unwrap();
    stage.chain.set_interface(canonical(&spl::TOKEN), &interface).unwrap();
    stage
}

#[test]
fn s03_gas_does_not_depend_on_interfaces_that_a_node_has_read_before() {
    let refused =
        |_: &Stage| Script::new().call(ScriptCall::to(canonical(&spl::TOKEN), b"no function".to_vec()).catch());
    let [cold, warm] = on_both_nodes(with_interface, refused, |_| {
        let function = system::interface().function("interfaceOf").unwrap();
        let asked = [Value::Address(canonical(&spl::TOKEN))];
        let ask = SolidityCodec::default().encode_call(function, &asked).unwrap();
        Script::new()
            .call(ScriptCall::to(canonical(&spl::TOKEN), b"no function".to_vec()).catch())
            .call(ScriptCall::to(system::SYSTEM_CONTRACT, ask))
    });
    assert_eq!(cold, warm);
}

#[test]
fn s06_whether_a_transaction_succeeds_does_not_depend_on_a_trace() {
    /// The check of a pairing, which refuses input of one byte.
    const PAIRING: Address = address!("0x0000000000000000000000000000000000000008");
    let mut stage = Stage::new();
    let precompile: TxEnv = call(&stage.chain, PAIRING, Bytes::from_static(&[1]));
    // A creation over an account that has code.
    let taken = stage.chain.create(crate::USER, Bytes::new()).unwrap();
    contract(&mut stage.chain, crate::USER.create(taken.nonce), &[0x00]);
    for (what, tx) in [("a precompiled contract refuses", precompile), ("an address is taken", taken)] {
        assert!(matches!(stage.chain.estimate_gas(&tx).unwrap(), Estimate::Fails(_)), "{what}");
        let traced = stage.chain.simulate(tx.clone()).unwrap();
        let plain = stage.chain.block(|run| run.simulate(tx, false)).unwrap().unwrap();
        assert!(!plain.is_success() && plain.fault.is_some(), "{what}");
        assert_eq!(traced.digest(), plain.digest(), "{what}: {:?} and {:?}", traced.fault, plain.fault);
    }
}
