//! One signed transaction through litesvm and through hexapla, and everything compared.

use crate::wallet::{Wallet, sign};
use agave_feature_set::FeatureSet;
use hexapla::{
    Chain, ChainConfig, ChainError, ExecuteError, Executor,
    svm::{self, StoredAccount, canonical, spl},
};
use hexapla_primitives::{U256, VmId};
use litesvm::LiteSVM;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_nonce::{
    state::{DurableNonce, State},
    versions::Versions,
};
use solana_pubkey::Pubkey;
use solana_sdk_ids::bpf_loader_upgradeable;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use std::fmt::Debug;

/// What a transaction did, as both sides can say it.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    result: String,
    compute_units: u64,
    log: Vec<String>,
    return_data: Vec<u8>,
    accounts: Vec<(Pubkey, Option<Account>)>,
}

/// An account; one without lamports does not exist.
#[derive(Debug, PartialEq, Eq)]
struct Account {
    lamports: u64,
    owner: Pubkey,
    data: Vec<u8>,
}

impl Seen {
    /// Leaves the hash in a nonce account out.
    fn forget_nonce(&mut self, nonce: &Pubkey) {
        for (_, account) in self.accounts.iter_mut().filter(|(key, _)| key == nonce) {
            if let Some(hash) = account.as_mut().and_then(|account| account.data.get_mut(NONCE_HASH)) {
                hash.fill(0);
            }
        }
    }
}

/// Where the hash stands in the data of a nonce account: behind version, state and authority.
const NONCE_HASH: std::ops::Range<usize> = 40..72;

/// litesvm and hexapla with the same accounts.
pub struct Pair {
    lite: LiteSVM,
    chain: Chain,
    /// Transactions so far, and those among them that succeeded.
    pub counts: (usize, usize),
    /// What differed, as sentences.
    pub differences: Vec<String>,
    /// Transactions that hexapla did not execute.
    refused: usize,
}

impl Default for Pair {
    fn default() -> Self {
        Self::new()
    }
}

/// The features of hexapla's chains.
pub fn features() -> FeatureSet {
    let mut features = FeatureSet::all_enabled();
    for feature in [
        agave_feature_set::disable_sbpf_v0_execution::id(),
        agave_feature_set::disable_sbpf_v0_v1_v2_deployment::id(),
        agave_feature_set::direct_account_pointers_in_program_input::id(),
        agave_feature_set::virtual_address_space_adjustments::id(),
        agave_feature_set::account_data_direct_mapping::id(),
        agave_feature_set::replace_spl_token_with_p_token::id(),
    ] {
        features.deactivate(&feature);
    }
    features
}

/// litesvm with hexapla's rules and programs.
pub fn lite() -> LiteSVM {
    let mut lite = LiteSVM::default()
        .with_feature_set(features())
        .with_builtins()
        .with_lamports(1_000_000_000_000_000)
        .with_sysvars()
        .with_sigverify(true)
        .with_blockhash_check(false);
    for program in &spl::PROGRAMS {
        lite.add_program_with_loader(program.id, program.elf(), bpf_loader_upgradeable::ID).expect("a program loads");
    }
    lite
}

/// hexapla with SPL programs.
pub fn chain() -> Chain {
    let executor = hexapla::standard(ChainConfig::default()).expect("the VMs start");
    let mut chain = Chain::in_memory(executor);
    chain.insert_accounts(spl::genesis()).expect("the state is in memory");
    chain
}

impl Pair {
    /// A pair without wallets.
    pub fn new() -> Self {
        Self { lite: lite(), chain: chain(), counts: (0, 0), differences: Vec::new(), refused: 0 }
    }

    /// Gives a wallet lamports on both sides.
    pub fn fund(&mut self, key: &Pubkey, lamports: u64) {
        let account = solana_account::Account { lamports, rent_epoch: u64::MAX, ..Default::default() };
        self.lite.set_account(*key, account).expect("an account is set");
        let wei = U256::from(lamports) * U256::from(svm::WEI_PER_LAMPORT);
        self.chain.fund([(canonical(key), wei)]).expect("the state is in memory");
    }

