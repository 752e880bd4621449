//! One top-level instruction.

use super::{
    compare::Differences,
    fixture::{Engine, Refusal, observe},
    messages::{Instruction, Parts},
    scene::{self, Scene},
};
use prost::Message as _;
use protosol::protos::InstrEffects;
use solana_account::{Account, ReadableAccount};
use solana_instruction::error::InstructionError;
use solana_pubkey::Pubkey;
use solana_sbpf::vm::ContextObject as _;
use solana_sdk_ids::sysvar;
use solana_svm_timings::ExecuteTimings;
use solana_transaction_context::transaction::TransactionContext;

/// Length of the place of an instruction at the end of the sysvar of instructions.
const PLACE_BYTES: usize = 2;

/// What the instruction did.
#[derive(Debug, PartialEq)]
struct Observed {
    result: Result<(), InstructionError>,
    units_left: u64,
    return_data: Vec<u8>,
    accounts: Vec<(Pubkey, Account)>,
}

/// Runs the fixture. What a failed instruction left in the accounts is not compared: it is undone.
pub(super) fn run(parts: &Parts, engine: Engine) -> Result<Differences, Refusal> {
    let expected = InstrEffects::decode(&parts.output[..])?;
    let scene = Scene::new(Instruction::decode(&parts.input)?)?;
    let mut differences = Differences::default();
    let observed = observe(engine, &mut differences, |jit| execute(&scene, jit))?;
    let error = observed.result.as_ref().map(|_| ()).map_err(ToString::to_string);
    differences.success(error.as_ref().map(|_| ()).map_err(String::as_str), expected.result.into());
    // In 2024 a signature check failed without a code.
    if !(scene.earlier && scene.precompile().is_some()) {
        compare_codes(&mut differences, &observed.result, expected.custom_err);
    }
    differences.value("compute units left", observed.units_left, expected.cu_avail);
    if observed.result.is_ok() && expected.result == 0 {
        differences.bytes("return data", &observed.return_data, &expected.return_data);
        compare_accounts(&mut differences, &scene, &observed, &expected)?;
    }
    Ok(differences)
}

fn compare_codes(differences: &mut Differences, result: &Result<(), InstructionError>, expected: u32) {
    match result {
        Err(InstructionError::Custom(code)) => differences.value("custom error", *code, expected),
        Err(error) if expected != 0 => differences.add(format!("custom error: none ({error}), expected {expected}")),
        _ => {}
    }
}

fn execute(scene: &Scene, jit: bool) -> Result<Observed, Refusal> {
    let mut programs = scene.programs(jit);
    let mut transaction = scene.transaction()?;
    let mut invocation = scene.invocation(&mut transaction, &mut programs);
    let result = match scene.precompile() {
        Some(program) => invocation.process_precompile(&program, &scene.data, [&scene.data[..]].into_iter()),
        None => invocation.process_instruction(&mut 0, &mut ExecuteTimings::default()),
    };
    let units_left = scene.units.left(invocation.get_remaining())?;
    drop(invocation);
    let accounts = (0..transaction.get_number_of_accounts()).map(|place| left(&transaction, place));
    let accounts = accounts.collect::<Result<_, _>>();
    let accounts = accounts.map_err(|error| Refusal::Unreadable(format!("an account cannot be read: {error}")))?;
    Ok(Observed { result, units_left, return_data: transaction.get_return_data().1.to_vec(), accounts })
}

/// What the instruction left in an account.
fn left(transaction: &TransactionContext<'_>, place: u16) -> Result<(Pubkey, Account), InstructionError> {
    let key = *transaction.get_key_of_account_at_index(place)?;
    let account = transaction.accounts().try_borrow(place)?;
    let (lamports, data, owner) = (account.lamports(), account.data().to_vec(), *account.owner());
    Ok((key, Account { lamports, data, owner, executable: account.executable(), rent_epoch: u64::MAX }))
}

fn compare_accounts(
    differences: &mut Differences,
    scene: &Scene,
    observed: &Observed,
    expected: &InstrEffects,
) -> Result<(), Refusal> {
    let expected: Vec<_> = expected.modified_accounts.iter().map(scene::account).collect::<Result<_, _>>()?;
    for (key, expected) in &expected {
        let observed = observed.accounts.iter().chain(&scene.accounts).find(|(other, _)| other == key);
        match observed {
            Some((_, observed)) => compare_account(differences, key, observed, expected),
            None => differences.add(format!("account {key}: not there")),
        }
    }
    for (key, observed) in &observed.accounts {
        let before = scene.accounts.iter().find(|(other, _)| other == key).map(|(_, account)| account);
        let changed = before.is_some_and(|before| !same(key, before, observed));
        if changed && expected.iter().all(|(other, _)| other != key) {
            differences.add(format!("account {key}: changed, expected to stay as it was"));
        }
    }
    Ok(())
}

pub(super) fn compare_account(differences: &mut Differences, key: &Pubkey, observed: &Account, expected: &Account) {
    differences.value(&format!("account {key}, lamports"), observed.lamports, expected.lamports);
    differences.value(&format!("account {key}, owner"), observed.owner, expected.owner);
    differences.value(&format!("account {key}, executable"), observed.executable, expected.executable);
    differences.bytes(&format!("account {key}, data"), observed.data(), expected.data());
}

/// Whether an account is as it was. The sysvar of instructions ends with the place of the instruction that runs, which
/// agave writes whenever one begins: that is no change.
fn same(key: &Pubkey, one: &Account, other: &Account) -> bool {
    let parts = |account: &Account| (account.lamports, account.owner, account.executable, account.data.len());
    let compared = |account: &Account| match *key == sysvar::instructions::ID {
        true => account.data.len().saturating_sub(PLACE_BYTES),
        false => account.data.len(),
    };
    parts(one) == parts(other) && one.data.get(..compared(one)) == other.data.get(..compared(other))
}
