//! Authority is what the callee's VM would call a signature.

use crate::{USER, ask, call, contract, message, stage, wire};
use hexapla::{
    AccountInfo, evm,
    svm::{AccountMeta, alias},
    system::{self, SYSTEM_CONTRACT},
};
use hexapla_abi::{Abi, Interface, Projection, Value};
use hexapla_primitives::{Address, Bytes, FaultKind};
use hexapla_testing::{Script, ScriptCall, Side, Stage, crossings};

/// An account that delegates to the code of another (EIP-7702).
fn delegated(stage: &mut Stage, account: Address, to: Address) {
    let code: Bytes = [&[0xef, 0x01, 0x00][..], to.as_slice()].concat().into();
    let info = AccountInfo { code: Some(evm::bytecode(&code)), nonce: 1, ..AccountInfo::default() };
    let put = |overlay: &mut hexapla_state::Overlay| {
        overlay.insert_account(account, info);
        Ok(())
    };
    stage.chain.edit(put).unwrap();
}

#[test]
fn s13_f27_an_account_lends_nothing_to_code_of_another_vm_whoever_calls_it() {
    let account = Address::repeat_byte(0xe0);
    for lent_to in [Side::Wasm, Side::Svm] {
        let mut stage = Stage::new();
        let program = stage.svm()[1].address();
        let code = if lent_to == Side::Svm { program } else { stage.actors(Side::Wasm)[1] };
        delegated(&mut stage, account, code);
        let data = stage.data(code, Script::new().store(1, 7));
        for caller in Side::ALL {
            let script = Script::new().call(ScriptCall::to(account, data.clone()).catch());
            let receipt = stage.run(stage.actor(caller), script);
            let attempt = crossings(&receipt).into_iter().find(|call| call.from == stage.actor(caller));
            if let Some(attempt) = attempt {
                assert_eq!(attempt.fault.as_ref().map(|fault| fault.kind), Some(FaultKind::Border), "{caller:?}");
            }
            assert_eq!(stage.word(account, 1), 0, "{caller:?} lent to {lent_to:?}");
            assert_eq!(stage.word(code, 1), 0, "{caller:?} lent to {lent_to:?}");
        }
        let actor = stage.svm()[0];
        let script = Script::new().call(ScriptCall::to(account, data));
        let invoke = actor.call(script, &[AccountMeta::new_readonly(alias(account), false)]);
        let receipt = stage.chain.transact(call(&stage.chain, actor.address(), invoke)).unwrap().receipt;
        assert!(!receipt.is_success(), "a program called what is lent to {lent_to:?}");
        assert_eq!((stage.word(account, 1), stage.word(code, 1)), (0, 0), "lent to {lent_to:?}");
    }
}

/// `owner()` answers this account, whatever is asked.
fn owned_by(owner: Address) -> Vec<u8> {
    let mut code = vec![0x73];
    code.extend(owner);
    code.extend([0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    code
}

fn interface(function: &str) -> Interface {
    Interface::from_solidity_signatures("Some", [function]).unwrap()
}

#[test]
fn s12_a_creator_speaks_for_a_contract_once_and_only_if_it_has_no_owner_of_its_own() {
    let mut stage = stage();
    let bob = Address::repeat_byte(0xb0);
    let nonce = call(&stage.chain, USER, Bytes::new()).nonce;
    let created = USER.create(nonce);
    let set = |stage: &mut Stage, function: &str| {
        let arguments = [Value::Address(created), Value::uint(nonce), wire(&interface(function))];
        ask(&mut stage.chain, USER, "setInterfaceOfCreated", &arguments)
    };
    contract(&mut stage.chain, created, &owned_by(bob));
    let refused = set(&mut stage, "function f()");
    assert!(message(&refused).contains(&format!("its owner is {bob}")), "{}", message(&refused));
    contract(&mut stage.chain, created, &owned_by(Address::ZERO));
    assert!(message(&set(&mut stage, "function f()")).contains("its owner is nobody"));
    // Without `owner()` the creator says it, once for each code.
    contract(&mut stage.chain, created, &[0x00]);
    assert!(set(&mut stage, "function f()").is_success());
    let again = set(&mut stage, "function g()");
    assert!(message(&again).contains("has an interface"), "{}", message(&again));
    contract(&mut stage.chain, created, &[0x00, 0x00]);
    assert!(set(&mut stage, "function g()").is_success(), "an entry does not outlive the code");
}

#[test]
fn s12_who_can_make_a_program_call_does_not_speak_for_it() {
    let mut stage = stage();
    let actor = stage.svm()[0];
    let shown = Projection::new(system::interface().clone().into(), Abi::Borsh);
    let set = shown.interface().function("set_interface").unwrap();
    let data = [&set.selector[..], actor.program.as_ref(), &[0; 4]].concat();
    let script = Script::new().call(ScriptCall::to(SYSTEM_CONTRACT, data.clone()));
    let invoke = actor.call(script, &[AccountMeta::new_readonly(alias(SYSTEM_CONTRACT), false)]);
    let receipt = stage.chain.transact(call(&stage.chain, actor.address(), invoke)).unwrap().receipt;
    assert!(!receipt.is_success());
    let faults: Vec<String> =
        crossings(&receipt).iter().filter_map(|call| call.fault.as_ref()).map(|fault| fault.message.clone()).collect();
    assert!(faults.iter().any(|message| message.contains("may not set the interface")), "{faults:?}");
}

#[test]
fn s12_an_interface_counts_only_for_the_code_that_it_was_registered_for() {
    let mut stage = Stage::new();
    let at = Address::repeat_byte(0x51);
    let translated = |stage: &mut Stage| {
        let shown = Projection::new(interface("function f()").into(), Abi::Borsh);
        let selector = shown.interface().functions[0].selector.clone();
        let actor = stage.svm()[0];
        let invoke =
            actor.call(Script::new().invoke(1, &[], &selector), &[AccountMeta::new_readonly(alias(at), false)]);
        let receipt = stage.chain.transact(call(&stage.chain, actor.address(), invoke)).unwrap().receipt;
        crossings(&receipt).iter().any(|call| call.to == at && call.translation.is_some())
    };
    contract(&mut stage.chain, at, &[0x00]);
    stage.chain.set_interface(at, &interface("function f()")).unwrap();
    assert!(translated(&mut stage));
    contract(&mut stage.chain, at, &[0x5f, 0x00]);
    assert!(!translated(&mut stage), "other code stands there now");
}

#[test]
fn s12_an_interface_speaks_the_abi_of_the_contracts_vm() {
    let mut stage = stage();
    let nonce = call(&stage.chain, USER, Bytes::new()).nonce;
    let created = USER.create(nonce);
    contract(&mut stage.chain, created, &[0x00]);
    let foreign = Projection::new(interface("function f()").into(), Abi::Borsh).interface().clone();
    let arguments = [Value::Address(created), Value::uint(nonce), Value::bytes(foreign.to_bytes().unwrap())];
    let refused = ask(&mut stage.chain, USER, "setInterfaceOfCreated", &arguments);
    assert!(message(&refused).contains("speak Solidity"), "{}", message(&refused));
    let nobody = [Value::Address(Address::repeat_byte(0x77)), wire(&interface("function f()"))];
    assert!(!ask(&mut stage.chain, USER, "setInterface", &nobody).is_success());
}
