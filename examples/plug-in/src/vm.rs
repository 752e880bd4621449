//! The VM as the executor sees it.

use crate::{CALC, convention::CalcConvention, machine, store::name_in};
use hexapla_primitives::{Bytes, FaultKind, GasRate, NativeGas, VmId};
use hexapla_vm::{CallConvention, Exit, Fatal, Frame, FrameEnd, Host, HostError, HostResult, Lane, Reentrancy, Vm};

/// What gas buys: one gas is two steps of the meter.
pub const RATE: GasRate = GasRate { unit: "steps", per_gas: 2 };

/// The calculator. It keeps nothing in memory, so every node does the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct CalcVm;

impl Vm for CalcVm {
    fn id(&self) -> VmId {
        CALC
    }

    fn gas_rate(&self) -> GasRate {
        RATE
    }

    /// A contract that is called again while it runs sees its word as it is.
    fn reentrancy(&self) -> Reentrancy {
        Reentrancy::Allowed
    }

    fn owns(&self, code: &[u8]) -> bool {
        name_in(code).is_some()
    }

    fn convention(&self) -> &dyn CallConvention {
        &CalcConvention
    }

    fn run(&self, frame: &Frame, host: &mut dyn Host) -> Result<FrameEnd, Fatal> {
        let exit = match machine::run(frame, host) {
            Ok(output) => Exit::Return(output),
            Err(failure) => Exit::Fault(failure.into_fault(frame.target)?),
        };
        // Where a contract below ran out of gas, this one has gas left.
        let is_out = |kind, contract| kind == FaultKind::OutOfGas && contract == frame.target;
        let is_out = exit.fault().is_some_and(|fault| is_out(fault.kind, fault.contract));
        let gas_left = if is_out { 0 } else { host.gas_left() };
        let used = frame.gas_limit.saturating_sub(gas_left);
        let native_used = Some(NativeGas { amount: RATE.to_native(used), unit: RATE.unit });
        Ok(FrameEnd { exit, gas_left, native_used })
    }

    fn lane(&self) -> Option<&dyn Lane> {
        Some(self)
    }

    /// Contracts come by transactions of this VM, never by an EVM creation: it could take somebody's name.
    fn activate(&self, _: &Bytes, _: &mut dyn Host) -> HostResult<()> {
        let message = "calc contracts are deployed by transactions of calc wallets, not by a create transaction";
        Err(HostError::fault(FaultKind::Create, message))
    }
}
