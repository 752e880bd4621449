//! The same transactions give the same receipts and the same root with both WASM engines, on any thread, in any run;
//! and native coin is neither made nor lost.

use hexapla::{Receipt, wasm};
use hexapla_primitives::{Address, B256, U256, VmId};
use hexapla_testing::{Script, ScriptCall, Side, Stage, USER};
use proptest::prelude::*;

fn engine(kind: wasm::EngineKind) -> wasm::Config {
    wasm::Config { engine: kind, ..wasm::Config::default() }
}

/// A step of a random story: which actor does what to which other actor.
#[derive(Clone, Debug)]
struct Step {
    from: usize,
    to: usize,
    value: u64,
    gas: u64,
    script: Script,
}

fn leaf() -> impl Strategy<Value = Script> {
    prop_oneof![
        (0..4u64, 0..5u64).prop_map(|(key, value)| Script::new().store(key, value)),
        (0..4u64).prop_map(|key| Script::new().load(key)),
        (0..4u64, 0..5u64).prop_map(|(key, value)| Script::new().store_transient(key, value).load_transient(key)),
        Just(Script::new().log(&[7], b"seen")),
        Just(Script::new().identify()),
        Just(Script::new().environment()),
        Just(Script::new().gas_left()),
        Just(Script::new().revert(b"no")),
        Just(Script::new().trap()),
        (1..50u32).prop_map(|rounds| Script::new().burn(rounds)),
        (1..100u32).prop_map(|levels| Script::new().recurse(levels)),
        (1..2000u32).prop_map(|rounds| Script::new().compute(rounds)),
        Just(Script::new().create(&[0x60, 0x00, 0x60, 0x00, 0xf3])),
        (0..3u32).prop_map(|pages| Script::new().grow(pages)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let script =
        prop::collection::vec(leaf(), 1..4).prop_map(|leaves| leaves.into_iter().fold(Script::new(), Script::then));
    (0..4usize, 0..4usize, 0..50u64, prop_oneof![Just(u64::MAX), 1_000..200_000u64], script)
        .prop_map(|(from, to, value, gas, script)| Step { from, to, value, gas, script })
}

fn actors(stage: &Stage) -> Vec<Address> {
    [stage.actors(Side::Evm), stage.actors(Side::Wasm)].concat()
}

/// Runs a story on a new chain: all receipts and all roots.
fn play(config: wasm::Config, steps: &[Step]) -> Vec<(Receipt, B256)> {
    let mut stage = Stage::with(config);
    let actors = actors(&stage);
    for actor in &actors {
        let mut tx = stage.tx(*actor, Script::new());
        tx.value = U256::from(1_000);
        stage.chain.transact(tx).unwrap();
    }
    let total = |stage: &Stage| -> U256 {
        actors.iter().chain([&USER, &Address::ZERO]).map(|account| stage.chain.balance(*account).unwrap()).sum()
    };
    let before = total(&stage);
    let run = |stage: &mut Stage, step: &Step| {
        let inner = ScriptCall::to(actors[step.to], step.script.clone()).value(step.value).gas(step.gas).catch();
        let via = ScriptCall::to(actors[(step.to + 2) % 4], Script::new().store(9, 9).call(inner)).catch();
        let tx = stage.tx(actors[step.from], Script::new().call(via));
        let committed = stage.chain.transact(tx).unwrap();
        (committed.receipt, committed.root)
    };
    let played = steps.iter().map(|step| run(&mut stage, step)).collect();
    assert_eq!(total(&stage), before, "f18: native coin is neither made nor lost");
    played
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn both_engines_and_every_thread_give_the_same_receipts_and_roots(steps in prop::collection::vec(step(), 4..10)) {
        let expected = play(engine(wasm::EngineKind::Wasmtime), &steps);
        prop_assert!(expected.iter().any(|(receipt, _)| !receipt.crossings.is_empty()));
        let others = std::thread::scope(|scope| {
            let kinds = [wasm::EngineKind::Wasmi, wasm::EngineKind::Wasmtime, wasm::EngineKind::Wasmi];
            let threads: Vec<_> = kinds.map(|kind| { let steps = &steps; scope.spawn(move || play(engine(kind), steps)) }).into();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        for other in others {
            for (index, (ours, theirs)) in expected.iter().zip(&other).enumerate() {
                prop_assert_eq!(&ours.0, &theirs.0, "receipt {}", index);
                prop_assert_eq!(ours.0.digest(), theirs.0.digest());
                prop_assert_eq!(ours.1, theirs.1, "root after {}", index);
            }
        }
    }
}

#[test]
fn the_call_tree_and_the_crossings_tell_the_same_story() {
    let mut stage = Stage::new();
    let (evm, wasm) = (stage.actor(Side::Evm), stage.actor(Side::Wasm));
    let inner =
        Script::new().store(1, 1).log(&[1], b"inner").call(ScriptCall::to(evm, Script::new().revert(b"no")).ignore());
    let script = Script::new().log(&[0], b"before").call(ScriptCall::to(wasm, inner)).log(&[2], b"after");
    let receipt = stage.run(evm, script);
    assert!(receipt.is_success(), "{:?}", receipt.fault);

    let root = receipt.trace.as_ref().expect("committed transactions carry their tree");
    assert_eq!((root.vm, root.items.len()), (VmId::EVM, 3), "an event, the call, an event");
    let call = root.calls().next().unwrap();
    assert_eq!((call.vm, call.is_crossing(), call.items.len()), (VmId::WASM, true, 2), "an event and a call");
    assert!(call.native_used.is_some_and(|native| native.unit == "ink" && native.amount > 0));
    let back = call.calls().next().unwrap();
    assert_eq!((back.vm, &back.fault.as_ref().unwrap().data[..]), (VmId::EVM, b"no".as_slice()));
    assert_eq!((back.caller_vm, back.is_crossing()), (VmId::WASM, true));
    assert_eq!(receipt.logs.len(), 3);

    let [there, back_again] = receipt.crossings.as_slice() else { panic!("two crossings: {:?}", receipt.crossings) };
    assert_eq!((there.from.vm, there.to.vm, there.fault.is_none()), (VmId::EVM, VmId::WASM, true));
    assert_eq!((back_again.from.vm, back_again.to.vm, back_again.fault.is_some()), (VmId::WASM, VmId::EVM, true));
    assert!(there.gas_used >= back_again.gas_used && there.gas_used <= there.gas_limit);
    assert_eq!(call.gas_used, there.gas_used, "one number, wherever it is shown");
}

#[test]
fn read_set_and_write_set_span_all_vms() {
    let mut stage = Stage::new();
    let (evm, wasm) = (stage.actor(Side::Evm), stage.actor(Side::Wasm));
    let script = Script::new().load(4).call(ScriptCall::to(wasm, Script::new().store(1, 1)));
    let committed = stage.chain.transact(stage.tx(evm, script)).unwrap();
    use hexapla::{Location, LocationValue};
    let read = &committed.access.reads[&Location::Word(evm, U256::from(4))];
    assert_eq!(*read, LocationValue::Word(U256::ZERO));
    let written = &committed.access.writes[&Location::Word(wasm, U256::ONE)];
    assert_eq!(*written, LocationValue::Word(U256::ONE));
    assert!(!committed.access.writes.contains_key(&Location::Word(evm, U256::from(4))));
    let record = committed
        .access
        .reads
        .keys()
        .find(|location| matches!(location, Location::Object(key) if key.vm == VmId::WASM));
    assert!(record.is_some(), "the activation record is read by every call of the program");
}
