//! Executes transactions of the EVM lane.

use crate::{handler::LaneHandler, inspect::Inspector};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};
use alloy_eips::eip4788::SYSTEM_ADDRESS;
use hexapla_primitives::{Address, Bytes, Fault, FaultKind, Log, U256, VmId};
use hexapla_state::{Overlay, StateError, TxChanges, WorldJournal};
use hexapla_vm::{
    BlockInfo, Border, CallNode, Crossing, Environment, Fatal, Frame, FrameEnd, LaneRejection, Tracer, TxInfo,
};
use revm::{
    context::{
        BlockEnv, CfgEnv, Context, ContextTr, Evm, Transaction, TxEnv,
        result::{EVMError, ExecutionResult, InvalidTransaction, Output, ResultGas},
    },
    context_interface::{JournalTr, LocalContextTr as _},
    handler::{EthFrame, EthPrecompiles, FrameResult, Handler, SystemCallTx as _, instructions::EthInstructions},
    interpreter::{interpreter::EthInterpreter, interpreter_action::FrameInit},
};

pub(crate) type Ctx = Context<BlockEnv, TxEnv, CfgEnv, Overlay, WorldJournal<Overlay>, ()>;
type Inner = Evm<Ctx, (), EthInstructions<EthInterpreter, Ctx>, EthPrecompiles, EthFrame<EthInterpreter>>;

/// revm with a door to other VMs, over the state of one block.
///
/// It recurses natively for nested calls between VMs, so run it on a thread with a big stack.
pub struct Machine {
    pub(crate) evm: Inner,
    pub(crate) border: Box<dyn Border>,
    pub(crate) environment: Environment,
    pub(crate) tracer: Option<Tracer>,
    pub(crate) inspector: Option<Box<dyn Inspector>>,
    /// The frame stack's height below the running segment of revm's loop.
    pub(crate) base: Option<usize>,
    /// The VM that made the call with which the next segment of revm's loop begins, if it is not the EVM.
    pub(crate) segment_caller: Option<VmId>,
    /// Fee of the running transaction for the beneficiary, in wei.
    pub(crate) fee: U256,
    /// How the outermost frame failed.
    pub(crate) last_fault: Option<Fault>,
    /// Why the code that a creation has returned was refused, until that frame has ended.
    pub(crate) refused_code: Option<Fault>,
    /// What programs of VMs with a text log have said.
    pub(crate) program_log: Vec<String>,
}

/// What a transaction did.
#[derive(Debug)]
pub struct Executed {
    /// Whether it succeeded, as the execution says.
    pub success: bool,
    /// Return data, or of a creation: the code. The failure in native form where it failed.
    pub output: Bytes,
    /// The new contract of a creation.
    pub created: Option<Address>,
    /// Why it failed; always there where it did.
    pub fault: Option<Fault>,
    /// Gas in all its parts.
    pub gas: ResultGas,
    /// Events in order.
    pub logs: Vec<Log>,
    /// Lines of the program log, in order; kept when frames fail.
    pub program_log: Vec<String>,
    /// Fee for the beneficiary in wei; not part of `changes`.
    pub fee: U256,
    /// Everything read and written.
    pub changes: TxChanges,
    /// The call tree, where one was asked for.
    pub trace: Option<CallNode>,
}

/// Why a transaction was not executed.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// It is invalid; nothing was charged.
    #[error("invalid transaction: {0}")]
    Invalid(InvalidTransaction),
    /// It is invalid by the rules of its VM's lane; nothing was charged.
    #[error("invalid transaction: {0}")]
    Rejected(LaneRejection),
    /// The state could not be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The block is not valid, whatever its transactions are.
    #[error("the block is not valid: {0}")]
    Block(String),
    /// A fault of the host.
    #[error(transparent)]
    Fatal(#[from] Fatal),
}

impl From<EVMError<StateError>> for ExecuteError {
    fn from(error: EVMError<StateError>) -> Self {
        match error {
            EVMError::Transaction(invalid) => Self::Invalid(invalid),
            EVMError::Database(error) => Self::State(error),
            other => Self::Fatal(Fatal(other.to_string())),
        }
    }
}

