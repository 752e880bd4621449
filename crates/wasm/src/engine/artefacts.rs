//! Native code back from its bytes.

#![allow(unsafe_code, reason = "loading native code that this engine compiled")]

use crate::store::Artefact;
use hexapla_primitives::{B256, keccak256};
use std::hash;
use wasmtime::Module;

/// The pinned version of the engine. The engine's own serialisation checks it again.
const ENGINE_VERSION: &str = "48.0.8";

/// Collects what is hashed, so that the result does not depend on the standard library's hasher.
#[derive(Default)]
struct Collect(Vec<u8>);

impl hash::Hasher for Collect {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// Stands for the engine's version and settings.
pub(super) fn identity(engine: &wasmtime::Engine) -> B256 {
    let mut collect = Collect::default();
    hash::Hash::hash(ENGINE_VERSION, &mut collect);
    hash::Hash::hash(&engine.precompile_compatibility_hash(), &mut collect);
    keccak256(&collect.0)
}

/// The module of a stored file.
pub(super) fn load(engine: &wasmtime::Engine, artefact: &Artefact) -> Option<Module> {
    // SAFETY: the bytes are an artefact of `Module::serialize`: the store found the file whole by its checksum, under
    // a name that stands for this engine's version and settings, in a folder and a file that nobody but the user who
    // runs this process can write.
    unsafe { Module::deserialize(engine, artefact.bytes()) }.ok()
}

/// The same module for another engine, which differs at most in how it allocates instances.
pub(super) fn copy(module: &Module, engine: &wasmtime::Engine) -> wasmtime::Result<Module> {
    // SAFETY: the bytes come from `Module::serialize` on the line itself.
    unsafe { Module::deserialize(engine, module.serialize()?) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_engine_version_is_the_pinned_one() {
        let manifest = include_str!("../../../../Cargo.toml");
        let pin = format!("wasmtime = {{ version = \"={}\"", super::ENGINE_VERSION);
        assert!(manifest.contains(&pin));
    }
}
