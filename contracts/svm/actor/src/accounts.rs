//! Steps over the accounts of the instruction.

use svm_sdk::{Account, Failure, Output};

use crate::script::Script;

/// `from1 to1 lamports8`: debits and credits. The VM refuses it for an account that the actor does not own.
pub fn transfer(script: &mut Script, accounts: &[Account]) -> Result<(), Failure> {
    let (from, to, lamports) = (script.account(accounts)?, script.account(accounts)?, script.u64()?);
    from.set_lamports(from.lamports().checked_sub(lamports).ok_or(Failure::INSUFFICIENT_FUNDS)?);
    to.set_lamports(to.lamports().checked_add(lamports).ok_or(Failure::ARITHMETIC_OVERFLOW)?);
    Ok(())
}

/// `index1 offset4 len4 data`
pub fn write(script: &mut Script, accounts: &[Account]) -> Result<(), Failure> {
    let (account, offset, data) = (script.account(accounts)?, script.u32()?, script.bytes()?);
    if account.write(u64::from(offset), data) {
        Ok(())
    } else {
        Err(Failure::ACCOUNT_DATA_TOO_SMALL)
    }
}

/// `index1 offset4 len4`: appends data.
pub fn read(script: &mut Script, accounts: &[Account], output: &mut Output) -> Result<(), Failure> {
    let (account, offset, len) = (script.account(accounts)?, script.u32()?, script.u32()?);
    if account.read(u64::from(offset), output.grow(len as usize)?) {
        Ok(())
    } else {
        Err(Failure::ACCOUNT_DATA_TOO_SMALL)
    }
}

/// `index1`: appends lamports8, owner32 and the length of the data as 8 bytes.
pub fn describe(script: &mut Script, accounts: &[Account], output: &mut Output) -> Result<(), Failure> {
    let account = script.account(accounts)?;
    output.push(&account.lamports().to_be_bytes())?;
    output.push(account.owner())?;
    output.push(&account.data_len().to_be_bytes())
}

/// `index1`: appends key32 and flags1.
pub fn identify(script: &mut Script, accounts: &[Account], output: &mut Output) -> Result<(), Failure> {
    let account = script.account(accounts)?;
    output.push(account.key())?;
    output.push(&[account.flags()])
}