impl Machine {
    /// A machine over the state of one block.
    ///
    /// EIP-3541 is enforced here and not by revm, because code that begins with `0xEF` may belong to a VM.
    pub fn new(overlay: Overlay, mut cfg: CfgEnv, block: BlockEnv, border: Box<dyn Border>) -> Self {
        cfg.disable_eip3541 = true;
        let spec = cfg.spec;
        let environment = Environment { chain_id: cfg.chain_id, block: block_info(&block), tx: TxInfo::default() };
        let mut ctx: Ctx = Context::new(overlay, spec);
        ctx.journaled_state.set_spec_id(spec);
        ctx.cfg = cfg;
        ctx.block = block;
        let evm = Evm::new(ctx, EthInstructions::new_mainnet_with_spec(spec), EthPrecompiles::new(spec));
        Self {
            evm,
            border,
            environment,
            tracer: None,
            inspector: None,
            base: None,
            segment_caller: None,
            fee: U256::ZERO,
            last_fault: None,
            refused_code: None,
            program_log: Vec::new(),
        }
    }

    /// Executes a transaction on the state as it is, and commits nothing: see [`Machine::overlay_mut`].
    pub fn execute(&mut self, tx: TxEnv, trace: bool) -> Result<Executed, ExecuteError> {
        self.execute_by(tx, trace, |machine| LaneHandler.run(machine))
    }

    /// Calls a contract as a block itself does: from [`SYSTEM_ADDRESS`], which has no nonce and pays nothing. Nothing is
    /// committed either.
    pub fn execute_system_call(&mut self, contract: Address, data: Bytes) -> Result<Executed, ExecuteError> {
        let tx = TxEnv::new_system_tx_with_caller(SYSTEM_ADDRESS, contract, data);
        self.execute_by(tx, false, |machine| LaneHandler.run_system_call(machine))
    }

    fn execute_by(
        &mut self,
        tx: TxEnv,
        trace: bool,
        run: impl FnOnce(&mut Self) -> Result<ExecutionResult, EVMError<StateError>>,
    ) -> Result<Executed, ExecuteError> {
        self.reset(tx);
        self.tracer = trace.then(Tracer::default);
        let result = run(self);
        self.tell_state();
        let changes = self.evm.ctx.journaled_state.take_changes();
        let trace = self.tracer.take().and_then(Tracer::finish);
        if let Some(failure) = self.evm.ctx.journaled_state.take_failure() {
            return Err(failure.into());
        }
        Ok(self.executed(result?, changes, trace))
    }

    /// Forgets the transaction before, and makes `tx` the running one.
    pub(crate) fn reset(&mut self, tx: TxEnv) {
        self.environment.tx =
            TxInfo { origin: tx.caller, gas_price: tx.effective_gas_price(u128::from(self.evm.ctx.block.basefee)) };
        self.base = None;
        self.segment_caller = None;
        self.fee = U256::ZERO;
        self.last_fault = None;
        self.refused_code = None;
        self.program_log.clear();
        self.evm.ctx.tx = tx;
    }

    /// Forgets a transaction that was left in the middle by a panic. The state of the block is as it was before it.
    pub fn abandon(&mut self) {
        self.evm.ctx.journaled_state.take_changes();
        self.evm.ctx.journaled_state.take_events();
        self.evm.ctx.local_mut().clear();
        self.evm.frame_stack.clear();
        self.border.take_crossings();
    }

    fn executed(&mut self, result: ExecutionResult, changes: TxChanges, trace: Option<CallNode>) -> Executed {
        let mut executed = Executed {
            success: result.is_success(),
            output: Bytes::new(),
            created: None,
            fault: None,
            gas: *result.gas(),
            logs: Vec::new(),
            program_log: core::mem::take(&mut self.program_log),
            fee: self.fee,
            changes,
            trace,
        };
        match result {
            ExecutionResult::Success { logs, output, .. } => {
                executed.logs = logs;
                (executed.output, executed.created) = match output {
                    Output::Call(data) => (data, None),
                    Output::Create(code, address) => (code, address),
                };
            }
            ExecutionResult::Revert { output, .. } => {
                executed.fault = Some(self.fault_of_transaction(FaultKind::Revert, &output, String::new()));
                executed.output = output;
            }
            ExecutionResult::Halt { reason, .. } => {
                let message = format!("the transaction was halted: {reason:?}");
                executed.fault = Some(self.fault_of_transaction(FaultKind::Trap, &Bytes::new(), message));
            }
        }
        executed
    }

