//! The price reader: a Solana program that values what an account holds in another VM.
//!
//! It asks an ERC-20 for a balance and a contract of yet another VM for a price, each through its alias and as if it were
//! an Anchor program: instruction data is an 8-byte discriminator and Borsh, the answer is Borsh too. What it found goes
//! into its state account and is returned. `price-reader.json` is its interface.

#![no_std]

mod fault;
mod valuation;

use svm_sdk::{log, return_data, start, Account, Failure, Program};

use fault::Fault;
use valuation::Valuation;

/// SHA-256("global:value_of"), the first 8 bytes.
const VALUE_OF: [u8; 8] = [0x92, 0xc3, 0xff, 0xdf, 0xfd, 0x7f, 0x56, 0xc5];

/// SHA-256("global:balance_of"), the first 8 bytes.
const BALANCE_OF: [u8; 8] = [0x76, 0xcf, 0xbb, 0xd0, 0x6e, 0xeb, 0x76, 0xc6];

/// SHA-256("global:price"), the first 8 bytes.
const PRICE: [u8; 8] = [0x81, 0x55, 0xef, 0xe5, 0x3d, 0xe1, 0xda, 0x14];

/// # Safety
///
/// `input` is what the VM hands to a program.
#[no_mangle]
pub unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
    Failure::register(start(input).and_then(run))
}

/// The only instruction: `value_of(holder: pubkey) -> u128` over the accounts state, token and oracle.
fn run(mut program: Program) -> Result<(), Failure> {
    let (discriminator, arguments) = program.data.split_first_chunk().ok_or(Fault::UnknownInstruction)?;
    if *discriminator != VALUE_OF {
        return Err(Fault::UnknownInstruction.into());
    }
    let holder: &[u8; 32] = arguments.try_into().map_err(|_| Fault::BadArguments)?;
    let [state, token, oracle, ..] = *program.accounts else { return Err(Fault::MissingAccount.into()) };
    valuation::check(state, program.id)?;

    log(b"Instruction: ValueOf");
    let mut question = [0; 40];
    question[..8].copy_from_slice(&BALANCE_OF);
    question[8..].copy_from_slice(holder);
    let balance = low_half(&ask(&mut program, token, &question)?, Fault::BalanceTooLarge)?;
    let price = low_half(&ask(&mut program, oracle, &PRICE)?, Fault::PriceTooLarge)?;

    let valuation = Valuation::new(holder, balance, price)?;
    valuation.write(state)?;
    program.scratch.output.push(&valuation.value)?;
    program.scratch.output.set();
    Ok(())
}

/// Invokes an alias that answers with one 256-bit number, little-endian. No accounts go along: both questions are about
/// the state of the other VM.
fn ask(program: &mut Program, alias: Account, question: &[u8]) -> Result<[u8; 32], Failure> {
    program.scratch.cpi.invoke(alias.key(), question, program.accounts, None)?;
    let mut answer = [0; 32];
    let mut answering = [0; 32];
    if return_data(&mut answer, &mut answering) != answer.len() || answering != *alias.key() {
        return Err(Fault::BadAnswer.into());
    }
    Ok(answer)
}

/// The low 128 bits of a little-endian number that has no others.
fn low_half(number: &[u8; 32], too_large: Fault) -> Result<[u8; 16], Failure> {
    let mut half = [0; 16];
    let (low, high) = number.split_at(16);
    half.copy_from_slice(low);
    if high.iter().all(|byte| *byte == 0) {
        Ok(half)
    } else {
        Err(too_large.into())
    }
}
