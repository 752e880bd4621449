//! What a Solana transaction costs in hexapla and in litesvm, in CPU time of this thread; both in one run.
//!
//! Signatures are checked on neither side, and nothing is written to a disk: this is execution alone. hexapla's side is
//! handed decoded transactions; it looks for an earlier use of each, which litesvm does not, keeps a journal, and writes
//! the receipt. litesvm's side checks the form of each message.

use hexapla::{BlockRun, LaneChecks, Transaction, svm::canonical};
use hexapla_oracle_litesvm::{
    instructions::{Token, memo, rent, system},
    pair::{chain, lite},
    wallet::{Wallet, sign},
};
use hexapla_primitives::{U256, VmId};
use litesvm::LiteSVM;
use rustix::time::{ClockId, clock_gettime};
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_transaction::versioned::VersionedTransaction;
use std::time::Duration;

/// Transactions of a measurement, and measurements, of which the best counts.
const COUNT: u64 = 2_000;
const ROUNDS: usize = 9;

fn main() {
    let (alice, bob, mint, from, to) = (Wallet::new(1), Wallet::new(2), Wallet::new(3), Wallet::new(4), Wallet::new(5));
    let token = Token(hexapla::svm::spl::TOKEN);
    let [a, m, f, t] = [&alice, &mint, &from, &to].map(Wallet::key);
    let create = |key, bytes| system::create(&a, key, rent(bytes), bytes, &token.0);
    let setup: Vec<(Vec<Instruction>, Vec<&Wallet>)> = vec![
        (vec![create(&m, 82), token.initialise_mint2(&m, 6, &a)], vec![&alice, &mint]),
        (vec![create(&f, 165), token.initialise_account3(&f, &m, &a)], vec![&alice, &from]),
        (vec![create(&t, 165), token.initialise_account3(&t, &m, &a)], vec![&alice, &to]),
        (vec![token.mint_to(&m, &f, &a, u64::MAX / 2)], vec![&alice]),
    ];
    let works: [(&str, &dyn Fn(u64) -> Instruction); 3] = [
        ("spl_token_transfer", &|amount| token.transfer(&f, &t, &a, amount)),
        ("system_transfer", &|amount| system::transfer(&a, &bob.key(), amount)),
        ("memo", &|amount| memo(amount.to_string().as_bytes(), &[])),
    ];
    for (name, work) in works {
        let (theirs, ours) = measure(&alice, &setup, work);
        let micros = |time: Duration| time.as_secs_f64() * 1e6 / COUNT as f64;
        let (theirs, ours) = (micros(theirs), micros(ours));
        println!("bench {name}_litesvm_cpu {theirs:.3} us");
        println!("bench {name}_hexapla_cpu {ours:.3} us");
        println!("bench {name}_over_litesvm_cpu {:.3} x", ours / theirs);
    }
}

/// The best round of each side.
fn measure(
    alice: &Wallet,
    setup: &[(Vec<Instruction>, Vec<&Wallet>)],
    work: &dyn Fn(u64) -> Instruction,
) -> (Duration, Duration) {
    let mut best = (Duration::MAX, Duration::MAX);
    for round in 0..ROUNDS as u64 {
        let amounts = 1 + round * COUNT..1 + (round + 1) * COUNT;
        let txs = |hash| amounts.clone().map(|amount| sign(&[work(amount)], &[alice], hash)).collect();
        best.0 = best.0.min(theirs(alice, setup, &txs));
        best.1 = best.1.min(ours(alice, setup, &txs));
    }
    best
}

type Transactions<'a> = &'a dyn Fn(Hash) -> Vec<VersionedTransaction>;

fn theirs(alice: &Wallet, setup: &[(Vec<Instruction>, Vec<&Wallet>)], txs: Transactions<'_>) -> Duration {
    let mut lite: LiteSVM = lite().with_sigverify(false).with_transaction_history(0);
    let account = solana_account::Account { lamports: 1 << 60, rent_epoch: u64::MAX, ..Default::default() };
    for wallet in [alice, &Wallet::new(2)] {
        lite.set_account(wallet.key(), account.clone()).expect("an account is set");
    }
    for (instructions, wallets) in setup {
        lite.send_transaction(sign(instructions, wallets, Hash::default())).expect("the set-up succeeds");
    }
    let txs = txs(Hash::default());
    let start = now();
    for tx in txs {
        lite.send_transaction(tx).expect("a transaction succeeds");
    }
    now() - start
}

fn ours(alice: &Wallet, setup: &[(Vec<Instruction>, Vec<&Wallet>)], txs: Transactions<'_>) -> Duration {
    let mut chain = chain();
    let wallets = [alice, &Wallet::new(2)].map(|wallet| canonical(&wallet.key()));
    chain
        .fund(wallets.map(|wallet| (wallet, U256::from(1u64 << 60) * U256::from(1_000_000_000u64))))
        .expect("in memory");
    for (instructions, wallets) in setup {
        let hash = Hash::new_from_array(chain.latest_blockhash().expect("in memory").0);
        let raw = bincode::serialize(&sign(instructions, wallets, hash)).expect("a transaction is written");
        assert!(chain.transact_raw(VmId::SVM, &raw).expect("it is valid").receipt.is_success());
    }
    let hash = Hash::new_from_array(chain.latest_blockhash().expect("in memory").0);
    let checks = LaneChecks { signatures: false, recency: true };
    let decoded: Vec<Transaction> = txs(hash)
        .iter()
        .map(|tx| {
            let raw = bincode::serialize(tx).expect("a transaction is written");
            chain.executor().decode(VmId::SVM, &raw, checks).expect("it is valid")
        })
        .collect();
    chain.block(|run| execute(run, &decoded)).expect("in memory")
}

fn execute(run: &mut BlockRun, txs: &[Transaction]) -> Duration {
    let start = now();
    for tx in txs {
        let outcome = run.run(tx, false).expect("a transaction is executed");
        let receipt = run.commit(outcome).expect("it is kept");
        assert!(receipt.is_success());
    }
    now() - start
}

/// CPU time of this thread.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
