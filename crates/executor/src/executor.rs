//! Runs the transactions of one block.

use crate::{
    border::{
        BORDER_DEPTH_MAX, ChainBorder,
        registry::{CACHE_BYTES, Projections},
    },
    receipt::{Outcome, Receipt, Status},
    stack::on_big_stack,
    system::SystemVm,
    transaction::Transaction,
};
use alloc::{boxed::Box, format, sync::Arc};
use hexapla_evm::{BlockEnv, CfgEnv, ExecuteError, Executed, Inspector, Machine, SpecId};
use hexapla_primitives::{Address, Bytes, VmId, platform::catch_panic};
use hexapla_state::{AccessSet, Overlay};
use hexapla_vm::{DuplicateVm, Fatal, LaneChecks, LaneRejection, VmSet};

/// Native stack of revm between two foreign frames; about 3.4 kB were measured.
const EVM_SEGMENT_STACK_BYTES: usize = 64 << 10;
/// Native stack of everything else: precompiled contracts, the database.
const REST_STACK_BYTES: usize = 16 << 20;

/// Transactions that a thread decodes at least: starting one costs some ten microseconds, recovering a signer some thirty.
#[cfg(feature = "std")]
const DECODED_AT_ONCE_MIN: usize = 8;

/// The rules of a chain that its blocks do not state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainConfig {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The fork whose rules hold.
    pub spec: SpecId,
    /// Most gas of one transaction; `None` is the fork's own cap (EIP-7825).
    pub tx_gas_limit_cap: Option<u64>,
}

impl Default for ChainConfig {
    fn default() -> Self {
        Self { chain_id: 31_337, spec: SpecId::OSAKA, tx_gas_limit_cap: None }
    }
}

/// An executor cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A VM was named twice.
    #[error(transparent)]
    Duplicate(#[from] DuplicateVm),
    /// The fork is older than code of other VMs.
    #[error("the fork {0:?} lets any contract begin with 0xEF; chains with other VMs need London or later (EIP-3541)")]
    ForkTooOld(SpecId),
}

/// Runs transactions by one chain's rules. Cheap to clone; shared by threads.
#[derive(Clone, Debug)]
pub struct Executor {
    vms: VmSet,
    config: ChainConfig,
    projections: Arc<Projections>,
}

impl Executor {
    /// An executor with these VMs beside the EVM, and with them the contract of the host itself
    /// ([`system`](crate::system)). Without any it is Ethereum and nothing else.
    pub fn new(config: ChainConfig, vms: VmSet) -> Result<Self, SetupError> {
        let alone = vms.iter().next().is_none();
        let vms = match config.spec.is_enabled_in(SpecId::LONDON) {
            _ if alone => vms,
            false => return Err(SetupError::ForkTooOld(config.spec)),
            true => vms.clone().with(SystemVm::new(vms))?,
        };
        Ok(Self { vms, config, projections: Arc::new(Projections::new(CACHE_BYTES)) })
    }

    /// The same without any cache of its own: what the border computes of interfaces is computed anew each time.
    pub fn uncached(self) -> Self {
        Self { projections: Arc::new(Projections::new(0)), ..self }
    }

    /// Decodes a transaction as the users of a VM sign it, and checks what can be checked without state: once, on any
    /// thread.
    pub fn decode(&self, vm: VmId, raw: &[u8], checks: LaneChecks) -> Result<Transaction, LaneRejection> {
        Transaction::decode(&self.vms, vm, raw, checks)
    }

    /// Decodes many, on as many threads as there are cores; the results stand in the order of the transactions.
    #[cfg(feature = "std")]
    pub fn decode_all(&self, raw: &[(VmId, Bytes)], checks: LaneChecks) -> Vec<Result<Transaction, LaneRejection>> {
        let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
        let size = raw.len().div_ceil(threads).max(DECODED_AT_ONCE_MIN);
        let decode =
            |part: &[(VmId, Bytes)]| -> Vec<_> { part.iter().map(|(vm, raw)| self.decode(*vm, raw, checks)).collect() };
        let decode = &decode;
        std::thread::scope(|scope| {
            let spawn = |part| (part, std::thread::Builder::new().spawn_scoped(scope, move || decode(part)));
            let parts = raw.chunks(size).map(spawn).collect::<Vec<_>>();
            // Where the system has no thread to give, this one does the work.
            let decoded = parts.into_iter().map(|(part, thread)| match thread {
                Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                Err(_) => decode(part),
            });
            decoded.flatten().collect()
        })
    }

