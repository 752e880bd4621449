//! Gas at the border: caps bind, running out undoes, estimates are executions, composed calls fit.

use crate::helpers::{ROUTES, caught, through};
use hexapla::{estimate::Estimate, evm::SpecId};
use hexapla_primitives::U256;
use hexapla_testing::{Script, ScriptCall, Side, Stage};
use proptest::prelude::*;

/// Gas caps of a sweep: dense at the beginning, where the border's own steps are, then in strides.
fn sweep(end: u64) -> impl Iterator<Item = u64> {
    (0..1_000).step_by(37).chain((1_000..end).step_by(613))
}

#[test]
fn f03_running_out_of_gas_at_the_border_is_all_or_nothing() {
    for route in ROUTES {
        let mut stage = Stage::new();
        let outer = stage.actor(route[0]);
        let inner: Vec<_> = route[1..].iter().map(|side| stage.actors(*side)[1]).collect();
        let work = Script::new().store(1, 1).log(&[1], b"x").store(2, 2).burn(20);
        let mut outcomes = [0, 0];
        for cap in sweep(140_000) {
            let call = ScriptCall::to(inner[0], through(&inner[1..], work.clone())).gas(cap).catch();
            let receipt = stage.try_run(outer, Script::new().call(call));
            assert!(receipt.is_success(), "{route:?} with cap {cap}: {:?}", receipt.fault);
            let success = caught(&receipt.output).success;
            outcomes[usize::from(success)] += 1;
            assert_eq!(receipt.logs.len(), usize::from(success), "{route:?} with cap {cap}");
        }
        assert!(outcomes[0] > 20 && outcomes[1] > 20, "{route:?}: the sweep crosses the limit: {outcomes:?}");

        let last = inner[inner.len() - 1];
        for cap in sweep(140_000).step_by(11) {
            let call = ScriptCall::to(inner[0], through(&inner[1..], work.clone())).gas(cap).catch();
            let receipt = stage.run(outer, Script::new().call(call));
            let success = caught(&receipt.output).success;
            let words = [1, 2].map(|key| stage.word(last, key));
            assert_eq!(words, if success { [1, 2] } else { [0, 0] }, "{route:?} with cap {cap}");
            if success {
                break;
            }
        }
        assert_eq!(stage.word(last, 1), 1, "{route:?}: the sweep reached a cap that suffices");
    }
}

#[test]
fn f03_a_transaction_that_runs_out_of_gas_leaves_only_its_nonce() {
    for side in Side::ALL {
        let work =
            Script::new().store(1, 1).call(ScriptCall::to(Stage::new().actor(side.other()), Script::new().store(2, 2)));
        let mut limits = Vec::new();
        for gas_limit in (21_000..120_000).step_by(1_777) {
            let mut stage = Stage::new();
            let mut tx = stage.tx(stage.actor(side), work.clone());
            tx.gas_limit = gas_limit;
            let Ok(committed) = stage.chain.transact(tx) else {
                continue;
            };
            let success = committed.receipt.is_success();
            limits.push(success);
            let words = [stage.word(stage.actor(side), 1), stage.word(stage.actor(side.other()), 2)];
            assert_eq!(words, if success { [1, 2] } else { [0, 0] }, "{side:?} with limit {gas_limit}");
        }
        assert!(limits.contains(&true) && limits.contains(&false), "{side:?}: the sweep crosses the limit");
    }
}

#[test]
fn f05_the_callers_gas_cap_binds_in_every_direction_and_in_view_calls() {
    for route in ROUTES {
        let stage = Stage::new();
        let outer = stage.actor(route[0]);
        let inner: Vec<_> = route[1..].iter().map(|side| stage.actors(*side)[1]).collect();
        for cap in [20_000u64, 50_000, 100_000, 300_000] {
            for read_only in [false, true] {
                let call = ScriptCall::to(inner[0], through(&inner[1..], Script::new().gas_left())).gas(cap).catch();
                let call = if read_only { call.read_only() } else { call };
                let receipt = stage.try_run(outer, Script::new().call(call));
                let result = caught(&receipt.output);
                if result.success {
                    let left = U256::from_be_slice(&result.data);
                    assert!(left <= U256::from(cap), "{route:?}: {left} gas left of a cap of {cap}");
                }
                let crossings = receipt.crossings.iter().filter(|crossing| crossing.from.address == outer);
                for crossing in crossings {
                    assert!(crossing.gas_limit <= cap, "{route:?}: {} given of {cap}", crossing.gas_limit);
                    assert!(crossing.gas_used <= crossing.gas_limit, "{route:?}: more used than given");
                }
            }
        }
    }
}

