//! What a program may be at most.
//!
//! Each limit lies below those of both engines, for the instrumented module, which is what they see: `docs/stylus.md`
//! has the table, and the tests compile and run modules at each limit on both. All of them are part of consensus:
//! changing one is a new version of the instrumenter.

/// Bytes of a program's module after decompression.
pub const MAX_WASM_BYTES: usize = 256 * 1024;
/// Pages of 64 KiB of linear memory: 8 MiB.
pub const MAX_MEMORY_PAGES: u32 = 128;
/// Function types. Native code has a trampoline for each; 57 are the most that is known of a real program.
pub const MAX_TYPES: u64 = 512;
/// Imported functions.
pub const MAX_IMPORTS: u64 = 1_024;
/// Functions beside the imported ones.
pub const MAX_FUNCTIONS: u64 = 4_096;
/// Globals. Each is initialised at each entry into the program.
pub const MAX_GLOBALS: u64 = 1_024;
/// Elements of the one table.
pub const MAX_TABLE_ELEMENTS: u64 = 8_192;
/// Active element segments.
pub const MAX_ELEMENT_SEGMENTS: u64 = 1_024;
/// Active data segments. Each is copied at each entry into the program.
pub const MAX_DATA_SEGMENTS: u64 = 4_096;
/// Parameters of a function or block type.
pub const MAX_PARAMS: u64 = 128;
/// Results of a function or block type. Each branch carries them, so many of them blow up compiled code.
pub const MAX_RESULTS: u64 = 16;
/// Bytes of an export's or import's name.
pub const MAX_NAME_BYTES: u64 = 512;

// ---- one function ----------------------------------------------------------------------------------------------

/// Operators of a function, those that cannot be reached included.
pub const MAX_OPERATORS: u64 = 65_536;
/// Basic blocks of a function. Each is charged by itself, with a branch of its own. Compilation time grows with the
/// square of the branches to one label; real functions have one block per three to ten operators.
pub const MAX_BASIC_BLOCKS: u64 = 4_096;
/// Blocks, loops and conditions inside one another in one function.
pub const MAX_BLOCK_DEPTH: u64 = 2_048;
/// Loops inside one another in one function. Each carries every local it uses, so both limits bound compile time.
pub const MAX_LOOP_DEPTH: u64 = 64;
/// Targets of all `br_table` operators of a function, without the default ones.
pub const MAX_BR_TABLE_TARGETS: u64 = 8_192;
/// Locals of a function, parameters included.
pub const MAX_LOCALS: u64 = 2_048;
/// Operands of a function at once. Compilation time grows with the square of the values that are alive.
pub const MAX_OPERANDS: u64 = 1_024;
/// Values that the branches of one function carry, by the instrumenter's upper bound. Compilers of real contracts stay
/// below a tenth of it; compilation time grows with its square.
pub const MAX_CARRIED_VALUES: u64 = 65_536;
/// Words that one function's frame takes from the stack budget.
pub const MAX_FRAME_WORDS: u64 = 10 * 1024;

/// Words of 8 bytes that the nested functions of one frame may hold.
pub const STACK_WORDS: u32 = 65_536;
/// Words of a function's frame beside its locals and operands: return address, frame pointer, callee-saved registers.
pub const FRAME_OVERHEAD_WORDS: u64 = 4;
/// One word of the frame per so many operators of the function.
///
/// An optimising compiler keeps values alive that the module computes anew (common subexpressions, loop invariants),
/// so a native frame is bounded by the function's length, not by its locals and operands alone.
pub const OPERATORS_PER_FRAME_WORD: u64 = 8;
/// Native bytes that stand behind one word of the stack budget at most.
///
/// The worst functions that are known, made so that the compiler keeps as many values alive as it can, take 13 bytes
/// per word; without the words for operators they would take over 1,000.
pub const NATIVE_BYTES_PER_STACK_WORD: usize = 32;
/// Native stack that one frame may take. A thread that runs `n` nested frames needs `n` times as much
/// (reserved, not committed) and what the host itself uses in between.
#[expect(clippy::cast_possible_truncation, reason = "small constants")]
pub const NATIVE_STACK_BYTES_PER_FRAME: usize =
    (STACK_WORDS as usize + MAX_FRAME_WORDS as usize) * NATIVE_BYTES_PER_STACK_WORD + 256 * 1024;
