//! The rules at the border between VMs, and the record of what passed it.

mod book;
pub mod registry;
mod translate;

use alloc::{boxed::Box, format, string::String, sync::Arc, vec::Vec};
use hexapla_primitives::{Address, Bytes, Fault, FaultKind, U256, VmId};
use hexapla_vm::{
    Border, BorderState, CallConvention as _, CallKind, CalleeFailure, CallerEnd, Crossing, Endpoint, Excerpt, Exit,
    Fatal, Frame, FrameEnd, HostError, HostResult, Reentrancy, SolidityConvention, Vm, VmSet,
};
use registry::{PaidProjections, Projections};
use translate::Translated;

/// Frames of VMs other than the EVM that may be on the call stack at once, and EVM frames called from them. Part of
/// consensus: it bounds the native stack and the live instances of a transaction.
pub const BORDER_DEPTH_MAX: usize = 128;

/// The border of one chain.
#[derive(Debug)]
pub struct ChainBorder {
    vms: VmSet,
    projections: Arc<Projections>,
    /// Those that the running transaction has paid for.
    held: PaidProjections,
    /// Frames that were let in and have not ended, outermost first.
    active: Vec<Active>,
    crossings: Vec<Crossing>,
}

#[derive(Debug)]
struct Active {
    vm: VmId,
    target: Address,
    delegate: bool,
    /// It stands for a transaction of a lane and runs no contract: its payer has not been entered.
    is_transaction: bool,
    /// How the call was translated, if it was.
    translated: Option<Box<Translated>>,
    /// Place reserved in the record, so that crossings stand in the order in which they began.
    crossing: Option<usize>,
}

impl ChainBorder {
    /// A border between the EVM and `vms`.
    pub fn new(vms: VmSet, projections: Arc<Projections>) -> Self {
        Self { vms, projections, held: PaidProjections::default(), active: Vec::new(), crossings: Vec::new() }
    }

    fn check(&self, frame: &Frame) -> Result<(), (FaultKind, String)> {
        let crosses = frame.vm != frame.caller_vm;
        if frame.is_delegated && frame.vm != VmId::EVM {
            let message = format!(
                "the account {} would lend its authority to {} code; EIP-7702 delegations stay inside the EVM",
                frame.target, frame.vm
            );
            return Err((FaultKind::Border, message));
        }
        if frame.kind == CallKind::Delegate && crosses {
            let message = format!(
                "a delegate call would lend {} authority to {} code; delegate calls stay inside one VM, use an ordinary call",
                frame.caller_vm, frame.vm
            );
            return Err((FaultKind::Border, message));
        }
        if self.active.len() >= BORDER_DEPTH_MAX {
            return Err((
                FaultKind::CallDepth,
                format!("calls between VMs are nested more than {BORDER_DEPTH_MAX} deep"),
            ));
        }
        self.check_value(frame)?;
        self.check_reentrancy(frame)
    }

    /// Lossless or refused: a value that the callee's coin unit cannot hold does not pass.
    fn check_value(&self, frame: &Frame) -> Result<(), (FaultKind, String)> {
        let unit = U256::from(self.vms.convention(frame.vm).coin_unit().max(1));
        if unit == U256::ONE || frame.value.is_zero() {
            return Ok(());
        }
        let message = if !(frame.value % unit).is_zero() {
            format!("{} wei cannot be sent to {}, whose smallest unit is {unit} wei", frame.value, frame.vm)
        } else if frame.value / unit > U256::from(u64::MAX) {
            format!("{} wei are more than an account of {} can hold", frame.value, frame.vm)
        } else {
            return Ok(());
        };
        Err((FaultKind::Border, message))
    }

    /// The frames in which contracts run, outermost first.
    fn contracts(&self) -> impl DoubleEndedIterator<Item = &Active> {
        self.active.iter().filter(|active| !active.is_transaction)
    }

    /// What the caller of a frame gets of its end.
    fn output(&self, frame: &Frame, end: &FrameEnd) -> Bytes {
        match &end.exit {
            Exit::Return(data) => data.clone(),
            Exit::Fault(fault) => self.failure(fault, frame.vm, frame.caller_vm),
        }
    }

    fn check_reentrancy(&self, frame: &Frame) -> Result<(), (FaultKind, String)> {
        let Some(vm) = self.vms.get(frame.vm) else {
            return Ok(());
        };
        let on_stack = self.contracts().any(|active| active.target == frame.target);
        let allowed = match vm.reentrancy() {
            Reentrancy::Allowed => true,
            Reentrancy::DirectSelfOnly => {
                !on_stack || self.contracts().next_back().is_some_and(|last| last.target == frame.target)
            }
            Reentrancy::Forbidden => !on_stack,
        };
        if allowed {
            return Ok(());
        }
        Err((FaultKind::Border, format!("{} does not let a contract be entered again while it runs", frame.vm)))
    }
}

