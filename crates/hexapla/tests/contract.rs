//! Contracts by name, and chains that go back.

use hexapla::{
    Chain, ChainConfig, ChainError, Contract, ContractError,
    abi::{Interface, Value},
    primitives::{Address, FaultKind, U256, address},
    wasm,
};

const ALICE: Address = address!("0x00000000000000000000000000000000000a11ce");
const BOB: Address = address!("0x0000000000000000000000000000000000000b0b");
const TOKEN: &[u8] = include_bytes!("../../../contracts/wasm/erc20/erc20.wasm");
const TOKEN_ABI: &str = include_str!("../../../contracts/wasm/erc20/erc20.abi.json");
const VAULT: &str = include_str!("../../../contracts/evm/vault4626/Vault4626.json");

fn chain() -> Chain {
    let mut chain = Chain::in_memory(hexapla::standard(ChainConfig::default()).unwrap());
    chain.fund([(ALICE, U256::from(10).pow(U256::from(18)))]).unwrap();
    chain
}

fn token(chain: &mut Chain) -> Contract {
    let interface = Interface::detect(TOKEN_ABI).unwrap();
    Contract::deploy(chain, ALICE, wasm::deploy_code(TOKEN), interface, &[]).unwrap()
}

fn uint(amount: u64) -> Value {
    Value::uint(amount)
}

#[test]
fn functions_are_called_by_name_on_every_vm_of_the_lane() {
    let mut chain = chain();
    let token = token(&mut chain);
    let vault = Contract::from_artifact(&mut chain, ALICE, VAULT, &[token.address().into()]).unwrap();
    token.send(&mut chain, ALICE, "mint", &[ALICE.into(), uint(1000)]).unwrap();
    token.send(&mut chain, ALICE, "approve", &[vault.address().into(), uint(1000)]).unwrap();
    let deposit = vault.send(&mut chain, ALICE, "deposit", &[uint(600), ALICE.into()]).unwrap();
    assert_eq!(deposit.results, [uint(600)], "shares");
    assert_eq!(vault.view(&chain, "balanceOf", &[ALICE.into()]).unwrap(), [uint(600)]);
    assert_eq!(token.view(&chain, "balanceOf", &[vault.address().into()]).unwrap(), [uint(600)]);
    let names = |contract: &Contract| -> Vec<String> {
        contract.events(&deposit.committed.receipt).iter().map(|event| event.event.name.clone()).collect()
    };
    assert_eq!((names(&token), names(&vault)), (vec!["Transfer".into()], vec!["Transfer".into(), "Deposit".into()]));
}

#[test]
fn a_constructor_that_is_a_function_runs_in_the_deployment() {
    let module = include_bytes!("../../cli/tests/cases/ctor.wasm");
    let interface = Interface::detect(include_str!("../../cli/tests/cases/ctor2.abi.json")).unwrap();
    let mut chain = chain();
    let contract =
        Contract::deploy(&mut chain, ALICE, wasm::deploy_code(module), interface.clone(), &[uint(777)]).unwrap();
    assert_eq!(contract.view(&chain, "totalSupply", &[]).unwrap(), [uint(777)]);
    assert!(Contract::deploy(&mut chain, ALICE, wasm::deploy_code(module), interface, &[]).is_err());
}

#[test]
fn what_cannot_be_called_says_why() {
    let mut chain = chain();
    let token = token(&mut chain);
    let root = chain.root();
    let error = token.send(&mut chain, ALICE, "mintt", &[]).unwrap_err();
    assert!(matches!(error, ContractError::Function(_)) && error.to_string().contains("mint"), "{error}");
    let error = token.send(&mut chain, ALICE, "mint", &[uint(1), uint(1)]).unwrap_err();
    assert!(matches!(error, ContractError::Codec(_)), "{error}");
    let interface = Interface::detect(TOKEN_ABI).unwrap();
    let error = Contract::deploy(&mut chain, ALICE, wasm::deploy_code(TOKEN), interface, &[uint(1)]).unwrap_err();
    assert!(matches!(error, ContractError::NoConstructor { given: 1 }), "{error}");
    let error = Contract::deploy(&mut chain, ALICE, vec![0xfe], Interface::default(), &[]);
    assert!(matches!(&error, Err(ContractError::Failed { fault, .. }) if fault.kind == FaultKind::Trap), "{error:?}");
    assert_ne!(chain.root(), root, "the failed creation has used a nonce");
    let error = token.send(&mut chain, ALICE, "transfer", &[BOB.into(), uint(1)]).unwrap_err();
    let ContractError::Failed { call, fault } = &error else { panic!("{error}") };
    assert!(call.ends_with(".transfer") && fault.contract == token.address(), "{error}");
}

#[test]
fn a_chain_goes_back_to_a_snapshot_any_number_of_times() {
    let mut chain = chain();
    let token = token(&mut chain);
    token.send(&mut chain, ALICE, "mint", &[ALICE.into(), uint(10)]).unwrap();
    let (root, number, snapshot) = (chain.root(), chain.next_block().number, chain.snapshot().unwrap());
    let mut roots = Vec::new();
    for _ in 0..3 {
        roots.push(token.send(&mut chain, ALICE, "transfer", &[BOB.into(), uint(4)]).unwrap().committed.root);
        assert_eq!(token.view(&chain, "balanceOf", &[BOB.into()]).unwrap(), [uint(4)]);
        chain.rollback(&snapshot).unwrap();
        assert_eq!((chain.root(), chain.next_block().number), (root, number));
        assert_eq!(token.view(&chain, "balanceOf", &[BOB.into()]).unwrap(), [uint(0)]);
    }
    assert!(roots.iter().all(|root| *root == roots[0]), "the same transaction gives the same root again: {roots:?}");
    let proof = chain.account_proof(token.address(), &[]).unwrap();
    assert_eq!(proof.address, token.address());
}

#[test]
fn a_chain_in_a_database_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let store = std::sync::Arc::new(hexapla_store::RedbStore::open(folder.path().join("db")).unwrap());
        Chain::open(hexapla::standard(ChainConfig::default()).unwrap(), store).unwrap()
    };
    let mut kept = chain();
    let mut stopped = open();
    stopped.fund([(ALICE, U256::from(10).pow(U256::from(18)))]).unwrap();
    assert_eq!(stopped.root(), kept.root());
    for _ in 0..3 {
        let [expected, found] = [&mut kept, &mut stopped].map(|chain| {
            let tx = chain.call(ALICE, BOB, Vec::new()).unwrap();
            let committed = chain.transact(tx).unwrap();
            (committed.block, committed.root, chain.latest_blockhash().unwrap(), chain.next_block().timestamp)
        });
        assert_eq!(found, expected);
        drop(stopped);
        stopped = open();
        assert_eq!(stopped.next_block(), kept.next_block());
        assert_eq!(stopped.latest_blockhash().unwrap(), expected.2);
    }
}

#[test]
fn a_chain_in_a_database_does_not_go_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = std::sync::Arc::new(hexapla_store::RedbStore::open(folder.path().join("db")).unwrap());
    let chain = Chain::open(hexapla::standard(ChainConfig::default()).unwrap(), store).unwrap();
    assert!(matches!(chain.snapshot(), Err(ChainError::NotInMemory)));
}
