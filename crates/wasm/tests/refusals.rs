//! What is not a program is refused with a sentence that says why.

mod support;

use hexapla_primitives::{Bytes, FaultKind};
use hexapla_vm::{HostError, Vm};
use hexapla_wasm::{ProgramError, StylusVm, encode_program, program::decode_program};
use support::*;

const MEMORY: &str = r#"(memory (export "memory") 1 1)"#;
const MAIN: &str = r#"(func (export "user_entrypoint") (param i32) (result i32) (i32.const 0))"#;

fn refusal(wat: &str) -> String {
    let wasm = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}\n{wat}"));
    match StylusVm::inspect(&wasm) {
        Ok(info) => panic!("accepted: {info:?}\n{wat}"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn check(fields: &str, expected: &[&str]) {
    let message = refusal(&format!("(module {fields})"));
    for part in expected {
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
}

#[test]
fn f15_operators_outside_the_subset_are_named_with_their_place() {
    let cases = [
        ("(drop (f32.add (f32.const 1) (f32.const 2)))", "f32.const"),
        ("(drop (i64.trunc_f64_s (f64.const 1)))", "f64.const"),
        ("(return_call $f (i32.const 0))", "return_call"),
        ("(drop (ref.func $f))", "ref.func"),
        ("(drop (ref.null func))", "ref.null"),
        ("(drop (table.size $t))", "table.size"),
        ("(drop (table.grow $t (ref.null func) (i32.const 1)))", "ref.null"),
        ("(drop (table.get $t (i32.const 0)))", "table.get"),
        ("(table.copy $t $t (i32.const 0) (i32.const 0) (i32.const 0))", "table.copy"),
        ("(drop (select (result i32) (i32.const 0) (i32.const 0) (i32.const 0)))", "typed_select"),
        ("(drop (i32.atomic.load (i32.const 0)))", "i32.atomic_load"),
        ("(atomic.fence)", "atomic_fence"),
        ("(drop (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0))) drop", "i64.add128"),
    ];
    for (operator, name) in cases {
        let fields = format!(
            r#"{MEMORY} (table $t 1 funcref)
               (func $f (export "user_entrypoint") (param i32) (result i32) {operator} (i32.const 0))"#
        );
        check(&fields, &[&format!("operator {name} at byte"), "is not allowed; allowed are"]);
    }
    for (segment, operator, name) in [
        (r#"(data $d "x")"#, "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 0))", "memory.init"),
        (r#"(data $d "x")"#, "(data.drop $d)", "data.drop"),
    ] {
        let fields = format!(
            r#"{MEMORY} {segment} (func (export "user_entrypoint") (param i32) (result i32) {operator} (i32.const 0))"#
        );
        check(&fields, &[&format!("operator {name} at byte")]);
    }
}

#[test]
fn f15_vectors_and_references_are_refused_as_types_too() {
    check(&format!("{MEMORY} {MAIN} (func (local funcref))"), &["the type funcref of a local"]);
    check(&format!("{MEMORY} {MAIN} (func (param externref))"), &["the type externref in a function type"]);
    check(&format!("{MEMORY} {MAIN} (global funcref (ref.null func))"), &["the type funcref of a global"]);
    check(&format!("{MEMORY} {MAIN} (func (drop (v128.const i64x2 0 0)))"), &["operator v128.const", "allowed are"]);
    check(&format!("{MEMORY} {MAIN} (tag)"), &["exceptions"]);
}

#[test]
fn f15_memories_out_of_the_rules_are_refused() {
    check(MAIN, &["export memory must be the memory, but is missing"]);
    check(&format!(r#"(memory (export "memory") 129 129) {MAIN}"#), &["pages of memory: 129; the limit is 128"]);
    check(&format!(r#"(memory (export "memory") i64 1 1) {MAIN}"#), &["memory64"]);
    check(&format!(r#"(memory (export "memory") 1 1 shared) {MAIN}"#), &["threads"]);
    check(&format!(r#"(memory (export "memory") 1 1) (memory 1 1) {MAIN}"#), &["memor"]);
    check(&format!(r#"(import "vm_hooks" "memory" (memory 1)) {MAIN}"#), &["import vm_hooks.memory does not exist"]);
    check(
        &format!(r#"(memory (export "memory") 1) {MAIN}"#),
        &["can grow", "import it, or give the memory the same minimum and maximum"],
    );
    check(&format!(r#"(memory 1 1) (func (export "memory")) {MAIN}"#), &["memory must be the memory, but is a func"]);
}

#[test]
fn f15_imports_and_exports_out_of_the_rules_are_refused() {
    check(
        &format!(r#"(import "env" "abort" (func)) {MEMORY} {MAIN}"#),
        &["import env.abort does not exist", "vm_hooks"],
    );
    check(
        &format!(r#"(import "vm_hooks" "launch" (func)) {MEMORY} {MAIN}"#),
        &["import vm_hooks.launch does not exist"],
    );
    check(
        &format!(r#"(import "vm_hooks" "read_args" (func (param i64))) {MEMORY} {MAIN}"#),
        &["vm_hooks.read_args has the signature (i64) -> ()", "expected is (i32) -> ()"],
    );
    check(
        &format!(r#"(import "vm_hooks" "chainid" (func (result i32))) {MEMORY} {MAIN}"#),
        &["() -> (i32)", "expected is () -> (i64)"],
    );
    check(MEMORY, &["export user_entrypoint must be a function (i32) -> (i32), but is missing"]);
    check(&format!("{MEMORY} (func)"), &["but is missing"]);
    check(&format!(r#"{MEMORY} (func (export "user_entrypoint") (param i32))"#), &["but is a function (i32) -> ()"]);
    check(&format!(r#"{MEMORY} (global (export "user_entrypoint") i32 (i32.const 0))"#), &["but is a global"]);
    for name in ["stylus_anything", "__hexapla_ink"] {
        check(
            &format!(r#"{MEMORY} {MAIN} (global (export "{name}") i32 (i32.const 0))"#),
            &[name, "kept for the host"],
        );
    }
    check(&format!("{MEMORY} {MAIN} (func $s) (start $s)"), &["a start function is not allowed"]);
}

#[test]
fn f15_segments_that_could_fail_at_the_start_are_refused() {
    check(&format!(r#"{MEMORY} {MAIN} (data (i32.const 65536) "x")"#), &["end of a data segment", "65537"]);
    check(&format!(r#"{MEMORY} {MAIN} (data (i32.const -1) "x")"#), &["end of a data segment"]);
    check(&format!(r#"{MEMORY} {MAIN} (data "x")"#), &["passive data segment"]);
    check(&format!("{MEMORY} {MAIN} (table 1 1 funcref) (elem (i32.const 1) 0)"), &["end of an element segment"]);
    check(&format!("{MEMORY} {MAIN} (elem funcref (ref.func 0))"), &["element segment"]);
    check(&format!("{MEMORY} {MAIN} (global $g i32 (i32.const 1)) (global i32 (global.get $g))"), &["byte"]);
}

/// Compilers leave float types behind in functions that lost their operators. Nothing can tell what such a value is.
#[test]
fn float_types_may_stand_in_a_module_but_no_operator_makes_or_reads_a_float() {
    let fields = format!(
        r#"{MEMORY} (type $unused (func (param f32 f64) (result f64)))
           (global $g (mut f64) (f64.const 1.5)) (global f32 (f32.const nan:0x200001))
           (func $f (param f32 f64) (result f64 f32) (local $x f32) (local $y f64)
             (local.set $x (local.get 0)) (local.set $y (select (local.get 1) (global.get $g) (i32.const 0)))
             (global.set $g (local.get $y)) (global.get $g) (local.tee $x (local.get $x)))
           (func $caller (local f32 f64) (call $f (local.get 0) (local.get 1)) (drop) (drop))"#
    );
    let report = Rig::new().call_wat(&program_with(&fields, "(call $caller) (i32.const 0)"), &[], &mut MockHost::new());
    assert!(report.end.exit.is_success(), "{:?}", report.end.exit);
    for (operator, name) in [
        ("(drop (f32.const 1))", "f32.const"),
        ("(i32.store (i32.const 0) (i32.reinterpret_f32 (global.get $g)))", "i32.reinterpret_f32"),
        ("(f32.store (i32.const 0) (global.get $g))", "f32.store"),
        ("(drop (f32.load (i32.const 0)))", "f32.load"),
        ("(drop (f32.eq (global.get $g) (global.get $g)))", "f32.eq"),
        ("(drop (i32.trunc_sat_f32_u (global.get $g)))", "i32.trunc_sat_f32_u"),
    ] {
        let fields = format!("{MEMORY} {MAIN} (global $g f32 (f32.const 0)) (func {operator})");
        check(&fields, &[&format!("operator {name} at byte"), "is not allowed; allowed are"]);
    }
}

#[test]
fn f16_garbage_is_refused_and_never_panics() {
    let wasm = contract("erc20");
    for length in (0..wasm.len()).step_by(97) {
        assert!(StylusVm::inspect(&wasm[..length]).is_err());
    }
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..300 {
        let mut mutated = wasm.clone();
        for _ in 0..4 {
            let position = usize::try_from(random()).unwrap() % mutated.len();
            mutated[position] = random().to_le_bytes()[0];
        }
        let _ = StylusVm::inspect(&mutated);
    }
}

fn activation_refusal(code: &[u8]) -> String {
    let mut messages = engines().into_iter().map(|vm| {
        let refused = vm.activate(&Bytes::copy_from_slice(code), &mut MockHost::new());
        match refused {
            Err(HostError::Fault { kind, message }) => {
                assert_eq!(kind, FaultKind::InvalidCode);
                message.into_owned()
            }
            other => panic!("{other:?}"),
        }
    });
    let first = messages.next().unwrap();
    messages.for_each(|other| assert_eq!(first, other));
    first
}

#[test]
fn f15_broken_programs_cannot_be_activated() {
    let good = encode_program(&wat::parse_str(program("i32.const 0")).unwrap());
    assert!(activation_refusal(&good[..good.len() - 1]).contains("truncated"));
    assert!(activation_refusal(&[0xEF, 0xF0, 0x00]).contains("must begin with 0xEFF000"));
    assert!(activation_refusal(&[0xEF, 0xF0, 0x00, 0x01, 7]).contains("dictionary 0x01"));
    assert!(activation_refusal(&[&good[..], b"more"].concat()).contains("bytes follow the end"));
    assert!(activation_refusal(&encode_program(&vec![0; 10 << 20])).contains("larger than 262144 bytes"));
    assert!(activation_refusal(&encode_program(b"not wasm at all")).contains("not valid at byte 0"));
    assert!(activation_refusal(&encode_program(&[])).contains("not valid at byte 0"));
}

#[test]
fn programs_are_recognised_by_their_first_bytes_alone() {
    let vm = &engines()[0];
    assert!(vm.owns(&[0xEF, 0xF0, 0x00, 0x00, 1, 2]));
    assert!(!vm.owns(&[0xEF, 0xF1, 0x01]) && !vm.owns(&[0xEF, 0x01, 0x00]) && !vm.owns(&[]));
    assert_eq!(decode_program(&[0x60, 0x80]), Err(ProgramError::Prefix));
}
