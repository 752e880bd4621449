//! What an engine makes of an instrumented module, and how a run of it ends.

use crate::{
    instrument::STATUS_STACK_OVERFLOW,
    session::{Session, Stop, Trap},
    store::Artefact,
};
use alloc::{string::String, sync::Arc, vec::Vec};
use hexapla_primitives::B256;
use hexapla_vm::Fatal;

/// Memory that any program takes beside its code: its tables, and what the engine and the cache note of it.
pub(crate) const PROGRAM_BYTES: u64 = 16 << 10;

/// Makes programs out of instrumented modules.
pub(crate) trait Engine: Send + Sync {
    /// Compiles an instrumented module, or says why the engine refuses it.
    fn compile(&self, wasm: &[u8]) -> Result<Arc<dyn Executable>, String>;

    /// The program of what [`Executable::artefact`] gave; nothing if it is of no use.
    fn load(&self, artefact: &Artefact) -> Option<Arc<dyn Executable>>;

    /// Stands for the engine, its version and its settings: artefacts of one are not for another.
    fn identity(&self) -> B256;
}

/// A compiled program.
pub(crate) trait Executable: Send + Sync {
    /// Runs it once in a fresh instance, with the ink of the session and the full stack budget.
    fn run(&self, session: Session) -> Result<RunEnd, Fatal>;

    /// Memory that it holds.
    fn bytes(&self) -> u64;

    /// What the engine can load it from again.
    fn artefact(&self) -> Option<Vec<u8>>;
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
pub(super) struct RawEnd {
    pub(super) status: Result<u32, Stop>,
    pub(super) ink: i64,
    pub(super) stack: i32,
    pub(super) global_status: i32,
}

impl RawEnd {
    /// The instrumented code stops by `unreachable`; its globals say why.
    pub(super) fn interpret(self, memory_hash: Option<B256>, session: Session) -> RunEnd {
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
