//! What a user of the crate decides.

use std::path::PathBuf;

/// Which engine runs the instrumented code. All give the same results and charge the same ink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// Native code by Cranelift.
    #[cfg(feature = "wasmtime")]
    Wasmtime,
    /// An interpreter in pure Rust.
    Wasmi,
}

impl Default for EngineKind {
    /// The fastest there is.
    fn default() -> Self {
        #[cfg(feature = "wasmtime")]
        return Self::Wasmtime;
        #[cfg(not(feature = "wasmtime"))]
        return Self::Wasmi;
    }
}

/// Settings of a [`crate::StylusVm`]. None of them changes what a contract does or what it costs.
#[derive(Clone, Debug)]
pub struct Config {
    /// The engine.
    pub engine: EngineKind,
    /// Folder for compiled programs, created if it is missing. `None`: they are compiled anew by each process.
    ///
    /// Native code is read from it: nobody but the node may write there.
    pub cache_dir: Option<PathBuf>,
    /// Bytes that the folder may hold; the oldest files go first.
    pub cache_dir_bytes: u64,
    /// Compiled programs kept in memory; those unused for longest go first. With zero every call compiles anew.
    pub max_cached_programs: usize,
    /// Instances that can be alive at once: at least the number of threads that run transactions, times the limit of
    /// nested frames. More is a [`hexapla_vm::Fatal`]. Each takes address space, not memory.
    pub pool_size: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            engine: EngineKind::default(),
            cache_dir: None,
            cache_dir_bytes: 1 << 30,
            max_cached_programs: 256,
            pool_size: 1_024,
        }
    }
}

/// The VM could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The engine refused its configuration, e.g. for want of address space.
    #[error("the WASM engine could not be set up: {0}")]
    Engine(String),
    /// The folder for compiled programs cannot be used.
    #[error("the folder {} for compiled programs cannot be used: {reason}", .folder.display())]
    CacheFolder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
}
