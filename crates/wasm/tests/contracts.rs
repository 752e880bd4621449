//! Real contracts, compiled by their own tool chains, unmodified.

mod support;

use hexapla_primitives::{FaultKind, U256, keccak256};
use support::*;

fn selector(signature: &str) -> Vec<u8> {
    keccak256(signature)[..4].to_vec()
}

/// The account that calls, as the number it is in an argument.
const CALLER_NUMBER: u64 = u64::MAX;

fn call(signature: &str, arguments: &[u64]) -> Vec<u8> {
    let mut data = selector(signature);
    for argument in arguments {
        match *argument {
            CALLER_NUMBER => data.extend(CALLER.into_word()),
            number => data.extend(word(number)),
        }
    }
    data
}

#[test]
fn the_stylus_erc20_mints_and_transfers_alike_on_all_engines() {
    let (rig, wasm, mut host) = (Rig::new(), contract("erc20"), MockHost::new());
    let mint = rig.call(&wasm, &call("mint(address,uint256)", &[CALLER_NUMBER, 1_000]), &mut host);
    output(&mint);
    let transfer = rig.call(&wasm, &call("transfer(address,uint256)", &[0x77, 5]), &mut host);
    assert_eq!(output(&transfer)[..], word(1)[..]);
    let balance = rig.call(&wasm, &call("balanceOf(address)", &[0x77]), &mut host);
    assert_eq!(output(&balance)[..], word(5)[..]);
    assert_eq!(host.logs.len(), 2, "two Transfer events");
    let refused = rig.call(&wasm, &call("transfer(address,uint256)", &[0x77, 50_000]), &mut host);
    let fault = refused.end.exit.fault().unwrap();
    assert_eq!(fault.kind, FaultKind::Revert);
    assert!(fault.data.starts_with(&selector("InsufficientBalance(address,uint256,uint256)")), "{}", fault.data);
    assert!(refused.end.gas_left > 0);
}

#[test]
fn running_out_of_ink_in_the_erc20_is_alike_at_every_limit() {
    let (rig, wasm, mut host) = (Rig::new(), contract("erc20"), MockHost::new());
    output(&rig.call(&wasm, &call("mint(address,uint256)", &[CALLER_NUMBER, 1_000]), &mut host));
    let mut frame = frame(&wasm, &call("transfer(address,uint256)", &[0x77, 5]));
    let needed = PLENTY - rig.run(&frame, &mut host.clone()).end.gas_left;
    for limit in (0..=needed).step_by(53).chain([needed - 1, needed]) {
        frame.gas_limit = limit;
        let report = rig.run(&frame, &mut host.clone());
        match report.end.exit.fault() {
            Some(fault) => {
                assert_eq!(fault.kind, FaultKind::OutOfGas, "limit {limit}: {fault}");
                assert_eq!(report.end.gas_left, 0);
            }
            None => assert!(limit >= needed, "limit {limit} of {needed}"),
        }
        assert_eq!(report.end.native_used.unwrap().amount.div_ceil(10_000), limit - report.end.gas_left);
    }
}

#[test]
fn assembly_script_and_no_std_contracts_run_alike() {
    let (rig, mut host) = (Rig::new(), MockHost::new());
    for name in ["counter-as", "compute", "actor"] {
        let wasm = contract(name);
        let report = rig.call(&wasm, &[], &mut host);
        assert!(report.stack_left.is_some(), "{name}");
    }
}

#[test]
fn the_assembly_script_counter_counts() {
    let (rig, wasm, mut host) = (Rig::new(), contract("counter-as"), MockHost::new());
    for _ in 0..3 {
        let report = rig.call(&wasm, &call("increment()", &[]), &mut host);
        output(&report);
    }
    assert!(host.words.values().any(|value| *value == U256::from(3)), "{:?}", host.words);
}
