//! Calls and results between ABIs.
//!
//! A call is decoded by the callee's interface as the caller's ABI shows it, its values are changed into what the
//! callee's own interface has, and encoded in the callee's ABI; the result goes the other way. A contract without an
//! interface gets the bytes as they are.

use super::{
    book::StateBook,
    registry::{Entry, Projections, entry_of},
};
use hexapla_abi::{
    Abi, AnyCodec, Codec, CodecError, Interface, Projection, describe_revert,
};
use hexapla_primitives::{Bytes, Fault, FaultKind, U256, VmId};
use hexapla_vm::{BorderState, Exit, Fatal, Frame, FrameEnd, HostError, HostResult, Translation, TypedCall, Vm, VmSet};
use std::sync::Arc;

/// Gas of finding an interface and its function.
const TRANSLATION_GAS: u64 = 300;
/// Gas of translating a word of 32 bytes, on either side.
const TRANSLATION_WORD_GAS: u64 = 6;

/// A call that was translated and whose result will be.
#[derive(Debug)]
pub(super) struct Translated {
    projection: Arc<Projection>,
    /// Place of the function in the projection.
    function: usize,
    /// The record so far.
    pub(super) record: Translation,
}

/// The gas of translating `bytes`.
fn price(bytes: usize) -> u64 {
    TRANSLATION_WORD_GAS.saturating_mul(bytes.div_ceil(32) as u64)
}

fn refusal(message: impl Into<String>) -> HostError {
    HostError::fault(FaultKind::Border, message.into())
}

/// The refusal of an argument, with the contract's name.
fn within(error: HostError, interface: &Interface) -> HostError {
    match error {
        HostError::Fault { kind: FaultKind::Border, message } => {
            refusal(format!("an argument cannot be passed to {}: {message}", name(interface)))
        }
        error => error,
    }
}

fn charge(gas: &mut u64, cost: u64) -> HostResult<()> {
    *gas = gas.checked_sub(cost).ok_or(HostError::OUT_OF_GAS)?;
    Ok(())
}

/// The ABI of a VM's contracts.
pub(super) fn abi_of(vms: &VmSet, vm: VmId) -> Abi {
    vms.get(vm).map_or(Abi::Solidity, |vm| vm.abi())
}

/// Puts the call of a crossing into the callee's form. `None` where its bytes are not values of an interface.
pub(super) fn call(
    vms: &VmSet,
    projections: &Projections,
    frame: &mut Frame,
    state: &mut dyn BorderState,
) -> HostResult<Option<Translated>> {
    let (from, to) = (abi_of(vms, frame.caller_vm), abi_of(vms, frame.vm));
    if from == to {
        return Ok(None);
    }
    let callee = vms.get(frame.vm).map(|vm| &**vm);
    charge(&mut frame.gas_limit, TRANSLATION_GAS.saturating_add(price(frame.input.len())))?;
    let entry = match callee {
        Some(vm) if vm.is_raw_call(from, &frame.input) => None,
        _ => entry_of(frame.code_address, state)?,
    };
    let Some(entry) = entry else {
        raw(callee, from, frame)?;
        return Ok(None);
    };
    charge(&mut frame.gas_limit, price(entry.length as usize))?;
    let projection = projections.get(&entry, from, state)?;
    typed(vms, callee, projection, &entry, frame, state)
}

fn raw(callee: Option<&dyn Vm>, from: Abi, frame: &mut Frame) -> HostResult<()> {
    if let Some(vm) = callee {
        frame.input = vm.raw_call(frame.caller, from, &frame.input).map_err(refusal)?;
    }
    Ok(())
}

fn typed(
    vms: &VmSet,
    callee: Option<&dyn Vm>,
    projection: Arc<Projection>,
    entry: &Entry,
    frame: &mut Frame,
    state: &mut dyn BorderState,
) -> HostResult<Option<Translated>> {
    let (from, source) = (abi_of(vms, frame.caller_vm), Arc::clone(projection.source()));
    let book = StateBook::new(frame.caller_vm, frame.read_only, state);
    let decoded = AnyCodec::new(from, &book).decode_call(projection.interface(), &frame.input);
    let decoded = decoded.map(|(function, values)| (index_of(projection.interface(), function), values));
    book.check()?;
    let (function, values) = match decoded {
        Ok(decoded) => decoded,
        Err(CodecError::UnknownSelector { .. }) if source.fallback.is_some() => {
            raw(callee, from, frame)?;
            return Ok(None);
        }
        Err(error) => return Err(refusal(format!("the call does not fit the interface of {}: {error}", name(&source)))),
    };
    let arguments = projection.arguments(function, values);
    let arguments = arguments.map_err(|error| refusal(format!("an argument cannot be passed to {}: {error}", name(&source))))?;
    let target = projection.function(function);
    if let Some(units) = arguments.lamports {
        frame.value = U256::from(units) * U256::from(vms.get(frame.caller_vm).map_or(1, |vm| vm.coin_unit()));
    }
    let book = StateBook::new(frame.vm, frame.read_only, state);
    let encoded = match callee {
        Some(vm) => {
            let (values, accounts) = (&arguments.values, &arguments.accounts);
            let call = TypedCall { caller: frame.caller, code: &frame.code.bytes, function: target, values, accounts };
            vm.write_call(&call, &book, &mut frame.gas_limit)
        }
        None => AnyCodec::new(Abi::Solidity, &book)
            .encode_call(target, &arguments.values)
            .map_err(|error| refusal(error.to_string())),
    };
    book.check()?;
    let encoded = encoded.map_err(|error| within(error, &source))?;
    charge(&mut frame.gas_limit, price(encoded.len()))?;
    frame.input = encoded.clone();
    let record = Translation {
        interface: entry.hash,
        function: target.signature.clone(),
        arguments: arguments.values,
        results: Vec::new(),
        input: encoded,
        output: Bytes::new(),
    };
    Ok(Some(Translated { projection, function, record }))
}

