//! What engines have made of programs, in files.
//!
//! A file is named by the engine with its settings and by the hash of the instrumented module, and holds
//! `magic ‖ checksum ‖ artefact`. A file that is damaged, or that others may have written, is ignored and written
//! anew. Failing to write costs a later compilation and nothing else, so it is not an error.
//!
//! - [`private`]: folders and files that only their owner can write
//!
//! Without a folder of the user the store makes one of its own when it first needs it, and removes it with itself.

mod private;

use crate::config::{Config, SetupError};
use hexapla_primitives::{B256, keccak256};
use std::{
    collections::hash_map::RandomState,
    env, fs,
    hash::BuildHasher,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

const MAGIC: &[u8; 8] = b"hexawt\0\x02";
const EXTENSION: &str = "hxwt";
const CHECKSUM_BYTES: usize = 8;

/// Makes the names of unfinished files distinct in this process.
static UNFINISHED: AtomicU64 = AtomicU64::new(0);

/// The bytes of a sound file: only an engine of this process's user wrote it.
pub(crate) struct Artefact(Vec<u8>);

impl Artefact {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The files.
pub(crate) struct Store {
    max_bytes: u64,
    place: Place,
}

enum Place {
    /// The user's folder: it keeps everything for the next process.
    Given(Folder),
    /// Made when it is first needed; `None` where it could not be.
    Temporary(OnceLock<Option<Folder>>),
}

struct Folder {
    path: PathBuf,
    /// The user that runs this process.
    uid: u32,
    /// Bytes of all files; held while files are removed, so that one thread at a time does it.
    bytes: Mutex<u64>,
}

impl Store {
    /// The files that the configuration asks for.
    pub(crate) fn new(config: &Config) -> Result<Self, SetupError> {
        Self::open(config.cache_dir.as_deref(), config.cache_dir_bytes)
    }

    /// Opens the folder, or refuses one in which others may write.
    pub(crate) fn open(folder: Option<&Path>, max_bytes: u64) -> Result<Self, SetupError> {
        let place = match folder {
            Some(folder) => Place::Given(Folder::open(folder)?),
            None => Place::Temporary(OnceLock::new()),
        };
        Ok(Self { max_bytes, place })
    }

    /// Whether files outlive this process, so that everything is worth writing at once.
    pub(crate) fn is_kept(&self) -> bool {
        matches!(self.place, Place::Given(_))
    }

    /// What an engine has made of a module, if a sound file of it is there.
    pub(crate) fn load(&self, engine: B256, instrumented: B256) -> Option<Artefact> {
        let folder = match &self.place {
            Place::Given(folder) => folder,
            Place::Temporary(folder) => folder.get()?.as_ref()?,
        };
        folder.load(&file_name(engine, instrumented))
    }

    /// Keeps what an engine has made of a module, unless it is there, and removes the oldest files while there are too
    /// many bytes.
    pub(crate) fn keep(&self, engine: B256, instrumented: B256, artefact: impl FnOnce() -> Option<Vec<u8>>) {
        let Some(folder) = self.folder() else { return };
        let name = file_name(engine, instrumented);
        if folder.is_there(&name) {
            return;
        }
        if let Some(artefact) = artefact() {
            let _ = folder.write(&name, &artefact, self.max_bytes);
        }
    }

    /// Removes a file that turned out to be of no use.
    pub(crate) fn forget(&self, engine: B256, instrumented: B256) {
        if let Some(folder) = self.folder() {
            folder.remove(&file_name(engine, instrumented));
        }
    }

    fn folder(&self) -> Option<&Folder> {
        match &self.place {
            Place::Given(folder) => Some(folder),
            Place::Temporary(folder) => folder.get_or_init(Folder::temporary).as_ref(),
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Place::Temporary(folder) = &self.place
            && let Some(Some(folder)) = folder.get()
        {
            let _ = fs::remove_dir_all(&folder.path);
        }
    }
}

impl Folder {
    fn open(path: &Path) -> Result<Self, SetupError> {
        let unusable = |reason| SetupError::CacheFolder { folder: path.to_owned(), reason };
        if fs::symlink_metadata(path).is_err() {
            private::create_folder(path, true).map_err(unusable)?;
        }
        let probe = format!("{}.probe", unique());
        // A link is refused before anything is written where it leads.
        let fault = |uid| private::folder_fault(path, uid).map_err(unusable);
        let unsafe_folder = |reason| SetupError::UnsafeCacheFolder { folder: path.to_owned(), reason };
        if fs::symlink_metadata(path).map_err(unusable)?.is_symlink() {
            return Err(unsafe_folder("it is a symbolic link".to_owned()));
        }
        let uid = private::user(path, &probe).map_err(unusable)?;
        if let Some(reason) = fault(uid)? {
            return Err(unsafe_folder(reason));
        }
        let folder = Self { path: path.to_owned(), uid, bytes: Mutex::new(0) };
        let files = folder.files().map_err(unusable)?;
        folder.set_bytes(files.iter().map(|file| file.bytes).sum());
        Ok(folder)
    }

    /// A new folder with a name that nobody can foresee; making it fails if the name is taken.
    fn temporary() -> Option<Self> {
        if !cfg!(any(unix, windows)) {
            return None;
        }
        let path = env::temp_dir().join(format!("hexapla-wasm-{}", unique()));
        private::create_folder(&path, false).ok()?;
        let uid = private::user(&path, "probe").ok()?;
        Some(Self { path, uid, bytes: Mutex::new(0) })
    }

    fn is_there(&self, name: &str) -> bool {
        private::open_file(&self.path.join(name), self.uid).is_some()
    }

    fn load(&self, name: &str) -> Option<Artefact> {
        let mut file = private::open_file(&self.path.join(name), self.uid)?;
        let mut head = [0; MAGIC.len() + CHECKSUM_BYTES];
        let mut artefact = Vec::new();
        let read = file.read_exact(&mut head).and_then(|()| file.read_to_end(&mut artefact));
        let sound = read.is_ok() && head[..] == self::head(&artefact)[..];
        if !sound {
            self.remove(name);
        }
        sound.then_some(Artefact(artefact))
    }

    fn write(&self, name: &str, artefact: &[u8], max_bytes: u64) -> io::Result<()> {
        let unfinished = self.path.join(format!("{}.{EXTENSION}.tmp", unique()));
        // Whole files only: written under another name, then renamed.
        let written = private::create_file(&unfinished).and_then(|mut file| {
            file.write_all(&head(artefact))?;
            file.write_all(artefact)?;
            fs::rename(&unfinished, self.path.join(name))?;
            Ok(file.metadata()?.len())
        });
        match written {
            Ok(bytes) => self.grow(bytes, max_bytes),
            Err(error) => {
                let _ = fs::remove_file(&unfinished);
                Err(error)
            }
        }
    }

    /// Counts a new file. Where there are too many bytes, so many files go that a tenth is free, so that the folder is
    /// not read again soon.
    fn grow(&self, new: u64, max_bytes: u64) -> io::Result<()> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *bytes = bytes.saturating_add(new);
        if *bytes <= max_bytes {
            return Ok(());
        }
        let mut files = self.files()?;
        files.sort();
        *bytes = files.iter().map(|file| file.bytes).sum();
        for file in files {
            if *bytes <= max_bytes - max_bytes / 10 {
                break;
            }
            fs::remove_file(&file.path)?;
            *bytes = bytes.saturating_sub(file.bytes);
        }
        Ok(())
    }

    fn remove(&self, name: &str) {
        let path = self.path.join(name);
        let length = fs::symlink_metadata(&path).map(|metadata| metadata.len()).unwrap_or(0);
        if fs::remove_file(&path).is_ok() {
            let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
            *bytes = bytes.saturating_sub(length);
        }
    }

    fn set_bytes(&self, sum: u64) {
        *self.bytes.lock().unwrap_or_else(PoisonError::into_inner) = sum;
    }

    fn files(&self) -> io::Result<Vec<File>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                // Another process may have removed it.
                let Ok(metadata) = entry.metadata() else { continue };
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

fn file_name(engine: B256, instrumented: B256) -> String {
    let name = keccak256([engine.as_slice(), instrumented.as_slice()].concat());
    format!("{name:x}.{EXTENSION}")
}

/// A part of a file name that no other process and no other call has.
fn unique() -> String {
    let number = UNFINISHED.fetch_add(1, Ordering::Relaxed);
    let random = RandomState::new().hash_one(number);
    format!("{}-{number}-{random:016x}", process::id())
}

fn head(artefact: &[u8]) -> [u8; MAGIC.len() + CHECKSUM_BYTES] {
    let mut head = [0; MAGIC.len() + CHECKSUM_BYTES];
    let (magic, sum) = head.split_at_mut(MAGIC.len());
    magic.copy_from_slice(MAGIC);
    sum.copy_from_slice(&checksum(artefact).to_le_bytes());
    head
}

/// Finds damage, not forgery: who can forge can write native code. A load is paid by its length, and this takes a
/// twentieth of the time that Keccak takes.
fn checksum(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |state: u64, word: u64| {
        let product = u128::from(state ^ word) * u128::from(ODD);
        // Both halves depend on all bits.
        let [low, high] = [product & u128::from(u64::MAX), product >> 64];
        let folded = u64::try_from(low ^ high).unwrap_or_default();
        folded.wrapping_add(word.rotate_left(32))
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let state = words.iter().fold(mix(ODD, length), |state, word| mix(state, u64::from_le_bytes(*word)));
    rest.iter().fold(state, |state, byte| mix(state, u64::from(*byte)))
}

#[cfg(test)]
mod tests;
