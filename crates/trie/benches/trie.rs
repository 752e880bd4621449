//! Times the trie against `eth_trie` on the same updates of the same million keys, and its proofs.
//!
//! `cargo bench -p hexapla-trie` prints a line of text for each measurement, and lines
//! `bench <name> <value> <unit>` for a program to read. Every root is compared with the other side's.
//! `cargo bench -p hexapla-trie -- <keys>` takes another number of keys. CPU time is that of the whole process.

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use alloy_primitives::{B256, U256, keccak256};
use eth_trie::{EthTrie, MemoryDB, Trie as _};
use hexapla_trie::{NoNodes, Trie, TrieAccount, verify};

/// The number of keys that one measured batch updates.
const UPDATES: u64 = 10_000;

/// How often each side is measured; the median counts.
const ROUNDS: u64 = 15;

type Changes = Vec<(B256, Option<Vec<u8>>)>;

/// Wall and CPU time of one measurement.
#[derive(Clone, Copy)]
struct Time {
    wall: Duration,
    cpu: Duration,
}

fn main() {
    let keys = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    updates(keys);
    proofs(keys);
}

/// The CPU time of all threads of this process so far; zero where Linux does not say.
fn cpu_time() -> Duration {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = tasks.filter_map(|task| {
        let statistics = fs::read_to_string(task.path().join("schedstat")).ok()?;
        statistics.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

fn measure<T>(work: impl FnOnce() -> T) -> (Time, T) {
    let (wall, cpu) = (Instant::now(), cpu_time());
    let result = work();
    (Time { wall: wall.elapsed(), cpu: cpu_time().saturating_sub(cpu) }, result)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The wall and CPU time of a measurement, in milliseconds.
struct Report {
    wall: f64,
    cpu: f64,
    /// The shortest wall time, which other work on the machine disturbs least.
    best: f64,
}

/// Prints the medians of one measurement, and its shortest wall time.
fn report(name: &str, text: &str, times: &[Time]) -> Report {
    let walls: Vec<f64> = times.iter().map(|time| milliseconds(time.wall)).collect();
    let best = walls.iter().copied().fold(f64::INFINITY, f64::min);
    let wall = median(walls);
    let cpu = median(times.iter().map(|time| milliseconds(time.cpu)).collect());
    println!("{text}: wall {wall:.1} ms (best {best:.1} ms), CPU {cpu:.1} ms (median of {})", times.len());
    println!("bench {name}_wall {wall:.3} ms");
    println!("bench {name}_wall_best {best:.3} ms");
    println!("bench {name}_cpu {cpu:.3} ms");
    Report { wall, cpu, best }
}

fn key(index: u64) -> B256 {
    keccak256(index.to_be_bytes())
}

fn value(index: u64, round: u64) -> Vec<u8> {
    let account = TrieAccount {
        nonce: round,
        balance: U256::from_be_bytes(keccak256((index ^ (round << 40)).to_le_bytes()).0) >> 160,
        ..TrieAccount::default()
    };
    alloy_rlp::encode(account)
}

/// Round 0 is the initial content; the others update distinct keys from all over the trie.
fn changes(keys: u64, round: u64) -> Changes {
    let change = |index: u64| (key(index), Some(value(index, round)));
    match round {
        0 => (0..keys).map(change).collect(),
        _ => (0..UPDATES.min(keys)).map(|n| change((n * (keys / UPDATES.min(keys)) + round * 31) % keys)).collect(),
    }
}

fn updates(keys: u64) {
    let initial = changes(keys, 0);
    let rounds: Vec<Changes> = (1..=2 * ROUNDS + 1).map(|round| changes(keys, round)).collect();
    println!("{UPDATES} updates of {keys} keys, and the root");

    let mut other = EthTrie::new(Arc::new(MemoryDB::new(true)));
    let mut insert_all = |changes: &Changes| {
        for (key, value) in changes {
            other.insert(key.as_slice(), value.as_deref().unwrap_or_default()).expect("memory does not fail");
        }
        B256::from(other.root_hash().expect("memory does not fail").0)
    };
    let mut expected = vec![insert_all(&initial)];
    let theirs: Vec<Time> = rounds
        .iter()
        .map(|round| {
            let (time, root) = measure(|| insert_all(round));
            expected.push(root);
            time
        })
        .collect();
    let theirs = report("eth_trie_update", "eth_trie 0.6", &theirs[1..]);

    let (one, all) = (pool(1), pool(0));
    let mut trie = Trie::empty();
    let mut apply = |changes: &Changes| {
        trie.apply(&NoNodes, changes).expect("memory does not fail");
        trie.root()
    };
    let (time, root) = measure(|| one.install(|| apply(&initial)));
    assert_eq!(root, expected[0]);
    report("hexapla_build_1_thread", "ours, building the trie on 1 thread", &[time]);
    let (mut on_one, mut on_all) = (Vec::new(), Vec::new());
    for (index, round) in rounds.iter().enumerate() {
        let (pool, times) = if index % 2 == 0 { (&one, &mut on_one) } else { (&all, &mut on_all) };
        let (time, root) = pool.install(|| measure(|| apply(round)));
        assert_eq!(root, expected[index + 1], "the roots are equal");
        times.push(time);
    }
    let on_one = report("hexapla_update_1_thread", "ours on 1 thread", &on_one[1..]);
    let threads = all.current_num_threads();
    let on_all = report("hexapla_update_all_threads", &format!("ours on {threads} threads"), &on_all);
    ratio("update_1_thread_vs_eth_trie_cpu", "CPU of eth_trie over ours on 1 thread", theirs.cpu / on_one.cpu);
    ratio("update_1_thread_vs_eth_trie_wall", "wall of eth_trie over ours on 1 thread", theirs.wall / on_one.wall);
    ratio("update_all_threads_vs_eth_trie_wall", "wall of eth_trie over ours on all", theirs.wall / on_all.wall);
    ratio("update_scaling_wall", &format!("wall on 1 thread over {threads} threads"), on_one.wall / on_all.wall);
    ratio("update_scaling_wall_best", &format!("best on 1 thread over {threads} threads"), on_one.best / on_all.best);
    let (time, rows) = measure(|| trie.take_node_updates(0).len());
    report("hexapla_take_all_rows", &format!("all {rows} rows to store"), &[time]);
    trie.apply(&NoNodes, &changes(keys, 2 * ROUNDS + 2)).expect("memory does not fail");
    trie.root();
    let (time, rows) = measure(|| trie.take_node_updates(0).len());
    report("hexapla_take_rows_of_update", &format!("the {rows} rows to store of one update"), &[time]);
}

fn ratio(name: &str, text: &str, ratio: f64) {
    println!("{text}: {ratio:.2} x");
    println!("bench {name} {ratio:.3} x");
}

fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started")
}

/// The proof of an account and of one of its slots, all nodes in memory.
fn proofs(keys: u64) {
    const SLOTS: u64 = 1000;
    let mut accounts = Trie::empty();
    accounts.apply(&NoNodes, &changes(keys, 0)).expect("memory does not fail");
    let mut storage = Trie::empty();
    let slots: Changes = (0..SLOTS).map(|n| (key(n), Some(alloy_rlp::encode(U256::from(n + 1))))).collect();
    storage.apply(&NoNodes, &slots).expect("memory does not fail");
    let (root, storage_root) = (accounts.root(), storage.root());
    let mut times = Vec::new();
    for n in 0..20_000u64 {
        let (index, slot) = (n.wrapping_mul(2_654_435_761) % keys, n % SLOTS);
        let start = Instant::now();
        let account = accounts.prove(&NoNodes, &key(index)).expect("memory does not fail");
        let word = storage.prove(&NoNodes, &key(slot)).expect("memory does not fail");
        times.push(start.elapsed().as_secs_f64() * 1e6);
        if n % 100 == 0 {
            verify(root, &key(index), Some(&value(index, 0)), &account).expect("the proof holds");
            verify(storage_root, &key(slot), Some(&alloy_rlp::encode(U256::from(slot + 1))), &word)
                .expect("the proof holds");
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[(times.len() as f64 * share) as usize];
    println!("account and slot proof at {keys} accounts, warm: p50 {:.1} us, p99 {:.1} us", at(0.5), at(0.99));
    println!("bench proof_p50 {:.2} us", at(0.5));
    println!("bench proof_p99 {:.2} us", at(0.99));
}
