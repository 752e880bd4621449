//! The ways of executing a transaction between which nobody can see a difference.
//!
//! What a transaction does, costs, reads and writes depends on no cache, no engine, no thread and no trace. So it is
//! executed with each of them and without, on the same state, and everything that anybody can see must be equal.

use hexapla::{
    AccessSet, BlockChanges, BlockEnv, BlockRun, ChainConfig, ChainError, Committed, ExecuteError, Executor,
    LaneChecks, Overlay, Receipt, StateReader, TxEnv, VmConfig, VmSet, standard_vms, svm, wasm,
};
use hexapla_primitives::{B256, Bytes, VmId};
use std::sync::{Arc, OnceLock};

/// What a transaction is executed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// What was compiled or computed is kept for the next call; without, every look misses.
    pub caches: bool,
    /// Programs run as native code; without, they are interpreted.
    pub native: bool,
    /// The call tree is recorded.
    pub trace: bool,
}

impl Mode {
    /// That of [`hexapla::Chain`].
    pub const USUAL: Self = Self { caches: true, native: true, trace: true };
    /// Nothing as usual.
    pub const OPPOSITE: Self = Self { caches: false, native: false, trace: false };
    /// One thing each that is not as usual, and then all at once.
    pub const OTHERS: [Self; 4] = [
        Self { caches: false, ..Self::USUAL },
        Self { native: false, ..Self::USUAL },
        Self { trace: false, ..Self::USUAL },
        Self::OPPOSITE,
    ];

    /// How VMs are set up for it.
    pub fn vm_config(self) -> VmConfig {
        let mut config = VmConfig::default();
        if !self.native {
            config.wasm.engine = wasm::EngineKind::Wasmi;
            config.svm.jit = false;
        }
        if !self.caches {
            (config.wasm.cached_bytes, config.wasm.cache_dir_bytes) = (0, 0);
            config.svm = svm::Config { cache_bytes: 0, ..config.svm };
        }
        config
    }

    /// An executor of this mode. All of one mode share their VMs, as the threads of a node do.
    pub fn executor(self, config: ChainConfig) -> Executor {
        static VMS: [OnceLock<VmSet>; 4] = [const { OnceLock::new() }; 4];
        let vms = &VMS[usize::from(self.caches) << 1 | usize::from(self.native)];
        let vms = vms.get_or_init(|| standard_vms(self.vm_config()).expect("the VMs start"));
        let executor = Executor::new(config, vms.clone()).expect("the fork suits the VMs");
        if self.caches { executor } else { executor.uncached() }
    }
}

/// A transaction in the form of its lane.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a test makes few of them")]
pub enum Transaction {
    /// Of the EVM lane.
    Evm(TxEnv),
    /// Of another VM's, as its users sign it.
    Signed {
        /// The VM.
        vm: VmId,
        /// The bytes.
        raw: Bytes,
        /// What of it is checked.
        checks: LaneChecks,
    },
}

/// All that can be seen of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// It was executed.
    Executed {
        /// What it did; the trace is left out.
        receipt: Box<Receipt>,
        /// What it read and wrote.
        access: AccessSet,
        /// What is different in the block's state: equal changes make equal roots.
        changes: BlockChanges,
    },
    /// It was invalid, for this reason.
    Invalid(String),
    /// The host broke.
    Broken(String),
}

impl Observation {
    fn executed(mut receipt: Receipt, access: AccessSet, changes: BlockChanges) -> Self {
        receipt.trace = None;
        Self::Executed { receipt: Box::new(receipt), access, changes }
    }

    fn failed(error: &ExecuteError) -> Self {
        match error {
            ExecuteError::Invalid(_) | ExecuteError::Rejected(_) => Self::Invalid(error.to_string()),
            ExecuteError::State(_) | ExecuteError::Block(_) | ExecuteError::Fatal(_) => Self::Broken(error.to_string()),
        }
    }

    /// Of a transaction that a chain was given.
    pub fn of_committed(result: &Result<Committed, ChainError>) -> Self {
        match result {
            Ok(done) => Self::executed(done.receipt.clone(), done.access.clone(), done.changes.clone()),
            Err(ChainError::Execute(error)) => Self::failed(error),
            Err(error) => Self::Broken(error.to_string()),
        }
    }

    /// The receipt, where there is one.
    pub fn receipt(&self) -> Option<&Receipt> {
        match self {
            Self::Executed { receipt, .. } => Some(receipt),
            Self::Invalid(_) | Self::Broken(_) => None,
        }
    }

