//! Where compiled programs are found, and what happens where they are not.
//!
//! A program is looked for in memory, then in the store; both are bounded by bytes. It is compiled when it is activated
//! and paid for. If it is in neither place later, then it is interpreted at once, and compiled again only when its own
//! runs have paid for that: nobody makes the host compile for the price of a call.
//!
//! The interpreter is also the judge: what it refuses cannot be activated, whichever engine runs programs. What the
//! compiler for native code refuses alone is interpreted.

use crate::{
    activation::ActivationRecord,
    cache::Cache,
    config::{Config, SetupError},
    engine::{self, Engine, Executable, RunEnd, Wasmi},
    error::ProgramError,
    instrument::{self, Instrumented},
    program::decode_program,
    session::Session,
    store::Store,
};
use alloc::{boxed::Box, format, string::String, sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicU64, Ordering};
use hexapla_primitives::{B256, platform::catch_panic};
use hexapla_vm::{Code, Fatal};

/// All programs of a VM.
pub(crate) struct Programs {
    native: Option<Box<dyn Engine>>,
    interpreter: Wasmi,
    store: Store,
    cache: Cache<Program>,
    compiled: AtomicU64,
    loaded: AtomicU64,
    stood_in: AtomicU64,
}

/// What a VM has done to have programs at hand since it was set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStatistics {
    /// Programs in memory.
    pub programs: usize,
    /// Bytes that they hold.
    pub bytes: u64,
    /// How often native code was made, at activation or later.
    pub compiled: u64,
    /// How often a program was read from the store.
    pub loaded: u64,
    /// How often a program was found nowhere, so that its code had to be instrumented again and is interpreted.
    pub stood_in: u64,
}

/// A program that can run.
#[derive(Clone)]
pub(crate) struct Program {
    /// keccak256 of the instrumented module.
    instrumented: B256,
    executable: Arc<dyn Executable>,
    form: Form,
}

#[derive(Clone)]
enum Form {
    /// By the engine that the configuration asks for.
    Compiled,
    /// By the interpreter in its place: gas that its runs have yet to pay before it is compiled; 0 once that has been
    /// tried.
    StandIn(Arc<AtomicU64>),
}

impl Program {
    pub(crate) fn run(&self, session: Session) -> Result<RunEnd, Fatal> {
        self.executable.run(session)
    }
}

impl Programs {
    pub(crate) fn new(config: &Config) -> Result<Self, SetupError> {
        Ok(Self {
            native: engine::native(config)?,
            interpreter: Wasmi,
            store: Store::new(config)?,
            cache: Cache::new(config.cached_bytes),
            compiled: AtomicU64::new(0),
            loaded: AtomicU64::new(0),
            stood_in: AtomicU64::new(0),
        })
    }

    pub(crate) fn statistics(&self) -> CacheStatistics {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheStatistics {
            programs: self.cache.len(),
            bytes: self.cache.bytes(),
            compiled: count(&self.compiled),
            loaded: count(&self.loaded),
            stood_in: count(&self.stood_in),
        }
    }

    /// The program of an activated code.
    pub(crate) fn get(&self, code: &Code, record: &ActivationRecord) -> Result<Program, Fatal> {
        if let Some(program) = self.cache.get(&code.hash) {
            return Ok(program);
        }
        let program = match self.stored(record) {
            Some(program) => program,
            None => self.stand_in(record, &self.instrument_again(code, record)?)?,
        };
        self.insert(code.hash, program.clone());
        Ok(program)
    }

    /// Translates a module whose activation is paid for, or says why it is refused: the same on every node.
    pub(crate) fn translate(&self, module: &Instrumented) -> Result<Arc<dyn Executable>, String> {
        // A panic of the interpreter is a refusal; nothing of a translation that did not end is used again.
        catch_panic(|| self.interpreter.compile(&module.wasm))
            .unwrap_or_else(|_| Err("it failed in a way that it should not".into()))
    }

    /// Compiles and keeps the program of a code that is activated now.
    pub(crate) fn add(&self, code_hash: B256, record: &ActivationRecord, wasm: &[u8], judged: Arc<dyn Executable>) {
        let program = match self.compile(record.instrumented_hash, wasm) {
            Some(program) => program,
            None => self.interpreted(record, judged, 0),
        };
        self.insert(code_hash, program);
    }

