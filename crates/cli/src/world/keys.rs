//! Keys and bytes of a scenario that follow from names, found as soon as the names are known.

use super::{World, keypairs::key_of_keypair, names::base58};
use crate::{
    nearest::did_you_mean,
    problem::{Problem, Result},
    scenario::{AccountUse, KeyEntry, KeyForm, Part, Parts},
};
use hexapla::svm::{AccountMeta, Invocation, Pubkey, StoredAccount, genesis, genesis::GenesisAccount, spl};
use hexapla_abi::{Tree, Type, Value, value_from_tree};
use hexapla_primitives::{B256, Bytes, U256, keccak256};

/// Keys that nobody gives: keccak256 of this and the name.
const KEY_DOMAIN: &str = "hexapla/key/";
/// Lamports that rent asks for each byte of an account, and for the bytes that each account costs beside its data.
const RENT_LAMPORTS_PER_BYTE: u64 = 6_960;
const ACCOUNT_BYTES: u64 = 128;

/// What waits for names.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    keys: Vec<KeyEntry>,
    bytes: Vec<(String, Parts)>,
}

/// The key of a name that states none.
pub(crate) fn key_of_name(name: &str) -> B256 {
    keccak256(format!("{KEY_DOMAIN}{name}"))
}

impl World {
    /// What shall be found when its names are known.
    pub(crate) fn wait_for(&mut self, keys: Vec<KeyEntry>, bytes: Vec<(String, Parts)>) {
        self.waiting = Waiting { keys, bytes };
    }

    /// Finds the keys and bytes whose names are all known now.
    pub(crate) fn settle(&mut self) {
        loop {
            let before = (self.waiting.keys.len(), self.waiting.bytes.len());
            for entry in std::mem::take(&mut self.waiting.keys) {
                match self.find_key(&entry) {
                    Ok(key) => self.names.add_key(&entry.name.value, key),
                    Err(_) => self.waiting.keys.push(entry),
                }
            }
            for (name, parts) in std::mem::take(&mut self.waiting.bytes) {
                match self.bytes_of(&parts) {
                    Ok(bytes) => self.saved.insert(&name, Tree::String(bytes.to_string())),
                    Err(_) => self.waiting.bytes.push((name, parts)),
                }
            }
            if before == (self.waiting.keys.len(), self.waiting.bytes.len()) {
                return;
            }
        }
    }

    fn find_key(&self, entry: &KeyEntry) -> Result<B256> {
        match &entry.form {
            KeyForm::OfName => Ok(key_of_name(&entry.name.value)),
            KeyForm::Keypair => Ok(key_of_keypair(&entry.name.value)),
            KeyForm::Key(text) => given_key(&text.value),
            KeyForm::Derived { seeds, program } => {
                let seeds = seeds.value.iter().map(|seed| self.part(seed)).collect::<Result<Vec<_>>>()?;
                let seeds = seeds.iter().map(Vec::as_slice).collect::<Vec<_>>();
                derived(&seeds, self.key(&program.value)?)
            }
            KeyForm::Associated { wallet, mint, program } => {
                let token = program.as_ref().map_or("spl-token", |program| program.value.as_str());
                let keys = [&wallet.value, token, &mint.value].map(|name| self.key(name));
                let [wallet, token, mint] = keys;
                let (wallet, token, mint) = (wallet?, token?, mint?);
                let seeds = [&wallet[..], &token[..], &mint[..]];
                derived(&seeds, spl::ASSOCIATED_TOKEN.to_bytes().into())
            }
        }
    }

    /// The key that a name, base58 or hex means.
    pub(crate) fn key(&self, text: &str) -> Result<B256> {
        if let Some(key) = self.names.key(text) {
            return Ok(key);
        }
        if text.starts_with("0x") || base58(text).is_some() {
            return given_key(text);
        }
        let names = self.names.iter().map(|(name, _)| name);
        Err(Problem::new("hexapla::unknown_name", format!("there is no account, contract or key `{text}`"))
            .with_help(did_you_mean(text, names)))
    }

    /// The bytes that parts make.
    pub(crate) fn bytes_of(&self, parts: &Parts) -> Result<Bytes> {
        let parts = parts.value.iter().map(|part| self.part(part)).collect::<Result<Vec<_>>>()?;
        Ok(parts.concat().into())
    }

