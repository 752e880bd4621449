//! The input of a program and its working memory.

use core::slice;

use crate::{Account, Cpi, Failure, Output, CPI_DATA_MAX};

/// The most accounts, duplicates counted, that an instruction may name.
pub const ACCOUNTS_MAX: usize = 64;

/// The marker of a record that is not a duplicate of an earlier one.
const NOT_A_DUPLICATE: u8 = 0xff;

/// How far the VM lets the data of an account grow, in bytes. The input leaves that much room behind each.
const GROWTH_MAX: usize = 10_240;

/// Where the VM maps the heap of a frame: 32 KiB of zeros.
const HEAP: *mut Scratch = 0x3_0000_0000 as *mut Scratch;

const _: () = assert!(size_of::<Scratch>() <= 32 * 1024);

/// The working memory of a program.
#[repr(C)]
pub struct Scratch {
    accounts: [*mut u8; ACCOUNTS_MAX],
    /// For invocations.
    pub cpi: Cpi,
    /// What becomes the return data.
    pub output: Output,
    /// Room for instruction data.
    pub data: [u8; CPI_DATA_MAX],
}

/// A running program.
pub struct Program {
    /// The accounts of the instruction.
    pub accounts: &'static [Account],
    /// The instruction data.
    pub data: &'static [u8],
    /// The program's own key.
    pub id: &'static [u8; 32],
    /// Its working memory.
    pub scratch: &'static mut Scratch,
}

/// Reads the input.
///
/// # Errors
///
/// `InvalidArgument` for more than [`ACCOUNTS_MAX`] accounts.
///
/// # Safety
///
/// `input` is what the VM hands to the entry point, and this is called once.
pub unsafe fn start(input: *mut u8) -> Result<Program, Failure> {
    let scratch = &mut *HEAP;
    let count = *input.cast::<u64>() as usize;
    let mut at = input.add(8);
    let mut rest = scratch.accounts.iter_mut();
    for index in 0..count {
        let Some(slot) = rest.next() else {
            crate::log(b"an instruction of this program names 64 accounts at most");
            return Err(Failure::INVALID_ARGUMENT);
        };
        let marker = *at;
        if marker == NOT_A_DUPLICATE {
            *slot = at;
            let len = Account::at(at).data_len() as usize;
            // The data, room to grow, padding to a word, the rent epoch.
            at = at.add((Account::DATA + len + GROWTH_MAX + 7) / 8 * 8 + 8);
        } else {
            debug_assert!((marker as usize) < index);
            *slot = *HEAP.cast::<*mut u8>().add(marker as usize);
            at = at.add(8);
        }
    }
    let len = *at.cast::<u64>() as usize;
    let data = at.add(8);
    Ok(Program {
        accounts: slice::from_raw_parts(HEAP.cast::<Account>(), count),
        data: slice::from_raw_parts(data, len),
        id: &*data.add(len).cast(),
        scratch: &mut *HEAP,
    })
}
