//! The operators that charge.
//!
//! Each function has two scratch locals behind its own: a 32-bit one for the operand of a dynamic charge and a 64-bit
//! one for the ink.

use super::{globals::STATUS_STACK_OVERFLOW, module::Scan};
use crate::{error::WasmError, prices};
use alloc::vec::Vec;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Function, TypeSection, ValType};

/// The module's types, with those that the instrumenter adds behind them.
pub(super) struct Types {
    pub(super) section: TypeSection,
    /// Added types `() -> results`, in the order in which they were needed.
    added: Vec<Vec<ValType>>,
    first_added: u32,
}

impl Types {
    pub(super) fn new(scan: &Scan<'_>) -> Result<Self, WasmError> {
        let mut section = TypeSection::new();
        for function in &scan.types {
            let params = value_types(function.params())?;
            let results = value_types(function.results())?;
            section.ty().function(params, results);
        }
        Ok(Self { section, added: Vec::new(), first_added: scan.types.len().try_into().unwrap_or(u32::MAX) })
    }

    /// The type of a block without parameters that gives these results.
    pub(super) fn block(&mut self, results: &[wasmparser::ValType]) -> Result<BlockType, WasmError> {
        let results = value_types(results)?;
        match results.as_slice() {
            [] => Ok(BlockType::Empty),
            [result] => Ok(BlockType::Result(*result)),
            _ => Ok(BlockType::FunctionType(self.index_of(results))),
        }
    }

    fn index_of(&mut self, results: Vec<ValType>) -> u32 {
        let position = self.added.iter().position(|added| *added == results).unwrap_or_else(|| {
            self.section.ty().function([], results.iter().copied());
            self.added.push(results);
            self.added.len() - 1
        });
        self.first_added.saturating_add(position.try_into().unwrap_or(u32::MAX))
    }
}

pub(super) fn value_types(types: &[wasmparser::ValType]) -> Result<Vec<ValType>, WasmError> {
    let convert = |value: &wasmparser::ValType| Ok(RoundtripReencoder.val_type(*value)?);
    types.iter().map(convert).collect()
}

/// Writes charges into one function.
pub(super) struct Emitter {
    pub(super) ink: u32,
    pub(super) stack: u32,
    pub(super) status: u32,
    /// The 32-bit scratch local; the 64-bit one is the next.
    pub(super) scratch: u32,
}

impl Emitter {
    /// Charges `cost`. Ink is never negative before it and costs are far below 2^40, so nothing wraps.
    pub(super) fn charge(&self, function: &mut Function, cost: u64) {
        let cost = i64::try_from(cost).unwrap_or(i64::MAX);
        function.instructions().global_get(self.ink).i64_const(cost);
        self.settle(function);
    }

    /// Charges [`prices::BULK_BYTE`] per byte; the number of bytes is the 32-bit operand on top and stays there.
    pub(super) fn charge_bytes(&self, function: &mut Function) {
        let per_byte = i64::try_from(prices::BULK_BYTE).unwrap_or(i64::MAX);
        function
            .instructions()
            .local_set(self.scratch)
            .global_get(self.ink)
            .local_get(self.scratch)
            .i64_extend_i32_u()
            .i64_const(per_byte)
            .i64_mul();
        self.settle(function);
        function.instructions().local_get(self.scratch);
    }

    /// Operands: ink, cost. Takes the cost off the meter and stops if it is used up.
    fn settle(&self, function: &mut Function) {
        let ink = self.scratch.saturating_add(1);
        function
            .instructions()
            .i64_sub()
            .local_tee(ink)
            .global_set(self.ink)
            .local_get(ink)
            .i64_const(0)
            .i64_lt_s()
            .if_(BlockType::Empty)
            .unreachable()
            .end();
    }

    /// Calls the host function that pays for pages, whose number is the operand on top and stays there.
    pub(super) fn pay_for_growth(&self, function: &mut Function, hook: u32) {
        function.instructions().local_tee(self.scratch).call(hook).local_get(self.scratch);
    }

    /// Takes a frame from the stack budget, or stops.
    pub(super) fn enter(&self, function: &mut Function, frame: u32) {
        function
            .instructions()
            .global_get(self.stack)
            .i32_const(frame.cast_signed())
            .i32_lt_u()
            .if_(BlockType::Empty)
            .i32_const(STATUS_STACK_OVERFLOW)
            .global_set(self.status)
            .unreachable()
            .end()
            .global_get(self.stack)
            .i32_const(frame.cast_signed())
            .i32_sub()
            .global_set(self.stack);
    }

    /// Gives a frame back.
    pub(super) fn leave(&self, function: &mut Function, frame: u32) {
        function.instructions().global_get(self.stack).i32_const(frame.cast_signed()).i32_add().global_set(self.stack);
    }
}
