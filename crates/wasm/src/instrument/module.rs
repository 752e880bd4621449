//! What instrumenting needs to know of a valid module.

use crate::{error::WasmError, prices};
use alloc::{format, vec::Vec};
use wasmparser::{
    DataSectionReader, ElementSectionReader, FuncType, FunctionBody, FunctionSectionReader, GlobalSectionReader,
    ImportSectionReader, TableSectionReader,
};

/// What is counted of one function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// Basic blocks.
    pub(super) blocks: u64,
    /// Values that branches carry.
    pub(super) carried: u64,
}

impl Weight {
    /// Gas of compiling, beside what is paid for the function and its bytes.
    pub(super) fn gas(self) -> u64 {
        prices::merging(self.carried)
    }
}

/// Readers of the sections that are written out as they are.
#[derive(Default)]
pub(super) struct Sections<'a> {
    pub(super) imports: Option<ImportSectionReader<'a>>,
    pub(super) functions: Option<FunctionSectionReader<'a>>,
    pub(super) tables: Option<TableSectionReader<'a>>,
    pub(super) globals: Option<GlobalSectionReader<'a>>,
    pub(super) elements: Option<ElementSectionReader<'a>>,
    pub(super) data: Option<DataSectionReader<'a>>,
}

/// Pages of the memory.
#[derive(Clone, Copy, Default)]
pub(super) struct MemoryPages {
    pub(super) initial: u32,
    pub(super) max: u32,
}

/// One function of the module.
pub(super) struct Body<'a> {
    pub(super) reader: FunctionBody<'a>,
    /// Index into [`Scan::types`].
    pub(super) type_index: u32,
    /// Words it takes from the stack budget.
    pub(super) frame: u32,
    /// What compiling it costs.
    pub(super) weight: Weight,
}

/// A valid module.
#[derive(Default)]
pub(super) struct Scan<'a> {
    pub(super) types: Vec<FuncType>,
    /// Names of the imported host functions; their indices are the first function indices.
    pub(super) imports: Vec<&'a str>,
    /// Type of each function, imported ones first.
    pub(super) function_types: Vec<u32>,
    pub(super) bodies: Vec<Body<'a>>,
    pub(super) globals: u32,
    pub(super) table_elements: u64,
    pub(super) memory: MemoryPages,
    pub(super) has_memory: bool,
    pub(super) entrypoint: u32,
    pub(super) sections: Sections<'a>,
}

impl Scan<'_> {
    /// Index of the global that is appended first.
    pub(super) fn ink_global(&self) -> u32 {
        self.globals
    }

    /// Index of the global that is appended second.
    pub(super) fn stack_global(&self) -> u32 {
        self.globals.saturating_add(1)
    }

    /// Index of the global that is appended third.
    pub(super) fn status_global(&self) -> u32 {
        self.globals.saturating_add(2)
    }

    /// A type by its index; a valid module has no other index.
    pub(super) fn func_type(&self, index: u32) -> Result<&FuncType, WasmError> {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.types.get(index))
            .ok_or_else(|| WasmError::Instrumenter(format!("there is no type {index}")))
    }

    /// Index of the host function that pays for memory.
    pub(super) fn growth_hook(&self) -> Option<u32> {
        let index = self.imports.iter().position(|name| *name == crate::hooks::PAY_FOR_MEMORY_GROW)?;
        u32::try_from(index).ok()
    }
}
