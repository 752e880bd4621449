//! Bytes that nobody sane sends, and objects that nobody sane stores: an error each, and no panic.

use crate::stage::{Stage, say, solidity_call};
use calc_vm::{
    CALC,
    convention::Call,
    program::{PROGRAM_BYTES_MAX, Program},
    store::{address_of, program_key},
};
use hexapla_primitives::{Bytes, FaultKind, identity::designator};

/// A small generator of numbers: the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % limit as u64).unwrap()
    }

    /// A good text with some bytes changed and its end cut off.
    fn damaged(&mut self, good: &[u8]) -> Vec<u8> {
        let mut bytes = good[..=self.below(good.len())].to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len());
            bytes[at] = u8::try_from(self.below(256)).unwrap();
        }
        bytes
    }
}

#[test]
fn readers_are_total_on_damaged_text() {
    let program = b"a: 1 2 + - * /\nb: put get\nc: call 0x5FbDB2315678afecb367f032d93F642f64180aa3 f:u256\n";
    let mut numbers = Numbers(1);
    let (mut programs, mut calls) = (0, 0);
    for _ in 0..20_000 {
        programs += usize::from(Program::parse(&numbers.damaged(program)).is_ok());
        calls += usize::from(Call::read(&numbers.damaged(b"divide 12 18446744073709551615")).is_some());
    }
    assert!(programs > 100 && calls > 500, "some stay good: {programs}, {calls}");
}

#[test]
fn junk_call_data_is_an_error_and_costs_little() {
    let mut stage = Stage::new();
    let junk: [Bytes; 5] =
        [Bytes::new(), vec![0; 3].into(), vec![0xff; 4].into(), b"calc:".into(), vec![b'a'; 100_000].into()];
    for data in junk {
        let receipt = stage.send(stage.meter, data);
        let fault = receipt.fault.as_ref().expect("it failed");
        assert_eq!(fault.kind, FaultKind::Border, "{}", say(&receipt));
    }
}

#[test]
fn wrong_calls_by_text_fail_with_the_number_that_says_why() {
    let mut stage = Stage::new();
    let mut code = |text: &str| {
        let receipt = stage.send(stage.meter, format!("calc:{text}").into_bytes());
        receipt.fault.as_ref().and_then(|fault| fault.code)
    };
    assert_eq!(code("divide 1"), Some(3), "too few arguments");
    assert_eq!(code("nothing 1"), Some(4), "no such function");
    assert_eq!(code("double 1 2"), Some(5), "too many arguments");
    assert_eq!(code("double 2"), None);
}

#[test]
fn a_contract_whose_program_is_damaged_or_gone_cannot_run() {
    let objects: [Option<Bytes>; 5] = [
        None,
        Some(Bytes::new()),
        Some(b"double: 2 *\ndivide".into()),
        Some(vec![0xff; 10].into()),
        Some(vec![b'#'; PROGRAM_BYTES_MAX + 1].into()),
    ];
    for object in objects {
        let mut stage = Stage::new();
        stage
            .chain
            .edit(|overlay| {
                overlay.insert_object(program_key(b"meter"), object.clone());
                Ok(())
            })
            .unwrap();
        let receipt = stage.send(stage.meter, solidity_call("double(uint64)", &[1]));
        let fault = receipt.fault.as_ref().expect("it failed");
        assert_eq!((fault.kind, fault.vm), (FaultKind::InvalidCode, CALC), "{}", say(&receipt));
    }
}

#[test]
fn nobody_takes_a_contracts_name_by_a_creation() {
    let mut stage = Stage::new();
    let code = designator(CALC, b"meter");
    // Init code that returns it: PUSH1 length, DUP1, PUSH1 11, PUSH1 0, CODECOPY, PUSH1 0, RETURN.
    let length = u8::try_from(code.len()).unwrap();
    let init_code = [&[0x60, length, 0x80, 0x60, 11, 0x60, 0, 0x39, 0x60, 0, 0xf3], &code[..]].concat();
    let tx = stage.chain.create(crate::stage::USER, init_code).unwrap();
    let receipt = stage.chain.transact(tx).unwrap().receipt;
    assert_eq!(receipt.fault.as_ref().map(|fault| fault.kind), Some(FaultKind::Create), "{}", say(&receipt));
    assert_ne!(receipt.created, Some(address_of(b"meter")));
}

#[test]
fn coin_does_not_pass() {
    let mut stage = Stage::new();
    let tx = stage.chain.call(crate::stage::USER, stage.meter, solidity_call("double(uint64)", &[1])).unwrap();
    let tx = hexapla::TxEnv { value: hexapla_primitives::U256::ONE, ..tx };
    let receipt = stage.chain.transact(tx).unwrap().receipt;
    assert_eq!(receipt.fault.as_ref().map(|fault| fault.kind), Some(FaultKind::Border), "{}", say(&receipt));
}
