//! Runs one case: pre-state into a database, the transaction through the executor, the root out of the trie.

use super::expected::{Entry, Expected};
use hexapla::{
    AccountInfo, ChainConfig, ExecuteError, Executor, Receipt, SetupError, SpecId, StateDb, StateError, TxEnv,
    VmConfig, VmSet, evm::CfgEnv, standard_vms,
};
use hexapla_primitives::{B256, Log, U256, keccak256};
use revm_statetest_types::{SpecName, Test, TestSuite, TestUnit};
use serde::Serialize;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict", content = "reason")]
pub(super) enum Verdict {
    /// As the test wants it.
    Pass,
    /// Otherwise.
    Fail(String),
    /// Otherwise, and the list says why.
    ExpectedFail(String),
    /// As the test wants it, although the list says that it fails.
    UnexpectedPass(String),
    /// Not run, and the list says why.
    NotRun(String),
}

/// One case and its end.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CaseResult {
    pub(super) file: PathBuf,
    pub(super) case: String,
    #[serde(flatten)]
    pub(super) verdict: Verdict,
}

/// Runs cases; shared by threads.
pub(super) struct Runner {
    vms: VmSet,
}

impl Runner {
    pub(super) fn new() -> Result<Self, SetupError> {
        Ok(Self { vms: standard_vms(VmConfig::default())? })
    }

    /// All cases of a file that the filter lets through.
    pub(super) fn run_file(&self, file: &Path, filter: Option<&str>, expected: &Expected) -> Vec<CaseResult> {
        if let Some(entry) = expected.unread(file) {
            let name = file.display().to_string();
            let wanted = filter.is_none_or(|part| name.contains(part));
            return wanted.then(|| result(file, "*", Verdict::NotRun(entry.reason.clone()))).into_iter().collect();
        }
        let suite = std::fs::read_to_string(file)
            .map_err(|error| error.to_string())
            .and_then(|text| serde_json::from_str::<TestSuite>(&text).map_err(|error| error.to_string()));
        let suite = match suite {
            Ok(suite) => suite,
            Err(error) => {
                let error = Err(format!("not a state test: {error}"));
                return vec![result(file, "*", verdict(error, expected.entry(file, "*", "*")))];
            }
        };
        let cases = suite.0.values().flat_map(|unit| unit.post.values()).map(Vec::len).sum::<usize>();
        if cases == 0 {
            let empty = Err("the file has no cases".to_owned());
            return vec![result(file, "*", verdict(empty, expected.entry(file, "*", "*")))];
        }
        let mut results = Vec::new();
        for (name, unit) in &suite.0 {
            for (fork, tests) in &unit.post {
                for test in tests {
                    let case = case_name(name, fork, test);
                    if filter.is_some_and(|part| !format!("{}::{case}", file.display()).contains(part)) {
                        continue;
                    }
                    let entry = expected.entry(file, &case, &format!("{fork:?}"));
                    results.push(result(file, &case, self.judge(unit, fork, test, entry)));
                }
            }
        }
        results
    }

    fn judge(&self, unit: &TestUnit, fork: &SpecName, test: &Test, entry: Option<&Entry>) -> Verdict {
        if let Some(entry) = entry.filter(|entry| !entry.run) {
            return Verdict::NotRun(entry.reason.clone());
        }
        // Reading a malformed case may panic in the parsing library; one case must not end the run.
        let run = catch_unwind(AssertUnwindSafe(|| self.run_case(unit, fork, test)));
        verdict(run.unwrap_or_else(|_| Err("panicked; the message is above".into())), entry)
    }

