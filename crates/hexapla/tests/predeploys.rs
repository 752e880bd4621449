//! The contracts that Ethereum's blocks call: EIP-2935, 4788, 7002, 7251.

use hexapla::{ChainConfig, SpecId, TxEnv, TxKind, chain::block_hash, evm::predeploys, executor::Request};
use hexapla_primitives::{Address, B256, Bytes, FaultKind, U256, address};
use hexapla_testing::{Chain, USER};

const HISTORY: Address = address!("0000F90827F1C53a10cb7A02335B175320002935");
const BEACON_ROOTS: Address = address!("000F3df6D732807Ef1319fB7B8bB8522d0Beac02");
const WITHDRAWALS: Address = address!("00000961Ef480Eb55e80D19ad83579A64c007002");
const CONSOLIDATIONS: Address = address!("0000BBdDc7CE488642fb579F8B00f3a590007251");

fn chain(spec: SpecId) -> Chain {
    let mut chain = Chain::new(ChainConfig { spec, ..ChainConfig::default() });
    chain.insert_system_contracts().unwrap();
    chain.fund([(USER, U256::from(10).pow(U256::from(20)))]).unwrap();
    chain
}

fn call(chain: &Chain, to: Address, data: impl Into<Bytes>, value: u64) -> TxEnv {
    TxEnv { value: U256::from(value), ..chain.call(USER, to, data).unwrap() }
}

fn word(number: u64) -> Vec<u8> {
    U256::from(number).to_be_bytes::<32>().to_vec()
}

#[test]
fn each_fork_has_its_contracts_and_an_older_one_none_of_them() {
    let addresses = |spec| predeploys(spec).into_iter().map(|predeploy| predeploy.address).collect::<Vec<_>>();
    assert!(addresses(SpecId::SHANGHAI).is_empty());
    assert_eq!(addresses(SpecId::CANCUN), [BEACON_ROOTS]);
    for spec in [SpecId::PRAGUE, SpecId::OSAKA, SpecId::AMSTERDAM] {
        assert_eq!(addresses(spec), [BEACON_ROOTS, HISTORY, WITHDRAWALS, CONSOLIDATIONS]);
    }
    let chain = chain(SpecId::OSAKA);
    for predeploy in predeploys(SpecId::OSAKA) {
        assert_eq!(chain.code(predeploy.address).unwrap(), predeploy.code);
        assert_eq!(chain.account(predeploy.address).unwrap().nonce, 1);
    }
    assert!(chain.account(address!("fffffffffffffffffffffffffffffffffffffffe")).unwrap().is_empty());
}

#[test]
fn contracts_read_the_hashes_of_earlier_blocks() {
    let mut chain = chain(SpecId::OSAKA);
    let chain_id = chain.executor().config().chain_id;
    let genesis = chain.latest_blockhash().unwrap();
    let first = chain.transact(call(&chain, USER, Bytes::new(), 0)).unwrap();
    let first_hash = block_hash(chain_id, 1, genesis, first.root);
    let asked = |number: u64| chain.simulate(call(&chain, HISTORY, word(number), 0)).unwrap();
    assert_eq!(asked(0).output, genesis.to_vec());
    assert_eq!(asked(1).output, first_hash.to_vec(), "the parent is known in the block itself");
    assert_eq!(asked(2).fault.unwrap().kind, FaultKind::Revert, "its own hash is not");

    chain.skip_blocks(300).unwrap();
    let asked = |number: u64| chain.simulate(call(&chain, HISTORY, word(number), 0)).unwrap().output;
    assert_eq!(asked(1), first_hash.to_vec(), "beyond the 256 blocks of BLOCKHASH");
    assert_eq!(asked(20), B256::ZERO.to_vec(), "blocks that were only counted have none");
    assert_ne!(asked(301), B256::ZERO.to_vec());
}

#[test]
fn a_block_tells_the_time_of_its_beacon_root() {
    let mut chain = chain(SpecId::OSAKA);
    let time = chain.next_block().timestamp;
    let known = call(&chain, BEACON_ROOTS, time.to_be_bytes::<32>(), 0);
    let later = call(&chain, BEACON_ROOTS, (time + U256::ONE).to_be_bytes::<32>(), 0);
    assert_eq!(chain.simulate(later).unwrap().fault.unwrap().kind, FaultKind::Revert);
    let told = chain.transact(known).unwrap().receipt;
    assert_eq!((told.fault, told.output), (None, B256::ZERO.into()), "there is no beacon chain");
    let slot = time % U256::from(8_191);
    assert_eq!(chain.word(BEACON_ROOTS, slot).unwrap(), time);
}

#[test]
fn what_contracts_ask_of_the_consensus_layer_comes_out_at_the_end_of_the_block() {
    let chain = chain(SpecId::PRAGUE);
    let (key, target) = ([7; 48], [9; 48]);
    let withdrawal = [&key[..], &5_u64.to_be_bytes()].concat();
    let consolidation = [key, target].concat();
    let transactions = [
        call(&chain, WITHDRAWALS, withdrawal, 1),
        TxEnv { nonce: 1, ..call(&chain, CONSOLIDATIONS, consolidation.clone(), 1) },
    ];
    let overlay = hexapla::Overlay::new(chain.reader().unwrap());
    let (requests, _) = chain.executor().block(overlay, chain.next_block().clone(), |run| {
        run.begin(B256::ZERO, B256::ZERO).unwrap();
        for tx in transactions {
            let receipt = run.execute(tx).unwrap();
            assert!(receipt.is_success(), "{:?}", receipt.fault);
        }
        let requests = run.end().unwrap();
        assert_eq!(run.end().unwrap(), [], "each is handed out once");
        requests
    });
    // EIP-7002: source address, key, amount (little-endian); EIP-7251: source address, both keys.
    let withdrawal = [USER.as_slice(), &key, &5_u64.to_le_bytes()].concat();
    let consolidation = [USER.as_slice(), &consolidation].concat();
    assert_eq!(
        requests,
        [Request { kind: 1, data: withdrawal.into() }, Request { kind: 2, data: consolidation.into() }]
    );
}

#[test]
fn a_request_contract_that_fails_ends_the_block_with_a_sentence_and_a_chain_without_them_goes_on() {
    let mut broken = chain(SpecId::PRAGUE);
    let code = hexapla::evm::bytecode(&Bytes::from_static(&[0xfe]));
    broken
        .edit(|overlay| {
            overlay.insert_account(WITHDRAWALS, hexapla::AccountInfo { code: Some(code), ..Default::default() });
            Ok(())
        })
        .unwrap();
    let root = broken.root();
    let error = broken.block(|_| ()).unwrap_err().to_string();
    assert!(
        error.starts_with("the block is not valid: the contract 0x00000961Ef480Eb55e80D19ad83579A64c007002"),
        "{error}"
    );
    assert_eq!((broken.root(), broken.next_block().number), (root, U256::ONE), "nothing was committed");

    let mut without = Chain::new(ChainConfig::default());
    let (root, number) = (without.root(), without.next_block().number);
    without.block(|_| ()).unwrap();
    assert_eq!((without.root(), without.next_block().number), (root, number + U256::ONE));
    let tx = TxEnv { kind: TxKind::Call(HISTORY), ..without.call(USER, HISTORY, word(0)).unwrap() };
    assert!(without.simulate(tx).unwrap().is_success(), "an account without code");
}
