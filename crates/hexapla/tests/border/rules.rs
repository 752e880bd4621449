//! Rules that hold at every depth: no delegate call crosses, read-only stays read-only, nesting has an end.

use crate::helpers::{ROUTES, caught, foreign_fault, through};
use hexapla::{ChainConfig, border::BORDER_DEPTH_MAX};
use hexapla_primitives::FaultKind;
use hexapla_testing::{Script, ScriptCall, Side, Stage};

#[test]
fn f12_a_delegate_call_to_another_vm_is_a_defined_fault() {
    for side in Side::ALL {
        let mut stage = Stage::new();
        let (outer, inner) = (stage.actor(side), stage.actor(side.other()));
        let call = ScriptCall::to(inner, Script::new().store(1, 1)).delegate().catch();
        let receipt = stage.run(outer, Script::new().call(call));

        assert!(receipt.is_success(), "{side:?}");
        let result = caught(&receipt.output);
        assert!(!result.success, "{side:?}");
        let fault = foreign_fault(&result.data);
        assert_eq!((fault.kind.as_str(), fault.at), ("border", inner), "{side:?}");
        assert!(fault.message.contains("delegate"), "{side:?}: {}", fault.message);
        assert_eq!([stage.word(outer, 1), stage.word(inner, 1)], [0, 0], "{side:?}");
        let crossing = receipt.crossings.last().expect("the attempt is recorded");
        assert_eq!(crossing.fault.as_ref().map(|fault| fault.kind), Some(FaultKind::Border), "{side:?}");
    }
}

#[test]
fn f12_a_delegate_call_inside_one_vm_works_on_the_callers_state() {
    for side in Side::ALL {
        let mut stage = Stage::new();
        let [outer, library] = stage.actors(side);
        let call = ScriptCall::to(library, Script::new().store(1, 7).identify()).delegate();
        let receipt = stage.run(outer, Script::new().call(call));
        assert!(receipt.is_success(), "{side:?}: {:?}", receipt.fault);
        assert_eq!([stage.word(outer, 1), stage.word(library, 1)], [7, 0], "{side:?}");
        assert_eq!(receipt.output[..20], *hexapla_testing::USER, "{side:?}: the caller's caller");
        assert_eq!(receipt.output[20..40], *outer, "{side:?}: the caller's own address");
    }
}

#[test]
fn f13_read_only_holds_at_every_depth_in_every_vm() {
    let writes: [(&str, Script); 4] = [
        ("a word", Script::new().store(1, 1)),
        ("a transient word", Script::new().store_transient(1, 1)),
        ("an event", Script::new().log(&[], b"x")),
        ("a contract", Script::new().create(&[0x60, 0x00, 0x60, 0x00, 0xf3])),
    ];
    for route in ROUTES {
        for (what, write) in &writes {
            let mut stage = Stage::new();
            let outer = stage.actor(route[0]);
            let inner: Vec<_> = route[1..].iter().map(|side| stage.actors(*side)[1]).collect();
            let call = ScriptCall::to(inner[0], through(&inner[1..], write.clone())).read_only().catch();
            let receipt = stage.run(outer, Script::new().call(call));
            assert!(receipt.is_success(), "{route:?}: {:?}", receipt.fault);
            assert!(!caught(&receipt.output).success, "{route:?}: {what} was written in a read-only call");
            assert_eq!(stage.word(inner[inner.len() - 1], 1), 0, "{route:?}");
            assert!(receipt.logs.is_empty(), "{route:?}");

            let free = ScriptCall::to(inner[0], through(&inner[1..], write.clone())).catch();
            let receipt = stage.run(outer, Script::new().call(free));
            assert!(caught(&receipt.output).success, "{route:?}: {what} can be written otherwise");
        }
    }
}

#[test]
fn f13_value_cannot_be_sent_from_a_read_only_frame() {
    for side in Side::ALL {
        let stage = Stage::new();
        let sender = stage.actor(side.other());
        let send = Script::new().call(ScriptCall::to(stage.actor(side), Script::new()).value(0)).load(1);
        let receipt = stage.try_run(stage.actor(side), Script::new().call(ScriptCall::to(sender, send).read_only()));
        assert!(receipt.is_success(), "{side:?}: calling without value is allowed: {:?}", receipt.fault);

        let send = Script::new().call(ScriptCall::to(stage.actor(side), Script::new()).value(1));
        let receipt =
            stage.try_run(stage.actor(side), Script::new().call(ScriptCall::to(sender, send).read_only().catch()));
        assert!(!caught(&receipt.output).success, "{side:?}");
    }
}

#[test]
fn nesting_between_vms_ends_in_a_fault_that_the_caller_survives() {
    // Without the cap of EIP-7825, so that gas is no reason to stop earlier.
    let config = ChainConfig { tx_gas_limit_cap: Some(u64::MAX), ..ChainConfig::default() };
    for side in Side::ALL {
        let mut stage = Stage::on(config.clone());
        stage.chain.block_mut().gas_limit = u64::MAX;
        let pair = [stage.actor(side), stage.actor(side.other())];
        let hops = BORDER_DEPTH_MAX + 3;
        let mut script = Script::new().store(1, 1);
        for hop in 0..hops {
            script = Script::new().call(ScriptCall::to(pair[hop % 2], script).catch());
        }
        let mut tx = stage.tx(pair[hops % 2], script);
        tx.gas_limit = 1 << 40;
        let receipt = stage.chain.simulate(tx).unwrap();
        assert!(receipt.is_success(), "{side:?}: {:?}", receipt.fault);
        let faults: Vec<_> = receipt.crossings.iter().filter_map(|crossing| crossing.fault.as_ref()).collect();
        assert_eq!(faults.len(), 1, "{side:?}: the innermost call alone fails");
        assert_eq!(faults[0].kind, FaultKind::CallDepth, "{side:?}");
        assert!(receipt.crossings.len() >= BORDER_DEPTH_MAX, "{side:?}: {} crossings", receipt.crossings.len());
    }
}
