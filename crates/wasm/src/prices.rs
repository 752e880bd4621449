//! What everything costs.
//!
//! Ink prices of operators and host functions are the figures of Stylus' first price table, written down as this
//! protocol's own constants. Where that table gives a range for a group of operators, the group has the upper end.
//! Prices of activation are this protocol's own. All of them are part of consensus.

mod program;

pub use program::{activation, compilation, init};

use crate::limits::MAX_MEMORY_PAGES;
use wasmparser::Operator;

/// Ink that one gas buys.
pub const INK_PER_GAS: u64 = 10_000;

/// Most ink a frame can hold: the meter is a signed 64-bit number whose negative values mean "used up".
pub const MAX_INK: u64 = i64::MAX.cast_unsigned();

// ---- operators -------------------------------------------------------------------------------------------------

/// Each basic block, beside its operators.
pub const BLOCK_HEADER: u64 = 2_450;
/// Each byte that `memory.copy` or `memory.fill` touches.
pub const BULK_BYTE: u64 = 100;

/// Price of an operator, without what depends on its operands. `None`: the operator is not allowed.
pub fn operator(op: &Operator<'_>) -> Option<u64> {
    control(op).or_else(|| memory(op)).or_else(|| numeric(op))
}

fn control(op: &Operator<'_>) -> Option<u64> {
    use Operator::*;
    Some(match op {
        Unreachable | Nop | Return | Block { .. } | Loop { .. } | Else | End => 1,
        I32Const { .. } | I64Const { .. } => 1,
        Drop => 10,
        LocalGet { .. } | LocalTee { .. } => 75,
        LocalSet { .. } => 210,
        GlobalGet { .. } => 225,
        GlobalSet { .. } => 575,
        Br { .. } | BrIf { .. } | If { .. } => 765,
        BrTable { targets } => 2_400 + 325 * u64::from(targets.len()),
        Select => 1_250,
        Call { .. } => 3_800,
        // The arguments of the callee's type are added by the instrumenter, which knows the types.
        CallIndirect { .. } => 13_610,
        _ => return None,
    })
}

/// Each argument of `call_indirect`.
pub const INDIRECT_ARGUMENT: u64 = 650;

fn memory(op: &Operator<'_>) -> Option<u64> {
    use Operator::*;
    Some(match op {
        I32Load { .. } | I32Load8S { .. } | I32Load8U { .. } | I32Load16S { .. } | I32Load16U { .. } => 670,
        I64Load { .. } | I64Load8S { .. } | I64Load8U { .. } | I64Load16S { .. } | I64Load16U { .. } => 680,
        I64Load32S { .. } | I64Load32U { .. } => 680,
        I32Store { .. } | I32Store8 { .. } | I32Store16 { .. } => 825,
        I64Store { .. } | I64Store8 { .. } | I64Store16 { .. } | I64Store32 { .. } => 950,
        MemorySize { .. } => 3_000,
        MemoryGrow { .. } => 8_050,
        MemoryCopy { .. } | MemoryFill { .. } => 950,
        _ => return None,
    })
}

fn numeric(op: &Operator<'_>) -> Option<u64> {
    use Operator::*;
    Some(match op {
        I32Add | I32Sub | I32And | I32Or | I32Xor | I32Shl | I32ShrS | I32ShrU | I32Rotl | I32Rotr => 70,
        I64Add | I64Sub | I64And | I64Or | I64Xor | I64Shl | I64ShrS | I64ShrU | I64Rotl | I64Rotr => 100,
        I32Eqz | I32Eq | I32Ne | I32LtS | I32LtU | I32GtS | I32GtU | I32LeS | I32LeU | I32GeS | I32GeU => 170,
        I64Eqz | I64Eq | I64Ne | I64LtS | I64LtU | I64GtS | I64GtU | I64LeS | I64LeU | I64GeS | I64GeU => 225,
        I32Mul | I64Mul => 160,
        I32DivS | I32DivU | I32RemS | I32RemU => 1_120,
        I64DivS | I64DivU | I64RemS | I64RemU => 1_270,
        I32Clz | I32Ctz | I64Clz | I64Ctz => 210,
        I32Popcnt => 2_650,
        I64Popcnt => 6_000,
        I32WrapI64 | I64ExtendI32S | I64ExtendI32U => 100,
        I32Extend8S | I32Extend16S | I64Extend8S | I64Extend16S | I64Extend32S => 100,
        _ => return None,
    })
}

