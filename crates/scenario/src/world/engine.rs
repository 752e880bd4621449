//! The VMs with which scenarios run, and chains on them.

use crate::problem::{Problem, Result};
use hexapla::{Chain, ChainConfig, Executor, SetupError, VmSet, executor, vm::Examination};
use hexapla_primitives::VmId;
use hexapla_store::KvStore;
use hexapla_toolkit::Toolkits;
use std::sync::Arc;

/// The VMs beside the EVM, with the toolkits of all. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    vms: VmSet,
    toolkits: Toolkits,
    /// Executors keep nothing in memory.
    uncached: bool,
}

impl Engine {
    /// These VMs.
    pub const fn new(vms: VmSet, toolkits: Toolkits) -> Self {
        Self { vms, toolkits, uncached: false }
    }

    /// All VMs of this workspace in their default settings.
    ///
    /// # Errors
    ///
    /// A VM cannot start.
    pub fn standard() -> Result<Self> {
        let vms = hexapla::standard_vms(hexapla::VmConfig::default()).map_err(|error| setup_problem(&error))?;
        Ok(Self::new(vms, hexapla::toolkits()))
    }

    /// The same without any cache in executors: every call begins anew.
    #[must_use]
    pub fn uncached(self) -> Self {
        Self { uncached: true, ..self }
    }

    /// The toolkits.
    pub const fn toolkits(&self) -> &Toolkits {
        &self.toolkits
    }

    /// What a VM sees in code before it is deployed; `None` where it says nothing.
    pub fn examine(&self, vm: VmId, code: &[u8]) -> Option<Examination> {
        self.vms.get(vm)?.examine(code)
    }

    /// An executor for one chain.
    ///
    /// # Errors
    ///
    /// The VMs do not suit the chain.
    pub fn executor(&self, config: ChainConfig) -> Result<Executor> {
        let executor = Executor::new(config, self.vms.clone()).map_err(|error| setup_problem(&error.into()))?;
        Ok(if self.uncached { executor.uncached() } else { executor })
    }

    /// A chain in memory or in a store.
    ///
    /// # Errors
    ///
    /// The VMs do not suit the chain, or the store cannot be read.
    pub fn chain(&self, config: ChainConfig, store: Option<Arc<dyn KvStore>>) -> Result<Chain> {
        let executor = self.executor(config)?;
        Ok(match store {
            Some(store) => Chain::open(executor, store)?,
            None => Chain::in_memory(executor),
        })
    }
}

/// What is wrong with the VMs, and what to do about it.
pub fn setup_problem(error: &SetupError) -> Box<Problem> {
    let problem = Problem::new("hexapla::setup", error.to_string());
    if let SetupError::Executor(executor::SetupError::ForkTooOld(_)) = error {
        return problem.with_help("set `spec` in `[chain]` to a later fork, e.g. \"osaka\"");
    }
    match error.help() {
        Some(help) => problem.with_help(help),
        None => problem,
    }
}
