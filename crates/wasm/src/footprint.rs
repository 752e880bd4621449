//! What loading a program and making an instance of it depends on.

use crate::error::WasmError;
use wasmparser::{Parser, Payload};

/// Counts of an instrumented module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Bytes of the module.
    pub bytes: u64,
    /// Functions, imported ones included.
    pub functions: u64,
    /// Segments of data and of elements.
    pub segments: u64,
    /// Elements of the table.
    pub table_elements: u64,
}

impl Footprint {
    /// Reads the sections of an instrumented module, which is valid.
    pub(crate) fn of(instrumented: &[u8]) -> Result<Self, WasmError> {
        let mut counts = Self { bytes: instrumented.len().try_into().unwrap_or(u64::MAX), ..Self::default() };
        for payload in Parser::new(0).parse_all(instrumented) {
            match payload? {
                Payload::ImportSection(reader) => counts.functions += u64::from(reader.count()),
                Payload::FunctionSection(reader) => counts.functions += u64::from(reader.count()),
                Payload::DataSection(reader) => counts.segments += u64::from(reader.count()),
                Payload::ElementSection(reader) => counts.segments += u64::from(reader.count()),
                Payload::TableSection(reader) => {
                    for table in reader {
                        counts.table_elements += table?.ty.initial;
                    }
                }
                _ => {}
            }
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_counted() {
        let wasm = wat::parse_str(
            r#"(module (import "vm_hooks" "msg_reentrant" (func (result i32))) (table 70 funcref) (memory 1)
               (func) (func) (elem (i32.const 0) 0) (elem (i32.const 3) 1 2) (data (i32.const 0) "a"))"#,
        )
        .unwrap();
        let bytes = u64::try_from(wasm.len()).unwrap();
        let expected = Footprint { bytes, functions: 3, segments: 3, table_elements: 70 };
        assert_eq!(Footprint::of(&wasm).unwrap(), expected);
    }
}