    fn run_case(&self, unit: &TestUnit, fork: &SpecName, test: &Test) -> Result<(), String> {
        let spec = spec_of(fork)?;
        let mut db = pre_state(unit).map_err(|error| error.to_string())?;
        if let Some(why) = unreadable(unit, test) {
            return refused(test, &why);
        }
        let Ok(tx) = test.tx_env(unit) else {
            return refused(test, "the transaction is malformed");
        };
        match self.execute(unit, spec, &mut db, tx) {
            Ok((receipt, root)) => check(test, &receipt, root),
            Err(ExecuteError::Invalid(invalid)) => refused(test, &invalid.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn execute(
        &self,
        unit: &TestUnit,
        spec: SpecId,
        db: &mut StateDb,
        tx: TxEnv,
    ) -> Result<(Receipt, B256), ExecuteError> {
        let executor =
            self.executor(unit, spec).map_err(|error| ExecuteError::Fatal(hexapla_vm::Fatal(error.to_string())))?;
        let mut cfg: CfgEnv = executor.cfg();
        let block = unit.block_env(&mut cfg);
        let (executed, overlay) = executor.block_with(db.overlay()?, block, cfg, |run| run.execute(tx));
        let receipt = executed?;
        let root = db.commit(&overlay.changes())?;
        Ok((receipt, root))
    }

    fn executor(&self, unit: &TestUnit, spec: SpecId) -> Result<Executor, SetupError> {
        let chain_id = unit.env.current_chain_id.unwrap_or(U256::ONE).saturating_to();
        // Before London any contract may begin with 0xEF, so there are no other VMs.
        let vms = if spec.is_enabled_in(SpecId::LONDON) { self.vms.clone() } else { VmSet::default() };
        Ok(Executor::new(ChainConfig { chain_id, spec, tx_gas_limit_cap: None }, vms)?)
    }
}

fn verdict(run: Result<(), String>, entry: Option<&Entry>) -> Verdict {
    match (run, entry) {
        (Ok(()), None) => Verdict::Pass,
        (Ok(()), Some(entry)) => Verdict::UnexpectedPass(entry.reason.clone()),
        (Err(_), Some(entry)) => Verdict::ExpectedFail(entry.reason.clone()),
        (Err(reason), None) => Verdict::Fail(reason),
    }
}

fn result(file: &Path, case: &str, verdict: Verdict) -> CaseResult {
    CaseResult { file: file.to_owned(), case: case.to_owned(), verdict }
}

fn case_name(name: &str, fork: &SpecName, test: &Test) -> String {
    let indexes = &test.indexes;
    format!("{name} [{fork:?} d{} g{} v{}]", indexes.data, indexes.gas, indexes.value)
}

fn spec_of(fork: &SpecName) -> Result<SpecId, String> {
    match fork {
        SpecName::Unknown => Err("the fork is not one of mainnet's that this version knows".into()),
        known => Ok(known.to_spec_id()),
    }
}

fn pre_state(unit: &TestUnit) -> Result<StateDb, StateError> {
    let mut db = StateDb::in_memory();
    let mut overlay = db.overlay()?;
    for (address, account) in &unit.pre {
        let code = hexapla::evm::bytecode(&account.code);
        let info =
            AccountInfo { balance: account.balance, nonce: account.nonce, code: Some(code), ..AccountInfo::default() };
        overlay.insert_account(*address, info);
        for (key, value) in &account.storage {
            overlay.insert_word(*address, *key, *value)?;
        }
    }
    db.commit(&overlay.changes())?;
    Ok(db)
}

/// What a transaction cannot have, and the library that makes it of the case does not expect.
fn unreadable(unit: &TestUnit, test: &Test) -> Option<String> {
    let (transaction, indexes) = (&unit.transaction, &test.indexes);
    let places = [
        ("data", indexes.data, transaction.data.len()),
        ("gas", indexes.gas, transaction.gas_limit.len()),
        ("value", indexes.value, transaction.value.len()),
    ];
    if let Some((what, index, count)) = places.into_iter().find(|(_, index, count)| index >= count) {
        return Some(format!("the case names {what} {index}, and there are {count}"));
    }
    let fees = [
        ("maxPriorityFeePerGas", transaction.max_priority_fee_per_gas),
        ("maxFeePerBlobGas", transaction.max_fee_per_blob_gas),
    ];
    let too_large = |(_, fee): &(&str, Option<U256>)| fee.is_some_and(|fee| u128::try_from(fee).is_err());
    let (name, _) = fees.into_iter().find(too_large)?;
    Some(format!("{name} is larger than 2^128 - 1 wei"))
}

/// The transaction was refused: right if the test wants an exception.
fn refused(test: &Test, why: &str) -> Result<(), String> {
    match &test.expect_exception {
        Some(_) => Ok(()),
        None => Err(format!("the transaction was refused: {why}")),
    }
}

fn check(test: &Test, receipt: &Receipt, root: B256) -> Result<(), String> {
    if let Some(exception) = &test.expect_exception {
        return Err(format!("the transaction was executed, but {exception} was expected"));
    }
    let logs = logs_hash(&receipt.logs);
    if logs != test.logs {
        return Err(format!("logs hash is {logs}, expected {}", test.logs));
    }
    if root != test.hash {
        return Err(format!("state root is {root}, expected {}", test.hash));
    }
    Ok(())
}

fn logs_hash(logs: &[Log]) -> B256 {
    let mut rlp = Vec::new();
    alloy_rlp::encode_list(logs, &mut rlp);
    keccak256(&rlp)
}
