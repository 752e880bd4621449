//! 10,000 ERC-20 transfers through the executor against plain revm on the same state, in one run.
//!
//! Both sides execute, finalise and commit each transaction into a cache in memory; neither computes a root. Every
//! transaction must succeed and both sides must use the same gas.

mod support;

use hexapla::{BlockEnv, Chain, ChainConfig, TxEnv, TxKind};
use hexapla_primitives::{Address, B256, Bytes, U256, keccak256};
use hexapla_testing::{USER, contracts};
use revm::{
    Context, ExecuteCommitEvm, MainBuilder, MainContext,
    database::{CacheDB, EmptyDB},
    state::AccountInfo,
};
use support::{bench, cpu_ms, median};

const TRANSFERS: u64 = 10_000;
const RECEIVERS: u64 = 500;
const ROUNDS: usize = 9;

fn main() {
    let (chain, token, cache) = world();
    let txs = transfers(&chain, token);
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        // The two take turns, so that a machine that slows down slows both.
        let (our_ms, our_gas) = through_the_executor(&chain, &txs);
        let (plain_ms, plain_gas) = plain_revm(&chain, &cache, &txs);
        assert_eq!(our_gas, plain_gas, "both sides do the same work");
        // The first round warms up.
        if round > 0 {
            ours.push(our_ms);
            plain.push(plain_ms);
        }
    }
    let ratio = median(ours.iter().zip(&plain).map(|(ours, plain)| ours / plain).collect());
    let (ours, plain) = (median(ours), median(plain));
    println!("{TRANSFERS} ERC-20 transfers: {ours:.1} ms through the executor, {plain:.1} ms through plain revm");
    bench("transfers_executor_cpu", ours, "ms");
    bench("transfers_plain_revm_cpu", plain, "ms");
    bench("transfers_vs_revm_cpu", ratio, "x");
}

/// A deployed token whose whole supply is the user's, in the chain and in revm's own cache.
fn world() -> (Chain, Address, CacheDB<EmptyDB>) {
    let mut chain = Chain::in_memory(hexapla::standard(ChainConfig::default()).expect("the VMs start"));
    chain.fund([(USER, U256::from(10).pow(U256::from(24)))]).expect("memory does not fail");
    let mut arguments = Vec::new();
    for word in [0x60u64, 0xa0, 1 << 40, 1, 0, 1, 0] {
        arguments.extend(U256::from(word).to_be_bytes::<32>());
    }
    let init_code = [contracts::evm("token/Token").as_ref(), &arguments].concat();
    let tx = chain.create(USER, init_code).expect("memory does not fail");
    let committed = chain.transact(tx).expect("the transaction is valid");
    let token = committed.receipt.created.expect("the token is deployed");
    assert!(committed.receipt.is_success(), "{:?}", committed.receipt.fault);

    let mut cache = CacheDB::new(EmptyDB::default());
    let code = hexapla::evm::bytecode(&chain.code(token).expect("memory does not fail"));
    cache.insert_account_info(
        USER,
        AccountInfo { nonce: 1, balance: chain.balance(USER).unwrap(), ..AccountInfo::default() },
    );
    cache.insert_account_info(
        token,
        AccountInfo { nonce: 1, code_hash: code.hash_slow(), code: Some(code), ..AccountInfo::default() },
    );
    let change = &committed.changes.accounts[&token];
    for (key, value) in &change.words {
        cache.insert_account_storage(token, *key, *value).expect("memory does not fail");
    }
    (chain, token, cache)
}

fn transfers(chain: &Chain, token: Address) -> Vec<TxEnv> {
    let selector = &keccak256("transfer(address,uint256)")[..4];
    let transfer = |nonce: u64| {
        let receiver = B256::from(U256::from(0x5000 + nonce % RECEIVERS));
        let data = [selector, receiver.as_slice(), &U256::ONE.to_be_bytes::<32>()].concat();
        TxEnv {
            caller: USER,
            kind: TxKind::Call(token),
            data: Bytes::from(data),
            nonce: 1 + nonce,
            gas_limit: 100_000,
            chain_id: Some(chain.executor().config().chain_id),
            ..TxEnv::default()
        }
    };
    (0..TRANSFERS).map(transfer).collect()
}

fn block() -> BlockEnv {
    BlockEnv { gas_limit: u64::MAX, basefee: 0, prevrandao: Some(B256::ZERO), ..BlockEnv::default() }
}

fn through_the_executor(chain: &Chain, txs: &[TxEnv]) -> (f64, u64) {
    let txs = txs.to_vec();
    let overlay = hexapla::Overlay::new(chain.reader().expect("memory does not fail"));
    let (result, _) = chain.executor().block(overlay, block(), |run| {
        let mut gas = 0;
        let ms = cpu_ms(|| {
            for tx in txs {
                let receipt = run.execute(tx).expect("the transaction is valid");
                assert!(receipt.is_success());
                gas += receipt.gas_used;
            }
        });
        (ms, gas)
    });
    result
}

fn plain_revm(chain: &Chain, cache: &CacheDB<EmptyDB>, txs: &[TxEnv]) -> (f64, u64) {
    let txs = txs.to_vec();
    let cfg = chain.executor().cfg();
    let mut evm = Context::mainnet().with_db(cache.clone()).with_block(block()).with_cfg(cfg).build_mainnet();
    let mut gas = 0;
    let ms = cpu_ms(|| {
        for tx in txs {
            let result = evm.transact_commit(tx).expect("the transaction is valid");
            assert!(result.is_success());
            gas += result.tx_gas_used();
        }
    });
    (ms, gas)
}