// ---- host functions --------------------------------------------------------------------------------------------

/// Any host function.
pub const HOOK: u64 = 8_400;
/// Each pointer to a word or address that it reads or writes.
pub const POINTER: u64 = 5_040;
/// A request to the chain's state.
pub const STATE_API: u64 = 59_673;
/// Gas that must be left for a write to the storage cache (EIP-2200's sentry).
pub const STORE_SENTRY_GAS: u64 = 2_300;
/// Gas of writing a word into the storage cache that is not there yet, where `cached` words are: ten, and more the
/// more there are, so that a frame cannot make the host hold a lot of memory for little. The flush pays for the writes.
pub const fn cache_word(cached: u64) -> u64 {
    10u64.saturating_add(cached / 64)
}

/// `native_keccak256`: the price of the EVM. Nitro's, 121,800 for two words and 21,000 for each more, buys more time than
/// anything else that a program can do.
pub const KECCAK: u64 = 300_000;
/// Each word of `native_keccak256`.
pub const KECCAK_WORD: u64 = 60_000;
/// `math_div` and `math_mod`.
pub const DIVIDE: u64 = 20_000;
/// `math_add_mod`.
pub const ADD_MOD: u64 = 21_000;
/// `math_mul_mod`. Nitro takes 24,100, which is below the time.
pub const MUL_MOD: u64 = 40_000;
/// `math_pow`.
pub const POW: u64 = 3_000;
/// Each significant byte of the exponent of `math_pow`, and one more. Nitro takes 17,500, which is below the time.
pub const POW_BYTE: u64 = 40_000;

/// Reading `bytes` of the program's memory.
pub const fn read(bytes: u64) -> u64 {
    16_381u64.saturating_add(55u64.saturating_mul(bytes.saturating_sub(32)))
}

/// Writing `bytes` to the program's memory.
pub const fn write(bytes: u64) -> u64 {
    5_040u64.saturating_add(30u64.saturating_mul(bytes.saturating_sub(32)))
}

/// Hashing `bytes`.
pub const fn keccak(bytes: u64) -> u64 {
    KECCAK.saturating_add(KECCAK_WORD.saturating_mul(bytes.div_ceil(32)))
}

// ---- memory ----------------------------------------------------------------------------------------------------

/// Pages that cost nothing.
pub const FREE_PAGES: u32 = 2;
/// Gas of each further page.
pub const PAGE_GAS: u64 = 1_000;

/// Gas of growing a frame's memory from `open` to `open + new` pages; `u64::MAX` beyond the limit.
///
/// A memory of `p` pages costs 1,000 gas for each page beyond the second plus b^p − 1, where b^128 is 31,874,000: the
/// memory model of Stylus. Few pages are cheap, and all 128 cost a block. Each frame pays for its own memory.
pub fn memory_growth(open: u32, new: u32) -> u64 {
    let total = open.saturating_add(new);
    match (memory_total(total), memory_total(open)) {
        (Some(after), Some(before)) => after.saturating_sub(before),
        _ => u64::MAX,
    }
}

fn memory_total(pages: u32) -> Option<u64> {
    let exponential = PAGE_EXPONENTIAL.get(usize::try_from(pages).ok()?)?;
    Some(u64::from(pages.saturating_sub(FREE_PAGES)) * PAGE_GAS + exponential)
}

