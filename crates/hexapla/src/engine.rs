//! What can be chosen about the machines that run contracts, for command lines and settings. None of it changes what a
//! transaction does or costs.

use crate::registry::{SetupError, VmConfig};
use std::path::PathBuf;

/// Something that can be chosen.
#[derive(Clone, Copy, Debug)]
pub struct EngineOption {
    /// Its name, as a command line has it.
    pub name: &'static str,
    /// What it is about, as a sentence.
    pub about: &'static str,
    /// What can be chosen.
    pub kind: EngineOptionKind,
    set: fn(&mut VmConfig, EngineValue<'_>),
}

/// What can be chosen.
#[derive(Clone, Copy, Debug)]
pub enum EngineOptionKind {
    /// One of these names, each with a sentence; the first by default.
    Choice(&'static [(&'static str, &'static str)]),
    /// A folder for compiled contracts, or none.
    Folder,
}

/// What was chosen.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(any(feature = "wasm", feature = "svm")), allow(dead_code, reason = "no VM, no choice"))]
enum EngineValue<'v> {
    Choice(&'v str),
    Folder(Option<&'v PathBuf>),
}

impl EngineOption {
    /// Chooses a name. One that is none of the option's changes nothing.
    pub fn choose(&self, config: &mut VmConfig, name: &str) {
        (self.set)(config, EngineValue::Choice(name));
    }

    /// Chooses a folder.
    pub fn choose_folder(&self, config: &mut VmConfig, folder: Option<&PathBuf>) {
        (self.set)(config, EngineValue::Folder(folder));
    }
}

/// All options, in the order of the VMs.
pub const fn engine_options() -> &'static [EngineOption] {
    &[
        #[cfg(feature = "wasm")]
        EngineOption {
            name: "engine",
            about: "What runs WASM contracts: native code or an interpreter. Results, gas and roots are the same",
            kind: EngineOptionKind::Choice(WASM_ENGINES),
            set: set_wasm_engine,
        },
        #[cfg(feature = "wasm")]
        EngineOption {
            name: "cache-dir",
            about: "Folder for compiled contracts. Native code is loaded from it, so nobody else should be able to write there \
                    [default: $XDG_CACHE_HOME/hexapla or ~/.cache/hexapla]",
            kind: EngineOptionKind::Folder,
            set: set_wasm_folder,
        },
        #[cfg(feature = "svm")]
        EngineOption {
            name: "svm-engine",
            about: "What runs Solana programs: native code (on x86-64) or an interpreter. Results, gas and roots are the same",
            kind: EngineOptionKind::Choice(&[("jit", "Native code"), ("interpreter", "An interpreter")]),
            set: set_svm_engine,
        },
    ]
}

#[cfg(all(feature = "wasm", feature = "wasmtime"))]
const WASM_ENGINES: &[(&str, &str)] =
    &[("wasmtime", "Native code by Cranelift"), ("wasmi", "An interpreter in pure Rust")];
#[cfg(all(feature = "wasm", not(feature = "wasmtime")))]
const WASM_ENGINES: &[(&str, &str)] = &[("wasmi", "An interpreter in pure Rust")];

#[cfg(feature = "wasm")]
fn set_wasm_engine(config: &mut VmConfig, value: EngineValue<'_>) {
    match value {
        #[cfg(feature = "wasmtime")]
        EngineValue::Choice("wasmtime") => config.wasm.engine = hexapla_wasm::EngineKind::Wasmtime,
        EngineValue::Choice("wasmi") => config.wasm.engine = hexapla_wasm::EngineKind::Wasmi,
        EngineValue::Choice(_) | EngineValue::Folder(_) => {}
    }
}

#[cfg(feature = "wasm")]
fn set_wasm_folder(config: &mut VmConfig, value: EngineValue<'_>) {
    if let EngineValue::Folder(folder) = value {
        config.wasm.cache_dir = folder.cloned();
    }
}

#[cfg(feature = "svm")]
fn set_svm_engine(config: &mut VmConfig, value: EngineValue<'_>) {
    match value {
        EngineValue::Choice("jit") => config.svm.jit = true,
        EngineValue::Choice("interpreter") => config.svm.jit = false,
        EngineValue::Choice(_) | EngineValue::Folder(_) => {}
    }
}

/// Instances of contracts that one thread can need at once, with some room.
#[cfg(feature = "wasm")]
const INSTANCES_PER_THREAD: u32 = 128;

impl VmConfig {
    /// For so many threads that run transactions at once.
    pub fn for_threads(&mut self, threads: usize) {
        #[cfg(feature = "wasm")]
        {
            let threads = u32::try_from(threads).unwrap_or(u32::MAX);
            self.wasm.pool_size = INSTANCES_PER_THREAD.saturating_mul(threads).max(1);
        }
        let _ = threads;
    }

    /// Keeps nothing in memory that was compiled: every call begins anew.
    pub fn without_memory(&mut self) {
        #[cfg(feature = "wasm")]
        {
            self.wasm.cached_bytes = 0;
        }
        #[cfg(feature = "svm")]
        {
            self.svm.cache_bytes = 0;
        }
    }
}

impl SetupError {
    /// What to do about it, in the words of [`engine_options`].
    pub fn help(&self) -> Option<&'static str> {
        match self {
            #[cfg(feature = "wasm")]
            Self::Wasm(
                hexapla_wasm::SetupError::CacheFolder { .. } | hexapla_wasm::SetupError::UnsafeCacheFolder { .. },
            ) => Some("choose another folder with --cache-dir, or go without with --no-cache"),
            #[cfg(feature = "wasm")]
            Self::Wasm(_) => Some("--engine wasmi needs less of the operating system"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_known_and_the_first_is_the_default() {
        for option in engine_options() {
            let EngineOptionKind::Choice(choices) = option.kind else { continue };
            let debug = |name: &str| {
                let mut config = VmConfig::default();
                option.choose(&mut config, name);
                format!("{config:?}")
            };
            assert_eq!(debug(choices[0].0), format!("{:?}", VmConfig::default()), "{}", option.name);
            let all: std::collections::BTreeSet<_> = choices.iter().map(|(name, _)| debug(name)).collect();
            assert_eq!(all.len(), choices.len(), "{}: each choice makes a difference", option.name);
        }
    }
}