    /// Gives a wallet on hexapla's side so many lamports more than it has on litesvm's: a difference to be found.
    pub fn plant(&mut self, key: &Pubkey, lamports: u64) {
        let wei = U256::from(lamports) * U256::from(svm::WEI_PER_LAMPORT);
        self.chain.fund([(canonical(key), wei)]).expect("the state is in memory");
    }

    /// Sends a transaction to both and compares what they did. Whether it succeeded.
    pub fn send(&mut self, name: &str, instructions: &[Instruction], wallets: &[&Wallet]) -> bool {
        let hash = self.blockhash();
        self.send_on(name, sign(instructions, wallets, hash), None)
    }

    /// The same for a transaction that names the hash of a nonce account, as the account has it now or as it had it.
    ///
    /// litesvm takes two short ways: to a program the hash of the newest block is the one that the transaction names, so
    /// that the account gets another hash than on Solana; and where the transaction fails, the account keeps its hash.
    /// So the account's next hash is checked on hexapla's side alone, by the rule, and litesvm takes it over.
    pub fn send_with_nonce(
        &mut self,
        name: &str,
        instructions: &[Instruction],
        wallets: &[&Wallet],
        (nonce, hash): (&Pubkey, Hash),
    ) -> bool {
        let next = DurableNonce::from_blockhash(&self.blockhash());
        let before = self.nonce(nonce);
        self.check_blockhashes(true);
        let refusals = self.refused;
        let success = self.send_on(name, sign(instructions, wallets, hash), Some(nonce));
        self.check_blockhashes(false);
        let expected = if self.refused > refusals { before } else { Some(*next.as_hash()) };
        if self.nonce(nonce) != expected {
            self.differences.push(format!("{}. {name}: the nonce is not {expected:?}", self.counts.0));
        }
        if let Some(account) = self.chain_account(nonce) {
            let Account { lamports, owner, data } = account;
            let account = solana_account::Account { lamports, data, owner, executable: false, rent_epoch: u64::MAX };
            self.lite.set_account(*nonce, account).expect("an account is set");
        }
        success
    }

    /// The hash in a nonce account, on hexapla's side.
    pub fn nonce(&self, key: &Pubkey) -> Option<Hash> {
        let account = self.chain_account(key)?;
        let versions: Versions = bincode::deserialize(&account.data).ok()?;
        match versions.state() {
            State::Initialized(data) => Some(data.blockhash()),
            State::Uninitialized => None,
        }
    }

    fn blockhash(&self) -> Hash {
        Hash::new_from_array(self.chain.latest_blockhash().expect("the state is in memory").0)
    }

    /// Whether litesvm refuses transactions that name neither its newest hash nor that of a nonce account. It has no
    /// blocks, and its newest hash is never hexapla's.
    fn check_blockhashes(&mut self, check: bool) {
        let lite = std::mem::take(&mut self.lite);
        self.lite = lite.with_blockhash_check(check);
    }

    fn send_on(&mut self, name: &str, tx: VersionedTransaction, nonce: Option<&Pubkey>) -> bool {
        let keys = tx.message.static_account_keys().to_vec();
        let raw = bincode::serialize(&tx).expect("a transaction is written");
        let mut expected = match self.lite.send_transaction(tx) {
            Ok(meta) => seen(Ok(()), meta),
            Err(failed) => seen(Err(failed.err), failed.meta),
        };
        let mut actual = self.execute(&raw);
        for key in keys {
            expected.accounts.push((key, self.lite_account(&key)));
            actual.accounts.push((key, self.chain_account(&key)));
        }
        if let Some(nonce) = nonce {
            expected.forget_nonce(nonce);
            actual.forget_nonce(nonce);
        }
        let success = actual.result == "Ok(())";
        self.counts.0 += 1;
        self.counts.1 += usize::from(success);
        self.compare(name, &expected, &actual);
        success
    }

