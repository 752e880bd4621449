//! Loading of an ELF file.

use super::{
    compare::Differences,
    fixture::Refusal,
    messages::{self, Parts},
};
use prost::Message;
use protosol::protos::{ElfLoaderCtx, ElfLoaderEffects, FeatureSet};
use solana_program_runtime::execution_budget::SVMTransactionExecutionBudget;
use solana_sbpf::{ebpf::INSN_SIZE, elf::Executable};
use std::{collections::BTreeSet, sync::Arc};
use xxhash_rust::xxh64::xxh64;

/// The context of 2024.
#[derive(Clone, PartialEq, Message)]
struct EarlierContext {
    #[prost(message, optional, tag = "1")]
    elf: Option<EarlierBinary>,
    #[prost(message, optional, tag = "2")]
    features: Option<FeatureSet>,
    #[prost(bool, tag = "4")]
    deploy_checks: bool,
}

#[derive(Clone, PartialEq, Message)]
struct EarlierBinary {
    #[prost(bytes = "vec", optional, tag = "1")]
    data: Option<Vec<u8>>,
}

/// The effects of 2024: data instead of hashes.
#[derive(Clone, PartialEq, Message)]
struct EarlierEffects {
    #[prost(bytes = "vec", tag = "1")]
    rodata: Vec<u8>,
    #[prost(uint64, tag = "4")]
    text_cnt: u64,
    #[prost(uint64, tag = "5")]
    text_off: u64,
    #[prost(uint64, tag = "6")]
    entry_pc: u64,
    #[prost(uint64, repeated, tag = "7")]
    calldests: Vec<u64>,
}

/// What the loader made of the file.
#[derive(Debug)]
struct Loaded {
    read_only: Vec<u8>,
    /// In bytes from where text begins in the machine.
    text_offset: u64,
    instructions: u64,
    entry: u64,
    functions: Vec<u64>,
}

/// Runs the fixture.
pub(super) fn run(parts: &Parts) -> Result<Differences, Refusal> {
    match earlier(parts) {
        Some((context, elf)) => {
            let loaded = load(&elf, context.features, context.deploy_checks)?;
            compare_earlier(&loaded, &EarlierEffects::decode(&parts.output[..])?)
        }
        None => {
            let ElfLoaderCtx { elf_data, features, deploy_checks } = ElfLoaderCtx::decode(&parts.input[..])?;
            compare(&load(&elf_data, features, deploy_checks)?, &ElfLoaderEffects::decode(&parts.output[..])?)
        }
    }
}

/// The context as in 2024, where the file is a message of its own, with fields that nobody knows any more. No ELF file
/// is such a message: its first byte stands for a field of a type that does not exist. Of an empty file the effects tell:
/// then a failure had none, now it has a code.
fn earlier(parts: &Parts) -> Option<(EarlierContext, Vec<u8>)> {
    let mut context = EarlierContext::decode(&parts.input[..]).ok()?;
    let data = context.elf.take().unwrap_or_default().data;
    let data = data.or_else(|| parts.output.is_empty().then(Vec::new))?;
    Some((context, data))
}

fn load(elf: &[u8], features: Option<FeatureSet>, deploy_checks: bool) -> Result<Result<Loaded, String>, Refusal> {
    let features = messages::features(&features.unwrap_or_default());
    let budget = SVMTransactionExecutionBudget::new_with_defaults(features.raise_cpi_nesting_limit_to_8);
    let environment = solana_syscalls::create_program_runtime_environment(&features, &budget, deploy_checks, false)
        .map_err(|error| Refusal::Unreadable(error.to_string()))?;
    let executable = match Executable::load(elf, Arc::clone(&*environment)) {
        Ok(executable) => executable,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let (text_start, text) = executable.get_text_bytes();
    let functions: BTreeSet<u64> =
        executable.get_function_registry().iter().map(|(_, (_, place))| place as u64).collect();
    Ok(Ok(Loaded {
        read_only: executable.get_ro_section().to_vec(),
        text_offset: text_start.saturating_sub(solana_sbpf::ebpf::MM_BYTECODE_START),
        instructions: (text.len() / INSN_SIZE) as u64,
        entry: executable.get_entrypoint_instruction_offset() as u64,
        functions: functions.into_iter().collect(),
    }))
}

fn compare(loaded: &Result<Loaded, String>, expected: &ElfLoaderEffects) -> Result<Differences, Refusal> {
    let mut differences = Differences::default();
    differences.success(loaded.as_ref().map(|_| ()).map_err(String::as_str), expected.err_code.into());
    if let (Ok(loaded), 0) = (loaded, expected.err_code) {
        let functions: Vec<u8> = loaded.functions.iter().flat_map(|place| place.to_le_bytes()).collect();
        differences.value("hash of read-only data", xxh64(&loaded.read_only, 0), expected.rodata_hash);
        differences.value("hash of functions", xxh64(&functions, 0), expected.calldests_hash);
        differences.value("offset of text", loaded.text_offset, expected.text_off);
        differences.value("instructions", loaded.instructions, expected.text_cnt);
        differences.value("entry point", loaded.entry, expected.entry_pc);
    }
    Ok(differences)
}

/// In 2024 a file that cannot be loaded has no text.
fn compare_earlier(loaded: &Result<Loaded, String>, expected: &EarlierEffects) -> Result<Differences, Refusal> {
    let mut differences = Differences::default();
    let failed = i64::from(expected.text_cnt == 0 && expected.rodata.is_empty());
    differences.success(loaded.as_ref().map(|_| ()).map_err(String::as_str), failed);
    if let (Ok(loaded), 0) = (loaded, failed) {
        let sorted: BTreeSet<u64> = expected.calldests.iter().copied().collect();
        differences.bytes("read-only data", &loaded.read_only, &expected.rodata);
        differences.value(
            "functions",
            format!("{:?}", loaded.functions),
            format!("{:?}", sorted.iter().collect::<Vec<_>>()),
        );
        differences.value("offset of text", loaded.text_offset, expected.text_off);
        differences.value("instructions", loaded.instructions, expected.text_cnt);
        differences.value("entry point", loaded.entry, expected.entry_pc);
    }
    Ok(differences)
}
