//! The failures, for every route that Solana takes part in.
//!
//! Solana cannot catch, may not be entered again while it runs, and sees accounts instead of storage; its actor is called
//! with its own state account and the aliases of all others.

use crate::helpers::{caught, foreign_fault};
use hexapla::{
    Receipt,
    svm::{Invocation, alias},
};
use hexapla_primitives::{Address, Bytes, FaultKind, VmId};
use hexapla_testing::{Script, ScriptCall, Side, Stage, USER, crossings};

/// Who takes part, outermost first.
const ROUTES: [&[Side]; 8] = [
    &[Side::Evm, Side::Svm],
    &[Side::Wasm, Side::Svm],
    &[Side::Evm, Side::Svm, Side::Evm],
    &[Side::Evm, Side::Svm, Side::Wasm],
    &[Side::Wasm, Side::Svm, Side::Evm],
    &[Side::Wasm, Side::Svm, Side::Wasm],
    &[Side::Evm, Side::Svm, Side::Wasm, Side::Svm],
    &[Side::Wasm, Side::Svm, Side::Evm, Side::Svm],
];

/// The contracts of a route: every second actor, a new one for each visit to Solana.
fn path(stage: &Stage, route: &[Side]) -> Vec<Address> {
    let mut visits = 0;
    let address = |side: &Side| match side {
        Side::Svm => {
            visits += 1;
            stage.svm()[visits - 1].address()
        }
        side => stage.actors(*side)[1],
    };
    route.iter().map(address).collect()
}

fn say(receipt: &Receipt) -> String {
    format!("{:?}\n{:#?}", receipt.fault, receipt.program_log)
}

#[test]
fn every_route_works_and_every_write_stays() {
    for route in ROUTES {
        let mut stage = Stage::new();
        let outer = stage.actor(route[0]);
        let path = path(&stage, &route[1..]);
        let mut script = Script::new().store(1, 7).load(1);
        for to in path.iter().rev() {
            script = Script::new().store(2, 8).call(ScriptCall::to(*to, stage.data(*to, script))).store(3, 9);
        }
        let receipt = stage.run(outer, script);
        assert!(receipt.is_success(), "{route:?}: {}", say(&receipt));
        assert_eq!(stage.word(path[path.len() - 1], 1), 7, "{route:?}");
        for contract in std::iter::once(&outer).chain(&path[..path.len() - 1]) {
            assert_eq!([stage.word(*contract, 2), stage.word(*contract, 3)], [8, 9], "{route:?}");
        }
        let with_user: Vec<Side> = [&[Side::Evm][..], route].concat();
        let crossings = with_user.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert_eq!(receipt.crossings.len(), crossings, "{route:?}");
        assert!(receipt.crossings.iter().all(|crossing| crossing.fault.is_none()), "{route:?}");
    }
}

/// A script that runs `last` at the end of `path`; every contract on the way writes a word first.
fn nested(stage: &Stage, path: &[Address], last: Script) -> Script {
    let wrap = |inner, to: &Address| Script::new().store(2, 8).call(ScriptCall::to(*to, stage.data(*to, inner)));
    path.iter().rev().fold(last, wrap)
}

/// A call of the first contract of `path`, which goes on to its end.
fn call(stage: &Stage, path: &[Address], last: Script) -> ScriptCall {
    ScriptCall::to(path[0], stage.data(path[0], nested(stage, &path[1..], last)))
}

#[test]
fn f01_revert_in_callee_restores_every_account_and_word() {
    for route in ROUTES {
        for failure in [Script::new().revert(b"no"), Script::new().trap()] {
            let mut stage = Stage::new();
            let outer = stage.actor(route[0]);
            let path = path(&stage, &route[1..]);
            let mut idle = Stage::new();
            idle.run(outer, Script::new().store(5, 5));

            let effects = Script::new().store(1, 7).log(&[3], b"gone").then(failure);
            let receipt = stage.run(outer, Script::new().store(5, 5).call(call(&stage, &path, effects).catch()));
            assert!(receipt.is_success(), "{route:?}: {}", say(&receipt));
            assert!(!caught(&receipt.output).success, "{route:?}");
            assert!(receipt.logs.is_empty(), "{route:?}");
            for contract in &path {
                assert_eq!([stage.word(*contract, 1), stage.word(*contract, 2)], [0, 0], "{route:?}");
            }
            assert_eq!(stage.chain.root(), idle.chain.root(), "{route:?}: as if it had not been called");
        }
    }
}

