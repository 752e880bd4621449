//! How a program fails.

use core::num::NonZeroU64;

/// What a program returns in its register 0 instead of zero. The constants are Solana's `ProgramError`.
#[derive(Clone, Copy)]
pub struct Failure(NonZeroU64);

impl Failure {
    const CUSTOM_ZERO: Self = Self::builtin(1);
    /// An argument is out of its range.
    pub const INVALID_ARGUMENT: Self = Self::builtin(2);
    /// The instruction data cannot be read.
    pub const INVALID_INSTRUCTION_DATA: Self = Self::builtin(3);
    /// An account holds too few bytes.
    pub const ACCOUNT_DATA_TOO_SMALL: Self = Self::builtin(5);
    /// An account holds too few lamports.
    pub const INSUFFICIENT_FUNDS: Self = Self::builtin(6);
    /// The instruction names too few accounts.
    pub const NOT_ENOUGH_ACCOUNTS: Self = Self::builtin(11);
    /// A sum leaves the range of its type.
    pub const ARITHMETIC_OVERFLOW: Self = Self::builtin(24);

    const fn builtin(number: u32) -> Self {
        match NonZeroU64::new((number as u64) << 32) {
            Some(code) => Self(code),
            None => Self(NonZeroU64::MAX),
        }
    }

    /// An error of the program's own. Zero has a code of its own, since register 0 = 0 is success.
    pub fn custom(code: u32) -> Self {
        Self(NonZeroU64::new(u64::from(code)).unwrap_or(Self::CUSTOM_ZERO.0))
    }

    /// What a syscall returned: nothing for zero.
    pub(crate) fn check(code: u64) -> Result<(), Self> {
        NonZeroU64::new(code).map_or(Ok(()), |code| Err(Self(code)))
    }

    /// What the entry point returns.
    pub fn register(end: Result<(), Self>) -> u64 {
        match end {
            Ok(()) => 0,
            Err(Self(code)) => code.get(),
        }
    }
}
