//! Prices of entering and of activating a whole program.

use super::{ACTIVATION_INSTRUMENTED_BYTE_GAS, INIT_GAS, decompression, validation};
use crate::{footprint::Footprint, instrument::ModuleInfo};

/// Gas of entering a program: [`INIT_GAS`], or more where reading it from a file, linking it and making an instance of
/// it take longer than that pays for.
pub fn init(program: &Footprint) -> u64 {
    INIT_BASE_GAS
        .saturating_add(program.bytes / 6)
        .saturating_add(program.functions.saturating_mul(10))
        .saturating_add(program.segments.saturating_mul(10))
        .saturating_add(program.table_elements)
        .max(INIT_GAS)
}

/// The part of [`init`] that any program takes.
const INIT_BASE_GAS: u64 = 5_000;

/// Gas of translating a module for the interpreter and of compiling it; `merging` is the sum of [`merging`](super::merging) over its
/// functions.
pub fn compilation(program: &Footprint, merging: u64) -> u64 {
    ACTIVATION_INSTRUMENTED_BYTE_GAS
        .saturating_mul(program.bytes)
        .saturating_add(program.operator_gas)
        .saturating_add(merging)
}

/// Full price of the first activation of a program, without the host's price for the record. Its module is instrumented.
pub fn activation(code_bytes: u64, module: &ModuleInfo, instrumented: &Footprint) -> u64 {
    decompression(code_bytes)
        .saturating_add(validation(module.wasm_bytes))
        .saturating_add(compilation(instrumented, module.compile_gas))
}
