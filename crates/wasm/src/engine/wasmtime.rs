//! Native code by Cranelift, in a pool of instances that are prepared once.

use super::{Engine, Executable, RawEnd, Refused, RunEnd, artefacts::Artefacts};
use crate::{
    config::{Config, SetupError},
    hooks::{Hook, Hooks, for_each_hook},
    instrument::{ENTRYPOINT, HOOK_MODULE, INK_GLOBAL, Instrumented, MEMORY, STACK_GLOBAL, STATUS_GLOBAL},
    limits::{MAX_MEMORY_PAGES, MAX_TABLE_ELEMENTS, NATIVE_STACK_BYTES_PER_FRAME, STACK_WORDS},
    session::{Session, Stop, Trap},
};
use hexapla_primitives::keccak256;
use hexapla_vm::Fatal;
use std::sync::Arc;
use wasmtime::{
    Caller, Extern, Global, InstanceAllocationStrategy, InstancePre, Linker, Memory, Module, ModuleExport,
    PoolingAllocationConfig, Store, TypedFunc, Val,
};

const PAGE_BYTES: usize = 65_536;
const MEMORY_BYTES: usize = MAX_MEMORY_PAGES as usize * PAGE_BYTES;
/// Memory of a slot that is kept and zeroed instead of being given back: most programs use less.
const KEEP_RESIDENT_BYTES: usize = 128 * 1024;
const KEEP_TABLE_BYTES: usize = 4 * 1024;

struct State {
    session: Session,
    /// Set once the instance is there.
    handles: Option<Handles>,
}

#[derive(Clone, Copy)]
struct Handles {
    ink: Global,
    memory: Memory,
}

/// The engine.
pub(super) struct Wasmtime {
    engine: wasmtime::Engine,
    linker: Linker<State>,
    artefacts: Option<Artefacts>,
}

impl Wasmtime {
    pub(super) fn new(config: &Config) -> Result<Self, SetupError> {
        let setup = |error: wasmtime::Error| SetupError::Engine(format!("{error:#}"));
        let engine = wasmtime::Engine::new(&engine_config(config.pool_size)).map_err(setup)?;
        let artefacts = match &config.cache_dir {
            Some(folder) => Some(Artefacts::open(folder, config.cache_dir_bytes, &engine)?),
            None => None,
        };
        Ok(Self { linker: linker(&engine).map_err(setup)?, engine, artefacts })
    }
}

fn engine_config(pool_size: u32) -> wasmtime::Config {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_core_instances(pool_size)
        .total_memories(pool_size)
        .total_tables(pool_size)
        .max_memories_per_module(1)
        .max_tables_per_module(1)
        .table_elements(usize::try_from(MAX_TABLE_ELEMENTS).unwrap_or(usize::MAX))
        .max_memory_size(MEMORY_BYTES)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_TABLE_BYTES);
    let mut config = wasmtime::Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .memory_reservation(MEMORY_BYTES as u64)
        .memory_guard_size(PAGE_BYTES as u64)
        .max_wasm_stack(NATIVE_STACK_BYTES_PER_FRAME)
        // Not used, but it may not be smaller.
        .async_stack_size(NATIVE_STACK_BYTES_PER_FRAME)
        // No float is left after validation; this costs nothing and holds if one ever were.
        .cranelift_nan_canonicalization(true)
        .wasm_backtrace_max_frames(None);
    config
}

macro_rules! bind {
    (($linker:expr) $($name:ident($($param:ident: $type:ty),*) -> $result:ty;)*) => {
        $($linker.func_wrap(
            HOOK_MODULE,
            stringify!($name),
            |caller: Caller<'_, State>, $($param: $type),*| -> wasmtime::Result<$result> {
                enter(caller, stringify!($name), |hooks| hooks.$name($($param),*))
            },
        )?;)*
    };
}

fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    for_each_hook!(bind, linker);
    Ok(linker)
}

