//! A lane that nobody should trust: what the machine allows a VM's own transactions to do, whoever wrote the lane.

use hexapla::{
    Chain, ChainConfig, ChainError, ExecuteError, Executor, Lane, LaneChecks, LaneRejection, LaneTransaction, Receipt,
    Vm, VmSet,
    primitives::{Address, Bytes, Fault, FaultKind, GasRate, GenesisAccount, U256, VmId},
    vm::{
        CallKind, CallRequest, Exit, Fatal, Frame, FrameEnd, Host, HostError, HostResult, LaneEnd, LaneError, LaneHost,
        LaneRun, Reentrancy,
    },
};
use hexapla_testing::{Script, USER, contracts};

const HOSTILE: VmId = VmId(201);
const PAYER: Address = Address::repeat_byte(0x51);
/// Code of the payer, where it is a contract.
const ACCOUNT_CODE: [u8; 3] = [0xEF, 201, 1];
const GAS_LIMIT: u64 = 1_000_000;
const VALIDATION_GAS: u64 = 300_000;
const FEE: u64 = 5_000;

/// What a transaction of the lane tries; the first byte of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trick {
    /// Runs code while it is validated, without gas for that.
    ValidateUnpaid,
    /// Runs code while it is validated, and then fails.
    ValidateThenFail,
    /// Runs code when all is over.
    CallInSettle,
    /// Gives back more than was paid.
    RefundTooMuch,
    /// Says that it used more gas than there was.
    UseTooMuch,
    /// Is validated by the code of the account that pays.
    ValidateByPayer,
}

const TRICKS: [Trick; 6] = [
    Trick::ValidateUnpaid,
    Trick::ValidateThenFail,
    Trick::CallInSettle,
    Trick::RefundTooMuch,
    Trick::UseTooMuch,
    Trick::ValidateByPayer,
];

struct Hostile;

impl Vm for Hostile {
    fn id(&self) -> VmId {
        HOSTILE
    }

    fn gas_rate(&self) -> GasRate {
        GasRate::EVM
    }

    fn reentrancy(&self) -> Reentrancy {
        Reentrancy::Forbidden
    }

    fn owns(&self, code: &[u8]) -> bool {
        *code == ACCOUNT_CODE
    }

    /// The code of an account that signs by itself.
    fn run(&self, frame: &Frame, host: &mut dyn Host) -> Result<FrameEnd, Fatal> {
        assert!(!frame.reentrant, "the transaction alone does not enter its payer");
        Ok(FrameEnd { exit: Exit::Return(Bytes::new()), gas_left: host.gas_left(), native_used: None })
    }

    fn activate(&self, _: &Bytes, _: &mut dyn Host) -> HostResult<()> {
        Err(HostError::NOT_SERVED)
    }

    fn lane(&self) -> Option<&dyn Lane> {
        Some(self)
    }
}

impl Lane for Hostile {
    fn decode(&self, raw: &[u8], _: LaneChecks) -> Result<Box<dyn LaneTransaction>, LaneRejection> {
        let trick = raw.first().and_then(|first| TRICKS.get(usize::from(*first)));
        let trick = *trick.unwrap_or_else(|| panic!("a lane with a bug"));
        Ok(Box::new(Transaction { trick, target: Address::from_slice(&raw[1..21]) }))
    }
}

struct Transaction {
    trick: Trick,
    target: Address,
}

impl Transaction {
    /// A call of the actor that writes a word.
    fn call(&self, host: &mut dyn Host) -> HostResult<bool> {
        let request = CallRequest::new(CallKind::Call, self.target, Script::new().store(1, 11).into());
        Ok(host.call(request)?.success)
    }
}

impl LaneTransaction for Transaction {
    fn id(&self) -> &[u8] {
        b"hostile"
    }

    fn payer(&self) -> Address {
        PAYER
    }

    fn gas_limit(&self) -> u64 {
        GAS_LIMIT
    }

    fn state_gas(&self) -> u64 {
        100_000
    }

    fn validation_gas(&self) -> u64 {
        if self.trick == Trick::ValidateUnpaid { 0 } else { VALIDATION_GAS }
    }

    fn validate(&self, host: &mut dyn LaneHost) -> Result<Box<dyn LaneRun + '_>, LaneError> {
        if matches!(self.trick, Trick::ValidateUnpaid | Trick::ValidateThenFail) {
            assert!(self.call(host)?, "the call works where it is paid");
        }
        if self.trick == Trick::ValidateByPayer {
            let outcome = host.call(CallRequest::new(CallKind::Call, PAYER, Bytes::new()))?;
            assert!(outcome.success, "{:?}", outcome.fault);
        }
        host.pay_fee(U256::from(FEE))?;
        Ok(Box::new(Run(self)))
    }
}

struct Run<'t>(&'t Transaction);

