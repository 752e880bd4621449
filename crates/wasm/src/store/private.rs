//! Folders and files that only their owner can write.
//!
//! Whoever can write where native code is read from can run code in this process. Systems other than Unix have no
//! modes and owners in this sense; there the folder's place must protect it.

use std::{fs, io, path::Path};

/// Makes a folder, and the missing ones above it, for the owner alone.
pub(super) fn create_folder(folder: &Path, recursive: bool) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(recursive).create(folder)
}

/// Makes a new file for the owner alone. A link or file that has the name already is an error.
pub(super) fn create_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// What is wrong with a folder for native code, in words; `uid` is the user that runs this process.
pub(super) fn folder_fault(folder: &Path, uid: u32) -> io::Result<Option<String>> {
    let metadata = fs::symlink_metadata(folder)?;
    if metadata.is_symlink() {
        return Ok(Some("it is a symbolic link".to_owned()));
    }
    if !metadata.is_dir() {
        return Ok(Some("it is not a folder".to_owned()));
    }
    Ok(fault_of(&metadata, uid).or(parents_fault(folder)?))
}

/// Opens a file that only its owner can have written. A link is not followed.
pub(super) fn open_file(path: &Path, uid: u32) -> Option<fs::File> {
    let named = fs::symlink_metadata(path).ok()?;
    if !named.is_file() || fault_of(&named, uid).is_some() {
        return None;
    }
    let file = fs::File::open(path).ok()?;
    // The name may have got another file in between.
    same_file(&named, &file.metadata().ok()?).then_some(file)
}

/// The user that runs this process, as the owner of a file that it makes in the folder; 0 where there are no users.
pub(super) fn user(folder: &Path, probe: &str) -> io::Result<u32> {
    let path = folder.join(probe);
    let owner = create_file(&path).and_then(|file| Ok(owner(&file.metadata()?)));
    let _ = fs::remove_file(&path);
    owner
}

#[cfg(unix)]
fn owner(metadata: &fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::uid(metadata)
}

#[cfg(not(unix))]
fn owner(_: &fs::Metadata) -> u32 {
    0
}

#[cfg(unix)]
fn fault_of(metadata: &fs::Metadata, uid: u32) -> Option<String> {
    const OTHERS_WRITE: u32 = 0o022;
    let mode = std::os::unix::fs::MetadataExt::mode(metadata);
    if owner(metadata) != uid {
        return Some(format!("it belongs to the user {}, but this process runs as {uid}", owner(metadata)));
    }
    (mode & OTHERS_WRITE != 0).then(|| format!("others may write to it (its mode is {:o})", mode & 0o7777))
}

#[cfg(not(unix))]
fn fault_of(_: &fs::Metadata, _: u32) -> Option<String> {
    None
}

/// A folder that anybody may write lets anybody put another folder in the place of this one, unless it is sticky.
#[cfg(unix)]
fn parents_fault(folder: &Path) -> io::Result<Option<String>> {
    const ANYBODY_WRITES: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    for parent in folder.canonicalize()?.ancestors().skip(1) {
        let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(parent)?);
        if mode & (ANYBODY_WRITES | STICKY) == ANYBODY_WRITES {
            return Ok(Some(format!("anybody may write to {} above it", parent.display())));
        }
    }
    Ok(None)
}

#[cfg(not(unix))]
fn parents_fault(_: &Path) -> io::Result<Option<String>> {
    Ok(None)
}

#[cfg(unix)]
fn same_file(left: &fs::Metadata, right: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (left.dev(), left.ino()) == (right.dev(), right.ino())
}

#[cfg(not(unix))]
fn same_file(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    true
}
