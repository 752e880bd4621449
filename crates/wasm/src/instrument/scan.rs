//! Validation of a module.

use super::{
    module::{Body, Scan},
    operators, sections,
    weight::Counter,
};
use crate::{error::WasmError, limits, prices};
use wasmparser::{
    FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody, Parser, Payload, ValidPayload, Validator,
    ValidatorResources, WasmFeatures,
};

/// The proposals a module may use. `REFERENCE_TYPES` is there only for the long encoding of `call_indirect`,
/// `GC_TYPES` only for the validator's own types, and `FLOATS` only for types that compilers leave behind unused: every
/// operator of the three is refused by the price list.
fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::FLOATS
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::GC_TYPES
}

/// Validates a module.
pub(super) fn scan(wasm: &[u8]) -> Result<Scan<'_>, WasmError> {
    let bytes = wasm.len().try_into().unwrap_or(u64::MAX);
    WasmError::limit("bytes of the module", bytes, limits::MAX_WASM_BYTES as u64)?;
    let mut scan = Scan::default();
    let mut validator = Validator::new_with_features(features());
    let mut allocations = FuncValidatorAllocations::default();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        sections::check_before(&payload)?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            allocations = scan_body(&mut scan, function, body, allocations)?;
        }
        record(&mut scan, payload)?;
    }
    sections::check_whole(&mut scan)?;
    Ok(scan)
}

/// Notes what a valid section holds.
fn record<'a>(scan: &mut Scan<'a>, payload: Payload<'a>) -> Result<(), WasmError> {
    match payload {
        Payload::TypeSection(reader) => sections::types(scan, reader),
        Payload::ImportSection(reader) => sections::imports(scan, reader),
        Payload::FunctionSection(reader) => sections::functions(scan, reader),
        Payload::TableSection(reader) => sections::tables(scan, reader),
        Payload::MemorySection(reader) => sections::memory(scan, reader),
        Payload::GlobalSection(reader) => sections::globals(scan, reader),
        Payload::ExportSection(reader) => sections::exports(scan, reader),
        Payload::ElementSection(reader) => sections::elements(scan, reader),
        Payload::DataSection(reader) => sections::data(scan, reader),
        _ => Ok(()),
    }
}

fn scan_body<'a>(
    scan: &mut Scan<'a>,
    function: FuncToValidate<ValidatorResources>,
    reader: FunctionBody<'a>,
    allocations: FuncValidatorAllocations,
) -> Result<FuncValidatorAllocations, WasmError> {
    let type_index = function.ty;
    let mut validator = function.into_validator(allocations);
    let results = scan.func_type(type_index)?.results().len();
    let mut counter = Counter::new(results);
    let frame = measure(scan, &mut validator, &reader, &mut counter)?;
    scan.bodies.push(Body { reader, type_index, frame, weight: counter.weight() });
    Ok(validator.into_allocations())
}

/// Validates a function, counts what compiling it costs, and gives the words of its frame.
fn measure(
    scan: &Scan<'_>,
    validator: &mut FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
    counter: &mut Counter,
) -> Result<u32, WasmError> {
    for local in body.get_locals_reader()? {
        let (_, local) = local?;
        operators::check_value_type(local, "of a local")?;
    }
    let mut binary = body.get_binary_reader();
    validator.read_locals(&mut binary)?;
    let locals = u64::from(validator.len_locals());
    WasmError::limit("locals of a function", locals, limits::MAX_LOCALS)?;
    let mut reader = wasmparser::OperatorsReader::new(binary);
    let mut highest = 0;
    while !reader.eof() {
        let (operator, offset) = reader.read_with_offset()?;
        if prices::operator(&operator).is_none() {
            return Err(operators::refused(&operator, offset));
        }
        validator.op(offset, &operator)?;
        counter.step(scan, &operator)?;
        highest = highest.max(u64::from(validator.operand_stack_height()));
    }
    reader.finish()?;
    WasmError::limit("operands of a function at once", highest, limits::MAX_OPERANDS)?;
    let computed = counter.operators() / limits::OPERATORS_PER_FRAME_WORD;
    let frame = locals + highest + limits::FRAME_OVERHEAD_WORDS + computed;
    WasmError::limit("words of a function's frame", frame, limits::MAX_FRAME_WORDS)?;
    u32::try_from(frame).map_err(|_| WasmError::Instrumenter("frame".into()))
}
