//! The chain of tests: each transaction is executed in all modes, if that is wanted.

use crate::modes::{Observation, Place, Transaction};
use hexapla::{ChainConfig, ChainError, Committed, Executor, LaneChecks, Receipt, TxEnv, VmConfig, standard_vms};
use hexapla_primitives::{Bytes, VmId};
use std::{
    env,
    ops::{Deref, DerefMut},
    sync::LazyLock,
};

/// Whether tests execute everything in all modes: `HEXAPLA_MODES=all`. There is no other value.
pub fn all_modes() -> bool {
    static ALL: LazyLock<bool> = LazyLock::new(|| match env::var("HEXAPLA_MODES") {
        Ok(modes) => {
            assert_eq!(modes, "all", "HEXAPLA_MODES is `all` or not set");
            true
        }
        Err(_) => false,
    });
    *ALL
}

/// A [`hexapla::Chain`] in memory. With `HEXAPLA_MODES=all` it executes each transaction a second time, without
/// caches, on the other engines and without a trace, and fails where anything that can be seen differs.
///
/// What is done through [`hexapla::Chain::block`] is executed once.
pub struct Chain(hexapla::Chain);

impl Chain {
    /// A chain with all VMs.
    pub fn new(config: ChainConfig) -> Self {
        Self::with(config, VmConfig::default())
    }

    /// The same with settings of the VMs.
    pub fn with(config: ChainConfig, vms: VmConfig) -> Self {
        let vms = standard_vms(vms).expect("the VMs start");
        let executor = Executor::new(config, vms).expect("the fork suits the VMs");
        Self(hexapla::Chain::in_memory(executor))
    }

    /// Where the next transaction is executed.
    pub fn place(&self) -> Place {
        Place { state: self.reader().expect("memory does not fail"), block: self.next_block().clone() }
    }

    /// [`hexapla::Chain::transact`], compared.
    #[track_caller]
    pub fn transact(&mut self, tx: TxEnv) -> Result<Committed, ChainError> {
        if !all_modes() {
            return self.0.transact(tx);
        }
        let place = self.place();
        let result = self.0.transact(tx.clone());
        place.agrees(self.executor().config(), &Transaction::Evm(tx), &Observation::of_committed(&result));
        result
    }

    /// [`hexapla::Chain::transact_raw`], compared.
    #[track_caller]
    pub fn transact_raw(&mut self, vm: VmId, raw: &[u8]) -> Result<Committed, ChainError> {
        if !all_modes() {
            return self.0.transact_raw(vm, raw);
        }
        let place = self.place();
        let result = self.0.transact_raw(vm, raw);
        let tx = Transaction::Signed { vm, raw: Bytes::copy_from_slice(raw), checks: LaneChecks::ALL };
        place.agrees(self.executor().config(), &tx, &Observation::of_committed(&result));
        result
    }

    /// [`hexapla::Chain::simulate`], compared.
    #[track_caller]
    pub fn simulate(&self, tx: TxEnv) -> Result<Receipt, ChainError> {
        self.agrees(&Transaction::Evm(tx.clone()));
        self.0.simulate(tx)
    }

    /// [`hexapla::Chain::simulate_raw`], compared.
    #[track_caller]
    pub fn simulate_raw(&self, vm: VmId, raw: &[u8], checks: LaneChecks) -> Result<Receipt, ChainError> {
        self.agrees(&Transaction::Signed { vm, raw: Bytes::copy_from_slice(raw), checks });
        self.0.simulate_raw(vm, raw, checks)
    }

    /// Executes a transaction that will be forgotten, and compares.
    #[track_caller]
    fn agrees(&self, tx: &Transaction) {
        if all_modes() {
            let seen = self.place().observe(self.executor(), tx, true, |_| ());
            self.place().agrees(self.executor().config(), tx, &seen);
        }
    }
}

impl Deref for Chain {
    type Target = hexapla::Chain;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Chain {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
