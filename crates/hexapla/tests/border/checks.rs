//! What a transaction may not do, a contract of no VM may do: creating, and sending coin that is not there.

use crate::helpers::caught;
use hexapla::{Receipt, wasm::deploy_code};
use hexapla_primitives::{Address, U256, VmId};
use hexapla_testing::{Script, ScriptCall, Side, Stage, USER};

/// Init code that returns so many bytes, the first ones being these.
fn returning(code: &[u8], length: u16) -> Vec<u8> {
    let [high, low] = length.to_be_bytes();
    // PUSH1 n, PUSH1 14, PUSH1 0, CODECOPY, PUSH2 length, PUSH1 0, RETURN
    let head = [0x60, code.len() as u8, 0x60, 14, 0x60, 0, 0x39, 0x61, high, low, 0x60, 0, 0xf3, 0];
    [&head[..], code].concat()
}

/// What an actor's creation made, if anything.
fn created(receipt: &Receipt) -> Option<Address> {
    let address = receipt.output.get(..20).filter(|_| receipt.is_success());
    address.map(Address::from_slice).filter(|address| !address.is_zero())
}

#[test]
fn f07_contracts_of_every_vm_create_by_the_rules_of_a_transaction() {
    let floats = r#"(module (memory (export "memory") 1)
        (func (export "user_entrypoint") (param i32) (result i32) (drop (f32.const 1)) (i32.const 0)))"#;
    let designator = [&[0xef, 0xf1, 0x01, VmId::SVM.0][..], &[7; 32]].concat();
    let refused: [(&str, Vec<u8>); 6] = [
        ("code that begins with 0xEF", returning(&[0xef, 0], 2)),
        ("the code of a Solana program", returning(&designator, designator.len() as u16)),
        ("a program for Stylus with floats", deploy_code(&wat::parse_str(floats).unwrap()).to_vec()),
        ("code of more than 24,576 bytes", returning(&[], 24_577)),
        ("init code of more than 49,152 bytes", vec![0; 49_153]),
        ("a reverting constructor", vec![0x60, 0, 0x60, 0, 0xfd]),
    ];
    let allowed: [(&str, Vec<u8>); 4] = [
        ("code", returning(&[0xfe], 1)),
        ("code of 24,576 bytes", returning(&[], 24_576)),
        ("init code of 49,152 bytes", vec![0; 49_152]),
        ("a program for Stylus", hexapla_testing::contracts::wasm_init_code("counter-as/counter-as").to_vec()),
    ];
    let stage = Stage::new();
    for (works, cases) in [(false, &refused[..]), (true, &allowed[..])] {
        for (what, code) in cases {
            let direct = stage.chain.create(USER, code.clone()).unwrap();
            let direct = stage.chain.simulate(direct).is_ok_and(|receipt| receipt.is_success());
            assert_eq!(direct, works, "{what} by a transaction");
            for side in Side::ALL {
                // By the actor itself, and by one that is called from the other VM.
                let script = Script::new().create(code);
                let alone = stage.try_run(stage.actor(side), script.clone());
                assert_eq!(created(&alone).is_some(), works, "{what} by {side:?}: {:?}", alone.fault);
                let nested = Script::new().call(ScriptCall::to(stage.actor(side), script));
                let nested = stage.try_run(stage.actor(side.other()), nested);
                assert_eq!(created(&nested).is_some(), works, "{what} by {side:?}, called: {:?}", nested.fault);
            }
        }
    }
}

#[test]
fn f07_coin_that_is_not_there_is_not_sent_by_anybody() {
    let mut stage = Stage::new();
    let have = U256::from(1_000);
    let contracts = Side::ALL.map(|side| stage.actor(side));
    stage.chain.fund(contracts.map(|contract| (contract, have))).unwrap();
    let to = Address::repeat_byte(0x5c);
    let mut tx = stage.chain.call(USER, to, Vec::new()).unwrap();
    tx.value = stage.chain.balance(USER).unwrap() + U256::ONE;
    assert!(stage.chain.transact(tx).is_err(), "a user");
    for side in Side::ALL {
        let contract = stage.actor(side);
        for to in [to, stage.actor(side.other()), stage.actors(side)[1]] {
            for (wei, works) in [(1_001, false), (1_000, true)] {
                let send = Script::new().call(ScriptCall::to(to, Vec::new()).value(wei).catch());
                let alone = stage.try_run(contract, send.clone());
                assert_eq!(caught(&alone.output).success, works, "{wei} by {side:?} to {to}");
                let through = Script::new().call(ScriptCall::to(contract, send));
                let nested = stage.try_run(stage.actors(side.other())[1], through);
                assert_eq!(caught(&nested.output).success, works, "{wei} by {side:?} to {to}, called");
            }
        }
    }
}
