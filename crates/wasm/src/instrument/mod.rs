//! From a module to an instrumented module that any engine runs with the same cost.
//!
//! - [`module`]: what the others need to know of a module
//! - [`scan`]: validates the module against the allowed subset and the limits, and measures each function's frame
//! - [`body`]: writes a function anew with its charges
//! - [`emit`]: the sequences of operators that charge
//! - [`weight`]: what compiling a function costs
//!
//! The output is plain WASM. Three exported globals are appended, so no index of the module moves:
//! [`INK_GLOBAL`] (what is left; negative: used up), [`STACK_GLOBAL`] (words left), [`STATUS_GLOBAL`].
//! The same input gives the same bytes, on every machine.

mod body;
mod emit;
mod globals;
mod info;
mod module;
mod operators;
mod scan;
mod sections;
mod weight;

pub use globals::{INK_GLOBAL, STACK_GLOBAL, STATUS_GLOBAL, STATUS_STACK_OVERFLOW};
pub use info::ModuleInfo;
pub(crate) use sections::{ENTRYPOINT, HOOK_MODULE, MEMORY};

use crate::error::WasmError;
use alloc::{borrow::ToOwned, vec::Vec};
use hexapla_primitives::keccak256;
use module::Scan;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, ExportKind, ExportSection, FunctionSection, GlobalSection,
    GlobalType, ImportSection, MemorySection, Module, TableSection, ValType,
};

/// Version of everything that decides what instrumented code is and costs: this module, the prices, the limits.
/// Programs are activated for one version.
pub const INSTRUMENTER_VERSION: u16 = 1;

/// A module with its charges.
#[derive(Clone, Debug)]
pub struct Instrumented {
    /// The instrumented module.
    pub wasm: Vec<u8>,
    /// What is known about it.
    pub info: ModuleInfo,
}

/// Validates and instruments a module.
pub fn instrument(wasm: &[u8]) -> Result<Instrumented, WasmError> {
    finish(wasm, &scan::scan(wasm)?)
}

/// Writes the scanned module anew.
fn finish(wasm: &[u8], scan: &Scan<'_>) -> Result<Instrumented, WasmError> {
    let instrumented = write(scan)?;
    let info = ModuleInfo {
        wasm_bytes: wasm.len().try_into().unwrap_or(u64::MAX),
        instrumented_bytes: instrumented.len().try_into().unwrap_or(u64::MAX),
        instrumented_hash: keccak256(&instrumented),
        functions: scan.function_types.len().try_into().unwrap_or(u64::MAX),
        imports: scan.imports.iter().map(|name| (*name).to_owned()).collect(),
        initial_pages: scan.memory.initial,
        max_pages: scan.memory.max,
        largest_frame: scan.bodies.iter().map(|body| u64::from(body.frame)).max().unwrap_or(0),
        compile_gas: scan.bodies.iter().map(|body| body.weight.gas()).fold(0, u64::saturating_add),
    };
    Ok(Instrumented { wasm: instrumented, info })
}

fn write(scan: &Scan<'_>) -> Result<Vec<u8>, WasmError> {
    let mut types = emit::Types::new(scan)?;
    let code = write_code(scan, &mut types)?;
    let mut module = Module::new();
    module.section(&types.section);
    write_declarations(scan, &mut module)?;
    module.section(&write_globals(scan)?);
    module.section(&write_exports(scan));
    write_elements(scan, &mut module)?;
    module.section(&code);
    write_data(scan, &mut module)?;
    Ok(module.finish())
}

fn write_code(scan: &Scan<'_>, types: &mut emit::Types) -> Result<CodeSection, WasmError> {
    let mut code = CodeSection::new();
    for body in &scan.bodies {
        code.function(&body::rewrite(scan, body, types)?);
    }
    Ok(code)
}

/// Imports, functions, table and memory, as far as there are any.
fn write_declarations(scan: &Scan<'_>, module: &mut Module) -> Result<(), WasmError> {
    let mut reencoder = RoundtripReencoder;
    if let Some(reader) = &scan.sections.imports {
        let mut imports = ImportSection::new();
        utils::parse_import_section(&mut reencoder, &mut imports, reader.clone())?;
        module.section(&imports);
    }
    if let Some(reader) = &scan.sections.functions {
        let mut functions = FunctionSection::new();
        utils::parse_function_section(&mut reencoder, &mut functions, reader.clone())?;
        module.section(&functions);
    }
    if let Some(reader) = &scan.sections.tables {
        let mut tables = TableSection::new();
        utils::parse_table_section(&mut reencoder, &mut tables, reader.clone())?;
        module.section(&tables);
    }
    module.section(MemorySection::new().memory(wasm_encoder::MemoryType {
        minimum: scan.memory.initial.into(),
        maximum: Some(scan.memory.max.into()),
        memory64: false,
        shared: false,
        page_size_log2: None,
    }));
    Ok(())
}

fn write_globals(scan: &Scan<'_>) -> Result<GlobalSection, WasmError> {
    let mut globals = GlobalSection::new();
    if let Some(reader) = &scan.sections.globals {
        utils::parse_global_section(&mut RoundtripReencoder, &mut globals, reader.clone())?;
    }
    let own = |val_type| GlobalType { val_type, mutable: true, shared: false };
    globals.global(own(ValType::I64), &ConstExpr::i64_const(0));
    globals.global(own(ValType::I32), &ConstExpr::i32_const(0));
    globals.global(own(ValType::I32), &ConstExpr::i32_const(0));
    Ok(globals)
}

/// Only what the host needs; other exports of the module cannot be reached by anybody.
fn write_exports(scan: &Scan<'_>) -> ExportSection {
    let mut exports = ExportSection::new();
    exports.export(sections::MEMORY, ExportKind::Memory, 0);
    exports.export(sections::ENTRYPOINT, ExportKind::Func, scan.entrypoint);
    exports.export(INK_GLOBAL, ExportKind::Global, scan.ink_global());
    exports.export(STACK_GLOBAL, ExportKind::Global, scan.stack_global());
    exports.export(STATUS_GLOBAL, ExportKind::Global, scan.status_global());
    exports
}

fn write_elements(scan: &Scan<'_>, module: &mut Module) -> Result<(), WasmError> {
    if let Some(reader) = &scan.sections.elements {
        let mut elements = ElementSection::new();
        utils::parse_element_section(&mut RoundtripReencoder, &mut elements, reader.clone())?;
        module.section(&elements);
    }
    Ok(())
}

fn write_data(scan: &Scan<'_>, module: &mut Module) -> Result<(), WasmError> {
    if let Some(reader) = &scan.sections.data {
        let mut data = DataSection::new();
        RoundtripReencoder.parse_data_section(&mut data, reader.clone())?;
        module.section(&data);
    }
    Ok(())
}
