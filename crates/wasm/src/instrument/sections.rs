//! The rules for each section of a module.

use super::{
    module::{MemoryPages, Scan},
    operators::check_value_type,
};
use crate::{error::WasmError, hooks, limits};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use wasmparser::{
    ConstExpr, DataKind, DataSectionReader, ElementItems, ElementKind, ElementSectionReader, ExportSectionReader,
    ExternalKind, FuncType, FunctionSectionReader, GlobalSectionReader, ImportSectionReader, MemorySectionReader,
    Operator, Payload, TableInit, TableSectionReader, TypeRef, TypeSectionReader, ValType,
};

/// The export that is a program's memory.
pub(crate) const MEMORY: &str = "memory";
/// The export that the host calls with the length of the call data.
pub(crate) const ENTRYPOINT: &str = "user_entrypoint";
/// The module of all imports.
pub(crate) const HOOK_MODULE: &str = "vm_hooks";

const RESERVED_PREFIXES: [&str; 2] = ["stylus", "__hexapla"];
const ENTRYPOINT_TYPE: &str = "a function (i32) -> (i32)";

/// Refuses what must not even be looked at.
pub(super) fn check_before(payload: &Payload<'_>) -> Result<(), WasmError> {
    match payload {
        Payload::StartSection { .. } => {
            Err(WasmError::Forbidden { what: "a start function", instead: "do the work in user_entrypoint" })
        }
        Payload::ImportSection(reader) => WasmError::limit("imports", reader.count().into(), limits::MAX_IMPORTS),
        Payload::FunctionSection(reader) => WasmError::limit("functions", reader.count().into(), limits::MAX_FUNCTIONS),
        Payload::TypeSection(reader) => WasmError::limit("types", reader.count().into(), limits::MAX_TYPES),
        Payload::DataSection(reader) => {
            WasmError::limit("data segments", reader.count().into(), limits::MAX_DATA_SEGMENTS)
        }
        Payload::ElementSection(reader) => {
            WasmError::limit("element segments", reader.count().into(), limits::MAX_ELEMENT_SEGMENTS)
        }
        _ => Ok(()),
    }
}

pub(super) fn types(scan: &mut Scan<'_>, reader: TypeSectionReader<'_>) -> Result<(), WasmError> {
    for function in reader.into_iter_err_on_gc_types() {
        let function = function?;
        let length = |types: &[ValType]| types.len().try_into().unwrap_or(u64::MAX);
        WasmError::limit("parameters of a type", length(function.params()), limits::MAX_PARAMS)?;
        WasmError::limit("results of a type", length(function.results()), limits::MAX_RESULTS)?;
        for value in function.params().iter().chain(function.results()) {
            check_value_type(*value, "in a function type")?;
        }
        scan.types.push(function);
    }
    Ok(())
}

pub(super) fn imports<'a>(scan: &mut Scan<'a>, reader: ImportSectionReader<'a>) -> Result<(), WasmError> {
    for import in reader.clone().into_imports() {
        let import = import?;
        let unknown = || WasmError::UnknownImport { module: printable(import.module), name: printable(import.name) };
        let (TypeRef::Func(index), HOOK_MODULE) = (import.ty, import.module) else {
            return Err(unknown());
        };
        let expected = hooks::find(import.name).ok_or_else(unknown)?;
        check_signature(expected, scan.func_type(index)?)?;
        scan.imports.push(import.name);
        scan.function_types.push(index);
    }
    scan.sections.imports = Some(reader);
    Ok(())
}

fn check_signature(expected: &hooks::HookSignature, found: &FuncType) -> Result<(), WasmError> {
    let same = |expected: &[hooks::HookType], found: &[ValType]| {
        expected.len() == found.len()
            && expected.iter().zip(found).all(|(expected, found)| expected.to_string() == found.to_string())
    };
    let result: Vec<_> = expected.result.into_iter().collect();
    if same(expected.params, found.params()) && same(&result, found.results()) {
        return Ok(());
    }
    Err(WasmError::ImportSignature {
        name: expected.name.to_owned(),
        found: signature(found),
        expected: expected.to_string(),
    })
}

