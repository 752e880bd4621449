//! What the loader sees in a program, without an account that holds it.

use crate::runtime::Runtime;
use hexapla_svm_types::{code::Record, limits::PROGRAM_BYTES_MAX, shape};
use hexapla_vm::{Cost, Count, Examination, Refusal};
use solana_program_runtime::invoke_context::{Executable, InvokeContext};
use solana_sbpf::{
    elf::{ElfError, Executable as Loaded, get_sbpf_version},
    error::EbpfError,
    program::BuiltinProgram,
    verifier::RequisiteVerifier,
};
use std::sync::Arc;

/// Looks at an ELF file as the loader does when it is deployed.
pub(crate) fn examine(runtime: &Runtime, elf: &[u8]) -> Examination {
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let (bytes, symbols, most) = (elf.len(), shape::symbols(elf), shape::symbols_max(elf.len()));
    let mut counts = vec![Count::same("bytes of the program", number(bytes), number(PROGRAM_BYTES_MAX))];
    if let Ok(version) = get_sbpf_version(elf) {
        let newest = *runtime.environment.get_config().enabled_sbpf_versions.end();
        counts.push(Count::same("version of sBPF", u64::from(version as u32), u64::from(newest as u32)));
    }
    counts.push(Count::here("functions and relocations", number(symbols), number(most)));
    let refusal = refusal(runtime, elf, symbols > most);
    let gas = Record::of(elf, 0).gas();
    let costs = match refusal {
        None => vec![Cost { what: "each call from another VM, before the program begins", gas }],
        Some(_) => Vec::new(),
    };
    Examination { counts, costs, refusal }
}

fn refusal(runtime: &Runtime, elf: &[u8], has_too_many_symbols: bool) -> Option<Refusal> {
    let because = |rule: &str, reason: String| Some(Refusal { rule: format!("svm::{rule}"), reason });
    if elf.len() > PROGRAM_BYTES_MAX {
        let reason =
            format!("the program has {} bytes; an account holds a program of at most {PROGRAM_BYTES_MAX}", elf.len());
        return because("limit", reason);
    }
    if has_too_many_symbols {
        let reason =
            "the program has too many functions and relocations for its length: one for each 64 bytes, and 1,024";
        return because("limit", reason.to_owned());
    }
    match load(runtime, elf) {
        Ok(program) => match program.verify::<RequisiteVerifier>() {
            Ok(()) => None,
            Err(EbpfError::VerifierError(error)) => because("verifier", error.to_string()),
            Err(error) => because("verifier", error.to_string()),
        },
        Err(error) => because("elf", error.to_string()),
    }
}

/// By the stricter rules of a deployment, as `deploy_program` of agave has them: no broken files, and no system call that
/// new programs may not make.
fn load(runtime: &Runtime, elf: &[u8]) -> Result<Executable, ElfError> {
    let mut config = runtime.environment.get_config().clone();
    config.reject_broken_elfs = true;
    let mut strict: BuiltinProgram<InvokeContext<'static, 'static>> = BuiltinProgram::new_loader(config);
    for (_, (name, function)) in runtime.environment.get_function_registry().iter() {
        if name != WITHDRAWN {
            strict.register_function(core::str::from_utf8(name).unwrap_or_default(), function)?;
        }
    }
    Loaded::load(elf, Arc::new(strict))
}

/// A system call that programs of before may make.
const WITHDRAWN: &[u8] = b"sol_alloc_free_";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_programs_are_accepted_and_damaged_ones_are_refused_by_the_rule_they_break() {
        let runtime = Runtime::new().unwrap();
        for program in crate::spl::PROGRAMS {
            let seen = examine(&runtime, program.elf());
            let rule = seen.refusal.map(|refusal| refusal.rule);
            // What was deployed before a rule came need not be accepted today.
            assert!(matches!(rule.as_deref(), None | Some("svm::elf")), "{}: {rule:?}", program.name);
        }
        let memo = crate::spl::PROGRAMS[3].elf();
        assert_eq!(examine(&runtime, memo).refusal, None);
        let rule = |elf: &[u8]| examine(&runtime, elf).refusal.map(|refusal| refusal.rule).unwrap_or_default();
        assert_eq!(rule(&memo[..memo.len() / 2]), "svm::elf");
        assert_eq!(rule(b"\x7fELF"), "svm::elf");
        assert_eq!(rule(&vec![0; PROGRAM_BYTES_MAX + 1]), "svm::limit");
        let seen = examine(&runtime, memo);
        assert!(!seen.counts.iter().any(Count::exceeds));
    }
}
