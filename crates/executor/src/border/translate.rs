//! Calls and results between ABIs.
//!
//! A call is decoded by the callee's interface as the caller's ABI shows it, its values are changed into what the
//! callee's own interface has, and encoded in the callee's ABI; the result goes the other way. A contract without an
//! interface gets the bytes as they are.

use super::{
    book::StateBook,
    registry::{Entry, PaidProjections, Projections, entry_of},
};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    sync::Arc,
    vec,
    vec::Vec,
};
use hexapla_abi::{Abi, AnyCodec, Codec, CodecError, ImageError, Projection, Value, describe_error};
use hexapla_primitives::{B256, Bytes, Fault, FaultKind, U256, VmId};
use hexapla_vm::{
    BorderState, CallBook, CallConvention, Exit, Fatal, Frame, FrameEnd, HostError, HostResult, Translation, TypedCall,
    VmSet,
};

/// Gas of finding an interface and its function.
const TRANSLATION_GAS: u64 = 300;
/// Gas of translating a word of 32 bytes, on either side.
const TRANSLATION_WORD_GAS: u64 = 6;

/// A call that was translated and whose result will be.
#[derive(Debug)]
pub(super) struct Translated {
    projection: Arc<Projection>,
    item: Item,
    /// Hash of the interface.
    pub(super) interface: B256,
    /// What the call tree shows, where one is wanted.
    pub(super) trace: Option<Box<Translation>>,
}

/// What was called, by its place in the projection.
#[derive(Clone, Copy, Debug)]
enum Item {
    /// A function of the contract.
    Function(usize),
    /// A function that reads an account of the contract without running it.
    Reader(usize),
}

/// The gas of translating `bytes`.
fn price(bytes: usize) -> u64 {
    TRANSLATION_WORD_GAS.saturating_mul(bytes.div_ceil(32) as u64)
}

fn refusal(message: impl Into<String>) -> HostError {
    HostError::fault(FaultKind::Border, message.into())
}

/// Puts the call of a crossing into the callee's form. `None` where its bytes are not values of an interface.
pub(super) fn call(
    vms: &VmSet,
    (held, all): (&mut PaidProjections, &Projections),
    frame: &mut Frame,
    state: &mut dyn BorderState,
) -> HostResult<Option<Translated>> {
    let (caller, callee) = (vms.convention(frame.caller_vm), vms.convention(frame.vm));
    let from = caller.abi();
    if from == callee.abi() {
        // Their values are the same; the form of a call may still be the callee's own.
        raw(callee, from, frame)?;
        return Ok(None);
    }
    state.charge(TRANSLATION_GAS.saturating_add(price(frame.input.len())))?;
    let entry = match callee.is_raw_call(from, &frame.input) {
        true => None,
        false => entry_of(frame.code_address, frame.code.hash, state)?,
    };
    let Some(entry) = entry else {
        raw(callee, from, frame)?;
        return Ok(None);
    };
    let projection = held.get(all, &entry, from, state)?;
    let translated = Call { caller, callee, projection, entry, frame, state }.translate()?;
    if translated.is_none() {
        raw(callee, from, frame)?;
    }
    Ok(translated)
}

fn raw(callee: &dyn CallConvention, from: Abi, frame: &mut Frame) -> HostResult<()> {
    frame.input = callee.raw_call(frame.caller, from, &frame.input).map_err(refusal)?;
    Ok(())
}

/// A call of a contract with an interface.
struct Call<'a> {
    caller: &'a dyn CallConvention,
    callee: &'a dyn CallConvention,
    projection: Arc<Projection>,
    entry: Entry,
    frame: &'a mut Frame,
    state: &'a mut dyn BorderState,
}

