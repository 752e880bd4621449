//! Blocks of 1,000 ERC-20 transfers through the executor, on a state of millions of slots in a file.
//!
//! `cargo bench -p hexapla --bench soak` fills a token with a million holders, and then with three million; numbers
//! behind `--` are other sizes. Each transfer has a random sender of 100,000, whose nonce changes, and goes to a random
//! holder or, every second time, to a new one. Each block is durable before the next begins, by the log; checkpoints are
//! written beside. Then blocks of one transfer each, by a store in memory and one in a file. Transactions are not signed. CPU time is that of all threads, with that of the system.

mod support;

use hexapla::{BlockEnv, Chain, ChainConfig, Executor, StateDb, StateOptions, TxEnv, TxKind};
use hexapla_primitives::{Address, B256, Bytes, U256, keccak256};
use hexapla_state::{AccountChange, BlockChanges};
use hexapla_store::{KvStore, MemoryStore, RedbStore};
use hexapla_testing::{USER, contracts};
use revm::state::AccountInfo;
use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};
use support::{bench, process_cpu_ms, thread_cpu_ms};

const SIZES: [u64; 2] = [1_000_000, 3_000_000];
const TRANSFERS_PER_BLOCK: u64 = 1_000;
const SENDERS: u64 = 100_000;
/// Blocks before those that are measured.
const WARM_UP: u64 = 100;
/// Blocks that are measured, ten times.
const BLOCKS_PER_TENTH: u64 = 40;
/// Blocks in the log of a state that is opened again.
const BLOCKS_IN_LOG: u64 = 100;
const PROOFS: u64 = 1_000;
/// Blocks of one transaction.
const SMALL_BLOCKS: u64 = 100_000;

fn main() {
    let sizes: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { SIZES.to_vec() } else { sizes };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut soak = Soak::new(Some(&folder.path().join("state")));
    for size in &sizes {
        soak.fill(*size);
        soak.measure(*size);
    }
    soak.open_again();
    soak.proofs();
    drop(soak);
    for path in [None, Some(folder.path().join("small"))] {
        small_blocks(path.as_deref());
    }
}

/// Blocks of one transfer each, every one to a new holder: the last tenth against the first.
fn small_blocks(path: Option<&Path>) {
    let mut soak = Soak::new(path);
    soak.fill(1);
    let mut tenths = Vec::new();
    for _ in 0..10 {
        let start = Instant::now();
        for _ in 0..SMALL_BLOCKS / 10 {
            let tx = soak.transfer(0);
            soak.block(vec![tx]);
        }
        tenths.push(SMALL_BLOCKS as f64 / 10.0 / start.elapsed().as_secs_f64());
    }
    let name = if path.is_some() { "redb" } else { "memory" };
    bench(&format!("soak_{name}_one_transaction_blocks_first_tenth"), tenths[0], "tx/s");
    bench(&format!("soak_{name}_one_transaction_blocks_last_tenth"), tenths[9], "tx/s");
    bench(&format!("soak_{name}_one_transaction_blocks_last_over_first"), tenths[9] / tenths[0], "x");
}

struct Soak {
    path: PathBuf,
    db: StateDb,
    executor: Executor,
    token: Address,
    token_info: AccountInfo,
    /// The slot of the mapping from holders to balances.
    balances: U256,
    holders: u64,
    /// The first of them, who send.
    senders: u64,
    nonces: Vec<u64>,
    block: u64,
    seed: u64,
}

fn open(path: &Path, options: StateOptions) -> StateDb {
    StateDb::open_with(Arc::new(RedbStore::open(path).expect("a store")), options).expect("a state")
}

fn holder(index: u64) -> Address {
    Address::left_padding_from(&(0x1000_0000 + index).to_be_bytes())
}

