//! A linker for rustc's target `bpfel-unknown-none` that writes programs for Solana, sBPF version 0.
//!
//! rustc hands over LLVM bitcode. bpf-linker makes one BPF object of it, sbpf-linker the shared object that Solana's
//! loaders read. Options that say nothing about the result are ignored.

use std::ffi::CString;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use bpf_linker::{Cpu, Linker, LinkerInput, LinkerOptions, OptLevel, OutputType};
use sbpf_linker::{OptimizationConfig, ProgramOptions, SbpfArch, SbpfLinkerError, link_program};

/// The name of the function in which every program begins.
const ENTRY: &str = "entrypoint";

/// Bytes of stack that a function may use: a frame of sBPF version 0.
const FRAME_BYTES: i32 = 4096;

/// What rustc asks for.
#[derive(Default)]
struct Job {
    output: PathBuf,
    inputs: Vec<PathBuf>,
    /// Symbols that must stay: the entry point, and memcpy and its kin, which LLVM calls on its own.
    exports: Vec<String>,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_writer(std::io::stderr)
        .init();
    match job().and_then(|job| link(&job)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn job() -> Result<Job, String> {
    let mut job = Job { exports: vec![ENTRY.into()], ..Job::default() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-o" => job.output = arguments.next().unwrap_or_default().into(),
            "--export-symbols" => {
                let list = PathBuf::from(arguments.next().unwrap_or_default());
                let names = fs::read_to_string(&list).map_err(|e| format!("{}: {e}", list.display()))?;
                job.exports.extend(names.lines().map(Into::into));
            }
            "-L" | "--cpu" | "--cpu-features" | "--target" | "--llvm-args" | "--export" => {
                arguments.next();
            }
            option if option.starts_with('-') => {}
            input => job.inputs.push(input.into()),
        }
    }
    Ok(job)
}

fn link(job: &Job) -> Result<(), String> {
    let object = job.output.with_extension("bpf.o");
    let stack = CString::new(format!("--bpf-stack-size={FRAME_BYTES}")).map_err(|e| e.to_string())?;
    let linker = Linker::new(LinkerOptions {
        target: None,
        cpu: Cpu::V2,
        cpu_features: CString::default(),
        optimize: OptLevel::SizeMin,
        unroll_loops: false,
        ignore_inline_never: false,
        llvm_args: vec![stack],
        disable_expand_memcpy_in_order: true,
        disable_memory_builtins: false,
        btf: false,
        allow_bpf_trap: true,
    });
    let inputs = job.inputs.iter().map(|path| LinkerInput::new_from_file(path.as_path()));
    let exports = job.exports.iter().map(String::as_str);
    linker.link_to_file(inputs, &object, OutputType::Object, exports).map_err(|e| format!("bpf-linker: {e}"))?;
    // LLVM goes on after an error and writes wrong code, for instance where a function takes more than five arguments.
    if linker.has_errors() {
        return Err("LLVM cannot compile this program for BPF; what it said stands above".into());
    }
    let object = fs::read(&object).map_err(|e| format!("{}: {e}", object.display()))?;
    let options = ProgramOptions::new(OptimizationConfig::enabled(), SbpfArch::V0, FRAME_BYTES);
    let program = link_program(&object, options).map_err(|e| SbpfLinkerError::format_errors(&e).to_string())?;
    fs::write(&job.output, program).map_err(|e| format!("{}: {e}", job.output.display()))
}
