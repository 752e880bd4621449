//! Engines: each runs the same instrumented modules with the same host functions.
//!
//! - [`wasmi`]: the interpreter
//! - [`wasmtime`]: native code, with [`artefacts`] on disk

#[cfg(feature = "wasmtime")]
mod artefacts;
mod wasmi;
#[cfg(feature = "wasmtime")]
mod wasmtime;

use crate::{
    config::{Config, EngineKind, SetupError},
    instrument::{Instrumented, STATUS_STACK_OVERFLOW},
    session::{Session, Stop, Trap},
};
use hexapla_primitives::B256;
use hexapla_vm::Fatal;
use std::sync::Arc;

/// Makes programs out of instrumented modules.
pub(crate) trait Engine: Send + Sync {
    /// Compiles. Every instrumented module compiles, so a failure is the host's.
    fn compile(&self, module: &Instrumented) -> Result<Arc<dyn Executable>, Fatal>;
}

/// A compiled program.
pub(crate) trait Executable: Send + Sync {
    /// Runs it once in a fresh instance, with the ink of the session and the full stack budget.
    fn run(&self, session: Session) -> Result<RunEnd, Fatal>;
}

/// How a run ended.
pub(crate) struct RunEnd {
    /// The status that the entry point returned, or why it did not.
    pub(crate) status: Result<u32, Stop>,
    /// What is left of the ink: nothing where it was used up.
    pub(crate) ink: u64,
    /// What is left of the stack budget.
    pub(crate) stack: u32,
    /// keccak256 of the memory, where the session is traced.
    pub(crate) memory_hash: Option<B256>,
    pub(crate) session: Session,
}

/// What an engine reports of a run before it is interpreted.
struct RawEnd {
    status: Result<u32, Stop>,
    ink: i64,
    stack: i32,
    global_status: i32,
}

impl RawEnd {
    /// The instrumented code stops by `unreachable`; its globals say why.
    fn interpret(self, memory_hash: Option<B256>, session: Session) -> RunEnd {
        let status = match self.status {
            Err(Stop::Trap(Trap::Unreachable)) if self.ink < 0 => Err(Stop::OutOfInk),
            Err(Stop::Trap(Trap::Unreachable)) if self.global_status == STATUS_STACK_OVERFLOW => {
                Err(Stop::StackOverflow)
            }
            status => status,
        };
        RunEnd {
            status,
            ink: u64::try_from(self.ink).unwrap_or(0),
            stack: self.stack.cast_unsigned(),
            memory_hash,
            session,
        }
    }
}

/// Sets up the engine that the configuration asks for.
pub(crate) fn new(config: &Config) -> Result<Arc<dyn Engine>, SetupError> {
    match config.engine {
        #[cfg(feature = "wasmtime")]
        EngineKind::Wasmtime => Ok(Arc::new(wasmtime::Wasmtime::new(config)?)),
        EngineKind::Wasmi => Ok(Arc::new(wasmi::Wasmi::new()?)),
    }
}
