//! What a call of a program by another VM may hold: Solana's own limits of a call between programs.
//!
//! An [`Invocation`](crate::Invocation) is checked where it is put into bytes and where it is read from them, so that every way into the SVM
//! passes this one check before anything is derived, loaded or encoded.

use solana_pubkey::{MAX_SEED_LEN, MAX_SEEDS};

/// Most accounts of an instruction (`MAX_ACCOUNTS_PER_INSTRUCTION` of agave).
pub const ACCOUNTS_MAX: usize = 255;
/// Most bytes of instruction data, as for calls between programs (`MAX_INSTRUCTION_DATA_LEN` of agave).
pub const DATA_BYTES_MAX: usize = 10 << 10;
/// Most derived addresses that sign a call (`MAX_SIGNERS` of Solana's CPI).
pub const SIGNERS_MAX: usize = 16;
/// Most seeds of a derived address, the bump among them.
pub const SEEDS_MAX: usize = MAX_SEEDS;
/// Most bytes of a seed.
pub const SEED_BYTES_MAX: usize = MAX_SEED_LEN;

/// Most bytes of a program: an account holds 10 MiB, and 45 of them say who may change the program.
pub const PROGRAM_BYTES_MAX: usize = (10 << 20) - 45;

/// An invocation holds more than a call can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvocationError {
    /// Too many accounts.
    #[error("{0} accounts are passed; an instruction takes at most {ACCOUNTS_MAX}")]
    Accounts(usize),
    /// Too much instruction data.
    #[error("{0} bytes of data are passed; a call takes at most {DATA_BYTES_MAX}")]
    Data(usize),
    /// Too many lists of seeds.
    #[error("{0} lists of seeds are passed; at most {SIGNERS_MAX} derived addresses sign a call")]
    Signers(usize),
    /// Too many seeds in a list.
    #[error("a list of seeds has {0} of them; an address is derived from at most {SEEDS_MAX}, the bump among them")]
    Seeds(usize),
    /// A seed is too long.
    #[error("a seed has {0} bytes; at most {SEED_BYTES_MAX} are allowed; hash what is longer")]
    Seed(usize),
}

/// Whether there is not too much of something.
pub(crate) fn within(
    given: usize,
    most: usize,
    error: impl FnOnce(usize) -> InvocationError,
) -> Result<(), InvocationError> {
    if given > most { Err(error(given)) } else { Ok(()) }
}