impl Call<'_> {
    /// `None` where the contract takes data of any form and this is none of its functions.
    fn translate(mut self) -> HostResult<Option<Translated>> {
        if let Some((reader, arguments)) = self.reader() {
            return self.read(reader, &arguments).map(Some);
        }
        let interface = self.projection.interface();
        let decoded = with_book(self.frame.caller_vm, self.state, |book| {
            self.projection.decode_call(&AnyCodec::new(interface.abi, book.addresses()), &self.frame.input)
        })?;
        let (function, values) = match decoded {
            Ok(decoded) => decoded,
            Err(CodecError::UnknownSelector { .. }) if self.projection.source().fallback.is_some() => return Ok(None),
            Err(error) => {
                let name = self.projection.source().display_name();
                return Err(refusal(format!("the call does not fit the interface of {name}: {error}")));
            }
        };
        self.write(function, values).map(Some)
    }

    fn write(&mut self, place: usize, values: Vec<Value>) -> HostResult<Translated> {
        let projection = Arc::clone(&self.projection);
        let name = projection.source().display_name();
        let arguments = projection.arguments(place, values).map_err(|error| not_passed(name, error))?;
        let function = projection.function(place).ok_or_else(lost)?;
        if let Some(units) = arguments.coin {
            self.frame.value = U256::from(units) * U256::from(self.caller.coin_unit());
        }
        let (values, accounts) = (&arguments.values, &arguments.accounts);
        let (callee, frame) = (self.callee, &*self.frame);
        let (caller, code) = (frame.caller, &frame.code.bytes);
        let derivations = projection.derivations(place);
        let type_arguments = &arguments.type_arguments;
        let call = TypedCall { caller, code, function, values, type_arguments, accounts, derivations };
        let input =
            with_book(frame.vm, self.state, |book| callee.write_call(&call, book))?.map_err(|error| match error {
                HostError::Fault { kind: FaultKind::Border, message } => not_passed(name, message),
                error => error,
            })?;
        self.begin(Item::Function(place), function.signature.clone(), arguments.values, input)
    }

    /// The reader that the call data names, and its arguments.
    fn reader(&self) -> Option<(usize, Bytes)> {
        let (place, arguments) = self.projection.reader_in(&self.frame.input)?;
        Some((place, self.frame.input.slice_ref(arguments)))
    }

    /// A function of the projection that the contract does not have: it reads one of its accounts.
    fn read(&mut self, place: usize, arguments: &[u8]) -> HostResult<Translated> {
        let projection = Arc::clone(&self.projection);
        let reader = projection.readers().get(place).ok_or_else(lost)?;
        let types: Vec<_> = reader.function.input_types().cloned().collect();
        let abi = projection.target();
        let values = with_book(self.frame.caller_vm, self.state, |book| {
            AnyCodec::new(abi, book.addresses()).decode_values(&types, arguments)
        })?
        .map_err(|error| not_passed(projection.source().display_name(), error))?;
        let input = match values.first() {
            Some(Value::Bytes(account)) => self.callee.read_call(account),
            _ => None,
        };
        let input = input.ok_or_else(|| refusal("this contract has no accounts that can be read"))?;
        self.begin(Item::Reader(place), reader.function.signature.clone(), values, input)
    }

    fn begin(&mut self, item: Item, function: String, arguments: Vec<Value>, input: Bytes) -> HostResult<Translated> {
        self.state.charge(price(input.len()))?;
        let sent = core::mem::replace(&mut self.frame.input, input.clone());
        let interface = self.entry.hash;
        let trace = self.state.is_traced().then(|| {
            let (results, output, returned) = (Vec::new(), Bytes::new(), Bytes::new());
            Box::new(Translation { interface, function, arguments, results, sent, input, output, returned })
        });
        Ok(Translated { projection: Arc::clone(&self.projection), item, interface, trace })
    }
}

/// Does `work` with the address book of a VM. The outer error says why state was not read or written, whatever `work`
/// made of it.
fn with_book<R>(vm: VmId, state: &mut dyn BorderState, work: impl FnOnce(&dyn CallBook) -> R) -> HostResult<R> {
    let book = StateBook::new(vm, state);
    let result = work(&book);
    book.check()?;
    Ok(result)
}

fn not_passed(contract: &str, error: impl core::fmt::Display) -> HostError {
    refusal(format!("an argument cannot be passed to {contract}: {error}"))
}

