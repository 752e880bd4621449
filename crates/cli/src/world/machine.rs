//! Engines, caches and database as the command line asks for them.

use crate::problem::{Problem, Result};
use clap::{Args, ValueEnum};
use hexapla::{Chain, ChainConfig, Executor, SetupError, VmConfig, VmSet, executor, standard_vms, svm, wasm};
use hexapla_store::{KvStore, RedbStore};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Instances of WASM contracts that one thread can need at once, with some room.
const INSTANCES_PER_THREAD: u32 = 128;

/// Options of all commands that execute something.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Engine")]
pub(crate) struct MachineArgs {
    /// What runs WASM contracts: native code or an interpreter. Results, gas and roots are the same.
    #[arg(long, value_enum, env = "HEXAPLA_ENGINE", default_value = "wasmtime")]
    engine: EngineName,
    /// Folder for compiled contracts. Native code is loaded from it, so nobody else should be able to write there
    /// [default: $XDG_CACHE_HOME/hexapla or ~/.cache/hexapla].
    #[arg(long, value_name = "DIR", env = "HEXAPLA_CACHE_DIR")]
    cache_dir: Option<PathBuf>,
    /// Compile contracts anew each time.
    #[arg(long, env = "HEXAPLA_NO_CACHE", conflicts_with = "cache_dir")]
    no_cache: bool,
    /// What runs Solana programs: native code (on x86-64) or an interpreter. Results, gas and roots are the same.
    #[arg(long, value_enum, env = "HEXAPLA_SVM_ENGINE", default_value = "jit")]
    svm_engine: SvmEngineName,
    /// Keep nothing in memory that was compiled or computed: every call begins anew. Slow, and good for tests only.
    #[arg(long, env = "HEXAPLA_NO_MEMORY_CACHE")]
    no_memory_cache: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EngineName {
    /// Native code by Cranelift.
    Wasmtime,
    /// An interpreter in pure Rust.
    Wasmi,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SvmEngineName {
    /// Native code.
    Jit,
    /// An interpreter.
    Interpreter,
}

/// The VMs beside the EVM.
#[derive(Clone, Debug)]
pub(crate) struct Vms {
    set: VmSet,
    /// Executors keep nothing either.
    uncached: bool,
}

impl MachineArgs {
    /// The VMs beside the EVM, for `threads` threads that run transactions at once.
    pub(crate) fn vms(&self, threads: usize) -> Result<Vms> {
        let engine = match self.engine {
            EngineName::Wasmtime => wasm::EngineKind::Wasmtime,
            EngineName::Wasmi => wasm::EngineKind::Wasmi,
        };
        let threads = u32::try_from(threads).unwrap_or(u32::MAX);
        let mut wasm = wasm::Config {
            engine,
            cache_dir: self.cache_folder(),
            pool_size: INSTANCES_PER_THREAD.saturating_mul(threads).max(1),
            ..wasm::Config::default()
        };
        let mut svm = svm::Config { jit: self.svm_engine == SvmEngineName::Jit, ..svm::Config::default() };
        if self.no_memory_cache {
            wasm.cached_bytes = 0;
            svm.cache_bytes = 0;
        }
        let set = standard_vms(VmConfig { wasm, svm }).map_err(|error| setup_problem(&error))?;
        Ok(Vms { set, uncached: self.no_memory_cache })
    }

    /// Where compiled contracts are kept, if anywhere.
    pub(crate) fn cache_folder(&self) -> Option<PathBuf> {
        if self.no_cache {
            return None;
        }
        // A folder that was asked for must be usable; the default one is only a convenience.
        let given = self.cache_dir.clone();
        given.or_else(|| default_cache_folder().filter(|folder| make_private(folder).is_ok()))
    }
}

/// `$XDG_CACHE_HOME/hexapla`, else `~/.cache/hexapla`; nothing where neither is known.
fn default_cache_folder() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))?;
    Some(base.join("hexapla"))
}

/// Creates the folder so that only its owner can write there.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// An executor for one chain.
pub(crate) fn executor(config: ChainConfig, vms: &Vms) -> Result<Executor> {
    let executor = Executor::new(config, vms.set.clone()).map_err(|error| setup_problem(&error.into()))?;
    Ok(if vms.uncached { executor.uncached() } else { executor })
}

fn setup_problem(error: &SetupError) -> Box<Problem> {
    let problem = Problem::new("hexapla::setup", error.to_string());
    match error {
        SetupError::Wasm(wasm::SetupError::CacheFolder { .. } | wasm::SetupError::UnsafeCacheFolder { .. }) => {
            problem.with_help("choose another folder with --cache-dir, or go without with --no-cache")
        }
        SetupError::Wasm(_) => problem.with_help("--engine wasmi needs less of the operating system"),
        SetupError::Executor(executor::SetupError::ForkTooOld(_)) => {
            problem.with_help("set `spec` in `[chain]` to a later fork, e.g. \"osaka\"")
        }
        SetupError::Duplicate(_) | SetupError::Svm(_) | SetupError::Executor(_) => problem,
    }
}

/// Opens a database file, and looks through all of it first: a damaged one must not become a wrong proof.
pub(crate) fn open_database(path: &PathBuf, must_exist: bool) -> Result<Arc<dyn KvStore>> {
    if must_exist {
        std::fs::metadata(path).map_err(|error| Problem::file(path, "open the database", error))?;
    }
    Ok(Arc::new(RedbStore::open_checked(path)?))
}

/// A chain in memory or in a file.
pub(crate) fn chain(executor: Executor, store: Option<Arc<dyn KvStore>>) -> Result<Chain> {
    Ok(match store {
        Some(store) => Chain::open(executor, store)?,
        None => Chain::in_memory(executor),
    })
}
