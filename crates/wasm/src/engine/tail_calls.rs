//! Checks that the interpreter was built with tail calls.
//!
//! A small module calls the host before and after some thousands of operators; the host compares where its stack is.

use crate::config::SetupError;
use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection, MemArg,
    MemArgTarget, MemorySection, MemoryType, Module, TypeSection, ValType,
};
use wasmi::{Caller, Linker, Store};

const TURNS: i32 = 500;
/// Less than a byte per operator of the loop.
const MAX_DRIFT_BYTES: usize = 4_096;

/// Fails where running operators leaves something on the native stack.
pub(super) fn check(engine: &wasmi::Engine) -> Result<(), SetupError> {
    let drift = drift(engine).map_err(|error| SetupError::Engine(error.to_string()))?;
    if drift <= MAX_DRIFT_BYTES {
        return Ok(());
    }
    Err(SetupError::Engine(format!(
        "the interpreter was built without tail calls and would overflow its native stack (it took {drift} bytes for a \
         short loop); build the crate wasmi with opt-level 2 or 3 and without debug assertions"
    )))
}

/// How far the native stack moves while the module runs.
fn drift(engine: &wasmi::Engine) -> Result<usize, wasmi::Error> {
    let module = wasmi::Module::new(engine, module())?;
    let mut linker = Linker::<Vec<usize>>::new(engine);
    linker.func_wrap("host", "mark", |mut caller: Caller<'_, Vec<usize>>| {
        let here = 0u8;
        caller.data_mut().push(core::ptr::from_ref(&here).addr());
    })?;
    let mut store = Store::new(engine, Vec::new());
    let instance = linker.instantiate_and_start(&mut store, &module)?;
    instance
        .get_typed_func::<i32, ()>(&store, "run")?
        .call(&mut store, TURNS)?;
    match store.data().as_slice() {
        [first, second] => Ok(first.abs_diff(*second)),
        _ => Ok(usize::MAX),
    }
}

/// `run(turns)`: mark, a loop of the common kinds of operators, mark.
fn module() -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([ValType::I32], []);
    let mut imports = ImportSection::new();
    imports.import("host", "mark", EntityType::Function(0));
    let mut functions = FunctionSection::new();
    functions.function(1).function(1);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: Some(1),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("run", ExportKind::Func, 1);
    let mut code = CodeSection::new();
    code.function(&run()).function(&callee());
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions);
    module.section(&memories).section(&exports).section(&code);
    module.finish()
}

fn run() -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    code.call(0).loop_(BlockType::Empty).local_get(0).call(2);
    code.local_get(0).i32_const(1).i32_sub().local_tee(0).br_if(0).end();
    code.call(0).end();
    function
}

/// Loads, stores, arithmetic in both widths, a branch table and a bulk operation.
fn callee() -> Function {
    let place = MemArg {
        offset: 8,
        align: 0,
        target: MemArgTarget::Memory(0),
        ordering: None,
    };
    let mut function = Function::new([(1, ValType::I64)]);
    let mut code = function.instructions();
    code.local_get(0).i64_extend_i32_u().i64_const(3).i64_mul().local_set(1);
    code.local_get(0).local_get(1).i64_store(place);
    code.local_get(0).i64_load(place).i64_const(7).i64_div_u().local_set(1);
    code.local_get(0)
        .i32_const(0)
        .local_get(0)
        .i32_const(15)
        .i32_and()
        .memory_fill(0);
    code.block(BlockType::Empty).block(BlockType::Empty);
    code.local_get(0).i32_const(1).i32_and().br_table([0], 1);
    code.end()
        .local_get(1)
        .i64_const(-1)
        .i64_eq()
        .if_(BlockType::Empty)
        .unreachable()
        .end();
    code.end().end();
    function
}
