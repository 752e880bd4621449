//! Names, addresses, ids and interfaces of accounts.

use hexapla_abi::{Abi, AddressBook, Interface};
use hexapla_primitives::{
    Address, B256, NativeId, VmId,
    identity::{alias_of, canonical_of_alias},
};
use hexapla_toolkit::{AddressFormat as _, IdBook, SharedAddresses, Toolkit, Toolkits, WellKnown};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// What people know about the accounts of a chain.
#[derive(Debug, Default)]
pub struct Names {
    toolkits: Toolkits,
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
    /// Its id, where it has one of its own VM.
    id: Option<NativeId>,
    /// Bytes of creation code before the constructor's arguments.
    creation_bytes: usize,
}

impl Names {
    /// No names yet.
    pub fn new(toolkits: Toolkits) -> Self {
        Self { toolkits, ..Self::default() }
    }

    /// Names an account.
    pub fn add(&mut self, name: &str, address: Address) {
        self.by_name.insert(name.to_owned(), address);
        self.by_address.entry(address).or_default().name = name.to_owned();
    }

    /// Names an account by its id. An alias is the account behind it.
    pub fn add_id(&mut self, name: &str, id: &NativeId) {
        let address = id.canonical();
        self.add(name, address);
        if id.vm != VmId::EVM && !is_alias(id) {
            self.by_address.entry(address).or_default().id = Some(id.clone());
        }
    }

    /// What an address is called, and how calls of it read. The name stays free, and nothing else is looked up there.
    pub fn add_well_known(&mut self, known: WellKnown) {
        let entry = self.by_address.entry(known.address).or_default();
        entry.name = known.name.to_owned();
        entry.interface = Some(known.interface);
    }

    /// Takes a name back.
    pub fn remove(&mut self, name: &str) {
        if let Some(address) = self.by_name.remove(name) {
            self.by_address.remove(&address);
        }
    }

    /// What the chain is told about a contract, in the contract's own terms.
    pub fn set_source(&mut self, address: Address, source: Arc<Interface>) {
        self.by_address.entry(address).or_default().source = Some(source);
    }

    /// The interface of a contract in its own terms, where those are not Solidity's.
    pub fn source(&self, address: Address) -> Option<&Arc<Interface>> {
        self.by_address.get(&address)?.source.as_ref()
    }

    /// The id that a name means, or a text that is an id as only one VM writes it.
    pub fn id(&self, text: &str) -> Option<NativeId> {
        match self.by_name.get(text) {
            Some(address) => Some(self.id_of(*address)),
            None => self.toolkits.parse_id(text),
        }
    }

    /// The id of an account: its own where it has one, else its address.
    pub fn id_of(&self, address: Address) -> NativeId {
        self.known_id(address).unwrap_or_else(|| NativeId::of_address(address))
    }

    fn known_id(&self, address: Address) -> Option<NativeId> {
        self.by_address.get(&address)?.id.clone()
    }

    /// The 32 bytes that a name means, or a text that is an id: an id of so many bytes, or the alias of an address.
    pub fn word(&self, text: &str) -> Option<B256> {
        let id = self.id(text)?;
        Some(B256::try_from(&id.bytes[..]).unwrap_or_else(|_| alias_of(id.canonical())))
    }

    /// The account that a name means, or a text that is an id as only one VM writes it.
    pub fn resolve(&self, text: &str) -> Option<Address> {
        self.address(text).or_else(|| Some(self.toolkits.parse_id(text)?.canonical()))
    }

    /// The same, or the account at an address.
    pub(crate) fn resolve_account(&self, text: &str) -> Option<Address> {
        self.resolve(text).or_else(|| text.parse().ok().filter(|_| text.starts_with("0x")))
    }

    /// The name of an account by its id.
    pub fn name_of_id(&self, id: &NativeId) -> Option<&str> {
        self.name(id.canonical())
    }

