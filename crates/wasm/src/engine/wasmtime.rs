//! Native code by Cranelift, in a pool of instances that are prepared once.
//!
//! A pool that is used up, by whomever, must not be seen by a program: a frame that finds no instance in it gets one
//! that is made for it alone, of the same code.

use super::{
    artefacts,
    program::{Engine, Executable, PROGRAM_BYTES, RawEnd, RunEnd},
};
use crate::{
    config::SetupError,
    hooks::{Hook, Hooks, for_each_hook},
    instrument::{ENTRYPOINT, HOOK_MODULE, INK_GLOBAL, MEMORY, STACK_GLOBAL, STATUS_GLOBAL},
    limits::{MAX_MEMORY_PAGES, MAX_TABLE_ELEMENTS, NATIVE_STACK_BYTES_PER_FRAME, STACK_WORDS},
    session::{Session, Stop, Trap},
    store::Artefact,
};
use hexapla_primitives::{B256, keccak256};
use hexapla_vm::Fatal;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
};
use wasmtime::{
    Caller, Extern, Global, Instance, InstanceAllocationStrategy, InstancePre, Linker, Memory, Module, ModuleExport,
    PoolConcurrencyLimitError, PoolingAllocationConfig, Store, TypedFunc, Val,
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
    pool: Runtime,
    /// For frames that find the pool used up.
    spare: Runtime,
    identity: B256,
}

#[derive(Clone)]
struct Runtime {
    engine: wasmtime::Engine,
    linker: Arc<Linker<State>>,
}

impl Wasmtime {
    pub(super) fn new(pool_size: u32) -> Result<Self, SetupError> {
        let runtime = |strategy| Runtime::new(strategy).map_err(|error| SetupError::Engine(format!("{error:#}")));
        let pool = runtime(InstanceAllocationStrategy::Pooling(pool(pool_size)))?;
        let identity = artefacts::identity(&pool.engine);
        Ok(Self { pool, spare: runtime(InstanceAllocationStrategy::OnDemand)?, identity })
    }

    fn program(&self, module: &Module) -> Result<Arc<dyn Executable>, Fatal> {
        let pooled = Prepared::new(&self.pool, module)?;
        Ok(Arc::new(Program { pooled, spare: OnceLock::new(), spare_runtime: self.spare.clone() }))
    }
}

impl Runtime {
    fn new(strategy: InstanceAllocationStrategy) -> wasmtime::Result<Self> {
        let engine = wasmtime::Engine::new(&engine_config(strategy))?;
        Ok(Self { linker: Arc::new(linker(&engine)?), engine })
    }
}

fn pool(size: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_core_instances(size)
        .total_memories(size)
        .total_tables(size)
        .max_memories_per_module(1)
        .max_tables_per_module(1)
        .table_elements(usize::try_from(MAX_TABLE_ELEMENTS).unwrap_or(usize::MAX))
        .max_memory_size(MEMORY_BYTES)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_TABLE_BYTES);
    pool
}

fn engine_config(strategy: InstanceAllocationStrategy) -> wasmtime::Config {
    let mut config = wasmtime::Config::new();
    config
        .allocation_strategy(strategy)
        .memory_reservation(MEMORY_BYTES as u64)
        .memory_guard_size(PAGE_BYTES as u64)
        .max_wasm_stack(NATIVE_STACK_BYTES_PER_FRAME)
        // Not used, but it may not be smaller.
        .async_stack_size(NATIVE_STACK_BYTES_PER_FRAME)
        // An image of the initial memory takes a file descriptor for each cached program, and as many bytes of the
        // artefact as the memory has pages. Copying the data segments is paid by their length.
        .memory_init_cow(false)
        // No float is left after validation; this costs nothing and holds if one ever were.
        .cranelift_nan_canonicalization(true)
        // Nobody asks where in a program it stopped: smaller artefacts, faster loads.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(cfg!(windows));
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

fn no_export(name: &str) -> Fatal {
    Fatal(format!("the instrumented module does not export {name}"))
}

impl Engine for Wasmtime {
    fn compile(&self, wasm: &[u8]) -> Result<Arc<dyn Executable>, String> {
        // A bug of the compiler must not cost more than this program's speed.
        let compiled = catch_unwind(AssertUnwindSafe(|| Module::new(&self.pool.engine, wasm)));
        let compiled = compiled.map_err(|_| "the compiler panicked".to_owned())?;
        let compiled = compiled.map_err(|error| format!("{error:#}"))?;
        self.program(&compiled).map_err(|fatal| fatal.to_string())
    }

    fn load(&self, artefact: &Artefact) -> Option<Arc<dyn Executable>> {
        self.program(&artefacts::load(&self.pool.engine, artefact)?).ok()
    }

    fn identity(&self) -> B256 {
        self.identity
    }
}

struct Program {
    pooled: Prepared,
    /// The same code for instances outside the pool, from the first time that one is needed.
    spare: OnceLock<Result<Prepared, Fatal>>,
    spare_runtime: Runtime,
}

/// A module that is linked and whose exports are known.
struct Prepared {
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
    /// An instance with its exports, from the pool if there is one left.
    fn instantiate(&self, session: Session) -> Result<(Store<State>, Exports), Fatal> {
        let state = State { session, handles: None };
        let mut store = Store::new(&self.pooled.engine, state);
        let instance = match self.pooled.instance.instantiate(&mut store) {
            Err(error) if error.is::<PoolConcurrencyLimitError>() => return self.instantiate_spare(store.into_data()),
            instance => instance.map_err(fatal)?,
        };
        let exports = self.pooled.exports(&mut store, instance)?;
        Ok((store, exports))
    }

    fn instantiate_spare(&self, state: State) -> Result<(Store<State>, Exports), Fatal> {
        let prepare = || {
            let module = artefacts::copy(self.pooled.instance.module(), &self.spare_runtime.engine).map_err(fatal)?;
            Prepared::new(&self.spare_runtime, &module)
        };
        let spare = self.spare.get_or_init(prepare).as_ref().map_err(Clone::clone)?;
        let mut store = Store::new(&spare.engine, state);
        let instance = spare.instance.instantiate(&mut store).map_err(fatal)?;
        let exports = spare.exports(&mut store, instance)?;
        Ok((store, exports))
    }
}

impl Prepared {
    fn new(runtime: &Runtime, module: &Module) -> Result<Self, Fatal> {
        let export = |name| module.get_export_index(name).ok_or_else(|| no_export(name));
        Ok(Self {
            ink: export(INK_GLOBAL)?,
            stack: export(STACK_GLOBAL)?,
            status: export(STATUS_GLOBAL)?,
            memory: export(MEMORY)?,
            entrypoint: export(ENTRYPOINT)?,
            instance: runtime.linker.instantiate_pre(module).map_err(fatal)?,
            engine: runtime.engine.clone(),
        })
    }

    fn exports(&self, store: &mut Store<State>, instance: Instance) -> Result<Exports, Fatal> {
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
        let (mut store, exports) = self.instantiate(session)?;
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

    fn bytes(&self) -> u64 {
        let image = self.pooled.instance.module().image_range();
        let bytes = (image.end as usize).saturating_sub(image.start as usize);
        u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(PROGRAM_BYTES)
    }

    fn artefact(&self) -> Option<Vec<u8>> {
        self.pooled.instance.module().serialize().ok()
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
