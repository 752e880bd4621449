//! The segments of a log as files beside a store's file.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{LogDisk, Segment};

/// Segments as files: `state.redb.log.0000000001` and so on beside the store `state.redb`. Other files are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLog {
    folder: PathBuf,
    /// The part of the names before the number.
    prefix: OsString,
}

impl FileLog {
    /// The log of the store in this file. Nothing is read or written yet.
    pub fn beside(store: impl AsRef<Path>) -> Self {
        let store = store.as_ref();
        let mut prefix = store.file_name().unwrap_or_default().to_os_string();
        prefix.push(".log.");
        Self { folder: folder_of(store), prefix }
    }

    /// The number of the segment in the file with this name, if it is one.
    fn number(&self, name: &OsString) -> Option<u64> {
        let digits = name.as_encoded_bytes().strip_prefix(self.prefix.as_encoded_bytes())?;
        let number = str::from_utf8(digits).ok()?.parse().ok()?;
        (*name == self.file_name(number)).then_some(number)
    }

    fn file_name(&self, segment: u64) -> OsString {
        let mut name = self.prefix.clone();
        name.push(format!("{segment:010}"));
        name
    }
}

/// The folder that a file is in.
fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// Makes the names of the files beside this one, and its own, durable.
pub(crate) fn sync_folder_of(file: &Path) -> io::Result<()> {
    sync_folder(&folder_of(file))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

impl LogDisk for FileLog {
    fn segments(&self) -> io::Result<Vec<u64>> {
        sync_folder(&self.folder)?;
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            numbers.extend(self.number(&entry?.file_name()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn read(&self, segment: u64) -> io::Result<Vec<u8>> {
        let path = self.path(segment);
        File::open(&path)?.sync_data()?;
        fs::read(path)
    }

    fn create(&self, segment: u64) -> io::Result<Box<dyn Segment>> {
        let file = OpenOptions::new().write(true).create_new(true).open(self.path(segment))?;
        sync_folder(&self.folder)?;
        Ok(Box::new(FileSegment(file)))
    }

    fn remove(&self, segment: u64) -> io::Result<()> {
        match fs::remove_file(self.path(segment)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => sync_folder(&self.folder),
        }
    }

    fn path(&self, segment: u64) -> PathBuf {
        self.folder.join(self.file_name(segment))
    }
}

#[derive(Debug)]
struct FileSegment(File);

impl Segment for FileSegment {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        // The length is part of the data, as far as reading it needs it.
        self.0.sync_data()
    }
}
