//! Runs the fixtures by which Solana's clients are compared with one another.
//!
//! A fixture is one protobuf message: what ran, its input, and what agave did with it. It runs here in this crate's own
//! settings (its native programs, its loading of programs, its lane of transactions, both engines); what differs is told
//! in sentences. Blocks and gossip are not run here.
//!
//! - `messages`: the messages, as they are now and as they were in 2024
//! - `scene`: accounts, sysvars, programs and features around one instruction
//! - `instruction`, `syscall`, `machine`, `elf`, `transaction`: the kinds of fixtures
//! - `ledger`: the accounts of a transaction as a host
//! - `memory`: the memory of a program as guests see it
//! - `compare`: differences as sentences

mod compare;
mod elf;
mod instruction;
mod ledger;
mod machine;
mod memory;
mod messages;
mod scene;
mod syscall;
mod transaction;

use compare::Differences;
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// What executes sBPF.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Native code; on machines other than x86-64 this is the interpreter.
    Jit,
    /// The interpreter.
    Interpreter,
    /// Both, one after the other: they must agree.
    #[default]
    Both,
}

/// What a fixture is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One top-level instruction: `InstrFixture`.
    Instruction,
    /// One call of a syscall: `SyscallFixture`.
    Syscall,
    /// A program text, without accounts, its syscalls doing nothing: `SyscallFixture` of the entry point `vm_interp`.
    Machine,
    /// Loading of an ELF file: `ELFLoaderFixture`.
    ElfLoader,
    /// A whole transaction: `TxnFixture`.
    Transaction,
}

impl Kind {
    /// All kinds that are run.
    pub const ALL: [Self; 5] = [Self::Instruction, Self::Syscall, Self::Machine, Self::ElfLoader, Self::Transaction];

    /// The kind of an entry point of a client's library, such as `sol_compat_instr_execute_v1`.
    fn of(entry_point: &str) -> Option<Self> {
        let name = entry_point.strip_prefix("sol_compat_")?;
        let kinds = [
            ("instr_execute_", Self::Instruction),
            ("vm_syscall_execute_", Self::Syscall),
            ("vm_cpi_syscall_", Self::Syscall),
            ("vm_interp_", Self::Machine),
            ("elf_loader_", Self::ElfLoader),
            ("txn_execute_", Self::Transaction),
        ];
        kinds.into_iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, kind)| kind)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instruction => "instruction",
            Self::Syscall => "syscall",
            Self::Machine => "vm",
            Self::ElfLoader => "elf-loader",
            Self::Transaction => "transaction",
        })
    }
}

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

/// Most compute units that a run gets, so that it ends within seconds.
const COMPUTE_UNITS_MAX: u64 = 1 << 30;

/// The compute units of a fixture. Of very many, most are kept back: hardly any program would use them.
#[derive(Clone, Copy)]
struct Units {
    given: u64,
    kept_back: u64,
}

impl Units {
    fn new(available: u64) -> Self {
        let given = available.min(COMPUTE_UNITS_MAX);
        Self { given, kept_back: available - given }
    }

    /// What is left of all, after a run that left `left` of those that it got.
    fn left(self, left: u64) -> Result<u64, Refusal> {
        if self.kept_back > 0 && left == 0 {
            let message = format!("fixtures that use more than {COMPUTE_UNITS_MAX} compute units are not run");
            return Err(Refusal::Skipped(message));
        }
        Ok(left.saturating_add(self.kept_back))
    }
}

/// A fixture that cannot be compared.
#[derive(Debug)]
enum Refusal {
    Skipped(String),
    Unreadable(String),
}

impl From<prost::DecodeError> for Refusal {
    fn from(error: prost::DecodeError) -> Self {
        Self::Unreadable(format!("not a fixture: {error}"))
    }
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

/// Runs `work`, which is told whether to compile, on the engines. The first result counts; another is a difference.
fn observe<T: PartialEq>(
    engine: Engine,
    differences: &mut Differences,
    work: impl Fn(bool) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let observed = work(engine != Engine::Interpreter)?;
    if engine == Engine::Both && work(false)? != observed {
        differences.add("native code and the interpreter give different results");
    }
    Ok(observed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_that_disagree_are_a_difference() {
        let mut differences = Differences::default();
        assert!(observe(Engine::Both, &mut differences, Ok).unwrap());
        assert!(!differences.is_empty());
        for engine in [Engine::Jit, Engine::Interpreter] {
            let mut differences = Differences::default();
            assert_eq!(observe(engine, &mut differences, Ok).unwrap(), engine == Engine::Jit);
            assert!(differences.is_empty());
        }
    }

    #[test]
    fn a_kind_is_known_by_its_entry_point_of_any_version() {
        for (name, kind) in [
            ("sol_compat_instr_execute_v1", Some(Kind::Instruction)),
            ("sol_compat_instr_execute_v2", Some(Kind::Instruction)),
            ("sol_compat_vm_syscall_execute_v1", Some(Kind::Syscall)),
            ("sol_compat_vm_interp_v1", Some(Kind::Machine)),
            ("sol_compat_elf_loader_v1", Some(Kind::ElfLoader)),
            ("sol_compat_txn_execute_v1", Some(Kind::Transaction)),
            ("sol_compat_block_execute_v1", None),
            ("instr_execute_v1", None),
        ] {
            assert_eq!(Kind::of(name), kind, "{name}");
        }
    }
}
