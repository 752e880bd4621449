//! Every limit is tried: a module at the limit runs alike on all engines, and one more is refused alike, whatever engine
//! the node has.

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod combined;
mod engines;
mod modules;

use hexapla_primitives::{Bytes, FaultKind};
use hexapla_vm::{Exit, HostError, Vm};
use hexapla_wasm::limits;
use support::*;

/// A limit, and how a module with so many looks.
struct Limit {
    /// How the refusal names it.
    what: &'static str,
    limit: u64,
    module: fn(u64) -> Vec<u8>,
}

const fn limit(what: &'static str, limit: u64, module: fn(u64) -> Vec<u8>) -> Limit {
    Limit { what, limit, module }
}

const LIMITS: &[Limit] = &[
    limit("bytes of the module", limits::MAX_WASM_BYTES as u64, modules::bytes),
    limit("pages of memory", limits::MAX_MEMORY_PAGES as u64, modules::pages),
    limit("types", limits::MAX_TYPES, modules::types),
    limit("imports", limits::MAX_IMPORTS, modules::imports),
    limit("functions", limits::MAX_FUNCTIONS, modules::functions),
    limit("globals", limits::MAX_GLOBALS, modules::globals),
    limit("tables", 1, modules::tables),
    limit("elements of the table", limits::MAX_TABLE_ELEMENTS, modules::elements),
    limit("element segments", limits::MAX_ELEMENT_SEGMENTS, modules::element_segments),
    limit("data segments", limits::MAX_DATA_SEGMENTS, modules::data_segments),
    limit("parameters of a type", limits::MAX_PARAMS, modules::params),
    limit("results of a type", limits::MAX_RESULTS, modules::results),
    limit("bytes of an export's name", limits::MAX_NAME_BYTES, modules::name),
    limit("operators of a function", limits::MAX_OPERATORS, modules::operators),
    limit("basic blocks of a function", limits::MAX_BASIC_BLOCKS, modules::basic_blocks),
    limit("blocks inside one another", limits::MAX_BLOCK_DEPTH, modules::depth),
    limit("loops inside one another", limits::MAX_LOOP_DEPTH, modules::loops),
    limit("br_table targets of a function", limits::MAX_BR_TABLE_TARGETS, modules::targets),
    limit("locals of a function", limits::MAX_LOCALS, modules::locals),
    limit("operands of a function at once", limits::MAX_OPERANDS, modules::operands),
    limit("values that the branches of a function carry", limits::MAX_CARRIED_VALUES, modules::carried),
    limit("words of a function's frame", limits::MAX_FRAME_WORDS, modules::frame),
];

/// Runs a module on all engines; the rig compares result, ink, stack and memory.
fn run(rig: &Rig, wasm: &[u8]) -> Exit {
    rig.call(wasm, &[], &mut MockHost::new()).end.exit
}

/// The sentence and the gas of a refusal, which are the same on all engines.
fn refusal(vms: &[hexapla_wasm::StylusVm], wasm: &[u8]) -> (String, u64) {
    let code = hexapla_wasm::encode_program(wasm);
    let refuse = |vm: &hexapla_wasm::StylusVm| {
        let mut host = MockHost::new();
        let refused = vm.activate(&Bytes::clone(&code), &mut host);
        assert!(host.objects.is_empty(), "a record of a program that is none");
        match refused {
            Err(HostError::Fault { kind: FaultKind::InvalidCode, message }) => {
                (message.into_owned(), PLENTY - host.gas)
            }
            other => panic!("{other:?}"),
        }
    };
    let refusals: Vec<_> = vms.iter().map(refuse).collect();
    assert!(refusals.windows(2).all(|pair| pair[0] == pair[1]), "the engines differ: {refusals:?}");
    refusals.into_iter().next().unwrap()
}

#[test]
fn a_module_at_each_limit_compiles_and_runs_alike_on_all_engines() {
    big_stack(|| {
        let rig = Rig::new();
        for Limit { what, limit, module } in LIMITS {
            let exit = run(&rig, &module(*limit));
            assert!(exit.is_success(), "{limit} {what}: {exit:?}");
        }
    });
}

#[test]
fn one_more_than_each_limit_is_refused_alike_on_all_engines() {
    let vms = support::engines();
    for Limit { what, limit, module } in LIMITS {
        let (message, gas) = refusal(&vms, &module(limit + 1));
        assert!(gas > 0);
        if *what == "bytes of the module" {
            // It is not even decompressed to the end.
            assert_eq!(message, format!("the program's module is larger than {limit} bytes"));
        } else {
            assert_eq!(message, format!("{what}: {}; the limit is {limit}", limit + 1));
        }
    }
}