#[test]
fn f03_running_out_of_gas_at_the_border_is_all_or_nothing() {
    for route in ROUTES {
        let stage = Stage::new();
        let outer = stage.actor(route[0]);
        let path = path(&stage, &route[1..]);
        let mut outcomes = [0, 0];
        let enough = 100_000 + 110_000 * path.len() as u64;
        for cap in (0..2_000).step_by(97).chain((2_000..enough).step_by(1_511)) {
            let work = Script::new().store(1, 1).store(2, 2).burn(20);
            let receipt = stage.try_run(outer, Script::new().call(call(&stage, &path, work).gas(cap).catch()));
            assert!(receipt.is_success(), "{route:?} with cap {cap}: {}", say(&receipt));
            let success = caught(&receipt.output).success;
            outcomes[usize::from(success)] += 1;
            let failed = receipt.crossings.iter().any(|crossing| crossing.fault.is_some());
            assert_eq!(success, !failed, "{route:?} with cap {cap}");
            assert!(receipt.gas_used < cap + 160_000, "{route:?}: {} gas with cap {cap}", receipt.gas_used);
        }
        assert!(outcomes.iter().all(|count| *count > 10), "{route:?}: {outcomes:?} failures and successes");
    }
}

#[test]
fn f03_a_failed_sweep_leaves_the_root_and_a_successful_one_everything() {
    for route in [ROUTES[0], ROUTES[3], ROUTES[6]] {
        for cap in (10_000..400_000).step_by(13_001) {
            let mut stage = Stage::new();
            let outer = stage.actor(route[0]);
            let path = path(&stage, &route[1..]);
            let work = Script::new().store(1, 1).burn(20);
            let receipt = stage.run(outer, Script::new().call(call(&stage, &path, work).gas(cap).catch()));
            let success = caught(&receipt.output).success;
            for (index, contract) in path.iter().enumerate() {
                let key = if index == path.len() - 1 { 1 } else { 2 };
                let expected = if key == 1 { 1 } else { 8 } * u64::from(success);
                assert_eq!(stage.word(*contract, key), expected, "{route:?} with cap {cap}, contract {index}");
            }
        }
    }
}

#[test]
fn f05_the_callers_gas_cap_binds_a_program_and_what_it_calls() {
    for route in ROUTES {
        let stage = Stage::new();
        let path = path(&stage, &route[1..]);
        let used = |cap: u64| {
            let burn = call(&stage, &path, Script::new().burn(u32::MAX)).gas(cap).ignore();
            let receipt = stage.try_run(stage.actor(route[0]), Script::new().call(burn));
            assert!(receipt.is_success(), "{route:?}: {}", say(&receipt));
            receipt.gas_used
        };
        let (little, much) = (used(200_000), used(500_000));
        assert!(much - little <= 300_001, "{route:?}: {} more for 300,000 more", much - little);
        assert!(much - little >= 270_000, "{route:?}: {} more for 300,000 more", much - little);
    }
}

#[test]
fn f05_the_callers_gas_cap_binds_a_program_in_view_calls_too() {
    for route in ROUTES {
        let stage = Stage::new();
        let path = path(&stage, &route[1..]);
        let view = |script: Script| {
            let whole = path[1..]
                .iter()
                .rev()
                .fold(script, |inner, to| Script::new().call(ScriptCall::to(*to, stage.data(*to, inner))));
            ScriptCall::to(path[0], stage.data(path[0], whole)).read_only()
        };
        let used = |cap: u64| {
            let burn = view(Script::new().burn(u32::MAX)).gas(cap).ignore();
            let receipt = stage.try_run(stage.actor(route[0]), Script::new().call(burn));
            assert!(receipt.is_success(), "{route:?}: {}", say(&receipt));
            receipt.gas_used
        };
        let (little, much) = (used(200_000), used(500_000));
        assert!(much - little <= 300_001, "{route:?}: {} more for 300,000 more", much - little);
        assert!(much - little >= 270_000, "{route:?}: {} more for 300,000 more", much - little);

        // What the innermost contract has left, and what each call on the way was given.
        let mut answered = 0;
        for cap in [50_000u64, 150_000, 300_000, 600_000] {
            let ask = view(Script::new().gas_left()).gas(cap).catch();
            let receipt = stage.try_run(stage.actor(route[0]), Script::new().call(ask));
            let result = caught(&receipt.output);
            if result.success {
                // What programs return is wrapped once for each: the word stands before the padding or at the end.
                let words = result.data.chunks_exact(32).map(hexapla_primitives::U256::from_be_slice);
                let left = words.filter(|word| *word > hexapla_primitives::U256::from(1_000)).max().unwrap();
                assert!(left <= hexapla_primitives::U256::from(cap), "{route:?}: {left} gas left of a cap of {cap}");
                answered += 1;
            }
            for crossing in receipt.crossings.iter().filter(|crossing| crossing.from.address != USER) {
                assert!(crossing.gas_limit <= cap, "{route:?}: {} given of {cap}", crossing.gas_limit);
                assert!(crossing.gas_used <= crossing.gas_limit, "{route:?}: more used than given");
            }
        }
        assert!(answered > 0, "{route:?}");
    }
}

