//! Modules that have as many of something as a test asks for, and use them.

use super::support::{program, program_with};
use hexapla_wasm::limits;

const MEMORY: &str = r#"(memory (export "memory") 1 1)"#;

pub(crate) fn many(count: u64, text: impl Fn(u64) -> String) -> String {
    (0..count).map(text).collect()
}

pub(crate) fn repeat(count: u64, text: &str) -> String {
    text.repeat(usize::try_from(count).unwrap())
}

pub(crate) fn encode(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// A program with these fields whose body is `body` and the status 0.
pub(crate) fn with(fields: &str, body: &str) -> Vec<u8> {
    encode(&program_with(&format!("{fields} {MEMORY}"), &format!("{body} (i32.const 0)")))
}

/// A program that calls `$f` once with 0 and stores what it gives.
///
/// `$f` takes an `i64` and gives one; the text is what follows this in its declaration.
pub(crate) fn calling(fields: &str, f: &str) -> Vec<u8> {
    let fields = format!("{fields} (func $f (param i64) (result i64) {f})");
    with(&fields, "(i64.store (i32.const 0) (call $f (i64.const 0)))")
}

/// Filled up with a custom section: its number, its length in three bytes, and a name of no bytes.
pub(super) fn bytes(count: u64) -> Vec<u8> {
    let length = usize::try_from(count).unwrap();
    let mut wasm = encode(&program("(i32.const 0)"));
    let payload = length - wasm.len() - 4;
    let digit = |shift: u32, more: u8| u8::try_from(payload >> shift & 0x7F).unwrap() | more;
    wasm.extend([0, digit(0, 0x80), digit(7, 0x80), digit(14, 0)]);
    wasm.resize(length, 0);
    wasm
}

pub(super) fn pages(count: u64) -> Vec<u8> {
    let fields = format!(r#"(memory (export "memory") {count} {count})"#);
    let last = count * 65_536 - 8;
    encode(&program_with(&fields, &format!("(i64.store (i32.const {last}) (i64.const 7)) (i32.const 0)")))
}

/// Each type is another one: its parameters are the bits of its index.
pub(super) fn types(count: u64) -> Vec<u8> {
    let ty = |index: u64| {
        let bits = many(13, |bit| if index >> bit & 1 == 0 { "i32 ".into() } else { "i64 ".into() });
        format!("(type (func (param {bits})))")
    };
    // The last one is that of the entry point.
    with(&many(count - 1, ty), "")
}

pub(super) fn imports(count: u64) -> Vec<u8> {
    let imports = repeat(count, r#"(import "vm_hooks" "tx_ink_price" (func (result i32)))"#);
    with(&imports, &format!("(i32.store (i32.const 0) (call 0)) (i32.store (i32.const 4) (call {}))", count - 1))
}

pub(super) fn functions(count: u64) -> Vec<u8> {
    let functions = many(count - 1, |index| format!("(func (result i64) (i64.const {index}))"));
    with(&functions, &format!("(i64.store (i32.const 0) (call {}))", count - 2))
}

pub(super) fn globals(count: u64) -> Vec<u8> {
    let globals = many(count, |index| format!("(global (mut i64) (i64.const {index}))"));
    let sum = many(count, |index| format!("(global.set 0 (i64.xor (global.get 0) (global.get {index})))"));
    with(&globals, &format!("{sum} (i64.store (i32.const 0) (global.get 0))"))
}

pub(super) fn tables(count: u64) -> Vec<u8> {
    with(&repeat(count, "(table 1 funcref)"), "")
}

const INDIRECT: &str = "(type $t (func (result i64))) (func $f (result i64) (i64.const 7))";

pub(super) fn elements(count: u64) -> Vec<u8> {
    let items = repeat(count, "$f ");
    let fields = format!("{INDIRECT} (table {count} funcref) (elem (i32.const 0) {items})");
    with(&fields, &format!("(i64.store (i32.const 0) (call_indirect (type $t) (i32.const {})))", count - 1))
}

pub(super) fn element_segments(count: u64) -> Vec<u8> {
    let segments = many(count, |index| format!("(elem (i32.const {index}) $f)"));
    let fields = format!("{INDIRECT} (table {count} funcref) {segments}");
    with(&fields, &format!("(i64.store (i32.const 0) (call_indirect (type $t) (i32.const {})))", count - 1))
}

pub(super) fn data_segments(count: u64) -> Vec<u8> {
    with(&many(count, |index| format!(r#"(data (i32.const {index}) "x")"#)), "")
}

/// Of a function and of a block.
pub(super) fn params(count: u64) -> Vec<u8> {
    let params = repeat(count, "i64 ");
    let sum = many(count, |index| format!("(local.get {index}) (i64.add)"));
    let fields = format!(
        "(type $b (func (param {params}) (result i64)))
         (func $f (param {params}) (result i64) (i64.const 0) {sum})"
    );
    let values = many(count, |index| format!("(i64.const {index})"));
    with(
        &fields,
        &format!(
            "(i32.const 0) {values} (call $f) (i64.store)
             (i32.const 8) {values} (block (type $b) {}) (i64.store)",
            repeat(count - 1, "(i64.add)")
        ),
    )
}

/// Of a function and of a loop, whose label takes the same as parameters.
pub(super) fn results(count: u64) -> Vec<u8> {
    let results = repeat(count, "i64 ");
    let fields = format!(
        "(type $b (func (param {results}) (result {results})))
         (func $f (result {results}) {} (loop (type $b) (br_if 0 (i32.const 0))))",
        many(count, |index| format!("(i64.const {index})"))
    );
    with(&fields, &format!("(i32.const 0) (call $f) {} (i64.store)", repeat(count - 1, "(i64.add)")))
}

pub(super) fn name(count: u64) -> Vec<u8> {
    with(&format!(r#"(global (export "{}") i32 (i32.const 0))"#, repeat(count, "a")), "")
}

/// One basic block of a chain of operators that depend on one another.
pub(super) fn operators(count: u64) -> Vec<u8> {
    let pairs = (count - 2) / 2;
    calling("", &format!("(local.get 0) {} {}", repeat(count % 2, "nop "), repeat(pairs, "local.get 0 i64.sub ")))
}

pub(super) fn basic_blocks(count: u64) -> Vec<u8> {
    let branches = repeat(count - 1, "(br_if 0 (i32.wrap_i64 (local.get 0)))");
    let fields = format!("(func $f (param i64) {branches})");
    with(&fields, "(call $f (i64.const 0))")
}

/// The innermost block branches to the outermost one.
pub(super) fn depth(count: u64) -> Vec<u8> {
    let outermost = format!("(br_if {} (i64.eqz (local.get 0)))", count - 1);
    calling("", &format!("{} {outermost} {} (i64.const 5)", repeat(count, "block "), repeat(count, "end ")))
}

/// Each turns once; all use the same locals.
pub(super) fn loops(count: u64) -> Vec<u8> {
    let open = many(count, |index| format!("loop local.get 0 i64.const {index} i64.add local.tee 1 local.set 0 "));
    let close = repeat(count, "local.get 0 i64.const 1000000 i64.lt_u local.get 1 i64.eqz i32.and br_if 0 end ");
    calling("", &format!("(local i64) {open} {close} (local.get 0)"))
}

/// Targets in many blocks, each with work of its own behind it.
pub(super) fn targets(count: u64) -> Vec<u8> {
    const BLOCKS: u64 = 2_000;
    let table = many(count, |index| format!("{} ", index % BLOCKS));
    let chosen = format!("(br_table {table} 0 (i32.const {}))", count - 7);
    let close = repeat(BLOCKS, "end (local.set 0 (i64.add (local.get 0) (i64.const 3))) ");
    calling("", &format!("{} {chosen} {close} (local.get 0)", repeat(BLOCKS, "block ")))
}

/// Half of them hold values at once.
pub(super) fn locals(count: u64) -> Vec<u8> {
    let (own, half) = (count - 1, count / 2);
    let set = many(own, |index| format!("(local.set {} (i64.load (i32.const {})))", index + 1, index * 8));
    let sum = many(half, |index| format!("(local.set 0 (i64.xor (local.get 0) (local.get {})))", index + 1));
    calling("", &format!("(local {}) {set} {sum} (local.get 0)", repeat(own, "i64 ")))
}

/// A block that many branches leave with many locals, and one for the rest.
pub(super) fn carried(count: u64) -> Vec<u8> {
    let (branches, locals) = (256, count / 256 - 1);
    let rest = count - branches * locals;
    let leave = "(br_if 0 (i64.eqz (i64.load (i32.const 8))))";
    let writes = many(locals, |index| format!("(local.set {} (i64.load (i32.const {})))", index + 1, index * 8));
    let reads = many(locals, |index| format!("(local.set 0 (i64.xor (local.get 0) (local.get {})))", index + 1));
    let f = format!(
        "(local {}) (block {writes} {}) {reads} (block (local.set 1 (local.get 0)) {}) (local.get 1)",
        repeat(locals, "i64 "),
        repeat(branches - 1, leave),
        repeat(rest - 1, leave),
    );
    calling("", &f)
}

/// All alive at once.
pub(super) fn operands(count: u64) -> Vec<u8> {
    let loads = many(count, |index| format!("(i64.load (i32.const {}))", index * 8));
    calling("", &format!("{loads} {}", repeat(count - 1, "i64.add ")))
}

/// All locals, many operands, and operators that do nothing.
pub(super) fn frame(words: u64) -> Vec<u8> {
    const OPERANDS: u64 = 1_000;
    let per = limits::OPERATORS_PER_FRAME_WORD;
    // Each operand is a load of two operators and an addition.
    let held = limits::MAX_LOCALS + limits::FRAME_OVERHEAD_WORDS + OPERANDS + OPERANDS * 3 / per;
    let locals = repeat(limits::MAX_LOCALS - 1, "i64 ");
    let loads = many(OPERANDS, |index| format!("(i64.load (i32.const {}))", index * 8));
    let idle = repeat((words - held) * per, "nop ");
    calling("", &format!("(local {locals}) {loads} {} {idle}", repeat(OPERANDS - 1, "i64.add ")))
}
