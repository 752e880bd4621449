//! A whole transaction, through the lane that transactions of the chain go through.
//!
//! The lane has the rules of one version of agave for good; programs run with the features of the fixture. Two rules of
//! then are told from the result: without `move_precompile_verification_to_svm` a transaction whose signature check fails
//! was refused, and without `enable_transaction_loading_failure_fees` (SIMD-0082) one whose accounts cannot be loaded.
//! Both are charged now. Signatures are taken as verified, as by all who run these fixtures.

mod context;
mod outcome;

use super::{
    compare::Differences,
    fixture::{Engine, Refusal, observe},
    instruction::compare_account,
    ledger::Ledger,
    messages::Parts,
    scene::{self, absent},
};
use crate::{precompiles::Precompiles, programs::Programs, runtime::Runtime, sysvars::BlockSysvars, vm::SvmVm};
use agave_feature_set::{enable_transaction_loading_failure_fees, move_precompile_verification_to_svm};
use context::Context;
use hexapla_primitives::B256;
use hexapla_vm::{BlockInfo, Environment, Exit, Fatal, Lane as _, LaneChecks, LaneError, LaneRejection};
use outcome::Outcome;
use prost::Message;
use protosol::protos::{AcctState, TxnResult};
use solana_account::Account;
use solana_hash::Hash;
use solana_pubkey::Pubkey;
use solana_svm_callback::InvokeContextCallback as _;
use solana_transaction_error::TransactionError;
use std::sync::Arc;

/// The accounts that a result of 2024 lists.
#[derive(Clone, PartialEq, Message)]
struct EarlierResult {
    #[prost(message, optional, tag = "3")]
    state: Option<EarlierState>,
}

#[derive(Clone, PartialEq, Message)]
struct EarlierState {
    #[prost(message, repeated, tag = "1")]
    accounts: Vec<AcctState>,
}

/// What the transaction did.
#[derive(Debug, PartialEq)]
struct Observed {
    outcome: Outcome,
    return_data: Vec<u8>,
    units: u64,
    ledger: Ledger,
}

/// Runs the fixture.
pub(super) fn run(parts: &Parts, engine: Engine) -> Result<Differences, Refusal> {
    let expected = TxnResult::decode(&parts.output[..])?;
    let context = Context::decode(&parts.input)?;
    for program in context.programs() {
        if let Some(reason) = absent(program, &context.accounts) {
            return Err(Refusal::Skipped(reason));
        }
    }
    let listed = if expected.is_ok { listed(parts, &expected)? } else { accounts(&expected.rollback_accounts)? };
    let mut differences = Differences::default();
    let observed = observe(engine, &mut differences, |jit| execute(&context, jit))?;
    let wanted = Outcome::expected(&expected);
    if !observed.outcome.agrees(&wanted) {
        differences.value("outcome", observed.outcome.to_string(), wanted.to_string());
        return Ok(differences);
    }
    if expected.executed {
        let fee = expected.fee_details.unwrap_or_default();
        let fee = fee.transaction_fee.saturating_add(fee.prioritization_fee);
        differences.value("fee in lamports", observed.ledger.fees(), fee);
        differences.value("compute units used", observed.units, expected.executed_units);
        compare_accounts(&mut differences, &context, &observed.ledger, &listed)?;
    }
    if expected.is_ok {
        differences.bytes("return data", &observed.return_data, &expected.return_data);
    }
    Ok(differences)
}

/// The accounts that the result of a success lists.
fn listed(parts: &Parts, expected: &TxnResult) -> Result<Vec<(Pubkey, Account)>, Refusal> {
    let earlier = EarlierResult::decode(&parts.output[..])?.state.unwrap_or_default().accounts;
    accounts(if earlier.is_empty() { &expected.modified_accounts } else { &earlier })
}

fn accounts(states: &[AcctState]) -> Result<Vec<(Pubkey, Account)>, Refusal> {
    states.iter().map(scene::account).collect()
}

