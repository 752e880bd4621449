//! A → B → A is allowed and sees one state.

use hexapla_testing::{Script, ScriptCall, Side, Stage};

#[test]
fn f11_reentering_through_another_vm_sees_and_keeps_the_same_state() {
    for side in Side::ALL {
        let mut stage = Stage::new();
        let (a, b) = (stage.actor(side), stage.actor(side.other()));
        // A writes, B calls A back, A's second frame reads the first one's write and writes again, the first reads that.
        let again = Script::new().load(1).store(1, 20).store_transient(3, 33);
        let through_b = Script::new().call(ScriptCall::to(a, again)).store(2, 2);
        let script = Script::new().store(1, 10).call(ScriptCall::to(b, through_b)).load(1).load_transient(3);
        let receipt = stage.run(a, script);
        assert!(receipt.is_success(), "{side:?}: {:?}", receipt.fault);
        let words: Vec<u8> = receipt.output.chunks(32).map(|word| word[31]).collect();
        assert_eq!(words, [10, 20, 33], "{side:?}");
        assert_eq!([stage.word(a, 1), stage.word(b, 2)], [20, 2], "{side:?}");
    }
}

#[test]
fn f11_a_failing_reentry_undoes_only_itself() {
    for side in Side::ALL {
        let mut stage = Stage::new();
        let (a, b) = (stage.actor(side), stage.actor(side.other()));
        let again = Script::new().store(1, 20).revert(b"no");
        let through_b = Script::new().call(ScriptCall::to(a, again).ignore()).store(2, 2);
        let receipt = stage.run(a, Script::new().store(1, 10).call(ScriptCall::to(b, through_b)).load(1));
        assert!(receipt.is_success(), "{side:?}: {:?}", receipt.fault);
        assert_eq!(receipt.output[31], 10, "{side:?}");
        assert_eq!([stage.word(a, 1), stage.word(b, 2)], [10, 2], "{side:?}");
    }
}

#[test]
fn f11_a_wasm_contract_can_tell_that_it_is_entered_again() {
    let stage = Stage::new();
    let (wasm, evm) = (stage.actor(Side::Wasm), stage.actor(Side::Evm));
    let ask = Script::new().reentrant();
    let script = Script::new().reentrant().call(ScriptCall::to(evm, Script::new().call(ScriptCall::to(wasm, ask))));
    let receipt = stage.try_run(wasm, script);
    assert_eq!(&receipt.output[..], [0, 1], "not at first, then yes");

    let other = stage.actors(Side::Wasm)[1];
    let receipt = stage.try_run(wasm, Script::new().call(ScriptCall::to(other, Script::new().reentrant())));
    assert_eq!(&receipt.output[..], [0], "another contract is not entered again");

    let library = Script::new().call(ScriptCall::to(other, Script::new().reentrant()).delegate());
    let receipt = stage.try_run(wasm, library.clone());
    assert_eq!(&receipt.output[..], [0], "library code on the same account is no re-entry");
    let again = Script::new().call(ScriptCall::to(wasm, library));
    let receipt = stage.try_run(wasm, Script::new().call(ScriptCall::to(evm, again)));
    assert_eq!(&receipt.output[..], [1], "but it is one where the account itself was entered again");
}
