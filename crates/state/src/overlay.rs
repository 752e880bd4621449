//! Committed state plus what the block has changed so far.

use crate::{
    changes::TxChanges,
    journal::WorldSource,
    reader::{StateError, StateReader},
};
use alloc::{collections::BTreeMap, sync::Arc};
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256};
use revm::{
    Database,
    bytecode::Bytecode,
    primitives::{
        AddressMap, HashMap, KECCAK_EMPTY,
        map::{B256Map, hash_map::Entry},
    },
    state::{Account, AccountInfo},
};

/// One account's changes in a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// The account afterwards; `None` where it is gone.
    pub info: Option<AccountInfo>,
    /// All words that stood before the block are gone; `words` holds all that there are.
    pub wiped: bool,
    /// New values of words; zero removes.
    pub words: BTreeMap<U256, U256>,
}

/// All changes of a block, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockChanges {
    /// Changed accounts.
    pub accounts: BTreeMap<Address, AccountChange>,
    /// Changed objects; `None` removes.
    pub objects: BTreeMap<ObjectKey, Option<Bytes>>,
    /// New code by hash.
    pub codes: BTreeMap<B256, Bytes>,
}

#[derive(Clone, Copy, Debug)]
struct Word {
    value: U256,
    changed: bool,
}

#[derive(Clone, Debug, Default)]
struct CachedAccount {
    info: Option<AccountInfo>,
    words: HashMap<U256, Word>,
    wiped: bool,
    changed: bool,
}

impl CachedAccount {
    /// An account that is gone, with its storage.
    fn removed() -> Self {
        Self { wiped: true, changed: true, ..Self::default() }
    }
}

#[derive(Clone, Debug)]
struct CachedObject {
    value: Option<Bytes>,
    changed: bool,
}

/// A cache over a [`StateReader`] that keeps the block's changes.
pub struct Overlay {
    base: Arc<dyn StateReader>,
    accounts: AddressMap<CachedAccount>,
    objects: HashMap<ObjectKey, CachedObject>,
    codes: B256Map<Bytecode>,
    new_codes: BTreeMap<B256, Bytes>,
    block_hashes: HashMap<u64, B256>,
}

impl Overlay {
    /// An overlay without changes.
    pub fn new(base: Arc<dyn StateReader>) -> Self {
        Self {
            base,
            accounts: AddressMap::default(),
            objects: HashMap::default(),
            codes: B256Map::default(),
            new_codes: BTreeMap::new(),
            block_hashes: HashMap::default(),
        }
    }

    /// Puts an account into the state without a transaction: genesis and tests.
    pub fn insert_account(&mut self, address: Address, mut info: AccountInfo) {
        if let Some(code) = info.code.clone().filter(|code| !code.is_empty()) {
            info.code_hash = code.hash_slow();
            self.insert_code(info.code_hash, code);
        }
        let account = self.accounts.entry(address).or_default();
        account.info = Some(info);
        account.changed = true;
    }

    /// Puts a storage word into the state without a transaction: genesis and tests.
    pub fn insert_word(&mut self, address: Address, key: U256, value: U256) -> Result<(), StateError> {
        let account = self.cached(address)?;
        account.words.insert(key, Word { value, changed: true });
        account.changed = true;
        Ok(())
    }

    /// Puts an object into the state without a transaction: genesis and tests.
    pub fn insert_object(&mut self, key: ObjectKey, value: Option<Bytes>) {
        self.objects.insert(key, CachedObject { value, changed: true });
    }

    fn cached(&mut self, address: Address) -> Result<&mut CachedAccount, StateError> {
        Ok(self.cached_with_base(address)?.0)
    }

