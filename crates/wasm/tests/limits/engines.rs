//! What the engines can take, beside what an instrumented module has at most.

use hexapla_wasm::limits;

/// Where an engine stops.
struct EngineLimit {
    /// The crate, and the name of the constant or of the error in it.
    source: &'static str,
    /// The most that it takes.
    theirs: u64,
    /// What an instrumented module has at most.
    ours: u64,
}

const fn engine_limit(source: &'static str, theirs: u64, ours: u64) -> EngineLimit {
    EngineLimit { source, theirs, ours }
}

/// Bytes of an operator and of the charges before it: 24 of the charge of a basic block and 11 of a constant, or 34 of a
/// charge for bytes and 4 of the operator that touches them, and some more. Targets of a `br_table` are added in full.
const OPERATOR_BYTES: u64 = 48;
const FUNCTION_BYTES: u64 = limits::MAX_OPERATORS * OPERATOR_BYTES + limits::MAX_WASM_BYTES as u64;
/// Two scratch locals.
const LOCALS: u64 = limits::MAX_LOCALS + 2;
/// Three operands of a charge above those of the program.
const OPERANDS: u64 = limits::MAX_OPERANDS + 3;
/// Ink, stack and status.
const GLOBALS: u64 = limits::MAX_GLOBALS + 3;
const FUNCTIONS: u64 = limits::MAX_FUNCTIONS + limits::MAX_IMPORTS;
/// A block around the body.
const DEPTH: u64 = limits::MAX_BLOCK_DEPTH + 1;
/// One for the operators, and the block that stops when the ink is gone; a call through the table has two more.
const BLOCKS: u64 = 4 * limits::MAX_BASIC_BLOCKS + limits::MAX_BR_TABLE_TARGETS + 8;
/// Types of the blocks around bodies: one for each list of results.
const TYPES: u64 = 2 * limits::MAX_TYPES;