/// Runs a host function with the program's memory and ink.
fn enter<R>(
    mut caller: Caller<'_, State>,
    name: &'static str,
    hook: impl FnOnce(&mut Hooks<'_>) -> Hook<R>,
) -> wasmtime::Result<R> {
    let Some(handles) = caller.data().handles else {
        return Err(Stop::Fatal(no_export("its handles")).into());
    };
    let ink = u64::try_from(read_i64(handles.ink, &mut caller)).unwrap_or(0);
    let (memory, state) = handles.memory.data_and_store_mut(&mut caller);
    let result = hook(&mut Hooks::begin(memory, &mut state.session, ink, name));
    let left = i64::try_from(state.session.ink).unwrap_or(i64::MAX);
    handles.ink.set(&mut caller, Val::I64(left))?;
    result.map_err(wasmtime::Error::from)
}

fn read_i64(global: Global, store: impl wasmtime::AsContextMut) -> i64 {
    global.get(store).i64().unwrap_or(-1)
}

fn read_i32(global: Global, store: impl wasmtime::AsContextMut) -> i32 {
    global.get(store).i32().unwrap_or(-1)
}

fn fatal(error: wasmtime::Error) -> Fatal {
    Fatal(format!("the WASM engine failed: {error:#}"))
}

fn refused(error: wasmtime::Error) -> Refused {
    Refused(format!("{error:#}"))
}

fn no_export(name: &str) -> Fatal {
    Fatal(format!("the instrumented module does not export {name}"))
}

impl Engine for Wasmtime {
    fn compile(&self, module: &Instrumented) -> Result<Arc<dyn Executable>, Refused> {
        let compiled = self.module(module)?;
        let export = |name| compiled.get_export_index(name).ok_or_else(|| Refused(no_export(name).0));
        Ok(Arc::new(Program {
            ink: export(INK_GLOBAL)?,
            stack: export(STACK_GLOBAL)?,
            status: export(STATUS_GLOBAL)?,
            memory: export(MEMORY)?,
            entrypoint: export(ENTRYPOINT)?,
            instance: self.linker.instantiate_pre(&compiled).map_err(refused)?,
            engine: self.engine.clone(),
        }))
    }
}

impl Wasmtime {
    /// From the disk if it is there and sound, and compiled otherwise.
    fn module(&self, module: &Instrumented) -> Result<Module, Refused> {
        let hash = module.info.instrumented_hash;
        if let Some(found) = self.artefacts.as_ref().and_then(|artefacts| artefacts.load(hash, &self.engine)) {
            return Ok(found);
        }
        let compiled = Module::new(&self.engine, &module.wasm).map_err(refused)?;
        if let Some(artefacts) = &self.artefacts {
            artefacts.store(hash, &compiled);
        }
        Ok(compiled)
    }
}

struct Program {
    engine: wasmtime::Engine,
    instance: InstancePre<State>,
    ink: ModuleExport,
    stack: ModuleExport,
    status: ModuleExport,
    memory: ModuleExport,
    entrypoint: ModuleExport,
}

/// The exports of an instance.
struct Exports {
    ink: Global,
    stack: Global,
    status: Global,
    memory: Memory,
    entrypoint: TypedFunc<u32, u32>,
}

impl Program {
    fn exports(&self, store: &mut Store<State>) -> Result<Exports, Fatal> {
        // A full pool is an error here: the host's fault, never the program's.
        let instance = self.instance.instantiate(&mut *store).map_err(fatal)?;
        let mut export = |index| instance.get_module_export(&mut *store, index);
        let (ink, stack) = (global(export(&self.ink))?, global(export(&self.stack))?);
        let status = global(export(&self.status))?;
        let memory = export(&self.memory).and_then(Extern::into_memory);
        let function = export(&self.entrypoint).and_then(Extern::into_func);
        let function = function.ok_or_else(|| no_export(ENTRYPOINT))?;
        Ok(Exports {
            ink,
            stack,
            status,
            memory: memory.ok_or_else(|| no_export(MEMORY))?,
            entrypoint: function.typed(&*store).map_err(fatal)?,
        })
    }
}

fn global(found: Option<Extern>) -> Result<Global, Fatal> {
    found.and_then(Extern::into_global).ok_or_else(|| no_export("a global"))
}

impl Executable for Program {
    fn run(&self, session: Session) -> Result<RunEnd, Fatal> {
        let ink = i64::try_from(session.ink).unwrap_or(i64::MAX);
        let length = u32::try_from(session.frame.input.len()).unwrap_or(u32::MAX);
        let mut store = Store::new(&self.engine, State { session, handles: None });
        let exports = self.exports(&mut store)?;
        exports.ink.set(&mut store, Val::I64(ink)).map_err(fatal)?;
        let stack = Val::I32(STACK_WORDS.cast_signed());
        exports.stack.set(&mut store, stack).map_err(fatal)?;
        store.data_mut().handles = Some(Handles { ink: exports.ink, memory: exports.memory });
        let status = match exports.entrypoint.call(&mut store, length) {
            Ok(status) => Ok(status),
            Err(error) => Err(stop(error)?),
        };
        let raw = RawEnd {
            status,
            ink: read_i64(exports.ink, &mut store),
            stack: read_i32(exports.stack, &mut store),
            global_status: read_i32(exports.status, &mut store),
        };
        let traced = store.data().session.trace.is_some();
        let memory_hash = traced.then(|| keccak256(exports.memory.data(&store)));
        Ok(raw.interpret(memory_hash, store.into_data().session))
    }
}

fn stop(error: wasmtime::Error) -> Result<Stop, Fatal> {
    if let Some(trap) = error.downcast_ref::<wasmtime::Trap>() {
        return match known(*trap) {
            Some(trap) => Ok(Stop::Trap(trap)),
            None => Err(fatal(error)),
        };
    }
    match error.downcast::<Stop>() {
        Ok(Stop::Fatal(fatal)) => Err(fatal),
        Ok(stop) => Ok(stop),
        Err(error) => Err(fatal(error)),
    }
}

/// Traps that instrumented code can cause. The engine's own limits are not among them: they must never decide.
fn known(trap: wasmtime::Trap) -> Option<Trap> {
    Some(match trap {
        wasmtime::Trap::UnreachableCodeReached => Trap::Unreachable,
        wasmtime::Trap::MemoryOutOfBounds => Trap::MemoryOutOfBounds,
        wasmtime::Trap::TableOutOfBounds => Trap::TableOutOfBounds,
        wasmtime::Trap::IndirectCallToNull => Trap::IndirectCallToNull,
        wasmtime::Trap::BadSignature => Trap::IndirectCallType,
        wasmtime::Trap::IntegerOverflow => Trap::IntegerOverflow,
        wasmtime::Trap::IntegerDivisionByZero => Trap::DivisionByZero,
        _ => return None,
    })
}
