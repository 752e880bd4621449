//! Nothing of a failed frame stays, in any VM; nothing is committed in the middle of a call.

use crate::helpers::{ROUTES, caught, through};
use hexapla::ChainError;
use hexapla_primitives::U256;
use hexapla_testing::{Script, ScriptCall, Side, Stage, USER};

/// What the innermost frame does before it fails: words, transient words, an event, a creation of value flow.
fn effects() -> Script {
    Script::new().store(1, 11).store_transient(2, 22).log(&[3], b"gone").load(1)
}

#[test]
fn f01_revert_in_callee_restores_foreign_storage() {
    for route in ROUTES {
        for failure in [Script::new().revert(b"no"), Script::new().trap()] {
            let mut stage = Stage::new();
            let outer = stage.actor(route[0]);
            let inner: Vec<_> = route[1..].iter().map(|side| stage.actors(*side)[1]).collect();
            let last = Script::new().call(ScriptCall::to(inner[inner.len() - 1], effects())).store(9, 9);
            let call = ScriptCall::to(inner[0], through(&inner[1..], last.then(failure))).catch();
            let receipt = stage.run(outer, Script::new().store(5, 5).call(call));

            assert!(receipt.is_success(), "{route:?}: {:?}", receipt.fault);
            assert!(!caught(&receipt.output).success, "{route:?}");
            assert!(receipt.logs.is_empty(), "{route:?}: events of the failed part are gone");
            assert_eq!(stage.word(outer, 5), 5, "{route:?}: the catching caller keeps its own write");
            for (index, contract) in inner.iter().enumerate() {
                for key in [1, 9] {
                    assert_eq!(stage.word(*contract, key), 0, "{route:?}: word {key} of contract {index}");
                }
            }
        }
    }
}

#[test]
fn f01_a_caught_failure_leaves_the_root_as_if_it_had_not_been_called() {
    for side in Side::ALL {
        let script = |stage: &Stage, inner: Script| {
            let call = ScriptCall::to(stage.actor(side.other()), inner).ignore();
            Script::new().store(5, 5).call(call)
        };
        let mut failing = Stage::new();
        let with = script(&failing, effects().revert(b"no"));
        failing.run(failing.actor(side), with);
        let mut idle = Stage::new();
        let without = script(&idle, Script::new());
        idle.run(idle.actor(side), without);
        assert_eq!(failing.chain.root(), idle.chain.root(), "{side:?}");
    }
}

#[test]
fn f01_value_sent_to_a_failing_callee_comes_back() {
    for side in Side::ALL {
        let mut stage = Stage::new();
        let (outer, inner) = (stage.actor(side), stage.actor(side.other()));
        let mut fund = stage.tx(outer, Script::new());
        fund.value = U256::from(1000);
        stage.chain.transact(fund).unwrap();

        let failing = ScriptCall::to(inner, Script::new().revert(b"keep it")).value(400).catch();
        let receipt = stage.run(outer, Script::new().call(failing));
        assert!(receipt.is_success() && !caught(&receipt.output).success, "{side:?}");
        assert_eq!(stage.chain.balance(outer).unwrap(), U256::from(1000), "{side:?}");

        let receipt = stage.run(outer, Script::new().call(ScriptCall::to(inner, Script::new().identify()).value(400)));
        assert!(receipt.is_success(), "{side:?}: {:?}", receipt.fault);
        assert_eq!(receipt.output[..20], *outer, "{side:?}: the callee sees the calling contract");
        assert_eq!(receipt.output[20..40], *inner, "{side:?}");
        assert_eq!(U256::from_be_slice(&receipt.output[40..]), U256::from(400), "{side:?}");
        assert_eq!(stage.chain.balance(inner).unwrap(), U256::from(400), "{side:?}");

        let too_much = ScriptCall::to(inner, Script::new()).value(601).catch();
        let receipt = stage.run(outer, Script::new().call(too_much));
        assert!(receipt.is_success() && !caught(&receipt.output).success, "{side:?}: more than there is");
        assert_eq!(stage.chain.balance(inner).unwrap(), U256::from(400), "{side:?}");
    }
}

#[test]
fn f02_nothing_is_committed_in_the_middle_of_a_call() {
    for side in Side::ALL {
        let stage = Stage::new();
        let root = stage.chain.root();
        let inner = Script::new().store(1, 1).call(ScriptCall::to(stage.actor(side), Script::new().store(2, 2)));
        let receipt =
            stage.try_run(stage.actor(side), Script::new().call(ScriptCall::to(stage.actor(side.other()), inner)));
        assert!(receipt.is_success(), "{side:?}: {:?}", receipt.fault);
        assert_eq!(stage.chain.root(), root, "{side:?}");
        assert_eq!(stage.word(stage.actor(side.other()), 1), 0, "{side:?}");
    }
}

#[test]
fn f02_an_invalid_transaction_changes_nothing() {
    let mut stage = Stage::new();
    let root = stage.chain.root();
    let mut tx = stage.tx(stage.actor(Side::Wasm), Script::new().store(1, 1));
    tx.nonce += 7;
    assert!(matches!(stage.chain.transact(tx), Err(ChainError::Execute(_))));
    assert_eq!(stage.chain.root(), root);
    assert_eq!(stage.chain.balance(USER).unwrap(), U256::from(10).pow(U256::from(24)));
}
