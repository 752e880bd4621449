//! The accounts of a fixture as a host: what the lane of transactions asks for, and nothing else.

use crate::{
    account::{StoredAccount, canonical},
    genesis,
    identity::lamports_in,
    programs::code_record,
};
use hexapla_primitives::{Address, B256, Bytes, HomeRecord, ObjectKey, U256, VmId};
use hexapla_vm::{
    BalanceChange, CallOutcome, CallRequest, Code, CreateOutcome, CreateRequest, Environment, Fatal, Host, HostError,
    HostResult, LaneHost,
};
use solana_account::Account;
use solana_pubkey::Pubkey;
use solana_sdk_ids::bpf_loader_upgradeable;
use std::collections::BTreeMap;

/// Accounts, and the block they are in. A clone is a checkpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ledger {
    environment: Environment,
    /// The hash of the block before.
    parent: B256,
    /// In wei.
    balances: BTreeMap<Address, U256>,
    objects: BTreeMap<ObjectKey, Bytes>,
    homes: BTreeMap<Address, HomeRecord>,
    /// What was paid in fees, in wei.
    fees: U256,
    /// Who pays them.
    pub(super) payer: Address,
}

impl Ledger {
    /// The accounts in a block. One without lamports does not exist.
    pub(super) fn new(environment: Environment, parent: B256, accounts: &[(Pubkey, Account)]) -> Self {
        let mut ledger = Self { environment, parent, ..Self::default() };
        for (key, account) in accounts.iter().filter(|(_, account)| account.lamports > 0) {
            let Account { owner, executable, ref data, .. } = *account;
            let stored = StoredAccount { owner, executable, data: data.clone().into() };
            let made = genesis::account(*key, account.lamports, &stored);
            ledger.balances.insert(made.address, made.balance);
            ledger.objects.extend(made.objects);
            // A fixture may have a program's code in an account of anybody, which no chain has.
            ledger.objects.extend(code_record(key, &bpf_loader_upgradeable::ID, false, data));
        }
        ledger
    }

    /// An account as it is now; `None` for one that does not exist.
    pub(super) fn account(&self, key: &Pubkey) -> Result<Option<Account>, &'static str> {
        let lamports = self.balances.get(&canonical(key)).copied().map(lamports_in).unwrap_or_default();
        if lamports == 0 {
            return Ok(None);
        }
        let stored = StoredAccount::from_object(self.objects.get(&StoredAccount::key(key)))?;
        let StoredAccount { owner, executable, data } = stored;
        Ok(Some(Account { lamports, data: data.to_vec(), owner, executable, rent_epoch: u64::MAX }))
    }

    /// What was paid in fees, in lamports.
    pub(super) fn fees(&self) -> u64 {
        lamports_in(self.fees)
    }

    fn debit(&mut self, account: Address, wei: U256) -> HostResult<()> {
        let balance = self.balances.entry(account).or_default();
        let left = balance.checked_sub(wei).ok_or_else(|| Fatal(format!("{account} pays more than it has")))?;
        *balance = left;
        Ok(())
    }
}

impl Host for Ledger {
    fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Solana's own limits bound a transaction of a fixture.
    fn gas_left(&self) -> u64 {
        u64::MAX
    }

    fn charge(&mut self, _gas: u64) -> HostResult<()> {
        Ok(())
    }

    fn lower_gas_to(&mut self, _gas: u64) {}

    fn load_word(&mut self, _key: U256) -> HostResult<U256> {
        Err(HostError::NOT_SERVED)
    }

    fn store_word(&mut self, _key: U256, _value: U256) -> HostResult<()> {
        Err(HostError::NOT_SERVED)
    }

    fn load_transient(&mut self, _key: U256) -> HostResult<U256> {
        Err(HostError::NOT_SERVED)
    }

    fn store_transient(&mut self, _key: U256, _value: U256) -> HostResult<()> {
        Err(HostError::NOT_SERVED)
    }

    fn balance(&mut self, account: Address) -> HostResult<U256> {
        Ok(self.balances.get(&account).copied().unwrap_or_default())
    }

    /// There are no contracts of other VMs.
    fn code(&mut self, _account: Address) -> HostResult<Code> {
        Ok(Code { hash: B256::ZERO, bytes: Bytes::new() })
    }

    fn object(&mut self, key: &ObjectKey) -> HostResult<Option<Bytes>> {
        Ok(self.objects.get(key).cloned())
    }

    fn set_object(&mut self, key: &ObjectKey, value: Option<Bytes>) -> HostResult<()> {
        match value {
            Some(value) => self.objects.insert(key.clone(), value),
            None => self.objects.remove(key),
        };
        Ok(())
    }

    fn peek(&mut self, key: &ObjectKey) -> HostResult<Option<Bytes>> {
        Ok(self.objects.get(key).cloned())
    }

    fn ancestor(&mut self, number: u64) -> HostResult<B256> {
        let is_parent = number == self.environment.block.number.saturating_sub(1);
        Ok(if is_parent { self.parent } else { B256::ZERO })
    }

    fn transfer_balances(&mut self, changes: &[BalanceChange]) -> HostResult<()> {
        for change in changes.iter().filter(|change| !change.credit) {
            self.debit(change.account, change.wei)?;
        }
        for change in changes.iter().filter(|change| change.credit) {
            *self.balances.entry(change.account).or_default() += change.wei;
        }
        Ok(())
    }

    fn register_native_id(&mut self, native_id: &[u8]) -> HostResult<Address> {
        let home = HomeRecord { vm: VmId::SVM, native_id: Bytes::copy_from_slice(native_id) };
        let address = hexapla_primitives::identity::canonical_of(VmId::SVM, native_id);
        self.homes.insert(address, home);
        Ok(address)
    }

    fn home_of(&mut self, account: Address) -> HostResult<Option<HomeRecord>> {
        Ok(self.homes.get(&account).cloned())
    }

    fn mark_as_contract(&mut self, _native_id: &[u8]) -> HostResult<()> {
        Ok(())
    }

    fn log(&mut self, _topics: &[B256], _data: Bytes) -> HostResult<()> {
        Err(HostError::NOT_SERVED)
    }

    fn call(&mut self, _request: CallRequest) -> HostResult<CallOutcome> {
        Err(HostError::NOT_SERVED)
    }

    fn create(&mut self, _request: CreateRequest) -> HostResult<CreateOutcome> {
        Err(HostError::NOT_SERVED)
    }
}

impl LaneHost for Ledger {
    fn pay_fee(&mut self, wei: U256) -> HostResult<()> {
        self.debit(self.payer, wei)?;
        self.fees += wei;
        Ok(())
    }
}
