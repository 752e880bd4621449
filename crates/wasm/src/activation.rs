//! The record that says that a program may run.
//!
//! It stands in the VM's column under `stylus/activation/v2/ ‖ code hash`, so one activation holds for every account
//! with the same code.

use crate::{
    footprint::Footprint,
    instrument::{INSTRUMENTER_VERSION, ModuleInfo},
    prices,
};
use alloc::vec::Vec;
use hexapla_primitives::{B256, Bytes, ObjectKey, VmId};

const KEY_PREFIX: &[u8] = b"stylus/activation/v2/";
const RECORD_VERSION: u8 = 2;
const RECORD_BYTES: usize = 1 + 2 + 32 + 4 + 8 + 8;

/// An activated program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivationRecord {
    /// Version of the instrumenter the program was activated for.
    pub instrumenter: u16,
    /// keccak256 of the instrumented module.
    pub instrumented_hash: B256,
    /// Pages of memory it starts with.
    pub initial_pages: u32,
    /// Gas of each entry, without the pages: loading the program and making an instance of it, by its size, whether
    /// or not a node has it at hand ([`prices::init`]).
    pub init_gas: u64,
    /// The part of the activation's gas that paid for compiling. A node that has lost the compiled program interprets
    /// it until its runs have paid as much again.
    pub compile_gas: u64,
}

impl ActivationRecord {
    pub(crate) fn of(info: &ModuleInfo, program: &Footprint) -> Self {
        Self {
            instrumenter: INSTRUMENTER_VERSION,
            instrumented_hash: info.instrumented_hash,
            initial_pages: info.initial_pages,
            init_gas: prices::init(program),
            compile_gas: prices::compilation(program, info.compile_gas),
        }
    }

    /// Where the record of a code stands.
    pub fn key(code_hash: B256) -> ObjectKey {
        ObjectKey::new(VmId::WASM, [KEY_PREFIX, code_hash.as_slice()].concat())
    }

    /// `record version (1) ‖ instrumenter version (2) ‖ hash (32) ‖ pages (4) ‖ init gas (8) ‖ compile gas (8)`,
    /// numbers big-endian.
    pub fn encode(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(RECORD_BYTES);
        bytes.push(RECORD_VERSION);
        bytes.extend(self.instrumenter.to_be_bytes());
        bytes.extend(self.instrumented_hash);
        bytes.extend(self.initial_pages.to_be_bytes());
        bytes.extend(self.init_gas.to_be_bytes());
        bytes.extend(self.compile_gas.to_be_bytes());
        bytes.into()
    }

    /// Reads a record of the current version.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (instrumenter, rest) = rest.split_first_chunk::<2>()?;
        let (hash, rest) = rest.split_first_chunk::<32>()?;
        let (pages, rest) = rest.split_first_chunk::<4>()?;
        let (init, rest) = rest.split_first_chunk::<8>()?;
        let (compile, rest) = rest.split_first_chunk::<8>()?;
        (*version == RECORD_VERSION && rest.is_empty()).then_some(Self {
            instrumenter: u16::from_be_bytes(*instrumenter),
            instrumented_hash: B256::from(*hash),
            initial_pages: u32::from_be_bytes(*pages),
            init_gas: u64::from_be_bytes(*init),
            compile_gas: u64::from_be_bytes(*compile),
        })
    }

    /// Whether programs activated with this record run on this version.
    pub fn is_current(&self) -> bool {
        self.instrumenter == INSTRUMENTER_VERSION
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_have_a_fixed_canonical_form() {
        let record = ActivationRecord {
            instrumenter: 0x0102,
            instrumented_hash: B256::repeat_byte(0xAB),
            initial_pages: 17,
            init_gas: 0x1234,
            compile_gas: 0x5678,
        };
        let bytes = record.encode();
        let numbers = "000000110000000000001234 0000000000005678".replace(' ', "");
        let expected = format!("0x020102{}{numbers}", "ab".repeat(32));
        assert_eq!(bytes.to_string(), expected);
        assert_eq!(ActivationRecord::decode(&bytes), Some(record));
        for length in 0..bytes.len() {
            assert_eq!(ActivationRecord::decode(&bytes[..length]), None);
        }
        assert_eq!(ActivationRecord::decode(&[&bytes[..], &[0]].concat()), None);
    }
}
