//! Names, addresses and interfaces of accounts.

use hexapla_abi::Interface;
use hexapla_primitives::Address;
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
    /// Bytes of creation code before the constructor's arguments.
    creation_bytes: usize,
}

impl Names {
    /// Names an account.
    pub(crate) fn add(&mut self, name: &str, address: Address) {
        self.by_name.insert(name.to_owned(), address);
        self.by_address.entry(address).or_default().name = name.to_owned();
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

/// `0x5FbD…0aa3`; small addresses (precompiled contracts, the zero address) as numbers.
fn short_address(address: Address) -> String {
    let text = address.to_checksum(None);
    match text.trim_start_matches("0x").trim_start_matches('0') {
        "" => "0x0".to_owned(),
        digits if digits.len() <= 4 => format!("0x{digits}"),
        _ => format!("{}…{}", text.get(..6).unwrap_or_default(), text.get(38..).unwrap_or_default()),
    }
}