impl Border for ChainBorder {
    #[inline]
    fn vm_of(&self, code: &[u8]) -> VmId {
        self.vms.owner_of(code).map_or(VmId::EVM, |vm| vm.id())
    }

    fn vm(&self, id: VmId) -> Option<Arc<dyn Vm>> {
        self.vms.get(id).cloned()
    }

    fn enter(&mut self, frame: &mut Frame, state: &mut dyn BorderState) -> HostResult<()> {
        self.check(frame).map_err(|(kind, message)| HostError::fault(kind, message))?;
        let crosses = frame.vm != frame.caller_vm;
        let record = crosses.then(|| begun(frame));
        let translated = match crosses {
            true => translate::call(&self.vms, (&mut self.held, &self.projections), frame, state)?.map(Box::new),
            false => None,
        };
        let interface = translated.as_ref().map(|translated| translated.interface);
        // A delegate call runs other code on an account that is entered already; that is no re-entry of it.
        let entered = |active: &&Active| active.target == frame.target && !active.delegate;
        let delegate = frame.kind == CallKind::Delegate;
        frame.reentrant = self.contracts().filter(entered).count() + usize::from(!delegate) > 1;
        let crossing = record.map(|record| {
            self.crossings.push(Crossing { value: frame.value, interface, ..record });
            self.crossings.len() - 1
        });
        // Calls of the EVM's lane that reach another VM at this depth come from an account of the EVM.
        let is_transaction = frame.depth == 0 && frame.vm == frame.caller_vm;
        self.active.push(Active { vm: frame.vm, target: frame.target, delegate, is_transaction, translated, crossing });
        Ok(())
    }

    fn leave(&mut self, frame: &Frame, end: &mut FrameEnd, state: &mut dyn BorderState) -> Result<CallerEnd, Fatal> {
        let Some(mut active) = self.active.pop() else {
            return Err(Fatal("a frame has ended that was never let in".into()));
        };
        if (active.vm, active.target) != (frame.vm, frame.target) {
            return Err(Fatal(format!("a frame of {} has ended before one that it has called", active.target)));
        }
        if let Some(translated) = &mut active.translated {
            translated.end(&self.vms, frame, end, state)?;
        }
        if let Some(crossing) = active.crossing.and_then(|place| self.crossings.get_mut(place)) {
            complete(crossing, end);
        }
        let translation = active.translated.and_then(|translated| translated.trace);
        Ok(CallerEnd { output: self.output(frame, end), translation })
    }

    fn translates(&self) -> bool {
        self.active.last().is_some_and(|active| active.translated.is_some())
    }

    fn refuse(&mut self, frame: &Frame, end: &FrameEnd) -> Bytes {
        if frame.vm != frame.caller_vm {
            let mut crossing = begun(frame);
            complete(&mut crossing, end);
            self.crossings.push(crossing);
        }
        self.output(frame, end)
    }

    fn failure(&self, fault: &Fault, callee_vm: VmId, caller_vm: VmId) -> Bytes {
        let abi = self.vms.convention(fault.vm).abi();
        let failure = CalleeFailure { fault, abi, same_vm: callee_vm == caller_vm };
        let written = self.vms.convention(caller_vm).write_failure(failure);
        // No caller takes a failure of another VM for a result without data.
        if written.is_empty() && callee_vm != caller_vm { SolidityConvention.write_failure(failure) } else { written }
    }

    fn take_crossings(&mut self) -> Vec<Crossing> {
        self.active.clear();
        self.held.clear();
        core::mem::take(&mut self.crossings)
    }
}

fn begun(frame: &Frame) -> Crossing {
    Crossing {
        from: Endpoint { vm: frame.caller_vm, address: frame.caller },
        to: Endpoint { vm: frame.vm, address: frame.code_address },
        kind: frame.kind,
        value: frame.value,
        input: Excerpt::of(&frame.input),
        output: Excerpt::default(),
        interface: None,
        fault: None,
        gas_limit: frame.gas_limit,
        gas_used: 0,
        native_used: None,
        depth: frame.depth,
    }
}

fn complete(crossing: &mut Crossing, end: &FrameEnd) {
    crossing.gas_used = crossing.gas_limit.saturating_sub(end.gas_left);
    crossing.native_used = end.native_used;
    match &end.exit {
        Exit::Return(data) => crossing.output = Excerpt::of(data),
        Exit::Fault(fault) => crossing.fault = Some(fault.into()),
    }
}
