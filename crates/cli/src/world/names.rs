//! Names, addresses and interfaces of accounts.

use hexapla::svm::{Pubkey, canonical};
use hexapla_abi::{AddressBook, AddressError, Interface};
use hexapla_primitives::{
    Address, B256,
    identity::{alias_of, canonical_of_alias},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// What people know about the accounts of a chain.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_name: BTreeMap<String, Address>,
    by_address: HashMap<Address, Known>,
    /// All interfaces in the order in which they came; errors and events of contracts that nobody named are looked up
    /// here.
    interfaces: Vec<Arc<Interface>>,
}

/// What is known about one account.
#[derive(Debug, Default)]
struct Known {
    name: String,
    interface: Option<Arc<Interface>>,
    /// The same in the contract's own terms, where those are not Solidity's.
    source: Option<Arc<Interface>>,
    /// Its key, where it is at home on Solana.
    key: Option<B256>,
    /// Bytes of creation code before the constructor's arguments.
    creation_bytes: usize,
}

impl Names {
    /// Names an account.
    pub(crate) fn add(&mut self, name: &str, address: Address) {
        self.by_name.insert(name.to_owned(), address);
        self.by_address.entry(address).or_default().name = name.to_owned();
    }

    /// Names a Solana key.
    pub(crate) fn add_key(&mut self, name: &str, key: B256) {
        let address = address_of_key(&key);
        self.add(name, address);
        if canonical_of_alias(key).is_none() {
            self.by_address.entry(address).or_default().key = Some(key);
        }
    }

    /// Takes a name back.
    pub(crate) fn remove(&mut self, name: &str) {
        if let Some(address) = self.by_name.remove(name) {
            self.by_address.remove(&address);
        }
    }

    /// What the chain is told about a contract, in the contract's own terms.
    pub(crate) fn set_source(&mut self, address: Address, source: Arc<Interface>) {
        self.by_address.entry(address).or_default().source = Some(source);
    }

    /// The interface of a contract in its own terms, where those are not Solidity's.
    pub(crate) fn source(&self, address: Address) -> Option<&Arc<Interface>> {
        self.by_address.get(&address)?.source.as_ref()
    }

    /// The 32-byte key that a name or a text in base58 means.
    pub(crate) fn key(&self, text: &str) -> Option<B256> {
        match self.by_name.get(text) {
            Some(address) => Some(self.key_of(*address)),
            None => base58(text),
        }
    }

    /// The key of an account: its own on Solana, the alias of all others.
    pub(crate) fn key_of(&self, address: Address) -> B256 {
        self.by_address.get(&address).and_then(|known| known.key).unwrap_or_else(|| alias_of(address))
    }

    /// The account that a name or a key in base58 means.
    pub(crate) fn resolve(&self, text: &str) -> Option<Address> {
        self.address(text).or_else(|| Some(address_of_key(&base58(text)?)))
    }

    /// The name of a key, where it has one.
    pub(crate) fn name_of_key(&self, key: &B256) -> Option<&str> {
        self.name(address_of_key(key))
    }

    /// The name of a key, or enough of its base58 form to recognise it.
    pub(crate) fn short_key(&self, key: &B256) -> String {
        let text = base58_text(key);
        match (self.name_of_key(key), text.get(..6), text.get(text.len().saturating_sub(4)..)) {
            (Some(name), ..) => name.to_owned(),
            (None, Some(head), Some(tail)) if text.len() > 12 => format!("{head}…{tail}"),
            _ => text,
        }
    }

    /// All names of accounts that are at home on Solana, with their keys, sorted.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&str, B256)> {
        self.iter().filter_map(|(name, address)| Some((name, self.by_address.get(&address)?.key?)))
    }

    /// A text with names in place of the keys in it that have one.
    pub(crate) fn with_names_for_keys(&self, text: &str) -> String {
        let word = |word: &str| base58(word).and_then(|key| self.name_of_key(&key)).map(str::to_owned);
        text.split(' ').map(|text| word(text).unwrap_or_else(|| text.to_owned())).collect::<Vec<_>>().join(" ")
    }

    /// Names a contract.
    pub(crate) fn add_contract(
        &mut self,
        name: &str,
        address: Address,
        interface: Option<Arc<Interface>>,
        creation_bytes: usize,
    ) {
        self.add(name, address);
        if let Some(interface) = &interface {
            self.interfaces.push(interface.clone());
        }
        let known = self.by_address.entry(address).or_default();
        known.interface = interface;
        known.creation_bytes = creation_bytes;
    }

    /// The account of this name.
    pub(crate) fn address(&self, name: &str) -> Option<Address> {
        self.by_name.get(name).copied()
    }

    /// The name of an account.
    pub(crate) fn name(&self, address: Address) -> Option<&str> {
        self.by_address.get(&address).map(|known| known.name.as_str())
    }

    /// The interface of a contract.
    pub(crate) fn interface(&self, address: Address) -> Option<&Arc<Interface>> {
        self.by_address.get(&address)?.interface.as_ref()
    }

    /// Bytes of a contract's creation code before the constructor's arguments.
    pub(crate) fn creation_bytes(&self, address: Address) -> usize {
        self.by_address.get(&address).map_or(0, |known| known.creation_bytes)
    }

    /// The interface of a contract, then all others: for errors that came from further below.
    pub(crate) fn interfaces_from(&self, address: Address) -> impl Iterator<Item = &Interface> {
        self.interface(address).into_iter().chain(&self.interfaces).map(|interface| &**interface)
    }

    /// All names with their accounts, sorted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Address)> {
        self.by_name.iter().map(|(name, address)| (name.as_str(), *address))
    }

    /// The name, or the address with its checksum.
    pub(crate) fn full(&self, address: Address) -> String {
        self.name(address).map_or_else(|| address.to_checksum(None), str::to_owned)
    }

    /// The name, or enough of the address to recognise it.
    pub(crate) fn short(&self, address: Address) -> String {
        match self.name(address) {
            Some(name) => name.to_owned(),
            None => short_address(address),
        }
    }
}

/// Without state: the address of a key is the one that follows from it.
impl AddressBook for Names {
    fn canonical(&self, native: &B256) -> Result<Address, AddressError> {
        if native.is_zero() {
            return Ok(Address::ZERO);
        }
        Ok(address_of_key(native))
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        Ok(if canonical.is_zero() { B256::ZERO } else { self.key_of(canonical) })
    }
}

/// The address under which the account of a key stands.
pub(crate) fn address_of_key(key: &B256) -> Address {
    canonical_of_alias(*key).unwrap_or_else(|| canonical(&Pubkey::new_from_array(key.0)))
}

/// The key that a text in base58 is.
pub(crate) fn base58(text: &str) -> Option<B256> {
    text.parse::<Pubkey>().ok().map(|key| key.to_bytes().into())
}

/// A key in base58.
pub(crate) fn base58_text(key: &B256) -> String {
    Pubkey::new_from_array(key.0).to_string()
}

/// `0x5FbD…0aa3`; small addresses (precompiled contracts, the zero address) as numbers.
fn short_address(address: Address) -> String {
    let text = address.to_checksum(None);
    match text.trim_start_matches("0x").trim_start_matches('0') {
        "" => "0x0".to_owned(),
        digits if digits.len() <= 4 => format!("0x{digits}"),
        _ => format!("{}…{}", text.get(..6).unwrap_or_default(), text.get(38..).unwrap_or_default()),
    }
}