#[test]
fn f11_a_contract_may_be_entered_again_through_a_program_but_a_program_never() {
    for side in Side::ALL {
        let mut stage = Stage::new();
        let contract = stage.actor(side);
        let [first, second, ..] = stage.svm().map(|actor| actor.address());
        // Contract → program → the same contract.
        let again = Script::new().load(1).store(1, 20);
        let script = Script::new().store(1, 10).call(call(&stage, &[first, contract], again)).load(1);
        let receipt = stage.run(contract, script);
        assert!(receipt.is_success(), "{side:?}: {}", say(&receipt));
        // What `invoke` returns is one `bytes`: offset, length, data.
        assert_eq!([receipt.output[95], receipt.output[127]], [10, 20], "{side:?}");

        // Contract → program → contract → the same program, directly and through another program.
        let other = stage.actors(side)[1];
        for between in [vec![first, other, first], vec![first, other, second, other, first]] {
            let script = Script::new().store(3, 3).call(call(&stage, &between, Script::new().store(1, 1)).catch());
            let receipt = stage.run(contract, script);
            assert!(receipt.is_success(), "{side:?}: {}", say(&receipt));
            assert!(!caught(&receipt.output).success, "{side:?}: a program was entered again");
            assert_eq!(stage.word(first, 1), 0, "{side:?}");
            let calls = crossings(&receipt);
            let mut said = calls.iter().filter_map(|call| call.fault.as_ref());
            assert!(
                said.clone().any(|fault| fault.message.contains("entered again")),
                "{side:?}: {:?}",
                said.next_back()
            );
        }
    }
}

#[test]
fn f12_code_of_a_program_cannot_be_borrowed() {
    for side in Side::ALL {
        let mut stage = Stage::new();
        let program = stage.svm()[0].address();
        let borrow = ScriptCall::to(program, stage.data(program, Script::new().store(1, 1))).delegate().catch();
        let receipt = stage.run(stage.actor(side), Script::new().call(borrow));
        let fault = foreign_fault(&caught(&receipt.output).data);
        assert_eq!((fault.kind.as_str(), fault.at), ("border", program), "{side:?}");
        assert!(fault.message.contains("delegate"), "{side:?}: {}", fault.message);
        assert_eq!(stage.word(program, 1), 0, "{side:?}");
    }
}

#[test]
fn f13_read_only_holds_through_programs() {
    for route in ROUTES {
        let mut stage = Stage::new();
        let outer = stage.actor(route[0]);
        let path = path(&stage, &route[1..]);
        let reading = |script: Script| {
            let whole = path[1..]
                .iter()
                .rev()
                .fold(script, |inner, to| Script::new().call(ScriptCall::to(*to, stage.data(*to, inner))));
            ScriptCall::to(path[0], stage.data(path[0], whole)).read_only().catch()
        };
        let (read, write) = (reading(Script::new().load(1)), reading(Script::new().store(1, 1)));
        let receipt = stage.run(outer, Script::new().call(read));
        assert!(caught(&receipt.output).success, "{route:?}: reading is allowed: {}", say(&receipt));
        let receipt = stage.run(outer, Script::new().call(write));
        assert!(!caught(&receipt.output).success, "{route:?}: a word was written in a read-only call");
        assert_eq!(stage.word(path[path.len() - 1], 1), 0, "{route:?}");
    }
}

