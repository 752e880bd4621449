//! Calls between the calculator and the other VMs, in both directions.

use crate::stage::{Stage, say, solidity_call};
use calc_vm::CALC;
use hexapla_abi::Value;
use hexapla_primitives::{Address, U256, VmId};
use hexapla_testing::{Script, ScriptCall};

/// From and to of each crossing of a receipt.
fn crossings(receipt: &hexapla::Receipt) -> Vec<(VmId, VmId)> {
    receipt.crossings.iter().map(|crossing| (crossing.from.vm, crossing.to.vm)).collect()
}

#[test]
fn a_solidity_contract_calls_it_typed() {
    let mut stage = Stage::new();
    let meter = Value::Address(stage.meter);
    let doubled =
        stage.client("ask", &[meter, Value::uint(21_u8)]).unwrap_or_else(|receipt| panic!("{}", say(&receipt)));
    assert_eq!(doubled, [Value::Uint(U256::from(42))]);
    assert_eq!(stage.chain.word(stage.client, U256::ZERO).unwrap(), U256::from(42));
}

#[test]
fn a_contract_keeps_its_word() {
    let mut stage = Stage::new();
    assert_eq!(stage.ask(stage.meter, "keep(uint64)", &[7]).unwrap(), None);
    assert_eq!(stage.ask(stage.meter, "kept() returns (uint64)", &[]).unwrap(), Some(7));
}

#[test]
fn it_is_called_by_text_where_the_caller_wants_no_types() {
    let mut stage = Stage::new();
    let receipt = stage.send(stage.meter, b"calc:divide 12 4".to_vec());
    assert!(receipt.is_success(), "{}", say(&receipt));
    assert_eq!(receipt.output[..], 3_u64.to_le_bytes());
    assert_eq!(receipt.crossings[0].interface, None, "nothing was translated");
}

#[test]
fn a_stylus_contract_calls_it_typed() {
    let mut stage = Stage::new();
    let call = ScriptCall::to(stage.meter, solidity_call("double(uint64)", &[21]));
    let receipt = stage.send(stage.wasm_actor, Script::new().call(call));
    assert!(receipt.is_success(), "{}", say(&receipt));
    assert_eq!(U256::from_be_slice(&receipt.output), U256::from(42));
    assert_eq!(crossings(&receipt), [(VmId::EVM, VmId::WASM), (VmId::WASM, CALC)]);
}

#[test]
fn a_solana_program_calls_it_typed() {
    let mut stage = Stage::new();
    // Anchor's discriminator, and the number in Borsh.
    let data = [&borsh_discriminator("double")[..], &21_u64.to_le_bytes()].concat();
    let receipt = stage.sent_from_solana(stage.meter, data);
    assert!(receipt.is_success(), "{}", say(&receipt));
    // `invoke` returns bytes: behind their place and their length.
    assert_eq!(receipt.output[64..72], 42_u64.to_le_bytes());
    assert_eq!(crossings(&receipt), [(VmId::EVM, VmId::SVM), (VmId::SVM, CALC)]);
}

/// What names a function of the calculator to a Solana program.
pub(crate) fn borsh_discriminator(function: &str) -> Vec<u8> {
    let program = calc_vm::program::Program::parse(format!("{function}: 2 *").as_bytes()).unwrap();
    let interface = calc_vm::interface::interface_of("x", &program);
    let shown = hexapla_abi::Projection::new(interface.into(), hexapla_abi::Abi::Borsh);
    shown.interface().functions[0].selector.to_vec()
}

/// A calc contract with one function that calls `callee` and returns its result.
fn calling(stage: &mut Stage, callee: Address, function: &str) -> Address {
    stage.add("caller", &format!("go: call {callee} {function}"))
}

#[test]
fn it_calls_a_solidity_contract_typed() {
    let mut stage = Stage::new();
    let callee = stage.client;
    let caller = calling(&mut stage, callee, "triple");
    let result = stage.ask(caller, "go(uint64) returns (uint64)", &[14]);
    assert_eq!(result.unwrap_or_else(|receipt| panic!("{}", say(&receipt))), Some(42));
}

#[test]
fn it_calls_a_stylus_contract_typed() {
    let mut stage = Stage::new();
    let callee = stage.counter;
    let caller = calling(&mut stage, callee, "set_number:u256");
    let result = stage.ask(caller, "go(uint64) returns (uint64)", &[14]);
    assert_eq!(result.unwrap_or_else(|receipt| panic!("{}", say(&receipt))), Some(0), "it returns nothing");
    let number = stage.send(stage.counter, solidity_call("number()", &[]));
    assert_eq!(U256::from_be_slice(&number.output), U256::from(14));
}

#[test]
fn it_calls_a_solana_program_typed() {
    let mut stage = Stage::new();
    let callee = stage.svm_actor.address();
    let caller = calling(&mut stage, callee, "note");
    let receipt = stage.send(caller, solidity_call("go(uint64)", &[14]));
    assert!(receipt.is_success(), "{}", say(&receipt));
    assert_eq!(crossings(&receipt), [(VmId::EVM, CALC), (CALC, VmId::SVM)]);
    let logged = receipt.program_log.join("\n");
    assert!(logged.contains("Program data:") && logged.contains("DgAAAAAAAAA="), "14 in base64: {logged}");
}

#[test]
fn it_calls_itself_and_its_like_without_the_border() {
    let mut stage = Stage::new();
    let callee = stage.meter;
    let caller = calling(&mut stage, callee, "double");
    let receipt = stage.send(caller, solidity_call("go(uint64)", &[21]));
    assert_eq!(U256::from_be_slice(&receipt.output), U256::from(42), "{}", say(&receipt));
    assert_eq!(crossings(&receipt), [(VmId::EVM, CALC)]);
}

#[test]
fn calls_go_through_all_vms_and_back() {
    let mut stage = Stage::new();
    let callee = stage.client;
    let caller = calling(&mut stage, callee, "triple");
    let inner = ScriptCall::to(caller, solidity_call("go(uint64)", &[14]));
    let outer = Script::new().call(ScriptCall::to(stage.wasm_actor, Script::new().call(inner)));
    let receipt = stage.send(stage.evm_actor, outer);
    assert_eq!(U256::from_be_slice(&receipt.output), U256::from(42), "{}", say(&receipt));
    let expected = [(VmId::EVM, VmId::WASM), (VmId::WASM, CALC), (CALC, VmId::EVM)];
    assert_eq!(crossings(&receipt), expected);
}