/// floor(31,874,000^(p/128)) − 1 for p = 0 ..= 128, with 64 fractional bits on the way, rounded down.
const PAGE_EXPONENTIAL: [u64; MAX_MEMORY_PAGES as usize + 1] = {
    const BITS: u32 = 64;
    /// floor(31,874,000^(1/128) · 2^64).
    const BASE: u128 = 21_112_531_992_727_552_723;
    let mut table = [0; MAX_MEMORY_PAGES as usize + 1];
    let mut power: u128 = 1 << BITS;
    let mut rest: &mut [u64] = &mut table;
    while let Some((first, others)) = rest.split_first_mut() {
        let whole = power >> BITS;
        let cost = whole as u64;
        *first = cost - 1;
        // The product in two parts, because all of it has more than 128 bits.
        power = whole * BASE + ((((power & ((1 << BITS) - 1)) >> 1) * (BASE >> 1)) >> (BITS - 2));
        rest = others;
    }
    table
};

// ---- calls and activation --------------------------------------------------------------------------------------

/// Gas of entering a program, whether or not the node has it compiled in memory: Stylus' least price for a program
/// that is not cached. Large programs cost more ([`init`]), and the pages of the initial memory come on top
/// ([`memory_growth`]).
pub const INIT_GAS: u64 = 72 * 128 + 11 * 32;

/// Gas of activating a program, to which the other activation prices are added.
pub const ACTIVATION_GAS: u64 = 100_000;
/// Gas of activating, per byte of the compressed code: paid before it is decompressed.
pub const ACTIVATION_CODE_BYTE_GAS: u64 = 10;
/// Gas of activating, per byte of the decompressed module: paid before it is validated and instrumented.
pub const ACTIVATION_WASM_BYTE_GAS: u64 = 6;
/// Gas of activating, per byte of the instrumented module: paid before it is translated for the interpreter.
pub const ACTIVATION_INSTRUMENTED_BYTE_GAS: u64 = 4;

// ---- compiling -------------------------------------------------------------------------------------------------
//
// Prices of compiling native code: what the optimising compiler takes, by the operators of the instrumented module.
// They were fitted to the time that compiling takes: 8 to 15 ns for each gas of activating real programs, at most 18 for
// all hostile modules that are known (`benches/programs.rs`; up to twice that on busy cores).

/// Gas of each function.
pub const COMPILED_FUNCTION: u64 = 2_300;
/// So many operators without a branch or call are as cheap as [`compiling`] says: compilers of real programs leave few
/// longer stretches, and most of their values die soon.
pub const SHORT_STRAIGHT_CODE: u64 = 48;
/// Gas of each further operator of a longer stretch, where all values may be alive at once.
pub const COMPILED_IN_LONG_STRAIGHT_CODE: u64 = 130;

/// Gas of each parameter and result of a call.
pub const COMPILED_CALL_VALUE: u64 = 30;

/// Gas of an operator.
pub fn compiling(op: &Operator<'_>) -> u64 {
    use Operator::*;
    match op {
        GlobalGet { .. } | GlobalSet { .. } => 170,
        LocalSet { .. } | LocalTee { .. } => 8,
        If { .. } => 130,
        Else => 2_000,
        Block { .. } => 100,
        Loop { .. } => 700,
        Br { .. } | BrIf { .. } => 720,
        BrTable { targets } => 400 + 20 * u64::from(targets.len()),
        Call { .. } => 1_200,
        CallIndirect { .. } => 2_000,
        MemoryCopy { .. } | MemoryFill { .. } | MemoryGrow { .. } => 900,
        I32DivS | I32DivU | I32RemS | I32RemU | I64DivS | I64DivU | I64RemS | I64RemU => 900,
        MemorySize { .. } => 30,
        _ if memory(op).is_some() => 420,
        _ => 2,
    }
}

/// Whether a stretch of straight code ends with this operator.
pub const fn ends_straight_code(op: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        op,
        If { .. }
            | Else
            | Loop { .. }
            | End
            | Br { .. }
            | BrIf { .. }
            | BrTable { .. }
            | Call { .. }
            | CallIndirect { .. }
    )
}

