//! Every failure names VM, contract, kind and a sentence; none is swallowed; a fault of the host is never a receipt.

use crate::helpers::{ROUTES, caught, foreign_fault, through};
use hexapla::{
    AccountInfo, BlockEnv, ChainConfig, ExecuteError, Executor, Overlay, Receipt, StateError, Status, TxEnv, evm,
};
use hexapla_primitives::{Address, B256, Bytes, FaultKind, GasRate, ObjectKey, U256, VmId};
use hexapla_testing::{Script, ScriptCall, Side, Stage, USER};
use hexapla_vm::{Fatal, Frame, FrameEnd, Host, HostResult, Reentrancy, Vm};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

#[test]
fn f08_a_failing_database_aborts_the_transaction_at_every_read_and_never_becomes_a_receipt() {
    for route in ROUTES {
        let mut stage = Stage::new();
        let inner: Vec<_> = route[1..].iter().map(|side| stage.actors(*side)[1]).collect();
        let effects =
            Script::new().load(1).store(2, 2).balance(Address::repeat_byte(9)).create(&[0x60, 0, 0x60, 0, 0xf3]);
        let outer = stage.actor(route[0]);
        // Every call is caught, so that a swallowed error would show as a success.
        let call = ScriptCall::to(inner[0], through(&inner[1..], effects)).catch();
        let tx = stage.tx(outer, Script::new().call(call));
        fails_at_every_read(&stage, &tx, &format!("{route:?}"));
        stage.run(outer, Script::new());
    }
}

/// Runs a transaction that succeeds as often as it reads, each time with another read failing.
pub(crate) fn fails_at_every_read(stage: &Stage, tx: &TxEnv, what: &str) {
    let reads = Arc::new(AtomicUsize::new(0));
    let run = |fails_at: usize| {
        reads.store(0, Ordering::SeqCst);
        let base = stage.chain.reader().expect("memory does not fail");
        let reader = FailingReader { base, reads: reads.clone(), fails_at };
        let executor = stage.chain.executor();
        let (result, _) = executor.block(Overlay::new(Arc::new(reader)), stage_block(), |run| run.execute(tx.clone()));
        result
    };
    // The first run fills what is cached for the block.
    for _ in 0..2 {
        let whole = run(usize::MAX).expect("nothing fails");
        assert!(whole.is_success(), "{what}: {:?}", whole.fault);
    }
    let total = reads.load(Ordering::SeqCst);
    assert!(total >= 8, "{what}: {total} reads");
    for fails_at in 0..total {
        match run(fails_at) {
            Err(ExecuteError::State(_) | ExecuteError::Block(_) | ExecuteError::Fatal(_)) => {}
            other => panic!("{what}: read {fails_at} of {total} failed, and this came out: {other:?}"),
        }
    }
}

fn stage_block() -> BlockEnv {
    BlockEnv { gas_limit: 60_000_000, basefee: 0, prevrandao: Some(B256::ZERO), ..BlockEnv::default() }
}

/// A database whose n-th read fails.
struct FailingReader {
    base: Arc<dyn hexapla::StateReader>,
    reads: Arc<AtomicUsize>,
    fails_at: usize,
}

impl FailingReader {
    fn check(&self) -> Result<(), StateError> {
        let read = self.reads.fetch_add(1, Ordering::SeqCst);
        if read == self.fails_at { Err(StateError::MissingCode(B256::repeat_byte(0xdb))) } else { Ok(()) }
    }
}

impl hexapla::StateReader for FailingReader {
    fn account(&self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        self.check()?;
        self.base.account(address)
    }

    fn word(&self, address: Address, key: U256) -> Result<U256, StateError> {
        self.check()?;
        self.base.word(address, key)
    }

    fn has_storage(&self, address: Address) -> Result<bool, StateError> {
        self.check()?;
        self.base.has_storage(address)
    }

    fn object(&self, key: &ObjectKey) -> Result<Option<Bytes>, StateError> {
        self.check()?;
        self.base.object(key)
    }

    fn code(&self, hash: B256) -> Result<evm::Bytecode, StateError> {
        self.check()?;
        self.base.code(hash)
    }

    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        self.check()?;
        self.base.block_hash(number)
    }
}

#[test]
fn f14_every_failure_over_the_border_has_vm_contract_kind_and_message() {
    let failures = [
        (Script::new().trap(), "trap"),
        (Script::new().burn(u32::MAX), "out-of-gas"),
        (Script::new().revert(b""), "revert"),
    ];
    for side in Side::ALL {
        for (failure, kind) in &failures {
            let stage = Stage::new();
            let (outer, inner) = (stage.actor(side), stage.actor(side.other()));
            let call = ScriptCall::to(inner, failure.clone()).gas(200_000).catch();
            let receipt = stage.try_run(outer, Script::new().call(call));
            assert!(receipt.is_success(), "{side:?} {kind}: {:?}", receipt.fault);
            let result = caught(&receipt.output);
            assert!(!result.success, "{side:?} {kind}");
            let fault = foreign_fault(&result.data);
            assert_eq!(fault.vm, side.other().vm().name(), "{side:?} {kind}");
            assert_eq!((fault.at, fault.kind.as_str()), (inner, *kind), "{side:?}");
            assert!(fault.message.len() > 10, "{side:?} {kind}: {:?}", fault.message);
        }
    }
}