#[test]
fn f14_a_failing_program_says_who_how_and_why() {
    let failures = [
        (Script::new().trap(), "trap"),
        (Script::new().burn(u32::MAX), "out-of-gas"),
        (Script::new().compute(u32::MAX), "out-of-gas"),
        (Script::new().revert(b"\0\0\0\x2acode"), "revert"),
    ];
    for side in Side::ALL {
        for (failure, kind) in &failures {
            let stage = Stage::new();
            let program = stage.svm()[0].address();
            let failing = call(&stage, &[program], failure.clone()).gas(200_000).catch();
            let receipt = stage.try_run(stage.actor(side), Script::new().call(failing));
            assert!(receipt.is_success(), "{side:?} {kind}: {}", say(&receipt));
            let fault = foreign_fault(&caught(&receipt.output).data);
            assert_eq!((fault.vm.as_str(), fault.at, fault.kind.as_str()), ("svm", program, *kind), "{side:?}");
            assert!(!fault.message.is_empty(), "{side:?} {kind}");
            if *kind == "revert" {
                assert_eq!(fault.data[..], 42u32.to_le_bytes(), "{side:?}: the program's own code");
            }
        }
    }
}

#[test]
fn f14_a_program_learns_why_a_contract_failed() {
    for side in Side::ALL {
        let stage = Stage::new();
        let (program, contract) = (stage.svm()[0].address(), stage.actors(side)[1]);
        let failing = call(&stage, &[program, contract], Script::new().revert(b"my own reason")).catch();
        let receipt = stage.try_run(stage.actor(Side::Evm), Script::new().call(failing));
        let log = receipt.program_log.join("\n");
        let reason = Bytes::from_static(b"my own reason").to_string();
        assert!(log.contains(&reason) && log.contains(&contract.to_string()), "{side:?}: {log}");
        let calls = crossings(&receipt);
        let crossing = calls.iter().find(|call| call.to == contract).unwrap();
        let fault = crossing.fault.as_ref().unwrap();
        assert_eq!((fault.vm, fault.kind), (side.vm(), FaultKind::Revert));
        assert_eq!(&fault.data[..], b"my own reason");
        // No program can catch that, so whoever called the program has the contract's own reason.
        assert_eq!(&caught(&receipt.output).data[..], b"my own reason");
        let passed_on = receipt.crossings.iter().find(|crossing| crossing.to.address == program).unwrap();
        assert_eq!(passed_on.fault.as_ref().map(|fault| (fault.vm, fault.contract)), Some((side.vm(), contract)));
    }
}

#[test]
fn f05_a_contract_that_burns_its_gas_leaves_the_program_that_called_it_what_it_kept() {
    for side in Side::ALL {
        let stage = Stage::new();
        let (program, contract) = (stage.svm()[0].address(), stage.actors(side)[1]);
        let burning = call(&stage, &[program, contract], Script::new().burn(u32::MAX)).gas(400_000).catch();
        let receipt = stage.try_run(stage.actor(Side::Evm), Script::new().call(burning));
        assert!(receipt.is_success(), "{side:?}: {}", say(&receipt));
        let of = |to| receipt.crossings.iter().find(|crossing| crossing.to.address == to).unwrap();
        let (through, at) = (of(program), of(contract));
        let faults = [through, at].map(|crossing| crossing.fault.unwrap());
        assert_eq!(faults.map(|fault| (fault.contract, fault.kind)), [(contract, FaultKind::OutOfGas); 2], "{side:?}");
        assert_eq!(at.gas_used, at.gas_limit, "{side:?}");
        assert!(through.gas_limit - through.gas_used >= at.gas_limit / 80, "{side:?}: {through:?}");
    }
}