/// The place of a function that a codec found.
fn index_of(interface: &Interface, function: &hexapla_abi::Function) -> usize {
    interface.functions.iter().position(|known| core::ptr::eq(known, function)).unwrap_or_default()
}

fn name(interface: &Interface) -> &str {
    if interface.name.is_empty() { "the contract" } else { &interface.name }
}

impl Translated {
    /// Puts the end of the frame into the caller's form. A result that has none is a fault.
    pub(super) fn end(
        &mut self,
        vms: &VmSet,
        frame: &Frame,
        end: &mut FrameEnd,
        state: &mut dyn BorderState,
    ) -> Result<(), Fatal> {
        match &mut end.exit {
            Exit::Fault(fault) => {
                self.explain(fault);
                Ok(())
            }
            Exit::Return(output) => {
                let native = output.clone();
                let translated = self.result(vms, frame, &native, &mut end.gas_left, state)?;
                self.record.output = native;
                match translated {
                    Ok(output) => end.exit = Exit::Return(output),
                    Err(fault) => {
                        end.exit = Exit::Fault(fault);
                    }
                }
                Ok(())
            }
        }
    }

    fn result(
        &mut self,
        vms: &VmSet,
        frame: &Frame,
        output: &[u8],
        gas: &mut u64,
        state: &mut dyn BorderState,
    ) -> Result<Result<Bytes, Fault>, Fatal> {
        let fault = |kind, message: String| Fault {
            vm: frame.vm,
            contract: frame.code_address,
            kind,
            data: Bytes::new(),
            code: None,
            message,
        };
        let source = self.projection.source();
        let Some(gas_left) = gas.checked_sub(price(output.len())) else {
            *gas = 0;
            return Ok(Err(fault(FaultKind::OutOfGas, "the gas does not pay for translating the result".into())));
        };
        *gas = gas_left;
        let book = StateBook::new(frame.vm, frame.read_only, state);
        let values = AnyCodec::new(source.abi, &book).decode_output(self.projection.function(self.function), output);
        book.check()?;
        let values = match values {
            Ok(values) => values,
            Err(error) => {
                let message = format!("{} returned what its interface does not say: {error}", name(source));
                return Ok(Err(fault(FaultKind::Border, message)));
            }
        };
        self.record.results = values.clone();
        let not_passed = |error: String| fault(FaultKind::Border, format!("the result of {} cannot be passed on: {error}", name(source)));
        let results = match self.projection.results(self.function, values) {
            Ok(results) => results,
            Err(error) => return Ok(Err(not_passed(error.to_string()))),
        };
        let book = StateBook::new(frame.caller_vm, frame.read_only, state);
        let projected = self.projection.interface().functions.get(self.function);
        let encoded = projected.map(|projected| {
            AnyCodec::new(abi_of(vms, frame.caller_vm), &book).encode_output(projected, &results)
        });
        book.check()?;
        match encoded {
            Some(Ok(output)) => Ok(Ok(output)),
            Some(Err(error)) => Ok(Err(not_passed(error.to_string()))),
            None => Err(Fatal("a projection lost a function".into())),
        }
    }

    /// Says by the interface what a failure means.
    fn explain(&self, fault: &mut Fault) {
        let source = self.projection.source();
        let known = source.errors.iter().position(|error| {
            fault.data.get(..error.selector.len()).is_some_and(|selector| *selector == *error.selector)
        });
        let Some(index) = known.filter(|_| fault.kind == FaultKind::Revert) else { return };
        let error = &source.errors[index];
        if source.abi == Abi::Solidity {
            fault.message = describe_revert(&fault.data, [&**source]);
        } else {
            let number = fault.code.map(|code| format!(" ({code})")).unwrap_or_default();
            let meaning = if error.message.is_empty() { String::new() } else { format!(": {}", error.message) };
            fault.message = format!("{}{number}{meaning}", error.name);
        }
        let projected = self.projection.interface().errors.get(index);
        if fault.code.is_none() {
            fault.code = projected
                .and_then(|error| <[u8; 4]>::try_from(&*error.selector).ok())
                .map(u32::from_le_bytes)
                .filter(|_| self.projection.interface().abi == Abi::Borsh);
        }
    }
}
