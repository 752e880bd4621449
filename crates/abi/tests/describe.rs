//! Revert data as a sentence.

use alloy_primitives::{Address, U256, address, hex};
use alloy_sol_types::{Panic, Revert as AlloyRevert, SolError, sol};
use hexapla_abi::{
    Codec, ForeignFault, Interface, Revert, SolidityCodec, Value, describe_revert, foreign_fault_decode,
    foreign_fault_encode, panic_meaning, revert_encode, solidity::foreign_fault_selector,
};
use proptest::prelude::*;

mod native {
    alloy_sol_types::sol! {
        error ForeignFault(string vm, address at, string kind, bytes data, string message);
    }
}

sol! {
    error TooRisky(uint256 score, uint256 limit);
}

const AT: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

fn interface() -> Interface {
    Interface::from_solidity_signatures(
        "Vault",
        ["error TooRisky(uint256 score, uint256 limit)", "error Named(string)"],
    )
    .unwrap()
}

fn fault() -> ForeignFault {
    ForeignFault {
        vm: "svm".into(),
        at: AT,
        kind: "revert".into(),
        data: vec![0x70, 0x17].into(),
        message: "insufficient funds".into(),
    }
}

#[test]
fn reverts_are_sentences() {
    let interface = interface();
    let long = SolidityCodec::default().encode_error(&interface.errors[1], &[Value::string("\u{1b}[2J")]).unwrap();
    let cases: &[(&[u8], &str)] = &[
        (&[], "no reason given"),
        (&TooRisky { score: U256::from(900), limit: U256::from(500) }.abi_encode(), "TooRisky(score: 900, limit: 500)"),
        (&AlloyRevert::from("ERC20: \"no\"").abi_encode(), r#"Error("ERC20: \"no\"")"#),
        (&revert_encode("\u{202e}\n"), r#"Error("\u{202e}\n")"#),
        (&Panic::from(0x11).abi_encode(), "Panic(0x11): arithmetic overflow"),
        (&Panic::from(0x01).abi_encode(), "Panic(0x01): assertion failed"),
        (&Panic::from(0x77).abi_encode(), "Panic(0x77): not a code that Solidity defines"),
        (&hex!("12345678"), "0x12345678 (4 bytes, unknown custom error)"),
        (&hex!("1234567899"), "0x12345678… (5 bytes, unknown custom error)"),
        (&hex!("12"), "0x12 (1 byte, too short for a custom error)"),
        (&hex!("08c379a0ff"), "0x08c379a0… (5 bytes, unknown custom error)"),
        (&long, r#"Named("\u{1b}[2J")"#),
        (
            &foreign_fault_encode(&fault()),
            "ForeignFault(vm: \"svm\", at: 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266, kind: \"revert\", data: 0x7017, \
             message: \"insufficient funds\")",
        ),
    ];
    for (data, sentence) in cases {
        assert_eq!(describe_revert(data, [&interface]), *sentence);
    }
    let unknown = TooRisky { score: U256::from(900), limit: U256::from(500) }.abi_encode();
    assert!(describe_revert(&unknown, None).ends_with("… (68 bytes, unknown custom error)"));
}

#[test]
fn foreign_faults_equal_those_of_alloys_macro() {
    let ForeignFault { vm, at, kind, data, message } = fault();
    let encoded = foreign_fault_encode(&fault());
    assert_eq!(encoded, native::ForeignFault { vm, at, kind, data, message }.abi_encode());
    assert_eq!(foreign_fault_selector(), native::ForeignFault::SELECTOR);
    assert_eq!(ForeignFault::SIGNATURE, native::ForeignFault::SIGNATURE);
    assert_eq!(foreign_fault_decode(&encoded), Some(Ok(fault())));
    assert_eq!(foreign_fault_decode(&encoded[1..]), None);
    assert!(foreign_fault_decode(&encoded[..40]).unwrap().is_err());
}

#[test]
fn every_panic_code_of_solidity_has_a_meaning() {
    for code in [0x00, 0x01, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32, 0x41, 0x51_u64] {
        assert!(panic_meaning(U256::from(code)).is_some(), "{code:#x}");
    }
    assert_eq!(panic_meaning(U256::MAX), None);
}

#[test]
fn long_reasons_are_cut() {
    let sentence = describe_revert(&revert_encode(&"x".repeat(100_000)), None).chars().count();
    assert!(sentence < 1100, "{sentence}");
    let data = ForeignFault { data: vec![0; 100_000].into(), message: "y".repeat(100_000), ..fault() };
    assert!(describe_revert(&foreign_fault_encode(&data), None).len() < 1500);
}

proptest! {
    #[test]
    fn f15_any_revert_data_is_one_safe_line(selector in 0..4_usize, body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let selectors = [vec![], hex!("08c379a0").to_vec(), hex!("4e487b71").to_vec(), foreign_fault_selector().to_vec()];
        let data = [selectors[selector].clone(), body].concat();
        let sentence = describe_revert(&data, [&interface()]);
        prop_assert!(sentence.chars().all(|c| !c.is_control()));
        prop_assert_eq!(data.is_empty(), matches!(Revert::decode(&data, None), Revert::Empty));
    }

    #[test]
    fn foreign_faults_survive_the_round_trip(vm: String, at: [u8; 20], kind: String, data: Vec<u8>, message: String) {
        let fault = ForeignFault { vm, at: at.into(), kind, data: data.into(), message };
        prop_assert_eq!(foreign_fault_decode(&foreign_fault_encode(&fault)), Some(Ok(fault)));
    }
}
