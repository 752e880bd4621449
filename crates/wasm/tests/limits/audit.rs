//! Shapes of modules that were tried to tell the engines apart. Each is accepted and runs alike, or is refused alike.

use super::{
    modules::{calling, encode, many, repeat, with},
    refusal, run,
    support::{self, Rig, big_stack, program_with},
};

/// One basic block of 250,000 bytes with the longest constants there are.
fn long_block() -> Vec<u8> {
    let xor = "(local.set 1 (i64.xor (local.get 1) (i64.const -9223372036854775807)))";
    calling("", &format!("(local i64) {} (local.get 1)", repeat(16_000, xor)))
}

fn operands(count: u64, operand: &str) -> Vec<u8> {
    calling("", &format!("{} {}", repeat(count, operand), repeat(count - 1, "i64.xor ")))
}

/// Calls with 128 arguments and 16 results.
fn wide_calls() -> Vec<u8> {
    let f = format!(
        "(func $g (param {}) (result {}) {})",
        repeat(128, "i64 "),
        repeat(16, "i64 "),
        many(16, |index| format!("(local.get {index})"))
    );
    let call = format!("{} (call $g) {}", repeat(128, "(local.get 0)"), repeat(16, "drop "));
    calling(&f, &format!("{} (local.get 0)", repeat(20, &call)))
}

fn empty_groups() -> Vec<u8> {
    use wasm_encoder::*;
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0).export("user_entrypoint", ExportKind::Func, 0);
    let mut function = Function::new(vec![(0, ValType::I64); 60_000]);
    function.instructions().i32_const(0).end();
    let memory = MemoryType { minimum: 1, maximum: Some(1), memory64: false, shared: false, page_size_log2: None };
    module.section(&types).section(FunctionSection::new().function(0)).section(MemorySection::new().memory(memory));
    module.section(&exports).section(CodeSection::new().function(&function));
    module.finish()
}

fn accepted() -> Vec<(&'static str, Vec<u8>)> {
    let exports = many(30_000, |index| format!(r#"(export "e{index}" (memory 0))"#));
    let table = format!("(table 8192 funcref) (elem (i32.const 0) {})", repeat(8_192, "$main "));
    vec![
        ("one long basic block", long_block()),
        ("30,000 exports", with(&exports, "")),
        ("many constant operands", operands(1_000, "(i64.const 1)")),
        ("operands that are all the same value", operands(1_000, "(local.get 0)")),
        ("800 functions", with(&repeat(799, "(func (result i32) (i32.const 0))"), "")),
        ("wide calls", wide_calls()),
        ("a full table", with(&table, "")),
        ("1,000 globals", with(&repeat(1_000, "(global (mut i64) (i64.const 0))"), "")),
        ("a table that might grow for ever", with("(table 1 0xffffffff funcref)", "")),
        ("no memory", encode(&program_with(r#"(memory (export "memory") 0 0)"#, "(i32.const 0)"))),
        (
            "2,000 blocks inside one another",
            calling("", &format!("{} {} (local.get 0)", repeat(2_000, "block "), repeat(2_000, "end "))),
        ),
        (
            "15,000 selects",
            calling("", &format!("(local.get 0) {}", repeat(15_000, "(local.get 0) (i32.const 1) select "))),
        ),
        ("the longest offset", calling("", "(i64.load offset=4294967295 (i32.const -1))")),
        ("60,000 groups of no locals", empty_groups()),
    ]
}

#[test]
fn modules_made_to_tell_the_engines_apart_run_alike() {
    big_stack(|| {
        let rig = Rig::new();
        for (name, module) in accepted() {
            let exit = run(&rig, &module);
            assert_eq!(exit.is_success(), name != "the longest offset", "{name}: {exit:?}");
        }
    });
}

/// A table in a branch that is never taken, as long as one engine allows, one longer, and longer still.
#[test]
fn branch_tables_beyond_an_engine_s_limit_are_refused_alike() {
    let vms = support::engines();
    for count in [65_520, 65_521, 120_000] {
        let table = format!("(block (br_table {} 0 (local.get $len)))", repeat(count, "0 "));
        let module = with("", &format!("(if (i32.eq (local.get $len) (i32.const 0x7fffffff)) (then {table}))"));
        let (message, _) = refusal(&vms, &module);
        assert_eq!(message, format!("br_table targets of a function: {count}; the limit is 8192"));
    }
}