fn lost() -> HostError {
    HostError::Fatal(Fatal("a projection lost a function".into()))
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
        let output = match &mut end.exit {
            Exit::Fault(fault) => {
                // A failure that the contract only passes on is not one of its own.
                if fault.contract == frame.target {
                    self.explain(fault);
                }
                return Ok(());
            }
            Exit::Return(output) => output.clone(),
        };
        let translated = state
            .charge(price(output.len()))
            .and_then(|()| self.result(vms.convention(frame.caller_vm).abi(), frame, &output, state));
        end.gas_left = state.gas_left();
        end.exit = match translated {
            Ok(output) => Exit::Return(output),
            Err(HostError::Fatal(fatal)) => return Err(fatal),
            Err(HostError::Fault { kind, message }) => {
                let (data, message) = (Bytes::new(), message.into());
                Exit::Fault(Fault { vm: frame.vm, contract: frame.code_address, kind, data, code: None, message })
            }
        };
        Ok(())
    }

    fn result(&mut self, caller: Abi, frame: &Frame, output: &Bytes, state: &mut dyn BorderState) -> HostResult<Bytes> {
        let source = self.projection.source();
        let name = source.display_name();
        let unreadable =
            |error: CodecError| refusal(format!("{name} returned what its interface does not say: {error}"));
        let decoded =
            with_book(frame.vm, state, |book| self.decode(AnyCodec::new(source.abi, book.addresses()), output))?;
        let values = decoded.map_err(unreadable)?;
        let not_passed = |error: String| refusal(format!("the result of {name} cannot be passed on: {error}"));
        let results = self.trace.is_some().then(|| values.clone());
        let shown = self.show(values).map_err(|error| not_passed(error.to_string()))?;
        let projected = match self.item {
            Item::Function(place) => self.projection.interface().functions.get(place),
            Item::Reader(place) => self.projection.readers().get(place).map(|reader| &reader.function),
        };
        let projected = projected.ok_or_else(lost)?;
        let encoded = with_book(frame.caller_vm, state, |book| {
            AnyCodec::new(caller, book.addresses()).encode_output(projected, &shown)
        })?;
        let encoded = encoded.map_err(|error| not_passed(error.to_string()))?;
        let returned: Bytes = encoded;
        state.charge(price(returned.len()))?;
        if let Some(trace) = &mut self.trace {
            (trace.results, trace.output) = (results.unwrap_or_default(), output.clone());
            trace.returned = returned.clone();
        }
        Ok(returned)
    }

    fn decode(&self, codec: AnyCodec<'_>, output: &Bytes) -> Result<Vec<Value>, CodecError> {
        match self.item {
            Item::Function(place) => match self.projection.function(place) {
                Some(function) => codec.decode_output(function, output),
                None => Ok(Vec::new()),
            },
            Item::Reader(place) => {
                let layout = self.projection.readers().get(place).map(|reader| reader.layout);
                let layout = layout.and_then(|layout| self.projection.source().layouts.get(layout));
                let Some(layout) = layout else { return Ok(Vec::new()) };
                codec.decode_account(layout, output).map(|value| vec![value])
            }
        }
    }

    fn show(&self, values: Vec<Value>) -> Result<Vec<Value>, ImageError> {
        match self.item {
            Item::Function(place) => self.projection.results(place, values),
            Item::Reader(place) => match values.into_iter().next() {
                Some(data) => self.projection.read(place, data),
                None => Ok(Vec::new()),
            },
        }
    }

    /// Says by the interface what a failure means.
    fn explain(&self, fault: &mut Fault) {
        if fault.kind != FaultKind::Revert {
            return;
        }
        let source = self.projection.source();
        let Some(place) = self.projection.source_error_in(&fault.data) else { return };
        let Some(error) = source.errors.get(place) else { return };
        fault.message = describe_error(source, error, &fault.data, fault.code);
        // The number that the projection has for it, where errors are numbers.
        if fault.code.is_none() {
            let shown = self.projection.error_of(place).and_then(|place| self.projection.interface().errors.get(place));
            fault.code = shown.and_then(|error| self.projection.target().error_number(&error.selector));
        }
    }
}
