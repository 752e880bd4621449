//! Probes of a second pair of eyes.

use crate::{ask, call, contract, message, stage, untraced};
use hexapla_abi::{Abi, Codec, Interface, Projection, SolidityCodec, Value};
use hexapla_executor::{
    Receipt, TxEnv,
    svm::{AccountMeta, Invocation, alias},
    system::{self, SYSTEM_CONTRACT},
};
use hexapla_primitives::{Address, Bytes, U256, VmId};
use hexapla_testing::{Script, ScriptCall, Side, Stage, crossings};

/// `PUSH1 0xDD; PUSH0; MSTORE8; PUSH1 1; PUSH0; REVERT`: reverts with a byte.
fn reverts_with(byte: u8) -> Vec<u8> {
    vec![0x60, byte, 0x5f, 0x53, 0x60, 0x01, 0x5f, 0xfd]
}

#[test]
fn s06_why_a_creation_failed_does_not_depend_on_a_trace() {
    let mut stage = Stage::new();
    let (fails, works) = (Address::repeat_byte(0xf1), Address::repeat_byte(0xf2));
    contract(&mut stage.chain, fails, &reverts_with(0xaa));
    contract(&mut stage.chain, works, &[0x00]);
    // The new contract delegates to code that reverts, calls code that does not, and reverts with data of its own.
    let mut init = vec![0x5f, 0x5f, 0x5f, 0x5f, 0x73];
    init.extend(fails);
    init.extend([0x5a, 0xf4, 0x50, 0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x73]);
    init.extend(works);
    init.extend([0x5a, 0xf1, 0x50]);
    init.extend(reverts_with(0xbb));
    let tx = TxEnv { gas_limit: 500_000, ..stage.chain.create(crate::USER, init).unwrap() };
    let traced = stage.chain.simulate(tx.clone()).unwrap();
    let plain = stage.chain.block(|run| run.simulate(tx, false)).unwrap().unwrap();
    assert_eq!(traced.fault, plain.fault);
    assert_eq!(plain.fault.as_ref().unwrap().data, Bytes::from_static(&[0xbb]));
    assert_eq!(traced.digest(), plain.digest());
}

/// Clears the slots 1..=5 and returns a word that is no bool: `PUSH0 PUSH1 slot SSTORE …`.
fn clears_slots(returns: u8) -> Vec<u8> {
    let mut code = Vec::new();
    for slot in 1..=5u8 {
        code.extend([0x5f, 0x60, slot, 0x55]);
    }
    code.extend([0x60, returns, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    code
}

#[test]
fn what_a_refused_result_undoes_refunds_nothing() {
    let interface = Interface::from_solidity_signatures("Flag", ["function f() returns (bool)"]).unwrap();
    let gas = |filled: bool, returns: u8, stage: &mut Stage| {
        let flag = Address::repeat_byte(0x51);
        contract(&mut stage.chain, flag, &clears_slots(returns));
        let put = |overlay: &mut hexapla_state::Overlay| {
            for slot in 1..=5 {
                overlay.insert_word(flag, U256::from(slot), U256::from(u8::from(filled)))?;
            }
            Ok(())
        };
        stage.chain.edit(put).unwrap();
        stage.chain.set_interface(flag, &interface).unwrap();
        let shown = Projection::new(interface.clone().into(), Abi::Borsh);
        let selector = shown.interface().functions[0].selector.clone();
        let actor = stage.svm()[0];
        let metas = [AccountMeta::new_readonly(alias(flag), false)];
        let invoke = actor.call(Script::new().invoke(1, &[], &selector), &metas);
        let receipt = stage.try_run(
            stage.actor(Side::Evm),
            Script::new().burn(2000).call(ScriptCall::to(actor.address(), invoke).catch()),
        );
        receipt
    };
    let receipt = gas(true, 2, &mut Stage::new());
    assert!(receipt.is_success(), "{}", message(&receipt));
    let calls = crossings(&receipt);
    println!("{:?}", calls.iter().map(|call| (call.gas_used, call.fault.as_ref().map(|f| f.message.clone()))).collect::<Vec<_>>());
    println!("{}", receipt.gas_used);
}

/// Init code of a contract with this code.
fn init_code(code: &[u8]) -> Vec<u8> {
    let length = u8::try_from(code.len()).unwrap();
    [&[0x60, length, 0x60, 0x09, 0x5f, 0x39, 0x60, length, 0x5f, 0xf3][..], code].concat()
}

#[test]
fn s12_a_creator_does_not_pass_by_the_owner_by_calling_from_the_deepest_place() {
    let mut stage = stage();
    let [creator, other] = stage.actors(Side::Wasm);
    let bob = Address::repeat_byte(0xb0);
    let mut code = vec![0x73];
    code.extend(bob);
    code.extend([0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    let mut init = init_code(&code);
    init[3] = 10;
    let receipt = stage.run(creator, Script::new().create(&init));
    assert!(receipt.is_success(), "{}", message(&receipt));
    let created = (0..10u64).map(|nonce| (nonce, creator.create(nonce)));
    let created = created.filter(|(_, at)| !stage.chain.code(*at).unwrap().is_empty()).collect::<Vec<_>>();
    let (nonce, created) = created[0];
    assert_eq!(stage.chain.code(created).unwrap()[..], code[..]);
    let interface = Interface::from_solidity_signatures("Some", ["function f()"]).unwrap();
    let function = system::interface().function("setInterfaceOfCreated").unwrap();
    let arguments = [Value::Address(created), Value::uint(nonce), crate::wire(&interface)];
    let set = SolidityCodec::default().encode_call(function, &arguments).unwrap();
    let last = Script::new().call(ScriptCall::to(SYSTEM_CONTRACT, set));
    for depth in [1, 125, 126, 127] {
        let mut path: Vec<Address> = (1..depth).map(|_| other).collect();
        path.push(creator);
        let script = stage.through(&path[1..], last.clone());
        let receipt = stage.try_run(path[0], script);
        println!("{depth}: {} {} gas", message(&receipt), receipt.gas_used);
        assert!(!receipt.is_success(), "{depth}");
    }
}

#[test]
fn a_projection_is_paid_though_its_entry_was_read_before() {
    let mut stage = stage();
    let text = std::fs::read(hexapla_testing::contracts::root().join("svm/idl/token-2022.json")).unwrap();
    let interface = Interface::detect(&String::from_utf8(text).unwrap()).unwrap();
    let token = hexapla_executor::svm::canonical(&hexapla_executor::svm::spl::TOKEN);
    stage.chain.set_interface(token, &interface).unwrap();
    println!("weight {}", interface.weight());
    let key = hexapla_executor::border::registry::Entry::key(token);
    let function = system::interface().function("object").unwrap();
    let arguments = [Value::uint(key.vm.0), Value::Bytes(key.key.clone())];
    let read = SolidityCodec::default().encode_call(function, &arguments).unwrap();
    let refused = || ScriptCall::to(token, b"no function".to_vec()).catch();
    let gas = |first: bool| {
        let mut script = Script::new();
        if first {
            script = script.call(ScriptCall::to(SYSTEM_CONTRACT, read.clone()));
        }
        let receipt = stage.try_run(stage.actor(Side::Evm), script.call(refused()));
        let calls = crossings(&receipt);
        calls.last().unwrap().gas_used
    };
    let (cold, warm) = (gas(false), gas(true));
    println!("{cold} {warm}");
    assert!(cold - warm <= 2_000, "{cold} gas, and {warm} where somebody has read the entry before");
}