#[test]
fn f14_a_reason_crosses_the_border_unchanged() {
    for route in ROUTES {
        let stage = Stage::new();
        let inner: Vec<_> = route[1..].iter().map(|side| stage.actors(*side)[1]).collect();
        let receipt = stage.try_run(stage.actor(route[0]), through(&inner, Script::new().revert(b"my own reason")));
        assert_eq!(receipt.status, Status::Failed, "{route:?}");
        assert_eq!(&receipt.output[..], b"my own reason", "{route:?}");
        let fault = receipt.fault.expect("a failed transaction has a fault");
        assert_eq!(fault.kind, FaultKind::Revert, "{route:?}");
        assert!(fault.contract == stage.actor(route[0]), "{route:?}: {fault}");
    }
}

#[test]
fn f14_a_transaction_that_aims_at_a_failing_contract_says_why() {
    for (side, failure, kind) in [
        (Side::Evm, Script::new().trap(), FaultKind::Trap),
        (Side::Wasm, Script::new().trap(), FaultKind::Trap),
        (Side::Evm, Script::new().burn(u32::MAX), FaultKind::OutOfGas),
        (Side::Wasm, Script::new().burn(u32::MAX), FaultKind::OutOfGas),
    ] {
        let stage = Stage::new();
        let mut tx = stage.tx(stage.actor(side), failure);
        tx.gas_limit = 300_000;
        let receipt = stage.chain.simulate(tx).unwrap();
        let fault = receipt.fault.expect("it failed");
        assert_eq!((fault.vm, fault.contract, fault.kind), (side.vm(), stage.actor(side), kind));
        assert!(!fault.message.is_empty());
    }
}

#[test]
fn f16_code_that_is_not_what_it_claims_halts_the_transaction_and_nothing_else() {
    let claims: [(&str, &[u8]); 5] = [
        ("a prefix alone", &[0xef, 0xf0, 0x00]),
        ("an unknown dictionary", &[0xef, 0xf0, 0x00, 0x07, 1, 2, 3]),
        ("no brotli", &[0xef, 0xf0, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff]),
        ("no code at all", &[0xef, 0xf0, 0x00, 0x00]),
        ("an unknown format", &[0xef, 0xf0, 0x01, 0x00, 1]),
    ];
    for (what, code) in claims {
        let mut stage = Stage::new();
        let forged = Address::repeat_byte(0x66);
        let info = AccountInfo { code: Some(evm::bytecode(&Bytes::copy_from_slice(code))), ..AccountInfo::default() };
        stage
            .chain
            .edit(|overlay| {
                overlay.insert_account(forged, info);
                Ok(())
            })
            .unwrap();
        for target in
            [ScriptCall::to(forged, Bytes::new()).catch(), ScriptCall::to(forged, Bytes::new()).read_only().catch()]
        {
            for side in Side::ALL {
                let receipt = stage.run(stage.actor(side), Script::new().store(1, 1).call(target.clone()));
                assert!(receipt.is_success(), "{what} from {side:?}: {:?}", receipt.fault);
                assert!(!caught(&receipt.output).success, "{what} from {side:?}");
            }
        }
    }
}

/// A VM with a bug.
struct Buggy;

impl Vm for Buggy {
    fn id(&self) -> VmId {
        VmId(201)
    }

    fn gas_rate(&self) -> GasRate {
        GasRate::EVM
    }

    fn reentrancy(&self) -> Reentrancy {
        Reentrancy::Allowed
    }

    fn owns(&self, code: &[u8]) -> bool {
        code.starts_with(&[0xef, 0xbb])
    }

    fn run(&self, _: &Frame, host: &mut dyn Host) -> Result<FrameEnd, Fatal> {
        host.store_word(U256::ONE, U256::ONE).expect("there is gas enough");
        panic!("index out of bounds, or so")
    }

    fn activate(&self, _: &Bytes, _: &mut dyn Host) -> HostResult<()> {
        Ok(())
    }
}

