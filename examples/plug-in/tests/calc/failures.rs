//! Failures, on both sides.

use crate::{
    calls::borsh_discriminator,
    stage::{Stage, say, solidity_call},
};
use calc_vm::{CALC, fault::Code};
use hexapla_abi::{ForeignFault, Value, foreign_fault_decode};
use hexapla_primitives::{FaultKind, U256};
use hexapla_testing::{Script, ScriptCall};
use hexapla_vm::FOREIGN_FAULT_CODE;

#[test]
fn solidity_catches_a_failure_with_its_name() {
    let mut stage = Stage::new();
    let (meter, address) = (Value::Address(stage.meter), stage.meter);
    let caught = stage.client("tryDivide", &[meter, Value::uint(7_u8), Value::uint(0_u8)]);
    let caught = caught.unwrap_or_else(|receipt| panic!("{}", say(&receipt)));
    let Value::Struct { fields, .. } = &caught[1] else { panic!("{caught:?}") };
    let shown: Vec<String> = fields.iter().map(|(_, value)| value.to_string()).collect();
    assert_eq!(caught[0], Value::Uint(U256::ZERO));
    assert_eq!(fields[0].1, Value::String("vm-200".into()));
    assert_eq!(fields[1].1, Value::Address(address));
    assert_eq!(fields[2].1, Value::String("revert".into()));
    assert_eq!(fields[3].1, Value::Bytes(1_u64.to_le_bytes().into()));
    assert!(shown[4].contains("DivisionByZero"), "{shown:?}");
}

#[test]
fn a_failure_goes_up_through_stylus_as_foreign_fault() {
    let mut stage = Stage::new();
    let call = ScriptCall::to(stage.meter, solidity_call("divide(uint64,uint64)", &[7, 0]));
    let receipt = stage.send(stage.wasm_actor, Script::new().call(call));
    let fault = receipt.fault.as_ref().expect("it failed");
    let ForeignFault { vm, at, .. } = foreign_fault_decode(&fault.data).unwrap().expect("a foreign fault");
    assert_eq!((vm.as_str(), at), ("vm-200", stage.meter), "{}", say(&receipt));
}

#[test]
fn a_solana_program_fails_with_the_number() {
    let mut stage = Stage::new();
    let data = [&borsh_discriminator("double")[..], &u64::MAX.to_le_bytes()].concat();
    let receipt = stage.sent_from_solana(stage.meter, data);
    let fault = receipt.fault.as_ref().expect("it failed");
    assert_eq!((fault.vm, fault.code), (CALC, Some(Code::Overflow.number())), "{}", say(&receipt));
    let log = receipt.program_log.join("\n");
    assert!(log.contains("custom program error: 0x2"), "the number that Solana's clients see: {log}");
}

/// The result of a function that catches a failure: the failure's number, and 1.
fn tried(stage: &mut Stage, program: &str, argument: u64) -> [u64; 2] {
    let catcher = stage.add("catcher", program);
    let receipt = stage.send(catcher, solidity_call("go(uint64)", &[argument]));
    assert!(receipt.is_success(), "{}", say(&receipt));
    [0, 32].map(|at| U256::from_be_slice(&receipt.output[at..at + 32]).to())
}

#[test]
fn it_sees_the_failure_of_a_solidity_contract_as_a_number() {
    let mut stage = Stage::new();
    let program = format!("go: try {} triple_large", stage.client);
    assert_eq!(tried(&mut stage, &program, 100), [300, 0]);
    // The first error of an interface whose errors have no numbers.
    let small = tried(&mut stage, &program, 99);
    assert_eq!(small, [6000, 1]);
    let program = format!("go: try {} triple", stage.client);
    assert_eq!(tried(&mut stage, &program, u64::MAX), [u64::from(FOREIGN_FAULT_CODE), 1], "a panic has no number");
}

#[test]
fn it_sees_the_failure_of_a_solana_program_as_its_own_number() {
    let mut stage = Stage::new();
    let program = format!("go: try {} fail", stage.svm_actor.address());
    let [number, failed] = tried(&mut stage, &program, 7 << 24);
    assert_eq!((number, failed), (7, 1));
}

#[test]
fn a_failure_that_it_does_not_catch_is_the_callees() {
    let mut stage = Stage::new();
    let caller = stage.add("caller", &format!("go: call {} triple_large", stage.client));
    let receipt = stage.send(caller, solidity_call("go(uint64)", &[1]));
    let fault = receipt.fault.as_ref().expect("it failed");
    assert_eq!(fault.contract, stage.client);
    assert!(fault.message.contains("TooSmall(given: 1, least: 100)"), "{}", say(&receipt));
}

#[test]
fn a_caught_failure_leaves_nothing_of_what_the_callee_did() {
    let mut stage = Stage::new();
    stage.add("callee", "go: put 1 0 /");
    let callee = calc_vm::store::address_of(b"callee");
    assert_eq!(tried(&mut stage, &format!("go: try {callee} go"), 5), [Code::DivisionByZero.number(), 1]);
    assert_eq!(stage.chain.word(callee, U256::ZERO).unwrap(), U256::ZERO);
}

#[test]
fn what_does_not_exist_is_not_called() {
    let mut stage = Stage::new();
    let program = "go: try 0x00000000000000000000000000000000000000b0 f";
    assert_eq!(tried(&mut stage, program, 5), [Code::NoContract.number(), 1]);
}

#[test]
fn all_gas_or_nothing() {
    let mut outcomes = [0, 0];
    let (data, mut stage) = (solidity_call("keep(uint64)", &[7]), Stage::new());
    for limit in (21_600..60_000).step_by(271) {
        let receipt = stage.send_with_gas(stage.meter, data.clone(), limit);
        outcomes[usize::from(receipt.is_success())] += 1;
        if let Some(fault) = &receipt.fault {
            assert_eq!((fault.kind, receipt.gas_used), (FaultKind::OutOfGas, limit), "{}", say(&receipt));
        }
    }
    assert!(outcomes.iter().all(|count| *count > 10), "failures and successes: {outcomes:?}");
}

#[test]
fn a_callee_without_gas_leaves_its_caller_some() {
    let mut stage = Stage::new();
    let call = ScriptCall::to(stage.meter, solidity_call("keep(uint64)", &[7])).gas(3_000).catch();
    let receipt = stage.send(stage.evm_actor, Script::new().call(call));
    assert!(receipt.is_success() && receipt.output[0] == 0, "{}", say(&receipt));
    assert_eq!(receipt.crossings[0].fault.map(|fault| fault.kind), Some(FaultKind::OutOfGas));
}

#[test]
fn nothing_is_written_in_a_static_call() {
    let mut stage = Stage::new();
    let call = ScriptCall::to(stage.meter, solidity_call("keep(uint64)", &[7])).read_only().catch();
    let receipt = stage.send(stage.evm_actor, Script::new().call(call));
    assert_eq!(receipt.crossings[0].fault.map(|fault| fault.kind), Some(FaultKind::ReadOnly), "{}", say(&receipt));
    assert_eq!(stage.chain.word(stage.meter, U256::ZERO).unwrap(), U256::ZERO);
}
