//! Runs the fixtures by which Solana's clients are compared with one another.
//!
//! A fixture is one protobuf message: what ran, its input, and what agave did with it. It runs here in this crate's own
//! settings (its native programs, its loading of programs, its lane of transactions, both engines); what differs is told
//! in sentences. Blocks and gossip are not run here.
//!
//! - `fixture`: what all kinds share: engines, units, what cannot be compared
//! - `messages`: the messages, as they are now and as they were in 2024
//! - `scene`: accounts, sysvars, programs and features around one instruction
//! - `instruction`, `syscall`, `machine`, `elf`, `transaction`: the kinds of fixtures
//! - `ledger`: the accounts of a transaction as a host
//! - `memory`: the memory of a program as guests see it
//! - `compare`: differences as sentences

mod compare;
mod elf;
mod fixture;
mod instruction;
mod ledger;
mod machine;
mod memory;
mod messages;
mod scene;
mod syscall;
mod transaction;

use fixture::Refusal;
pub use fixture::{Engine, Kind};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a fixture ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything is as the fixture says.
    Pass(Kind),
    /// Something is not.
    Fail {
        /// What the fixture is about.
        kind: Kind,
        /// What differs, a sentence each; never empty.
        differences: Vec<String>,
    },
    /// It is a fixture, but of something that does not exist here.
    Skipped {
        /// What the fixture is about; `None` where that is the reason.
        kind: Option<Kind>,
        /// Why, as a sentence that is the same for all fixtures of one reason.
        reason: String,
    },
    /// The bytes are no fixture, or one whose input contradicts itself: why.
    Unreadable(String),
}

/// Runs one fixture, the contents of a `.fix` file. Never panics; a panic of agave on a malformed input is a failure.
pub fn run(fixture: &[u8], engine: Engine) -> Verdict {
    let parts = match messages::split(fixture) {
        Ok(parts) => parts,
        Err(Refusal::Skipped(reason)) => return Verdict::Skipped { kind: None, reason },
        Err(Refusal::Unreadable(reason)) => return Verdict::Unreadable(reason),
    };
    let kind = parts.kind;
    let work = || match kind {
        Kind::Instruction => instruction::run(&parts, engine),
        Kind::Syscall => syscall::run(&parts, engine),
        Kind::Machine => machine::run(&parts, engine),
        Kind::ElfLoader => elf::run(&parts),
        Kind::Transaction => transaction::run(&parts, engine),
    };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(differences)) if differences.is_empty() => Verdict::Pass(kind),
        Ok(Ok(differences)) => Verdict::Fail { kind, differences: differences.into() },
        Ok(Err(Refusal::Skipped(reason))) => Verdict::Skipped { kind: Some(kind), reason },
        Ok(Err(Refusal::Unreadable(reason))) => Verdict::Unreadable(reason),
        Err(_) => Verdict::Fail { kind, differences: vec!["the run panicked".into()] },
    }
}
