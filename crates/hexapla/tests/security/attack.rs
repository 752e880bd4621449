//! Probes of a second pair of eyes.

use crate::{contract, message, stage};
use hexapla::{
    TxEnv,
    svm::{AccountMeta, alias},
    system::{self, SYSTEM_CONTRACT},
};
use hexapla_abi::{Abi, Codec, Interface, Projection, SolidityCodec, Value};
use hexapla_primitives::{Address, Bytes};
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
        assert!(!receipt.is_success(), "{depth}");
    }
}

#[test]
fn a_projection_is_paid_though_its_entry_was_read_before() {
    let mut stage = stage();
    let text = std::fs::read(hexapla_testing::contracts::root().join("svm/idl/token-2022.json")).unwrap();
    let interface = Interface::detect(&String::from_utf8(text).unwrap()).unwrap();
    let token = hexapla::svm::canonical(&hexapla::svm::spl::TOKEN);
    stage.chain.set_interface(token, &interface).unwrap();
    let key = hexapla::border::registry::Entry::key(token);
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
    assert!(cold - warm <= 2_000, "{cold} gas, and {warm} where somebody has read the entry before");
}

/// A program with an account that holds so many flags, and a call that reads it.
fn reads_flags(stage: &mut Stage, flags: u32, ty: hexapla_abi::Type) -> ScriptCall {
    use hexapla::svm::{Pubkey, StoredAccount, genesis};
    let layout = hexapla_abi::AccountLayout {
        name: "Flags".into(),
        discriminator: Bytes::from_static(&[9; 8]),
        ty: hexapla_abi::Type::Struct {
            name: "Flags".into(),
            fields: vec![hexapla_abi::Field { name: "flags".into(), ty: hexapla_abi::Type::Array(Box::new(ty)) }],
        },
    };
    let interface = Interface { name: "Flags".into(), abi: Abi::Borsh, layouts: vec![layout], ..Interface::default() };
    let actor = stage.svm()[0];
    stage.chain.set_interface(actor.address(), &interface).unwrap();
    let key = Pubkey::new_from_array([0xf1; 32]);
    let data = [&[9; 8][..], &flags.to_le_bytes(), &vec![1; flags as usize]].concat();
    let stored = StoredAccount { owner: actor.program, executable: false, data: data.into() };
    stage.chain.insert_accounts([genesis::account(key, 100_000_000_000, &stored)]).unwrap();
    let shown = Projection::new(interface.into(), Abi::Solidity);
    let reader = &shown.readers()[0].function;
    let asked = [Value::bytes(key.to_bytes().to_vec())];
    ScriptCall::to(actor.address(), SolidityCodec::default().encode_call(reader, &asked).unwrap())
}

#[test]
fn a_result_is_paid_by_the_values_that_it_becomes_before_they_are_made() {
    let gas = |flags: u32| {
        let mut stage = Stage::new();
        let call = reads_flags(&mut stage, flags, hexapla_abi::Type::Bool);
        let receipt = stage.try_run(stage.actor(Side::Evm), Script::new().call(call.catch()));
        let calls = crossings(&receipt);
        let read = calls.last().unwrap();
        assert!(read.fault.is_none(), "{:?}", read.fault);
        read.gas_used
    };
    let (few, many) = (gas(1_000), gas(2_000));
    assert!(many - few >= 12 * 1_000, "{few} and {many} gas: six for each value, and six for its word");
}

#[test]
fn what_is_said_of_an_account_of_another_kind_is_short() {
    let mut stage = Stage::new();
    let call = reads_flags(&mut stage, 1_000_000, hexapla_abi::Type::Bool);
    let actor = stage.svm()[0];
    let key = hexapla::svm::Pubkey::new_from_array([0xf1; 32]);
    let stored =
        hexapla::svm::StoredAccount { owner: actor.program, executable: false, data: vec![7; 1_000_000].into() };
    stage.chain.insert_accounts([hexapla::svm::genesis::account(key, 100_000_000_000, &stored)]).unwrap();
    let receipt = stage.try_run(stage.actor(Side::Evm), Script::new().call(call.catch()));
    let calls = crossings(&receipt);
    let fault = calls.last().unwrap().fault.as_ref().expect("it is another account");
    assert!(fault.message.len() < 2_000, "{} bytes: {}", fault.message.len(), &fault.message[..300]);
}

#[test]
fn numbers_that_are_too_wide_are_refused_by_the_system_contract() {
    let mut stage = stage();
    for (name, place) in [("setInterfaceOfCreated", 1), ("canonicalOf", 0), ("object", 0)] {
        let function = system::interface().function(name).unwrap();
        let arguments: Vec<Value> = match name {
            "setInterfaceOfCreated" => vec![Value::Address(Address::ZERO), Value::uint(0u8), Value::bytes(vec![])],
            _ => vec![Value::uint(0u8), Value::bytes(vec![])],
        };
        let mut data = SolidityCodec::default().encode_call(function, &arguments).unwrap().to_vec();
        data[4 + 32 * place..36 + 32 * place].fill(0xff);
        let tx = crate::call(&stage.chain, SYSTEM_CONTRACT, data);
        let receipt = stage.chain.transact(tx).unwrap().receipt;
        assert!(!receipt.is_success(), "{name}");
    }
}

#[test]
fn a_call_whose_stated_value_nobody_pays_stands_once_in_the_record() {
    let interface = Interface::from_solidity_signatures("Bank", ["function pay() payable"]).unwrap();
    let mut stage = Stage::new();
    let bank = Address::repeat_byte(0x51);
    contract(&mut stage.chain, bank, &[0x00]);
    stage.chain.set_interface(bank, &interface).unwrap();
    let shown = Projection::new(interface.into(), Abi::Borsh);
    let function = &shown.interface().functions[0];
    let data = [&function.selector[..], &5u64.to_le_bytes()].concat();
    let actor = stage.svm()[0];
    let metas = [AccountMeta::new_readonly(alias(bank), false)];
    let invoke = actor.call(Script::new().invoke(1, &[], &data), &metas);
    let receipt =
        stage.try_run(stage.actor(Side::Evm), Script::new().call(ScriptCall::to(actor.address(), invoke).catch()));
    let attempts = receipt.crossings.iter().filter(|crossing| crossing.to.address == bank).count();
    assert_eq!(attempts, 1);
}
