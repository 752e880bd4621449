//! The program's memory, its call data and its result.

use super::{Hook, Hooks};
use crate::{
    prices,
    session::{Stop, Trap},
};
use hexapla_primitives::{Address, B256, Bytes, U256, keccak256};

impl Hooks<'_> {
    pub(crate) fn read_args(&mut self, dest: u32) -> Hook<()> {
        let input = self.session.frame.input.clone();
        self.session.charge(prices::HOOK.saturating_add(prices::write(length(&input))))?;
        self.put(dest, &input)
    }

    pub(crate) fn write_result(&mut self, data: u32, len: u32) -> Hook<()> {
        self.session.charge(prices::HOOK.saturating_add(twice_read(len)))?;
        self.session.output = self.take(data, len)?;
        Ok(())
    }

    pub(crate) fn exit_early(&mut self, status: u32) -> Hook<()> {
        Err(Stop::Exit(status))
    }

    pub(crate) fn native_keccak256(&mut self, data: u32, len: u32, dest: u32) -> Hook<()> {
        self.session.charge(prices::keccak(len.into()))?;
        let hash = keccak256(self.bytes(data, len)?);
        self.put(dest, hash.as_slice())
    }

    /// Programs never need to call it: each `memory.grow` does.
    pub(crate) fn pay_for_memory_grow(&mut self, pages: u32) -> Hook<()> {
        self.session.charge(prices::HOOK)?;
        let open = self.session.pages;
        self.session.charge_gas(prices::memory_growth(open, pages))?;
        self.session.pages = open.saturating_add(pages);
        Ok(())
    }

    /// The bytes at a pointer.
    pub(super) fn bytes(&self, pointer: u32, len: u32) -> Hook<&[u8]> {
        let range = range(pointer, usize::try_from(len).ok())?;
        self.memory.get(range).ok_or(Stop::Trap(Trap::Pointer))
    }

    /// A copy of the bytes at a pointer. The caller has charged for the length.
    pub(super) fn take(&self, pointer: u32, len: u32) -> Hook<Bytes> {
        Ok(Bytes::copy_from_slice(self.bytes(pointer, len)?))
    }

    /// Writes bytes at a pointer.
    pub(super) fn put(&mut self, pointer: u32, bytes: &[u8]) -> Hook<()> {
        let range = range(pointer, Some(bytes.len()))?;
        let place = self.memory.get_mut(range).ok_or(Stop::Trap(Trap::Pointer))?;
        place.copy_from_slice(bytes);
        Ok(())
    }

    fn array<const N: usize>(&self, pointer: u32) -> Hook<[u8; N]> {
        let bytes = self.memory.get(range(pointer, Some(N))?);
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or(Stop::Trap(Trap::Pointer))
    }

    /// The 32 bytes at a pointer.
    pub(super) fn word(&self, pointer: u32) -> Hook<B256> {
        Ok(B256::from(self.array(pointer)?))
    }

    /// The big-endian number at a pointer.
    pub(super) fn number(&self, pointer: u32) -> Hook<U256> {
        Ok(U256::from_be_bytes(self.array::<32>(pointer)?))
    }

    /// The address at a pointer.
    pub(super) fn address(&self, pointer: u32) -> Hook<Address> {
        Ok(Address::from(self.array(pointer)?))
    }

    /// Writes a big-endian number at a pointer.
    pub(super) fn put_number(&mut self, pointer: u32, number: U256) -> Hook<()> {
        self.put(pointer, &number.to_be_bytes::<32>())
    }

    /// Writes a length at a pointer.
    pub(super) fn put_length(&mut self, pointer: u32, length: usize) -> Hook<()> {
        self.put(pointer, &u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes())
    }
}

fn range(pointer: u32, len: Option<usize>) -> Hook<core::ops::Range<usize>> {
    let start = usize::try_from(pointer).ok();
    let end = start.zip(len).and_then(|(start, len)| start.checked_add(len));
    start.zip(end).map(|(start, end)| start..end).ok_or(Stop::Trap(Trap::Pointer))
}

/// Price of bytes that leave the program.
pub(super) fn twice_read(len: u32) -> u64 {
    prices::read(len.into()).saturating_mul(2)
}

/// Length of data in the host's own memory.
pub(super) fn length(bytes: &[u8]) -> u64 {
    bytes.len().try_into().unwrap_or(u64::MAX)
}

/// The part of `data` that a program asked for, as far as it exists.
pub(super) fn part(data: &[u8], offset: u32, size: u32) -> &[u8] {
    let clamp = |position: u64| usize::try_from(position).unwrap_or(usize::MAX).min(data.len());
    let (start, end) = (clamp(offset.into()), clamp(u64::from(offset) + u64::from(size)));
    data.get(start..end).unwrap_or_default()
}
