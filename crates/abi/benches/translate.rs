//! What it costs to carry a call and its result from one ABI to another.
//!
//! The call has an address, a `u64`, 32 bytes and a text of 32 letters; its result is a bool and a `u64`. Translating a
//! call is to decode it with the caller's codec, to turn the values into those of the callee's interface, and to encode
//! them with the callee's codec; a result goes the same way back. For comparison `alloy-dyn-abi` encodes the same
//! arguments and the same result once, from values that are at hand.

use std::{hint::black_box, sync::Arc};

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256, U256, address};
use hexapla_abi::{
    Abi, AddressBook, AddressError, AnyCodec, Codec, Function, Image, Interface, Mutability, Param, Projection, Type,
    Value,
};
use rustix::time::{ClockId, clock_gettime};

const CALLS: usize = 20_000;
const ROUNDS: usize = 15;
const TARGETS: [Abi; 4] = [Abi::Borsh, Abi::Bcs, Abi::Cairo, Abi::Fuel];

/// A book in which each address is the end of its native form.
struct Book;

impl AddressBook for Book {
    fn canonical(&self, native: &B256) -> Result<Address, AddressError> {
        Ok(Address::from_word(*native))
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        Ok(canonical.into_word())
    }
}

fn main() {
    let values = arguments();
    let ready = alloy_values(&values);
    let alloy_encode = nanoseconds(|| {
        black_box(black_box(&ready).abi_encode_params());
    });
    let ready = DynSolValue::Tuple(vec![DynSolValue::Bool(true), DynSolValue::Uint(U256::from(77), 64)]);
    let alloy_result = nanoseconds(|| {
        black_box(black_box(&ready).abi_encode_params());
    });
    println!("alloy-dyn-abi encodes the arguments in {alloy_encode:.0} ns and the result in {alloy_result:.0} ns");
    bench("alloy_encode_arguments", alloy_encode, "ns");
    bench("alloy_encode_result", alloy_result, "ns");
    for abi in TARGETS {
        let (there, back) = call_and_result(Abi::Solidity, abi);
        let (reverse, _) = call_and_result(abi, Abi::Solidity);
        let name = format!("{abi:?}").to_lowercase();
        println!("solidity → {name}: call {there:.0} ns, result {back:.0} ns; {name} → solidity: call {reverse:.0} ns");
        bench(&format!("translate_call_solidity_to_{name}"), there / 1000.0, "us");
        bench(&format!("translate_result_{name}_to_solidity"), back / 1000.0, "us");
        bench(&format!("translate_call_{name}_to_solidity"), reverse / 1000.0, "us");
        if abi == Abi::Borsh {
            bench("translate_call_and_result", (there + back) / 1000.0, "us");
            bench("translate_call_over_alloy_encode", there / alloy_encode, "x");
            let both = (there + back) / (alloy_encode + alloy_result);
            bench("translate_call_and_result_over_alloy_encode", both, "x");
        }
    }
}

fn interface(abi: Abi) -> Interface {
    let u64 = Type::Uint { bits: 64 };
    // Cairo has no 32 bytes in one felt; a contract takes a hash as a number.
    let hash = if abi == Abi::Cairo { Type::U256 } else { Type::FixedBytes(32) };
    let inputs = [("to", Type::Address), ("amount", u64.clone()), ("hash", hash), ("memo", Type::String)];
    let pay = Function {
        name: "pay".into(),
        inputs: inputs.into_iter().map(|(name, ty)| Param::new(name, ty)).collect(),
        outputs: vec![Param::new("", Type::Bool), Param::new("", u64)],
        mutability: Mutability::NonPayable,
        selector: if abi == Abi::Cairo { vec![7; 32].into() } else { vec![7; 4].into() },
        signature: "pay".into(),
        ..Function::default()
    };
    Interface { abi, functions: vec![pay], ..Interface::default() }
}

fn arguments() -> Vec<Value> {
    vec![
        Value::Address(address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266")),
        Value::uint(5_000_000_u64),
        Value::bytes([7; 32]),
        Value::string("for the tea of the last two days"),
    ]
}

fn alloy_values(values: &[Value]) -> DynSolValue {
    let [Value::Address(to), Value::Uint(amount), Value::Bytes(hash), Value::String(memo)] = values else {
        panic!("the arguments are as `arguments` makes them");
    };
    DynSolValue::Tuple(vec![
        DynSolValue::Address(*to),
        DynSolValue::Uint(*amount, 64),
        DynSolValue::FixedBytes(B256::from_slice(hash), 32),
        DynSolValue::String(memo.clone()),
    ])
}

/// Translating a call to a contract of the ABI `to` and its result, in nanoseconds.
fn call_and_result(from: Abi, to: Abi) -> (f64, f64) {
    let callee = Arc::new(interface(to));
    let projection = Projection::new(callee.clone(), from);
    let (shown, pay) = (projection.interface(), &callee.functions[0]);
    assert_eq!(shown.functions.len(), 1, "{:?}", shown.refused);
    let (caller_codec, callee_codec) = (AnyCodec::new(from, &Book), AnyCodec::new(to, &Book));

    let mut values = arguments();
    if to == Abi::Cairo {
        values[2] = Value::Uint(U256::from_be_bytes([7; 32]));
    }
    let expected = callee_codec.encode_call(pay, &values).expect("the arguments are of the types");
    let source = callee_codec.decode_call(&callee, &expected).expect("the call is good").1;
    let images = shown_arguments(from, to, source);
    let call = caller_codec.encode_call(&shown.functions[0], &images).expect("the images are of the types");
    let translate = || {
        let (_, values) = caller_codec.decode_call(shown, black_box(&call)).expect("the call is good");
        let arguments = projection.arguments(0, values).expect("the values have a source");
        callee_codec.encode_call(pay, &arguments.values).expect("the types agree")
    };
    assert_eq!(translate(), expected, "{from:?} → {to:?}");

    let results = [Value::Bool(true), Value::Uint(U256::from(77))];
    let output = callee_codec.encode_output(pay, &results).expect("the results are of the types");
    let translate_back = || {
        let values = callee_codec.decode_output(pay, black_box(&output)).expect("the result is good");
        let values = projection.results(0, values).expect("the values have an image");
        caller_codec.encode_output(&shown.functions[0], &values).expect("the types agree")
    };
    (nanoseconds(|| drop(black_box(translate()))), nanoseconds(|| drop(black_box(translate_back()))))
}

/// The arguments as a caller of the ABI `from` sees them.
fn shown_arguments(from: Abi, to: Abi, source: Vec<Value>) -> Vec<Value> {
    let images =
        interface(to).functions[0].inputs.iter().map(|param| Image::new(&param.ty, to, from)).collect::<Vec<_>>();
    let shown = images.into_iter().zip(source).map(|(image, value)| {
        let image = image.expect("every type has an image");
        image.show(value).expect("every value has an image")
    });
    shown.collect()
}

/// The median over some rounds of the CPU time that one run of the work takes.
fn nanoseconds(work: impl Fn()) -> f64 {
    let round = |_| {
        let begin = thread_cpu_ns();
        (0..CALLS).for_each(|_| work());
        (thread_cpu_ns() - begin) / CALLS as f64
    };
    let mut times = (0..ROUNDS).map(round).collect::<Vec<_>>();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn thread_cpu_ns() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Prints a figure for `cargo xtask bench`.
fn bench(name: &str, value: f64, unit: &str) {
    println!("bench {name} {value:.3} {unit}");
}
