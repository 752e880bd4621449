//! The record that says that a program may run.
//!
//! It stands in the VM's column under `stylus/activation/v1/ ‖ code hash`, so one activation holds for every account
//! with the same code.

use crate::instrument::{INSTRUMENTER_VERSION, ModuleInfo};
use hexapla_primitives::{B256, Bytes, ObjectKey, VmId};

const KEY_PREFIX: &[u8] = b"stylus/activation/v1/";
const RECORD_VERSION: u8 = 1;
const RECORD_BYTES: usize = 1 + 2 + 32 + 4;

/// An activated program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivationRecord {
    /// Version of the instrumenter the program was activated for.
    pub instrumenter: u16,
    /// keccak256 of the instrumented module.
    pub instrumented_hash: B256,
    /// Pages of memory it starts with.
    pub initial_pages: u32,
}

impl ActivationRecord {
    pub(crate) fn of(info: &ModuleInfo) -> Self {
        Self {
            instrumenter: INSTRUMENTER_VERSION,
            instrumented_hash: info.instrumented_hash,
            initial_pages: info.initial_pages,
        }
    }

    /// Where the record of a code stands.
    pub fn key(code_hash: B256) -> ObjectKey {
        ObjectKey::new(VmId::WASM, [KEY_PREFIX, code_hash.as_slice()].concat())
    }

    /// `record version (1) ‖ instrumenter version (2) ‖ hash (32) ‖ pages (4)`, numbers big-endian.
    pub fn encode(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(RECORD_BYTES);
        bytes.push(RECORD_VERSION);
        bytes.extend(self.instrumenter.to_be_bytes());
        bytes.extend(self.instrumented_hash);
        bytes.extend(self.initial_pages.to_be_bytes());
        bytes.into()
    }

    /// Reads a record of the current version.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (instrumenter, rest) = rest.split_first_chunk::<2>()?;
        let (hash, rest) = rest.split_first_chunk::<32>()?;
        let (pages, rest) = rest.split_first_chunk::<4>()?;
        (*version == RECORD_VERSION && rest.is_empty()).then_some(Self {
            instrumenter: u16::from_be_bytes(*instrumenter),
            instrumented_hash: B256::from(*hash),
            initial_pages: u32::from_be_bytes(*pages),
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
        let record =
            ActivationRecord { instrumenter: 0x0102, instrumented_hash: B256::repeat_byte(0xAB), initial_pages: 17 };
        let bytes = record.encode();
        let expected = format!("0x010102{}00000011", "ab".repeat(32));
        assert_eq!(bytes.to_string(), expected);
        assert_eq!(ActivationRecord::decode(&bytes), Some(record));
        for length in 0..bytes.len() {
            assert_eq!(ActivationRecord::decode(&bytes[..length]), None);
        }
        assert_eq!(ActivationRecord::decode(&[&bytes[..], &[0]].concat()), None);
    }
}