#[test]
fn f16_a_panic_in_a_vm_ends_the_transaction_and_not_the_node() {
    let vms = hexapla::VmSet::default().with(Buggy).unwrap();
    let mut chain = hexapla::Chain::in_memory(Executor::new(ChainConfig::default(), vms).unwrap());
    chain.fund([(USER, U256::from(1))]).unwrap();
    let actor = chain.transact(chain.create(USER, hexapla_testing::contracts::evm("actor/Actor")).unwrap()).unwrap();
    let actor = actor.receipt.created.unwrap();
    let buggy = Address::repeat_byte(0x67);
    let code = Some(evm::bytecode(&Bytes::from_static(&[0xef, 0xbb, 0])));
    let root = chain
        .edit(|overlay| {
            overlay.insert_account(buggy, AccountInfo { code, ..AccountInfo::default() });
            Ok(())
        })
        .unwrap();

    let script = Script::new().store(1, 1).call(ScriptCall::to(buggy, Bytes::new()).catch());
    let error = chain.transact(chain.call(USER, actor, script).unwrap()).unwrap_err();
    assert!(error.to_string().contains("index out of bounds"), "{error}");
    assert_eq!(chain.root(), root, "nothing of it remains");

    // In one block: the transaction after the bug runs as if the other had not been.
    let tx = chain.call(USER, actor, Script::new().store(2, 2)).unwrap();
    let broken = chain.call(USER, buggy, Vec::new()).unwrap();
    let overlay = Overlay::new(chain.reader().unwrap());
    let (receipt, overlay) = chain.executor().clone().block(overlay, stage_block(), |run| {
        assert!(matches!(run.execute(broken), Err(ExecuteError::Fatal(_))));
        run.execute(tx.clone()).unwrap()
    });
    assert!(receipt.is_success());
    let (alone, other) = chain
        .executor()
        .block(Overlay::new(chain.reader().unwrap()), stage_block(), |run| run.execute(tx.clone()).unwrap());
    assert_eq!((receipt, overlay.changes()), (alone, other.changes()));
}

#[test]
fn f16_creating_code_that_is_not_what_it_claims_is_refused_with_a_reason() {
    let mut stage = Stage::new();
    for (module, reason) in [
        (
            r#"(module (memory (export "memory") 1) (func (export "user_entrypoint") (param i32) (result i32) (drop (f32.const 1)) (i32.const 0)))"#,
            "f32",
        ),
        (
            r#"(module (memory (export "memory") 1 1 shared) (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#,
            "thread",
        ),
        (
            r#"(module (memory (export "memory") 4000) (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#,
            "memory",
        ),
        (r#"(module (memory (export "memory") 1))"#, "user_entrypoint"),
    ] {
        let wasm = wat::parse_str(module).expect("the text is WASM");
        let tx = stage.chain.create(USER, hexapla::wasm::deploy_code(&wasm)).unwrap();
        let receipt = stage.chain.transact(tx).unwrap().receipt;
        assert_eq!(receipt.status, Status::Failed, "{reason}");
        let fault = receipt.fault.expect("it failed");
        assert_eq!(fault.vm, VmId::WASM, "{reason}");
        assert!(fault.message.to_lowercase().contains(reason), "{reason}: {}", fault.message);
        let created = receipt.created;
        assert!(created.is_none_or(|address| stage.chain.code(address).unwrap().is_empty()), "{reason}");
    }
}

#[test]
fn code_of_no_vm_that_begins_with_ef_cannot_be_created() {
    // A designator: only the executor may make one.
    let code = [0xef, 0xf1, 0x01, 0x02, 1, 2, 3];
    // PUSH1 7, DUP1, PUSH1 11, PUSH1 0, CODECOPY, PUSH1 0, RETURN
    let forged = [[0x60, 7, 0x80, 0x60, 11, 0x60, 0, 0x39, 0x60, 0, 0xf3].as_slice(), &code].concat();
    let mut stage = Stage::new();
    let tx = stage.chain.create(USER, forged).unwrap();
    let receipt = stage.chain.transact(tx).unwrap().receipt;
    assert_eq!(receipt.fault.map(|fault| fault.kind), Some(FaultKind::Create));
}

#[test]
fn f25_the_status_of_each_crossing_is_in_the_receipt_and_a_failure_goes_on_by_default() {
    for side in Side::ALL {
        let stage = Stage::new();
        let (outer, inner) = (stage.actor(side), stage.actor(side.other()));
        let failing = Script::new().revert(b"no");
        let bubbled = stage.try_run(outer, Script::new().call(ScriptCall::to(inner, failing.clone())));
        assert_eq!(bubbled.status, Status::Failed, "{side:?}");
        let ignored = stage.try_run(outer, Script::new().call(ScriptCall::to(inner, failing).ignore()));
        assert_eq!(ignored.status, Status::Success, "{side:?}");
        for receipt in [bubbled, ignored] {
            let failed = failed_crossings(&receipt);
            assert!(failed.contains(&inner), "{side:?}: {failed:?}");
        }
    }
}

fn failed_crossings(receipt: &Receipt) -> Vec<Address> {
    receipt.crossings.iter().filter(|crossing| crossing.fault.is_some()).map(|crossing| crossing.to.address).collect()
}

#[test]
fn an_executor_without_other_vms_takes_their_code_for_evm_code() {
    let executor = Executor::new(ChainConfig::default(), Default::default()).unwrap();
    let mut chain = hexapla::Chain::in_memory(executor);
    chain.fund([(USER, U256::from(1))]).unwrap();
    let tx = chain.create(USER, hexapla_testing::contracts::wasm_init_code("actor/actor")).unwrap();
    let receipt = chain.transact(tx).unwrap().receipt;
    assert_eq!(receipt.fault.map(|fault| fault.kind), Some(FaultKind::Create), "EIP-3541 holds");
}
