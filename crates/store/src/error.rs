//! What can go wrong with a store, in sentences that name the file and say what to do.

use std::{io, path::PathBuf};

/// The result of a store operation.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why a store could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The bytes in the file are not what the store wrote.
    #[error(
        "the store {file} is corrupt ({detail}); restore it from a backup, or delete it and synchronise again",
        file = file.display()
    )]
    Corrupt {
        /// The store's file.
        file: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// Another process, or another store of this process, has the file open.
    #[error(
        "the store {file} is in use by another process; stop that process, or choose another data directory",
        file = file.display()
    )]
    Locked {
        /// The store's file.
        file: PathBuf,
    },
    /// There is no room left for the file to grow.
    #[error(
        "there is no space left for the store {file}; nothing was written; free some space and open the store again",
        file = file.display()
    )]
    DiskFull {
        /// The store's file.
        file: PathBuf,
    },
    /// The file was written by another version of this program, or by another program.
    #[error(
        "the store {file} has the format {found}, and this version understands format {understood}; use the \
         version that wrote it, or another data directory",
        file = file.display()
    )]
    Format {
        /// The store's file.
        file: PathBuf,
        /// What the file says about its format.
        found: String,
        /// The format this version reads and writes.
        understood: u32,
    },
    /// An earlier failure left the open store or log unusable. A store's file holds the last batch that succeeded; a
    /// log holds at least what was synced.
    #[error(
        "the store {file} was closed by an earlier input/output error; open it again once the cause is removed",
        file = file.display()
    )]
    Closed {
        /// The store's file.
        file: PathBuf,
    },
    /// A value is larger than the store can hold.
    #[error("a value of {size} bytes is too large for the store {file}", file = file.display())]
    TooLarge {
        /// The store's file.
        file: PathBuf,
        /// The size of the value in bytes.
        size: usize,
    },
    /// A record is larger than a log takes.
    #[error(
        "a record of {size} bytes is too large for the log {file}, which takes {limit} bytes at most",
        file = file.display()
    )]
    RecordTooLarge {
        /// The newest file of the log.
        file: PathBuf,
        /// The size of the record in bytes.
        size: usize,
        /// The largest size in bytes.
        limit: usize,
    },
    /// The operating system refused a read or a write.
    #[error("the store {file} could not be read or written: {source}; check the disk and the permissions", file = file.display())]
    Io {
        /// The store's file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The database library reported something that this crate never asks for.
    #[error("the store {file} failed in an unexpected way: {detail}; please report this", file = file.display())]
    Unexpected {
        /// The store's file.
        file: PathBuf,
        /// What the library said.
        detail: String,
    },
}

impl StoreError {
    /// Gives an error of the operating system its name here.
    pub(crate) fn from_io(file: PathBuf, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { file },
            // redb reports a file that is too short or does not begin as its files do in this way.
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                Self::Corrupt { file, detail: source.to_string() }
            }
            _ => Self::Io { file, source },
        }
    }
}
