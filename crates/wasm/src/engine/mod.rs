//! Engines: each runs the same instrumented modules with the same host functions.
//!
//! - [`wasmi`]: the interpreter
//! - [`wasmtime`]: native code, with [`artefacts`] on disk
//!
//! The interpreter is on every node and alone has a say in what becomes a program: each activation is translated by it,
//! whatever engine is configured. Native code only makes a program faster. Where its compiler does not take a module,
//! or panics, this node runs that program in the interpreter. So a refusal never depends on the configuration and never
//! reaches a block. [`crate::limits`] keeps modules so far below the limits of both engines that neither happens.

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
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// Makes programs out of instrumented modules.
pub(crate) trait Engine: Send + Sync {
    /// Compiles, or says why it cannot.
    fn compile(&self, module: &Instrumented) -> Result<Arc<dyn Executable>, Refused>;
}

/// Why an engine does not take an instrumented module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) String);

/// The engines of a node.
pub(crate) struct Engines {
    interpreter: Box<dyn Engine>,
    native: Option<Box<dyn Engine>>,
}

impl Engines {
    /// Sets up what the configuration asks for.
    pub(crate) fn new(config: &Config) -> Result<Self, SetupError> {
        let native: Option<Box<dyn Engine>> = match config.engine {
            #[cfg(feature = "wasmtime")]
            EngineKind::Wasmtime => Some(Box::new(wasmtime::Wasmtime::new(config)?)),
            EngineKind::Wasmi => None,
        };
        Ok(Self { interpreter: Box::new(wasmi::Wasmi), native })
    }

    /// Compiles a module that is no program yet. Whether it is refused is the same on every node.
    pub(crate) fn activate(&self, module: &Instrumented) -> Result<Arc<dyn Executable>, Refused> {
        let interpreted = guarded(&*self.interpreter, module)?;
        Ok(self.natively(module).unwrap_or(interpreted))
    }

    /// Compiles a program that was activated.
    pub(crate) fn load(&self, module: &Instrumented) -> Result<Arc<dyn Executable>, Fatal> {
        if let Some(program) = self.natively(module) {
            return Ok(program);
        }
        guarded(&*self.interpreter, module)
            .map_err(|Refused(reason)| Fatal(format!("the WASM interpreter refuses an activated program: {reason}")))
    }

    fn natively(&self, module: &Instrumented) -> Option<Arc<dyn Executable>> {
        guarded(&**self.native.as_ref()?, module).ok()
    }
}

/// Compiles; a panic of the engine is a refusal.
fn guarded(engine: &dyn Engine, module: &Instrumented) -> Result<Arc<dyn Executable>, Refused> {
    // Nothing of a compilation that did not end is used again.
    catch_unwind(AssertUnwindSafe(|| engine.compile(module)))
        .unwrap_or_else(|_| Err(Refused("the engine failed in a way that it should not".into())))
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

#[cfg(test)]
#[path = "../../tests/support/mod.rs"]
mod support;

#[cfg(test)]
mod tests {
    use super::{support::*, *};
    use crate::{StylusVm, encode_program, instrument::instrument};
    use hexapla_primitives::FaultKind;
    use hexapla_vm::{HostError, Vm};

    /// An engine that takes nothing.
    struct Refusing;

    impl Engine for Refusing {
        fn compile(&self, _: &Instrumented) -> Result<Arc<dyn Executable>, Refused> {
            Err(Refused("too much of something".into()))
        }
    }

    /// An engine with a bug.
    struct Panicking;

    impl Engine for Panicking {
        fn compile(&self, _: &Instrumented) -> Result<Arc<dyn Executable>, Refused> {
            panic!("a bug of the engine")
        }
    }

    fn vm(interpreter: impl Engine + 'static, native: Option<Box<dyn Engine>>) -> StylusVm {
        StylusVm::with_engines(Engines { interpreter: Box::new(interpreter), native })
    }

    #[test]
    fn a_program_that_native_code_refuses_runs_in_the_interpreter() {
        let wasm = wat::parse_str(program("(i32.store (i32.const 0) (i32.const 7)) (i32.const 0)")).unwrap();
        let frame = frame(&wasm, &[]);
        let run = |vm: &StylusVm, activates: &StylusVm| {
            let mut host = MockHost::new();
            activates.activate(&frame.code.bytes, &mut host).unwrap();
            let gas = core::mem::replace(&mut host.gas, PLENTY);
            (gas, vm.run_traced(&frame, &mut host).unwrap())
        };
        let expected = vm(wasmi::Wasmi, None);
        let expected = run(&expected, &expected);
        assert!(expected.1.end.exit.is_success());
        for native in [|| Box::new(Refusing) as Box<dyn Engine>, || Box::new(Panicking) as Box<dyn Engine>] {
            let node = vm(wasmi::Wasmi, Some(native()));
            assert_eq!(run(&node, &node), expected);
            // Activated by another node, or before a restart.
            assert_eq!(run(&vm(wasmi::Wasmi, Some(native())), &node), expected);
        }
    }

    #[test]
    fn a_module_that_the_interpreter_refuses_costs_the_transaction_whatever_native_code_says() {
        let module = instrument(&wat::parse_str(program("(i32.const 0)")).unwrap()).unwrap();
        let engines = Engines { interpreter: Box::new(Panicking), native: Some(Box::new(wasmi::Wasmi)) };
        assert!(engines.activate(&module).is_err());
        let code = encode_program(&wat::parse_str(program("(i32.const 0)")).unwrap());
        for native in [None, Some(Box::new(wasmi::Wasmi) as Box<dyn Engine>)] {
            let mut host = MockHost::new();
            let refused = vm(Refusing, native).activate(&code, &mut host);
            let Err(HostError::Fault { kind: FaultKind::InvalidCode, message }) = refused else {
                panic!("{refused:?}")
            };
            assert_eq!(message, "the interpreter does not take the instrumented module: too much of something");
            assert!(host.objects.is_empty() && host.gas < PLENTY);
        }
    }
}
