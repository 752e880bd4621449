//! How programs run changes no result: native code or interpreter, cached or not.

use crate::{
    USER, invoke,
    limits::{RETURN_ZERO, elf},
};
use hexapla::{
    Chain, ChainConfig, Executor, Receipt, VmSet,
    svm::{Config, Pubkey, StoredAccount, SvmVm, alias, canonical, genesis, spl},
};
use hexapla_primitives::{B256, U256, keccak256};
use hexapla_testing::{Script, ScriptCall, Side, Stage, SvmActor};

fn chain(config: Config) -> (Chain, SvmVm) {
    let vm = SvmVm::new(config).unwrap();
    let vms = VmSet::default().with(vm.clone()).unwrap();
    let mut chain = Chain::in_memory(Executor::new(ChainConfig::default(), vms).unwrap());
    chain.fund([(USER, U256::from(10).pow(U256::from(24)))]).unwrap();
    chain.insert_accounts(spl::genesis()).unwrap();
    (chain, vm)
}

/// Token work and everything that the actor can do to itself, failures included.
fn story(chain: &mut Chain) -> (Vec<Receipt>, B256) {
    let mut receipts = Vec::new();
    let mut send = |chain: &mut Chain, to, data| {
        let receipt = chain.transact(chain.call(USER, to, data).unwrap()).unwrap().receipt;
        receipts.push(receipt);
    };
    let [mint, account] = [11u8, 12].map(|byte| Pubkey::new_from_array([byte; 32]));
    let blank = |length: usize| StoredAccount { owner: spl::TOKEN, executable: false, data: vec![0; length].into() };
    let accounts = [(mint, 82), (account, 165)].map(|(key, length)| genesis::account(key, 10_000_000, &blank(length)));
    chain.insert_accounts(accounts).unwrap();
    let user = alias(USER);
    let token = canonical(&spl::TOKEN);
    send(chain, token, invoke(&[(mint, false, true)], &[&[20u8, 6][..], user.as_ref(), &[0]].concat()));
    let open = [&[18u8][..], user.as_ref()].concat();
    send(chain, token, invoke(&[(account, false, true), (mint, false, false)], &open));
    for amount in [5u64, u64::MAX] {
        let accounts = [(mint, false, true), (account, false, true), (user, true, false)];
        send(chain, token, invoke(&accounts, &[&[7u8][..], &amount.to_le_bytes()].concat()));
    }
    let actor = SvmActor::new(0);
    actor.deploy(chain);
    for script in [
        Script::new().store(1, 1).burn(50).compute(1_000).recurse(20).load(1),
        Script::new().recurse(1_000),
        Script::new().trap(),
        Script::new().burn(u32::MAX),
        Script::new().store(1_000, 1),
        Script::new().revert(b"no"),
    ] {
        send(chain, actor.address(), actor.call(script, &[]));
    }
    (receipts, chain.root())
}

#[test]
fn native_code_and_interpreter_give_the_same_receipts_and_the_same_root() {
    let run = |jit: bool| {
        let (mut chain, _) = chain(Config { jit, ..Config::default() });
        story(&mut chain)
    };
    let (compiled, interpreted) = (run(true), run(false));
    assert_eq!(compiled.0.iter().filter(|receipt| receipt.is_success()).count(), 4);
    assert_eq!(compiled, interpreted);
}

#[test]
fn f23_the_cache_of_programs_is_bounded_and_changes_no_result() {
    let (mut small, vm) = chain(Config { cache_bytes: 20_000, ..Config::default() });
    let (mut large, _) = chain(Config::default());
    assert_eq!(story(&mut small), story(&mut large));
    for number in 1..40 {
        let actor = SvmActor::new(number);
        actor.deploy(&mut small);
        let call = actor.call(Script::new().load(0), &[]);
        assert!(small.transact(small.call(USER, actor.address(), call).unwrap()).unwrap().receipt.is_success());
    }
    assert!(vm.cached_programs() <= 3, "{} programs are kept", vm.cached_programs());
    let (mut none, vm) = chain(Config { cache_bytes: 0, ..Config::default() });
    assert_eq!(story(&mut none), story(&mut chain(Config::default()).0));
    assert_eq!(vm.cached_programs(), 0);
}

#[test]
fn gas_and_state_do_not_depend_on_what_the_process_has_run_before() {
    let outcomes = [false, true].map(|warm| {
        let mut stage = Stage::new();
        let actor = stage.svm()[0];
        if warm {
            // It leaves nothing in the state, but the program is in memory.
            stage.try_run(actor.address(), Script::new());
        }
        // Then the account is read that holds the program's code.
        let holder = genesis::programdata_of(&actor.program);
        let ask = [&keccak256("account(bytes32)")[..4], holder.as_ref()].concat();
        let run = stage.data(actor.address(), Script::new());
        let script = Script::new()
            .call(ScriptCall::to(actor.address(), run))
            .gas_left()
            .call(ScriptCall::to(actor.address(), ask).ignore())
            .gas_left();
        let receipt = stage.run(stage.actor(Side::Evm), script);
        assert!(receipt.is_success(), "{:?}", receipt.fault);
        (receipt.gas_used, receipt.digest(), stage.chain.root())
    });
    assert_eq!(outcomes[0], outcomes[1]);
}

#[test]
fn a_cache_that_holds_nothing_changes_no_receipt_and_no_state() {
    let (mut none, vm) = chain(Config { cache_bytes: 0, ..Config::default() });
    let (mut all, _) = chain(Config { jit_units_per_byte: 0, ..Config::default() });
    assert_eq!(story(&mut none), story(&mut all));
    assert_eq!(vm.cached_programs(), 0);
}

#[test]
fn entering_a_program_is_paid_by_its_length_whether_it_is_in_memory_or_not() {
    let (mut chain, _) = chain(Config::default());
    let [short, long] = [1u8, 2].map(|byte| Pubkey::new_from_array([byte; 32]));
    let more = 96_000;
    for (key, bytes) in [(short, 0), (long, more)] {
        let code = [&elf(&RETURN_ZERO)[..], &vec![0; bytes]].concat();
        chain.insert_accounts(genesis::program(key, &code, None)).unwrap();
    }
    let mut gas = |key: &Pubkey| {
        let receipt = chain.transact(chain.call(USER, canonical(key), invoke(&[], b"x")).unwrap()).unwrap().receipt;
        assert!(receipt.is_success(), "{:?}", receipt.fault);
        receipt.gas_used
    };
    let [first, second, first_long, second_long] = [gas(&short), gas(&short), gas(&long), gas(&long)];
    assert_eq!((first, first_long), (second, second_long));
    assert_eq!(first_long - first, 4 * more as u64 / 32);
}

#[test]
fn code_with_a_symbol_in_each_instruction_does_not_run() {
    let (mut chain, _) = chain(Config::default());
    let key = Pubkey::new_from_array([1; 32]);
    // Each instruction calls another place, which takes a hundred times as long to read as a real program.
    let count = 4_000i32;
    let call = |place: i32| {
        let distance = place * 7 % count - place - 1;
        [&[0x85, 0x10, 0, 0][..], &distance.to_le_bytes()].concat()
    };
    let text = [RETURN_ZERO.to_vec(), (2..count).flat_map(call).collect()].concat();
    chain.insert_accounts(genesis::program(key, &elf(&text), None)).unwrap();
    let receipt = chain.transact(chain.call(USER, canonical(&key), invoke(&[], b"x")).unwrap()).unwrap().receipt;
    assert!(!receipt.is_success() && receipt.program_log.join("").contains("is not deployed"), "{receipt:#?}");
}