fn signature(function: &FuncType) -> String {
    let list = |types: &[ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    format!("({}) -> ({})", list(function.params()), list(function.results()))
}

pub(super) fn functions<'a>(scan: &mut Scan<'a>, reader: FunctionSectionReader<'a>) -> Result<(), WasmError> {
    for function in reader.clone() {
        scan.function_types.push(function?);
    }
    scan.sections.functions = Some(reader);
    Ok(())
}

pub(super) fn tables<'a>(scan: &mut Scan<'a>, reader: TableSectionReader<'a>) -> Result<(), WasmError> {
    WasmError::limit("tables", reader.count().into(), 1)?;
    for table in reader.clone() {
        let table = table?;
        if !matches!(table.init, TableInit::RefNull) || !table.ty.element_type.is_func_ref() {
            return Err(WasmError::Forbidden {
                what: "a table of anything but nullable functions",
                instead: "declare it as funcref and fill it by element segments",
            });
        }
        WasmError::limit("elements of the table", table.ty.initial, limits::MAX_TABLE_ELEMENTS)?;
        scan.table_elements = table.ty.initial;
    }
    scan.sections.tables = Some(reader);
    Ok(())
}

pub(super) fn memory(scan: &mut Scan<'_>, reader: MemorySectionReader<'_>) -> Result<(), WasmError> {
    for memory in reader {
        let memory = memory?;
        let limit = limits::MAX_MEMORY_PAGES;
        WasmError::limit("pages of memory", memory.initial, limit.into())?;
        let pages = |pages: u64| u32::try_from(pages).unwrap_or(limit).min(limit);
        scan.has_memory = true;
        scan.memory = MemoryPages { initial: pages(memory.initial), max: memory.maximum.map_or(limit, pages) };
    }
    Ok(())
}

pub(super) fn globals<'a>(scan: &mut Scan<'a>, reader: GlobalSectionReader<'a>) -> Result<(), WasmError> {
    WasmError::limit("globals", reader.count().into(), limits::MAX_GLOBALS)?;
    for global in reader.clone() {
        let global = global?;
        check_value_type(global.ty.content_type, "of a global")?;
        constant(&global.init_expr)?;
    }
    scan.globals = reader.count();
    scan.sections.globals = Some(reader);
    Ok(())
}

pub(super) fn exports(scan: &mut Scan<'_>, reader: ExportSectionReader<'_>) -> Result<(), WasmError> {
    let (mut memory, mut entrypoint) = (None, None);
    for export in reader {
        let export = export?;
        let length = export.name.len().try_into().unwrap_or(u64::MAX);
        WasmError::limit("bytes of an export's name", length, limits::MAX_NAME_BYTES)?;
        if let Some(prefix) = RESERVED_PREFIXES.iter().find(|prefix| export.name.starts_with(**prefix)) {
            return Err(WasmError::ReservedExport { name: printable(export.name), prefix });
        }
        match export.name {
            MEMORY => memory = Some(export.kind),
            ENTRYPOINT => entrypoint = Some((export.kind, export.index)),
            _ => {}
        }
    }
    check_export(MEMORY, "the memory", memory == Some(ExternalKind::Memory), kind_name(memory))?;
    let kind = entrypoint.map(|(kind, _)| kind);
    check_export(ENTRYPOINT, ENTRYPOINT_TYPE, kind == Some(ExternalKind::Func), kind_name(kind))?;
    scan.entrypoint = entrypoint.map_or(u32::MAX, |(_, index)| index);
    check_entrypoint(scan)
}

