//! Work is paid, whatever comes of it.

use crate::{call, contract, message, stage, untraced};
use hexapla::{
    TxEnv,
    svm::{AccountMeta, Invocation, Pubkey, StoredAccount, alias, canonical, genesis, spl},
};
use hexapla_abi::{Interface, Projection, Value};
use hexapla_primitives::{Address, Bytes, HomeRecord, ObjectKey, VmId};
use hexapla_testing::{Script, ScriptCall, Side, Stage, crossings};

/// A call of a program with so many accounts, more than it may have.
fn too_many_accounts(count: u64) -> Bytes {
    let key = |index: u64| {
        let mut key = [7; 32];
        key[..8].copy_from_slice(&index.to_le_bytes());
        AccountMeta::new_readonly(Pubkey::new_from_array(key), false)
    };
    Invocation { accounts: (0..count).map(key).collect(), ..Invocation::of_data(Bytes::new()) }.to_solidity()
}

#[test]
fn s04_a_call_that_is_refused_after_decoding_pays_for_the_decoding() {
    for side in Side::ALL {
        let stage = Stage::new();
        let refused = |count: u64| {
            let data = too_many_accounts(count);
            let words = data.len() as u64 / 32;
            let script = Script::new().call(ScriptCall::to(canonical(&spl::MEMO), data).catch());
            let receipt = stage.try_run(stage.actor(side), script);
            let calls = crossings(&receipt);
            let attempt = calls.iter().find(|call| call.vm == VmId::SVM).expect("the attempt is in the tree");
            assert!(attempt.fault.as_ref().is_some_and(|fault| fault.message.contains("accounts")), "{attempt:?}");
            (attempt.gas_used, words)
        };
        let ((few, few_words), (many, many_words)) = (refused(300), refused(1_200));
        assert!(few >= 6 * few_words, "{side:?}: {few} gas for {few_words} words");
        assert!(many - few >= 6 * (many_words - few_words), "{side:?}: {few} and {many} gas");
    }
}

#[test]
fn s04_what_is_refused_before_any_work_is_free_and_what_runs_out_of_gas_leaves_nothing() {
    let stage = Stage::new();
    let program = stage.svm()[0].address();
    // No interpreter of the callee is entered: the call would lend authority.
    let delegate = ScriptCall::to(program, stage.data(program, Script::new())).delegate().catch();
    let receipt = stage.try_run(stage.actor(Side::Wasm), Script::new().call(delegate));
    assert_eq!(crossings(&receipt).last().unwrap().gas_used, 0);
    // All gas of a call whose decoding it does not pay for is gone.
    let poor = ScriptCall::to(canonical(&spl::MEMO), too_many_accounts(300)).gas(1_000).catch();
    let receipt = stage.try_run(stage.actor(Side::Evm), Script::new().call(poor));
    let calls = crossings(&receipt);
    let attempt = calls.iter().find(|call| call.vm == VmId::SVM).unwrap();
    assert_eq!((attempt.gas_limit, attempt.gas_used), (1_000, 1_000));
}

/// `JUMPDEST; CALL(0 gas, to, 0 wei, 200,000 bytes of memory); POP;` again while more than 20,000 gas is left.
fn calls_without_gas(to: Address) -> Vec<u8> {
    let mut code = vec![0x5b, 0x5f, 0x5f, 0x62, 0x03, 0x0d, 0x40, 0x5f, 0x5f, 0x73];
    code.extend(to);
    code.extend([0x5f, 0xf1, 0x50, 0x61, 0x4e, 0x20, 0x5a, 0x11, 0x5f, 0x57, 0x00]);
    code
}

#[test]
fn s05_the_record_of_calls_is_bounded_by_the_gas_and_holds_no_call_data() {
    let mut stage = Stage::new();
    let at = Address::repeat_byte(0xcc);
    let wasm = stage.actor(Side::Wasm);
    contract(&mut stage.chain, at, &calls_without_gas(wasm));
    let tx = TxEnv { gas_limit: 400_000, ..call(&stage.chain, at, Bytes::new()) };
    let receipt = untraced(&mut stage.chain, tx);
    assert!(receipt.is_success() && receipt.crossings.len() > 1_000, "{} calls", receipt.crossings.len());
    let held = receipt.crossings.len() * size_of_val(&receipt.crossings[0]);
    assert!(held as u64 <= 8 * receipt.gas_used, "{held} bytes for {} gas", receipt.gas_used);
    // The length is known, the bytes are not kept.
    let attempt = &receipt.crossings[0];
    assert_eq!((attempt.input.len(), attempt.output.len()), (0, 0), "what was not paid for was not even copied");
    let paid = ScriptCall::to(wasm, Script::new().burn(1).then(Script::new().log(&[], &[7; 5_000])));
    let script = Script::new().call(paid);
    let tx = stage.tx(stage.actor(Side::Evm), script);
    let receipt = untraced(&mut stage.chain, tx);
    let call = &receipt.crossings[0];
    assert!(call.input.len() > 5_000 && call.input.head().len() == 8, "{call:?}");
}

