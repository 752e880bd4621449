//! What all kinds of fixtures share: what executes them, their compute units, and why one cannot be compared.

use super::compare::Differences;
use std::fmt;

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
    pub(super) fn of(entry_point: &str) -> Option<Self> {
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

/// Most compute units that a run gets, so that it ends within seconds.
const COMPUTE_UNITS_MAX: u64 = 1 << 30;

/// The compute units of a fixture. Of very many, most are kept back: hardly any program would use them.
#[derive(Clone, Copy)]
pub(super) struct Units {
    pub(super) given: u64,
    kept_back: u64,
}

impl Units {
    pub(super) fn new(available: u64) -> Self {
        let given = available.min(COMPUTE_UNITS_MAX);
        Self { given, kept_back: available - given }
    }

    /// What is left of all, after a run that left `left` of those that it got.
    pub(super) fn left(self, left: u64) -> Result<u64, Refusal> {
        if self.kept_back > 0 && left == 0 {
            let message = format!("fixtures that use more than {COMPUTE_UNITS_MAX} compute units are not run");
            return Err(Refusal::Skipped(message));
        }
        Ok(left.saturating_add(self.kept_back))
    }
}

/// A fixture that cannot be compared.
#[derive(Debug)]
pub(super) enum Refusal {
    Skipped(String),
    Unreadable(String),
}

impl From<prost::DecodeError> for Refusal {
    fn from(error: prost::DecodeError) -> Self {
        Self::Unreadable(format!("not a fixture: {error}"))
    }
}

/// Runs `work`, which is told whether to compile, on the engines. The first result counts; another is a difference.
pub(super) fn observe<T: PartialEq>(
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
