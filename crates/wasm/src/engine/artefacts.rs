//! Compiled programs on disk.
//!
//! A file is named by the hash of the instrumented module, the engine's version and its settings, and holds
//! `magic ‖ keccak256(artefact) ‖ artefact`. A file that is damaged or foreign is ignored and written anew. Failing to
//! write costs the next process a compilation and nothing else, so it is not an error.

#![allow(unsafe_code, reason = "loading native code that this engine compiled")]

use crate::config::SetupError;
use hexapla_primitives::{B256, keccak256};
use std::{
    fs, hash, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};
use wasmtime::Module;

const MAGIC: &[u8; 8] = b"hexawt\0\x01";
const EXTENSION: &str = "hxwt";
const HASH_BYTES: usize = 32;
/// The pinned version of the engine. The engine's own serialisation checks it again.
const ENGINE_VERSION: &str = "48.0.8";

/// Makes the names of unfinished files distinct in this process.
static UNFINISHED: AtomicU64 = AtomicU64::new(0);

/// The folder.
pub(super) struct Artefacts {
    folder: PathBuf,
    max_bytes: u64,
    /// Stands for the engine's version and settings.
    engine: B256,
}

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

impl Artefacts {
    pub(super) fn open(folder: &Path, max_bytes: u64, engine: &wasmtime::Engine) -> Result<Self, SetupError> {
        fs::create_dir_all(folder).map_err(|reason| SetupError::CacheFolder { folder: folder.to_owned(), reason })?;
        let mut collect = Collect::default();
        hash::Hash::hash(ENGINE_VERSION, &mut collect);
        hash::Hash::hash(&engine.precompile_compatibility_hash(), &mut collect);
        Ok(Self { folder: folder.to_owned(), max_bytes, engine: keccak256(&collect.0) })
    }

    fn path(&self, instrumented: B256) -> PathBuf {
        let name = keccak256([self.engine.as_slice(), instrumented.as_slice()].concat());
        self.folder.join(format!("{name:x}.{EXTENSION}"))
    }

    /// The compiled module, if a sound file of it is there.
    pub(super) fn load(&self, instrumented: B256, engine: &wasmtime::Engine) -> Option<Module> {
        let file = fs::read(self.path(instrumented)).ok()?;
        let (hash, artefact) = file.strip_prefix(MAGIC)?.split_at_checked(HASH_BYTES)?;
        if keccak256(artefact) != hash {
            return None;
        }
        // SAFETY: the bytes are an artefact of `Module::serialize`: the checksum shows that the file is whole, its
        // name stands for this engine's version and settings and for the module, and the configuration demands that
        // nobody but the node writes to the folder.
        unsafe { Module::deserialize(engine, artefact) }.ok()
    }

    /// Keeps a compiled module, and removes the oldest files while there are too many bytes.
    pub(super) fn store(&self, instrumented: B256, module: &Module) {
        let Ok(artefact) = module.serialize() else {
            return;
        };
        let file = [MAGIC.as_slice(), keccak256(&artefact).as_slice(), &artefact].concat();
        // Whole files only: written under another name, then renamed.
        let number = UNFINISHED.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.folder.join(format!("{}-{number}.{EXTENSION}.tmp", std::process::id()));
        let written = fs::write(&unfinished, file).and_then(|()| fs::rename(&unfinished, self.path(instrumented)));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        let _ = self.shrink();
    }

    fn shrink(&self) -> io::Result<()> {
        let mut files = self.files()?;
        files.sort();
        let mut bytes: u64 = files.iter().map(|file| file.bytes).sum();
        for file in files {
            if bytes <= self.max_bytes {
                break;
            }
            fs::remove_file(&file.path)?;
            bytes = bytes.saturating_sub(file.bytes);
        }
        Ok(())
    }

    fn files(&self) -> io::Result<Vec<File>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                let metadata = entry.metadata()?;
                files.push(File { written: metadata.modified()?, path, bytes: metadata.len() });
            }
        }
        Ok(files)
    }
}

/// Ordered by age.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct File {
    written: SystemTime,
    path: PathBuf,
    bytes: u64,
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