#[test]
fn f05_burning_callee_cannot_take_more_than_its_cap() {
    for side in Side::ALL {
        let stage = Stage::new();
        let (outer, inner) = (stage.actor(side), stage.actor(side.other()));
        let used = |cap: u64| {
            let call = ScriptCall::to(inner, Script::new().burn(u32::MAX)).gas(cap).ignore();
            let receipt = stage.try_run(outer, Script::new().call(call));
            assert!(receipt.is_success(), "{side:?}");
            receipt.gas_used
        };
        let (little, much) = (used(100_000), used(500_000));
        assert!(much - little <= 400_000 + 1, "{side:?}: {} more for 400,000 more", much - little);
        assert!(much - little >= 390_000, "{side:?}: the callee had what it was given");
    }
}

#[test]
fn f17_every_first_write_is_charged_the_price_of_a_first_write() {
    for route in ROUTES {
        let stage = Stage::new();
        let inner: Vec<_> = route[1..].iter().map(|side| stage.actors(*side)[1]).collect();
        let gas = |writes: u64| {
            let script = (1..=writes).fold(Script::new(), |script, key| script.store(key, 7));
            let receipt = stage.try_run(stage.actor(route[0]), through(&inner, script));
            assert!(receipt.is_success());
            receipt.gas_used
        };
        let base = gas(0);
        for writes in 1..6 {
            // EIP-2200 and EIP-2929: 20,000 for a new word and 2,100 for its first touch.
            assert!(gas(writes) - base >= writes * 22_100, "{route:?}: {writes} writes for {}", gas(writes) - base);
        }
    }
}

#[test]
fn f22_eight_nested_calls_between_vms_fit_an_ordinary_transaction() {
    for side in Side::ALL {
        let mut stage = Stage::new();
        let mut path = Vec::new();
        for hop in 0..8 {
            path.push(stage.actors(if hop % 2 == 0 { side.other() } else { side })[hop / 2 % 2]);
        }
        let receipt = stage.run(stage.actor(side), through(&path, Script::new().store(42, 42)));
        assert!(receipt.is_success(), "{side:?}: {:?}", receipt.fault);
        assert!(receipt.crossings.len() >= 8, "{side:?}: {} crossings", receipt.crossings.len());
        assert!(receipt.gas_used < 1_000_000, "{side:?}: {} gas", receipt.gas_used);
        assert_eq!(stage.word(path[7], 42), 42, "{side:?}");
    }
}

fn step() -> impl Strategy<Value = Script> {
    prop_oneof![
        (0..4u64, 0..3u64).prop_map(|(key, value)| Script::new().store(key, value)),
        (0..4u64).prop_map(|key| Script::new().load(key)),
        (0..40u32).prop_map(|rounds| Script::new().burn(rounds)),
        Just(Script::new().log(&[1, 2], b"event")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn f20_an_estimate_is_an_execution(
        route in prop::sample::select(ROUTES.to_vec()),
        steps in prop::collection::vec(step(), 1..8),
        warm in any::<bool>(),
    ) {
        let mut stage = Stage::new();
        let inner: Vec<_> = route[1..].iter().map(|side| stage.actors(*side)[1]).collect();
        let script = through(&inner, steps.into_iter().fold(Script::new(), Script::then));
        let outer = stage.actor(route[0]);
        if warm {
            stage.run(outer, script.clone());
        }
        let mut tx = stage.tx(outer, script);
        let Estimate::Gas(gas) = stage.chain.estimate_gas(&tx).unwrap() else {
            return Err(TestCaseError::fail("the script succeeds"));
        };
        tx.gas_limit = gas - 1;
        let short = stage.chain.simulate(tx.clone());
        prop_assert!(short.map_or(true, |receipt| !receipt.is_success()), "one less than the estimate is too little");
        tx.gas_limit = gas;
        let simulated = stage.chain.simulate(tx.clone()).unwrap();
        let executed = stage.chain.transact(tx).unwrap().receipt;
        prop_assert!(executed.is_success());
        prop_assert_eq!(simulated, executed, "simulating is executing");
    }
}

#[test]
fn f20_an_estimate_of_a_failing_transaction_says_why() {
    let stage = Stage::new();
    let inner = Script::new().revert(b"never");
    let tx = stage.tx(stage.actor(Side::Evm), through(&[stage.actor(Side::Wasm)], inner));
    let Estimate::Fails(receipt) = stage.chain.estimate_gas(&tx).unwrap() else { panic!("it fails") };
    assert_eq!(&receipt.output[..], b"never");
}

#[test]
fn forks_in_which_any_contract_may_begin_with_ef_are_refused_with_other_vms() {
    let vms = hexapla::standard_vms(Default::default()).unwrap();
    let config = hexapla::ChainConfig { spec: SpecId::BERLIN, ..Default::default() };
    let error = hexapla::Executor::new(config, vms).unwrap_err();
    assert!(error.to_string().contains("London"), "{error}");
}