fn check_entrypoint(scan: &Scan<'_>) -> Result<(), WasmError> {
    let type_index = usize::try_from(scan.entrypoint).ok().and_then(|index| scan.function_types.get(index));
    let function = scan.func_type(type_index.copied().unwrap_or(u32::MAX))?;
    let right = function.params() == [ValType::I32] && function.results() == [ValType::I32];
    check_export(ENTRYPOINT, ENTRYPOINT_TYPE, right, format!("a function {}", signature(function)))
}

fn check_export(name: &'static str, expected: &'static str, right: bool, found: String) -> Result<(), WasmError> {
    if right {
        return Ok(());
    }
    Err(WasmError::Export { name, expected, found })
}

fn kind_name(kind: Option<ExternalKind>) -> String {
    match kind {
        None => "missing".to_owned(),
        Some(kind) => format!("a {kind:?}").to_lowercase(),
    }
}

pub(super) fn elements<'a>(scan: &mut Scan<'a>, reader: ElementSectionReader<'a>) -> Result<(), WasmError> {
    for element in reader.clone() {
        let element = element?;
        let (ElementKind::Active { offset_expr, .. }, ElementItems::Functions(items)) = (element.kind, element.items)
        else {
            return Err(WasmError::Forbidden {
                what: "a passive or declared element segment, or one of expressions",
                instead: "use active segments of function indices",
            });
        };
        let end = u64::from(constant(&offset_expr)?) + u64::from(items.count());
        WasmError::limit("end of an element segment in the table", end, scan.table_elements)?;
    }
    scan.sections.elements = Some(reader);
    Ok(())
}

pub(super) fn data<'a>(scan: &mut Scan<'a>, reader: DataSectionReader<'a>) -> Result<(), WasmError> {
    const PAGE_BYTES: u64 = 65_536;
    for segment in reader.clone() {
        let segment = segment?;
        let DataKind::Active { offset_expr, .. } = segment.kind else {
            return Err(WasmError::Forbidden { what: "a passive data segment", instead: "use active segments" });
        };
        let end = u64::from(constant(&offset_expr)?) + segment.data.len().try_into().unwrap_or(u64::MAX / 2);
        let memory = u64::from(scan.memory.initial) * PAGE_BYTES;
        WasmError::limit("end of a data segment in the initial memory", end, memory)?;
    }
    scan.sections.data = Some(reader);
    Ok(())
}

/// Only plain constants may initialise, so that instantiation cannot fail. The value is that of an `i32.const`.
fn constant(expression: &ConstExpr<'_>) -> Result<u32, WasmError> {
    let mut reader = expression.get_operators_reader();
    match (reader.read()?, reader.read()?) {
        (Operator::I32Const { value }, Operator::End) => Ok(value.cast_unsigned()),
        (Operator::I64Const { .. } | Operator::F32Const { .. } | Operator::F64Const { .. }, Operator::End) => Ok(0),
        _ => Err(WasmError::Forbidden {
            what: "an initial value or offset that is computed",
            instead: "use a constant, such as i32.const",
        }),
    }
}

/// What holds for the module as a whole.
pub(super) fn check_whole(scan: &mut Scan<'_>) -> Result<(), WasmError> {
    check_export(MEMORY, "the memory", scan.has_memory, kind_name(None))?;
    if scan.sections.functions.is_none() || scan.types.is_empty() {
        return check_export(ENTRYPOINT, ENTRYPOINT_TYPE, false, kind_name(None));
    }
    // Without any export section nothing was checked yet.
    check_entrypoint(scan).map_err(|_| WasmError::Export {
        name: ENTRYPOINT,
        expected: ENTRYPOINT_TYPE,
        found: kind_name(None),
    })?;
    if scan.memory.max > scan.memory.initial && scan.growth_hook().is_none() {
        return Err(WasmError::Forbidden {
            what: "a memory that can grow in a module that does not import vm_hooks.pay_for_memory_grow",
            instead: "import it, or give the memory the same minimum and maximum",
        });
    }
    Ok(())
}

/// A name as it may appear in a message: escaped and cut.
fn printable(name: &str) -> String {
    name.escape_debug().take(64).collect()
}