    /// An account, and committed state beside it.
    #[inline]
    fn cached_with_base(&mut self, address: Address) -> Result<(&mut CachedAccount, &dyn StateReader), StateError> {
        let account = match self.accounts.entry(address) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                entry.insert(CachedAccount { info: self.base.account(address)?, ..CachedAccount::default() })
            }
        };
        Ok((account, &*self.base))
    }

    /// Takes over what a transaction changed.
    pub fn commit(&mut self, changes: TxChanges) {
        for (address, account) in changes.accounts {
            if account.is_touched() {
                self.commit_account(address, account);
            }
        }
        for (key, slot) in changes.objects {
            let changed = slot.is_changed();
            match self.objects.entry(key) {
                Entry::Occupied(mut entry) => {
                    let cached = entry.get_mut();
                    cached.value = slot.present;
                    cached.changed |= changed;
                }
                Entry::Vacant(entry) => {
                    entry.insert(CachedObject { value: slot.present, changed });
                }
            }
        }
    }

    fn commit_account(&mut self, address: Address, account: Account) {
        let cached = self.accounts.entry(address).or_default();
        let hash = account.info.code_hash;
        if let Some(code) = &account.info.code
            && hash != KECCAK_EMPTY
            && cached.info.as_ref().is_none_or(|info| info.code_hash != hash)
        {
            self.new_codes.insert(hash, code.original_bytes());
            self.codes.insert(hash, code.clone());
        }
        cached.changed = true;
        if account.is_selfdestructed() || (account.is_empty() && !account.is_created()) {
            *cached = CachedAccount::removed();
            return;
        }
        if account.is_created() {
            cached.words.clear();
            cached.wiped = true;
        }
        cached.info = Some(account.info);
        for (key, slot) in account.storage {
            if slot.is_changed() {
                cached.words.insert(key, Word { value: slot.present_value, changed: true });
            }
        }
    }

    fn insert_code(&mut self, hash: B256, code: Bytecode) {
        self.new_codes.insert(hash, code.original_bytes());
        self.codes.insert(hash, code);
    }

    /// Credits the fees of a committed transaction. They never pass through the journal, so that transactions do not
    /// conflict on the beneficiary.
    ///
    /// `empty_accounts_exist` is true before EIP-161, where even a credit of nothing creates the account.
    pub fn credit(&mut self, account: Address, wei: U256, empty_accounts_exist: bool) -> Result<(), StateError> {
        let cached = self.cached(account)?;
        let is_empty = cached.info.as_ref().is_none_or(AccountInfo::is_empty);
        if wei.is_zero() && !(is_empty && (empty_accounts_exist || cached.info.is_some())) {
            return Ok(());
        }
        let mut info = cached.info.take().unwrap_or_default();
        info.balance = info.balance.saturating_add(wei);
        if info.is_empty() && !empty_accounts_exist {
            *cached = CachedAccount::removed();
        } else {
            cached.info = Some(info);
            cached.changed = true;
        }
        Ok(())
    }

    /// Everything that changed since the overlay was made.
    pub fn changes(&self) -> BlockChanges {
        let accounts = self.accounts.iter().filter(|(_, cached)| cached.changed).map(|(address, cached)| {
            let words = cached.words.iter().filter(|(_, word)| word.changed).map(|(key, word)| (*key, word.value));
            let change = AccountChange { info: cached.info.clone(), wiped: cached.wiped, words: words.collect() };
            (*address, change)
        });
        let objects = self.objects.iter().filter(|(_, cached)| cached.changed);
        BlockChanges {
            accounts: accounts.collect(),
            objects: objects.map(|(key, cached)| (key.clone(), cached.value.clone())).collect(),
            codes: self.new_codes.clone(),
        }
    }
}

impl Database for Overlay {
    type Error = StateError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        Ok(self.cached(address)?.info.clone())
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, StateError> {
        match self.codes.entry(hash) {
            Entry::Occupied(entry) => Ok(entry.get().clone()),
            Entry::Vacant(entry) => Ok(entry.insert(self.base.code(hash)?).clone()),
        }
    }

    fn storage(&mut self, address: Address, key: U256) -> Result<U256, StateError> {
        let (account, base) = self.cached_with_base(address)?;
        if let Some(word) = account.words.get(&key) {
            return Ok(word.value);
        }
        let value = if account.wiped { U256::ZERO } else { base.word(address, key)? };
        account.words.insert(key, Word { value, changed: false });
        Ok(value)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        if let Some(hash) = self.block_hashes.get(&number) {
            return Ok(*hash);
        }
        let hash = self.base.block_hash(number)?;
        self.block_hashes.insert(number, hash);
        Ok(hash)
    }
}

impl WorldSource for Overlay {
    fn object(&mut self, key: &ObjectKey) -> Result<Option<Bytes>, StateError> {
        if let Some(cached) = self.objects.get(key) {
            return Ok(cached.value.clone());
        }
        let value = self.base.object(key)?;
        self.objects.insert(key.clone(), CachedObject { value: value.clone(), changed: false });
        Ok(value)
    }

    fn has_storage(&mut self, address: Address) -> Result<bool, StateError> {
        let account = self.cached(address)?;
        if account.words.values().any(|word| word.changed && !word.value.is_zero()) {
            return Ok(true);
        }
        Ok(!account.wiped && self.base.has_storage(address)?)
    }
}