fn execute(context: &Context, jit: bool) -> Result<Observed, Refusal> {
    let block = BlockInfo { number: context.slot, ..BlockInfo::default() };
    let environment = Environment { block, ..Environment::default() };
    let parent = context.queue.first().copied().unwrap_or_default();
    let runtime = Runtime::with_features(context.features.runtime_features())
        .map_err(|error| Refusal::Unreadable(error.to_string()))?;
    let vm = SvmVm {
        runtime: Arc::new(runtime),
        programs: Arc::new(Programs::new(jit, 0)),
        sysvars: Arc::new(BlockSysvars::fixed(environment.clone(), parent, context.sysvars())),
    };
    let ledger = Ledger::new(environment, hash(parent), &context.accounts);
    let ended = play(&vm, &context.raw()?, ledger);
    let mut observed = ended.map_err(|Fatal(reason)| Refusal::Unreadable(format!("the host failed: {reason}")))?;
    observed.outcome.executed &= is_charged(context, &observed.outcome);
    Ok(observed)
}

fn hash(hash: Hash) -> B256 {
    B256::new(hash.to_bytes())
}

/// What the machine does with a transaction of a lane.
fn play(vm: &SvmVm, raw: &[u8], mut ledger: Ledger) -> Result<Observed, Fatal> {
    let refused = |ledger: Ledger, refusal: LaneRejection| {
        let outcome = Outcome::refused(&refusal);
        Ok(Observed { outcome, return_data: Vec::new(), units: 0, ledger })
    };
    let transaction = match vm.decode(raw, LaneChecks { signatures: false, recency: true }) {
        Ok(transaction) => transaction,
        Err(refusal) => return refused(ledger, refusal),
    };
    ledger.payer = transaction.payer();
    let before = ledger.clone();
    let mut run = match transaction.validate(&mut ledger) {
        Ok(run) => run,
        Err(LaneError::Rejected(refusal)) => return refused(before, refusal),
        Err(LaneError::Fatal(fatal)) => return Err(fatal),
    };
    let checkpoint = ledger.clone();
    let end = run.run(&mut ledger)?;
    if !end.exit.is_success() {
        ledger = checkpoint;
    }
    run.settle(&end, &mut ledger)?;
    let (outcome, return_data) = match end.exit {
        Exit::Return(output) => (Outcome::SUCCESS, output.to_vec()),
        Exit::Fault(fault) => (Outcome::failed(&fault)?, Vec::new()),
    };
    Ok(Observed { outcome, return_data, units: end.gas_used, ledger })
}

/// Whether a transaction that failed so was executed, by the features of the fixture.
fn is_charged(context: &Context, outcome: &Outcome) -> bool {
    match &outcome.error {
        Some(TransactionError::InstructionError(place, _)) => {
            let program = context.programs().nth(usize::from(*place));
            context.features.is_active(&move_precompile_verification_to_svm::ID)
                || !program.is_some_and(|program| Precompiles.is_precompile(program))
        }
        Some(
            TransactionError::ProgramAccountNotFound
            | TransactionError::InvalidProgramForExecution
            | TransactionError::MaxLoadedAccountsDataSizeExceeded,
        ) => context.features.is_active(&enable_transaction_loading_failure_fees::ID),
        _ => true,
    }
}

/// Compares the accounts of the result that stand in the state. Native programs and sysvars do not; no transaction can
/// change them.
fn compare_accounts(
    differences: &mut Differences,
    context: &Context,
    ledger: &Ledger,
    listed: &[(Pubkey, Account)],
) -> Result<(), Refusal> {
    for (key, expected) in listed.iter().filter(|(key, _)| !context.is_without_state(key)) {
        let found = ledger.account(key).map_err(|error| Refusal::Unreadable(error.into()))?;
        match found {
            Some(observed) if expected.lamports > 0 => compare_account(differences, key, &observed, expected),
            Some(observed) => {
                differences.add(format!("account {key}: has {} lamports, expected none", observed.lamports))
            }
            None if expected.lamports > 0 => differences.add(format!("account {key}: does not exist")),
            None => {}
        }
    }
    Ok(())
}