impl LaneRun for Run<'_> {
    fn run(&mut self, _: &mut dyn Host) -> Result<LaneEnd, Fatal> {
        let gas_used = if self.0.trick == Trick::UseTooMuch { u64::MAX } else { 0 };
        let exit = match self.0.trick {
            Trick::ValidateThenFail => Exit::Fault(Fault {
                vm: HOSTILE,
                contract: PAYER,
                kind: FaultKind::Revert,
                data: Bytes::new(),
                code: None,
                message: "it fails".into(),
            }),
            _ => Exit::Return(Bytes::new()),
        };
        Ok(LaneEnd { exit, gas_used, native_used: None })
    }

    fn settle(&mut self, end: &LaneEnd, host: &mut dyn Host) -> Result<U256, Fatal> {
        if self.0.trick == Trick::CallInSettle {
            assert!(matches!(self.0.call(host), Err(HostError::Fault { kind: FaultKind::OutOfGas, .. })));
        }
        assert!(end.gas_used <= GAS_LIMIT);
        Ok(if self.0.trick == Trick::RefundTooMuch { U256::MAX } else { U256::ZERO })
    }
}

struct Stage {
    chain: Chain,
    actor: Address,
}

impl Stage {
    fn new() -> Self {
        let executor = Executor::new(ChainConfig::default(), VmSet::default().with(Hostile).unwrap()).unwrap();
        let mut chain = Chain::in_memory(executor);
        chain.fund([USER, PAYER].map(|account| (account, U256::from(10).pow(U256::from(18))))).unwrap();
        let created = chain.transact(chain.create(USER, contracts::evm("actor/Actor")).unwrap()).unwrap();
        Self { actor: created.receipt.created.unwrap(), chain }
    }

    fn send(&mut self, trick: Trick) -> Result<Receipt, ChainError> {
        let number = TRICKS.iter().position(|known| *known == trick).unwrap();
        let raw = [&[u8::try_from(number).unwrap()][..], self.actor.as_slice()].concat();
        Ok(self.chain.transact_raw(HOSTILE, &raw)?.receipt)
    }

    fn word(&self) -> U256 {
        self.chain.word(self.actor, U256::ONE).unwrap()
    }

    fn balance(&self) -> U256 {
        self.chain.balance(PAYER).unwrap()
    }
}

#[test]
fn validation_without_gas_runs_no_code_and_what_is_rejected_changes_nothing() {
    let mut stage = Stage::new();
    let root = stage.chain.root();
    let error = stage.send(Trick::ValidateUnpaid).unwrap_err();
    assert!(matches!(error, ChainError::Execute(ExecuteError::Rejected(_))), "{error}");
    assert_eq!((stage.chain.root(), stage.word()), (root, U256::ZERO));
}

#[test]
fn what_validation_ran_is_paid_by_gas_stands_in_the_tree_and_stays_when_the_run_fails() {
    let mut stage = Stage::new();
    let before = stage.balance();
    let receipt = stage.send(Trick::ValidateThenFail).unwrap();
    assert!(!receipt.is_success());
    assert_eq!(stage.word(), U256::from(11));
    assert!((20_000..VALIDATION_GAS).contains(&receipt.gas_used), "{}", receipt.gas_used);
    let calls: Vec<_> = receipt.trace.as_ref().unwrap().calls().map(|call| call.to).collect();
    assert_eq!(calls, [stage.actor]);
    assert_eq!(before - stage.balance(), U256::from(FEE));
}

#[test]
fn settling_calls_nobody() {
    let mut stage = Stage::new();
    assert!(stage.send(Trick::CallInSettle).unwrap().is_success());
    assert_eq!(stage.word(), U256::ZERO);
}

#[test]
fn no_more_goes_back_than_was_paid() {
    let mut stage = Stage::new();
    let before = stage.balance();
    let receipt = stage.send(Trick::RefundTooMuch).unwrap();
    assert_eq!((stage.balance(), receipt.fee), (before, U256::ZERO));
}

#[test]
fn a_receipt_has_no_more_gas_than_the_limit() {
    assert_eq!(Stage::new().send(Trick::UseTooMuch).unwrap().gas_used, GAS_LIMIT);
}

#[test]
fn an_account_contract_that_pays_may_validate_its_transaction() {
    let mut stage = Stage::new();
    let (balance, code) = (stage.balance(), Bytes::from_static(&ACCOUNT_CODE));
    let account = GenesisAccount { address: PAYER, balance, code, ..GenesisAccount::default() };
    stage.chain.insert_accounts([account]).unwrap();
    let receipt = stage.send(Trick::ValidateByPayer).unwrap();
    assert!(receipt.is_success(), "{:?}", receipt.fault);
    assert_eq!(receipt.trace.unwrap().calls().map(|call| call.to).collect::<Vec<_>>(), [PAYER]);
}

#[test]
fn a_panic_while_decoding_is_a_rejection() {
    let mut stage = Stage::new();
    let root = stage.chain.root();
    let error = stage.chain.transact_raw(HOSTILE, &[200]).unwrap_err();
    assert!(
        matches!(&error, ChainError::Execute(ExecuteError::Rejected(rejection)) if rejection.name == "Internal"),
        "{error}"
    );
    assert_eq!(stage.chain.root(), root);
    let decoded = stage.chain.executor().decode_all(&[(HOSTILE, Bytes::from_static(&[200]))], LaneChecks::ALL);
    assert!(decoded.iter().all(Result::is_err));
}
