//! The disk as the store and the log see it.

use std::{io, path::PathBuf};

use redb::StorageBackend;

use super::{
    FaultyDisk,
    image::{Change, FileId},
};
use crate::log::{LogDisk, Segment};

impl FaultyDisk {
    /// Fails if the store's file would grow beyond the space.
    fn check_space(&self, length: usize) -> io::Result<()> {
        let state = self.state();
        let growth = length.saturating_sub(state.visible()?.store.len());
        if growth as u64 > state.space_bytes() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl StorageBackend for FaultyDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().visible()?.store.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        let start = to_usize(offset)?;
        let end = start.checked_add(out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(state.visible()?.store.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let length = to_usize(len)?;
        self.check_space(length)?;
        self.state().change(Change::Length { file: FileId::Store, length })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.state().sync(FileId::Store)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = to_usize(offset)?;
        self.check_space(offset.saturating_add(data.len()))?;
        self.state().change(Change::Write { file: FileId::Store, offset, data: data.to_vec() })
    }
}

impl LogDisk for FaultyDisk {
    fn segments(&self) -> io::Result<Vec<u64>> {
        Ok(self.state().visible()?.segments.keys().copied().collect())
    }

    fn read(&self, segment: u64) -> io::Result<Vec<u8>> {
        let mut state = self.state();
        state.sync(FileId::Segment(segment))?;
        state.visible()?.segments.get(&segment).cloned().ok_or(io::ErrorKind::NotFound.into())
    }

    fn create(&self, segment: u64) -> io::Result<Box<dyn Segment>> {
        let mut state = self.state();
        if state.visible()?.segments.contains_key(&segment) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.change_durably(Change::Create(segment))?;
        Ok(Box::new(FaultySegment { disk: self.clone(), file: FileId::Segment(segment) }))
    }

    fn remove(&self, segment: u64) -> io::Result<()> {
        self.state().change_durably(Change::Remove(segment))
    }

    fn path(&self, segment: u64) -> PathBuf {
        PathBuf::from(format!("disk.log.{segment:010}"))
    }
}

/// A segment on a faulty disk.
struct FaultySegment {
    disk: FaultyDisk,
    file: FileId,
}

impl Segment for FaultySegment {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        let offset = state.visible()?.file(self.file).ok_or(io::ErrorKind::NotFound)?.len();
        let fits = bytes.len().min(usize::try_from(state.space_bytes()).unwrap_or(usize::MAX));
        let data = bytes.get(..fits).unwrap_or(bytes).to_vec();
        state.change(Change::Write { file: self.file, offset, data })?;
        if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.state().sync(self.file)
    }
}

fn to_usize(value: u64) -> io::Result<usize> {
    usize::try_from(value).map_err(|_| io::ErrorKind::InvalidInput.into())
}