    /// What is not equal in two observations, for people; `None` where nothing is.
    pub fn difference(&self, other: &Self) -> Option<String> {
        if self == other {
            return None;
        }
        let (
            Self::Executed { receipt: a, access: x, changes: p },
            Self::Executed { receipt: b, access: y, changes: q },
        ) = (self, other)
        else {
            return Some(format!("{} / {}", self.in_short(), other.in_short()));
        };
        let mut lines = Vec::new();
        let mut say = |what: &str, a: String, b: String| {
            if a != b {
                lines.push(format!("{what}: {a} / {b}"));
            }
        };
        say("status", format!("{:?}", a.status), format!("{:?}", b.status));
        say("fault", format!("{:?}", a.fault), format!("{:?}", b.fault));
        say("gas", a.gas_used.to_string(), b.gas_used.to_string());
        say("output", a.output.to_string(), b.output.to_string());
        say("receipt", format!("{a:?}"), format!("{b:?}"));
        say("read set", only_in(&x.reads, &y.reads), only_in(&y.reads, &x.reads));
        say("write set", only_in(&x.writes, &y.writes), only_in(&y.writes, &x.writes));
        say("state", format!("{p:?}"), format!("{q:?}"));
        Some(lines.join("\n"))
    }

    fn in_short(&self) -> String {
        match self {
            Self::Executed { receipt, .. } => format!("{:?}, {:?}", receipt.status, receipt.fault),
            Self::Invalid(why) => format!("invalid: {why}"),
            Self::Broken(why) => format!("the host broke: {why}"),
        }
    }
}

/// The entries that the other map has not.
fn only_in<K: Ord + std::fmt::Debug, V: PartialEq + std::fmt::Debug>(
    map: &std::collections::BTreeMap<K, V>,
    other: &std::collections::BTreeMap<K, V>,
) -> String {
    let only: Vec<_> = map.iter().filter(|(key, value)| other.get(key) != Some(value)).collect();
    format!("{only:?}")
}

/// Where a transaction is executed: a state and the block on top of it.
#[derive(Clone)]
pub struct Place {
    /// The state.
    pub state: Arc<dyn StateReader>,
    /// The block.
    pub block: BlockEnv,
}

impl Place {
    /// Executes a transaction here and keeps nothing. `before` is done first, in the same block and on the same thread.
    pub fn observe(
        &self,
        executor: &Executor,
        tx: &Transaction,
        trace: bool,
        before: impl FnOnce(&mut BlockRun) + Send,
    ) -> Observation {
        let overlay = Overlay::new(Arc::clone(&self.state));
        let number = self.block.number.saturating_to::<u64>();
        let parent = self.state.block_hash(number.saturating_sub(1));
        let (executed, overlay) = executor.block(overlay, self.block.clone(), |run| {
            run.begin(parent?, B256::ZERO)?;
            before(run);
            let executed = execute(run, tx, trace)?;
            run.end().map(|_| executed)
        });
        match executed {
            Ok((receipt, access)) => Observation::executed(receipt, access, overlay.changes()),
            Err(error) => Observation::failed(&error),
        }
    }

    /// Executes a transaction in a mode.
    pub fn observe_in(&self, mode: Mode, config: &ChainConfig, tx: &Transaction) -> Observation {
        self.observe(&mode.executor(config.clone()), tx, mode.trace, |_| ())
    }

    /// Fails if `seen` is not what is seen in the opposite mode; says which modes differ, and in what.
    #[track_caller]
    pub fn agrees(&self, config: &ChainConfig, tx: &Transaction, seen: &Observation) {
        if *seen == self.observe_in(Mode::OPPOSITE, config, tx) {
            return;
        }
        let others = Mode::OTHERS.map(|mode| (mode, seen.difference(&self.observe_in(mode, config, tx))));
        let differences: Vec<String> =
            others.into_iter().filter_map(|(mode, difference)| Some(format!("{mode:?}\n{}", difference?))).collect();
        panic!("the usual mode differs from others (usual / other) in {tx:?}:\n{}", differences.join("\n"));
    }
}

fn execute(run: &mut BlockRun, tx: &Transaction, trace: bool) -> Result<(Receipt, AccessSet), ExecuteError> {
    let outcome = match tx {
        Transaction::Evm(tx) => run.run(&tx.clone().into(), trace)?,
        Transaction::Signed { vm, raw, checks } => run.run(&run.decode(*vm, raw, *checks)?, trace)?,
    };
    let access = outcome.changes.access();
    Ok((run.commit(outcome)?, access))
}
