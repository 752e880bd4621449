//! Ink and stack: what instrumented code charges, at its limits.

mod support;

use hexapla_primitives::FaultKind;
use hexapla_vm::{Frame, Vm};
use hexapla_wasm::{RunReport, limits, prices};
use support::*;

const MEMORY: &str = r#"(memory (export "memory") 1 1)"#;
const GROWING: &str = r#"(memory (export "memory") 1) (func $paid (call $pay_for_memory_grow (i32.const 0)))"#;

struct Case {
    rig: Rig,
    host: MockHost,
    frame: Frame,
}

impl Case {
    fn new(wat: &str) -> Self {
        let (rig, mut host) = (Rig::new(), MockHost::new());
        let frame = frame(&wat::parse_str(wat).unwrap(), &[]);
        rig.activate(&frame, &mut host);
        Self { rig, host, frame }
    }

    fn run(&self, gas_limit: u64) -> RunReport {
        let mut frame = self.frame.clone();
        frame.gas_limit = gas_limit;
        self.rig.run(&frame, &mut self.host.clone())
    }

    fn used(&self) -> u64 {
        self.run(PLENTY).end.native_used.unwrap().amount
    }
}

fn used(fields: &str, body: &str) -> u64 {
    Case::new(&program_with(fields, body)).used()
}

fn kind(report: &RunReport) -> Option<FaultKind> {
    report.end.exit.fault().map(|fault| fault.kind)
}

/// Runs with every limit around what is needed, and with every limit up to it in steps.
fn sweep(wat: &str) {
    let case = Case::new(wat);
    let ends_well = kind(&case.run(PLENTY));
    let needed = case.used().div_ceil(prices::INK_PER_GAS);
    let step = usize::try_from(needed / 400).unwrap().max(1);
    for limit in (0..needed).step_by(step).chain(needed.saturating_sub(20)..needed) {
        let report = case.run(limit);
        assert_eq!(kind(&report), Some(FaultKind::OutOfGas), "limit {limit} of {needed}");
        assert_eq!(report.end.gas_left, 0);
        assert_eq!(report.end.native_used.unwrap().amount, limit * prices::INK_PER_GAS);
    }
    for limit in needed..needed + 3 {
        assert_eq!(kind(&case.run(limit)), ends_well, "limit {limit} of {needed}");
    }
}