    fn execute(&mut self, raw: &[u8]) -> Seen {
        let nothing = |result: String| Seen {
            result,
            compute_units: 0,
            log: Vec::new(),
            return_data: Vec::new(),
            accounts: Vec::new(),
        };
        let receipt = match self.chain.transact_raw(VmId::SVM, raw) {
            Ok(committed) => committed.receipt,
            Err(ChainError::Execute(ExecuteError::Rejected(refusal))) => {
                self.refused += 1;
                return nothing(format!("Err({})", refusal.name));
            }
            Err(error) => return nothing(format!("{error:?}")),
        };
        let result: Result<(), TransactionError> = match &receipt.fault {
            None => Ok(()),
            Some(fault) => Err(bincode::deserialize(&fault.data).expect("a fault carries its error")),
        };
        let return_data = if result.is_ok() { receipt.output.to_vec() } else { Vec::new() };
        Seen {
            result: format!("{result:?}"),
            compute_units: receipt.gas_used,
            log: receipt.program_log,
            return_data,
            accounts: Vec::new(),
        }
    }

    fn lite_account(&self, key: &Pubkey) -> Option<Account> {
        let account =
            self.lite.get_account(key).filter(|account| account.lamports > 0 && !is_fixed(key, account.executable))?;
        Some(Account { lamports: account.lamports, owner: account.owner, data: account.data })
    }

    fn chain_account(&self, key: &Pubkey) -> Option<Account> {
        let object = self.chain.object(&StoredAccount::key(key)).expect("the state is in memory");
        let stored = StoredAccount::from_object(object.as_ref()).expect("an account is stored");
        let wei = self.chain.balance(canonical(key)).expect("the state is in memory");
        let lamports = (wei / U256::from(svm::WEI_PER_LAMPORT)).to();
        let account = Account { lamports, owner: stored.owner, data: stored.data.to_vec() };
        (lamports > 0 && !is_fixed(key, stored.executable)).then_some(account)
    }

    fn compare(&mut self, name: &str, expected: &Seen, actual: &Seen) {
        let mut differ = |what: &str, expected: &dyn Debug, actual: &dyn Debug| {
            let place = self.counts.0;
            self.differences.push(format!("{place}. {name}: {what}\n  litesvm {expected:?}\n  hexapla {actual:?}"));
        };
        if expected.result != actual.result {
            differ("result", &expected.result, &actual.result);
        }
        if expected.compute_units != actual.compute_units {
            differ("compute units", &expected.compute_units, &actual.compute_units);
        }
        if expected.log != actual.log {
            differ("log", &expected.log, &actual.log);
        }
        if expected.return_data != actual.return_data {
            differ("return data", &expected.return_data, &actual.return_data);
        }
        for (expected, actual) in expected.accounts.iter().zip(&actual.accounts) {
            if expected != actual {
                differ("account", expected, actual);
            }
        }
    }
}

/// Programs and sysvars stand still, and each side has its own.
fn is_fixed(key: &Pubkey, executable: bool) -> bool {
    executable || key.to_string().starts_with("Sysvar")
}

fn seen(result: Result<(), TransactionError>, meta: litesvm::types::TransactionMetadata) -> Seen {
    // Refused before it ran: there is only a name to compare.
    let refused = result.is_err() && meta.logs.is_empty() && meta.compute_units_consumed == 0;
    let text = match &result {
        Err(error) if refused => {
            let name = format!("{error:?}");
            format!("Err({})", name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default())
        }
        result => format!("{result:?}"),
    };
    let return_data = if result.is_ok() { meta.return_data.data } else { Vec::new() };
    Seen { result: text, compute_units: meta.compute_units_consumed, log: meta.logs, return_data, accounts: Vec::new() }
}
