//! What loading a program, making an instance of it and compiling it depend on.
//!
//! All is counted of the instrumented module, because that is what engines see.

use crate::{error::WasmError, prices};
use alloc::vec::Vec;
use wasmparser::{
    FunctionBody, FunctionSectionReader, ImportSectionReader, Operator, Parser, Payload, TypeRef, TypeSectionReader,
};

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
    /// Gas of compiling its operators ([`prices::compiling`]).
    pub operator_gas: u64,
}

impl Footprint {
    /// Reads the sections of an instrumented module, which is valid.
    pub fn of(instrumented: &[u8]) -> Result<Self, WasmError> {
        let mut counts = Self { bytes: instrumented.len().try_into().unwrap_or(u64::MAX), ..Self::default() };
        let mut calls = Calls::default();
        for payload in Parser::new(0).parse_all(instrumented) {
            match payload? {
                Payload::TypeSection(reader) => calls.types(reader)?,
                Payload::ImportSection(reader) => calls.imports(reader)?,
                Payload::FunctionSection(reader) => calls.functions(reader)?,
                Payload::DataSection(reader) => counts.segments += u64::from(reader.count()),
                Payload::ElementSection(reader) => counts.segments += u64::from(reader.count()),
                Payload::TableSection(reader) => {
                    for table in reader {
                        counts.table_elements += table?.ty.initial;
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    counts.operator_gas = counts.operator_gas.saturating_add(function(&body, &calls)?);
                }
                _ => {}
            }
        }
        counts.functions = calls.by_function.len().try_into().unwrap_or(u64::MAX);
        Ok(counts)
    }
}

/// How many parameters and results calls have.
#[derive(Default)]
struct Calls {
    by_type: Vec<u64>,
    by_function: Vec<u64>,
}

impl Calls {
    fn types(&mut self, reader: TypeSectionReader<'_>) -> Result<(), WasmError> {
        for function in reader.into_iter_err_on_gc_types() {
            let function = function?;
            let values = function.params().len().saturating_add(function.results().len());
            self.by_type.push(values.try_into().unwrap_or(u64::MAX));
        }
        Ok(())
    }

    fn imports(&mut self, reader: ImportSectionReader<'_>) -> Result<(), WasmError> {
        for import in reader.into_imports() {
            if let TypeRef::Func(index) = import?.ty {
                self.by_function.push(at(&self.by_type, index));
            }
        }
        Ok(())
    }

    fn functions(&mut self, reader: FunctionSectionReader<'_>) -> Result<(), WasmError> {
        for index in reader {
            self.by_function.push(at(&self.by_type, index?));
        }
        Ok(())
    }

    fn values(&self, operator: &Operator<'_>) -> u64 {
        match operator {
            Operator::Call { function_index } => at(&self.by_function, *function_index),
            Operator::CallIndirect { type_index, .. } => at(&self.by_type, *type_index),
            _ => 0,
        }
    }
}

/// A valid module has no other index.
fn at(values: &[u64], index: u32) -> u64 {
    usize::try_from(index).ok().and_then(|index| values.get(index)).copied().unwrap_or(0)
}

/// Gas of compiling one function.
fn function(body: &FunctionBody<'_>, calls: &Calls) -> Result<u64, WasmError> {
    let mut operators = body.get_operators_reader()?;
    let (mut gas, mut shifts, mut straight) = (prices::COMPILED_FUNCTION, 0u64, 0u64);
    let mut is_constant = false;
    while !operators.eof() {
        let operator = operators.read()?;
        straight = if prices::ends_straight_code(&operator) { 0 } else { straight.saturating_add(1) };
        let values = prices::COMPILED_CALL_VALUE.saturating_mul(calls.values(&operator));
        gas = gas.saturating_add(prices::compiling(&operator)).saturating_add(values);
        if straight > prices::SHORT_STRAIGHT_CODE {
            gas = gas.saturating_add(prices::COMPILED_IN_LONG_STRAIGHT_CODE);
        }
        shifts += u64::from(prices::shifts(&operator) && !is_constant);
        is_constant = matches!(operator, Operator::I32Const { .. } | Operator::I64Const { .. });
    }
    let bytes = body.as_bytes().len().try_into().unwrap_or(u64::MAX);
    Ok(prices::compiling_function(gas, bytes, shifts))
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
        let expected = Footprint { bytes, functions: 3, segments: 3, table_elements: 70, operator_gas: 0 };
        let found = Footprint::of(&wasm).unwrap();
        assert_eq!(Footprint { operator_gas: 0, ..found }, expected);
        assert_eq!(found.operator_gas, 2 * (prices::COMPILED_FUNCTION + 2));
    }
}