const ENGINE_LIMITS: &[EngineLimit] = &[
    // All three parsers; the lowest number of the three.
    engine_limit("wasmparser MAX_WASM_TYPES", 1_000_000, TYPES),
    engine_limit("wasmparser MAX_WASM_IMPORTS", 1_000_000, limits::MAX_IMPORTS),
    engine_limit("wasmparser MAX_WASM_FUNCTIONS", 1_000_000, FUNCTIONS),
    engine_limit("wasmparser MAX_WASM_GLOBALS", 1_000_000, GLOBALS),
    engine_limit("wasmparser MAX_WASM_EXPORTS", 1_000_000, 5),
    engine_limit("wasmparser MAX_WASM_ELEMENT_SEGMENTS", 100_000, limits::MAX_ELEMENT_SEGMENTS),
    engine_limit("wasmparser MAX_WASM_DATA_SEGMENTS", 100_000, limits::MAX_DATA_SEGMENTS),
    engine_limit("wasmparser MAX_WASM_STRING_SIZE", 100_000, limits::MAX_NAME_BYTES),
    engine_limit("wasmparser MAX_WASM_FUNCTION_SIZE", 7_654_321, FUNCTION_BYTES),
    engine_limit("wasmparser MAX_WASM_FUNCTION_LOCALS", 50_000, LOCALS),
    engine_limit("wasmparser MAX_WASM_FUNCTION_PARAMS", 1_000, limits::MAX_PARAMS),
    engine_limit("wasmparser MAX_WASM_FUNCTION_RETURNS", 1_000, limits::MAX_RESULTS),
    engine_limit("wasmparser MAX_WASM_BR_TABLE_SIZE", 131_072, limits::MAX_BR_TABLE_TARGETS),
    engine_limit("wasmparser MAX_WASM_TABLE_ENTRIES", 10_000_000, limits::MAX_TABLE_ELEMENTS),
    engine_limit("wasmparser MAX_WASM_TABLES", 100, 1),
    engine_limit("wasmparser MAX_WASM_MEMORIES", 100, 1),
    engine_limit("wasmparser MAX_WASM_TYPE_SIZE", 1_000_000, 1 + limits::MAX_PARAMS + limits::MAX_RESULTS),
    engine_limit("wasmi LOCAL_VARIABLES_MAX", 30_000, LOCALS),
    // Locals count twice.
    engine_limit("wasmi AllocatedTooManySlots", 65_535, 2 * LOCALS + OPERANDS),
    engine_limit("wasmi StackHeight", 65_535, OPERANDS),
    engine_limit("wasmi MAX_LEN_PARAMS", 1_000, limits::MAX_PARAMS),
    engine_limit("wasmi MAX_LEN_RESULTS", 1_000, limits::MAX_RESULTS),
    engine_limit("wasmi BranchOffset", 0x7FFF_FFFF, FUNCTION_BYTES * 64),
    // One engine for each program.
    engine_limit("wasmi MAX_FUNCS", 100_000_000, FUNCTIONS),
    engine_limit("wasmtime-internal-cranelift MAX_BR_TABLE_TARGETS", 65_520, limits::MAX_BR_TABLE_TARGETS),
    engine_limit("wasmtime table_elements", limits::MAX_TABLE_ELEMENTS, limits::MAX_TABLE_ELEMENTS),
    // 16 bytes for a global, 64 for an imported function, 32 for another one, 4 KiB for all else.
    engine_limit(
        "wasmtime max_core_instance_size",
        1 << 20,
        16 * GLOBALS + 64 * limits::MAX_IMPORTS + 32 * limits::MAX_FUNCTIONS + 4_096,
    ),
    // Locals and parameters of the block, the instance, and what the compiler adds.
    engine_limit("cranelift-codegen Too many parameters on block", 65_535, LOCALS + limits::MAX_PARAMS + 16),
    engine_limit("cranelift-codegen Result value index", 65_535, limits::MAX_RESULTS),
    // Each place outside the memory that a function names.
    engine_limit(
        "cranelift-codegen MemFlags index overflow",
        65_534,
        2 * GLOBALS + 4 * limits::MAX_IMPORTS + 2 * limits::MAX_TYPES + 64,
    ),
    engine_limit("wasmtime-internal-cranelift INDEX_MASK", (1 << 18) - 1, GLOBALS),
    // Arguments on the stack, which the callee takes away with a number of 16 bits.
    engine_limit("cranelift-codegen stack_bytes_to_pop", 65_535, 8 * (limits::MAX_PARAMS + limits::MAX_RESULTS + 2)),
    engine_limit(
        "cranelift-codegen STACK_ARG_RET_SIZE_LIMIT",
        128 << 20,
        8 * (limits::MAX_PARAMS + limits::MAX_RESULTS + 2),
    ),
    engine_limit(
        "cranelift-codegen maximum_frame_size",
        1 << 30,
        limits::MAX_FRAME_WORDS * limits::NATIVE_BYTES_PER_STACK_WORD as u64,
    ),
    engine_limit("cranelift-codegen Unexpected cycle in label aliases", 1_000_000, BLOCKS + DEPTH),
    // Values of a function: those of its operators and of its charges, and those that branches carry.
    engine_limit(
        "cranelift-codegen REG_SPILLSLOT_MASK",
        0x7FFF_FFFF / 4,
        32 * limits::MAX_OPERATORS + limits::MAX_CARRIED_VALUES,
    ),
    engine_limit("regalloc2 VReg::MAX", (1 << 30) - 1, 32 * limits::MAX_OPERATORS + limits::MAX_CARRIED_VALUES),
    engine_limit("regalloc2 TooManyOperands", 65_535, limits::MAX_PARAMS + limits::MAX_RESULTS + 16),
    engine_limit("regalloc2 SpillSlot::MAX", (1 << 24) - 1, 4 * limits::MAX_FRAME_WORDS),
];

#[test]
fn an_instrumented_module_stays_below_every_limit_of_an_engine() {
    for EngineLimit { source, theirs, ours } in ENGINE_LIMITS {
        assert!(ours <= theirs, "{source}: {theirs}, but a module may have {ours}");
    }
}

/// The table of the documentation names each with the same numbers.
#[test]
fn the_documentation_has_every_limit_of_an_engine() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/stylus.md");
    let text = std::fs::read_to_string(path).unwrap();
    for EngineLimit { source, theirs, ours } in ENGINE_LIMITS {
        let (package, name) = source.split_once(' ').unwrap();
        let row = format!("| {package} | `{name}` | {} | {} |", grouped(*theirs), grouped(*ours));
        assert!(text.contains(&row), "docs/stylus.md lacks the row\n{row}");
    }
}

/// 65536 as 65,536.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