impl Soak {
    /// A token in a new state.
    fn new(path: Option<&Path>) -> Self {
        let executor = || hexapla::standard(ChainConfig::default()).expect("the VMs start");
        let store: Arc<dyn KvStore> = match path {
            Some(path) => Arc::new(RedbStore::open(path).expect("a new store")),
            None => Arc::new(MemoryStore::new()),
        };
        let mut chain = Chain::open(executor(), store.clone()).expect("a new state");
        let words = [0x60u64, 0xa0, u64::MAX, 1, 0, 1, 0].map(|word| U256::from(word).to_be_bytes::<32>());
        let init_code = [contracts::evm("token/Token").as_ref(), &words.concat()].concat();
        let tx = chain.create(USER, init_code).expect("the state is read");
        let committed = chain.transact(tx).expect("the transaction is valid");
        let token = committed.receipt.created.expect("the token is deployed");
        let change = &committed.changes.accounts[&token];
        let balances = (0..8).map(U256::from).find(|slot| change.words.contains_key(&mapped(USER, *slot)));
        let balances = balances.expect("the balance of the user is in a mapping");
        let token_info = change.info.clone().expect("the token exists");
        drop(chain);
        let db = StateDb::open(store).expect("the state");
        let block = db.block().map_or(0, |block| block + 1);
        Self {
            db,
            path: path.unwrap_or(Path::new("")).to_owned(),
            executor: executor(),
            token,
            token_info,
            balances,
            holders: 0,
            senders: 0,
            nonces: vec![0; SENDERS as usize],
            block,
            seed: 5,
        }
    }