    /// The chain's rules.
    pub const fn config(&self) -> &ChainConfig {
        &self.config
    }

    /// revm's settings for this chain.
    pub fn cfg(&self) -> CfgEnv {
        let mut cfg = CfgEnv::new_with_spec(self.config.spec);
        cfg.set_spec_and_mainnet_gas_params(self.config.spec);
        cfg.chain_id = self.config.chain_id;
        cfg.tx_gas_limit_cap = self.config.tx_gas_limit_cap;
        cfg.set_max_blobs_per_tx(max_blobs_per_tx(self.config.spec));
        cfg
    }

    /// Enough for the deepest nesting that the border allows.
    fn stack_bytes(&self) -> usize {
        let frame = self.vms.iter().map(|vm| vm.native_stack_bytes()).max().unwrap_or_default();
        BORDER_DEPTH_MAX * (frame + EVM_SEGMENT_STACK_BYTES) + REST_STACK_BYTES
    }

    /// Runs `work` on the transactions of one block over `overlay`, and gives the overlay back with their changes.
    pub fn block<R: Send>(
        &self,
        overlay: Overlay,
        block: BlockEnv,
        work: impl FnOnce(&mut BlockRun) -> R + Send,
    ) -> (R, Overlay) {
        self.block_with(overlay, block, self.cfg(), work)
    }

    /// The same with revm's settings given: for state tests and simulations.
    pub fn block_with<R: Send>(
        &self,
        overlay: Overlay,
        block: BlockEnv,
        cfg: CfgEnv,
        work: impl FnOnce(&mut BlockRun) -> R + Send,
    ) -> (R, Overlay) {
        on_big_stack(self.stack_bytes(), || {
            let border = Box::new(ChainBorder::new(self.vms.clone(), Arc::clone(&self.projections)));
            let machine = Machine::new(overlay, cfg, block, border);
            let mut run = BlockRun { machine, vms: self.vms.clone() };
            let result = work(&mut run);
            (result, run.machine.into_overlay())
        })
    }
}

/// Most blobs of one transaction (EIP-4844, EIP-7691, EIP-7594).
fn max_blobs_per_tx(spec: SpecId) -> u64 {
    if spec.is_enabled_in(SpecId::OSAKA) || !spec.is_enabled_in(SpecId::PRAGUE) { 6 } else { 9 }
}

/// One block in the making.
pub struct BlockRun {
    machine: Machine,
    vms: VmSet,
}

impl BlockRun {
    /// Executes a transaction and keeps what it did.
    pub fn execute(&mut self, tx: impl Into<Transaction>) -> Result<Receipt, ExecuteError> {
        let outcome = self.run_once(tx.into(), false)?;
        self.commit(outcome)
    }

    /// The same, with the call tree in the receipt.
    pub fn execute_traced(&mut self, tx: impl Into<Transaction>) -> Result<Receipt, ExecuteError> {
        let outcome = self.run_once(tx.into(), true)?;
        self.commit(outcome)
    }

    /// The same, with what it read and wrote.
    pub fn execute_with_access(
        &mut self,
        tx: impl Into<Transaction>,
        trace: bool,
    ) -> Result<(Receipt, AccessSet), ExecuteError> {
        let outcome = self.run_once(tx.into(), trace)?;
        let access = outcome.changes.access();
        Ok((self.commit(outcome)?, access))
    }

    /// Executes a transaction and forgets what it did.
    pub fn simulate(&mut self, tx: impl Into<Transaction>, trace: bool) -> Result<Receipt, ExecuteError> {
        Ok(self.run_once(tx.into(), trace)?.receipt)
    }

