//! The interpreter.
//!
//! It is built with a dispatch loop instead of tail calls: slower, but its use of native stack does not depend on what the
//! optimiser does. A panic may not unwind through its handlers, which would abort the process: it is carried around
//! them.
//!
//! Each program has an engine of its own. An engine keeps the code of every module that it ever translated, and takes
//! 100 million functions in its life, so a shared one would grow with each program that is compiled.

use super::program::{Engine, Executable, PROGRAM_BYTES, RawEnd, RunEnd};
use crate::{
    hooks::{Hook, Hooks, for_each_hook},
    instrument::{ENTRYPOINT, HOOK_MODULE, INK_GLOBAL, MEMORY, STACK_GLOBAL, STATUS_GLOBAL},
    limits::{FRAME_OVERHEAD_WORDS, STACK_WORDS},
    session::{Session, Stop, Trap},
    store::Artefact,
};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use hexapla_primitives::{
    B256, keccak256,
    platform::{Panic, catch_panic},
};
use hexapla_vm::Fatal;
use wasmi::{
    AsContextMut, Caller, CompilationMode, Config, Global, Instance, Linker, Memory, Module, Store, TrapCode, Val,
};

/// The interpreter's own limits, far above what the stack budget allows: a call takes at least
/// [`FRAME_OVERHEAD_WORDS`] words of it, and a word is one cell of 8 bytes at most.
#[expect(clippy::cast_possible_truncation, reason = "small constants")]
const MAX_RECURSION: usize = STACK_WORDS as usize / FRAME_OVERHEAD_WORDS as usize * 2;
const MAX_STACK_BYTES: usize = STACK_WORDS as usize * 8 * 8;

struct State {
    session: Session,
    /// What a host function has panicked with.
    panic: Option<Panic>,
    /// Set once the instance is there.
    handles: Option<Handles>,
}

#[derive(Clone, Copy)]
struct Handles {
    ink: Global,
    memory: Memory,
}

/// The engine.
pub(crate) struct Wasmi;

impl Wasmi {
    /// Compiles an instrumented module that has been compiled as a whole before, here or on another node: each function
    /// is translated when it is first called.
    pub(crate) fn translate_lazily(&self, wasm: &[u8]) -> Result<Arc<dyn Executable>, String> {
        Program::translated(wasm, CompilationMode::Lazy)
    }
}

macro_rules! bind {
    (($linker:expr) $($name:ident($($param:ident: $type:ty),*) -> $result:ty;)*) => {
        $($linker.func_wrap(
            HOOK_MODULE,
            stringify!($name),
            |caller: Caller<'_, State>, $($param: $type),*| -> Result<$result, wasmi::Error> {
                enter(caller, stringify!($name), |hooks| hooks.$name($($param),*))
            },
        )?;)*
    };
}

fn linker(engine: &wasmi::Engine) -> Result<Linker<State>, wasmi::errors::LinkerError> {
    let mut linker = Linker::new(engine);
    for_each_hook!(bind, linker);
    Ok(linker)
}

