//! A WASM program of any size that looks like compiled code.

/// A small generator of numbers: the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// Small numbers most of the time, as offsets and constants are in real code.
    fn small(&mut self) -> u64 {
        let bound = 4 << self.below(5);
        self.below(bound)
    }
}

/// A program with so many functions of 20 to 60 statements: memory accesses, arithmetic, branches, loops and calls in
/// about the mixture of compiled Rust. It compresses about as well.
pub fn program_of(functions: u64) -> Vec<u8> {
    let mut numbers = Numbers(7);
    let bodies: String = (0..functions).map(|index| function(&mut numbers, index, functions)).collect();
    let text = format!(
        r#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32))) (memory (export "memory") 1)
          (func (export "user_entrypoint") (param i32) (result i32) (call $f0 (i32.const 0) (i64.const 0)) (drop) (i32.const 0))
          {bodies})"#
    );
    wat::parse_str(text).expect("the text is a module")
}

fn function(numbers: &mut Numbers, index: u64, functions: u64) -> String {
    let count = 20 + numbers.below(40);
    let body: String = (0..count).map(|_| statement(numbers, index, functions, 2)).collect();
    format!(
        "(func $f{index} (param i32 i64) (result i64) (local i32 i32 i64 i64)
           (if (i32.eqz (local.get 0)) (then (return (i64.const 0)))) {body} (local.get 1))"
    )
}

fn statement(numbers: &mut Numbers, index: u64, functions: u64, depth: u32) -> String {
    let narrow = |numbers: &mut Numbers| [0, 2, 3][usize::try_from(numbers.below(3)).unwrap_or(0)];
    let wide = |numbers: &mut Numbers| [1, 4, 5][usize::try_from(numbers.below(3)).unwrap_or(0)];
    let (i, j, x, y) = (narrow(numbers), narrow(numbers), wide(numbers), wide(numbers));
    let offset = 8 * numbers.small();
    match numbers.below(if depth == 0 { 7 } else { 10 }) {
        0 | 1 => format!("(local.set {x} (i64.load offset={offset} (local.get {i})))"),
        2 | 3 => format!("(i64.store offset={offset} (local.get {i}) (local.get {x}))"),
        4 => format!("(local.set {i} (i32.add (local.get {j}) (i32.const {offset})))"),
        5 => format!(
            "(local.set {x} (i64.add (i64.mul (local.get {x}) (local.get {y})) (i64.const {})))",
            numbers.small()
        ),
        6 => {
            let callee = (index + 1 + numbers.small()) % functions;
            format!("(local.set {x} (call $f{callee} (local.get {i}) (local.get {y})))")
        }
        7 => {
            let body: String = (0..3).map(|_| statement(numbers, index, functions, depth - 1)).collect();
            format!("(if (i64.lt_u (local.get {x}) (local.get {y})) (then {body}))")
        }
        8 => {
            let body: String = (0..2).map(|_| statement(numbers, index, functions, depth - 1)).collect();
            format!("(block (br_if 0 (i32.eqz (local.get {i}))) {body})")
        }
        _ => {
            let body: String = (0..2).map(|_| statement(numbers, index, functions, depth - 1)).collect();
            format!(
                "(loop {body} (br_if 0 (i64.ne (local.tee {x} (i64.shr_u (local.get {x}) (i64.const 8))) (i64.const 0))))"
            )
        }
    }
}