    fn part(&self, part: &Part) -> Result<Vec<u8>> {
        match part {
            Part::Text(text) if text.value.starts_with('$') => {
                let resolved = self.saved.resolve(&Tree::String(text.value.clone()))?;
                typed_bytes(&resolved)
            }
            Part::Text(text) if text.value.starts_with("0x") => typed_bytes(&Tree::String(text.value.clone())),
            Part::Text(text) => Ok(self.key(&text.value)?.to_vec()),
            Part::Little { bytes, value } => {
                let number =
                    self.number_of(&value.value, Type::Uint { bits: 8 * u16::try_from(*bytes).unwrap_or(32) })?;
                Ok(number.to_le_bytes::<32>().iter().take(*bytes).copied().collect())
            }
            Part::Word(value) => Ok(self.number_of(&value.value, Type::U256)?.to_be_bytes::<32>().to_vec()),
            Part::Utf8(text) => Ok(text.clone().into_bytes()),
            Part::Address(name) => Ok(crate::play::account(&self.names, &name.value)?.to_vec()),
            Part::Sized(parts) => {
                let bytes = self.bytes_of(parts)?;
                let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
                Ok([&length[..], &bytes].concat())
            }
            Part::Invoke { accounts, data } => {
                Ok(self.invocation(accounts, self.bytes_of(data)?)?.to_solidity().into())
            }
        }
    }

    /// An instruction with its accounts.
    pub(crate) fn invocation(&self, accounts: &[AccountUse], data: Bytes) -> Result<Invocation> {
        let meta = |account: &AccountUse| {
            let pubkey = Pubkey::new_from_array(self.key(&account.key.value)?.0);
            Ok(AccountMeta { pubkey, is_signer: account.signer, is_writable: account.writable })
        };
        let accounts = accounts.iter().map(meta).collect::<Result<_>>()?;
        Ok(Invocation { accounts, ..Invocation::of_data(data) })
    }

    fn number_of(&self, tree: &Tree, ty: Type) -> Result<U256> {
        let tree = self.saved.resolve(tree)?;
        match value_from_tree(&ty, &tree, &|_| None) {
            Ok(Value::Uint(number)) => Ok(number),
            Ok(_) => Ok(U256::ZERO),
            Err(error) => Err(Problem::new("hexapla::scenario::value", error.to_string())),
        }
    }

    /// The account that an entry of `[keys]` puts into the state at the beginning.
    pub(crate) fn beginning(&self, entry: &KeyEntry) -> Result<Option<GenesisAccount>> {
        use crate::scenario::solana::AccountData;
        let Some(account) = &entry.account else { return Ok(None) };
        let key = self.find_key(entry)?;
        let owner = account.owner.as_ref().map(|owner| self.key(&owner.value)).transpose()?;
        let data: Bytes = match &account.data {
            AccountData::Zeros(space) => vec![0; usize::try_from(*space).unwrap_or(usize::MAX)].into(),
            AccountData::Parts(parts) => self.bytes_of(parts)?,
        };
        let rent = rent(data.len() as u64);
        let owner = owner.map_or_else(Pubkey::default, |owner| Pubkey::new_from_array(owner.0));
        let stored = StoredAccount { owner, executable: false, data };
        Ok(Some(genesis::account(Pubkey::new_from_array(key.0), account.lamports.unwrap_or(rent), &stored)))
    }
}

/// Lamports with which an account of so many bytes may stay.
pub(crate) const fn rent(bytes: u64) -> u64 {
    (ACCOUNT_BYTES + bytes) * RENT_LAMPORTS_PER_BYTE
}

/// A key in base58 or hex.
pub(crate) fn given_key(text: &str) -> Result<B256> {
    let key = base58(text).or_else(|| text.parse().ok().filter(|_| text.starts_with("0x")));
    key.ok_or_else(|| {
        Problem::new("hexapla::scenario::key", format!("{text:?} is no key"))
            .with_help("a key has 32 bytes, in base58 or as `0x` and 64 hex digits")
    })
}

fn derived(seeds: &[&[u8]], program: B256) -> Result<B256> {
    let found = Pubkey::try_find_program_address(seeds, &Pubkey::new_from_array(program.0));
    found.map(|(key, _)| key.to_bytes().into()).ok_or_else(|| {
        Problem::new("hexapla::scenario::key", "the seeds derive no address")
            .with_help("Solana takes at most 15 seeds of at most 32 bytes each")
    })
}

fn typed_bytes(tree: &Tree) -> Result<Vec<u8>> {
    match value_from_tree(&Type::Bytes, tree, &|_| None) {
        Ok(Value::Bytes(bytes)) => Ok(bytes.into()),
        Ok(_) => Ok(Vec::new()),
        Err(error) => Err(Problem::new("hexapla::scenario::value", error.to_string())),
    }
}