#[test]
fn f15_hostile_invocations_are_refused_with_a_sentence() {
    let stage = Stage::new();
    let program = stage.svm()[0];
    let good = stage.data(program.address(), Script::new().load(1));
    let state = stage.svm()[0].state;
    let meta = |key, is_signer| hexapla::svm::AccountMeta { pubkey: key, is_signer, is_writable: true };
    let forged = |accounts| Invocation { accounts, ..Invocation::of_data(Bytes::new()) }.to_solidity();
    let mut hostile = vec![
        forged(vec![meta(state, true)]),
        forged(vec![meta(alias(USER), true)]),
        forged(vec![meta(alias(Address::ZERO), false)]),
        forged((0..300).map(|_| meta(state, false)).collect()),
        Invocation { seeds: vec![vec![Bytes::from_static(&[1; 33])]], ..Invocation::of_data(Bytes::new()) }
            .to_solidity(),
    ];
    hostile.extend((4..good.len()).step_by(17).map(|length| good.slice(..length)));
    for place in (4..good.len()).step_by(5) {
        let mut mutated = good.to_vec();
        mutated[place] ^= 0xff;
        hostile.push(mutated.into());
    }
    for side in Side::ALL {
        let mut refused = 0;
        for data in &hostile {
            let receipt = stage.try_run(
                stage.actor(side),
                Script::new().call(ScriptCall::to(program.address(), data.clone()).catch()),
            );
            assert!(receipt.is_success(), "{side:?} {data}: {}", say(&receipt));
            let result = caught(&receipt.output);
            if !result.success {
                refused += 1;
                assert!(foreign_fault(&result.data).message.len() > 5, "{side:?} {data}");
            }
        }
        assert!(refused > hostile.len() / 2, "{side:?}: {refused} of {}", hostile.len());
    }
}

#[test]
fn f18_value_that_lamports_cannot_hold_is_refused_and_none_goes_to_programs() {
    let mut stage = Stage::new();
    let outer = stage.actor(Side::Evm);
    let mut fund = stage.tx(outer, Script::new());
    fund.value = hexapla_primitives::U256::from(10_000_000_000u64);
    stage.chain.transact(fund).unwrap();
    let program = stage.svm()[0].address();
    for (wei, reason) in [(1_500_000_000, "smallest unit"), (2_000_000_000, "takes no coin")] {
        let send = ScriptCall::to(program, stage.data(program, Script::new())).value(wei).catch();
        let receipt = stage.run(outer, Script::new().call(send));
        let fault = foreign_fault(&caught(&receipt.output).data);
        assert!(fault.message.contains(reason), "{wei}: {}", fault.message);
        assert_eq!(stage.chain.balance(outer).unwrap(), hexapla_primitives::U256::from(10_000_000_000u64));
    }
}

#[test]
fn f22_eight_nested_calls_over_three_vms_fit_an_ordinary_transaction() {
    let mut stage = Stage::new();
    let [evm, wasm] = [stage.actors(Side::Evm), stage.actors(Side::Wasm)];
    let svm = stage.svm().map(|actor| actor.address());
    // EVM → WASM → SVM → EVM → WASM → SVM → EVM → WASM → SVM
    let path = [wasm[0], svm[0], evm[1], wasm[1], svm[1], evm[0], wasm[0], svm[2]];
    let script = nested(&stage, &path, Script::new().store(42, 42).stack_height());
    let receipt = stage.run(evm[0], script);
    assert!(receipt.is_success(), "{}", say(&receipt));
    assert_eq!(receipt.crossings.len(), 8);
    assert_eq!(stage.word(svm[2], 42), 42);
    assert!(receipt.gas_used < 2_000_000, "{} gas", receipt.gas_used);
}

#[test]
fn f26_a_callee_sees_the_program_that_calls_and_nobody_behind_it() {
    for side in Side::ALL {
        let stage = Stage::new();
        let (program, contract) = (stage.svm()[0].address(), stage.actors(side)[1]);
        let receipt =
            stage.try_run(stage.actor(Side::Evm), stage.through(&[program, contract], Script::new().identify()));
        assert!(receipt.is_success(), "{}", say(&receipt));
        let call = *crossings(&receipt).last().unwrap();
        assert_eq!((call.caller_vm, call.from), (VmId::SVM, program), "{side:?}");
        assert_eq!(call.output[..20], *program, "{side:?}: msg.sender is the calling program");
    }
}

#[test]
fn f08_a_failing_database_aborts_the_transaction_at_every_read_in_programs_too() {
    for route in [ROUTES[2], ROUTES[6]] {
        let stage = Stage::new();
        let path = path(&stage, &route[1..]);
        let script = Script::new().call(call(&stage, &path, Script::new().store(1, 1)).catch());
        let tx = stage.tx(stage.actor(route[0]), script);
        crate::faults::fails_at_every_read(&stage, &tx, &format!("{route:?}"));
    }
}

