//! Transactions of the calculator's own form: deployment, calls, refunds, and what is rejected.

use crate::stage::Stage;
use calc_vm::{
    CALC,
    store::address_of,
    transaction::{Action, Transaction},
};
use ed25519_dalek::{Signer as _, SigningKey};
use hexapla::{ChainError, ExecuteError};
use hexapla_primitives::{Address, Bytes, FaultKind, U256};

const GAS_LIMIT: u64 = 2_000_000;
const PRICE: u64 = 3;

struct Wallet(SigningKey);

impl Wallet {
    fn new() -> Self {
        Self(SigningKey::from_bytes(&[9; 32]))
    }

    fn address(&self) -> Address {
        address_of(self.0.verifying_key().as_bytes())
    }

    fn signed(&self, nonce: u64, contract: &'static str, action: Action) -> Bytes {
        let wallet = self.0.verifying_key().to_bytes();
        let contract = Bytes::from_static(contract.as_bytes());
        let transaction =
            Transaction { chain_id: 31_337, wallet, nonce, gas_limit: GAS_LIMIT, price: PRICE, contract, action };
        let body = transaction.to_bytes().unwrap();
        [&self.0.sign(&body).to_bytes()[..], &body].concat().into()
    }
}

fn stage(wallet: &Wallet) -> Stage {
    let mut stage = Stage::new();
    stage.chain.fund([(wallet.address(), U256::from(10).pow(U256::from(18)))]).unwrap();
    stage
}

fn call(text: &'static str) -> Action {
    Action::Call(Bytes::from_static(text.as_bytes()))
}

fn rejection(stage: &mut Stage, raw: &[u8]) -> String {
    let root = stage.chain.root();
    let error = stage.chain.transact_raw(CALC, raw).expect_err("it is rejected");
    assert_eq!(stage.chain.root(), root, "nothing was charged");
    match error {
        ChainError::Execute(ExecuteError::Rejected(rejection)) => rejection.name.into(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_wallet_deploys_a_contract_that_solidity_then_calls_typed() {
    let wallet = Wallet::new();
    let mut stage = stage(&wallet);
    let deployment = wallet.signed(0, "fresh", Action::Deploy(Bytes::from_static(b"triple: 3 *")));
    let receipt = stage.chain.transact_raw(CALC, &deployment).unwrap().receipt;
    assert!(receipt.is_success(), "{:?}", receipt.fault);
    assert_eq!(stage.ask(address_of(b"fresh"), "triple(uint64)", &[14]).unwrap(), Some(42));
    let again = wallet.signed(1, "fresh", Action::Deploy(Bytes::from_static(b"triple: 4 *")));
    let fault = stage.chain.transact_raw(CALC, &again).unwrap().receipt.fault.expect("the name is taken");
    assert_eq!(fault.kind, FaultKind::Create);
    assert_eq!(stage.ask(address_of(b"fresh"), "triple(uint64)", &[14]).unwrap(), Some(42));
}

#[test]
fn what_gas_was_not_used_for_goes_back_and_the_beneficiary_gets_the_rest() {
    let wallet = Wallet::new();
    let mut stage = stage(&wallet);
    for (nonce, text, succeeds) in [(0, "double 21", true), (1, "divide 1 0", false)] {
        let before = stage.chain.balance(wallet.address()).unwrap();
        let receipt = stage.chain.transact_raw(CALC, &wallet.signed(nonce, "meter", call(text))).unwrap().receipt;
        assert_eq!(receipt.is_success(), succeeds, "{text}: {:?}", receipt.fault);
        let paid = before - stage.chain.balance(wallet.address()).unwrap();
        assert_eq!(paid, U256::from(receipt.gas_used) * U256::from(PRICE), "{text}");
        assert_eq!(paid, receipt.fee, "{text}");
        assert!(receipt.gas_used < GAS_LIMIT / 2, "{text}: {}", receipt.gas_used);
    }
}

#[test]
fn replays_foreign_signatures_and_cut_bytes_are_rejected() {
    let wallet = Wallet::new();
    let mut stage = stage(&wallet);
    let raw = wallet.signed(0, "meter", call("double 21"));
    let mut forged = raw.to_vec();
    forged[70] ^= 1;
    assert!(["BadSignature", "Malformed"].contains(&rejection(&mut stage, &forged).as_str()));
    let mut of_nobody = raw.to_vec();
    of_nobody[3] ^= 1;
    assert_eq!(rejection(&mut stage, &of_nobody), "BadSignature");
    for end in 0..raw.len() {
        assert!(stage.chain.transact_raw(CALC, &raw[..end]).is_err(), "{end}");
    }
    assert_eq!(rejection(&mut stage, &wallet.signed(1, "meter", call("double 21"))), "WrongNonce");
    assert!(stage.chain.transact_raw(CALC, &raw).unwrap().receipt.is_success());
    assert_eq!(rejection(&mut stage, &raw), "WrongNonce");
    let poor = Wallet(SigningKey::from_bytes(&[8; 32]));
    rejection(&mut stage, &poor.signed(0, "meter", call("double 21")));
}
