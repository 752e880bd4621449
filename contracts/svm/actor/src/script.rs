//! Reading a script.

use svm_sdk::{log, Account, Failure};

/// What is left to do.
pub struct Script {
    rest: &'static [u8],
}

/// The failure for an unknown opcode, a cut-off operand or one that Solana has no meaning for.
pub fn bad() -> Failure {
    log(b"bad script");
    Failure::INVALID_INSTRUCTION_DATA
}

impl Script {
    pub fn new(rest: &'static [u8]) -> Self {
        Self { rest }
    }

    /// The next opcode; nothing at the end.
    pub fn opcode(&mut self) -> Option<u8> {
        let (opcode, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*opcode)
    }

    pub fn take(&mut self, len: usize) -> Result<&'static [u8], Failure> {
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or_else(bad)?;
        self.rest = rest;
        Ok(bytes)
    }

    pub fn array<const N: usize>(&mut self) -> Result<&'static [u8; N], Failure> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(bad)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// A big-endian number.
    fn number(&mut self, len: usize) -> Result<u64, Failure> {
        self.take(len).map(number)
    }

    pub fn u8(&mut self) -> Result<u8, Failure> {
        self.number(1).map(|number| number as u8)
    }

    pub fn u32(&mut self) -> Result<u32, Failure> {
        self.number(4).map(|number| number as u32)
    }

    pub fn u64(&mut self) -> Result<u64, Failure> {
        self.number(8)
    }

    /// `len4 data`
    pub fn bytes(&mut self) -> Result<&'static [u8], Failure> {
        let len = self.u32()?;
        self.take(len as usize)
    }

    /// `index1`, one of the instruction's accounts.
    pub fn account(&mut self, accounts: &[Account]) -> Result<Account, Failure> {
        accounts.get(usize::from(self.u8()?)).copied().ok_or(Failure::NOT_ENOUGH_ACCOUNTS)
    }
}

/// The low 64 bits of a big-endian number.
pub fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