    /// How the outermost frame failed; in the words given where no frame has said it.
    fn fault_of_transaction(&mut self, kind: FaultKind, data: &Bytes, message: String) -> Fault {
        let contract = self.evm.ctx.tx.kind.to().copied().unwrap_or_default();
        let unsaid = || Fault { vm: VmId::EVM, contract, kind, data: data.clone(), code: None, message };
        self.last_fault.take().unwrap_or_else(unsaid)
    }

    /// The state of the block so far.
    pub fn overlay_mut(&mut self) -> &mut Overlay {
        self.evm.ctx.journaled_state.db_mut()
    }

    /// Ends the block and gives its state back.
    pub fn into_overlay(self) -> Overlay {
        self.evm.ctx.journaled_state.into_database()
    }

    /// The calls between VMs of the last transaction.
    pub fn take_crossings(&mut self) -> Vec<Crossing> {
        self.border.take_crossings()
    }

    /// Who gets the fees of the block.
    pub const fn beneficiary(&self) -> Address {
        self.evm.ctx.block.beneficiary
    }

    /// Settings of the chain.
    pub fn cfg(&self) -> &CfgEnv {
        self.evm.ctx.cfg()
    }

    /// Runs a frame that `caller` makes, with whatever it calls, on top of the frames that are there.
    pub(crate) fn run_segment(&mut self, caller: VmId, init: FrameInit) -> Result<FrameResult, EVMError<StateError>> {
        self.segment_caller = Some(caller);
        let below = core::mem::replace(&mut self.base, self.evm.frame_stack.index());
        let result = LaneHandler.run_exec_loop(self, init);
        self.base = below;
        result
    }
}

fn block_info(block: &BlockEnv) -> BlockInfo {
    BlockInfo {
        number: block.number.saturating_to(),
        timestamp: block.timestamp.saturating_to(),
        beneficiary: block.beneficiary,
        base_fee: block.basefee,
        gas_limit: block.gas_limit,
    }
}

impl Machine {
    /// Tells `inspector` what the next transactions do, until [`Machine::take_inspector`].
    pub fn set_inspector(&mut self, inspector: Box<dyn Inspector>) {
        self.evm.ctx.journaled_state.watch(true);
        self.inspector = Some(inspector);
    }

    /// Gives the inspector back.
    pub fn take_inspector(&mut self) -> Option<Box<dyn Inspector>> {
        self.evm.ctx.journaled_state.watch(false);
        self.inspector.take()
    }

    /// Whether anybody wants to know of calls.
    pub(crate) fn is_watched(&self) -> bool {
        self.tracer.is_some() || self.inspector.is_some()
    }

    /// A frame begins.
    pub(crate) fn frame_begins(&mut self, frame: &Frame) {
        self.tell_state();
        if let Some(inspector) = &mut self.inspector {
            inspector.call_begins(frame);
        }
        if let Some(tracer) = &mut self.tracer {
            tracer.enter(frame, self.evm.ctx.journaled_state.logs().len());
        }
    }

    /// The innermost frame ends.
    pub(crate) fn frame_ends(&mut self, end: &FrameEnd, created: Option<Address>) {
        self.tell_state();
        if let Some(inspector) = &mut self.inspector {
            inspector.call_ends(end, created);
        }
        if let Some(tracer) = &mut self.tracer {
            tracer.exit(end, self.evm.ctx.journaled_state.logs(), created);
        }
    }

    /// Tells what has happened to state since the last time.
    pub(crate) fn tell_state(&mut self) {
        if let Some(inspector) = &mut self.inspector {
            for event in self.evm.ctx.journaled_state.take_events() {
                inspector.state(&event);
            }
        }
    }
}