    /// The name of the account that 32 bytes can be: an alias, or an id on some VM.
    ///
    /// Not of zero, which is a key on some VM, and in words of the EVM no account at all.
    pub fn name_of_word(&self, word: &B256) -> Option<&str> {
        if word.is_zero() {
            return None;
        }
        if let Some(address) = canonical_of_alias(*word) {
            return self.name(address);
        }
        let ids = self.toolkits.iter().filter(|toolkit| toolkit.addresses().vm() != VmId::EVM);
        ids.map(|toolkit| NativeId::new(toolkit.vm(), word.to_vec())).find_map(|id| self.name_of_id(&id))
    }

    /// The name of an id, or enough of it to recognise it.
    pub fn short_id(&self, id: &NativeId) -> String {
        self.name_of_id(id).map_or_else(|| self.toolkits.short_id(id), str::to_owned)
    }

    /// The name of an id, or the id.
    pub fn full_id(&self, id: &NativeId) -> String {
        self.name_of_id(id).map_or_else(|| self.toolkits.format_id(id), str::to_owned)
    }

    /// All names of accounts that have an id of their own VM, with those ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = (&str, &NativeId)> {
        self.iter().filter_map(|(name, address)| Some((name, self.by_address.get(&address)?.id.as_ref()?)))
    }

    /// A text with names in place of the ids in it that have one.
    pub fn with_names_for_ids(&self, text: &str) -> String {
        let word = |word: &str| self.toolkits.parse_id(word).and_then(|id| self.name_of_id(&id).map(str::to_owned));
        text.split(' ').map(|text| word(text).unwrap_or_else(|| text.to_owned())).collect::<Vec<_>>().join(" ")
    }

    /// The address book of a VM.
    pub fn book(&self, vm: VmId) -> impl AddressBook + '_ {
        IdBook { vm, id_of: |address| self.known_id(address) }
    }

    /// The address book of the VM whose contracts are called in an ABI.
    pub fn book_of(&self, abi: Abi) -> impl AddressBook + '_ {
        self.book(self.toolkits.by_abi(abi).map_or(VmId::EVM, Toolkit::vm))
    }

    /// The toolkits.
    pub const fn toolkits(&self) -> &Toolkits {
        &self.toolkits
    }

    /// Names a contract.
    pub fn add_contract(
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
    pub fn address(&self, name: &str) -> Option<Address> {
        self.by_name.get(name).copied()
    }

    /// The name of an account.
    pub fn name(&self, address: Address) -> Option<&str> {
        self.by_address.get(&address).map(|known| known.name.as_str())
    }

    /// The interface of a contract.
    pub fn interface(&self, address: Address) -> Option<&Arc<Interface>> {
        self.by_address.get(&address)?.interface.as_ref()
    }

    /// Bytes of a contract's creation code before the constructor's arguments.
    pub fn creation_bytes(&self, address: Address) -> usize {
        self.by_address.get(&address).map_or(0, |known| known.creation_bytes)
    }

    /// The interface of a contract, then all others: for errors that came from further below.
    pub fn interfaces_from(&self, address: Address) -> impl Iterator<Item = &Interface> {
        self.interface(address).into_iter().chain(&self.interfaces).map(|interface| &**interface)
    }

    /// All interfaces, as callers of the EVM's lane see them and in the contracts' own terms.
    pub(crate) fn all_interfaces(&self) -> impl Iterator<Item = &Interface> {
        let own = self.by_address.values().filter_map(|known| known.source.as_ref());
        self.interfaces.iter().chain(own).map(|interface| &**interface)
    }

    /// All names with their accounts, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Address)> {
        self.by_name.iter().map(|(name, address)| (name.as_str(), *address))
    }

    /// The name, or the address with its checksum.
    pub fn full(&self, address: Address) -> String {
        self.name(address).map_or_else(|| address.to_checksum(None), str::to_owned)
    }

    /// The name, or enough of the address to recognise it.
    pub fn short(&self, address: Address) -> String {
        match self.name(address) {
            Some(name) => name.to_owned(),
            None => SharedAddresses.short(address.as_slice()),
        }
    }
}

fn is_alias(id: &NativeId) -> bool {
    B256::try_from(&id.bytes[..]).is_ok_and(|id| canonical_of_alias(id).is_some())
}