/// Whether the operator shifts or rotates, by a distance that must stand in one certain register unless it is constant.
pub const fn shifts(op: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(op, I32Shl | I32ShrS | I32ShrU | I32Rotl | I32Rotr | I64Shl | I64ShrS | I64ShrU | I64Rotl | I64Rotr)
}

/// Gas of a function whose operators cost so much, of so many bytes and with so many shifts by distances that are not
/// constant: large functions take the compiler longer than many small ones.
pub fn compiling_function(operators: u64, bytes: u64, shifts: u64) -> u64 {
    const LARGE_FUNCTION_BYTES: u64 = 32 * 1024;
    let size = operators.saturating_mul(bytes) / LARGE_FUNCTION_BYTES;
    operators.saturating_add(size).saturating_add(shifts.saturating_mul(shifts).saturating_mul(4))
}

/// Gas of a function whose branches carry so many values: the compiler looks at each together with each other.
pub const fn merging(carried: u64) -> u64 {
    carried.saturating_mul(carried) / 13
}

/// Gas of activating a program again whose record is there: the same for any program.
pub const REACTIVATION_GAS: u64 = 1_000;

/// The part of [`activation`] that is paid before decompression.
pub fn decompression(code_bytes: u64) -> u64 {
    ACTIVATION_GAS.saturating_add(ACTIVATION_CODE_BYTE_GAS.saturating_mul(code_bytes))
}

/// The part of [`activation`] that is paid before validation.
pub fn validation(wasm_bytes: u64) -> u64 {
    ACTIVATION_WASM_BYTE_GAS.saturating_mul(wasm_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_free_at_first_cheap_for_a_while_and_a_block_at_the_limit() {
        assert_eq!(memory_growth(0, 2), 0);
        assert_eq!(memory_growth(2, 1), 1_000);
        assert!(memory_growth(0, 17) < 16_000);
        let all = memory_growth(0, MAX_MEMORY_PAGES);
        assert_eq!(all, 31_999_998, "as Stylus has it");
        assert_eq!(memory_growth(0, MAX_MEMORY_PAGES + 1), u64::MAX);
        assert_eq!(memory_growth(u32::MAX, u32::MAX), u64::MAX);
    }

    /// Values of the published model, floor(31,874,000^(p/128)), at both ends and where they begin to matter.
    #[test]
    fn the_exponential_part_is_that_of_stylus() {
        let known = [(0, 1), (5, 1), (6, 2), (9, 3), (16, 8), (32, 75), (48, 651), (64, 5_645), (65, 6_461)];
        let large = [(96, 424_206), (100, 727_880), (120, 10_826_093), (127, 27_849_408), (128, 31_873_999)];
        for (pages, power) in known.into_iter().chain(large) {
            assert_eq!(PAGE_EXPONENTIAL[pages] + 1, power, "{pages} pages");
        }
    }

    #[test]
    fn growth_in_steps_costs_as_much_as_at_once() {
        let steps: u64 = (0..100).map(|page| memory_growth(page, 1)).sum();
        assert_eq!(steps, memory_growth(0, 100));
    }

    #[test]
    fn frames_inside_one_another_hold_a_bounded_memory_for_their_gas() {
        let most = (0..=MAX_MEMORY_PAGES).map(|pages| u64::from(pages) * 65_536 / (INIT_GAS + memory_growth(0, pages)));
        assert_eq!(most.max(), Some(56), "bytes for each gas");
    }

    #[test]
    fn prices_by_length_do_not_wrap() {
        assert_eq!(read(0), 16_381);
        assert_eq!(read(64), 16_381 + 55 * 32);
        assert_eq!(write(u64::MAX), u64::MAX);
        assert_eq!(keccak(0), 300_000);
        assert_eq!(keccak(64), 420_000);
        assert_eq!(keccak(65), 480_000);
        assert!(keccak(u64::MAX) > u64::MAX / 32);
    }
}