/// A call of the second EVM actor by a program that keeps its state to itself.
fn keeping(stage: &Stage, inner: Script) -> ScriptCall {
    let program = stage.svm()[0];
    // The accounts are the state, then the aliases of the EVM's and of WASM's actors.
    let script = Script::new().store(1, 1).invoke(2, &[], &Bytes::from(inner)).store(2, 2);
    ScriptCall::to(program.address(), stage.data(program.address(), script))
}

#[test]
fn accounts_that_a_program_holds_and_did_not_hand_over_cannot_be_changed_meanwhile() {
    let mut stage = Stage::new();
    let [outer, contract] = stage.actors(Side::Evm);
    let [holder, other, ..] = *stage.svm();
    let mut fund = stage.tx(contract, Script::new());
    fund.value = hexapla_primitives::U256::from(10_000_000_000u64);
    stage.chain.transact(fund).unwrap();

    let harmless = Script::new().store(7, 7);
    let receipt = stage.run(outer, Script::new().call(keeping(&stage, harmless).catch()));
    assert!(caught(&receipt.output).success, "{}", say(&receipt));

    let pay = ScriptCall::to(hexapla::svm::canonical(&holder.state), Bytes::new()).value(1_000_000_000);
    let write = other.call(Script::new(), &[hexapla::svm::AccountMeta::new(holder.state, false)]);
    let write = ScriptCall::to(other.address(), write);
    for (what, inner, said) in
        [("its balance", pay, "did not hand it over"), ("its data", write, "did not hand it over")]
    {
        let receipt = stage.run(outer, Script::new().call(keeping(&stage, Script::new().call(inner)).catch()));
        assert!(receipt.is_success(), "{what}: {}", say(&receipt));
        assert!(!caught(&receipt.output).success, "{what} was changed behind the program's back");
        let everything = format!("{:?} {:?}", crossings(&receipt), receipt.program_log);
        assert!(everything.contains(said), "{what}: {everything}");
        assert_eq!(stage.word(contract, 7), 7);
    }
}

#[test]
fn f17_every_first_write_of_an_account_is_charged() {
    for side in Side::ALL {
        let stage = Stage::new();
        let program = stage.svm()[0].address();
        let gas = |script: Script| {
            let receipt = stage.try_run(stage.actor(side), Script::new().call(call(&stage, &[program], script)));
            assert!(receipt.is_success(), "{}", say(&receipt));
            receipt.gas_used
        };
        let (read, write) = (gas(Script::new().load(1)), gas(Script::new().store(1, 1)));
        // EIP-2200: 2,900 for changing a slot that was not empty; the rest is the program's own work.
        assert!(write >= read + 2_900, "{side:?}: {read} for reading, {write} for writing");
    }
}

#[test]
fn f20_an_estimate_of_a_call_through_programs_is_an_execution() {
    for route in ROUTES {
        let mut stage = Stage::new();
        let path = path(&stage, &route[1..]);
        let script = Script::new().call(call(&stage, &path, Script::new().store(1, 1).burn(3)));
        let mut tx = stage.tx(stage.actor(route[0]), script);
        let hexapla::estimate::Estimate::Gas(gas) = stage.chain.estimate_gas(&tx).unwrap() else {
            panic!("{route:?}: it succeeds");
        };
        tx.gas_limit = gas - 1;
        assert!(stage.chain.simulate(tx.clone()).map_or(true, |receipt| !receipt.is_success()), "{route:?}");
        tx.gas_limit = gas;
        let simulated = stage.chain.simulate(tx.clone()).unwrap();
        let executed = stage.chain.transact(tx).unwrap().receipt;
        assert!(executed.is_success(), "{route:?}: {}", say(&executed));
        assert_eq!(simulated, executed, "{route:?}");
    }
}

mod coin {
    use super::*;
    use hexapla::svm::{AccountMeta, Pubkey, WEI_PER_LAMPORT, canonical};
    use hexapla_primitives::U256;
    use proptest::prelude::*;

