//! The actor: a program whose instruction data is a script.
//!
//! Tests need programs that store, call, log and fail in every imaginable order. Instead of one program per case there
//! is this one: the instruction data is read from left to right; whatever the steps append is the return data.
//! `contracts/evm/actor` and `contracts/wasm/actor` read the same format, as far as Solana has the same thing; from 20
//! on stands what only Solana has. `contracts/README.md` lists all opcodes.
//!
//! Account 0 is the actor's state: an array of 8-byte little-endian words. Nothing here fails quietly: whatever the VM
//! refuses ends the script, because a Solana program cannot catch.

#![no_std]

mod accounts;
mod call;
mod script;
mod state;

use core::hint::black_box;

use svm_sdk::{log, log_data, remaining_units, sha256_in_place, stack_height, start, trap, Failure, Program, Slice};

use script::Script;

/// # Safety
///
/// `input` is what the VM hands to a program.
#[no_mangle]
pub unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
    Failure::register(start(input).and_then(run))
}

fn run(mut program: Program) -> Result<(), Failure> {
    let mut script = Script::new(program.data);
    while let Some(opcode) = script.opcode() {
        step(opcode, &mut script, &mut program)?;
    }
    program.scratch.output.set();
    Ok(())
}

fn step(opcode: u8, script: &mut Script, program: &mut Program) -> Result<(), Failure> {
    let output = &mut program.scratch.output;
    match opcode {
        0x01 => state::store(program.accounts, script.array()?, script.array()?),
        0x02 => output.push_word(state::load(program.accounts, script.array()?)?),
        0x03 => call::alias(script, program),
        0x04 => event(script),
        0x05 => Err(revert(script.bytes()?)),
        0x06 => burn(script.u32()?),
        0x07 => output.push(program.id),
        0x08 => trap(),
        0x0b => output.push_word(remaining_units()),
        0x12 => {
            black_box(recurse(script.u32()?));
            Ok(())
        }
        0x13 => {
            black_box(xorshift(script.u32()?));
            Ok(())
        }
        0x20 => call::program(script, program),
        0x21 => accounts::transfer(script, program.accounts),
        0x22 => accounts::write(script, program.accounts),
        0x23 => accounts::describe(script, program.accounts, output),
        0x24 => output.push(&stack_height().to_be_bytes()),
        0x25 => accounts::read(script, program.accounts, output),
        0x26 => accounts::identify(script, program.accounts, output),
        _ => Err(script::bad()),
    }
}

/// The most topics of an event, as in the EVM.
const TOPICS_MAX: usize = 4;

/// `n1 topic32*n len4 data`
fn event(script: &mut Script) -> Result<(), Failure> {
    let mut fields = [Slice::EMPTY; TOPICS_MAX + 1];
    let topics = usize::from(script.u8()?);
    if topics > TOPICS_MAX {
        return Err(script::bad());
    }
    for field in &mut fields[..topics] {
        *field = Slice::of(script.take(32)?);
    }
    fields[topics] = Slice::of(script.bytes()?);
    log_data(&fields[..=topics]);
    Ok(())
}

/// Logs `data`, and makes of its first four bytes the error code, of fewer the code 1.
fn revert(data: &[u8]) -> Failure {
    if data.iter().all(u8::is_ascii) {
        log(data);
    } else {
        log_data(&[Slice::of(data)]);
    }
    Failure::custom(data.get(..4).map_or(1, |code| script::number(code) as u32))
}

fn burn(rounds: u32) -> Result<(), Failure> {
    let mut word = [0; 32];
    for _ in 0..rounds {
        sha256_in_place(&mut word);
    }
    Ok(())
}

/// Not a tail call, and the result depends on every level: no compiler can turn it into a loop.
#[inline(never)]
fn recurse(n: u32) -> u32 {
    if n == 0 {
        return 0;
    }
    black_box(recurse(n - 1)).wrapping_mul(31) ^ n
}

#[inline(never)]
fn xorshift(rounds: u32) -> u64 {
    let mut x: u64 = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..rounds {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    x
}
