//! What compiling a function costs, as far as a module can make it cost more than its length shows.
//!
//! Optimising compilers turn locals into values. Where branches meet, each branch carries the values of the locals that
//! differ and the results of the block. Compilation time grows faster than linearly in the number of values carried
//! and in the number of basic blocks, so both are counted here, priced at activation and limited.
//!
//! The count of carried values is an upper bound: for each place that branches lead to, the number of branches times
//! (block values + locals written inside, or, of a loop, locals used inside).

use super::{
    module::{Scan, Weight},
    operators::ends_block,
};
use crate::{error::WasmError, limits};
use alloc::{vec, vec::Vec};
use wasmparser::{BlockType, Operator};

/// Locals as a set of bits.
#[derive(Clone, Default)]
struct Locals(Vec<u64>);

impl Locals {
    fn insert(&mut self, local: u32) {
        let Ok(word) = usize::try_from(local / 64) else {
            return;
        };
        if self.0.len() <= word {
            self.0.resize(word.saturating_add(1), 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (local % 64);
        }
    }

    fn merge(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (bits, more) in self.0.iter_mut().zip(&other.0) {
            *bits |= more;
        }
    }

    fn len(&self) -> u64 {
        self.0.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }
}

/// An open block.
#[derive(Default)]
struct Open {
    is_loop: bool,
    /// Values that a branch to it carries.
    arity: u64,
    /// Branches to it, falling into or out of it included.
    branches: u64,
    written: Locals,
    used: Locals,
}

/// Counts operator by operator.
pub(super) struct Counter {
    open: Vec<Open>,
    /// Loops that are open.
    loops: u64,
    operators: u64,
    /// Targets of all `br_table`.
    targets: u64,
    weight: Weight,
}

impl Counter {
    pub(super) fn new(results: usize) -> Self {
        let function = Open { arity: results.try_into().unwrap_or(u64::MAX), branches: 1, ..Default::default() };
        Self { open: vec![function], loops: 0, operators: 0, targets: 0, weight: Weight::default() }
    }

    /// The whole function.
    pub(super) fn weight(&self) -> Weight {
        self.weight
    }

    /// Operators so far.
    pub(super) fn operators(&self) -> u64 {
        self.operators
    }

    /// Counts an operator, unless a limit is exceeded with it.
    pub(super) fn step(&mut self, scan: &Scan<'_>, operator: &Operator<'_>) -> Result<(), WasmError> {
        self.operators += 1;
        if ends_block(operator) {
            self.weight.blocks += 1;
        }
        self.count(scan, operator)?;
        self.check()
    }

    fn check(&self) -> Result<(), WasmError> {
        let depth = u64::try_from(self.open.len()).unwrap_or(u64::MAX).saturating_sub(1);
        for (what, found, limit) in [
            ("operators of a function", self.operators, limits::MAX_OPERATORS),
            ("basic blocks of a function", self.weight.blocks, limits::MAX_BASIC_BLOCKS),
            ("blocks inside one another", depth, limits::MAX_BLOCK_DEPTH),
            ("loops inside one another", self.loops, limits::MAX_LOOP_DEPTH),
            ("br_table targets of a function", self.targets, limits::MAX_BR_TABLE_TARGETS),
            ("values that the branches of a function carry", self.weight.carried, limits::MAX_CARRIED_VALUES),
        ] {
            WasmError::limit(what, found, limit)?;
        }
        Ok(())
    }

    fn count(&mut self, scan: &Scan<'_>, operator: &Operator<'_>) -> Result<(), WasmError> {
        match operator {
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => self.write(*local_index),
            Operator::LocalGet { local_index } => self.using(*local_index),
            Operator::Block { blockty } | Operator::If { blockty } => self.open(scan, *blockty, false)?,
            Operator::Loop { blockty } => self.open(scan, *blockty, true)?,
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => self.branch(*relative_depth),
            Operator::BrTable { targets } => {
                self.targets = self.targets.saturating_add(targets.len().into());
                // The engine looks at each distinct target once, but the list is short of that only by repetition.
                for target in targets.targets() {
                    self.branch(target?);
                }
                self.branch(targets.default());
            }
            Operator::CallIndirect { .. } => self.weight.blocks += 2,
            Operator::End => self.close(),
            _ => {}
        }
        Ok(())
    }

    fn write(&mut self, local: u32) {
        if let Some(open) = self.open.last_mut() {
            open.written.insert(local);
            open.used.insert(local);
        }
    }

    fn using(&mut self, local: u32) {
        if let Some(open) = self.open.last_mut() {
            open.used.insert(local);
        }
    }

    fn open(&mut self, scan: &Scan<'_>, block: BlockType, is_loop: bool) -> Result<(), WasmError> {
        let (params, results) = match block {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(index) => {
                let function = scan.func_type(index)?;
                (function.params().len(), function.results().len())
            }
        };
        self.loops += u64::from(is_loop);
        self.open.push(Open {
            is_loop,
            arity: (if is_loop { params } else { results }).try_into().unwrap_or(u64::MAX),
            branches: 1,
            ..Default::default()
        });
        Ok(())
    }

    fn branch(&mut self, depth: u32) {
        let index = usize::try_from(depth).ok().and_then(|depth| self.open.len().checked_sub(depth.saturating_add(1)));
        if let Some(open) = index.and_then(|index| self.open.get_mut(index)) {
            open.branches += 1;
        }
    }

    fn close(&mut self) {
        let Some(closed) = self.open.pop() else {
            return;
        };
        let locals = if closed.is_loop { closed.used.len() } else { closed.written.len() };
        // One branch alone carries nothing: the values are those there are.
        let branches = if closed.branches > 1 { closed.branches } else { 0 };
        let carried = branches.saturating_mul(closed.arity.saturating_add(locals));
        self.weight.carried = self.weight.carried.saturating_add(carried);
        self.loops -= u64::from(closed.is_loop);
        if let Some(parent) = self.open.last_mut() {
            parent.written.merge(&closed.written);
            parent.used.merge(&closed.used);
        }
    }
}
