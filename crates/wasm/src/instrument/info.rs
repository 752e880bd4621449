//! What is known about a module that passed validation, for others than the instrumenter.

use alloc::{string::String, vec::Vec};
use hexapla_primitives::B256;

/// What is known about a module that passed validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleInfo {
    /// Bytes of the module.
    pub wasm_bytes: u64,
    /// Bytes of the instrumented module.
    pub instrumented_bytes: u64,
    /// keccak256 of the instrumented module.
    pub instrumented_hash: B256,
    /// Functions, imported ones included.
    pub functions: u64,
    /// Names of the imported host functions, in order.
    pub imports: Vec<String>,
    /// Pages of memory at the start.
    pub initial_pages: u32,
    /// Most pages the memory may grow to.
    pub max_pages: u32,
    /// Words of the largest frame.
    pub largest_frame: u64,
    /// Gas that compiling costs beyond its length and functions ([`crate::prices::compilation`]).
    pub compile_gas: u64,
}