    /// Notes that a run of the program has paid so much gas for its own work; once that is what compiling costs, a
    /// program that is interpreted for want of native code is compiled.
    pub(crate) fn paid(&self, code_hash: B256, program: &Program, gas: u64) {
        let Form::StandIn(missing) = &program.form else { return };
        let pay = |missing: u64| Some(missing.saturating_sub(gas));
        let missing = missing.fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay).unwrap_or(0);
        // One thread alone takes the last of it away.
        if missing == 0 || missing > gas {
            return;
        }
        let wasm = program.executable.artefact().unwrap_or_default();
        if let Some(program) = self.compile(program.instrumented, &wasm) {
            self.insert(code_hash, program);
        }
    }

    /// By the engine for native code; nothing where there is none, or where it refuses.
    fn compile(&self, instrumented: B256, wasm: &[u8]) -> Option<Program> {
        let native = self.native.as_ref()?;
        let executable = native.compile(wasm).ok()?;
        self.compiled.fetch_add(1, Ordering::Relaxed);
        if self.store.is_kept() {
            self.store.keep(native.identity(), instrumented, || executable.artefact());
        }
        Some(Program { instrumented, executable, form: Form::Compiled })
    }

    fn stored(&self, record: &ActivationRecord) -> Option<Program> {
        let instrumented = record.instrumented_hash;
        if let Some(native) = &self.native
            && let Some(executable) = self.load(native.as_ref(), instrumented)
        {
            return Some(Program { instrumented, executable, form: Form::Compiled });
        }
        let executable = self.load(&self.interpreter, instrumented)?;
        Some(self.interpreted(record, executable, record.compile_gas))
    }

    fn load(&self, engine: &dyn Engine, instrumented: B256) -> Option<Arc<dyn Executable>> {
        let artefact = self.store.load(engine.identity(), instrumented)?;
        let executable = engine.load(&artefact);
        if executable.is_some() {
            self.loaded.fetch_add(1, Ordering::Relaxed);
        } else {
            self.store.forget(engine.identity(), instrumented);
        }
        executable
    }

    /// The instrumented module of a code of which nothing is left but the code.
    fn instrument_again(&self, code: &Code, record: &ActivationRecord) -> Result<Vec<u8>, Fatal> {
        let broken = |error: ProgramError| Fatal(format!("activated code {} is broken: {error}", code.hash));
        let wasm = decode_program(&code.bytes).map_err(broken)?;
        let module = instrument::instrument(&wasm).map_err(|error| broken(error.into()))?;
        if module.info.instrumented_hash != record.instrumented_hash {
            return Err(Fatal(format!("code {} is instrumented otherwise than at its activation", code.hash)));
        }
        Ok(module.wasm)
    }

    fn stand_in(&self, record: &ActivationRecord, wasm: &[u8]) -> Result<Program, Fatal> {
        self.stood_in.fetch_add(1, Ordering::Relaxed);
        let executable = self.interpreter.translate_lazily(wasm);
        let executable = executable.map_err(|reason| Fatal(format!("an activated program is refused: {reason}")))?;
        Ok(self.interpreted(record, executable, record.compile_gas))
    }

    fn interpreted(&self, record: &ActivationRecord, executable: Arc<dyn Executable>, missing: u64) -> Program {
        let form = match self.native {
            Some(_) => Form::StandIn(Arc::new(AtomicU64::new(missing))),
            None => Form::Compiled,
        };
        Program { instrumented: record.instrumented_hash, executable, form }
    }

    /// Puts a program into memory; what makes room goes into the store.
    fn insert(&self, code_hash: B256, program: Program) {
        let bytes = program.executable.bytes();
        for (_, evicted) in self.cache.insert(code_hash, program, bytes) {
            let engine: &dyn Engine = match (&evicted.form, &self.native) {
                (Form::Compiled, Some(native)) => native.as_ref(),
                _ => &self.interpreter,
            };
            self.store.keep(engine.identity(), evicted.instrumented, || evicted.executable.artefact());
        }
    }
}
