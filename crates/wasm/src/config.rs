//! What a user of the crate decides.

use alloc::string::String;
#[cfg(feature = "std")]
use std::path::PathBuf;

/// Which engine runs the instrumented code. All give the same results and charge the same ink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// Native code by Cranelift. The interpreter stands in for it where a program is not compiled.
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
    /// Folder for compiled programs, created with mode 0700 if it is missing. `None`: what does not fit into memory
    /// goes into a private temporary folder, which is removed with the VM; the next process compiles anew.
    ///
    /// Native code is read from it, so it is refused unless it is a real folder of the user that runs the process, in
    /// which nobody else may write.
    #[cfg(feature = "std")]
    pub cache_dir: Option<PathBuf>,
    /// Bytes that the folder, the given or the temporary one, may hold; the oldest files go first.
    #[cfg(feature = "std")]
    pub cache_dir_bytes: u64,
    /// Bytes of compiled programs kept in memory; those unused for longest go first. With zero nothing is kept there.
    pub cached_bytes: u64,
    /// Instances that are prepared in advance: best the number of threads that run transactions, times the limit of
    /// nested frames. Frames beyond that get an instance made for them, which is slower and else the same. Each takes
    /// address space, not memory.
    pub pool_size: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            engine: EngineKind::default(),
            #[cfg(feature = "std")]
            cache_dir: None,
            #[cfg(feature = "std")]
            cache_dir_bytes: 4 << 30,
            cached_bytes: 512 << 20,
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
    #[cfg(feature = "std")]
    #[error("the folder {} for compiled programs cannot be used: {reason}", .folder.display())]
    CacheFolder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// Others could put native code into the folder for compiled programs.
    #[cfg(feature = "std")]
    #[error(
        "the folder {} for compiled programs is not safe: {reason}; native code is run from it, so it must be a real \
         folder of the user that runs this process, writable by nobody else (chmod 700)",
        .folder.display()
    )]
    UnsafeCacheFolder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}
