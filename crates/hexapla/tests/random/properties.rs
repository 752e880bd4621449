//! What holds for every transaction.

use hexapla::{ChainConfig, StateReader, TxEnv, estimate::Estimate};
use hexapla_primitives::{Address, U256};
use hexapla_testing::{
    Chain,
    modes::{Mode, Observation, Place, Transaction},
};
use std::thread;

/// Threads that execute the same transaction at once.
const THREADS: usize = 3;

/// A transaction in its place, as the usual mode sees it.
pub(crate) struct Seen<'a> {
    pub(crate) place: &'a Place,
    pub(crate) config: &'a ChainConfig,
    pub(crate) tx: &'a Transaction,
    pub(crate) observation: Observation,
}

impl<'a> Seen<'a> {
    pub(crate) fn new(place: &'a Place, config: &'a ChainConfig, tx: &'a Transaction) -> Self {
        let observation = place.observe_in(Mode::USUAL, config, tx);
        Self { place, config, tx, observation }
    }

    /// Nothing of it is a fault of the host.
    pub(crate) fn host_is_whole(&self) {
        assert!(!matches!(self.observation, Observation::Broken(_)), "{:?}: {:?}", self.observation, self.tx);
    }

    /// No other mode sees anything else.
    pub(crate) fn is_the_same_in_every_mode(&self) {
        self.place.agrees(self.config, self.tx, &self.observation);
    }

    /// The same with one thing at a time that is not as usual.
    pub(crate) fn is_the_same_in_each_mode(&self) {
        for mode in Mode::OTHERS {
            self.is(&format!("{mode:?}"), &self.place.observe_in(mode, self.config, self.tx));
        }
    }

    /// Other transactions that the node has executed before, on the same thread and with the same caches, change nothing.
    pub(crate) fn is_the_same_after(&self, others: &[Transaction]) {
        let executor = Mode::USUAL.executor(self.config.clone());
        let after = self.place.observe(&executor, self.tx, false, |run| {
            for other in others {
                // Whether they are valid here is their own matter.
                let _ = match other {
                    Transaction::Evm(tx) => run.simulate(tx.clone(), false),
                    Transaction::Signed { vm, raw, checks } => {
                        run.decode(*vm, raw, *checks).and_then(|tx| run.simulate(tx, false))
                    }
                };
            }
        });
        self.is("after other transactions, untraced", &after);
    }

    /// Threads that share all caches do not disturb one another.
    pub(crate) fn is_the_same_on_many_threads(&self) {
        let observe = || self.place.observe_in(Mode::USUAL, self.config, self.tx);
        let all = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(observe)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        all.iter().for_each(|seen| self.is("on one of several threads", seen));
    }

    fn is(&self, how: &str, other: &Observation) {
        if let Some(difference) = self.observation.difference(other) {
            panic!("{how} something is different (usual / other) in {:?}:\n{difference}", self.tx);
        }
    }

    /// No more is used than was offered.
    pub(crate) fn gas_is_bounded(&self) {
        if let (Transaction::Evm(tx), Some(receipt)) = (self.tx, self.observation.receipt()) {
            assert!(receipt.gas_used <= tx.gas_limit, "{} of {} gas: {tx:?}", receipt.gas_used, tx.gas_limit);
        }
    }

    /// Balances move, and nothing comes or goes but the base fee.
    pub(crate) fn coin_is_conserved(&self) {
        let Observation::Executed { receipt, changes, .. } = &self.observation else { return };
        let before = changes.accounts.keys().map(|account| balance(&*self.place.state, *account));
        let after = changes.accounts.values().filter_map(|change| change.info.as_ref()).map(|info| info.balance);
        let burned = match self.tx {
            Transaction::Evm(_) => U256::from(self.place.block.basefee) * U256::from(receipt.gas_used),
            Transaction::Signed { .. } => U256::ZERO,
        };
        let (before, after): (U256, U256) = (before.sum(), after.sum());
        assert_eq!(before, after + burned, "coin was made or lost by {:?}:\n{changes:#?}", self.tx);
    }

    /// With the gas that the estimate says it succeeds, with one less it does not.
    pub(crate) fn estimate_is_exact(&self, chain: &Chain) {
        let (Transaction::Evm(tx), Some(receipt)) = (self.tx, self.observation.receipt()) else { return };
        let gas = match chain.estimate_gas(tx).unwrap() {
            Estimate::Fails(_) => {
                assert!(!receipt.is_success(), "the estimate fails, the execution does not: {tx:?}");
                return;
            }
            Estimate::Gas(gas) => gas,
        };
        assert!(receipt.is_success(), "the estimate is {gas}, the execution fails: {tx:?}");
        assert!(gas <= tx.gas_limit && succeeds(chain, tx, gas), "{gas} gas are not enough: {tx:?}");
        assert!(!succeeds(chain, tx, gas - 1), "{gas} gas are more than enough: {tx:?}");
    }
}

fn succeeds(chain: &Chain, tx: &TxEnv, gas_limit: u64) -> bool {
    chain.simulate(TxEnv { gas_limit, ..tx.clone() }).is_ok_and(|receipt| receipt.is_success())
}

fn balance(state: &dyn StateReader, account: Address) -> U256 {
    state.account(account).unwrap().map_or(U256::ZERO, |account| account.balance)
}
