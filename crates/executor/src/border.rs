//! The rules at the border between VMs, and the record of what passed it.

use hexapla_abi::solidity::{ForeignFault, foreign_fault_encode};
use hexapla_primitives::{Address, Bytes, Fault, FaultKind, VmId};
use hexapla_vm::{Border, CallKind, Crossing, Exit, Frame, FrameEnd, Party, Reentrancy, Vm, VmSet};
use std::sync::Arc;

/// Frames of VMs other than the EVM that may be on the call stack at once, and EVM frames called from them. Part of
/// consensus: it bounds the native stack and the live instances of a transaction.
pub const BORDER_DEPTH_MAX: usize = 128;

/// The border of one chain.
#[derive(Debug)]
pub struct ChainBorder {
    vms: VmSet,
    /// Frames that were let in and have not ended, outermost first.
    active: Vec<Active>,
    crossings: Vec<Crossing>,
}

#[derive(Debug)]
struct Active {
    vm: VmId,
    target: Address,
    delegate: bool,
    /// Place reserved in the record, so that crossings stand in the order in which they began.
    crossing: Option<usize>,
}

impl ChainBorder {
    /// A border between the EVM and `vms`.
    pub fn new(vms: VmSet) -> Self {
        Self { vms, active: Vec::new(), crossings: Vec::new() }
    }

    fn check(&self, frame: &Frame) -> Result<(), (FaultKind, String)> {
        let crosses = frame.vm != frame.caller_vm;
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
        self.check_reentrancy(frame)
    }

    fn check_reentrancy(&self, frame: &Frame) -> Result<(), (FaultKind, String)> {
        let Some(vm) = self.vms.get(frame.vm) else {
            return Ok(());
        };
        let on_stack = self.active.iter().any(|active| active.target == frame.target);
        let allowed = match vm.reentrancy() {
            Reentrancy::Allowed => true,
            Reentrancy::DirectSelfOnly => {
                !on_stack || self.active.last().is_some_and(|last| last.target == frame.target)
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

    fn enter(&mut self, frame: &mut Frame) -> Result<(), Fault> {
        self.check(frame).map_err(|(kind, message)| Fault {
            vm: frame.vm,
            contract: frame.code_address,
            kind,
            data: Bytes::new(),
            message,
        })?;
        // A delegate call runs other code on an account that is entered already; that is no re-entry of it.
        let entered = |active: &&Active| active.target == frame.target && !active.delegate;
        let delegate = frame.kind == CallKind::Delegate;
        frame.reentrant = self.active.iter().filter(entered).count() + usize::from(!delegate) > 1;
        let crossing = (frame.vm != frame.caller_vm).then(|| {
            self.crossings.push(begun(frame));
            self.crossings.len() - 1
        });
        self.active.push(Active { vm: frame.vm, target: frame.target, delegate, crossing });
        Ok(())
    }

    fn leave(&mut self, frame: &Frame, end: &FrameEnd) {
        let Some(active) = self.active.pop() else { return };
        debug_assert_eq!((active.vm, active.target), (frame.vm, frame.target), "enter and leave are paired");
        if let Some(crossing) = active.crossing.and_then(|place| self.crossings.get_mut(place)) {
            complete(crossing, frame, end);
        }
    }

    fn refuse(&mut self, frame: &Frame, fault: &Fault) {
        if frame.vm != frame.caller_vm {
            let mut crossing = begun(frame);
            crossing.fault = Some(fault.clone());
            self.crossings.push(crossing);
        }
    }

    fn fault_data(&self, fault: &Fault, callee_vm: VmId, caller_vm: VmId) -> Bytes {
        let speaks_for_itself = fault.kind == FaultKind::Revert && !fault.data.is_empty();
        if speaks_for_itself || callee_vm == caller_vm && fault.kind != FaultKind::Border {
            return fault.data.clone();
        }
        let message = if fault.message.is_empty() {
            "the contract reverted without saying why".into()
        } else {
            fault.message.clone()
        };
        foreign_fault_encode(&ForeignFault {
            vm: fault.vm.name().into_owned(),
            at: fault.contract,
            kind: fault.kind.name().into(),
            data: fault.data.clone(),
            message,
        })
    }

    fn take_crossings(&mut self) -> Vec<Crossing> {
        self.active.clear();
        core::mem::take(&mut self.crossings)
    }
}

fn begun(frame: &Frame) -> Crossing {
    Crossing {
        from: Party { vm: frame.caller_vm, address: frame.caller },
        to: Party { vm: frame.vm, address: frame.code_address },
        kind: frame.kind,
        value: frame.value,
        input: frame.input.clone(),
        output: Bytes::new(),
        fault: None,
        gas_limit: frame.gas_limit,
        gas_used: 0,
        native_used: None,
        depth: frame.depth,
    }
}

fn complete(crossing: &mut Crossing, frame: &Frame, end: &FrameEnd) {
    crossing.gas_used = frame.gas_limit.saturating_sub(end.gas_left);
    crossing.native_used = end.native_used;
    match &end.exit {
        Exit::Return(data) => crossing.output = data.clone(),
        Exit::Fault(fault) => crossing.fault = Some(fault.clone()),
    }
}
