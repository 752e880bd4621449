//! Every transaction type of mainnet runs, and EIP-7702 lends no authority to another VM.

use hexapla::{
    ChainConfig, SpecId, TxEnv, TxKind,
    estimate::Estimate,
    evm::{
        AccessList, AccessListItem, Authorization, Either, RecoveredAuthority, RecoveredAuthorization, TransactionType,
    },
};
use hexapla_primitives::{Address, B256, FaultKind, U256};
use hexapla_testing::{Chain, Script, ScriptCall, Side, Stage, USER, contracts};

fn base(stage: &Stage, side: Side, kind: TransactionType) -> TxEnv {
    TxEnv { tx_type: kind as u8, ..stage.tx(stage.actor(side), Script::new().store(1, 1)) }
}

#[test]
fn every_transaction_type_of_mainnet_reaches_contracts_of_both_vms() {
    for side in Side::ALL {
        let mut stage = Stage::new();
        let list = AccessList(vec![AccessListItem {
            address: stage.actor(side),
            storage_keys: vec![B256::with_last_byte(1)],
        }]);
        let blob = B256::right_padding_from(&[1]);
        let dynamic =
            TxEnv { gas_price: 10, gas_priority_fee: Some(2), ..base(&stage, side, TransactionType::Eip1559) };
        let transactions = [
            TxEnv { gas_price: 10, ..base(&stage, side, TransactionType::Legacy) },
            TxEnv { gas_price: 10, access_list: list.clone(), ..base(&stage, side, TransactionType::Eip2930) },
            dynamic.clone(),
            TxEnv {
                tx_type: TransactionType::Eip4844 as u8,
                blob_hashes: vec![blob],
                max_fee_per_blob_gas: 1,
                ..dynamic.clone()
            },
            TxEnv {
                tx_type: TransactionType::Eip7702 as u8,
                authorization_list: vec![delegation(&stage, Side::Evm)],
                ..dynamic
            },
        ];
        for (index, tx) in transactions.into_iter().enumerate() {
            let nonce = stage.chain.call(USER, USER, Vec::new()).unwrap().nonce;
            let committed =
                stage.chain.transact(TxEnv { nonce, ..tx }).unwrap_or_else(|error| panic!("type {index}: {error}"));
            assert!(committed.receipt.is_success(), "type {index} to {side:?}: {:?}", committed.receipt.fault);
            assert!(committed.receipt.fee > U256::ZERO, "type {index}");
        }
        assert_eq!(stage.word(stage.actor(side), 1), 1);
        assert!(stage.chain.balance(Address::ZERO).unwrap() > U256::ZERO, "the beneficiary got the fees");
    }
}

const SIGNER: Address = Address::repeat_byte(0x77);

fn delegation(stage: &Stage, side: Side) -> Either<hexapla::evm::SignedAuthorization, RecoveredAuthorization> {
    let authorization = Authorization { chain_id: U256::ZERO, address: stage.actor(side), nonce: 0 };
    Either::Right(RecoveredAuthorization::new_unchecked(authorization, RecoveredAuthority::Valid(SIGNER)))
}

#[test]
fn f27_an_account_cannot_lend_its_authority_to_code_of_another_vm() {
    for (side, works) in [(Side::Evm, true), (Side::Wasm, false)] {
        let mut stage = Stage::new();
        let set = TxEnv {
            tx_type: TransactionType::Eip7702 as u8,
            authorization_list: vec![delegation(&stage, side)],
            ..stage.tx(USER, Script::new())
        };
        assert!(stage.chain.transact(set).unwrap().receipt.is_success());
        let call = TxEnv { kind: TxKind::Call(SIGNER), ..stage.tx(SIGNER, Script::new().store(1, 5)) };
        let receipt = stage.chain.transact(call).unwrap().receipt;
        assert_eq!(receipt.is_success(), works, "{side:?}: {:?}", receipt.fault);
        assert_eq!(stage.word(SIGNER, 1), if works { 5 } else { 0 }, "{side:?}");
        if !works {
            assert_eq!(receipt.fault.map(|fault| fault.kind), Some(FaultKind::Border));
        }
    }
}

#[test]
fn f10_an_authorization_serves_once_and_on_its_chain_only() {
    let mut stage = Stage::new();
    let authorize = |stage: &mut Stage, chain_id: u64, address: Address, nonce: u64| {
        let authorization = Authorization { chain_id: U256::from(chain_id), address, nonce };
        let authority = RecoveredAuthority::Valid(SIGNER);
        let tx = TxEnv {
            tx_type: TransactionType::Eip7702 as u8,
            authorization_list: vec![Either::Right(RecoveredAuthorization::new_unchecked(authorization, authority))],
            ..stage.tx(USER, Script::new())
        };
        assert!(stage.chain.transact(tx).unwrap().receipt.is_success());
        stage.chain.code(SIGNER).unwrap()
    };
    let [first, second] = stage.actors(Side::Evm);
    let delegated = |to: Address| [&[0xef, 0x01, 0x00][..], to.as_slice()].concat();
    let chain_id = stage.chain.executor().config().chain_id;
    assert!(authorize(&mut stage, chain_id + 1, first, 0).is_empty(), "it is for another chain");
    assert!(authorize(&mut stage, chain_id, first, 1).is_empty(), "it is not its turn");
    assert_eq!(authorize(&mut stage, chain_id, first, 0)[..], delegated(first));
    assert_eq!(authorize(&mut stage, chain_id, second, 1)[..], delegated(second));
    // The first two once more: they are used.
    assert_eq!(authorize(&mut stage, chain_id, first, 0)[..], delegated(second));
    assert_eq!(authorize(&mut stage, chain_id + 1, first, 2)[..], delegated(second), "nor for another chain later");
    assert!(authorize(&mut stage, chain_id, Address::ZERO, 2).is_empty());
    assert!(authorize(&mut stage, chain_id, second, 1).is_empty());
}

#[test]
fn the_newest_fork_of_revm_runs_both_vms() {
    let config = ChainConfig { spec: SpecId::AMSTERDAM, ..ChainConfig::default() };
    let mut chain = Chain::new(config);
    chain.fund([(USER, U256::from(10).pow(U256::from(18)))]).unwrap();
    let mut deploy = |init_code| {
        // State gas (EIP-8037) is what the limit has beyond the cap of EIP-7825.
        let tx = TxEnv { gas_limit: 60_000_000, ..chain.create(USER, init_code).unwrap() };
        let receipt = chain.transact(tx).unwrap().receipt;
        receipt.created.filter(|_| receipt.is_success()).unwrap_or_else(|| panic!("{:?}", receipt.fault))
    };
    let evm = deploy(contracts::evm("actor/Actor"));
    let wasm = deploy(contracts::wasm_init_code("actor/actor"));
    for (from, to) in [(evm, wasm), (wasm, evm)] {
        let inner = Script::new().store(1, 1).store(1, 0).store(2, 2).log(&[1], b"x");
        let script =
            Script::new().call(ScriptCall::to(to, inner)).call(ScriptCall::to(to, Script::new().trap()).ignore());
        let tx = TxEnv { gas_limit: 30_000_000, ..chain.call(USER, from, script).unwrap() };
        let Estimate::Gas(gas) = chain.estimate_gas(&tx).unwrap() else { panic!("it succeeds") };
        let receipt = chain.transact(TxEnv { gas_limit: gas, ..tx }).unwrap().receipt;
        assert!(receipt.is_success(), "{:?}", receipt.fault);
        assert_eq!(chain.word(to, U256::from(2)).unwrap(), U256::from(2));
    }
}