    fn random(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 20) % below
    }

    /// Gives the token so many holders, without transactions.
    fn fill(&mut self, size: u64) {
        while self.holders < size {
            let next = (self.holders + 100_000).min(size);
            let mut changes = BlockChanges::default();
            let balance = U256::from(1_000_000_000u64);
            let words = (self.holders..next).map(|index| (mapped(holder(index), self.balances), balance)).collect();
            let info = Some(self.token_info.clone());
            changes.accounts.insert(self.token, AccountChange { info, words, ..AccountChange::default() });
            for index in self.holders.min(SENDERS)..next.min(SENDERS) {
                let info = Some(AccountInfo::from_balance(U256::ONE));
                changes.accounts.insert(holder(index), AccountChange { info, ..AccountChange::default() });
            }
            self.db.commit(&changes).expect("a commit");
            self.holders = next;
        }
        self.senders = self.holders.min(SENDERS);
        self.db.checkpoint().expect("a checkpoint");
    }

    fn transfers(&mut self) -> Vec<TxEnv> {
        (0..TRANSFERS_PER_BLOCK).map(|index| self.transfer(index)).collect()
    }

    /// A transfer from a random sender: to a new holder, or, for every odd index, to one that there is.
    fn transfer(&mut self, index: u64) -> TxEnv {
        let sender = self.random(self.senders);
        let receiver = if index.is_multiple_of(2) {
            self.holders += 1;
            self.holders - 1
        } else {
            self.random(self.holders)
        };
        let nonce = self.nonces[sender as usize];
        self.nonces[sender as usize] += 1;
        let selector = &keccak256("transfer(address,uint256)")[..4];
        let data = [selector, &[0; 12], holder(receiver).as_slice(), &U256::ONE.to_be_bytes::<32>()].concat();
        TxEnv {
            caller: holder(sender),
            kind: TxKind::Call(self.token),
            data: Bytes::from(data),
            nonce,
            gas_limit: 100_000,
            chain_id: Some(self.executor.config().chain_id),
            ..TxEnv::default()
        }
    }

    /// Executes and commits a block; gives the CPU time of its execution, in milliseconds.
    fn block(&mut self, txs: Vec<TxEnv>) -> f64 {
        let env = BlockEnv {
            number: U256::from(self.block),
            gas_limit: u64::MAX,
            basefee: 0,
            prevrandao: Some(B256::ZERO),
            ..BlockEnv::default()
        };
        let overlay = self.db.overlay().expect("the state is read");
        let (execution, overlay) = self.executor.block(overlay, env, |run| {
            let before = thread_cpu_ms();
            for tx in txs {
                assert!(run.execute(tx).expect("the transaction is valid").is_success());
            }
            thread_cpu_ms() - before
        });
        let changes = overlay.changes();
        drop(overlay);
        self.db.commit_block(&changes, self.block, |root| root).expect("a commit");
        assert_eq!(self.db.durable_block(), Some(self.block));
        self.block += 1;
        execution
    }

    fn blocks(&mut self, count: u64) {
        for _ in 0..count {
            let txs = self.transfers();
            self.block(txs);
        }
    }

    fn measure(&mut self, size: u64) {
        self.blocks(WARM_UP);
        let (mut tenths, mut wall, mut cpu, mut execution, mut memory) = (Vec::new(), 0.0, 0.0, 0.0, 0);
        for _ in 0..10 {
            let blocks: Vec<Vec<TxEnv>> = (0..BLOCKS_PER_TENTH).map(|_| self.transfers()).collect();
            let (start, before) = (Instant::now(), process_cpu_ms());
            for txs in blocks {
                execution += self.block(txs);
                memory = memory.max(self.db.memory().total());
            }
            let tenth = process_cpu_ms() - before;
            tenths.push(tenth);
            cpu += tenth;
            wall += start.elapsed().as_secs_f64() * 1e3;
        }
        let blocks = (BLOCKS_PER_TENTH * 10) as f64;
        let transfers = blocks * TRANSFERS_PER_BLOCK as f64;
        bench(&format!("soak_transfers_per_core_second_at_{size}"), transfers / cpu * 1e3, "tx/s");
        bench(&format!("soak_transfers_per_second_at_{size}"), transfers / wall * 1e3, "tx/s");
        bench(&format!("soak_execution_cpu_per_transfer_at_{size}"), execution / transfers * 1e3, "us");
        bench(&format!("soak_state_cpu_per_block_at_{size}"), (cpu - execution) / blocks, "ms");
        bench(&format!("soak_last_over_first_tenth_at_{size}"), tenths[0] / tenths[9], "x");
        bench(&format!("soak_memory_at_{size}"), memory as f64 / f64::from(1 << 20), "MiB");
        let file = self.path.metadata().expect("a file").blocks() * 512;
        bench(&format!("soak_file_bytes_per_slot_at_{size}"), file as f64 / self.holders as f64, "B");
        bench(&format!("soak_process_memory_at_{size}"), resident_mib(), "MiB");
    }

    /// Opens the state again with blocks that are only in the log, as after a kill.
    fn open_again(&mut self) {
        self.db.checkpoint().expect("a checkpoint");
        // No checkpoint in between.
        let options = StateOptions { checkpoint_blocks: u64::MAX, memory_bytes: 1 << 30, ..StateOptions::default() };
        self.reopen(options);
        self.blocks(BLOCKS_IN_LOG);
        let root = self.db.root();
        let start = Instant::now();
        self.reopen(StateOptions::default());
        bench("soak_open_with_100_blocks_in_the_log", start.elapsed().as_secs_f64(), "s");
        assert_eq!(self.db.root(), root);
    }

    fn reopen(&mut self, options: StateOptions) {
        self.db = StateDb::in_memory();
        self.db = open(&self.path, options);
    }

    /// Proofs of a slot and of its account, of a state that has just been opened, and the same again.
    fn proofs(&mut self) {
        self.db.checkpoint().expect("a checkpoint");
        self.reopen(StateOptions::default());
        let holders: Vec<u64> = (0..PROOFS).map(|_| self.random(self.holders)).collect();
        for round in ["cold", "warm"] {
            let mut times: Vec<f64> = holders.iter().map(|index| self.proof_us(*index)).collect();
            times.sort_by(f64::total_cmp);
            bench(&format!("soak_proof_{round}_p50"), times[times.len() / 2], "us");
            bench(&format!("soak_proof_{round}_p99"), times[times.len() * 99 / 100], "us");
        }
    }

    fn proof_us(&mut self, index: u64) -> f64 {
        let slot = mapped(holder(index), self.balances).into();
        let start = Instant::now();
        let proof = self.db.account_proof(self.token, &[slot]).expect("a proof");
        let time = start.elapsed().as_secs_f64() * 1e6;
        proof.verify(self.db.root()).expect("a proof that holds");
        time
    }
}

/// The slot of a mapping's value (Solidity: keccak256 of key and slot).
fn mapped(key: Address, slot: U256) -> U256 {
    keccak256([&[0; 12], key.as_slice(), &slot.to_be_bytes::<32>()].concat()).into()
}

/// The memory of this process.
fn resident_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).map_or(f64::NAN, |kib| kib / 1024.0)
}
