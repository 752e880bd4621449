//! A function with its charges.
//!
//! ```text
//! (func  … two scratch locals …
//!   take the frame from the stack budget, or stop
//!   block                       ;; the function's label now: `return` becomes a branch to it
//!     charge basic block 1
//!     operators of block 1
//!     …
//!   end
//!   give the frame back)
//! ```
//!
//! A basic block ends with a branch, a call, or a place that a branch can lead to. Operators that cannot be reached
//! are left out: they would never run, and would never be paid for.

use super::{
    emit::{Emitter, Types, value_types},
    module::{Body, Scan},
    operators::{ends_block, leaves},
};
use crate::{error::WasmError, prices};
use alloc::vec::Vec;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{Function, Instruction, ValType};
use wasmparser::Operator;

pub(super) fn rewrite(scan: &Scan<'_>, body: &Body<'_>, types: &mut Types) -> Result<Function, WasmError> {
    let function_type = scan.func_type(body.type_index)?;
    let block = types.block(function_type.results())?;
    let params = function_type.params().len().try_into().unwrap_or(u32::MAX);
    let (mut function, scratch) = declare_locals(body, params)?;
    let emitter = Emitter { ink: scan.ink_global(), stack: scan.stack_global(), status: scan.status_global(), scratch };
    emitter.enter(&mut function, body.frame);
    function.instruction(&Instruction::Block(block));
    let mut writer = Writer { scan, emitter, function, pending: Vec::new(), cost: 0, open: 0, dead: None };
    let mut operators = body.reader.get_operators_reader()?;
    while !operators.eof() {
        writer.step(operators.read()?)?;
    }
    // The function's own `end` has closed the block.
    let Writer { emitter, mut function, .. } = writer;
    emitter.leave(&mut function, body.frame);
    function.instruction(&Instruction::End);
    Ok(function)
}

/// The function with its own locals and the scratch locals, and the index of the first of these.
fn declare_locals(body: &Body<'_>, params: u32) -> Result<(Function, u32), WasmError> {
    let mut locals = Vec::new();
    let mut next: u32 = params;
    for local in body.reader.get_locals_reader()? {
        let (count, value_type) = local?;
        next = next.saturating_add(count);
        for value_type in value_types(&[value_type])? {
            locals.push((count, value_type));
        }
    }
    locals.extend([(1, ValType::I32), (1, ValType::I64)]);
    Ok((Function::new(locals), next))
}

struct Writer<'s, 'a> {
    scan: &'s Scan<'a>,
    emitter: Emitter,
    function: Function,
    /// Operators of the basic block so far.
    pending: Vec<Operator<'a>>,
    /// Their price.
    cost: u64,
    /// Blocks open inside the wrapping one.
    open: u32,
    /// After an unconditional branch: the blocks opened since, in code that cannot be reached.
    dead: Option<u32>,
}

impl<'a> Writer<'_, 'a> {
    fn step(&mut self, operator: Operator<'a>) -> Result<(), WasmError> {
        if let Some(nested) = self.dead {
            return self.step_dead(nested, operator);
        }
        self.cost = self.cost.saturating_add(self.price(&operator)?);
        let (ends, leaves) = (ends_block(&operator), leaves(&operator));
        self.pending.push(operator);
        if ends {
            let cost = core::mem::take(&mut self.cost).saturating_add(prices::BLOCK_HEADER);
            self.emitter.charge(&mut self.function, cost);
            for operator in core::mem::take(&mut self.pending) {
                self.write(operator)?;
            }
        }
        if leaves {
            self.dead = Some(0);
        }
        Ok(())
    }

    /// Leaves out what cannot be reached, up to the end of the block it stands in.
    fn step_dead(&mut self, nested: u32, operator: Operator<'a>) -> Result<(), WasmError> {
        match (operator, nested) {
            (operator @ (Operator::End | Operator::Else), 0) => {
                self.dead = None;
                self.write(operator)
            }
            (Operator::End, _) => {
                self.dead = Some(nested.saturating_sub(1));
                Ok(())
            }
            (Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. }, _) => {
                self.dead = Some(nested.saturating_add(1));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn price(&self, operator: &Operator<'a>) -> Result<u64, WasmError> {
        let price = prices::operator(operator)
            .ok_or_else(|| WasmError::Instrumenter("an operator without a price passed validation".into()))?;
        let Operator::CallIndirect { type_index, .. } = operator else {
            return Ok(price);
        };
        let arguments = self.scan.func_type(*type_index)?.params().len();
        let arguments = arguments.try_into().unwrap_or(u64::MAX);
        Ok(price.saturating_add(prices::INDIRECT_ARGUMENT.saturating_mul(arguments)))
    }

    fn write(&mut self, operator: Operator<'a>) -> Result<(), WasmError> {
        match &operator {
            Operator::Return => {
                self.function.instruction(&Instruction::Br(self.open));
                return Ok(());
            }
            Operator::MemoryGrow { .. } => self.write_payment(),
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => self.emitter.charge_bytes(&mut self.function),
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.open = self.open.saturating_add(1);
            }
            Operator::End => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        let instruction = RoundtripReencoder.instruction(operator)?;
        self.function.instruction(&instruction);
        Ok(())
    }

    /// Without the hook the memory cannot grow, and nothing is to be paid.
    fn write_payment(&mut self) {
        if let Some(hook) = self.scan.growth_hook() {
            self.emitter.pay_for_growth(&mut self.function, hook);
        }
    }
}
