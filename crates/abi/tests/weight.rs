//! Weights are what interfaces and projections take of memory, within a factor.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    sync::Arc,
};

use hexapla_abi::{Abi, Field, Function, Interface, Mutability, Param, Projection, Type, Variant};

thread_local! {
    /// Bytes that this thread holds, with what an allocator keeps beside each piece.
    static HELD: Cell<i64> = const { Cell::new(0) };
}

/// Bytes that an allocator keeps beside each piece.
const BESIDE: i64 = 16;

struct Counting;

fn count(bytes: i64) {
    // A thread that ends has nothing left to count.
    let _ = HELD.try_with(|held| held.set(held.get() + bytes));
}

#[expect(unsafe_code, reason = "an allocator that counts")]
// SAFETY: every call goes on to the system's allocator with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64 + BESIDE);
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as i64) - BESIDE);
        // SAFETY: the caller's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `make` gives, and the bytes that it holds.
fn held<T>(make: impl FnOnce() -> T) -> (T, u64) {
    let before = HELD.get();
    let made = make();
    (made, u64::try_from(HELD.get() - before).unwrap())
}

fn nest(leaf: Type, fan: usize, depth: usize) -> Type {
    (0..depth).fold(leaf, |ty, level| Type::Struct {
        name: format!("T{level}").as_str().into(),
        fields: (0..fan).map(|index| Field::new(&format!("f{index}"), ty.clone())).collect(),
    })
}

fn function(index: usize, inputs: Vec<Type>) -> Function {
    let name = format!("g{index}");
    Function {
        inputs: inputs.into_iter().map(|ty| Param::new("x", ty)).collect(),
        outputs: vec![],
        mutability: Mutability::NonPayable,
        selector: [&[1, 2, 3, 4, 5, 6][..], &u16::try_from(index).unwrap().to_be_bytes()].concat().into(),
        signature: format!("{name}()"),
        name,
        ..Function::default()
    }
}

fn with(functions: Vec<Function>) -> Interface {
    Interface { name: "b".into(), abi: Abi::Borsh, functions, ..Interface::default() }
}

/// Interfaces that are large in different ways.
fn large() -> Vec<(&'static str, Interface)> {
    let wide = Type::Enum {
        name: "E".into(),
        variants: (0..200).map(|index| Variant::new(&format!("V{index}"), Type::Uint { bits: 8 })).collect(),
    };
    let options = (0..30).fold(Type::Bool, |inner, _| Type::option(inner));
    let big = || Type::array(nest(Type::Uint { bits: 8 }, 9, 3));
    let text = "t".repeat(2000);
    let errors = Interface::from_solidity_signatures(
        "E",
        (0..200).map(|index| format!("error E{index}(uint256 a)")).collect::<Vec<_>>().iter().map(String::as_str),
    )
    .unwrap();
    vec![
        ("types used often", with((0..16).map(|index| function(index, vec![big()])).collect())),
        ("many functions", with((0..2000).map(|index| function(index, vec![])).collect())),
        ("many parameters", with((0..60).map(|index| function(index, vec![Type::Address; 200])).collect())),
        ("wide enums", with((0..30).map(|index| function(index, vec![wide.clone(); 2])).collect())),
        ("deep options", with((0..400).map(|index| function(index, vec![options.clone()])).collect())),
        (
            "long texts",
            Interface { refused: vec![hexapla_abi::Refused { item: text.clone(), reason: text }; 60], ..with(vec![]) },
        ),
        ("errors", Interface { abi: Abi::Borsh, ..errors }),
        ("nothing", Interface::default()),
    ]
}

#[test]
fn an_interface_holds_at_most_twice_its_weight_and_not_much_less() {
    for (name, interface) in large() {
        let bytes = interface.to_bytes().unwrap_or_else(|error| panic!("{name}: {error}"));
        let (interface, held) = held(|| Interface::from_bytes(&bytes).unwrap());
        let weight = interface.weight();
        println!("{name}: {} bytes on chain, weight {weight}, held {held}", bytes.len());
        assert!(held <= 2 * weight, "{name}: {held} bytes for a weight of {weight}");
        assert!(weight <= 4 * held + 1024, "{name}: {held} bytes for a weight of {weight}");
    }
}

#[test]
fn a_projection_holds_at_most_twice_its_weight_and_not_much_less() {
    for (name, interface) in large() {
        let bytes = interface.to_bytes().unwrap();
        for target in [Abi::Solidity, Abi::Bcs, Abi::Cairo, Abi::Fuel, Abi::Borsh] {
            let (projection, held) = held(|| Projection::new(Arc::new(Interface::from_bytes(&bytes).unwrap()), target));
            let weight = projection.weight();
            println!("{name} in {target:?}: weight {weight}, held {held}");
            assert!(held <= 2 * weight, "{name} in {target:?}: {held} bytes for a weight of {weight}");
            assert!(weight <= 4 * held + 4096, "{name} in {target:?}: {held} bytes for a weight of {weight}");
        }
    }
}

#[test]
fn a_few_bytes_on_chain_weigh_what_they_unfold_to() {
    let small =
        with((0..16).map(|index| function(index, vec![Type::array(nest(Type::Uint { bits: 8 }, 9, 3))])).collect());
    let bytes = small.to_bytes().unwrap();
    assert!(bytes.len() < 1000, "{}", bytes.len());
    assert!(small.weight() > 1_000_000, "{}", small.weight());
}
