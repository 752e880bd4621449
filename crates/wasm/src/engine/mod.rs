//! Engines: each runs the same instrumented modules with the same host functions.
//!
//! - [`program`]: what an engine makes of a module, and how a run of it ends
//! - [`wasmi`]: the interpreter
//! - [`wasmtime`]: native code, in a pool of instances or made for one frame; [`artefacts`] loads it from its bytes
//!
//! The interpreter is on every node and alone has a say in what becomes a program: each activation is translated by it,
//! whatever engine is configured. Native code only makes a program faster. Where its compiler does not take a module,
//! or panics, this node runs that program in the interpreter. So a refusal never depends on the configuration and never
//! reaches a block. [`crate::limits`] keeps modules so far below the limits of both engines that neither happens.

#[cfg(feature = "wasmtime")]
mod artefacts;
mod program;
mod wasmi;
#[cfg(feature = "wasmtime")]
mod wasmtime;

pub(crate) use self::wasmi::Wasmi;
pub(crate) use program::{Engine, Executable, RunEnd};

use crate::config::{Config, EngineKind, SetupError};
use alloc::boxed::Box;

/// The engine for native code, where the configuration asks for it.
pub(crate) fn native(config: &Config) -> Result<Option<Box<dyn Engine>>, SetupError> {
    match config.engine {
        #[cfg(feature = "wasmtime")]
        EngineKind::Wasmtime => Ok(Some(Box::new(wasmtime::Wasmtime::new(config.pool_size)?))),
        EngineKind::Wasmi => Ok(None),
    }
}
