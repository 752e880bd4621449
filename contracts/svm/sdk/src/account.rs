//! An account as the VM hands it to a program.

use core::ptr::{read_volatile, write_volatile};
use core::slice;

use crate::copy;

/// Flag: the transaction or the calling program signed for the account.
pub const SIGNER: u8 = 1;
/// Flag: the instruction may change the account.
pub const WRITABLE: u8 = 2;
/// Flag: the account is a program.
pub const EXECUTABLE: u8 = 4;

/// An account of the running instruction: where its record starts in the input.
///
/// Everything is read anew at each call, because an invocation changes what the record holds. The functions that follow
/// trust the VM: a record is complete, and `data_len` bytes of data are in its reach.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Account(*mut u8);

impl Account {
    const KEY: usize = 8;
    const OWNER: usize = 40;
    const LAMPORTS: usize = 72;
    const DATA_LEN: usize = 80;
    pub(crate) const DATA: usize = 88;

    /// # Safety
    ///
    /// `record` is the start of a record in the input of this program, and no duplicate marker.
    pub(crate) unsafe fn at(record: *mut u8) -> Self {
        Self(record)
    }

    pub(crate) fn field(self, offset: usize) -> *mut u8 {
        // SAFETY: all offsets are constants within a record.
        unsafe { self.0.add(offset) }
    }

    pub(crate) fn lamports_at(self) -> *mut u64 {
        self.field(Self::LAMPORTS).cast()
    }

    /// The public key.
    pub fn key(self) -> &'static [u8; 32] {
        // SAFETY: 32 bytes of the record that nothing changes.
        unsafe { &*self.field(Self::KEY).cast() }
    }

    /// The key of the program that owns the account. An invocation may change it.
    pub fn owner(self) -> &'static [u8; 32] {
        // SAFETY: 32 bytes of the record.
        unsafe { &*self.field(Self::OWNER).cast() }
    }

    /// [`SIGNER`], [`WRITABLE`] and [`EXECUTABLE`].
    pub fn flags(self) -> u8 {
        // SAFETY: the first four bytes of the record: the marker, then three that are 0 or 1.
        let head = unsafe { *self.field(0).cast::<u32>() };
        ((head >> 8) | (head >> 15) | (head >> 22)) as u8 & (SIGNER | WRITABLE | EXECUTABLE)
    }

    /// The balance in lamports.
    pub fn lamports(self) -> u64 {
        // SAFETY: an aligned word of the record.
        unsafe { read_volatile(self.lamports_at()) }
    }

    /// Changes the balance. The VM judges it when the program ends or invokes.
    pub fn set_lamports(self, lamports: u64) {
        // SAFETY: as in `lamports`.
        unsafe { write_volatile(self.lamports_at(), lamports) }
    }

    /// The number of bytes that the account holds.
    pub fn data_len(self) -> u64 {
        // SAFETY: an aligned word of the record.
        unsafe { read_volatile(self.field(Self::DATA_LEN).cast()) }
    }

    /// Copies data out, from `offset` on. False when the account ends before.
    #[must_use]
    pub fn read(self, offset: u64, out: &mut [u8]) -> bool {
        self.range(offset, out.len()).map(|data| copy(out, data)).is_some()
    }

    /// Overwrites data, from `offset` on. False when the account ends before. The VM judges it when the program ends or
    /// invokes.
    #[must_use]
    pub fn write(self, offset: u64, bytes: &[u8]) -> bool {
        self.range(offset, bytes.len()).map(|data| copy(data, bytes)).is_some()
    }

    /// The data from `offset` on. Given to `copy` only, so that no two ranges live at once.
    #[inline(never)]
    fn range(self, offset: u64, len: usize) -> Option<&'static mut [u8]> {
        let fits = offset.checked_add(len as u64).is_some_and(|end| end <= self.data_len());
        // SAFETY: the bytes are within the account's data.
        fits.then(|| unsafe { slice::from_raw_parts_mut(self.field(Self::DATA).add(offset as usize), len) })
    }
}
