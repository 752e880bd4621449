//! The content of all files of a disk.

use std::collections::BTreeMap;

/// What is on a disk: the store's file, and the segments of its log by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// The store's file.
    pub store: Vec<u8>,
    /// The segments of the log.
    pub segments: BTreeMap<u64, Vec<u8>>,
}

/// A file of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileId {
    Store,
    Segment(u64),
}

/// A change of a file.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Write { file: FileId, offset: usize, data: Vec<u8> },
    Length { file: FileId, length: usize },
    Create(u64),
    Remove(u64),
}

impl Change {
    /// The file that is changed.
    pub(super) fn file(&self) -> FileId {
        match self {
            Self::Write { file, .. } | Self::Length { file, .. } => *file,
            Self::Create(segment) | Self::Remove(segment) => FileId::Segment(*segment),
        }
    }

    /// The change as far as it happens if it is a write and is torn.
    pub(super) fn torn(mut self, bytes: Option<usize>) -> Self {
        if let (Self::Write { data, .. }, Some(bytes)) = (&mut self, bytes) {
            data.truncate(bytes);
        }
        self
    }
}

impl Image {
    pub(super) fn file(&self, file: FileId) -> Option<&Vec<u8>> {
        match file {
            FileId::Store => Some(&self.store),
            FileId::Segment(segment) => self.segments.get(&segment),
        }
    }

    fn file_mut(&mut self, file: FileId) -> Option<&mut Vec<u8>> {
        match file {
            FileId::Store => Some(&mut self.store),
            FileId::Segment(segment) => self.segments.get_mut(&segment),
        }
    }

    /// The size of all files in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.segments.values().map(|segment| segment.len() as u64).sum::<u64>() + self.store.len() as u64
    }

    /// Makes a change. One of a file that is not there changes nothing: its name was lost.
    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Write { file, offset, data } => {
                let Some(content) = self.file_mut(*file) else { return };
                let end = offset + data.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*offset..end].copy_from_slice(data);
            }
            Change::Length { file, length } => {
                if let Some(content) = self.file_mut(*file) {
                    content.resize(*length, 0);
                }
            }
            Change::Create(segment) => drop(self.segments.entry(*segment).or_default()),
            Change::Remove(segment) => drop(self.segments.remove(segment)),
        }
    }
}
