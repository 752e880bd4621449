//! What the Solana programs of this folder need of the VM: their input, syscalls and cross-program invocation.
//!
//! There is no allocator. The heap of a frame, 32 KiB that the VM hands over as zeros, is one [`Scratch`]. The layout of
//! the input and of the C structures is that of Solana's loaders 2, 3 and 4 (aligned serialization).

#![no_std]

mod account;
mod cpi;
mod failure;
mod input;
mod memory;
mod output;
mod syscalls;

pub use account::{Account, EXECUTABLE, SIGNER, WRITABLE};
pub use cpi::{Cpi, Seed, CPI_DATA_MAX};
pub use failure::Failure;
pub use input::{start, Program, Scratch, ACCOUNTS_MAX};
pub use memory::copy;
pub use output::{Output, RETURN_DATA_MAX};
pub use syscalls::{log, log_data, remaining_units, return_data, sha256_in_place, stack_height, trap, Slice};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    trap()
}