/// Runs a host function with the program's memory and ink.
fn enter<R>(
    mut caller: Caller<'_, State>,
    name: &'static str,
    hook: impl FnOnce(&mut Hooks<'_>) -> Hook<R>,
) -> Result<R, wasmi::Error> {
    let Some(handles) = caller.data().handles else {
        return Err(wasmi::Error::host(Stop::Fatal(no_handles())));
    };
    let ink = u64::try_from(read_i64(handles.ink, &caller)).unwrap_or(0);
    let (memory, state) = handles.memory.data_and_store_mut(&mut caller);
    let result = catch_panic(|| hook(&mut Hooks::begin(memory, &mut state.session, ink, name)));
    let result = match result {
        Ok(result) => result,
        Err(panic) => {
            state.panic = Some(panic);
            return Err(wasmi::Error::host(Stop::Fatal(Fatal("the host panicked".into()))));
        }
    };
    let left = i64::try_from(state.session.ink).unwrap_or(i64::MAX);
    write(handles.ink, &mut caller, Val::I64(left)).map_err(|fatal| wasmi::Error::host(Stop::Fatal(fatal)))?;
    result.map_err(wasmi::Error::host)
}

fn no_handles() -> Fatal {
    Fatal("a WASM host function was called before the instance was ready".into())
}

fn read_i64(global: Global, store: impl wasmi::AsContext) -> i64 {
    global.get(store).i64().unwrap_or(-1)
}

fn read_i32(global: Global, store: impl wasmi::AsContext) -> i32 {
    global.get(store).i32().unwrap_or(-1)
}

fn write(global: Global, store: impl AsContextMut, value: Val) -> Result<(), Fatal> {
    global.set(store, value).map_err(fatal)
}

fn fatal(error: impl core::fmt::Display) -> Fatal {
    Fatal(format!("the WASM interpreter failed: {error}"))
}

impl Engine for Wasmi {
    fn compile(&self, wasm: &[u8]) -> Result<Arc<dyn Executable>, String> {
        Program::translated(wasm, CompilationMode::Eager)
    }

    fn load(&self, artefact: &Artefact) -> Option<Arc<dyn Executable>> {
        self.translate_lazily(artefact.bytes()).ok()
    }

    /// The artefact is the instrumented module, which no version or setting of the interpreter changes.
    fn identity(&self) -> B256 {
        keccak256(b"instrumented module")
    }
}

struct Program {
    engine: wasmi::Engine,
    linker: Linker<State>,
    module: Module,
    wasm: Box<[u8]>,
}

impl Program {
    fn translated(wasm: &[u8], mode: CompilationMode) -> Result<Arc<dyn Executable>, String> {
        let mut config = Config::default();
        config
            .compilation_mode(mode)
            .ignore_custom_sections(true)
            .set_max_recursion_depth(MAX_RECURSION)
            .set_max_stack_height(MAX_STACK_BYTES);
        let engine = wasmi::Engine::new(&config);
        let linker = linker(&engine).map_err(|error| error.to_string())?;
        let module = Module::new(&engine, wasm).map_err(|error| error.to_string())?;
        Ok(Arc::new(Self { engine, linker, module, wasm: wasm.into() }))
    }
}

/// Bytes of memory for each byte of an instrumented module: the module and its translation.
const TRANSLATED: u64 = 6;

impl Executable for Program {
    fn run(&self, session: Session) -> Result<RunEnd, Fatal> {
        let ink = i64::try_from(session.ink).unwrap_or(i64::MAX);
        let state = State { session, panic: None, handles: None };
        let mut store = Store::new(&self.engine, state);
        let instance = self.linker.instantiate_and_start(&mut store, &self.module).map_err(fatal)?;
        let export = |store: &Store<State>, name: &str| {
            instance
                .get_global(store, name)
                .ok_or_else(|| Fatal(format!("the instrumented module does not export {name}")))
        };
        let (ink_global, stack) = (export(&store, INK_GLOBAL)?, export(&store, STACK_GLOBAL)?);
        let status_global = export(&store, STATUS_GLOBAL)?;
        let memory = instance.get_memory(&store, MEMORY).ok_or_else(no_handles)?;
        write(ink_global, &mut store, Val::I64(ink))?;
        write(stack, &mut store, Val::I32(STACK_WORDS.cast_signed()))?;
        store.data_mut().handles = Some(Handles { ink: ink_global, memory });
        let raw = RawEnd {
            status: call(&instance, &mut store)?,
            ink: read_i64(ink_global, &store),
            stack: read_i32(stack, &store),
            global_status: read_i32(status_global, &store),
        };
        let memory_hash = memory_hash(memory, &store);
        Ok(raw.interpret(memory_hash, store.into_data().session))
    }

    fn bytes(&self) -> u64 {
        u64::try_from(self.wasm.len()).unwrap_or(u64::MAX).saturating_mul(TRANSLATED).saturating_add(PROGRAM_BYTES)
    }

    fn artefact(&self) -> Option<Vec<u8>> {
        Some(self.wasm.to_vec())
    }
}

fn memory_hash(memory: Memory, store: &Store<State>) -> Option<B256> {
    store.data().session.trace.as_ref().map(|_| keccak256(memory.data(store)))
}

/// `Ok(Err(…))` is how the program stopped, `Err` a fault of the host.
fn call(instance: &Instance, store: &mut Store<State>) -> Result<Result<u32, Stop>, Fatal> {
    let entrypoint = instance.get_typed_func::<u32, u32>(&*store, ENTRYPOINT).map_err(fatal)?;
    let length = u32::try_from(store.data().session.frame.input.len()).unwrap_or(u32::MAX);
    let result = entrypoint.call(&mut *store, length);
    if let Some(panic) = store.data_mut().panic.take() {
        panic.resume();
    }
    match result {
        Ok(status) => Ok(Ok(status)),
        Err(error) => stop(error).map(Err),
    }
}

fn stop(error: wasmi::Error) -> Result<Stop, Fatal> {
    if let Some(code) = error.as_trap_code() {
        return trap(code).map(Stop::Trap);
    }
    match error.downcast::<Stop>() {
        Some(Stop::Fatal(fatal)) => Err(fatal),
        Some(stop) => Ok(stop),
        None => Err(Fatal("the WASM interpreter failed without a reason".into())),
    }
}

fn trap(code: TrapCode) -> Result<Trap, Fatal> {
    Ok(match code {
        TrapCode::UnreachableCodeReached => Trap::Unreachable,
        TrapCode::MemoryOutOfBounds => Trap::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds => Trap::TableOutOfBounds,
        TrapCode::IndirectCallToNull => Trap::IndirectCallToNull,
        TrapCode::BadSignature => Trap::IndirectCallType,
        TrapCode::IntegerOverflow => Trap::IntegerOverflow,
        TrapCode::IntegerDivisionByZero => Trap::DivisionByZero,
        // Those that cannot come from instrumented code, and the interpreter's own limits, which must never decide.
        other => return Err(fatal(other)),
    })
}
