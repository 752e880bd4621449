//! Steps that invoke: other VMs' contracts by their alias, Solana programs by their account.

use svm_sdk::{copy, Failure, Program, Seed};

use crate::script::{self, Script};

/// The alias of address zero. Of every other, the last 20 bytes are the address.
const ALIAS_OF_ZERO: [u8; 32] = *b"\0hexapla-evm\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// What instruction data for an alias starts with when coin goes along: the first 8 bytes of
/// SHA-256("hexapla:call_with_value"). The lamports follow, then the data for the contract.
const WITH_VALUE: [u8; 8] = [0x9d, 0x2b, 0xa3, 0x7d, 0x25, 0xcb, 0x5d, 0xa9];

/// One lamport in wei.
const LAMPORT_WEI: u64 = 1_000_000_000;

/// `kind1 mode1 to20 value32 gas8 len4 data`: invokes the alias of a contract with all accounts of this instruction but
/// the alias itself, with the flags that they have here, and appends what comes back. Solana cannot catch and has no cap,
/// so mode and gas say nothing.
pub fn alias(script: &mut Script, program: &mut Program) -> Result<(), Failure> {
    let (kind, mode) = (script.u8()?, script.u8()?);
    // A static call and a delegate call have no form in Solana.
    if kind != 0 || mode > 2 {
        return Err(script::bad());
    }
    let mut alias = ALIAS_OF_ZERO;
    copy(&mut alias[12..], script.take(20)?);
    let value = script.array()?;
    script.u64()?;
    let mut data = script.bytes()?;

    let scratch = &mut *program.scratch;
    if *value != [0; 32] {
        let lamports = lamports(value)?;
        let len = 16 + data.len();
        let room = scratch.data.get_mut(..len).ok_or_else(script::bad)?;
        room[..8].copy_from_slice(&WITH_VALUE);
        room[8..16].copy_from_slice(&lamports.to_le_bytes());
        room[16..].copy_from_slice(data);
        data = room;
    }
    for account in program.accounts.iter().filter(|account| *account.key() != alias) {
        scratch.cpi.account(*account, account.flags())?;
    }
    scratch.cpi.invoke(&alias, data, program.accounts, None)?;
    scratch.output.push_return_data()
}

/// The lamports in a big-endian number of wei. Fails with `dust` where they do not come out even.
fn lamports(wei: &[u8; 32]) -> Result<u64, Failure> {
    let (mut quotient, mut remainder) = (0u64, 0u64);
    for digit in wei.chunks_exact(4) {
        remainder = remainder << 32 | script::number(digit);
        if quotient >> 32 != 0 {
            return Err(script::bad());
        }
        quotient = quotient << 32 | remainder / LAMPORT_WEI;
        remainder %= LAMPORT_WEI;
    }
    if remainder == 0 {
        Ok(quotient)
    } else {
        Err(crate::revert(b"dust"))
    }
}

/// `program1 n1 (account1 flags1)*n seeds1 [bump1 len1 seed] len4 data`: invokes a program with any accounts and flags,
/// signed by the derived address when `seeds1` is 1, and appends what comes back.
pub fn program(script: &mut Script, program: &mut Program) -> Result<(), Failure> {
    let target = script.account(program.accounts)?;
    for _ in 0..script.u8()? {
        program.scratch.cpi.account(script.account(program.accounts)?, script.u8()?)?;
    }
    let seed = match script.u8()? {
        0 => None,
        1 => {
            let (bump, len) = (script.u8()?, script.u8()?);
            Some(Seed { bump, seed: script.take(usize::from(len))? })
        }
        _ => return Err(script::bad()),
    };
    let data = script.bytes()?;

    program.scratch.cpi.invoke(target.key(), data, program.accounts, seed)?;
    program.scratch.output.push_return_data()
}