#[test]
fn out_of_ink_is_alike_at_every_limit_in_a_loop() {
    sweep(&program_with(
        MEMORY,
        "(local $n i32) (local.set $n (i32.const 300))
         (loop $turn (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (i32.const 0)",
    ));
}

#[test]
fn out_of_ink_is_alike_at_every_limit_in_host_functions() {
    sweep(&program_with(
        MEMORY,
        "(local $n i32) (local.set $n (i32.const 40))
         (loop $turn
           (call $native_keccak256 (i32.const 0) (local.get $n) (i32.const 0))
           (call $storage_load_bytes32 (i32.const 0) (i32.const 32))
           (call $storage_cache_bytes32 (i32.const 0) (i32.const 0))
           (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
         (call $storage_flush_cache (i32.const 0)) (i32.const 0)",
    ));
}

#[test]
fn out_of_ink_is_alike_at_every_limit_in_memory_operations() {
    sweep(&program_with(
        GROWING,
        "(drop (memory.grow (i32.const 1))) (memory.fill (i32.const 0) (i32.const 7) (i32.const 70000))
         (memory.copy (i32.const 1) (i32.const 0) (i32.const 70000)) (drop (memory.grow (i32.const 5))) (i32.const 0)",
    ));
}

#[test]
fn every_single_limit_of_a_small_program_is_alike() {
    let case = Case::new(&program_with(MEMORY, "(if (local.get $len) (then unreachable)) (i32.const 0)"));
    let needed = case.used().div_ceil(prices::INK_PER_GAS);
    for limit in needed.saturating_sub(1_000)..needed + 5 {
        assert_eq!(kind(&case.run(limit)).is_none(), limit >= needed);
    }
}

#[test]
fn prices_are_those_of_the_list() {
    let empty = used(MEMORY, "(i32.const 0)");
    let entry = (prices::INIT_GAS + 100) * prices::INK_PER_GAS;
    assert_eq!(empty, entry + prices::BLOCK_HEADER + 2, "one block of a constant and an end");
    let added = |body: &str| used(MEMORY, body) - empty;
    assert_eq!(added("(drop (i32.add (i32.const 1) (i32.const 2))) (i32.const 0)"), 70 + 10 + 2);
    assert_eq!(added("(drop (i64.div_u (i64.const 1) (i64.const 2))) (i32.const 0)"), 1_270 + 10 + 2);
    assert_eq!(added("(drop (i32.load (i32.const 1))) (i32.const 0)"), 670 + 10 + 1);
    assert_eq!(added("(i64.store (i32.const 1) (i64.const 1)) (i32.const 0)"), 950 + 2);
    assert_eq!(added("(drop (memory.size)) (i32.const 0)"), 3_000 + 10);
    assert_eq!(added("(block) (i32.const 0)"), 1 + 1 + prices::BLOCK_HEADER);
    let copy = |len: u32| format!("(memory.copy (i32.const 0) (i32.const 0) (i32.const {len})) (i32.const 0)");
    assert_eq!(added(&copy(0)), 950 + 3);
    assert_eq!(added(&copy(1_000)), 950 + 3 + 1_000 * prices::BULK_BYTE);
    let table = "(block $a (br_table $a $a $a (i32.const 0))) (i32.const 0)";
    assert_eq!(added(table), 1 + 1 + 2_400 + 2 * 325 + prices::BLOCK_HEADER);
}

#[test]
fn indirect_calls_are_priced_by_arguments() {
    let fields = |params: &str| {
        format!(
            "{MEMORY} (table 1 1 funcref) (elem (i32.const 0) $callee) (type $type (func {params})) (func $callee {params})"
        )
    };
    let one = used(&fields("(param i32)"), "(call_indirect (type $type) (i32.const 1) (i32.const 0)) (i32.const 0)");
    let none = used(&fields(""), "(call_indirect (type $type) (i32.const 0)) (i32.const 0)");
    assert_eq!(one - none, prices::INDIRECT_ARGUMENT + 1);
}

#[test]
fn code_that_cannot_be_reached_costs_nothing_and_does_not_change_what_can() {
    let plain = used(MEMORY, "(return (i32.const 0))");
    let dead =
        "(return (i32.const 0)) (block (result i32) (loop (br 0)) (if (i32.const 1) (then nop) (else unreachable))
                (i32.const 1)) (drop) (i32.const 2)";
    assert_eq!(used(MEMORY, dead), plain);
    // An `else` and an `end` behind an unconditional branch are reached again.
    let body = "(if (result i32) (i32.const 0) (then (return (i32.const 9)) (drop (i32.const 1)) (unreachable))
                (else (block $out (br $out) (loop (br 0))) (i32.const 0)))";
    assert_eq!(kind(&Case::new(&program_with(MEMORY, body)).run(PLENTY)), None);
}

#[test]
fn bulk_operations_of_any_length_are_paid_for_before_they_start() {
    for operation in [
        "(memory.copy (i32.const 0) (i32.const 0) (i32.const -1))",
        "(memory.fill (i32.const 0) (i32.const 1) (i32.const -1))",
        "(memory.fill (i32.const -1) (i32.const 1) (i32.const -1))",
        "(memory.copy (i32.const -1) (i32.const -1) (i32.const 0x7fffffff))",
    ] {
        let case = Case::new(&program_with(MEMORY, &format!("{operation} (i32.const 0)")));
        // 2^31 bytes or more cost 100 ink each: more than 21 million gas.
        assert_eq!(kind(&case.run(20_000_000)), Some(FaultKind::OutOfGas), "{operation}");
        let rich = case.run(PLENTY);
        assert_eq!(kind(&rich), Some(FaultKind::Trap), "{operation}");
        assert!(rich.end.native_used.unwrap().amount > 200_000_000_000, "{operation}");
        // The least and the most ink there can be.
        for limit in [prices::INIT_GAS + 100, u64::MAX] {
            case.run(limit);
        }
    }
}

#[test]
fn memory_grows_as_far_as_it_is_paid_for_and_no_further_than_the_limit() {
    let grow = |pages: u32| format!("(i32.eq (memory.grow (i32.const {pages})) (i32.const -1))");
    let price = |pages: u32| used(GROWING, &grow(pages)) - used(GROWING, &grow(0));
    assert_eq!(price(1), 0, "two pages are free");
    assert_eq!(price(2), 1_000 * prices::INK_PER_GAS);
    assert_eq!(price(100), prices::memory_growth(1, 100) * prices::INK_PER_GAS);
    let all = Case::new(&program_with(GROWING, &grow(127)));
    assert_eq!(kind(&all.run(PLENTY)), None);
    for pages in [128, 65_535, 65_536, u32::MAX] {
        let case = Case::new(&program_with(GROWING, &format!("(drop {}) (i32.const 0)", grow(pages))));
        assert_eq!(kind(&case.run(PLENTY)), Some(FaultKind::OutOfGas), "{pages} pages");
    }
}

#[test]
fn the_pages_a_program_begins_with_are_paid_at_its_entry() {
    let memory = |pages: u32| format!(r#"(memory (export "memory") {pages} {pages})"#);
    let price = |pages: u32| used(&memory(pages), "(i32.const 0)") - used(&memory(1), "(i32.const 0)");
    assert_eq!(price(17), 15 * 1_000 * prices::INK_PER_GAS + (prices::memory_growth(0, 17) - 15_000) * 10_000);
    assert_eq!(price(2), 0);
}

#[test]
fn a_declared_maximum_is_kept() {
    let fields = r#"(memory (export "memory") 1 3) (func $paid (call $pay_for_memory_grow (i32.const 0)))"#;
    let body = "(if (i32.ne (memory.grow (i32.const 3)) (i32.const -1)) (then unreachable))
                (if (i32.ne (memory.grow (i32.const 2)) (i32.const 1)) (then unreachable)) (i32.const 0)";
    assert_eq!(kind(&Case::new(&program_with(fields, body)).run(PLENTY)), None);
}

#[test]
fn traps_have_the_same_words_on_all_engines_and_keep_the_gas() {
    let table = "(table 2 2 funcref) (elem (i32.const 0) $main) (type $other (func (param i64)))
                 (type $same (func (param i32) (result i32)))";
    let cases = [
        ("unreachable", "unreachable code was executed"),
        ("(i32.load (i32.const 65533))", "the memory was accessed out of its bounds"),
        ("(i32.load offset=4294967295 (i32.const -1))", "the memory was accessed out of its bounds"),
        ("(i32.div_u (i32.const 1) (i32.const 0))", "an integer was divided by zero"),
        ("(i32.rem_s (i32.const 1) (i32.const 0))", "an integer was divided by zero"),
        ("(i32.div_s (i32.const 0x80000000) (i32.const -1))", "an integer division overflowed"),
        ("(call_indirect (type $same) (i32.const 0) (i32.const 1))", "an empty element of the table was called"),
        ("(call_indirect (type $same) (i32.const 0) (i32.const 2))", "the table was accessed out of its bounds"),
        (
            "(call_indirect (type $other) (i64.const 0) (i32.const 0)) (i32.const 0)",
            "a function was called indirectly with another type",
        ),
        (
            "(memory.fill (i32.const 65530) (i32.const 0) (i32.const 7)) (i32.const 0)",
            "the memory was accessed out of its bounds",
        ),
    ];
    for (body, message) in cases {
        let report = Case::new(&program_with(&format!("{MEMORY} {table}"), body)).run(1_000_000);
        let fault = report.end.exit.fault().unwrap();
        assert_eq!((fault.kind, fault.message.as_str()), (FaultKind::Trap, message), "{body}");
        assert!(report.end.gas_left > 900_000, "{body}");
    }
}

#[test]
fn endless_recursion_uses_up_the_stack_budget_and_nothing_else_decides() {
    let cases = [
        "(func $f (param i32) (result i32) (call $f (local.get 0)))",
        "(func $f (param i32) (result i32) (call $g (local.get 0))) (func $g (param i32) (result i32) (call $f (local.get 0)))",
        "(func $f (param i32) (result i32) (i32.add (i32.const 1) (call $f (i32.add (local.get 0) (i32.const 1)))))",
    ];
    for fields in cases {
        let case = Case::new(&program_with(&format!("{MEMORY} {fields}"), "(call $f (i32.const 0))"));
        let report = big_stack(move || case.run(PLENTY));
        assert_eq!(kind(&report), Some(FaultKind::StackOverflow));
        assert_eq!(report.end.gas_left, 0);
        assert!(report.stack_left.unwrap() < 10, "{:?}", report.stack_left);
    }
}

#[test]
fn the_stack_budget_is_whole_again_after_returns_and_branches() {
    let fields = format!(
        "{MEMORY} (func $f (param i32) (result i32 i64)
           (if (i32.eqz (local.get 0)) (then (return (i32.const 0) (i64.const 5))))
           (i32.const 0) (i64.const 5)
           (br_if 0 (i32.and (local.get 0) (i32.const 1)))
           (br_table 0 0 (i32.const 0)))"
    );
    let body = "(local $n i32) (local.set $n (i32.const 4))
        (loop $turn
          (call $f (local.get $n)) (i64.const 5) (i64.ne) (if (then unreachable)) (drop)
          (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (i32.const 0)";
    let report = Case::new(&program_with(&fields, body)).run(PLENTY);
    assert_eq!(kind(&report), None);
    assert_eq!(report.stack_left, Some(limits::STACK_WORDS));
}

/// Values that an optimising compiler keeps alive over a call although the module computes them anew each time must not
/// make native frames larger than the words that are charged for them.
#[test]
fn native_frames_stay_within_the_words_that_are_charged() {
    for values in [16, 200, 2_000] {
        for fields in [common_subexpressions(values), loop_invariants(values), addresses(values)] {
            let fields = format!("{MEMORY} {fields}");
            let case = Case::new(&program_with(&fields, "(i32.wrap_i64 (call $f (i64.const 1) (i64.const 3)))"));
            let report = big_stack(move || case.run(PLENTY));
            assert_eq!(kind(&report), Some(FaultKind::StackOverflow), "{values} values");
        }
    }
}

/// Computed before a call to itself, used, and computed again behind it.
fn common_subexpressions(values: u32) -> String {
    let sum: String = (0..values)
        .map(|index| format!("(local.set $s (i64.xor (local.get $s) (i64.mul (local.get $a) (i64.add (local.get $b) (i64.const {index})))))"))
        .collect();
    format!(
        "(func $f (param $a i64) (param $b i64) (result i64) (local $s i64) {sum}
           (local.set $s (i64.add (local.get $s) (call $f (local.get $s) (local.get $a)))) {sum} (local.get $s))"
    )
}

/// A chain of products, computed in each turn of a loop, but the same each time.
fn loop_invariants(values: u32) -> String {
    let link = "local.get $a i64.mul local.tee $t local.get $s i64.xor local.set $s local.get $t ";
    let chain = link.repeat(usize::try_from(values).unwrap());
    format!(
        "(func $f (param $a i64) (param $b i64) (result i64) (local $s i64) (local $t i64)
           (loop $turn (local.set $s (i64.add (local.get $s) (call $f (local.get $s) (local.get $a))))
             local.get $b {chain} drop
             (br_if $turn (i64.ne (local.get $s) (i64.const 0)))) (local.get $s))"
    )
}

/// Loads from a chain of addresses that is the same in each turn of a loop: the worst that is known.
fn addresses(values: u32) -> String {
    let link = "(local.tee $p (i32.rotl (local.get $p) (local.get $q))) (i32.const 0x7fff) (i32.and) (i64.load)
                (local.get $s) (i64.xor) (local.set $s) ";
    let chain = link.repeat(usize::try_from(values).unwrap());
    format!(
        "(func $f (param $a i64) (param $b i64) (result i64) (local $s i64) (local $p i32) (local $q i32)
           (local.set $q (i32.wrap_i64 (local.get $b)))
           (loop $turn (local.set $s (i64.add (local.get $s) (call $f (local.get $s) (local.get $a))))
             (local.set $p (i32.wrap_i64 (local.get $a))) {chain}
             (br_if $turn (i64.ne (local.get $s) (i64.const 1)))) (local.get $s))"
    )
}

/// An interpreter that relies on tail calls takes native stack for each operator where the compiler makes none.
#[test]
fn f16_long_loops_take_no_native_stack() {
    let fields = format!(
        "{MEMORY} (type $hook (func (result i32))) (table 2 2 funcref) (elem (i32.const 0) $tx_ink_price $f)
         (func $f (result i32) (i32.const 3)) (global $g (mut i64) (i64.const 0))"
    );
    let operators = [
        "(drop (call_indirect (type $hook) (i32.const 0)))",
        "(drop (call_indirect (type $hook) (i32.const 1)))",
        "(drop (call $tx_ink_price))",
        "(drop (call $f))",
        "(global.set $g (i64.add (global.get $g) (i64.extend_i32_u (local.get $n))))",
        "(i64.store (i32.const 8) (i64.div_u (i64.load (i32.const 8)) (i64.const 7)))",
        "(memory.fill (i32.const 0) (local.get $n) (i32.const 9)) (memory.copy (i32.const 0) (i32.const 1) (i32.const 9))",
        "(block (block (br_table 0 1 (local.get $n))))",
        "(drop (select (local.get $n) (i32.const 1) (memory.size)))",
        "(drop (memory.grow (i32.const 0)))",
    ];
    for operator in operators {
        let body = format!(
            "(local $n i32) (local.set $n (i32.const 500000))
             (loop $turn {operator} (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (i32.const 0)"
        );
        let case = Case::new(&program_with(&fields, &body));
        let run = move || {
            let mut frame = case.frame.clone();
            frame.gas_limit = PLENTY;
            for vm in engines() {
                let end = vm.run(&frame, &mut case.host.clone()).unwrap();
                assert!(end.exit.is_success(), "{:?}", end.exit);
            }
        };
        // Enough to compile, and two bytes per turn.
        std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap().join().unwrap();
    }
}

#[test]
fn gas_beyond_the_ink_meter_is_given_back() {
    let case = Case::new(&program_with(MEMORY, "(i32.const 0)"));
    let report = case.run(u64::MAX);
    let used = report.end.native_used.unwrap().amount;
    assert_eq!(u64::MAX - report.end.gas_left, used.div_ceil(prices::INK_PER_GAS));
}