    /// One step, in lamports; whether it succeeds is not the question.
    #[derive(Clone, Debug)]
    enum Step {
        /// The user sends wei to an account of Solana.
        ToAccount { account: usize, wei: u64 },
        /// A program moves lamports from its state to another account.
        Between { program: usize, to: usize, lamports: u64 },
        /// A program calls a contract with value that the user pays.
        WithValue { program: usize, side: Side, lamports: u64 },
        /// A contract pays a contract, through a program, and the innermost call fails.
        Failing { side: Side, wei: u64 },
    }

    fn step() -> impl Strategy<Value = Step> {
        let side = prop::sample::select(Side::ALL.to_vec());
        prop_oneof![
            (0..4usize, 0..3_000_000_000u64).prop_map(|(account, wei)| Step::ToAccount { account, wei }),
            (0..4usize, 0..4usize, 0..2_000_000_000u64).prop_map(|(program, to, lamports)| Step::Between {
                program,
                to,
                lamports
            }),
            (0..4usize, side.clone(), 0..3_000_000_000u64).prop_map(|(program, side, lamports)| Step::WithValue {
                program,
                side,
                lamports
            }),
            (side, 0..2_000_000_000u64).prop_map(|(side, wei)| Step::Failing { side, wei }),
        ]
    }

    fn total(stage: &Stage) -> U256 {
        let states = stage.svm().iter().flat_map(|actor| [canonical(&actor.state), canonical(&actor.program)]);
        let contracts = Side::ALL.into_iter().flat_map(|side| stage.actors(side));
        let all = states.chain(contracts).chain([USER]);
        all.map(|account| stage.chain.balance(account).unwrap()).sum()
    }

    fn run(stage: &mut Stage, step: &Step) -> Option<Receipt> {
        let state = |index: usize| stage.svm()[index].state;
        let direct = |program: usize, script: Script, accounts: &[AccountMeta]| {
            let actor = stage.svm()[program];
            stage.chain.call(USER, actor.address(), actor.call(script, accounts)).unwrap()
        };
        let tx = match step {
            Step::ToAccount { account, wei } => {
                let mut tx = stage.chain.call(USER, canonical(&state(*account)), Bytes::new()).unwrap();
                tx.value = U256::from(*wei);
                tx
            }
            Step::Between { program, to, lamports } => {
                let to: Pubkey = state(*to);
                direct(*program, Script::new().move_lamports(0, 1, *lamports), &[AccountMeta::new(to, false)])
            }
            Step::WithValue { program, side, lamports } => {
                let contract = stage.actor(*side);
                let pay =
                    ScriptCall::to(contract, Script::new().store(1, 1)).value(lamports.saturating_mul(WEI_PER_LAMPORT));
                let accounts = [AccountMeta::new(alias(USER), true), AccountMeta::new_readonly(alias(contract), false)];
                direct(*program, Script::new().call(pay), &accounts)
            }
            Step::Failing { side, wei } => {
                let inner = ScriptCall::to(stage.actors(*side)[1], Script::new().revert(b"no")).value(*wei).catch();
                let mut tx = stage.tx(stage.actor(*side), Script::new().call(inner));
                tx.value = U256::from(*wei);
                tx
            }
        };
        stage.chain.transact(tx).ok().map(|committed| committed.receipt)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

        #[test]
        fn f18_no_coin_arises_or_vanishes(steps in prop::collection::vec(step(), 1..12)) {
            let mut stage = Stage::new();
            let before = total(&stage);
            for step in &steps {
                let receipt = run(&mut stage, step);
                prop_assert_eq!(total(&stage), before, "{:?}: {:?}", step, receipt.map(|receipt| say(&receipt)));
            }
        }
    }

    #[test]
    fn value_that_a_program_sends_along_is_paid_by_who_signed() {
        let mut stage = Stage::new();
        let before = stage.chain.balance(USER).unwrap();
        for side in Side::ALL {
            let step = Step::WithValue { program: 0, side, lamports: 5 };
            let receipt = run(&mut stage, &step).unwrap();
            assert!(receipt.is_success(), "{}", say(&receipt));
            let wei = U256::from(5 * WEI_PER_LAMPORT);
            assert_eq!(stage.chain.balance(stage.actor(side)).unwrap(), wei, "{side:?}");
        }
        assert_eq!(before - stage.chain.balance(USER).unwrap(), U256::from(10 * WEI_PER_LAMPORT));
    }
}