/// A Solidity contract that takes a list of addresses, called by a program with `keys` that nobody has used.
fn takes_addresses(stage: &mut Stage, keys: &[Pubkey]) -> (u64, Vec<bool>) {
    let interface = Interface::from_solidity_signatures("Sink", ["function f(address[] xs)"]).unwrap();
    let sink = Address::repeat_byte(0x51);
    contract(&mut stage.chain, sink, &[0x00]);
    stage.chain.set_interface(sink, &interface).unwrap();
    let shown = Projection::new(interface.into(), hexapla_abi::Abi::Borsh);
    let function = &shown.interface().functions[0];
    let count = u32::try_from(keys.len()).unwrap().to_le_bytes();
    let mut data = [&function.selector[..], &count].concat();
    keys.iter().for_each(|key| data.extend(key.as_array()));
    let actor = stage.svm()[0];
    let metas = [AccountMeta::new_readonly(alias(sink), false)];
    let invoke = actor.call(Script::new().invoke(1, &[], &data), &metas);
    let tx = call(&stage.chain, actor.address(), invoke);
    let receipt = stage.chain.transact(tx).unwrap().receipt;
    assert!(receipt.is_success(), "{}", message(&receipt));
    let known = |key: &Pubkey| stage.chain.object(&HomeRecord::key(canonical(key))).unwrap().is_some();
    (receipt.gas_used, keys.iter().map(known).collect())
}

#[test]
fn s10_each_new_home_record_is_paid_like_a_slot_and_each_look_up_like_a_read() {
    let keys: Vec<Pubkey> = (0..10u8).map(|byte| Pubkey::new_from_array([byte + 100; 32])).collect();
    let (none, _) = takes_addresses(&mut Stage::new(), &[]);
    let mut stage = Stage::new();
    let (first, written) = takes_addresses(&mut stage, &keys);
    assert!(written.iter().all(|written| *written), "the way back from an address is state");
    assert!(first - none >= 10 * 20_000, "{none} gas without and {first} with ten new accounts");
    let (second, _) = takes_addresses(&mut stage, &keys);
    assert!(second - none >= 10 * 2_100, "{none} gas without and {second} with ten known accounts");
    assert!(second < first);
}

#[test]
fn s17_the_result_of_an_evm_callee_is_translated_for_gas() {
    // Returns `length` and so many words of what memory holds: `PUSH0 …` by hand.
    let returns = |words: u16| {
        let bytes = (words * 32 + 64).to_be_bytes();
        let mut code = vec![0x60, 0x20, 0x5f, 0x52, 0x61];
        code.extend(words.to_be_bytes());
        code.extend([0x60, 0x20, 0x52, 0x61]);
        code.extend(bytes);
        code.extend([0x5f, 0xf3]);
        code
    };
    let interface = Interface::from_solidity_signatures("List", ["function f() returns (uint64[])"]).unwrap();
    let gas = |words: u16, typed: bool| {
        let mut stage = Stage::new();
        let list = Address::repeat_byte(0x51);
        contract(&mut stage.chain, list, &returns(words));
        if typed {
            stage.chain.set_interface(list, &interface).unwrap();
        }
        let shown = Projection::new(interface.clone().into(), hexapla_abi::Abi::Borsh);
        let selector = shown.interface().functions[0].selector.clone();
        let actor = stage.svm()[0];
        let metas = [AccountMeta::new_readonly(alias(list), false)];
        let invoke = actor.call(Script::new().invoke(1, &[], &selector), &metas);
        let tx = call(&stage.chain, actor.address(), invoke);
        let receipt = stage.chain.transact(tx).unwrap().receipt;
        assert!(receipt.is_success(), "{words} words: {}", message(&receipt));
        receipt.gas_used
    };
    let (typed, raw) = (gas(25, true) - gas(0, true), gas(25, false) - gas(0, false));
    assert!(typed >= raw + 6 * 25, "25 words cost {typed} gas translated and {raw} as they are");
}

/// Call data of the system contract that reads an object.
fn reads(key: &ObjectKey) -> Bytes {
    let arguments = [Value::uint(key.vm.0), Value::Bytes(key.key.clone())];
    let function = hexapla::system::interface().function("object").unwrap();
    hexapla_abi::Codec::encode_call(&hexapla_abi::SolidityCodec::default(), function, &arguments).unwrap()
}

#[test]
fn s18_an_object_is_cold_again_once_its_first_access_was_undone() {
    let stage = stage();
    let (actor, other) = (stage.actors(Side::Evm)[0], stage.actors(Side::Evm)[1]);
    let key = StoredAccount::key(&stage.svm()[3].state);
    let read = ScriptCall::to(hexapla::system::SYSTEM_CONTRACT, reads(&key));
    let undone = ScriptCall::to(other, Script::new().call(read.clone()).revert(b"")).catch();
    let stands = ScriptCall::to(other, Script::new().call(read.clone())).catch();
    let gas_of_last = |first: ScriptCall| {
        let receipt = stage.try_run(actor, Script::new().call(first).call(read.clone()));
        let calls = crossings(&receipt);
        calls.last().unwrap().gas_used
    };
    assert_eq!(gas_of_last(undone) - gas_of_last(stands), 2_000);
}

#[test]
fn s18_an_object_is_not_loaded_for_gas_that_does_not_pay_for_a_cold_access() {
    let mut stage = stage();
    let key = Pubkey::new_from_array([0xb1; 32]);
    let stored = StoredAccount { owner: spl::TOKEN, executable: false, data: vec![1; 10_000].into() };
    stage.chain.insert_accounts([genesis::account(key, 1_000_000_000, &stored)]).unwrap();
    let key = StoredAccount::key(&key);
    let poor = ScriptCall::to(hexapla::system::SYSTEM_CONTRACT, reads(&key)).gas(1_500).catch();
    let tx = stage.tx(stage.actor(Side::Evm), Script::new().call(poor));
    let (receipt, access) = stage.chain.block(|run| run.execute_with_access(tx, false)).unwrap().unwrap();
    assert!(receipt.is_success());
    let read = |location: &hexapla_state::Location| *location == hexapla_state::Location::Object(key.clone());
    assert!(!access.reads.keys().any(read), "{:?}", access.reads.keys());
}