    /// Executes a transaction as the users of a VM sign it, and keeps what it did.
    pub fn execute_raw(&mut self, vm: VmId, raw: &[u8]) -> Result<Receipt, ExecuteError> {
        self.execute(self.decode(vm, raw, LaneChecks::ALL)?)
    }

    /// Decodes a transaction as the users of a VM sign it.
    pub fn decode(&self, vm: VmId, raw: &[u8], checks: LaneChecks) -> Result<Transaction, ExecuteError> {
        Transaction::decode(&self.vms, vm, raw, checks).map_err(ExecuteError::Rejected)
    }

    /// The fork whose rules hold.
    pub(crate) fn spec(&self) -> SpecId {
        self.machine.cfg().spec
    }

    /// Calls a contract as the block itself does, and keeps what it did. Without code there it does nothing.
    pub(crate) fn call_as_block(&mut self, contract: Address, data: Bytes) -> Result<Receipt, ExecuteError> {
        let Outcome { receipt, changes } = self.outcome(|machine| machine.execute_system_call(contract, data))?;
        self.machine.overlay_mut().commit(changes);
        Ok(receipt)
    }

    /// The block's state so far.
    pub fn overlay_mut(&mut self) -> &mut Overlay {
        self.machine.overlay_mut()
    }

    /// The transaction alone: nothing is committed, and it may be run again.
    pub fn run(&mut self, tx: &Transaction, trace: bool) -> Result<Outcome, ExecuteError> {
        match tx {
            Transaction::Evm(tx) => self.outcome(|machine| machine.execute(tx.env.clone(), trace)),
            Transaction::Lane { vm, tx } => self.outcome(|machine| machine.execute_lane(*vm, &**tx, trace)),
        }
    }

    /// The same, told to `inspector` while it runs: calls of all VMs, storage, objects, events. Gas and results are the same
    /// as without.
    pub fn inspect(&mut self, tx: &Transaction, inspector: Box<dyn Inspector>) -> Result<Outcome, ExecuteError> {
        self.machine.set_inspector(inspector);
        let outcome = self.run(tx, false);
        self.machine.take_inspector();
        outcome
    }

    fn run_once(&mut self, tx: Transaction, trace: bool) -> Result<Outcome, ExecuteError> {
        match tx {
            Transaction::Evm(tx) => self.outcome(|machine| machine.execute(tx.env, trace)),
            tx @ Transaction::Lane { .. } => self.run(&tx, trace),
        }
    }

    /// A panic in a VM or in the machine is a fault of the host like a broken database: the transaction is abandoned,
    /// and the caller decides about the block.
    fn outcome(
        &mut self,
        execute: impl FnOnce(&mut Machine) -> Result<Executed, ExecuteError>,
    ) -> Result<Outcome, ExecuteError> {
        let executed = catch_panic(|| execute(&mut self.machine)).unwrap_or_else(|panic| {
            self.machine.abandon();
            Err(Fatal(format!("a bug: {}", panic.message())).into())
        });
        let crossings = self.machine.take_crossings();
        let Executed { success, output, created, fault, gas, logs, program_log, fee, changes, trace } = executed?;
        let status = if success { Status::Success } else { Status::Failed };
        let receipt = Receipt {
            status,
            output,
            created,
            fault,
            gas_used: gas.tx_gas_used(),
            fee,
            logs,
            program_log,
            crossings,
            trace,
        };
        Ok(Outcome { receipt, changes })
    }

    /// Keeps what a transaction did, and pays the beneficiary.
    pub fn commit(&mut self, outcome: Outcome) -> Result<Receipt, ExecuteError> {
        let Outcome { receipt, changes } = outcome;
        let beneficiary = self.machine.beneficiary();
        // Ether paid to an account that destroys itself in the same transaction is destroyed with it.
        let destroyed = changes.accounts.get(&beneficiary).is_some_and(|account| account.is_selfdestructed());
        let empty_accounts_exist = !self.machine.cfg().spec.is_enabled_in(SpecId::SPURIOUS_DRAGON);
        let overlay = self.machine.overlay_mut();
        overlay.commit(changes);
        if !destroyed {
            overlay.credit(beneficiary, receipt.fee, empty_accounts_exist)?;
        }
        Ok(receipt)
    }
}
