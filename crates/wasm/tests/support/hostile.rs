//! Modules that are small and take compilers long, or much memory.

use super::program_with;

fn many(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect()
}

pub fn module(fields: &str) -> Vec<u8> {
    let fields = format!(r#"(memory (export "memory") 1 1) {fields}"#);
    wat::parse_str(program_with(&fields, "(i32.const 0)")).unwrap()
}

/// A block with many branches out of it, each with another local written: values meet.
pub fn merges(branches: usize, locals: usize) -> String {
    let writes = many(branches, |index| {
        format!("(local.set {} (i64.const {index})) (br_if 0 (local.get 0))", 1 + index % locals)
    });
    let reads = many(locals, |index| format!("(local.set $s (i64.add (local.get $s) (local.get {})))", 1 + index));
    let locals = "i64 ".repeat(locals);
    format!("(func (param i32) (local {locals}) (local $s i64) (block {writes}) {reads})")
}

/// Loops inside one another that all use the same locals.
pub fn loops(depth: usize, locals: usize) -> String {
    let body = many(locals, |index| format!("(local.set {index} (i64.add (local.get {index}) (i64.const 1)))"));
    let open = "(loop (br_if 0 (i32.const 0)) ".repeat(depth);
    format!("(func (local {}) {open} {body} {})", "i64 ".repeat(locals), ")".repeat(depth))
}

/// Blocks inside one another with results, left by a table of branches.
pub fn tables(depth: usize) -> String {
    let results = "i32 ".repeat(16);
    let targets = many(depth, |depth| format!("{depth} "));
    let table = format!("{} (br_table {targets} (i32.const 5))", "(i32.const 1)".repeat(16));
    let block = format!("(block (result {results})").repeat(depth);
    format!("(func (result {results}) {block} {table} {})", ")".repeat(depth))
}

/// One long function without a branch: `locals` values stay alive.
pub fn straight(operations: usize, locals: usize, operator: &str) -> String {
    let body = many(operations, |index| {
        let (a, b) = (index % locals, (index + 1 + index / locals) % locals);
        format!("(local.set {a} ({operator} (local.get {a}) (local.get {b})))")
    });
    let begin = many(locals, |index| format!("(local.set {index} (i64.load (i32.const {})))", index * 8));
    let end = many(locals, |index| format!("(i64.store (i32.const {}) (local.get {index}))", index * 8));
    format!("(func (local {}) {begin} {body} {end})", "i64 ".repeat(locals))
}

/// Loads and stores, each with its own check of bounds.
pub fn accesses(count: usize) -> String {
    let body = many(count, |index| {
        format!("(i64.store offset={} (local.get 0) (i64.load8_s offset={index} (local.get 0)))", index * 7)
    });
    format!("(func (param i32) {body})")
}

/// Chains of `if`, each of which writes a local.
pub fn ifs(count: usize, locals: usize) -> String {
    let body = many(count, |index| {
        let (a, b) = (1 + index % locals, 1 + (index * 7 + 3) % locals);
        format!(
            "(if (local.get 0) (then (local.set {a} (i64.add (local.get {b}) (i64.const 1)))) (else (local.set {b} (i64.const {index}))))"
        )
    });
    format!("(func (param i32) (local {}) {body})", "i64 ".repeat(locals))
}

/// Functions that make calls with many arguments and results.
pub fn calls(functions: usize, count: usize, arity: usize) -> String {
    let types = "i64 ".repeat(arity);
    let results = arity.min(16);
    let result_types = "i64 ".repeat(results);
    let arguments = "(i64.const 7)".repeat(arity - results);
    let first = "(i64.const 3)".repeat(results);
    let calls = format!("{arguments} call $f ").repeat(count);
    let values = many(results, |index| format!("(local.get {index})"));
    let callers = format!("(func (result {result_types}) {first} {calls})").repeat(functions);
    format!("(func $f (param {types}) (result {result_types}) {values}) {callers}")
}

/// Names and modules of all kinds, most of them about as large as programs may be.
pub fn all() -> Vec<(String, Vec<u8>)> {
    let repeat = |text: &str, count: usize| format!("(func {})", text.repeat(count));
    let functions = |count: usize, function: String| function.repeat(count);
    let sizes: Vec<(String, String)> = vec![
        ("merges 100 30".into(), functions(40, merges(100, 30))),
        ("merges 300 30".into(), functions(12, merges(300, 30))),
        ("merges 800 80".into(), merges(800, 80)),
        ("merges 400 160".into(), merges(400, 160)),
        ("loops 8 40".into(), functions(40, loops(8, 40))),
        ("loops 32 100".into(), functions(10, loops(32, 100))),
        ("loops 64 1000".into(), loops(64, 1_000)),
        ("tables 100".into(), functions(10, tables(100))),
        ("tables 20".into(), functions(100, tables(20))),
        ("straight add 8".into(), straight(20_000, 8, "i64.add")),
        ("straight mul 40".into(), straight(20_000, 40, "i64.mul")),
        ("straight mul 300".into(), straight(10_000, 300, "i64.mul")),
        ("straight div 40".into(), straight(10_000, 40, "i64.div_s")),
        ("straight rotl 200".into(), straight(10_000, 200, "i64.rotl")),
        ("straight mul 40, many".into(), functions(100, straight(200, 40, "i64.mul"))),
        ("accesses".into(), accesses(10_000)),
        ("accesses, many".into(), functions(100, accesses(100))),
        ("ifs 20".into(), functions(60, ifs(100, 20))),
        ("ifs 100".into(), functions(6, ifs(1_000, 100))),
        ("calls 3".into(), calls(1, 10_000, 3)),
        ("calls 3, many".into(), calls(100, 100, 3)),
        ("calls 100".into(), calls(1, 400, 100)),
        ("calls 100, many".into(), calls(20, 20, 100)),
        ("empty functions".into(), "(func)".repeat(4_000)),
        ("small functions".into(), "(func (param i32) (result i32) local.get 0)".repeat(4_000)),
        ("loop nop".into(), repeat("(loop nop)", 3_000)),
        ("loop nop, many".into(), functions(40, repeat("(loop nop)", 100))),
        ("memory.grow".into(), repeat("(drop (memory.size))", 20_000)),
        (
            "globals".into(),
            format!(
                "(global $g (mut i64) (i64.const 0)) {}",
                repeat("(global.set $g (i64.add (global.get $g) (i64.const 1)))", 10_000)
            ),
        ),
        (
            "indirect calls".into(),
            format!("(type $t (func)) (table 1 funcref) {}", repeat("(call_indirect (type $t) (i32.const 0))", 3_000)),
        ),
        (
            "indirect calls, many".into(),
            format!(
                "(type $t (func)) (table 1 funcref) {}",
                functions(60, repeat("(call_indirect (type $t) (i32.const 0))", 50))
            ),
        ),
        ("copies".into(), repeat("(memory.copy (i32.const 0) (i32.const 9) (i32.const 20))", 5_000)),
        ("constants".into(), repeat("(drop (i64.const 123456789012345))", 15_000)),
        ("selects".into(), {
            let body = "(local.set 0 (select (local.get 1) (local.get 2) (i64.eqz (local.get 0)))) (local.set 1 (i64.popcnt (local.get 2)))";
            format!("(func (local i64 i64 i64) {})", body.repeat(6_000))
        }),
        ("straight div 40, many".into(), functions(50, straight(200, 40, "i64.div_s"))),
        ("straight add 8, many".into(), functions(100, straight(200, 8, "i64.add"))),
        ("copies, many".into(), functions(50, repeat("(memory.copy (i32.const 0) (i32.const 9) (i32.const 20))", 100))),
        ("tables of branches".into(), {
            let body = "(block (block (block (br_table 0 1 2 0 1 2 0 1 2 0 1 2 (local.get 0)))))".repeat(50);
            functions(50, format!("(func (param i32) {body})"))
        }),
        ("blocks".into(), format!("(func {}{})", "(block ".repeat(1_000), ")".repeat(1_000))),
    ];
    sizes.into_iter().map(|(name, fields)| (name, module(&fields))).collect()
}
