use hexapla_abi::Abi;
use hexapla_primitives::{FaultKind, VmId};
use hexapla_vm::{BorderState, Fatal, Frame, FrameEnd, HostError, HostResult, Translation, VmSet};
#[derive(Debug, Default)]
pub struct Projections;
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) record: Translation,
}
pub(super) fn abi_of(vms: &VmSet, vm: VmId) -> Abi {
    vms.get(vm).map_or(Abi::Solidity, |vm| vm.abi())
}
pub(super) fn call(
    vms: &VmSet,
    _p: &Projections,
    frame: &mut Frame,
    _state: &mut dyn BorderState,
) -> HostResult<Option<Translated>> {
    let (from, to) = (abi_of(vms, frame.caller_vm), abi_of(vms, frame.vm));
    if from == to {
        return Ok(None);
    }
    if let Some(vm) = vms.get(frame.vm) {
        frame.input =
            vm.raw_call(frame.caller, from, &frame.input).map_err(|m| HostError::fault(FaultKind::Border, m))?;
    }
    Ok(None)
}
impl Translated {
    pub(super) fn end(
        &mut self,
        _vms: &VmSet,
        _frame: &Frame,
        _end: &mut FrameEnd,
        _state: &mut dyn BorderState,
    ) -> Result<(), Fatal> {
        Ok(())
    }
}
